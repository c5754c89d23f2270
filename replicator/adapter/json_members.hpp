// The members of a JSON document that may leave the library system. A column of JSON is many columns in one: an adapter
// that names the column names its members as well, and what it does not name is taken out before anything is written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace everarchive::adapter {

/// A tree of member names. A member without names below it is kept as it is, whatever it holds; of one with names below
/// it only those are kept, where it is an object or an array of objects, and nothing where it is anything else.
struct json_members {
    std::map<std::string, json_members, std::less<>> named;

    bool empty() const { return named.empty(); }
    bool operator==(const json_members&) const = default;
};

/// Reads `id, title, metadata.createdDate` into `made`. Names are letters, digits, `_`, `$` and `-`; at most four in a
/// path. Returns why it cannot, or an empty text.
std::string read_members(std::string_view list, json_members& made);

/// What of `json` is kept: the spans of its text, unchanged, so that no number and no text is written anew. `null`
/// where `json` is neither an object nor an array; nullopt where it is no JSON.
std::optional<std::string> keep_members(std::string_view json, const json_members& kept);

/// The same for PostgreSQL, as an expression over the jsonb expression `value`, which is written several times.
std::string keep_members_sql(const std::string& value, const json_members& kept);

} // namespace everarchive::adapter
