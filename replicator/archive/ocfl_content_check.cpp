#include "archive/ocfl_content_check.hpp"

#include <tuple>

#include "archive/digest.hpp"
#include "archive/durable_file.hpp"
#include "archive/ocfl_syntax.hpp"

namespace everarchive::archive {

namespace fs = std::filesystem;

void content_check::expect_block(const path_block& block, const std::string& algorithm, const char* code,
                                 const std::string& where) {
    // An algorithm that we cannot compute is ignored, as the specification demands (E028).
    if (!digest::supported(algorithm)) {
        return;
    }
    for (const auto& [value, paths] : block) {
        for (const std::string& path : paths) {
            expected_[path].insert({algorithm, lower(value), code, where});
        }
    }
}

void content_check::expect(const checked_inventory& inventory, const std::string& where) {
    expect_block(inventory.manifest, inventory.algorithm, "E092", where);
    for (const auto& [algorithm, block] : inventory.fixity) {
        expect_block(block, algorithm, "E093", where);
    }
}

void content_check::find_files(const std::string& directory) {
    find_below(root_ / directory, directory, true);
}

void content_check::find_below(const fs::path& directory, const std::string& name, bool top) {
    bool empty = true;
    for (const auto& entry : fs::directory_iterator(directory)) {
        empty = false;
        const std::string child = name + "/" + entry.path().filename().string();
        const fs::file_status about = entry.symlink_status();
        if (fs::is_directory(about)) {
            find_below(entry.path(), child, false);
        } else if (fs::is_regular_file(about)) {
            files_.insert(child);
        } else {
            found_.push_back({"E090", child, "neither a file nor a directory: links and devices are not allowed"});
        }
    }
    if (empty) {
        found_.push_back(
            {top ? "W003" : "E024", name, top ? "a content directory without files" : "an empty directory"});
    }
}

void content_check::require_named(const checked_inventory& inventory, const std::string& where, unsigned long newest) {
    std::set<std::string_view> named;
    for (const auto& [value, paths] : inventory.manifest) {
        named.insert(paths.begin(), paths.end());
    }
    for (const std::string& file : files_) {
        if (version_number(std::string_view(file).substr(0, file.find('/'))) <= newest && !named.contains(file)) {
            found_.push_back({"E023", file, "the manifest of " + where + " does not name this file"});
        }
    }
}

void content_check::read_all() {
    for (const auto& [path, all] : expected_) {
        if (!files_.contains(path)) {
            std::set<const char*> codes;
            for (const expectation& one : all) {
                if (codes.insert(one.code).second) {
                    found_.push_back({one.code, path, one.where + " names this file, but it is not there"});
                }
            }
            continue;
        }
        std::map<std::string, digest> computing;
        for (const expectation& one : all) {
            computing.try_emplace(one.algorithm, one.algorithm);
        }
        durable::read_from_disk(root_ / path, [&](std::string_view part) {
            for (auto& [algorithm, with] : computing) {
                with.update(part);
            }
        });
        std::map<std::string, std::string> computed;
        for (auto& [algorithm, with] : computing) {
            computed.emplace(algorithm, with.hex());
        }
        for (const expectation& one : all) {
            if (computed[one.algorithm] != one.value) {
                found_.push_back({one.code, path,
                                  "its " + one.algorithm + " is " + computed[one.algorithm] + ", but " + one.where +
                                      " says " + one.value});
            }
        }
    }
}

} // namespace everarchive::archive
