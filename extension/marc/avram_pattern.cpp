#include "avram_pattern.hpp"

#include "marc/charset.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <new>

namespace marc::avram {
namespace {

bool is_word(char32_t c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Positions of the program, and whether each is in the list. Adding and looking up take constant time.
class thread_list {
  public:
    thread_list(std::size_t size, std::pmr::memory_resource* memory) : dense_(memory), place_(size, 0, memory) {
        dense_.reserve(size);
    }
    bool add(std::uint32_t at) {
        if (place_[at] < dense_.size() && dense_[place_[at]] == at) {
            return false;
        }
        place_[at] = static_cast<std::uint32_t>(dense_.size());
        dense_.push_back(at);
        return true;
    }
    void clear() noexcept { dense_.clear(); }
    const std::pmr::vector<std::uint32_t>& list() const noexcept { return dense_; }

  private:
    std::pmr::vector<std::uint32_t> dense_;
    std::pmr::vector<std::uint32_t> place_;
};

} // namespace

bool pattern::consumes(const instruction& i, char32_t c) const noexcept {
    switch (i.what) {
    case op::character:
        return c == i.a;
    case op::any:
        return true;
    case op::set:
    case op::negated_set: {
        const range* const begin = ranges_.data() + i.a;
        const range* const after =
            std::upper_bound(begin, begin + i.b, c, [](char32_t x, const range& r) { return x < r.first; });
        const bool inside = after != begin && c <= (after - 1)->last;
        return inside == (i.what == op::set);
    }
    default:
        return false;
    }
}

pattern::outcome pattern::search(std::string_view value, std::pmr::memory_resource* scratch) const {
    if (state_ != state::good || value.size() > max_steps / program_.size()) {
        return outcome::too_costly;
    }
    thread_list now(program_.size(), scratch);
    thread_list next(program_.size(), scratch);
    std::pmr::vector<std::uint32_t> open(scratch);
    poller polling;
    char32_t before = 0;
    bool at_begin = true;

    // Follows everything that needs no character. True when the pattern is satisfied.
    const auto follow = [&](std::uint32_t start, thread_list& into, bool has_next, char32_t coming) {
        open.push_back(start);
        bool accepted = false;
        while (!open.empty()) {
            const std::uint32_t at = open.back();
            open.pop_back();
            if (!into.add(at)) {
                continue;
            }
            const instruction& i = program_[at];
            const bool boundary = (!at_begin && is_word(before)) != (has_next && is_word(coming));
            switch (i.what) {
            case op::split:
                open.push_back(i.b);
                open.push_back(i.a);
                break;
            case op::jump:
                open.push_back(i.a);
                break;
            case op::begin:
                if (at_begin) {
                    open.push_back(at + 1);
                }
                break;
            case op::end:
                if (!has_next) {
                    open.push_back(at + 1);
                }
                break;
            case op::word:
            case op::not_word:
                if (boundary == (i.what == op::word)) {
                    open.push_back(at + 1);
                }
                break;
            case op::accept:
                accepted = true;
                break;
            default:
                break;
            }
        }
        return accepted;
    };

    std::pmr::vector<std::uint32_t> survivors(scratch);
    for (;;) {
        const bool has_next = !value.empty();
        const char32_t coming = has_next ? decode_character(value) : 0;
        next.clear();
        for (const std::uint32_t at : survivors) {
            if (follow(at, next, has_next, coming)) {
                return outcome::match;
            }
        }
        // A match may begin here, unless it must begin at the start.
        if ((at_begin || program_[0].what != op::begin) && follow(0, next, has_next, coming)) {
            return outcome::match;
        }
        if (!has_next) {
            return outcome::mismatch;
        }
        survivors.clear();
        if (!at_begin && next.list().empty()) {
            return outcome::mismatch;
        }
        for (const std::uint32_t at : next.list()) {
            if (consumes(program_[at], coming)) {
                survivors.push_back(at + 1);
            }
        }
        polling.step(next.list().size() + 1);
        value.remove_prefix(character_bytes(value));
        before = coming;
        at_begin = false;
    }
}

} // namespace marc::avram
