#include "archive/ocfl_object.hpp"

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

} // namespace

object_writer::object_writer(const ocfl_root& root, const std::string& id, unsigned number, version_about about)
    : root_(root), number_(number), object_(root.object_directory(id)) {
    const fs::path inventory_file = object_ / "inventory.json";
    if (fs::exists(object_)) {
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
    if (number_ <= inventory_.head) {
        present_ = inventory_;
    }
    inventory_.id = id;
    inventory_.head = number_;
    inventory_.versions[number_] = {std::move(about), {}};
    root_.make_staging();
    // The tuple folders are staged too, so that an object appears together with them and never an empty folder (E073).
    version_ = number_ == 1 ? root_.staging() / layout_path(id) / "v1" : root_.staging() / name_of(number_);
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

std::string object_writer::place(const std::string& logical_path) const {
    require_safe(logical_path);
    if (inventory_.versions.at(number_).files.contains(logical_path)) {
        throw error(exit_code::refused, cause::needs_person,
                    "everarchive.package() returned the path " + logical_path + " twice",
                    "mend the function everarchive.package() so that each path occurs once in a version");
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
    return number_ == 1 ? commit_new(text) : commit_next(text);
}

written_version object_writer::commit_new(const std::string& text) {
    const fs::path staged = version_.parent_path();
    durable::write_file(staged / object_declaration, std::string(object_declaration.substr(2)) + "\n");
    durable::write_file(staged / "inventory.json", text);
    durable::write_file(staged / "inventory.json.sha512", sidecar_line(text));
    durable::sync_directories_below(root_.staging());
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

void discard_version(const ocfl_root& root, const std::string& id, unsigned number) {
    const fs::path object = root.object_directory(id);
    if (!fs::exists(object / name_of(number)) && !(number == 1 && fs::exists(object))) {
        return;
    }
    if (fs::exists(object / name_of(number + 1))) {
        throw damaged(object, name_of(number) + " is bad, and later versions build on it");
    }
    root.make_staging();
    if (number == 1) {
        // With the folders above that hold nothing else, in one step, so that none is ever empty (E073).
        fs::path topmost = object;
        const auto holds_only_one = [](const fs::path& folder) {
            return std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1;
        };
        while (topmost.parent_path() != root.directory() && holds_only_one(topmost.parent_path())) {
            topmost = topmost.parent_path();
        }
        durable::rename(topmost, root.staging() / "bad");
        durable::sync_directory(topmost.parent_path());
    } else {
        // The steps of commit_next() backwards, so that recover_object() knows each state between them.
        const fs::path before = object / name_of(number - 1);
        const std::string text = durable::read_file(before / "inventory.json");
        if (durable::read_file(before / "inventory.json.sha512", 64U << 10U) != sidecar_line(text)) {
            throw damaged(object,
                          "the inventories of " + name_of(number - 1) + " and " + name_of(number) + " are both bad");
        }
        durable::write_file(root.staging() / "inventory.json", text);
        durable::write_file(root.staging() / "inventory.json.sha512", sidecar_line(text));
        durable::rename(root.staging() / "inventory.json", object / "inventory.json");
        durable::sync_directory(object);
        durable::rename(root.staging() / "inventory.json.sha512", object / "inventory.json.sha512");
        durable::sync_directory(object);
        durable::rename(object / name_of(number), root.staging() / "bad");
        durable::sync_directory(object);
    }
    root.clear_staging();
    log::write(log::severity::warning, "archive", "took back a version that was found bad when it was read",
               {{"object", object.string()}, {"version", name_of(number)}});
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
        // Killed after the first rename. Moved out in one step, so that no half of it is ever in the object.
        root.make_staging();
        durable::rename(next, root.staging() / "unpublished");
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
