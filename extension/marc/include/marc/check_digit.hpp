// Check digits of standard numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace marc {

enum class number_check : std::uint8_t {
    good,
    wrong_length,      ///< too few or too many characters, or others than the number may have
    wrong_check_digit, ///< the last character does not follow from the others
    wrong_prefix,      ///< the number starts with another prefix than its kind has
};

/// An ISBN of 10 or 13 digits (ISO 2108), hyphens and what follows the first blank or parenthesis aside: 020 $a may
/// read "0152038655 (pbk.) :".
number_check check_isbn(std::string_view text) noexcept;

/// An ISSN (ISO 3297), four digits, a hyphen, four characters; the hyphen may be missing.
number_check check_issn(std::string_view text) noexcept;

/// An ISMN (ISO 10957): M and nine digits, or 13 digits that start with 979-0.
number_check check_ismn(std::string_view text) noexcept;

/// A GTIN-13 (EAN) or GTIN-12 (UPC); MARC 21 keeps them in 024 with first indicator 3 and 1.
number_check check_ean(std::string_view text) noexcept;
number_check check_upc(std::string_view text) noexcept;

/// An ISRC (ISO 3901): two letters, three letters or digits, seven digits. It has no check digit.
number_check check_isrc(std::string_view text) noexcept;

/// An LCCN in the form of field 010: up to three letters, eight or ten digits, blanks around, a revision behind a
/// slash. It has no check digit.
number_check check_lccn(std::string_view text) noexcept;

} // namespace marc
