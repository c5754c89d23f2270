#include "marc/error.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace marc {
namespace {

/// Appends to a fixed buffer and stops silently at its end; always leaves room for the final NUL.
class message_writer {
  public:
    message_writer(char* start, std::size_t size) : next_(start), end_(start + size - 1) {}

    void text(std::string_view s) noexcept {
        const std::size_t n = std::min(s.size(), static_cast<std::size_t>(end_ - next_));
        std::memcpy(next_, s.data(), n);
        next_ += n;
    }
    void printable(std::string_view s) noexcept {
        for (const char c : s) {
            const char shown = c >= 0x20 && c < 0x7F ? c : '?';
            text({&shown, 1});
        }
    }
    void number(std::size_t n) noexcept {
        const auto result = std::to_chars(next_, end_, n);
        if (result.ec == std::errc{}) {
            next_ = result.ptr;
        }
    }

    std::size_t written(const char* start) const noexcept { return static_cast<std::size_t>(next_ - start); }

  private:
    char* next_;
    char* end_;
};

constexpr std::size_t shown_piece_bytes = 80;
constexpr std::size_t shown_document_bytes = 180; // the place in the rules and all that may stand there

/// A JSON document besides records: the piece is then a sentence that names the place in it.
bool is_about_document(errc code) noexcept {
    return code == errc::bad_rules || code == errc::bad_schema || code == errc::bad_options ||
           code == errc::bad_document;
}

/// Offsets of these count in what the caller wrote in the query, not in a record.
bool is_about_argument(errc code) noexcept {
    return code == errc::bad_path || code == errc::misplaced_subspec || code == errc::unsupported_path ||
           code == errc::bad_query || is_about_document(code);
}

} // namespace

const char* text_of(errc code) noexcept {
    switch (code) {
    case errc::not_marc:
        return "this is not a MARC record";
    case errc::truncated:
        return "the record ends too early";
    case errc::many_records:
        return "there is more than one record";
    case errc::too_large:
        return "the record is larger than this library accepts";
    case errc::bad_utf8:
        return "bytes that are not UTF-8";
    case errc::unsupported_charset:
        return "MARC-8 or another character set that is not UTF-8";
    case errc::bad_leader:
        return "the leader cannot be read";
    case errc::bad_tag:
        return "a tag is not three characters";
    case errc::bad_indicator:
        return "an indicator is not one ASCII character";
    case errc::bad_subfield_code:
        return "a subfield code is more than one character";
    case errc::bad_xml:
        return "the XML is not well-formed";
    case errc::xml_doctype:
        return "the XML has a document type declaration";
    case errc::bad_mnemonic:
        return "the mnemonic text cannot be read";
    case errc::false_provenance:
        return "the record is not what was read from ISO 2709";
    case errc::bad_line:
        return "the line-mode text cannot be read";
    case errc::bad_json:
        return "the JSON cannot be read as a record";
    case errc::bad_path:
    case errc::misplaced_subspec:
        return "the field path cannot be read";
    case errc::unsupported_path:
        return "the field path is larger than this library evaluates";
    case errc::bad_query:
        return "the search query cannot be read";
    case errc::bad_rules:
        return "the merge rules cannot be read";
    case errc::bad_schema:
        return "the schema cannot be read as an Avram schema";
    case errc::bad_options:
        return "the validation options cannot be read";
    case errc::record_too_long:
        return "the record is longer than the 99,999 bytes of ISO 2709";
    case errc::field_too_long:
        return "a field is longer than the 9,999 bytes of ISO 2709";
    case errc::unencodable:
        return "a character that the character set does not have";
    case errc::inexpressible:
        return "this form of MARC cannot hold the content";
    case errc::bad_document:
        return "the document cannot be read";
    case errc::corrupt:
        return "the binary form of the record is damaged";
    }
    return "unknown error";
}

parse_error::parse_error(errc code, std::size_t offset, std::string_view tag, std::string_view piece) noexcept
    : code_(code), offset_(offset) {
    tag_length_ = static_cast<std::uint8_t>(std::min(tag.size(), tag_.size()));
    for (std::size_t i = 0; i < tag_length_; ++i) {
        tag_[i] = tag[i] > 0x20 && tag[i] < 0x7F ? tag[i] : '?';
    }
    message_writer out(message_.data(), message_.size());
    out.text(text_of(code));
    const bool in_document = is_about_document(code);
    if (!piece.empty()) {
        out.text(in_document ? ": " : ": \"");
        out.printable(piece.substr(0, in_document ? shown_document_bytes : shown_piece_bytes));
        out.text(in_document ? "" : "\"");
    }
    place_at_ = static_cast<std::uint8_t>(out.written(message_.data()));
    if (!in_document || offset > 0) { // else the piece says where
        *this = at(offset);
    }
}

