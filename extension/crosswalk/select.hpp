// Inside of the library: which fields of a record a `for` looks at.
#pragma once

#include "syntax.hpp"

#include "marc/record.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace crosswalk::detail {

inline bool has_tag(const field_selector& s, std::string_view tag) noexcept {
    return s.from.text == s.to.text ? s.from.matches(tag) : tag >= s.from.view() && tag <= s.to.view();
}

/// What a $6 says: the tag and the number that the two fields of a pair have in common.
struct field_link {
    std::string_view tag;
    std::string_view number; ///< empty for a field that goes with no other: 00 or none

    static field_link of(const marc::field_view& field) noexcept;
};

/// A record's fields, by which tags there are at all: most rules look for tags that a record lacks.
class field_table {
  public:
    void read(const marc::record_view& record);
    std::size_t size() const noexcept { return numbers_.size(); }
    /// False when no field can match.
    bool may_have(const field_selection& s) const noexcept {
        return s.plain.meets(present_) || s.linked.meets(linked_) || (other_ && s.other);
    }
    bool matches(const field_selection& s, std::size_t field) const noexcept {
        const tag_number& n = numbers_[field];
        if (n.own >= 0 && s.plain.has(n.own)) {
            return true;
        }
        if (n.link >= 0 && s.linked.has(n.link)) {
            return true;
        }
        return s.other && (n.own < 0 || n.link == odd) && matches_text(s, field);
    }
    bool has_880() const noexcept { return present_.has(880); }
    /// True when the field is an 880 that goes with this one: its $6 has the tag and the number of the other's.
    bool goes_with(std::size_t field_880, std::size_t other) const noexcept {
        const tag_number& n = numbers_[field_880];
        const tag_number& o = numbers_[other];
        return n.own == 880 && n.link >= 0 && n.link == o.own && n.pair != 0 && n.pair == o.pair;
    }

  private:
    static constexpr int none = -1;
    static constexpr int odd = -2; ///< a $6 whose tag is not three digits
    struct tag_number {
        int own = none;    ///< none when it is not three digits
        int link = none;   ///< of an 880
        unsigned pair = 0; ///< the number in $6 as two bytes; read only where there is an 880
    };
    bool matches_text(const field_selection& s, std::size_t field) const noexcept;

    const marc::record_view* record_ = nullptr;
    std::vector<tag_number> numbers_;
    tag_numbers present_;
    tag_numbers linked_;
    bool other_ = false;
};

} // namespace crosswalk::detail
