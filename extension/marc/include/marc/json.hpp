// MARC-in-JSON: one record to and from text. json_write.cpp holds the grammar.
#pragma once

#include "marc/builder.hpp"
#include "marc/marcxml.hpp" // inexpressible_content
#include "marc/record.hpp"
#include "marc/report.hpp"

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

enum class json_form : std::uint8_t {
    list,  ///< MARC-in-JSON: `fields` is an array with one object for each field
    keyed, ///< `fields` is an object with one member for each tag
};

struct json_options {
    json_form form = json_form::list;
    /// Writes characters over U+007F as \uXXXX: for a server encoding that is not UTF-8.
    bool ascii_only = false;
    /// NUL is refused or replaced, as the policy says: for jsonb, which cannot hold it. JSON text holds everything.
    bool without_nul = false;
    inexpressible_content policy = inexpressible_content::error;
};

/// Appends the record as one JSON object, without white space. Exact: read_json gives the same fields and
/// unicode_leader back for every record.
/// @throws parse_error inexpressible, only with without_nul
void write_json(const record_view& record, std::pmr::string& out, json_options options = {});

/// Reads one record: MARC-in-JSON with `fields` as list or keyed by tag, or marc-json with `controlfield` and
/// `datafield`; alone, in an array of one, or as a JSON string that holds the text (FOLIO keeps it so). Members of an
/// object count in their order, and may occur more than once. Control characters in strings are read, though JSON
/// forbids them; offsets then count in the text with escapes for them.
/// @param text UTF-8
/// @throws parse_error bad_json, not_marc, many_records, bad_tag, bad_indicator, bad_subfield_code, bad_utf8, too_large
void read_json(std::string_view text, builder& into, report* notes = nullptr);

} // namespace marc
