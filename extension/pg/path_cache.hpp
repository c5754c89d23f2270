// Field paths of a query, compiled.
#pragma once

#include "compiled.hpp"
#include "text.hpp"

#include "marc/path.hpp"

namespace marc_pg {

/// The compiled form of a path: see compiled(). Takes the path in the database's encoding. Inside boundary(). Throws
/// parse_error bad_path (22023) or unsupported_path (54000).
inline const marc::path& compiled_path(FunctionCallInfo fcinfo, std::string_view text) {
    return compiled<marc::path>(
        fcinfo, text, [&](std::pmr::memory_resource* memory) { return marc::parse_path(utf8_of(text), memory); });
}

} // namespace marc_pg
