// A file of any form into its records, in steps: memory is bounded by the largest record, whatever the file's length.
#pragma once

#include "marc/builder.hpp"
#include "marc/detect.hpp"
#include "marc/error.hpp"
#include "marc/report.hpp"

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

namespace marc {

/// Where the bytes of a file come from.
class byte_source {
  public:
    virtual ~byte_source() = default;
    /// Reads up to `bytes` into the buffer; returns how many, 0 at the end of the file. May throw.
    virtual std::size_t read(char* into, std::size_t bytes) = 0;
};

/// One piece of a file; borrows until the next call of next().
struct file_piece {
    std::size_t offset = 0; ///< from the start of the file, in bytes
    std::string_view bytes; ///< the record as it stands in the file, or what is none
};

/// Walks over a file. A piece is what should be one record; read() reads it or says why it cannot. After a piece that
/// is broken it goes on with the next one:
///
/// - ISO 2709: see iso2709_splitter.
/// - MARCXML: every record in the MARCXML namespace (any prefix), in MarcXchange's or in none, wherever it stands: in a
///   collection, in answers of OAI-PMH and SRU, in several documents behind each other. A record ends at its end tag,
///   or broken where its parent ends or the next record starts.
/// - JSON: objects behind each other, one a line or not, or in an array. An object ends where its braces are balanced,
///   or broken where a line starts as this object did, or starts with a brace or bracket where JSON allows none.
/// - Mnemonic text: a record starts with =LDR; without any, an empty line ends it. Line mode: an empty line ends a
///   record, or a leader. Aleph sequential: lines with one number are a record, or from one LDR to the next.
///
/// Memory is returned to the resource by the destructor only.
class file_splitter {
  public:
    /// A whole file in memory, which must outlive this. @param f not form::unknown or a form that is none of MARC
    file_splitter(std::span<const std::byte> file, form f, std::pmr::memory_resource* memory);
    /// A file that is read in steps.
    /// @param f          form::unknown to recognise it by the first bytes
    /// @param step_bytes how much is read at once, at least
    file_splitter(byte_source& source, form f, std::pmr::memory_resource* memory, std::size_t step_bytes = 256U << 10U);
    file_splitter(const file_splitter&) = delete;
    file_splitter& operator=(const file_splitter&) = delete;
    ~file_splitter();

    /// The next piece, or false at the end. Linear over the whole file.
    /// @throws parse_error not_marc, when the form was to be recognised and is none; what the source throws
    bool next(file_piece& piece);

    /// Reads the piece that next() found.
    /// @throws parse_error of the reader, with offsets in the piece
    void read(builder& into, report* notes = nullptr);

    form file_form() const noexcept;

  private:
    struct state;
    struct free_state {
        std::pmr::memory_resource* memory;
        void operator()(state* s) const noexcept;
    };
    std::unique_ptr<state, free_state> state_;
};

} // namespace marc