parse_error parse_error::at(std::size_t offset) const noexcept {
    parse_error moved = *this;
    moved.offset_ = offset;
    std::fill(moved.message_.begin() + place_at_, moved.message_.end(), '\0');
    message_writer out(moved.message_.data() + place_at_, message_.size() - place_at_);
    out.text(" (");
    if (tag_length_ > 0) {
        out.text("field ");
        out.text({tag_.data(), tag_length_});
        out.text(", ");
    }
    out.text(is_about_argument(code_) ? "position " : "byte ");
    out.number(offset);
    out.text(")");
    return moved;
}

const char* parse_error::hint() const noexcept {
    switch (code_) {
    case errc::many_records:
        return "Cut the input into records first: marc_split for ISO 2709, marc_split_xml, marc_split_json, "
               "marc_split_mrk "
               "for the text forms.";
    case errc::bad_utf8:
        return "Leader/09 or the form of the input promises UTF-8. Convert the record to UTF-8, or mend the bytes.";
    case errc::unsupported_charset:
        return "Convert the record to UTF-8 first, for example with yaz-marcdump -f marc8 -t utf8 -l 9=97.";
    case errc::xml_doctype:
        return "Remove the <!DOCTYPE ...> declaration; MARCXML needs none.";
    case errc::record_too_long:
    case errc::field_too_long:
        return "Write this record as MARCXML or JSON, which have no such limit.";
    case errc::unencodable:
        return "Write UTF-8, or a character reference in place of the character ('ncr').";
    case errc::inexpressible:
        return "Mend the field, or write with replacement, for instance marc_to_xml(record, 'replace'): bytes before "
               "the first subfield become one with a blank code, what XML forbids becomes U+FFFD.";
    case errc::misplaced_subspec:
        return "A subspec stands behind what it restricts: 650$a{$x}.";
    case errc::bad_path:
        return "A field path is MARCspec: 245$a, 245$a$c, 6..$a, 008/35-37, LDR/6, 245^1, 650[0]$a, 650$a{$2=\\fast}. "
               "In a comparison string \\s is a blank, and $ { } ! = ~ ? | have a \\ before them.";
    case errc::bad_rules:
        return "For instance {\"protect\": [\"59X\", {\"tag\": \"650\", \"subfields\": {\"5\": true}}], \"tags\": "
               "{\"6XX\": \"append\"}}.";
    case errc::bad_options:
        return "Options are an object of rules: {\"undefinedField\": false, \"localField\": true, \"invalidISBN\": "
               "\"warning\"}.";
    case errc::bad_schema:
        return "marc_schema_check(schema) lists what is wrong with a schema.";
    case errc::bad_query:
        return "Terms are dogs, 245$a:dogs, 245$a:\"hot dogs\", 245$a:dog*, 650$2=fast, 856$u, 245^1=0, 008/35-37=eng, "
               "650{$a:dogs & $2=fast}; they are joined by & | ! (AND, OR, NOT) and ( ), and other texts stand in "
               "quotation marks. Paths such as 245[0]$a are for @?.";
    case errc::bad_json:
        return "A record is MARC-in-JSON: {\"leader\": \"...\", \"fields\": [{\"001\": \"...\"}, {\"245\": {\"ind1\": "
               "\"1\", "
               "\"ind2\": \"0\", \"subfields\": [{\"a\": \"...\"}]}}]}.";
    case errc::bad_line:
        return "Line mode is the leader, then one line a field: 245 10 $a Title $b rest. Aleph sequential is one line "
               "a "
               "field: 000000001 24510 L $$aTitle$$brest.";
    case errc::false_provenance:
        return "The last line says how the record came; take it away from a text that was changed.";
    case errc::bad_mnemonic:
        return "One line a field: =245  10$aTitle; a blank indicator is \\, and $ { } in values are {dollar} {lcub} "
               "{rcub}.";
    default:
        return "";
    }
}

} // namespace marc
