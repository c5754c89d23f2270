#include "archive/ocfl_validator.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "archive/digest.hpp"
#include "archive/durable_file.hpp"
#include "archive/ocfl_syntax.hpp"
#include "archive/ocfl_content_check.hpp"
#include "archive/ocfl_names.hpp"

namespace everarchive::archive {

namespace fs = std::filesystem;

namespace {

/// Logical path -> digest, in lower case so that inventories that differ in case still agree.
std::map<std::string, std::string> by_logical_path(const path_block& state) {
    std::map<std::string, std::string> turned;
    for (const auto& [value, paths] : state) {
        for (const std::string& path : paths) {
            turned[path] = lower(value);
        }
    }
    return turned;
}

/// Digest in lower case -> content paths.
std::map<std::string, std::set<std::string>> by_digest(const path_block& manifest) {
    std::map<std::string, std::set<std::string>> turned;
    for (const auto& [value, paths] : manifest) {
        turned[lower(value)].insert(paths.begin(), paths.end());
    }
    return turned;
}

class object_validator {
  public:
    explicit object_validator(fs::path root) : root_(std::move(root)), content_(root_, found_) {}

    problems run() {
        std::error_code missing;
        if (!fs::is_directory(root_, missing)) {
            report("E003", "", "not a directory");
            return found_;
        }
        scan();
        check_declaration();
        if (!files_.contains("inventory.json")) {
            report("E063", "inventory.json", "the object has no inventory");
            return found_;
        }
        const std::string text = durable::read_file(root_ / "inventory.json");
        root_inventory_ = check_inventory(text, "inventory.json", found_);
        if (!root_inventory_.readable) {
            return found_;
        }
        if (!spec_.empty() && !root_inventory_.spec.empty() && spec_ != root_inventory_.spec) {
            report("E038", "inventory.json",
                   "type is of OCFL " + root_inventory_.spec + ", the object declares " + spec_);
        }
        check_sidecar("", text, root_inventory_.algorithm);
        check_names();
        content_.expect(root_inventory_, "inventory.json");
        check_version_directories(text);
        const auto& names = root_inventory_.version_names;
        if (root_inventory_.has_manifest && !names.empty()) {
            content_.require_named(root_inventory_, "inventory.json", version_number(names.back()));
        }
        check_prior_inventories();
        content_.read_all();
        return found_;
    }

  private:
    void report(const char* code, std::string path, std::string message) {
        found_.push_back({code, std::move(path), std::move(message)});
    }

    /// Sorts what lies in the object root; what may lie there is decided when the inventory is known.
    void scan() {
        for (const auto& entry : fs::directory_iterator(root_)) {
            const std::string name = entry.path().filename().string();
            const fs::file_status about = entry.symlink_status();
            if (fs::is_directory(about)) {
                directories_.insert(name);
            } else if (fs::is_regular_file(about)) {
                files_.insert(name);
            } else {
                report("E090", name, "neither a file nor a directory: links and devices are not allowed");
            }
        }
    }

    void check_declaration() {
        std::vector<std::string> declarations;
        for (const std::string& name : files_) {
            if (name.starts_with("0=")) {
                declarations.push_back(name);
            }
        }
        if (declarations.size() != 1) {
            report("E003", "", declarations.empty() ? "no version declaration" : "more than one version declaration");
            return;
        }
        const std::string& name = declarations.front();
        if (!name.starts_with("0=ocfl_object_")) {
            report("E006", name, "the declaration is not that of an OCFL object");
            return;
        }
        spec_ = name.substr(std::string_view("0=ocfl_object_").size());
        if (spec_ != "1.0" && spec_ != "1.1") {
            report("E004", name, "not a version of OCFL that this validator knows");
        }
        if (durable::read_file(root_ / name, 1024) != name.substr(2) + "\n") {
            report("E007", name, "the declaration does not say " + name.substr(2) + " and a newline");
        }
    }

