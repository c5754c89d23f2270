// One record through compiled rules.
#pragma once

#include "crosswalk/document.hpp"
#include "crosswalk/rules.hpp"
#include "marc/builder.hpp"
#include "marc/record.hpp"

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace crosswalk {

/// What a rule has said of a record.
struct conversion_note {
    std::string_view rule; ///< lives as long as the rules
    std::pmr::string text;
};

/// A subfield that went nowhere.
struct unmapped_subfield {
    std::size_t field;      ///< its number in the record
    std::string_view code;  ///< empty: all of the field
    std::string_view value; ///< of the record
};

/// A text or an attribute's value of a document that went nowhere.
struct unmapped_text {
    std::string_view path; ///< /mods/titleInfo[2]/title, /mods/note/@type; both live until the converter's next call
    std::string_view text;
};

/// Runs rules over records, one after the other, in memory that it keeps.
class converter {
  public:
    /// @param rules must outlive the converter
    explicit converter(const rule_set& rules, std::pmr::memory_resource* memory = std::pmr::get_default_resource());
    ~converter();
    converter(const converter&) = delete;
    converter& operator=(const converter&) = delete;

    /// Appends the record's document. What rules with the output marc make is written as MARCXML.
    /// @param notes receives what the rules say of odd content; may be null
    /// @throws marc::parse_error corrupt; bad_document when the rules do not read MARC
    void convert(const marc::record_view& record, std::pmr::string& out,
                 std::pmr::vector<conversion_note>* notes = nullptr);

    /// Fields and subfields of which nothing stands in the document.
    void find_unmapped(const marc::record_view& record, std::pmr::vector<unmapped_subfield>& into);

    /// The document as a tree, for who wants rows; lives until the next call.
    const node& build(const marc::record_view& record, std::pmr::vector<conversion_note>* notes = nullptr);

    /// The same of a document of XML or JSON, as the rules read it.
    /// @param document UTF-8; the encoding that XML declares is ignored
    /// @throws marc::parse_error bad_xml and bad_document with the line; bad_document also when there is no record in
    ///         it or the rules read something else; many_records, xml_doctype, bad_utf8, too_large
    void convert_document(std::string_view document, std::pmr::string& out,
                          std::pmr::vector<conversion_note>* notes = nullptr);

    /// Makes a MARC record of a record, by rules with the output marc: clears the builder and leaves it ready for
    /// finish(). Notes say what does not fit MARC, too.
    /// @throws marc::parse_error like convert(); bad_document when the rules make no MARC; too_large
    void to_marc(const marc::record_view& record, marc::builder& into,
                 std::pmr::vector<conversion_note>* notes = nullptr);
    /// The same of a document.
    void document_to_marc(std::string_view document, marc::builder& into,
                          std::pmr::vector<conversion_note>* notes = nullptr);

    /// Texts and attribute values of which nothing stands in what is made.
    void find_unmapped_texts(std::string_view document, std::pmr::vector<unmapped_text>& into);

    /// Like build(), of a document.
    const node& build_document(std::string_view document, std::pmr::vector<conversion_note>* notes = nullptr);

  private:
    struct state;
    state* state_;
    std::pmr::memory_resource* memory_;
};

} // namespace crosswalk
