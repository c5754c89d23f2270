// Inside of the library: what stands where in the layouts of items.
#pragma once

#include "crosswalk/items.hpp"

#include <span>
#include <utility>

namespace crosswalk::detail {

/// A column and its subfield.
struct column_place {
    item_layout layout;
    std::string_view tag;
    char code;
    item_column column;
};
/// In the order in which subfields are written.
std::span<const column_place> column_places() noexcept;
const column_place* find_column(item_layout layout, std::string_view tag, std::string_view code) noexcept;
const column_place* find_place(item_layout layout, item_column column) noexcept;

/// Something that is no column and has a place in several layouts; empty where it has none.
struct rest_place {
    std::string_view meaning;
    std::array<std::string_view, item_layout_count> places;
};
/// The same thing's place in a layout: itself when the place is the layout's own; empty when it has none.
std::string_view place_in(item_layout layout, std::string_view place) noexcept;

/// A code of Koha that is part of the column status: "lost 1".
struct status_code {
    std::string_view word;
    std::array<std::string_view, 2> places; ///< in 952 and in 995
};
std::span<const status_code> status_codes() noexcept;

/// The values of the first indicator of 852, and what the column call_number_scheme says for them.
struct scheme_code {
    char indicator;
    std::string_view name;
};
std::span<const scheme_code> scheme_codes() noexcept;

/// Tag of the fields that a layout has for items; of marc21 the one for locations.
std::string_view item_tag(item_layout layout) noexcept;
/// True for 952$l and the like: what circulation does with an item, which is no part of its description.
bool is_circulation(std::string_view place) noexcept;
/// The parts of a call number in 852.
inline constexpr std::string_view call_number_parts = "khijlm"; // in the order in which they are read
/// The part that holds a call number as a whole.
char whole_call_number(item_layout layout, std::string_view scheme) noexcept;
inline bool is_koha(item_layout layout) noexcept {
    return layout == item_layout::koha || layout == item_layout::koha_unimarc;
}
/// True when the field is an item, and not another library's field with the same tag.
bool is_item(item_layout layout, const marc::field_view& field) noexcept;

inline constexpr std::string_view item_information[] = {"876", "877", "878"};
inline bool is_item_information(std::string_view tag) noexcept {
    return tag >= item_information[0] && tag <= item_information[2];
}
/// A field with subfields that are all there is in it. What else stands in a damaged field would be lost, so it is left
/// as it is; and so is an 852 that no ISO 2709 holds, since each item has what its 852 says.
inline bool is_sound(const marc::field_view& field) noexcept {
    const bool is_small = field.tag() != "852" || field.content().size() < marc::limits::iso2709_field_bytes;
    return is_small && !field.is_control() && field.has_indicators() && field.leading().empty() &&
           !field.subfields().empty();
}

/// First indicator of 852 for a call number scheme; 7 where it has no code of its own.
char scheme_indicator(item_layout layout, std::string_view scheme) noexcept;

/// Which 852 a field belongs to: the one that has its link number or its materials ($3); else the one before it, where
/// a record has locations and what belongs to them in turn.
class item_locations {
  public:
    /// @param record must outlive this
    item_locations(const marc::record_view& record, std::pmr::memory_resource* memory);

    /// Field numbers of all 852.
    const std::pmr::vector<std::size_t>& all() const noexcept { return all_; }
    /// Field number of the 852, or holdings_statement::nowhere when nothing says which.
    std::size_t of(const marc::field_view& field, std::size_t number) const;

  private:
    using keys = std::pmr::vector<std::pair<std::string_view, std::size_t>>;
    std::pmr::vector<std::size_t> all_;
    keys by_link_;
    keys by_materials_;
    bool interleaved_ = false;
};

} // namespace crosswalk::detail
