// Reading the JSON of schemas and options. Included by few files: the JSON library is large.
#pragma once

#include "marc/error.hpp"
#include "marc/limits.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace marc::avram {

using json = nlohmann::json; // objects are sorted by key

/// @throws parse_error bad_schema with the offset of the first wrong byte; too_large
inline json parse_json(std::string_view text) {
    if (text.size() > limits::schema_bytes) {
        throw parse_error(errc::too_large, limits::schema_bytes);
    }
    try {
        return json::parse(text.begin(), text.end());
    } catch (const json::parse_error& e) {
        throw parse_error(errc::bad_schema, e.byte == 0 ? 0 : e.byte - 1);
    } catch (const json::exception&) { // a number that no computer holds
        throw parse_error(errc::bad_schema, 0);
    }
}

/// The value of a key, or null when there is none.
inline const json* member(const json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

inline std::string_view string_of(const json& value) {
    return value.get_ref<const std::string&>();
}

} // namespace marc::avram
