// Link numbers in a merged record: MARC 21 Appendix A, $6. A field and its 880 share a tag and an occurrence number,
// and in one record no two pairs may have the same number.
//
// Merging again with the same incoming record must give the same numbers. What is taken now and stays then (append,
// fill, incoming_local) is numbered first, as what it will be: base's own. So what is taken anew at each merge (update,
// replace) meets the same numbers each time. Numbers of incoming are not given away, whether its fields are taken or
// not.
#include "linkage.hpp"
#include "marc/poll.hpp"
#include "merge_items.hpp"

#include <algorithm>
#include <charconv>
#include <array>
#include <map>
#include <span>
#include <tuple>

namespace marc::merging {
namespace {

using tag_text = std::array<char, 3>;

constexpr std::uint32_t most_occurrences = 10'000; // four digits
constexpr unsigned field_side = 1;
constexpr unsigned alternate_side = 2;

enum class phase : std::uint8_t { base, stays, taken_anew };

/// A field in the result that has a $6, named by the tag of the field that is no 880.
struct link {
    phase when;
    std::uint32_t occurrence;
    tag_text tag;
    unsigned side;
    std::uint32_t item;
};

auto pair_of(const link& l) {
    return std::tie(l.when, l.occurrence, l.tag);
}

/// Finds the subfield that links a field; false when there is none.
bool find_link(const field_text& field, linkage& found, std::string_view& value) {
    for (const subfield_view& s : field.subfields()) {
        if (s.code == "6" && read_linkage(s.value, found)) {
            value = s.value;
            return field.tag == alternate_tag || found.tag == alternate_tag;
        }
    }
    return false;
}

class link_numbers {
  public:
    link_numbers(std::pmr::vector<item>& items, std::uint32_t first_incoming, const merge_rules& rules,
                 std::pmr::memory_resource* memory)
        : items_(items), rules_(rules), memory_(memory), links_(memory), kept_(memory),
          kept_numbers_(most_occurrences, false, memory), not_free_(most_occurrences, false, memory) {
        collect(first_incoming);
        if (links_.empty() || links_.back().when == phase::base) {
            return;
        }
        for (const phase now : {phase::base, phase::stays, phase::taken_anew}) {
            settle(now);
        }
    }

  private:
    using link_list = std::pmr::vector<link>;

    void collect(std::uint32_t first_incoming) {
        poller polling;
        for (std::uint32_t i = 0; i < items_.size(); ++i) {
            const field_text text(items_[i].view);
            const merge_decision& d = items_[i].decision;
            polling.step(1 + text.content.size());
            linkage found;
            std::string_view value;
            if (!find_link(text, found, value) || found.occurrence == 0) {
                continue;
            }
            const bool incoming = i >= first_incoming;
            if (incoming) {
                not_free_[found.occurrence] = true;
            }
            if (!d.in_result) {
                continue;
            }
            const bool anew = d.why != merge_decision::cause::local &&
                              (d.action == merge_action::update || d.action == merge_action::replace);
            const bool alternate = text.tag == alternate_tag;
            const std::string_view tag = alternate ? found.tag : text.tag;
            links_.push_back({!incoming ? phase::base
                              : anew    ? phase::taken_anew
                                        : phase::stays,
                              found.occurrence,
                              {tag[0], tag[1], tag[2]},
                              alternate ? alternate_side : field_side,
                              i});
        }
        std::sort(links_.begin(), links_.end(), [](const link& x, const link& y) {
            return std::tie(x.when, x.occurrence, x.tag, x.item) < std::tie(y.when, y.occurrence, y.tag, y.item);
        });
    }

    void settle(phase now) {
        const auto first = std::lower_bound(links_.begin(), links_.end(), now,
                                            [](const link& l, phase wanted) { return l.when < wanted; });
        const auto last = std::find_if(first, links_.end(), [now](const link& l) { return l.when != now; });
        for (auto group = first; group != last;) {
            const auto end = std::find_if(group, last, [&](const link& l) { return pair_of(l) != pair_of(*group); });
            const std::span<link> pair(&*group, static_cast<std::size_t>(end - group));
            if (now != phase::base && collides(pair)) {
                renumber(pair);
            }
            group = end;
        }
        // Only now: pairs of one phase do not get in each other's way, or the order of base would count.
        for (auto l = first; l != last; ++l) {
            kept_[{l->tag, l->occurrence}] |= l->side;
            kept_numbers_[l->occurrence] = true;
            not_free_[l->occurrence] = true;
        }
    }

