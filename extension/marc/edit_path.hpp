// Inside of the library: what the text of a path says about editing, beyond the values that it selects.
#pragma once

#include <cstdint>
#include <string_view>

namespace marc {

struct path_shape {
    bool indicator = false;
    bool subfields = false;
    bool characters = false;

    /// The one tag, and the one code when `subfields`, that the path names without doubt.
    bool exact = false;
    std::string_view tag;
    std::string_view code;
    bool indexed = false; ///< with one index of the field
    std::uint32_t index = 0;
};

/// @param text a path that parse_path() accepts
path_shape shape_of(std::string_view text) noexcept;

} // namespace marc
