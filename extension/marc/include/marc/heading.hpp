// The headings of a record, one by one: names, titles, subjects, genres, series, and what an authority record refers
// to. MARC 21 Format for Bibliographic Data (1XX, 240, 4XX, 6XX, 7XX, 8XX) and for Authority Data (1XX, 4XX, 5XX, 7XX);
// UNIMARC where unimarc_heading.hpp knows the field.
#pragma once

#include "marc/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace marc {

/// One heading. Views borrow from the record; texts are UTF-8.
struct heading {
    explicit heading(std::pmr::memory_resource* memory)
        : text(memory), key(memory), alternate(memory), control_numbers(memory), uris(memory) {}

    std::size_t field = 0;      ///< index in the record
    std::string_view tag;       ///< three bytes; of an 880 that stands alone, the tag that its $6 names
    std::string_view kind;      ///< personal name, corporate name, meeting, uniform title, topical, geographic, …
    std::string_view role;      ///< name, title, subject, genre, series, place; heading, see from, see also, equivalent
    std::string_view relation;  ///< of a reference in an authority record: earlier, later, broader, …; may be empty
    std::pmr::string text;      ///< as people read it, with -- in front of each subdivision
    std::pmr::string key;       ///< as heading_key() makes it; empty for what is not under authority control
    std::pmr::string alternate; ///< the same in another script, out of the 880 that goes with it; may be empty
    std::string_view
        scheme; ///< MARC code of the list that it is from (lcsh, mesh, fast, …); empty when it does not say
    std::pmr::vector<std::string_view> control_numbers; ///< $0 (UNIMARC $3) as it stands
    std::pmr::vector<std::string_view> uris;            ///< $0 that is a URI, and $1
    std::string_view local_id;                          ///< $9: in Koha the authority's number
};

/// Gives the headings of a record in the order of its fields. Borrows the record's bytes; memory is that of one heading
/// and, for a record with 880s, one number a field.
class heading_reader {
  public:
    /// @throws parse_error corrupt
    heading_reader(const record_view& record, std::pmr::memory_resource* memory);

    /// Puts the next one into `found`, whose texts keep their memory; false at the end.
    /// @throws parse_error corrupt
    bool next(heading& found);

  private:
    bool describe(const field_view& f, std::string_view tag, heading& found);
    bool describe_term(heading& found);
    void add_alternate(heading& found) const;

    record_view record_;
    std::pmr::vector<std::size_t> alternates_; ///< for each field its 880 + 1, or empty when there is none at all
    bool is_unimarc_ = false;
    bool is_authority_ = false;
    std::string_view list_of_authority_;
    std::size_t at_ = 0;
    std::size_t term_ = 0; ///< in a field of several terms (653), which one is next
};

/// Appends the key of a heading written out with -- between its parts: each part in NACO form, joined by --. The key of
/// a label in a vocabulary, which has no subfields.
void append_subject_key(std::string_view text, std::pmr::string& out);

/// What the headings of a bibliographic record say about their authority records, to be compared with
/// authority_numbers(): (organisation)number and URIs in one form, 9:number for a $9, 0:number for a number of another
/// organisation than the big ones (Evergreen's record id). Sorted, each once; none is longer than 200 bytes.
std::pmr::vector<std::pmr::string> authority_references(const record_view& record, std::pmr::memory_resource* memory);

/// The numbers that an authority record answers to: 001, with 003 (003)001, 010, 035, URIs of 024. In the same form.
std::pmr::vector<std::pmr::string> authority_numbers(const record_view& record, std::pmr::memory_resource* memory);

/// Appends the forms in which one $0, $1 or $3 is compared; nothing for an empty one or one of more than 200 bytes.
/// @param is_local a $9
void append_references(std::string_view value, bool is_local, std::pmr::vector<std::pmr::string>& out);

/// The reference as a number (FNV-1a, 64 bits), for an index: four times cheaper to keep than the text. It is for ever.
std::int64_t reference_key(std::string_view reference) noexcept;

} // namespace marc
