// Inside of the library: the functions that rules may call.
#pragma once

#include "syntax.hpp"

#include <cstdint>
#include <string_view>

namespace crosswalk::detail {

struct function_entry {
    std::string_view name;
    function what;
    std::uint8_t fewest;
    std::uint8_t most;
    std::string_view synopsis;
};

/// Null for a name that no function has.
const function_entry* find_function(std::string_view name) noexcept;

} // namespace crosswalk::detail
