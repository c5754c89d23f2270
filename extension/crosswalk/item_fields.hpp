// Inside of the library: the fields that an item becomes in a layout.
#pragma once

#include "holdings_fields.hpp"
#include "item_layouts.hpp"

#include <algorithm>

namespace crosswalk::detail {

struct item_value {
    std::pmr::string code;
    std::pmr::string value;
    std::size_t rank; ///< of the code in its field
    std::size_t number;
};

struct item_field {
    explicit item_field(std::pmr::memory_resource* memory) : subfields(memory) {}
    std::string_view tag;
    std::array<char, 2> indicators{' ', ' '};
    std::pmr::vector<item_value> subfields;
};

struct item_fields {
    explicit item_fields(std::pmr::memory_resource* memory) : location(memory), information(memory), unheld(memory) {}
    void clear();

    item_field location;    ///< 952, 995 or 852
    item_field information; ///< 876-878, in layout marc21
    std::pmr::vector<item_rest> unheld;
};

/// The holdings of the record that items go to.
struct linked_holdings {
    linked_holdings(const marc::record_view& of, std::pmr::memory_resource* memory) : record(of), fields(of, memory) {}
    marc::record_view record;
    holdings_fields fields;
};

/// @param holdings of the record that the item goes to, or null: what its fields say by a link is not said again
void place_item(const item& one, item_layout layout, item_fields& into, const linked_holdings* holdings = nullptr);
void write_field(const item_field& field, marc::builder& into);

/// Items by what their 852 says, in the order in which each location comes first.
class location_groups {
  public:
    /// The numbers of the items in a group.
    using group = std::pmr::vector<std::size_t>;

    location_groups(std::span<const item> items, item_layout layout, const linked_holdings* holdings,
                    std::pmr::memory_resource* memory);

    const std::pmr::vector<group>& all() const noexcept { return groups_; }
    bool has_location(const group& of) const { return !fields_[of.front()].location.subfields.empty(); }
    /// True when an item of the group has a field 876-878.
    bool has_information(const group& of) const {
        return std::any_of(of.begin(), of.end(),
                           [&](std::size_t n) { return !fields_[n].information.subfields.empty(); });
    }
    /// Adds the 852 of a group and the fields 876-878 of its items.
    void write(const group& of, marc::builder& into) const {
        if (has_location(of)) {
            write_field(fields_[of.front()].location, into);
        }
        for (const std::size_t n : of) {
            if (!fields_[n].information.subfields.empty()) {
                write_field(fields_[n].information, into);
            }
        }
    }

  private:
    std::pmr::vector<item_fields> fields_;
    std::pmr::vector<group> groups_;
};

} // namespace crosswalk::detail
