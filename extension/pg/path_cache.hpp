// Field paths of a query, compiled.
#pragma once

#include "compiled.hpp"
#include "text.hpp"

#include "marc/path.hpp"

namespace marc_pg {

/// A path at one call site, and whether looking for it in the front of records has paid so far.
struct called_path {
    marc::path path;
    mutable int skip = 0;    ///< how many records to read whole before the next try
    mutable int penalty = 1; ///< what the next failure makes of that
};

/// The compiled form of a path: see compiled(). Takes the path in the database's encoding. Inside boundary(). Throws
/// parse_error bad_path (22023) or unsupported_path (54000).
inline const called_path& compiled_call(FunctionCallInfo fcinfo, std::string_view text) {
    return compiled<called_path>(fcinfo, text, [&](std::pmr::memory_resource* memory) {
        return called_path{marc::parse_path(utf8_of(text), memory)};
    });
}
inline const marc::path& compiled_path(FunctionCallInfo fcinfo, std::string_view text) {
    return compiled_call(fcinfo, text).path;
}

} // namespace marc_pg
