// ISO 2709: reading it leniently, writing it canonically, cutting a file into records.
#pragma once

#include "marc/builder.hpp"
#include "marc/error.hpp"
#include "marc/marc8.hpp"
#include "marc/record.hpp"
#include "marc/report.hpp"

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace marc {

/// The encoding of a record's characters, as a caller names it.
enum class iso2709_encoding : std::uint8_t {
    automatic, ///< leader/09 (in UNIMARC 100$a/26-29), unless the bytes show that it is wrong
    utf8,
    marc8,
    latin1, ///< ISO 8859-1
    iso5426 ///< ISO 646 and ISO 5426, as UNIMARC uses them
};

/// The encoding of this name, as people write it (UTF-8, utf8, MARC-8, latin-1, iso-8859-1, ISO-5426 …), or nothing.
std::optional<iso2709_encoding> find_encoding(std::string_view name) noexcept;

/// Reads one record into the builder (call finish() for the result). Believes field terminators first, then the
/// directory, then the leader's numbers. Filler around the record (blanks, NUL, CR, LF, 1A) is skipped and noted.
/// Characters become UTF-8; bytes that are none become U+FFFD and are noted. What marc_raw() needs is kept.
/// @param bytes one record
/// @throws parse_error not_marc, truncated, many_records, too_large
void read_iso2709(std::span<const std::byte> bytes, builder& into, report* notes = nullptr,
                  iso2709_encoding encoding = iso2709_encoding::automatic);

/// Appends the exact bytes that read_iso2709 read.
/// @return false, with nothing appended, when the record was not read from ISO 2709
/// @throws parse_error corrupt
bool append_raw(const record_view& record, std::pmr::string& out);

/// Appends the record in canonical form: fields in their order, lengths right, leader/10-11 `22` and 20-23 `4500`,
/// leader/09 `a` when the record holds non-ASCII and blank in MARC-8 (not in UNIMARC, which has no such byte).
/// @param encoding utf8 or marc8
/// @throws parse_error record_too_long, field_too_long, unencodable
void write_iso2709(const record_view& record, std::pmr::string& out, iso2709_encoding encoding = iso2709_encoding::utf8,
                   unencodable_character policy = unencodable_character::error);

/// One piece of a file.
struct iso2709_piece {
    std::size_t offset = 0;           ///< from the start of the file
    std::span<const std::byte> bytes; ///< the record with its terminator, or the bytes that are none
    std::optional<errc> problem;      ///< not_marc: no record starts here
};

/// Walks over a file of records. After bytes that are no record it goes on at the next leader that has at least three
/// of its four marks, or two behind 1D. The last record may lack its 1D; where the file ends inside its leader or
/// directory, read_iso2709 says so.
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