    /// OCFL 1.1, section 3.1: nothing else lies in the object root.
    void check_names() {
        const std::string sidecar = "inventory.json." + root_inventory_.algorithm;
        for (const std::string& name : files_) {
            const bool known = name == "inventory.json" || name.starts_with("0=") || name == sidecar ||
                               (root_inventory_.algorithm.empty() && name.starts_with("inventory.json."));
            if (!known) {
                report("E001", name, "a file that does not belong into an object root");
            }
        }
        for (const std::string& name : directories_) {
            if (name == "extensions") {
                check_extensions();
            } else if (name != "logs" && version_number(name) == 0) {
                report("E001", name, "a directory that does not belong into an object root");
            } else if (name != "logs" && !root_inventory_.version_names.empty() && !contains(name)) {
                report("E046", name, "the inventory does not name this version");
            }
        }
    }

    bool contains(const std::string& version) const {
        const auto& names = root_inventory_.version_names;
        return std::find(names.begin(), names.end(), version) != names.end();
    }

    void check_extensions() {
        for (const auto& entry : fs::directory_iterator(root_ / "extensions")) {
            const std::string name = entry.path().filename().string();
            if (!fs::is_directory(entry.symlink_status())) {
                report("E067", "extensions/" + name, "not a directory");
            } else if (!is_registered_extension(name)) {
                report("W013", "extensions/" + name, "not the name of a registered extension");
            }
        }
    }

    void check_sidecar(const std::string& folder, const std::string& inventory, const std::string& algorithm) {
        if (algorithm.empty()) {
            return;
        }
        const std::string name = folder + "inventory.json." + algorithm;
        std::error_code missing;
        if (!fs::is_regular_file(root_ / name, missing)) {
            report("E058", name, "the inventory has no sidecar file");
            return;
        }
        std::string line = durable::read_file(root_ / name, 64U << 10U);
        if (!line.empty() && line.back() == '\n') {
            line.pop_back();
        }
        const std::size_t end = line.find_first_of(" \t");
        const std::size_t begin = end == std::string::npos ? end : line.find_first_not_of(" \t", end);
        if (begin == std::string::npos || line.substr(begin) != "inventory.json" ||
            end != digest::hex_length(algorithm)) {
            report("E061", name, "the sidecar is not one line: digest, space, inventory.json");
            return;
        }
        if (const std::string computed = digest_of(algorithm, inventory); lower(line.substr(0, end)) != computed) {
            report("E060", name, "the digest of the inventory is " + computed + ", the sidecar says otherwise");
        }
    }

    void check_version_directories(const std::string& root_text) {
        const auto& names = root_inventory_.version_names;
        for (const std::string& name : names) {
            if (!directories_.contains(name)) {
                report(files_.contains(name) ? "E001" : "E046", name,
                       "the inventory names this version, but it is no directory");
                report("E010", name, "the directory of this version is missing");
                continue;
            }
            bool inventory = false;
            for (const auto& entry : fs::directory_iterator(root_ / name)) {
                const std::string child = entry.path().filename().string();
                const fs::file_status about = entry.symlink_status();
                if (fs::is_directory(about)) {
                    if (child == root_inventory_.content_directory) {
                        content_.find_files(name + "/" + child);
                    } else {
                        report("W002", name + "/" + child, "a directory beside the content directory");
                    }
                } else if (!fs::is_regular_file(about)) {
                    report("E090", name + "/" + child,
                           "neither a file nor a directory: links and devices are not allowed");
                } else if (child == "inventory.json") {
                    inventory = true;
                } else if (!child.starts_with("inventory.json.")) {
                    report("E015", name + "/" + child, "a file that does not belong into a version directory");
                }
            }
            if (!inventory) {
                report("W010", name, "the version has no inventory of its own");
            } else {
                check_version_inventory(name, name == names.back(), root_text);
            }
        }
    }

