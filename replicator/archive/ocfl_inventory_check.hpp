// Reads an OCFL inventory that anyone may have written, and says everything that is wrong with it (OCFL 1.0 and 1.1,
// section 3.5). What the writer uses for its own inventories is ocfl_inventory.hpp.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace everarchive::archive {

/// One finding. `code` is the specification's: E001 to E112 are errors, W001 to W016 warnings (validation-codes.md).
struct problem {
    std::string code;
    std::string path; // file or directory, relative to what was validated
    std::string message;

    bool is_error() const { return !code.empty() && code.front() == 'E'; }
};

using problems = std::vector<problem>;

/// Digest as written -> paths.
using path_block = std::map<std::string, std::vector<std::string>>;

/// What could be read of an inventory; what was unreadable is missing here and is a problem.
struct checked_inventory {
    struct version_block {
        path_block state;
        nlohmann::json created, message, user;
    };

    bool readable = false; // a JSON object
    std::string id;
    std::string spec; // "1.0" or "1.1", from type
    std::string algorithm;
    std::string head;
    std::string content_directory = "content";
    bool has_content_directory = false;
    bool has_manifest = false;
    path_block manifest;
    std::map<std::string, path_block> fixity;      // algorithm -> digest -> content paths
    std::map<std::string, version_block> versions; // "v1" -> …
    std::vector<std::string> version_names;        // in the order of their numbers
};

/// Checks `text`, an inventory.json, and appends what is wrong to `found` with `where` as the path.
checked_inventory check_inventory(std::string_view text, const std::string& where, problems& found);

} // namespace everarchive::archive
