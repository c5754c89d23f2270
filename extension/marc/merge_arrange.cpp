// The order of a merged record. Merging again with the same incoming record must give the same order, though what was
// taken from incoming before is then base's own: each rule here is made for that.
#include "diff_align.hpp"
#include "edit_order.hpp"
#include "marc/poll.hpp"
#include "merge_items.hpp"

#include <algorithm>

namespace marc::merging {
namespace {

constexpr std::uint32_t none = merge_decision::none;
using cause = merge_decision::cause;

class arrangement {
  public:
    arrangement(const std::pmr::vector<item>& items, std::uint32_t first_incoming, const index_list& keys,
                merge_order order, std::pmr::memory_resource* memory)
        : items_(items), first_(first_incoming), keys_(keys), order_(order), memory_(memory), result_(memory) {
        arrange();
    }
    index_list&& take() noexcept { return std::move(result_); }

  private:
    bool is_incoming(std::uint32_t i) const noexcept { return i >= first_; }

    /// Puts what is in the result in order.
    void arrange() {
        poller polling;
        index_list main(memory_);
        index_list others(memory_);
        if (order_ == merge_order::base) {
            for (std::uint32_t i = 0; i < items_.size(); ++i) {
                if (items_[i].decision.in_result) {
                    (is_incoming(i) ? others : main).push_back(i);
                }
            }
        } else {
            arrange_by_incoming(main, others);
        }
        std::pmr::vector<std::uint32_t> tags(memory_);
        for (const std::uint32_t i : main) {
            tags.push_back(tag_order(items_[i].view.tag()));
        }
        tag_places places(memory_);
        places.assign(tags);
        struct placed {
            std::size_t place;
            bool apart; ///< the field before the place has another tag
            std::uint32_t tag;
            bool replaces; ///< comes after what will be base's own when merged again
            std::uint32_t item;
        };
        std::pmr::vector<placed> inserted(memory_);
        for (const std::uint32_t i : others) {
            const std::uint32_t tag = tag_order(items_[i].view.tag());
            const merge_decision& d = items_[i].decision;
            const bool replaces =
                d.why != cause::local && (d.action == merge_action::update || d.action == merge_action::replace);
            const std::size_t place = places.place_of(tag);
            inserted.push_back({place, place == 0 || tags[place - 1] != tag, tag, replaces, i});
        }
        const bool by_tag = order_ == merge_order::base;
        std::sort(inserted.begin(), inserted.end(), [&](const placed& x, const placed& y) {
            if (x.place != y.place) {
                return x.place < y.place;
            }
            if (by_tag && x.apart != y.apart) {
                return y.apart;
            }
            if (by_tag && x.tag != y.tag) {
                return x.tag < y.tag;
            }
            if (by_tag && x.replaces != y.replaces) {
                return y.replaces;
            }
            return x.item < y.item;
        });
        auto next = inserted.begin();
        for (std::size_t i = 0; i <= main.size(); ++i) {
            for (; next != inserted.end() && next->place == i; ++next) {
                result_.push_back(next->item);
            }
            if (i < main.size()) {
                result_.push_back(main[i]);
            }
            polling.step();
        }
        if (order_ == merge_order::tag) {
            sort_by_tag();
        }
    }

    /// Incoming's order. A field of base that stays, and that incoming has too, stands where incoming has it: so the
    /// place of a field does not depend on whether it was taken now or at an earlier merge.
    void arrange_by_incoming(index_list& main, index_list& others) {
        const index_list exact = align::number(items_.size(), memory_, [this](std::uint32_t x, std::uint32_t y) {
            const int c = items_[x].view.tag().compare(items_[y].view.tag());
            return c != 0 ? c : items_[x].view.content().compare(items_[y].view.content());
        });
        index_list twins(items_.size(), none, memory_);
        find_twins(exact, twins);
        find_twins(keys_, twins);
        for (auto i = first_; i < items_.size(); ++i) {
            if (items_[i].decision.in_result) {
                main.push_back(i);
            } else if (twins[i] != none) {
                main.push_back(twins[i]);
            }
        }
        for (std::uint32_t i = 0; i < first_; ++i) {
            if (items_[i].decision.in_result && twins[i] == none) {
                others.push_back(i);
            }
        }
    }

    /// Pairs the k-th field of incoming that is not taken with the k-th field of base that stays, among those with the
    /// same number that have no twin yet.
    void find_twins(const index_list& numbers, index_list& twins) {
        index_list first_of_number(items_.size(), none, memory_);
        index_list next_of_number(first_, none, memory_);
        for (std::uint32_t i = first_; i > 0; --i) {
            if (items_[i - 1].decision.in_result && twins[i - 1] == none) {
                next_of_number[i - 1] = first_of_number[numbers[i - 1]];
                first_of_number[numbers[i - 1]] = i - 1;
            }
        }
        for (auto i = first_; i < items_.size(); ++i) {
            std::uint32_t& free = first_of_number[numbers[i]];
            if (!items_[i].decision.in_result && twins[i] == none && free != none) {
                twins[i] = free;
                twins[free] = i;
                free = next_of_number[free];
            }
        }
    }

    void sort_by_tag() {
        struct sorted {
            std::uint32_t tag;
            std::uint32_t place;
            std::uint32_t item;
        };
        std::pmr::vector<sorted> all(memory_);
        for (const std::uint32_t i : result_) {
            all.push_back({tag_order(items_[i].view.tag()), static_cast<std::uint32_t>(all.size()), i});
        }
        std::sort(all.begin(), all.end(),
                  [](const sorted& x, const sorted& y) { return x.tag != y.tag ? x.tag < y.tag : x.place < y.place; });
        for (std::size_t i = 0; i < all.size(); ++i) {
            result_[i] = all[i].item;
        }
    }

    const std::pmr::vector<item>& items_;
    std::uint32_t first_;
    const index_list& keys_;
    merge_order order_;
    std::pmr::memory_resource* memory_;
    index_list result_;
};

} // namespace

index_list arrange(const std::pmr::vector<item>& items, std::uint32_t first_incoming, const index_list& keys,
                   merge_order order, std::pmr::memory_resource* memory) {
    return arrangement(items, first_incoming, keys, order, memory).take();
}

} // namespace marc::merging
