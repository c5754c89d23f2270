// ISO 2709: reading it leniently, writing it canonically, cutting a file into records.
#pragma once

#include "marc/builder.hpp"
#include "marc/error.hpp"
#include "marc/record.hpp"
#include "marc/report.hpp"

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>

namespace marc {

/// Reads one record into the builder (call finish() for the result). Believes field terminators first, then the
/// directory, then the leader's numbers. Filler around the record (blanks, NUL, CR, LF, 1A) is skipped and noted.
/// @param bytes one record; UTF-8 or ASCII
/// @throws parse_error not_marc, truncated, many_records, bad_utf8, unsupported_charset, too_large
void read_iso2709(std::span<const std::byte> bytes, builder& into, report* notes = nullptr);

/// Appends the record in canonical form: fields in their order, lengths right, leader/10-11 `22` and 20-23 `4500`,
/// leader/09 `a` when the record holds non-ASCII (not in UNIMARC, which has no such byte).
/// @throws parse_error record_too_long, field_too_long
void write_iso2709(const record_view& record, std::pmr::string& out);

/// One piece of a file.
struct iso2709_piece {
    std::size_t offset = 0;           ///< from the start of the file
    std::span<const std::byte> bytes; ///< the record with its terminator, or the bytes that are none
    std::optional<errc> problem;      ///< not_marc: no record starts here; truncated: the file ends inside the record
};

/// Walks over a file of records. After bytes that are no record it goes on at the next 1D that a leader follows.
class iso2709_splitter {
  public:
    explicit iso2709_splitter(std::span<const std::byte> file) : file_(file) {}
    /// The next piece, or false at the end of the file. Linear over the whole file.
    bool next(iso2709_piece& piece);
    /// Bytes of filler between records so far.
    std::size_t filler() const noexcept { return filler_; }

  private:
    std::span<const std::byte> file_;
    std::size_t position_ = 0;
    std::size_t filler_ = 0;
};

} // namespace marc
