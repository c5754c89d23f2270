// Inside of the library: the fields 852-868 of a record by location, kind and link number.
//
// $8 is LINK.SEQUENCE: a caption (853-855) and the enumeration that it names (863-865) have the same link number, and
// the sequence number orders the latter (MARC 21 Holdings, Appendix A). Where a record holds several locations, each
// 852 begins a section with captions and links of its own, unless the record is sorted by tag, so that nothing says
// which belongs where.
#pragma once

#include "crosswalk/holdings.hpp"

#include <array>

namespace crosswalk::detail {

/// The two numbers of $8, digits without leading zeros; a link that is no number stays as it is.
struct link_number {
    std::string_view link;
    std::string_view sequence;
};
link_number read_link(std::string_view subfield) noexcept;

/// Numbers by their value, before texts; nothing at the end.
int compare_numbers(std::string_view a, std::string_view b) noexcept;

/// The value of the first subfield with this code; one without data() when there is none.
std::string_view first_subfield(const marc::field_view& field, char code) noexcept;

/// A field 853-855, 863-865 or 866-868.
struct holdings_field {
    std::size_t section;
    holdings_kind kind;
    link_number link;
    std::size_t field;
};

/// Orders by section, kind and link.
int compare_links(const holdings_field& a, const holdings_field& b) noexcept;

class holdings_fields {
  public:
    /// @param record must outlive this
    holdings_fields(const marc::record_view& record, std::pmr::memory_resource* memory);

    /// By section, kind, link, sequence, place in the record.
    const std::pmr::vector<holdings_field>& captions() const noexcept { return captions_; }
    const std::pmr::vector<holdings_field>& enumerations() const noexcept { return enumerations_; }
    const std::pmr::vector<holdings_field>& texts() const noexcept { return texts_; }

    /// Field number of the 852 of a section, or nowhere.
    std::size_t location(std::size_t section) const noexcept { return locations_[section]; }
    /// The section that a field of the record lies in.
    std::size_t section_of(std::size_t field) const noexcept;

    struct found_caption {
        std::size_t field = holdings_statement::nowhere;
        bool several = false; ///< others have the same link
        bool only = false;    ///< there is no link: it is the one caption of its kind
    };
    /// The caption of an enumeration: of its section, else of another one.
    found_caption caption_of(const holdings_field& enumeration) const;

    /// The place in enumerations() of the first with this link and sequence in a section; nowhere when there is none.
    std::size_t enumeration_of(std::size_t section, holdings_kind kind, const link_number& link) const;

  private:
    std::pmr::vector<std::size_t> locations_;
    std::pmr::vector<std::size_t> starts_; ///< of the sections
    std::pmr::vector<holdings_field> captions_;
    std::pmr::vector<holdings_field> anywhere_; ///< captions without their sections
    std::pmr::vector<holdings_field> enumerations_;
    std::pmr::vector<holdings_field> texts_;
};

/// What one field 863-865 says.
struct enumeration_text {
    explicit enumeration_text(std::pmr::memory_resource* memory)
        : enumeration(memory), chronology(memory), text(memory), problem(memory) {}
    std::pmr::string enumeration;
    std::pmr::string chronology;
    std::pmr::string text;    ///< both
    std::pmr::string problem; ///< the first thing that is odd
};

/// @param caption a field 853-855, or null
void write_enumeration(const marc::field_view& field, const marc::field_view* caption, enumeration_text& into);

/// What the enumeration with this link says; false when there is none.
bool write_linked_enumeration(const marc::record_view& record, const holdings_fields& fields, std::size_t section,
                              holdings_kind kind, const link_number& link, enumeration_text& into);

} // namespace crosswalk::detail
