// Inside of the library: which fields of a record a `for` looks at.
#pragma once

#include "syntax.hpp"

#include "marc/record.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
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
    explicit field_table(std::pmr::memory_resource* memory) : numbers_(memory), pairs_(memory) {}
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
    /// Calls take(index) with each 880 that goes with the field, or, where it is an 880, with each field that it goes
    /// with: the $6 of the 880 has the tag and the number of the other's. take returns false to stop.
    template <class Take>
    void each_partner(std::size_t field, Take take) const;

  private:
    static constexpr int none = -1;
    static constexpr int odd = -2; ///< a $6 whose tag is not three digits
    struct tag_number {
        int own = none;    ///< none when it is not three digits
        int link = none;   ///< of an 880
        unsigned pair = 0; ///< the number in $6 as two bytes; read only where there is an 880
    };
    /// A field with $6, under the tag of the pair and its number.
    struct linked_field {
        std::uint32_t key;
        std::uint32_t field;
        bool is_880;
    };
    /// A number is for one pair, seldom for one field in several scripts; a record that has it thousands of times must
    /// not have every field with every other.
    static constexpr std::size_t most_partners = 32;

    bool matches_text(const field_selection& s, std::size_t field) const noexcept;
    static std::uint32_t key_of(const tag_number& n) noexcept {
        return static_cast<std::uint32_t>(n.own == 880 ? n.link : n.own) << 16U | n.pair;
    }

    const marc::record_view* record_ = nullptr;
    std::pmr::vector<tag_number> numbers_;
    std::pmr::vector<linked_field> pairs_; ///< sorted by key, then field; only where there is an 880
    tag_numbers present_;
    tag_numbers linked_;
    bool other_ = false;
};

template <class Take>
void field_table::each_partner(std::size_t field, Take take) const {
    const tag_number& n = numbers_[field];
    if (pairs_.empty() || n.pair == 0 || n.own < 0 || (n.own == 880 && n.link < 0)) {
        return;
    }
    const std::uint32_t key = key_of(n);
    std::size_t left = most_partners;
    for (auto at = std::lower_bound(pairs_.begin(), pairs_.end(), key,
                                    [](const linked_field&f, std::uint32_t wanted) { return f.key < wanted; });
         at != pairs_.end() && at->key == key && left > 0; ++at) {
        if (at->is_880 != (n.own == 880)) {
            --left;
            if (!take(static_cast<std::size_t>(at->field))) {
                return;
            }
        }
    }
}

} // namespace crosswalk::detail
