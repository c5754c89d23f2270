#include "diff_align.hpp"

namespace marc::align {
namespace {

/// Positions of each number in a sequence, ascending.
struct occurrences {
    std::pmr::vector<std::uint32_t> start; ///< where the positions of a number begin; one more than there are numbers
    std::pmr::vector<std::uint32_t> positions;

    occurrences(std::span<const std::uint32_t> sequence, std::size_t numbers, std::pmr::memory_resource* memory)
        : start(numbers + 1, 0, memory), positions(sequence.size(), 0, memory) {
        for (const std::uint32_t n : sequence) {
            ++start[n + 1];
        }
        std::partial_sum(start.begin(), start.end(), start.begin());
        std::pmr::vector<std::uint32_t> next(start, memory);
        for (std::size_t i = 0; i < sequence.size(); ++i) {
            positions[next[sequence[i]]++] = static_cast<std::uint32_t>(i);
        }
    }
    std::size_t count(std::uint32_t number) const { return start[number + 1] - start[number]; }
    std::uint32_t position(std::uint32_t number, std::size_t which) const { return positions[start[number] + which]; }
};

/// The longest chain of pairs that ascend in both, given in the order of a and, for the same a, descending in b.
class chain {
  public:
    explicit chain(std::pmr::memory_resource* memory) : links_(memory), ends_(memory) {}

    void offer(std::uint32_t a, std::uint32_t b) {
        const auto shorter = std::lower_bound(ends_.begin(), ends_.end(), b,
                                              [this](std::uint32_t end, std::uint32_t x) { return links_[end].b < x; });
        const std::uint32_t before = shorter == ends_.begin() ? none : *(shorter - 1);
        const auto added = static_cast<std::uint32_t>(links_.size());
        links_.push_back({a, b, before});
        if (shorter == ends_.end()) {
            ends_.push_back(added);
        } else {
            *shorter = added;
        }
    }

    template <typename Receive>
    void longest(Receive&& receive) const {
        for (std::uint32_t at = ends_.empty() ? none : ends_.back(); at != none; at = links_[at].before) {
            receive(links_[at].a, links_[at].b);
        }
    }

  private:
    struct link {
        std::uint32_t a;
        std::uint32_t b;
        std::uint32_t before;
    };
    std::pmr::vector<link> links_;
    std::pmr::vector<std::uint32_t> ends_; ///< of the chains of length 1, 2, …, the link that ends earliest in b
};

} // namespace

std::pmr::vector<std::uint32_t> common(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b,
                                       std::size_t numbers, std::pmr::memory_resource* memory) {
    std::pmr::vector<std::uint32_t> partner(a.size(), none, memory);
    // What is the same at both ends belongs to a longest common subsequence; two versions of a record are mostly that.
    const std::size_t shorter = std::min(a.size(), b.size());
    std::size_t head = 0;
    for (; head < shorter && a[head] == b[head]; ++head) {
        partner[head] = static_cast<std::uint32_t>(head);
    }
    std::size_t tail = 0;
    for (; tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]; ++tail) {
        partner[a.size() - 1 - tail] = static_cast<std::uint32_t>(b.size() - 1 - tail);
    }
    const auto middle_a = a.subspan(head, a.size() - head - tail);
    const auto middle_b = b.subspan(head, b.size() - head - tail);
    if (middle_a.empty() || middle_b.empty()) {
        return partner;
    }

    const occurrences in_a(middle_a, numbers, memory);
    const occurrences in_b(middle_b, numbers, memory);
    std::pmr::vector<std::uint32_t> seen(numbers, 0, memory);
    chain pairs(memory);
    poller polling;
    for (std::size_t i = 0; i < middle_a.size(); ++i) {
        const std::uint32_t n = middle_a[i];
        const std::size_t count = in_b.count(n);
        const std::size_t which = seen[n]++;
        polling.step();
        if (in_a.count(n) * count <= exact_pairs) {
            for (std::size_t k = count; k > 0; --k) {
                pairs.offer(static_cast<std::uint32_t>(i), in_b.position(n, k - 1));
            }
        } else if (which < count) {
            pairs.offer(static_cast<std::uint32_t>(i), in_b.position(n, which));
        }
    }
    pairs.longest([&](std::uint32_t x, std::uint32_t y) { partner[head + x] = static_cast<std::uint32_t>(head + y); });
    return partner;
}

} // namespace marc::align
