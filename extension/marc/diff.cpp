#include "marc/diff.hpp"

#include "diff_align.hpp"
#include "marc/digest.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace marc {
namespace {

using align::none;
using index_list = std::pmr::vector<std::uint32_t>;

/// The fields of a and behind them those of b, as one list.
class field_list {
  public:
    field_list(const record_view& a, const record_view& b, std::pmr::memory_resource* memory)
        : fields_(memory), first_of_b_(static_cast<std::uint32_t>(a.field_count())) {
        fields_.reserve(a.field_count() + b.field_count());
        poller polling;
        for (const record_view* record : {&a, &b}) {
            for (const field_view f : *record) {
                fields_.push_back(f);
                polling.step();
            }
        }
    }
    const field_view& operator[](std::size_t i) const { return fields_[i]; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(fields_.size()); }
    std::uint32_t first_of_b() const { return first_of_b_; }

  private:
    std::pmr::vector<field_view> fields_;
    std::uint32_t first_of_b_;
};

/// Half of the text of two fields that both have, in thousandths.
constexpr std::uint64_t alike_from = 500;

/// Finds the changes between two lists of fields. A field is named by its position in the list of both.
class comparison {
  public:
    comparison(const record_view& a, const record_view& b, std::pmr::memory_resource* memory)
        : memory_(memory), fields_(a, b, memory), partner_(fields_.size(), none, memory),
          how_(fields_.size(), change_kind::changed, memory), gap_(fields_.size(), 0, memory), subfields_(memory),
          first_subfield_(fields_.size(), 0, memory), subfield_count_(fields_.size(), 0, memory) {
        find_unchanged();
        find_changed();
    }

    /// Calls `receive(record_change)` in the order that diff() promises.
    template <typename Receive>
    void changes(Receive&& receive) const {
        const std::uint32_t first_of_b = fields_.first_of_b();
        std::uint32_t i = 0;
        const auto deleted_until = [&](std::uint32_t gap, std::uint32_t at) {
            for (; i < first_of_b && gap_[i] <= gap; ++i) {
                if (partner_[i] == none) {
                    receive(record_change{.kind = change_kind::deleted, .a = i, .at = at});
                }
            }
        };
        for (std::uint32_t j = first_of_b; j < fields_.size(); ++j) {
            const std::uint32_t b = j - first_of_b;
            deleted_until(gap_[j], b);
            if (partner_[j] == none) {
                receive(record_change{.kind = change_kind::added, .b = b, .at = b});
            } else if (how_[j] != unchanged) {
                receive(record_change{.kind = how_[j], .a = partner_[j], .b = b, .at = b});
            }
        }
        deleted_until(none, fields_.size() - first_of_b);
    }

  private:
    static constexpr auto unchanged = static_cast<change_kind>(0xFF);

    void pair(std::uint32_t i, std::uint32_t j, change_kind how) {
        partner_[i] = j;
        partner_[j] = i;
        how_[j] = how;
    }

    void find_unchanged() {
        const std::uint32_t first_of_b = fields_.first_of_b();
        const index_list numbers = align::number(fields_.size(), memory_, [this](std::uint32_t x, std::uint32_t y) {
            const int order = fields_[x].tag().compare(fields_[y].tag());
            return order != 0 ? order : fields_[x].content().compare(fields_[y].content());
        });
        const std::size_t different = numbers.empty() ? 0 : 1 + *std::max_element(numbers.begin(), numbers.end());
        const std::span<const std::uint32_t> all(numbers);
        const index_list same = align::common(all.first(first_of_b), all.subspan(first_of_b), different, memory_);

        // The gap of a field: how many unchanged fields stand before it.
        std::uint32_t gap = 0;
        std::uint32_t j = first_of_b;
        for (std::uint32_t i = 0; i < first_of_b; ++i) {
            gap_[i] = gap;
            if (same[i] == none) {
                continue;
            }
            for (; j < first_of_b + same[i]; ++j) {
                gap_[j] = gap;
            }
            pair(i, j, unchanged);
            gap_[j] = gap;
            ++j;
            ++gap;
        }
        for (; j < fields_.size(); ++j) {
            gap_[j] = gap;
        }
        find_moved(numbers, different);
    }

