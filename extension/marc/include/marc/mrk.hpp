// Mnemonic text, one line a field: the text form of the type. mrk_write.cpp holds the grammar.
#pragma once

#include "marc/builder.hpp"
#include "marc/record.hpp"
#include "marc/report.hpp"

#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

struct mrk_options {
    /// Writes characters over U+007F as {U+XXXX}: for a server encoding that is not UTF-8.
    bool ascii_only = false;
    /// Adds a last line with what the fields do not say: that the record was read from ISO 2709 and how, so that its
    /// raw bytes come back, and that something was mended or lost. For the text form of the type.
    bool provenance = false;
};

/// Appends the record as lines `=TAG  content`, each ended by LF except the last. Exact: read_mrk gives the same
/// fields and unicode_leader back for every record, and with `provenance` the leader as it is and everything else that
/// is stored of one from ISO 2709.
void write_mrk(const record_view& record, std::pmr::string& out, mrk_options options = {});

/// Appends the line of one field, without a line break.
void write_mrk_field(const field_view& field, std::pmr::string& out, mrk_options options = {});

/// Reads one record. Lines end in LF or CR LF; empty lines are skipped.
/// @param text UTF-8
/// @throws parse_error bad_mnemonic, many_records, bad_tag, bad_utf8, too_large
void read_mrk(std::string_view text, builder& into, report* notes = nullptr);

} // namespace marc
