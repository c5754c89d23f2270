// Inside of the library: the functions that rules may call.
#pragma once

#include "syntax.hpp"

#include <cstdint>
#include <memory_resource>
#include <string_view>

namespace crosswalk::detail {

struct function_entry {
    std::string_view name;
    function what;
    std::uint8_t fewest;
    std::uint8_t most;
    std::string_view synopsis;
};

/// The first four characters that may be a year: digits, of which the last two may be unknown (u, -, ?, X) and become
/// u.
/// @param memory for a year with unknown digits
std::string_view year_in(std::string_view text, std::pmr::memory_resource& memory);

/// Null for a name that no function has.
const function_entry* find_function(std::string_view name) noexcept;
/// That of a function; each has one.
const function_entry& find_function(function what) noexcept;

} // namespace crosswalk::detail