    /// The k-th of equal fields that are not in place in a goes with the k-th in b.
    void find_moved(const index_list& numbers, std::size_t different) {
        index_list first_free(different, none, memory_);
        index_list next_free(fields_.first_of_b(), none, memory_);
        for (std::uint32_t i = fields_.first_of_b(); i > 0; --i) {
            if (partner_[i - 1] == none) {
                next_free[i - 1] = first_free[numbers[i - 1]];
                first_free[numbers[i - 1]] = i - 1;
            }
        }
        for (std::uint32_t j = fields_.first_of_b(); j < fields_.size(); ++j) {
            std::uint32_t& free = first_free[numbers[j]];
            if (partner_[j] == none && free != none) {
                const std::uint32_t i = free;
                free = next_free[i];
                pair(i, j, change_kind::moved);
            }
        }
    }

    /// Pairs what is left, tag by tag.
    void find_changed() {
        index_list left(memory_);
        for (std::uint32_t x = 0; x < fields_.size(); ++x) {
            if (partner_[x] == none) {
                left.push_back(x);
            }
        }
        // Within a tag the fields of a come first, since their positions are smaller.
        std::sort(left.begin(), left.end(), [this](std::uint32_t x, std::uint32_t y) {
            const int order = fields_[x].tag().compare(fields_[y].tag());
            return order != 0 ? order < 0 : x < y;
        });
        number_subfields(left);
        for (auto first = left.begin(); first != left.end();) {
            const auto last = std::find_if(first, left.end(),
                                           [&](std::uint32_t x) { return fields_[x].tag() != fields_[*first].tag(); });
            const auto middle = std::lower_bound(first, last, fields_.first_of_b());
            pair_tag({first, middle}, {middle, last});
            first = last;
        }
    }

    /// Subfields of the fields that are left, as sorted numbers: what two fields have in common is found by merging.
    void number_subfields(const index_list& left) {
        struct piece {
            subfield_view subfield;
            std::uint32_t field;
        };
        std::pmr::vector<piece> pieces(memory_);
        poller polling;
        for (const std::uint32_t x : left) {
            for (const subfield_view& s : fields_[x].subfields()) {
                pieces.push_back({s, x});
                polling.step();
            }
        }
        const index_list numbers = align::number(pieces.size(), memory_, [&](std::uint32_t x, std::uint32_t y) {
            const int order = pieces[x].subfield.code.compare(pieces[y].subfield.code);
            return order != 0 ? order : pieces[x].subfield.value.compare(pieces[y].subfield.value);
        });
        subfields_.reserve(pieces.size());
        std::size_t at = 0;
        for (const std::uint32_t x : left) { // the pieces have the same order
            const std::size_t first = subfields_.size();
            for (; at < pieces.size() && pieces[at].field == x; ++at) {
                subfields_.push_back({numbers[at], static_cast<std::uint32_t>(1 + pieces[at].subfield.value.size())});
            }
            std::sort(subfields_.begin() + static_cast<std::ptrdiff_t>(first), subfields_.end(),
                      [](const weighted& p, const weighted& q) { return p.number < q.number; });
            first_subfield_[x] = static_cast<std::uint32_t>(first);
            subfield_count_[x] = static_cast<std::uint32_t>(subfields_.size() - first);
        }
    }

    struct weighted {
        std::uint32_t number;
        std::uint32_t weight; ///< bytes of the value and 1 for the code
    };

    std::span<const weighted> subfields_of(std::uint32_t x) const {
        return std::span<const weighted>(subfields_).subspan(first_subfield_[x], subfield_count_[x]);
    }

