// Inside of the library: JSON that is read as a tree: schemas, options, merge rules. Records are read event by event,
// without a tree (json_read.cpp). Included by few files: the JSON library is large.
#pragma once

#include "marc/error.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace marc {

using json_value = nlohmann::json; // objects are sorted by key, so documents that say the same are read alike

/// @param most      how many bytes the text may have
/// @param malformed which document it is: bad_schema, bad_options, bad_rules
/// @throws parse_error `malformed` with the offset of the first wrong byte; too_large
inline json_value parse_json(std::string_view text, std::size_t most, errc malformed) {
    if (text.size() > most) {
        throw parse_error(errc::too_large, most);
    }
    try {
        return json_value::parse(text.begin(), text.end());
    } catch (const json_value::parse_error& e) {
        throw parse_error(malformed, e.byte == 0 ? 0 : e.byte - 1, {}, "this is not JSON");
    } catch (const json_value::exception&) { // a number that no computer holds
        throw parse_error(malformed, 0, {}, "this is not JSON");
    }
}

/// Says what is wrong, and where in the document. @param what goes on behind the place: "must be an object"
[[noreturn]] inline void refuse(errc malformed, std::string_view place, std::string_view what) {
    constexpr std::size_t shown = 60; // so that what is wrong is shown, too
    std::string message(place.substr(0, shown));
    message += place.size() > shown ? "... " : " ";
    message += what;
    throw parse_error(malformed, 0, {}, message);
}

/// The value of a key, or null when there is none.
inline const json_value* member(const json_value& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

/// @param value is a string
inline std::string_view string_of(const json_value& value) {
    return value.get_ref<const std::string&>();
}

} // namespace marc
