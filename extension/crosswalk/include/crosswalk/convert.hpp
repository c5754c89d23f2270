// One record through compiled rules.
#pragma once

#include "crosswalk/document.hpp"
#include "crosswalk/rules.hpp"
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
    std::size_t field;     ///< its number in the record
    std::string_view code; ///< empty: all of the field
};

/// Runs rules over records, one after the other, in memory that it keeps.
class converter {
  public:
    /// @param rules must outlive the converter
    explicit converter(const rule_set& rules, std::pmr::memory_resource* memory = std::pmr::get_default_resource());
    ~converter();
    converter(const converter&) = delete;
    converter& operator=(const converter&) = delete;

    /// Appends the record's document.
    /// @param notes receives what the rules say of odd content; may be null
    /// @throws marc::parse_error corrupt
    void convert(const marc::record_view& record, std::pmr::string& out,
                 std::pmr::vector<conversion_note>* notes = nullptr);

    /// Fields and subfields of which nothing stands in the document.
    void find_unmapped(const marc::record_view& record, std::pmr::vector<unmapped_subfield>& into);

    /// The document as a tree, for who wants rows; lives until the next call.
    const node& build(const marc::record_view& record, std::pmr::vector<conversion_note>* notes = nullptr);

  private:
    struct state;
    state* state_;
    std::pmr::memory_resource* memory_;
};

} // namespace crosswalk