    bool collides(std::span<const link> pair) const {
        const link& any = pair.front();
        if (!kept_numbers_[any.occurrence]) {
            return false;
        }
        unsigned sides = 0;
        for (const link& l : pair) {
            sides |= l.side;
        }
        const auto same = kept_.find({any.tag, any.occurrence});
        return same == kept_.end() || (same->second & sides) != 0; // or they are the two halves of one pair
    }

    /// True when the other half of the pair is taken in the other phase.
    bool is_divided(const link& l) const {
        link other = l;
        other.when = phase::taken_anew;
        const auto found = std::lower_bound(links_.begin(), links_.end(), other, [](const link& x, const link& y) {
            return std::tie(x.when, x.occurrence, x.tag) < std::tie(y.when, y.occurrence, y.tag);
        });
        return l.when == phase::stays && found != links_.end() && pair_of(*found) == pair_of(other);
    }

    /// Gives the pair another number, unless its fields would then not be recognised when merging again.
    void renumber(std::span<link> pair) {
        while (free_ < most_occurrences && not_free_[free_]) {
            ++free_;
        }
        if (free_ == most_occurrences || is_divided(pair.front())) {
            return;
        }
        std::pmr::vector<std::pmr::string> contents(memory_);
        for (const link& l : pair) {
            if (!rewrite(items_[l.item], contents.emplace_back())) {
                return;
            }
        }
        for (std::size_t i = 0; i < pair.size(); ++i) {
            items_[pair[i].item].changed = contents[i];
            items_[pair[i].item].rewritten = true;
            pair[i].occurrence = free_;
        }
        not_free_[free_] = true;
    }

    /// The content of a field with the free number in its $6; false when that makes it another one for the rules.
    bool rewrite(const item& it, std::pmr::string& content) const {
        if (it.decision.why == merge_decision::cause::local) { // is known again byte for byte
            return false;
        }
        const field_text before(it.view);
        field_text now = before;
        now.content = it.content();
        linkage found;
        std::string_view value;
        find_link(now, found, value);
        char digits[8];
        const char* const end = std::to_chars(digits, digits + sizeof digits, free_).ptr;
        content = it.content();
        const std::size_t at = static_cast<std::size_t>(value.data() - now.content.data()) + 4;
        content.replace(at, found.digits, digits, static_cast<std::size_t>(end - digits));
        if (free_ < 10) {
            content.insert(at, 1, '0');
        }
        now.content = content;
        if (!same_key(it, content, {}) || !same_key(it, content, rules_.carried_in(before.tag)) ||
            rules_.protector_of(now) != nullptr) {
            return false;
        }
        now.tag = it.ruling;
        return now.tag == before.tag || rules_.protector_of(now) == nullptr;
    }

    bool same_key(const item& it, std::string_view content, std::string_view more_ignored) const {
        std::pmr::string old_key(memory_);
        std::pmr::string new_key(memory_);
        field_text text(it.view);
        text.content = it.content();
        rules_.append_key(text, more_ignored, old_key);
        text.content = content;
        rules_.append_key(text, more_ignored, new_key);
        return old_key == new_key;
    }

    std::pmr::vector<item>& items_;
    const merge_rules& rules_;
    std::pmr::memory_resource* memory_;
    link_list links_;
    std::pmr::map<std::pair<tag_text, std::uint32_t>, unsigned> kept_; ///< which sides of a pair are base's own
    std::pmr::vector<bool> kept_numbers_;
    std::pmr::vector<bool> not_free_;
    std::uint32_t free_ = 1;
};

} // namespace

void renumber_links(std::pmr::vector<item>& items, std::uint32_t first_incoming, const merge_rules& rules,
                    std::pmr::memory_resource* memory) {
    link_numbers(items, first_incoming, rules, memory);
}

} // namespace marc::merging
