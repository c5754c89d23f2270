// Inside of the library: what paths and their subspecs have in common when they take values out of a record.
#pragma once

#include "marc/path.hpp"

namespace marc {

/// @param total needed only for ranges from the end
inline bool in_range(const position_range& range, std::size_t position, std::size_t total) noexcept {
    if (!range.present) {
        return true;
    }
    const std::size_t counted = range.from_end ? total - 1 - position : position;
    return counted >= range.first && counted <= range.second;
}

/// A selected code is ASCII, so it can stand for a place in an array of 128.
inline bool selects_code(char first, char last, std::string_view code) noexcept {
    return code.size() == 1 && code.front() >= first && code.front() <= last;
}

/// The characters of a text that a range selects; the whole text when there is no range.
/// @param ascii the text is known to be ASCII
std::string_view select_characters(std::string_view text, const position_range& range, bool ascii) noexcept;

/// The value of a whole field: the content of a control field, or what stands before the first subfield and the values
/// of the subfields, joined by blanks in the scratch text.
std::string_view field_text(const field_view& field, std::pmr::string& scratch);

/// The indicator, or nothing where the field has none.
std::string_view indicator_text(const field_view& field, std::uint8_t indicator) noexcept;

/// How often each code occurs among the subfields.
void count_codes(const subfield_range& subfields, std::array<std::uint32_t, 128>& totals) noexcept;

/// The place of a code in such an array, or the size of the array for a code that no path names.
inline std::size_t code_number(std::string_view code) noexcept {
    return code.size() == 1 ? static_cast<unsigned char>(code.front()) & 0x7FU : 128;
}

} // namespace marc
