#include "archive/ocfl_inventory.hpp"

#include <nlohmann/json.hpp>

#include "archive/digest.hpp"
#include "archive/ocfl_inventory_check.hpp"
#include "archive/ocfl_names.hpp"
#include "archive/ocfl_syntax.hpp"
#include "base/error.hpp"

namespace everarchive::archive {

using nlohmann::json;

std::string to_json(const inventory& from) {
    json versions = json::object();
    for (const auto& [number, version] : from.versions) {
        json state = json::object();
        for (const auto& [path, value] : version.files) {
            state[value].push_back(path);
        }
        versions["v" + std::to_string(number)] = {
            {"created", version.about.created},
            {"message", version.about.message},
            {"state", std::move(state)},
            {"user", {{"name", version.about.user_name}, {"address", version.about.user_address}}}};
    }
    const json whole = {{"id", from.id},
                        {"type", inventory_type},
                        {"digestAlgorithm", "sha512"},
                        {"head", "v" + std::to_string(from.head)},
                        {"contentDirectory", "content"},
                        {"manifest", from.manifest},
                        {"versions", std::move(versions)}};
    return whole.dump(2) + "\n";
}

inventory parse_inventory(std::string_view text, const std::string& where) {
    problems found;
    const checked_inventory read = check_inventory(text, where, found);
    for (const problem& one : found) {
        if (one.is_error()) {
            throw error(
                exit_code::sink, cause::needs_person,
                "the archived object is damaged: " + where + ": " + one.message + " (" + one.code + ")",
                "restore the object from another copy of the archive, then: SELECT everarchive.target_resume(NAME)");
        }
    }
    if (read.algorithm != "sha512" || read.content_directory != "content") {
        throw error(exit_code::sink, cause::needs_person,
                    "the archived object was not written by everarchive: " + where + " uses " + read.algorithm +
                        " and the folder " + read.content_directory,
                    "give the target a storage root of its own");
    }
    inventory back;
    back.id = read.id;
    back.head = static_cast<unsigned>(version_number(read.head));
    back.manifest = read.manifest;
    for (const auto& [name, block] : read.versions) {
        inventory::version version;
        version.about.created = block.created.get<std::string>();
        version.about.message = block.message.is_string() ? block.message.get<std::string>() : std::string();
        if (block.user.is_object()) {
            version.about.user_name = block.user.value("name", "");
            version.about.user_address = block.user.value("address", "");
        }
        for (const auto& [value, paths] : block.state) {
            for (const std::string& path : paths) {
                version.files.emplace(path, value);
            }
        }
        back.versions.emplace(static_cast<unsigned>(version_number(name)), std::move(version));
    }
    return back;
}

std::string sidecar_line(std::string_view inventory_text) {
    return digest_of("sha512", inventory_text) + " inventory.json\n";
}

} // namespace everarchive::archive
