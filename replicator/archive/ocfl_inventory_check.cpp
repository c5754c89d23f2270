#include "archive/ocfl_inventory_check.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "archive/digest.hpp"
#include "archive/ocfl_syntax.hpp"
#include "archive/rfc3339.hpp"

namespace everarchive::archive {

using nlohmann::json;

namespace {

/// One run over one inventory.
class checker {
  public:
    checker(std::string where, problems& found) : where_(std::move(where)), found_(found) {}

    checked_inventory run(std::string_view text) {
        const std::optional<json> parsed = parse(text);
        if (!parsed) {
            return out_;
        }
        if (!parsed->is_object()) {
            report("E033", "the inventory is not a JSON object");
            return out_;
        }
        out_.readable = true;
        const json& inventory = *parsed;
        check_keys(inventory,
                   {"id", "type", "digestAlgorithm", "head", "contentDirectory", "manifest", "versions", "fixity"},
                   "the inventory");
        check_head_block(inventory);
        check_manifest(inventory);
        check_versions(inventory);
        check_fixity(inventory);
        check_use();
        return out_;
    }

  private:
    void report(const char* code, const std::string& message) { found_.push_back({code, where_, message}); }

    /// Parses, and reports keys that occur twice in one object, which a JSON parser would fold silently.
    std::optional<json> parse(std::string_view text) {
        std::vector<std::set<std::string>> open;
        std::string twice;
        const auto watch = [&](int, json::parse_event_t event, json& value) {
            if (event == json::parse_event_t::object_start) {
                open.emplace_back();
            } else if (event == json::parse_event_t::object_end) {
                open.pop_back();
            } else if (event == json::parse_event_t::key && !open.back().insert(value.get<std::string>()).second) {
                twice = value.get<std::string>();
            }
            return true;
        };
        try {
            json parsed = json::parse(text, watch);
            if (!twice.empty()) {
                report("E033", "the key " + twice + " occurs twice in one object");
            }
            return parsed;
        } catch (const json::exception& e) {
            report("E033", std::string("not JSON: ") + e.what());
            return std::nullopt;
        }
    }

    void check_keys(const json& object, std::initializer_list<std::string_view> known, const std::string& what) {
        for (const auto& item : object.items()) {
            if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
                report("E102", what + " has the key " + item.key() + ", which the specification does not name");
            }
        }
    }

    void check_head_block(const json& inventory) {
        if (!inventory.contains("id")) {
            report("E036", "the key id is missing");
        } else if (!inventory["id"].is_string() || inventory["id"].get_ref<const std::string&>().empty()) {
            report("E037", "id is not a string, or empty");
        } else {
            out_.id = inventory["id"];
            if (!looks_like_uri(out_.id)) {
                report("W005", "id is not a URI: " + out_.id);
            }
        }
        check_type(inventory);
        if (!inventory.contains("digestAlgorithm")) {
            report("E036", "the key digestAlgorithm is missing");
        } else if (const json& a = inventory["digestAlgorithm"]; a != "sha512" && a != "sha256") {
            report("E025", "digestAlgorithm is neither sha512 nor sha256: " + a.dump());
        } else {
            out_.algorithm = a;
            if (out_.algorithm != "sha512") {
                report("W004", "digestAlgorithm is " + out_.algorithm + ", not sha512");
            }
        }
        if (!inventory.contains("head")) {
            report("E036", "the key head is missing");
        } else if (!inventory["head"].is_string() ||
                   version_number(inventory["head"].get_ref<const std::string&>()) == 0) {
            report("E040", "head is not the name of a version: " + inventory["head"].dump());
        } else {
            out_.head = inventory["head"];
        }
        if (inventory.contains("contentDirectory")) {
            const json& name = inventory["contentDirectory"];
            if (!name.is_string() || name == "" || name == "." || name == ".." ||
                name.get_ref<const std::string&>().find('/') != std::string::npos) {
                report("E017", "contentDirectory is not the name of a child directory: " + name.dump());
                report("E018", "contentDirectory is not the name of a child directory: " + name.dump());
            } else {
                out_.content_directory = name;
                out_.has_content_directory = true;
            }
        }
    }

    void check_type(const json& inventory) {
        if (!inventory.contains("type")) {
            report("E036", "the key type is missing");
        } else if (inventory["type"] == "https://ocfl.io/1.0/spec/#inventory") {
            out_.spec = "1.0";
        } else if (inventory["type"] == "https://ocfl.io/1.1/spec/#inventory") {
            out_.spec = "1.1";
        } else {
            report("E038", "type is not the URI of an inventory of OCFL 1.0 or 1.1: " + inventory["type"].dump());
        }
    }

