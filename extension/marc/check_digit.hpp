// Inside of the library: the last character of standard numbers, which follows from the digits before it.
#pragma once

#include <cstddef>
#include <string_view>

namespace marc {

/// Weights 3 and 1 in turn, from the right (ISO/IEC 15420): ISBN-13, ISMN, EAN, UPC.
/// @param digits all but the last
constexpr char modulo_10_check(std::string_view digits) noexcept {
    std::size_t sum = 0;
    for (std::size_t n = 0; n < digits.size(); ++n) {
        sum += static_cast<std::size_t>(digits[n] - '0') * ((digits.size() - n) % 2 == 0 ? 1 : 3);
    }
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

/// Weights 2, 3, 4 and so on, from the right; X is ten: ISBN-10 (ISO 2108), ISSN (ISO 3297).
/// @param digits all but the last
constexpr char modulo_11_check(std::string_view digits) noexcept {
    std::size_t sum = 0;
    for (std::size_t n = 0; n < digits.size(); ++n) {
        sum += static_cast<std::size_t>(digits[n] - '0') * (digits.size() - n + 1);
    }
    const std::size_t check = (11 - sum % 11) % 11;
    return check == 10 ? 'X' : static_cast<char>('0' + check);
}

} // namespace marc
