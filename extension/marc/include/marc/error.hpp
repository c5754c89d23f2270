// The one exception of this library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

namespace marc {

/// What went wrong. The numbers may change; they are not stored.
enum class errc : std::uint8_t {
    not_marc,            ///< the input is no MARC record in the form that was asked for
    truncated,           ///< the input ends inside the leader or the directory
    many_records,        ///< the input holds more than one record
    too_large,           ///< the input passes one of marc::limits
    bad_utf8,            ///< bytes that are not UTF-8 where UTF-8 is promised
    unsupported_charset, ///< MARC-8 or another character set that is not UTF-8
    bad_leader,          ///< a leader that cannot be stored
    bad_tag,             ///< a tag that is not three bytes
    bad_indicator,       ///< an indicator that is not one ASCII character
    bad_subfield_code,   ///< a subfield code that is more than one character
    bad_xml,             ///< not well-formed XML
    xml_doctype,         ///< a document type declaration, which is refused
    bad_mnemonic,        ///< mnemonic text that does not follow its grammar
    false_provenance,    ///< mnemonic text whose last line says of the record what is not so
    bad_line,            ///< line-mode text that does not follow its grammar
    bad_json,            ///< not JSON, or JSON that is no MARC record
    bad_path,            ///< a field path that does not follow MARCspec
    misplaced_subspec,   ///< a field path whose subspec stands before the subfield that it restricts
    unsupported_path,    ///< a field path over one of the limits
    bad_query,           ///< a search query that does not follow its grammar
    bad_rules,           ///< merge rules that cannot be understood
    bad_schema,          ///< a schema that is not Avram
    bad_options,         ///< validation options that cannot be understood
    record_too_long,     ///< the record does not fit ISO 2709 (99,999 bytes)
    field_too_long,      ///< a field does not fit ISO 2709 (9,999 bytes)
    unencodable,         ///< a character that the character set asked for does not have
    inexpressible,       ///< MARCXML has no way to write this content
    bad_document,        ///< a document of another form that cannot be read, or is not what crosswalk rules read
    corrupt,             ///< stored or received binary data that is not a record
};

/// Thrown by every function of this library that can fail, besides std::bad_alloc. Holds no memory, copies without
/// throwing.
class parse_error : public std::exception {
  public:
    /// @param offset byte position in the input (in the field path, for paths), counted from 0
    /// @param tag    the field concerned, or empty
    /// @param piece  a few bytes of the input to show, or empty; unprintable bytes are shown as '?'
    parse_error(errc code, std::size_t offset, std::string_view tag = {}, std::string_view piece = {}) noexcept;

    /// The same error at another offset, for who knows where the input lies in a larger one.
    parse_error at(std::size_t offset) const noexcept;

    errc code() const noexcept { return code_; }
    std::size_t offset() const noexcept { return offset_; }
    /// The tag of the field concerned, printable ASCII, or empty.
    std::string_view tag() const noexcept { return {tag_.data(), tag_length_}; }
    /// One sentence with tag and offset, no full stop, ASCII only.
    const char* what() const noexcept override { return message_.data(); }
    /// What the person who sees the error can do, a sentence with full stop, ASCII only; empty when nothing helps.
    const char* hint() const noexcept;

  private:
    errc code_;
    std::uint8_t tag_length_ = 0;
    std::uint8_t place_at_ = 0; ///< where the message says field and offset
    std::array<char, 3> tag_{};
    std::size_t offset_;
    std::array<char, 240> message_{};
};

/// The fixed text of an error, without tag and offset; no full stop.
const char* text_of(errc code) noexcept;

} // namespace marc