    std::uint64_t alike(std::uint32_t i, std::uint32_t j) const {
        const auto a = subfields_of(i);
        const auto b = subfields_of(j);
        std::uint64_t total_a = 0;
        std::uint64_t total_b = 0;
        std::uint64_t both = 0;
        for (const weighted& w : a) {
            total_a += w.weight;
        }
        for (const weighted& w : b) {
            total_b += w.weight;
        }
        for (std::size_t x = 0, y = 0; x < a.size() && y < b.size();) {
            if (a[x].number == b[y].number) {
                both += a[x].weight;
                ++x;
                ++y;
            } else if (a[x].number < b[y].number) {
                ++x;
            } else {
                ++y;
            }
        }
        const std::uint64_t total = std::max(total_a, total_b);
        return total == 0 ? 0 : both * 1000 / total;
    }

    void pair_tag(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
        if (a.empty() || b.empty()) {
            return;
        }
        if (a.size() * b.size() <= similarity_pairs) {
            pair_similar(a, b);
        }
        for (std::size_t x = 0, y = 0; x < a.size() && y < b.size();) {
            if (partner_[a[x]] != none || gap_[a[x]] < gap_[b[y]]) {
                ++x;
            } else if (partner_[b[y]] != none || gap_[b[y]] < gap_[a[x]]) {
                ++y;
            } else {
                pair(a[x++], b[y++], change_kind::changed);
            }
        }
        const auto is_free = [this](std::uint32_t x) { return partner_[x] == none; };
        if (std::count_if(a.begin(), a.end(), is_free) == 1 && std::count_if(b.begin(), b.end(), is_free) == 1) {
            pair(*std::find_if(a.begin(), a.end(), is_free), *std::find_if(b.begin(), b.end(), is_free),
                 change_kind::changed);
        }
    }

    void pair_similar(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
        struct candidate {
            std::uint64_t score;
            std::uint32_t i;
            std::uint32_t j;
        };
        std::pmr::vector<candidate> candidates(memory_);
        poller polling;
        for (const std::uint32_t i : a) {
            for (const std::uint32_t j : b) {
                const std::uint64_t score = alike(i, j);
                polling.step(1 + subfield_count_[i] + subfield_count_[j]);
                if (score >= alike_from) {
                    candidates.push_back({score, i, j});
                }
            }
        }
        std::sort(candidates.begin(), candidates.end(), [](const candidate& p, const candidate& q) {
            return p.score != q.score ? p.score > q.score : p.i != q.i ? p.i < q.i : p.j < q.j;
        });
        for (const candidate& c : candidates) {
            if (partner_[c.i] == none && partner_[c.j] == none) {
                pair(c.i, c.j, change_kind::changed);
            }
        }
    }

    std::pmr::memory_resource* memory_;
    field_list fields_;
    index_list partner_;                   ///< of each field of both records, or none
    std::pmr::vector<change_kind> how_;    ///< for fields of b that have a partner
    index_list gap_;                       ///< how many unchanged fields stand before
    std::pmr::vector<weighted> subfields_; ///< of the fields that are left, sorted within each field
    index_list first_subfield_;
    index_list subfield_count_;
};

} // namespace

std::string_view name_of(change_kind kind) noexcept {
    constexpr std::array<std::string_view, 4> names = {"add", "delete", "change", "move"};
    return names[static_cast<std::size_t>(kind)];
}

std::pmr::vector<record_change> diff(const record_view& a, const record_view& b, std::pmr::memory_resource* memory) {
    std::pmr::vector<record_change> result(memory);
    const auto leader_a = canonical_leader(a);
    const auto leader_b = canonical_leader(b);
    for (std::uint32_t i = 0; i < leader_a.size(); ++i) {
        if (leader_a[i] != leader_b[i]) {
            result.push_back({.kind = change_kind::changed, .leader = i});
        }
    }
    comparison(a, b, memory).changes([&](const record_change& change) { result.push_back(change); });
    return result;
}

} // namespace marc