    /// Reads a block of digest -> [paths] and reports what does not have that shape.
    path_block read_block(const json& block, const char* shape_code, const std::string& what) {
        path_block read;
        for (const auto& item : block.items()) {
            std::vector<std::string>& paths = read[item.key()];
            if (!item.value().is_array()) {
                report(shape_code, what + ": the value of " + item.key() + " is not an array of paths");
                continue;
            }
            for (const json& path : item.value()) {
                if (path.is_string()) {
                    paths.push_back(path);
                } else {
                    report(shape_code, what + ": a path is not a string: " + path.dump());
                }
            }
        }
        return read;
    }

    void check_digest_keys(const path_block& block, std::string_view algorithm, const char* twice_code,
                           const char* shape_code, const std::string& what) {
        std::set<std::string> seen;
        const std::size_t length = digest::hex_length(algorithm);
        for (const auto& [value, paths] : block) {
            if (!seen.insert(lower(value)).second) {
                report(twice_code, what + ": the digest " + value + " occurs twice, in different case");
            }
            if (length != 0 && (value.size() != length || !is_hex(value))) {
                report(shape_code, what + ": not a digest in hex of " + std::string(algorithm) + ": " + value);
            }
        }
    }

    void check_content_path(const std::string& path) {
        if (path.empty() || path.front() == '/' || path.back() == '/') {
            report("E100", "a content path is empty or begins or ends with a slash: " + path);
        }
        if (has_bad_element(path)) {
            report("E099", "a content path has an element that is empty, . or ..: " + path);
        }
    }

    void check_paths_unique(const std::vector<std::string>& paths, const char* code, const std::string& what) {
        std::set<std::string_view> files;
        for (const std::string& path : paths) {
            if (!files.insert(path).second) {
                report(code, what + ": the path occurs twice: " + path);
            }
        }
        for (const std::string& path : paths) {
            for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
                if (files.contains(std::string_view(path).substr(0, slash))) {
                    report(code, what + ": a path is the directory of another: " + path.substr(0, slash));
                }
            }
        }
    }

    void check_manifest(const json& inventory) {
        if (!inventory.contains("manifest")) {
            report("E041", "the key manifest is missing");
            return;
        }
        if (!inventory["manifest"].is_object()) {
            report("E106", "manifest is not a JSON object");
            return;
        }
        out_.has_manifest = true;
        out_.manifest = read_block(inventory["manifest"], "E092", "manifest");
        check_digest_keys(out_.manifest, out_.algorithm, "E096", "E092", "manifest");
        std::vector<std::string> all;
        for (const auto& [value, paths] : out_.manifest) {
            for (const std::string& path : paths) {
                check_content_path(path);
                const std::size_t slash = path.find('/');
                const std::string below = out_.content_directory + "/";
                if (slash == std::string::npos || version_number(std::string_view(path).substr(0, slash)) == 0 ||
                    path.compare(slash + 1, below.size(), below) != 0) {
                    report("E042", "a content path is not in the content directory of a version: " + path);
                }
                all.push_back(path);
            }
        }
        check_paths_unique(all, "E101", "manifest");
    }

    void check_versions(const json& inventory) {
        if (!inventory.contains("versions")) {
            report("E043", "the key versions is missing");
            return;
        }
        const json& versions = inventory["versions"];
        if (!versions.is_object()) {
            report("E044", "versions is not a JSON object");
            return;
        }
        if (versions.empty()) {
            report("E008", "there are no versions");
            return;
        }
        std::vector<std::pair<unsigned long, std::string>> numbered;
        for (const auto& item : versions.items()) {
            const unsigned long number = version_number(item.key());
            if (number == 0) {
                report("E046", "not the name of a version directory: " + item.key());
                continue;
            }
            numbered.emplace_back(number, item.key());
            check_version(item.key(), item.value());
        }
        std::sort(numbered.begin(), numbered.end());
        for (auto& [number, name] : numbered) {
            out_.version_names.push_back(name);
        }
        check_sequence(numbered);
        if (!out_.head.empty() && !numbered.empty() && out_.head != numbered.back().second) {
            if (version_number(out_.head) == numbered.back().first) {
                for (const char* code : {"E011", "E013"}) {
                    report(code, "head and the versions are not padded alike: " + out_.head);
                }
            }
            report("E040", "head is " + out_.head + ", the highest version is " + numbered.back().second);
        }
    }

    void check_sequence(const std::vector<std::pair<unsigned long, std::string>>& numbered) {
        if (numbered.empty()) {
            return;
        }
        if (numbered.front().first != 1) {
            report("E009", "the versions do not begin with 1 but with " + numbered.front().second);
        }
        const auto padded = [](const std::string& name) { return name.size() > 1 && name[1] == '0'; };
        const bool zero = padded(numbered.front().second);
        for (std::size_t i = 0; i < numbered.size(); ++i) {
            if (i > 0 && numbered[i].first != numbered[i - 1].first + 1) {
                report("E010", "a version is missing between " + numbered[i - 1].second + " and " + numbered[i].second);
            }
            // Zero-padded names have one length and always a zero in front (OCFL 1.1, section 3.3.1).
            const bool alike =
                zero ? padded(numbered[i].second) && numbered[i].second.size() == numbered[0].second.size()
                     : !padded(numbered[i].second);
            if (!alike) {
                // One fault, which the specification numbers from three sides.
                for (const char* code : {"E011", "E012", "E013"}) {
                    report(code, "version names are not padded alike: " + numbered[i].second);
                }
            }
        }
        if (zero) {
            report("W001", "version names are zero-padded");
        }
    }

