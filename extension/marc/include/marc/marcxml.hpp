// MARCXML: one record to and from text.
#pragma once

#include "marc/builder.hpp"
#include "marc/record.hpp"
#include "marc/report.hpp"

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

/// Which XML parser reads. Both give the same record; `full` exists for tests and comparison.
enum class xml_parser : std::uint8_t {
    automatic, ///< the small parser; libxml2 for whatever that one does not know
    full,      ///< libxml2
};

/// Reads one record, alone or in a collection of one, with the MARCXML namespace (any prefix), MarcXchange's, or none.
/// @param text UTF-8; an encoding declaration is ignored, since the text was decoded before it came here
/// @throws parse_error bad_xml, xml_doctype, many_records, not_marc, bad_tag, bad_indicator, bad_subfield_code,
///         bad_utf8, too_large
void read_marcxml(std::string_view text, builder& into, report* notes = nullptr,
                  xml_parser parser = xml_parser::automatic);

/// What to do with content that MARCXML cannot hold: characters that XML 1.0 forbids, data fields without indicators,
/// bytes outside subfields.
enum class inexpressible_content : std::uint8_t {
    error,   ///< throw parse_error inexpressible with tag and offset in the record's data
    replace, ///< U+FFFD for a character, blank indicators, a subfield with a blank code for stray bytes
};

/// Appends the canonical form, with unicode_leader: <record xmlns="http://www.loc.gov/MARC21/slim">…</record>, no
/// declaration, no white space between elements.
/// @throws parse_error inexpressible
void write_marcxml(const record_view& record, std::pmr::string& out,
                   inexpressible_content policy = inexpressible_content::error);

} // namespace marc
