// Aleph sequential: one record to and from the text that Aleph loads and prints. aleph_write.cpp holds the grammar.
#pragma once

#include "marc/builder.hpp"
#include "marc/record.hpp"
#include "marc/report.hpp"

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

namespace marc {

struct aleph_options {
    /// The nine digits in front of each line; without it, field 001 when that is a number of up to nine digits, else 0.
    std::optional<std::uint32_t> system_number{};
    /// Writes characters over U+007F as {U+XXXX}: for a server encoding that is not UTF-8.
    bool ascii_only = false;
};

inline constexpr std::uint32_t aleph_system_number_limit = 999'999'999;

/// Appends the record as lines, each ended by LF except the last. Exact: read_aleph gives the same fields and
/// unicode_leader back for every record, unless a system number is given for a record without 001.
void write_aleph(const record_view& record, std::pmr::string& out, aleph_options options = {});

/// Reads one record: lines with one system number. A record without 001 gets one with the system number, unless that is
/// 000000000. Lines end in LF or CR LF; empty lines are skipped.
/// @param text UTF-8
/// @throws parse_error bad_line, many_records, not_marc, bad_tag, bad_utf8, too_large
void read_aleph(std::string_view text, builder& into, report* notes = nullptr);

} // namespace marc
