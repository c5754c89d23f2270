// Unicode normalisation (Unicode Standard Annex 15), forms C and D, for Unicode 14.0.
#pragma once

#include "marc/builder.hpp"
#include "marc/record.hpp"

#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

/// True when the text is in form C.
/// @param text UTF-8
bool is_nfc(std::string_view text);

/// Appends the text in form C.
/// @param text UTF-8
void append_nfc(std::string_view text, std::pmr::string& out);

/// Appends the text in form D: decomposed, marks in their order.
/// @param text UTF-8
void append_nfd(std::string_view text, std::pmr::string& out);

/// The two characters that a character is made of, one step; second is 0 when it is just another character, and first
/// is 0 when it has no decomposition.
struct decomposition {
    char32_t first = 0;
    char32_t second = 0;
};
decomposition decompose(char32_t character) noexcept;

/// The character that is made of these two, or 0.
char32_t compose(char32_t first, char32_t second) noexcept;

/// A Hangul syllable, whose decomposition is arithmetic (The Unicode Standard, section 3.12).
constexpr bool is_hangul_syllable(char32_t c) noexcept {
    return c >= 0xAC00 && c <= 0xD7A3;
}

/// True when every value in the record is in form C.
bool is_nfc(const record_view& record);

/// Builds the record with every value in form C. Values are normalised each for itself: a mark at the start of a
/// subfield never becomes part of its code. The result has no provenance, as no input had these bytes.
void build_nfc(const record_view& record, builder& into);

} // namespace marc