    void check_version_inventory(const std::string& name, bool newest, const std::string& root_text) {
        const std::string where = name + "/inventory.json";
        const std::string text = durable::read_file(root_ / where);
        checked_inventory prior;
        if (newest && text == root_text) {
            prior = root_inventory_; // its problems are known
        } else {
            prior = check_inventory(text, where, found_);
            if (newest) {
                report("E064", where, "the newest version's inventory differs from the one in the object root");
            }
        }
        check_sidecar(name + "/", text, prior.algorithm);
        if (!prior.readable || (newest && text == root_text)) {
            prior_.emplace_back(name, std::move(prior));
            return;
        }
        if (prior.id != root_inventory_.id) {
            report("E037", where, "id differs from the one in the object root: " + prior.id);
            report("E110", where, "id differs from the one in the object root: " + prior.id);
        }
        if (prior.head != name) {
            report("E040", where, "head is " + prior.head + " in the directory of " + name);
        }
        if (prior.content_directory != root_inventory_.content_directory) {
            report("E019", where, "contentDirectory differs from the one in the object root");
            report("E020", where, "contentDirectory differs from the one in the object root");
        }
        if (!prior.algorithm.empty() && prior.algorithm != root_inventory_.algorithm) {
            report("W004", where, "digestAlgorithm differs from the one in the object root");
        }
        content_.expect(prior, where);
        compare_states(prior, where);
        prior_.emplace_back(name, std::move(prior));
    }

    /// What needs the files of all versions, or the inventories of the neighbours.
    void check_prior_inventories() {
        const std::string* spec = nullptr;
        for (const auto& [name, prior] : prior_) {
            const std::string where = name + "/inventory.json";
            if (prior.readable && prior.has_manifest && name != root_inventory_.version_names.back()) {
                content_.require_named(prior, where, version_number(name));
            }
            if (prior.spec.empty()) {
                continue;
            }
            if (spec != nullptr && prior.spec < *spec) {
                report("E103", where, "the version is of OCFL " + prior.spec + ", an earlier one of " + *spec);
            }
            spec = &prior.spec;
        }
        if (spec != nullptr && !root_inventory_.spec.empty() && root_inventory_.spec < *spec) {
            report("E103", "inventory.json",
                   "the object is of OCFL " + root_inventory_.spec + ", a version of " + *spec);
        }
    }

    /// OCFL 1.1, section 3.5.3.1: a version block never changes its meaning in later inventories.
    void compare_states(const checked_inventory& prior, const std::string& where) {
        const bool same_algorithm = prior.algorithm == root_inventory_.algorithm;
        const auto prior_files = by_digest(prior.manifest);
        const auto root_files = by_digest(root_inventory_.manifest);
        for (const auto& [name, block] : prior.versions) {
            const auto now = root_inventory_.versions.find(name);
            if (now == root_inventory_.versions.end()) {
                report("E066", where, "the inventory in the object root lacks the version " + name);
                continue;
            }
            const auto before = by_logical_path(block.state);
            const auto after = by_logical_path(now->second.state);
            const bool same =
                std::equal(before.begin(), before.end(), after.begin(), after.end(), [&](const auto& a, const auto& b) {
                    if (a.first != b.first || same_algorithm) {
                        return a == b;
                    }
                    return same_files(prior_files, a.second, root_files, b.second);
                });
            if (!same) {
                report("E066", where, "the state of " + name + " differs from the one in the object root");
            }
            if (block.created != now->second.created || block.message != now->second.message ||
                block.user != now->second.user) {
                report("W011", where, "created, message or user of " + name + " differ from the object root");
            }
        }
    }

    /// Two digests of different algorithms mean the same when their files do; later versions may add copies.
    static bool same_files(const std::map<std::string, std::set<std::string>>& prior_files,
                           const std::string& prior_digest,
                           const std::map<std::string, std::set<std::string>>& root_files,
                           const std::string& root_digest) {
        const auto a = prior_files.find(prior_digest);
        const auto b = root_files.find(root_digest);
        return a != prior_files.end() && b != root_files.end() &&
               std::includes(b->second.begin(), b->second.end(), a->second.begin(), a->second.end());
    }

    fs::path root_;
    problems found_;
    content_check content_;
    std::string spec_;
    std::set<std::string> files_, directories_;
    checked_inventory root_inventory_;
    std::vector<std::pair<std::string, checked_inventory>> prior_;
};

} // namespace

problems validate_object(const fs::path& object_root) {
    try {
        return object_validator(object_root).run();
    } catch (const fs::filesystem_error& e) {
        durable::fail(e.code().value(), "cannot read", e.path1());
    }
}

bool is_valid(const problems& found) {
    return std::none_of(found.begin(), found.end(), [](const problem& one) { return one.is_error(); });
}

} // namespace everarchive::archive
