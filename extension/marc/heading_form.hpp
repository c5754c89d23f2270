// Inside of the library: which subfields make a heading, and its key. naco.cpp has the rules.
#pragma once

#include "marc/record.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace marc::heading_form {

/// How much of a heading its key holds.
enum class extent : std::uint8_t { whole, base };

/// What of a record decides which subfields are part of a heading.
struct record_kind {
    flavour form = flavour::marc21;
    bool is_authority = false;
};

record_kind kind_of(const record_view& record) noexcept;

/// By the code in MARC 21: form, general, chronological and geographic.
inline bool is_subdivision(char code) noexcept {
    return code == 'v' || code == 'x' || code == 'y' || code == 'z';
}

/// The subfield of a MARC 21 heading in a record that is, or is not, an authority record.
bool is_heading_part(std::string_view tag, std::string_view code, bool in_authority) noexcept;

/// Whether the last two digits of a tag of MARC 21 are those of a heading under authority control.
bool is_heading_kind(std::string_view kind) noexcept;

/// Appends the key of a MARC 21 field as a heading of this kind, or nothing when it has no part.
/// @return whether the heading has subdivisions
bool append_marc21_key(const field_view& f, std::string_view tag, std::string_view kind, bool in_authority, extent part,
                       std::pmr::string& out);

/// The same key of a UNIMARC field, by the subfields that MARC 21 would have; nothing for a tag that is no heading.
bool append_unimarc_key(const field_view& f, std::string_view tag, extent part, std::pmr::string& out);

} // namespace marc::heading_form
