#include "archive/ocfl_object.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <utility>

#include "archive/ocfl_names.hpp"
#include "archive/safe_path.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

namespace everarchive::archive {

namespace fs = std::filesystem;

namespace {

std::string name_of(unsigned number) {
    return "v" + std::to_string(number);
}

error damaged(const fs::path& object, const std::string& what) {
    return {exit_code::sink, cause::needs_person, "the archived object " + object.string() + " is damaged: " + what,
            "restore it from another copy of the archive, or move it out of the storage root to have it written again: "
            "mv '" +
                object.string() + "' /a/place/outside"};
}

/// A new name among the copies that are kept for a person, and its folder.
fs::path name_of_bad(const ocfl_root& root, const fs::path& object) {
    durable::make_directories(root.bad());
    durable::sync_directory(root.bad().parent_path());
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    const std::string name = object.filename().string() + fmt::format("-{:%Y%m%dT%H%M%SZ}", utc);
    fs::path free = root.bad() / name;
    for (int n = 2; fs::exists(free); ++n) {
        free = root.bad() / fmt::format("{}-{}", name, n);
    }
    return free;
}

/// Copies a file; returns the SHA-512 of what was read.
std::string copy_and_digest(const fs::path& from, const fs::path& to) {
    durable::make_directories(to.parent_path());
    durable::file copy(to);
    digest read("sha512");
    durable::read_from_disk(from, [&](std::string_view part) {
        read.update(part);
        copy.write(part);
    });
    copy.finish();
    return read.hex();
}

/// The inventory of a version and its text, compared with its sidecar file.
std::string whole_inventory(const fs::path& version) {
    std::string text = durable::read_file(version / "inventory.json");
    if (durable::read_file(version / "inventory.json.sha512", 64U << 10U) != sidecar_line(text)) {
        throw damaged(version.parent_path(), "the inventory of " + version.filename().string() + " is bad too");
    }
    return text;
}

} // namespace

object_writer::object_writer(const ocfl_root& root, const std::string& id, unsigned number, version_about about,
                             publish how)
    : root_(root), number_(number), replacing_(how == publish::replace), object_(root.object_directory(id)) {
    const fs::path inventory_file = object_ / "inventory.json";
    if (replacing_) {
        root_.make_staging();
        inventory_ = copy_earlier_versions(id);
    } else if (fs::exists(object_)) {
        recover_object(root_, object_);
        inventory_ = parse_inventory(durable::read_file(inventory_file), inventory_file.string());
        if (inventory_.id != id) {
            throw damaged(object_, "it is the object " + inventory_.id + ", not " + id);
        }
    }
    if (number_ > inventory_.head + 1) {
        throw error(exit_code::sink, cause::retry,
                    "version " + std::to_string(number_) + " of the archived object " + id +
                        " cannot be written: the archive holds " + std::to_string(inventory_.head) + " versions at " +
                        object_.string(),
                    "the earlier versions must be delivered first; look for them with: SELECT ocfl_version, state, "
                    "message FROM "
                    "everarchive.archive_object WHERE ocfl_id = '" +
                        id + "' ORDER BY ocfl_version");
    }
    if (!replacing_ && number_ <= inventory_.head) {
        present_ = inventory_;
    }
    inventory_.id = id;
    inventory_.head = number_;
    inventory_.versions[number_] = {std::move(about), {}};
    if (!replacing_) {
        root_.make_staging();
    }
    // The tuple folders are staged too, so that an object appears together with them and never an empty folder (E073).
    version_ = replacing_ || number_ == 1 ? root_.staging() / layout_path(id) / name_of(number_)
                                          : root_.staging() / name_of(number_);
    durable::make_directories(version_);
}

object_writer::~object_writer() {
    try {
        root_.clear_staging();
    } catch (const std::exception& e) {
        // Nothing is lost: the next writer clears it.
        log::write(log::severity::warning, "archive", e.what());
    }
}

inventory object_writer::copy_earlier_versions(const std::string& id) const {
    if (fs::exists(object_ / name_of(number_ + 1))) {
        throw damaged(object_, name_of(number_) + " is bad, and later versions build on it");
    }
    if (number_ == 1) {
        return {};
    }
    const std::string before = name_of(number_ - 1);
    fs::path from = object_;
    if (!fs::exists(from / before) && fs::is_directory(root_.bad())) {
        // Killed between the two renames of a file system that cannot exchange: the newest that was set aside has them.
        const std::string name = object_.filename().string() + "-";
        for (const auto& entry : fs::directory_iterator(root_.bad())) {
            const bool ours = entry.path().filename().string().starts_with(name) && fs::exists(entry.path() / before);
            from = ours && (from == object_ || from < entry.path()) ? entry.path() : from;
        }
    }
    const fs::path to = root_.staging() / layout_path(id);
    inventory earlier = parse_inventory(whole_inventory(from / before), (from / before / "inventory.json").string());
    if (earlier.id != id || earlier.head != number_ - 1) {
        throw damaged(from, "the inventory of " + before + " is that of another object or version");
    }
    for (const auto& [sha512, paths] : earlier.manifest) {
        for (const std::string& path : paths) {
            require_safe(path);
            if (copy_and_digest(from / path, to / path) != sha512) {
                throw damaged(from, "both " + name_of(number_) + " and the earlier file " + path + " are bad");
            }
        }
    }
    for (unsigned n = 1; n < number_; ++n) {
        durable::make_directories(to / name_of(n)); // one that added no file
        const std::string text = whole_inventory(from / name_of(n));
        durable::write_file(to / name_of(n) / "inventory.json", text);
        durable::write_file(to / name_of(n) / "inventory.json.sha512", sidecar_line(text));
    }
    return earlier;
}

std::string object_writer::place(const std::string& logical_path) const {
    require_safe(logical_path);
    if (inventory_.versions.at(number_).files.contains(logical_path)) {
        throw error(exit_code::refused, cause::needs_person, "the package has the path " + logical_path + " twice",
                    "mend the package view of the target so that each path occurs once in a version");
    }
    return name_of(number_) + "/content/" + content_name(logical_path);
}

object_writer::content::content(object_writer& writer, std::string logical_path, std::string content_path)
    : writer_(writer), logical_path_(std::move(logical_path)), content_path_(std::move(content_path)),
      file_(writer.version_.parent_path() / content_path_) {}

void object_writer::content::write(std::string_view data) {
    file_.write(data);
    digest_.update(data);
    bytes_ += data.size();
}

std::string object_writer::content::finish() {
    file_.finish();
    std::string sha512 = digest_.hex();
    writer_.adopt(logical_path_, content_path_, sha512, bytes_);
    return sha512;
}

object_writer::content object_writer::begin(const std::string& logical_path) {
    std::string content_path = place(logical_path);
    durable::make_directories((version_.parent_path() / content_path).parent_path());
    return {*this, logical_path, std::move(content_path)};
}

void object_writer::add(const std::string& logical_path, std::string_view data) {
    const std::string sha512 = digest_of("sha512", data);
    if (inventory_.manifest.contains(sha512)) {
        place(logical_path);
        inventory_.versions[number_].files.emplace(logical_path, sha512);
        return;
    }
    content file = begin(logical_path);
    file.write(data);
    file.finish();
}

void object_writer::adopt(const std::string& logical_path, const std::string& content_path, const std::string& sha512,
                          std::uint64_t) {
    inventory_.versions[number_].files.emplace(logical_path, sha512);
    if (!inventory_.manifest.emplace(sha512, std::vector<std::string>{content_path}).second) {
        // The object holds these bytes already. Folders that this leaves empty go as well (E024).
        fs::path staged = version_.parent_path() / content_path;
        durable::remove_tree(staged);
        for (staged = staged.parent_path(); staged != version_ && fs::is_empty(staged); staged = staged.parent_path()) {
            durable::remove_tree(staged);
        }
    }
}

written_version object_writer::commit(const std::string& decisive) {
    if (present_) {
        return compare(decisive);
    }
    const std::string text = to_json(inventory_);
    durable::write_file(version_ / "inventory.json", text);
    durable::write_file(version_ / "inventory.json.sha512", sidecar_line(text));
    if (replacing_ && fs::exists(object_)) {
        return commit_replacement(text);
    }
    return replacing_ || number_ == 1 ? commit_new(text) : commit_next(text);
}

/// Makes what is staged a whole object, on the disk.
void object_writer::stage_object(const std::string& text) {
    const fs::path staged = version_.parent_path();
    durable::write_file(staged / object_declaration, std::string(object_declaration.substr(2)) + "\n");
    durable::write_file(staged / "inventory.json", text);
    durable::write_file(staged / "inventory.json.sha512", sidecar_line(text));
    durable::sync_directories_below(root_.staging());
}

written_version object_writer::commit_replacement(const std::string& text) {
    stage_object(text);
    const fs::path staged = version_.parent_path();
    fs::path kept = name_of_bad(root_, object_);
    // First the good one gets the name of the bad one, outside of the staging area: so whichever is there when the
    // program is killed, nothing removes it.
    durable::rename(staged, kept);
    durable::sync_directory(root_.bad());
    if (!durable::exchange(kept, object_)) {
        // Two steps. Killed between them, both copies are there, and the next attempt writes the object anew.
        const fs::path good = std::exchange(kept, name_of_bad(root_, object_));
        durable::rename(object_, kept);
        durable::sync_directory(root_.bad());
        durable::rename(good, object_);
    }
    durable::sync_directory(object_.parent_path());
    durable::sync_directory(root_.bad());
    log::write(log::severity::warning, "archive", "replaced an object that was found bad, and kept the bad copy",
               {{"object", object_.string()}, {"bad_copy", kept.string()}});
    written_version answer = receipt(false);
    answer.set_aside = kept;
    return answer;
}

written_version object_writer::commit_new(const std::string& text) {
    stage_object(text);
    const fs::path staged = version_.parent_path();
    // One rename publishes the object: of the topmost folder on its way that does not exist yet.
    fs::path below = fs::relative(staged, root_.staging());
    fs::path moved;
    for (const fs::path& element : below) {
        moved /= element;
        if (!fs::exists(root_.directory() / moved)) {
            break;
        }
    }
    durable::rename(root_.staging() / moved, root_.directory() / moved);
    durable::sync_directory((root_.directory() / moved).parent_path());
    return receipt(false);
}

written_version object_writer::commit_next(const std::string& text) {
    durable::write_file(root_.staging() / "inventory.json", text);
    durable::write_file(root_.staging() / "inventory.json.sha512", sidecar_line(text));
    durable::sync_directories_below(root_.staging());
    // OCFL 1.1 section 3.5: the sidecar is the last step. recover_object() knows each state between these renames.
    durable::rename(version_, object_ / name_of(number_));
    durable::sync_directory(object_);
    durable::rename(root_.staging() / "inventory.json", object_ / "inventory.json");
    durable::sync_directory(object_);
    durable::rename(root_.staging() / "inventory.json.sha512", object_ / "inventory.json.sha512");
    durable::sync_directory(object_);
    return receipt(false);
}

written_version object_writer::compare(const std::string& decisive) const {
    const inventory::state& theirs = present_->versions.at(number_).files;
    const inventory::state& ours = inventory_.versions.at(number_).files;
    bool same = theirs == ours;
    if (!same && !decisive.empty() && theirs.size() == ours.size()) {
        const auto there = theirs.find(decisive);
        const auto here = ours.find(decisive);
        same = there != theirs.end() && here != ours.end() && there->second == here->second;
        for (const auto& [path, sha512] : ours) {
            same = same && theirs.contains(path);
        }
    }
    if (!same) {
        throw error(exit_code::sink, cause::needs_person,
                    name_of(number_) + " of the archived object " + inventory_.id +
                        " is in the archive already, with other content, at " + object_.string() +
                        ": it is never overwritten",
                    "compare it with the database (was the database restored, or everarchive.package() changed?); to "
                    "keep it aside and "
                    "have the object written again: mv '" +
                        object_.string() + "' /a/place/outside");
    }
    return receipt(true);
}

written_version object_writer::receipt(bool was_there) const {
    written_version answer;
    answer.location = fs::relative(object_, root_.directory()).string();
    answer.was_there = was_there;
    const fs::path version = object_ / name_of(number_);
    answer.sha512 = digest_of("sha512", durable::read_file(version / "inventory.json"));
    for (const auto& entry : fs::recursive_directory_iterator(version)) {
        answer.bytes += entry.is_regular_file() ? entry.file_size() : 0;
    }
    return answer;
}

bool recover_object(const ocfl_root& root, const fs::path& object) {
    const std::string text = durable::read_file(object / "inventory.json");
    const inventory present = parse_inventory(text, (object / "inventory.json").string());
    const fs::path sidecar = object / "inventory.json.sha512";
    bool mended = false;
    if (durable::read_file(sidecar, 64U << 10U) != sidecar_line(text)) {
        // Killed before the last rename, if the newest version's own inventory is this one and whole.
        const fs::path version = object / name_of(present.head);
        if (!fs::exists(version / "inventory.json") || durable::read_file(version / "inventory.json") != text ||
            durable::read_file(version / "inventory.json.sha512", 64U << 10U) != sidecar_line(text)) {
            throw damaged(object, "inventory.json and its sidecar file disagree");
        }
        root.make_staging();
        durable::write_file(root.staging() / "inventory.json.sha512", sidecar_line(text));
        durable::rename(root.staging() / "inventory.json.sha512", sidecar);
        durable::sync_directory(object);
        mended = true;
    }
    if (const fs::path next = object / name_of(present.head + 1); fs::exists(next)) {
        // Killed after the first rename; or an older inventory was put back. Nobody knows: it is kept.
        const fs::path kept = name_of_bad(root, object);
        durable::rename(next, kept);
        durable::sync_directory(kept.parent_path());
        durable::sync_directory(object);
        mended = true;
    }
    if (mended) {
        root.clear_staging();
        log::write(log::severity::notice, "archive", "mended an object whose writer was killed",
                   {{"object", object.string()}});
    }
    return mended;
}

} // namespace everarchive::archive
