// The numbers that bound a record: what the formats allow, and what this library accepts.
#pragma once

#include <cstddef>

namespace marc::limits {

inline constexpr std::size_t leader_bytes = 24;

// ISO 2709 as MARC 21 uses it (leader/20-23 is 4500): four digits of field length, five digits of record length.
inline constexpr std::size_t iso2709_record_bytes = 99'999;
inline constexpr std::size_t iso2709_field_bytes = 9'999;
inline constexpr std::size_t iso2709_directory_entry_bytes = 12;

// The longest text that a reader takes: half of PostgreSQL's 1 GB for one value, since COPY doubles some characters.
// A MARCXML record is three to four times its ISO 2709 form.
inline constexpr std::size_t text_bytes = 512U << 20U;

// The mnemonic form needs eight characters for one byte at most ({dollar}, {U+0001}). So the text of every stored
// record can be read again, and each dump restored.
inline constexpr std::size_t mrk_growth = 8;
inline constexpr std::size_t record_bytes = text_bytes / mrk_growth;
inline constexpr std::size_t fields = 1'000'000;

// Elements inside each other. MARCXML needs five.
inline constexpr std::size_t xml_depth = 64;

// Objects and arrays inside each other. MARC-in-JSON needs seven.
inline constexpr std::size_t json_depth = 64;

// A piece of a file that is to be one record: more is not looked at as a whole, so that reading a file of any length
// needs no more memory than this.
inline constexpr std::size_t piece_bytes = record_bytes;

// One start tag. MARCXML has three attributes of one to three characters, and a root element its namespaces. libxml2
// compares every attribute with each other one, and cannot be cancelled meanwhile.
inline constexpr std::size_t xml_start_tag_bytes = 16'384;
inline constexpr std::size_t xml_attributes = 256;

// A report lists this many defects; further ones are only counted.
inline constexpr std::size_t listed_defects = 1'000;

// Subfield selections in one field path, such as the two of 245$a$b.
inline constexpr std::size_t path_parts = 64;

// A whole field path, and the comparisons in its subspecs. Each comparison may be made for each value.
inline constexpr std::size_t path_bytes = 65'536;
inline constexpr std::size_t path_comparisons = 1'000;

// JSON of merge rules, and the rules, tests and values in it: each may be asked about each field.
inline constexpr std::size_t merge_rules_bytes = 256U << 10U;
inline constexpr std::size_t merge_rules = 1'000;
inline constexpr std::size_t merge_value_bytes = 1'000;

// JSON of an Avram schema, or of validation options. The largest that are published have half a megabyte.
inline constexpr std::size_t schema_bytes = 8U << 20U;

// A document of another form that becomes a record: its bytes, its elements, attributes and values, and how deep they
// nest. A tree of them takes some hundred bytes each.
inline constexpr std::size_t document_bytes = 64U << 20U;
inline constexpr std::size_t document_nodes = 1'000'000;
inline constexpr std::size_t document_depth = 200;

} // namespace marc::limits
