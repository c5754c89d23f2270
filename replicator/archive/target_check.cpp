#include <unistd.h>

#include <filesystem>

#include "archive/delivery.hpp"
#include "archive/ocfl_names.hpp"
#include "archive/ocfl_root.hpp"
#include "base/error.hpp"

namespace everarchive::archive {

namespace fs = std::filesystem;

namespace {

std::string own_by_this_user(const std::string& directory) {
    return "chown \"$(id -un " + std::to_string(::geteuid()) + ")\" '" + directory + "'";
}

error needs_person(const std::string& message, const std::string& hint) {
    return {exit_code::sink, cause::needs_person, message, hint};
}

} // namespace

std::string directory_of(const std::string& uri) {
    constexpr std::string_view scheme = "dir:";
    if (!uri.starts_with(scheme)) {
        throw error(exit_code::arguments, cause::needs_person, "not an archive that this version can write to: " + uri,
                    "give dir: and an absolute path, such as dir:/srv/archive");
    }
    std::string directory = uri.substr(scheme.size());
    if (directory.starts_with("///")) {
        directory.erase(0, 2);
    }
    if (directory.empty() || directory.front() != '/') {
        throw error(exit_code::arguments, cause::needs_person,
                    "the directory of an archive must be an absolute path: " + uri,
                    "give dir: and an absolute path, such as dir:/srv/archive");
    }
    return directory;
}

void check_target(const std::string& uri) {
    const std::string directory = directory_of(uri);
    std::error_code problem;
    const fs::file_status about = fs::status(directory, problem);
    if (about.type() == fs::file_type::not_found) {
        throw needs_person("the directory of the archive does not exist: " + directory,
                           "mkdir -p '" + directory + "'; " + own_by_this_user(directory));
    }
    if (problem) {
        throw needs_person(
            "the directory of the archive cannot be looked into: " + directory + ": " + problem.message(),
            "give the user that runs everarchive the right to pass every directory on the way: namei -l '" + directory +
                "'");
    }
    if (!fs::is_directory(about)) {
        throw needs_person("the archive is not a directory: " + directory,
                           "choose another path, or: mv '" + directory + "' '" + directory + ".old'; mkdir -p '" +
                               directory + "'; " + own_by_this_user(directory));
    }
    try {
        if (!fs::exists(fs::path(directory) / root_declaration)) {
            ocfl_root::create(directory);
        }
        // Proves that the layout is ours and, by making and removing a folder, that we may write.
        ocfl_root root(directory);
        if (root.try_lock()) {
            root.make_staging();
            root.clear_staging();
        }
    } catch (const error& e) {
        // At this command a person is there: nothing is retried.
        throw error(e.code(), cause::needs_person, e.what(), e.hint());
    } catch (const fs::filesystem_error& e) {
        throw needs_person(std::string("the archive cannot be read: ") + e.what(), "ls -la '" + directory + "'");
    }
}

} // namespace everarchive::archive
