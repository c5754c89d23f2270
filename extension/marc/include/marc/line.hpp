// Line mode: one record to and from the text that yaz-marcdump writes with -o line. line_write.cpp holds the grammar.
#pragma once

#include "marc/builder.hpp"
#include "marc/record.hpp"
#include "marc/report.hpp"

#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

struct line_options {
    /// Writes characters over U+007F as {U+XXXX}: for a server encoding that is not UTF-8.
    bool ascii_only = false;
};

/// Appends the record as lines: the leader, then one line a field, each ended by LF except the last. Exact: read_line
/// gives the same fields and unicode_leader back for every record. In a file an empty line stands between records.
void write_line(const record_view& record, std::pmr::string& out, line_options options = {});

/// Reads one record. Lines end in LF or CR LF; empty lines in front and behind are skipped.
/// @param text UTF-8
/// @throws parse_error bad_line, many_records, not_marc, bad_tag, bad_utf8, too_large
void read_line(std::string_view text, builder& into, report* notes = nullptr);

} // namespace marc
