// Inside of the library: where the bytes of a stored record lie, and what follows from tag and content of a field.
#pragma once

#include "marc/ascii.hpp"
#include "marc/record.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace marc::layout {

inline constexpr char version = 2;

// Header: version, flags, flavour (low four bits) and format (high four bits), encoding, leader, number of fields, and
// where there is a residue its length.
inline constexpr std::size_t leader_at = 4;
inline constexpr std::size_t field_count_at = 28;
inline constexpr std::size_t residue_bytes_at = 32;

inline constexpr std::size_t tag_bytes = 3;
inline constexpr std::size_t offset_bytes = 4;

/// Of each field whose number is a multiple of this the offset is stored: what lies between is found by terminators.
/// Where a field holds a terminator itself, every offset is stored.
constexpr std::size_t offset_step(std::uint8_t flags) noexcept {
    return (flags & record_flag::inner_terminator) != 0 ? 1 : 16;
}

/// Number of stored offsets; that of the first field is 0 and not stored.
constexpr std::size_t offset_count(std::size_t fields, std::size_t step) noexcept {
    return fields == 0 ? 0 : (fields - 1) / step;
}

constexpr std::size_t header_bytes(std::uint8_t flags) noexcept {
    return (flags & record_flag::residue) != 0 ? 36 : 32;
}

template <typename Number>
Number load(const char* at) noexcept {
    Number n;
    std::memcpy(&n, at, sizeof n);
    return n;
}

template <typename Number>
void store(char* at, Number n) noexcept {
    std::memcpy(at, &n, sizeof n);
}

/// Two ASCII characters that are no delimiter stand in front.
inline bool starts_with_indicators(std::string_view content) noexcept {
    const auto is_indicator = [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != subfield_delimiter; };
    return content.size() >= 2 && is_indicator(content[0]) && is_indicator(content[1]);
}

/// Control fields are those of the tags 00X, and those with another tag than three digits and no subfield (such as
/// Aleph's FMT).
inline field_kind kind_of(std::string_view tag, std::string_view content) noexcept {
    if (tag[0] == '0' && tag[1] == '0') {
        return field_kind::control;
    }
    if (is_digit(tag[0]) && is_digit(tag[1]) && is_digit(tag[2])) {
        return field_kind::data;
    }
    return content.find(subfield_delimiter) == std::string_view::npos ? field_kind::control : field_kind::data;
}

/// UNIMARC has field 200 for the title and no 008.
/// @param tags three bytes for each field
inline flavour flavour_of(std::string_view tags) noexcept {
    bool has_200 = false;
    for (std::size_t at = 0; at + tag_bytes <= tags.size(); at += tag_bytes) {
        const std::string_view tag = tags.substr(at, tag_bytes);
        if (tag == "008") {
            return flavour::marc21;
        }
        has_200 = has_200 || tag == "200";
    }
    return has_200 ? flavour::unimarc : flavour::undetermined;
}

} // namespace marc::layout
