// The inventory of an OCFL object that this program writes: SHA-512, "content", unpadded version names.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace everarchive::archive {

/// What OCFL records about a version beside its files.
struct version_about {
    std::string created; // RFC 3339
    std::string message;
    std::string user_name;
    std::string user_address; // a URI
};

struct inventory {
    /// Logical path -> SHA-512 in hex.
    using state = std::map<std::string, std::string>;

    struct version {
        version_about about;
        state files;
    };

    std::string id;
    unsigned head = 0;
    std::map<std::string, std::vector<std::string>> manifest; // SHA-512 -> content paths
    std::map<unsigned, version> versions;
};

/// JSON with sorted keys, two spaces and a final newline: the same inventory always gives the same bytes.
std::string to_json(const inventory& from);

/// Reads an inventory back. Throws everarchive::error (sink, needs_person) naming `where` if it has errors by
/// check_inventory(), or is none that this program could have written.
inventory parse_inventory(std::string_view text, const std::string& where);

/// The one line of inventory.json.sha512.
std::string sidecar_line(std::string_view inventory_text);

} // namespace everarchive::archive
