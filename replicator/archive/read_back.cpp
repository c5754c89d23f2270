#include "archive/read_back.hpp"

#include "archive/digest.hpp"
#include "archive/durable_file.hpp"
#include "archive/ocfl_inventory.hpp"
#include "archive/ocfl_names.hpp"
#include "archive/segment.hpp"
#include "base/error.hpp"

namespace everarchive::archive {

namespace fs = std::filesystem;

namespace {

std::string digest_from_disk(const fs::path& file, const std::function<void()>& alive) {
    digest computed("sha512");
    durable::read_from_disk(file, [&](std::string_view part) {
        computed.update(part);
        alive();
    });
    return computed.hex();
}

/// The inventory text from the disk, compared with its sidecar file.
std::optional<std::string> read_inventory(const fs::path& folder, std::string& text) {
    text.clear();
    durable::read_from_disk(folder / "inventory.json", [&](std::string_view part) { text += part; });
    if (durable::read_file(folder / "inventory.json.sha512", 64U << 10U) != sidecar_line(text)) {
        return (folder / "inventory.json").string() + " does not have the digest that its sidecar file says";
    }
    return std::nullopt;
}

std::optional<std::string> read_object(const ocfl_root& root, const std::string& id, unsigned number,
                                       const std::string& sha512, bool segment, const std::function<void()>& alive) {
    const fs::path object = root.object_directory(id);
    const std::string name = "v" + std::to_string(number);
    std::error_code missing;
    if (!fs::exists(object / name / "inventory.json", missing)) {
        return name + " of the object is not at " + object.string();
    }
    std::string text;
    if (auto wrong = read_inventory(object, text)) {
        return wrong;
    }
    if (auto wrong = read_inventory(object / name, text)) {
        return wrong;
    }
    if (digest_of("sha512", text) != sha512) {
        return "the inventory of " + name +
               " is not the one that was accepted: " + (object / name / "inventory.json").string();
    }
    const inventory read = parse_inventory(text, (object / name / "inventory.json").string());
    if (read.id != id || read.head != number) {
        return "the inventory is that of another object or version: " + read.id;
    }
    for (const auto& [value, paths] : read.manifest) {
        for (const std::string& path : paths) {
            if (!fs::exists(object / path, missing)) {
                return "the file is missing: " + (object / path).string();
            }
            // Files of earlier versions were read back with these.
            if (path.starts_with(name + "/") && digest_from_disk(object / path, alive) != value) {
                return "the file does not have the digest that the inventory says: " + (object / path).string();
            }
        }
    }
    if (segment) {
        return check_segment_content(object / name / "content");
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> read_back(const ocfl_root& root, const std::string& id, unsigned number,
                                     const std::string& sha512, bool segment, const std::function<void()>& alive) {
    bool asking = false; // what `alive` throws is not about the archive
    const auto still_alive = [&] {
        asking = true;
        alive();
        asking = false;
    };
    std::optional<std::string> wrong;
    try {
        wrong = read_object(root, id, number, sha512, segment, still_alive);
    } catch (const error& e) {
        if (asking) {
            throw;
        }
        wrong = e.what();
    }
    if (wrong) {
        // Is it this object, or has the whole archive gone? Then its declaration cannot be read either.
        durable::read_from_disk(root.directory() / root_declaration, [](std::string_view) {});
    }
    return wrong;
}

} // namespace everarchive::archive