    void check_version(const std::string& name, const json& version) {
        if (!version.is_object()) {
            report("E047", "the version " + name + " is not a JSON object");
            return;
        }
        check_keys(version, {"created", "state", "message", "user"}, "the version " + name);
        checked_inventory::version_block& block = out_.versions[name];
        if (!version.contains("created")) {
            report("E048", "the version " + name + " has no created");
        } else {
            block.created = version["created"];
            if (!block.created.is_string() || !is_rfc3339(block.created.get_ref<const std::string&>())) {
                report("E049", "created of " + name +
                                   " is not a date and time with seconds and time zone: " + block.created.dump());
            }
        }
        if (!version.contains("message") || !version.contains("user")) {
            report("W007", "the version " + name + " has no message or no user");
        }
        block.message = version.value("message", json());
        block.user = version.value("user", json());
        if (version.contains("message") && !block.message.is_string()) {
            report("E094", "message of " + name + " is not a string");
        }
        if (version.contains("user")) {
            check_user(name, block.user);
        }
        if (!version.contains("state")) {
            report("E048", "the version " + name + " has no state");
        } else if (!version["state"].is_object()) {
            report("E050", "state of " + name + " is not a JSON object");
        } else {
            check_state(name, version["state"], block);
        }
    }

    void check_user(const std::string& name, const json& user) {
        if (!user.is_object() || !user.contains("name") || !user["name"].is_string() || user["name"] == "") {
            report("E054", "user of " + name + " has no name");
        }
        if (!user.is_object()) {
            return;
        }
        check_keys(user, {"name", "address"}, "user of " + name);
        if (!user.contains("address")) {
            report("W008", "user of " + name + " has no address");
        } else if (!user["address"].is_string() || user["address"] == "") {
            report("E054", "address of the user of " + name + " is not a string");
        } else if (!looks_like_uri(user["address"].get_ref<const std::string&>())) {
            report("W009", "address of the user of " + name + " is not a URI");
        }
    }

    void check_state(const std::string& name, const json& state, checked_inventory::version_block& block) {
        block.state = read_block(state, "E051", "state of " + name);
        std::vector<std::string> all;
        for (const auto& [value, paths] : block.state) {
            if (out_.has_manifest && !out_.manifest.contains(value)) {
                report("E050", "a digest of the state of " + name + " is not in the manifest: " + value);
            }
            for (const std::string& path : paths) {
                if (path.empty() || path.front() == '/' || path.back() == '/') {
                    report("E053", "a logical path of " + name + " is empty or begins or ends with a slash: " + path);
                }
                if (has_bad_element(path)) {
                    report("E052", "a logical path of " + name + " has an element that is empty, . or ..: " + path);
                }
                all.push_back(path);
            }
        }
        check_paths_unique(all, "E095", "state of " + name);
    }

    void check_fixity(const json& inventory) {
        if (!inventory.contains("fixity")) {
            return;
        }
        if (!inventory["fixity"].is_object()) {
            report("E111", "fixity is not a JSON object");
            return;
        }
        for (const auto& item : inventory["fixity"].items()) {
            if (!item.value().is_object()) {
                report("E057", "fixity of " + item.key() + " is not a JSON object");
                continue;
            }
            path_block block = read_block(item.value(), "E057", "fixity of " + item.key());
            check_digest_keys(block, item.key(), "E097", "E057", "fixity of " + item.key());
            std::vector<std::string> all;
            for (const auto& [value, paths] : block) {
                for (const std::string& path : paths) {
                    check_content_path(path);
                    all.push_back(path);
                }
            }
            check_paths_unique(all, "E101", "fixity of " + item.key());
            out_.fixity.emplace(item.key(), std::move(block));
        }
    }

    /// OCFL 1.1 demands that each digest of the manifest is used by a version (E107); 1.0 did not.
    void check_use() {
        if (out_.spec != "1.1") {
            return;
        }
        std::set<std::string_view> used;
        for (const auto& [name, version] : out_.versions) {
            for (const auto& [value, paths] : version.state) {
                used.insert(value);
            }
        }
        for (const auto& [value, paths] : out_.manifest) {
            if (!used.contains(value)) {
                report("E107", "a digest of the manifest is used by no version: " + value);
            }
        }
    }

    std::string where_;
    problems& found_;
    checked_inventory out_;
};

} // namespace

checked_inventory check_inventory(std::string_view text, const std::string& where, problems& found) {
    return checker(where, found).run(text);
}

} // namespace everarchive::archive
