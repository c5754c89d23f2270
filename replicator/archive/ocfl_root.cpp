#include "archive/ocfl_root.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include <nlohmann/json.hpp>

#include "archive/digest.hpp"
#include "archive/durable_file.hpp"
#include "archive/ocfl_names.hpp"
#include "base/error.hpp"

namespace everarchive::archive {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::string_view readme =
    "# An OCFL 1.1 storage root\n"
    "\n"
    "Specification: https://ocfl.io/1.1/spec/. Layout: extension 0004, the SHA-256 of the object id cut into three\n"
    "folders of three characters. No software but an unzip program and a text viewer is needed to read what is here.\n"
    "\n"
    "Two kinds of object:\n"
    "\n"
    "* A segment holds many versions of many catalogue records. `records.zip` holds their files, `index.tsv` says for "
    "each\n"
    "  file which version of which record it belongs to, with its SHA-512; `segment.json` and `premis.xml` describe "
    "the\n"
    "  segment. To find a record: `grep -rl --include=index.tsv KEY .`\n"
    "* An entity object holds one record; each of its versions is a version of the object.\n"
    "\n"
    "In every object, `inventory.json` lists each file with its SHA-512. To check one file: `sha512sum FILE`.\n"
    "Nothing here is ever deleted by the program that writes it. A copy that was found bad when it was read back is\n"
    "replaced by a good one and kept for a person, in `extensions/everarchive-bad`.\n";

error not_usable(const std::string& message, const std::string& hint) {
    return {exit_code::sink, cause::needs_person, message, hint};
}

void write_once(const fs::path& where, std::string_view content) {
    // What an interrupted attempt left may be half a file.
    if (fs::exists(where)) {
        durable::remove_tree(where);
    }
    durable::write_file(where, content);
}

} // namespace

fs::path layout_path(std::string_view id) {
    const std::string hash = digest_of("sha256", id);
    return fs::path(hash.substr(0, 3)) / hash.substr(3, 3) / hash.substr(6, 3) / hash;
}

void ocfl_root::create(const fs::path& directory) {
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(directory, problem)) {
        const std::string name = entry.path().filename().string();
        if (name != "extensions" && name != "ocfl_layout.json" && name != "README.md") {
            throw not_usable(
                "the directory " + directory.string() + " is not an OCFL storage root, and not empty: it holds " + name,
                "give the archive a directory of its own: mkdir -p '" + (directory / "archive").string() + "'");
        }
    }
    if (problem) {
        durable::fail(problem.value(), "cannot read the directory", directory);
    }
    const json layout = {{"extension", layout_extension},
                         {"description", "the SHA-256 of the object id, cut into three folders of three characters"}};
    const json config = {{"extensionName", layout_extension},
                         {"digestAlgorithm", "sha256"},
                         {"tupleSize", 3},
                         {"numberOfTuples", 3},
                         {"shortObjectRoot", false}};
    const fs::path extension = directory / "extensions" / layout_extension;
    durable::make_directories(extension);
    write_once(extension / "config.json", config.dump(2) + "\n");
    write_once(directory / "ocfl_layout.json", layout.dump(2) + "\n");
    write_once(directory / "README.md", readme);
    durable::sync_directories_below(directory);
    // The declaration comes last: whoever sees it sees a complete root.
    const std::string declared = std::string(root_declaration.substr(2)) + "\n";
    const fs::path half = extension / "declaration";
    write_once(half, declared);
    durable::rename(half, directory / root_declaration);
    durable::sync_directories_below(directory);
}

ocfl_root::ocfl_root(fs::path directory) : directory_(std::move(directory)) {
    std::error_code problem;
    if (!fs::is_directory(directory_, problem)) {
        durable::fail(problem ? problem.value() : ENOENT, "cannot open the archive", directory_);
    }
    if (!fs::exists(directory_ / root_declaration, problem)) {
        throw error(exit_code::sink, cause::retry,
                    directory_.string() + " is not an OCFL 1.1 storage root: the file " +
                        std::string(root_declaration) + " is missing",
                    "is the archive's file system mounted? findmnt -T '" + directory_.string() +
                        "'; a new archive is made with: everarchive target add NAME 'dir:" + directory_.string() + "'");
    }
    const json layout = json::parse(durable::read_file(directory_ / "ocfl_layout.json", 1U << 20U), nullptr, false);
    const json config = json::parse(
        durable::read_file(directory_ / "extensions" / layout_extension / "config.json", 1U << 20U), nullptr, false);
    const bool ours = layout.is_object() && layout.value("extension", json()) == layout_extension &&
                      config.is_object() && config.value("digestAlgorithm", json("sha256")) == "sha256" &&
                      config.value("tupleSize", json(3)) == 3 && config.value("numberOfTuples", json(3)) == 3 &&
                      config.value("shortObjectRoot", json(false)) == false;
    if (!ours) {
        throw not_usable("the storage root " + directory_.string() + " has another layout than " +
                             std::string(layout_extension) + " with its default parameters",
                         "give everarchive a storage root of its own: an empty directory");
    }
}

ocfl_root::~ocfl_root() {
    if (lock_ >= 0) {
        ::close(lock_); // ends the lock as well
    }
}

bool ocfl_root::try_lock() {
    if (lock_ >= 0) {
        return true;
    }
    const fs::path where = directory_ / root_declaration;
    // Opened for writing, though nothing is written: NFS turns flock into a lock that needs it.
    const int fd = ::open(where.c_str(), O_RDWR | O_CLOEXEC); // NOLINT(*-vararg)
    if (fd < 0) {
        durable::fail(errno, "cannot open for writing", where);
    }
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const int number = errno;
        ::close(fd);
        if (number == EWOULDBLOCK) {
            return false;
        }
        durable::fail(number, "cannot lock", where);
    }
    lock_ = fd;
    clear_staging();
    return true;
}

fs::path ocfl_root::staging() const {
    return directory_ / "extensions" / staging_extension;
}

fs::path ocfl_root::bad() const {
    return directory_ / "extensions" / bad_extension;
}

void ocfl_root::make_staging() const {
    clear_staging();
    durable::make_directory(staging());
}

void ocfl_root::clear_staging() const {
    std::error_code ignored;
    if (fs::exists(staging(), ignored)) {
        durable::remove_tree(staging());
    }
}

} // namespace everarchive::archive
