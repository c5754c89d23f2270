#include "iso2709_directory.hpp"

#include "iso2709_extent.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <memory_resource>
#include <numeric>
#include <vector>

namespace marc {
namespace {

constexpr std::size_t entry_bytes = limits::iso2709_directory_entry_bytes;

struct entry {
    std::string_view tag;
    std::size_t at = 0;    ///< in the directory
    std::size_t start = 0; ///< as the entry says
    std::size_t bytes = 0; ///< with the terminator, as the entry says
    bool numeric = false;
};

/// A piece of the data up to a terminator.
struct segment {
    std::size_t start = 0;
    std::size_t bytes = 0; ///< without the terminator
    bool claimed = false;
    std::size_t end() const noexcept { return start + bytes + 1; }
};

constexpr std::size_t none = static_cast<std::size_t>(-1);

bool is_numeric_entry(std::string_view text) noexcept {
    return text.size() >= entry_bytes && decimal(text.substr(3, 9)).has_value();
}

struct entry_numbers {
    std::uint32_t bytes; ///< 0 also when the entry has something else than digits
    std::uint32_t start;
};

/// The nine digits of an entry: eight of them at once, as two numbers of one word.
entry_numbers read_numbers(const char* entry) noexcept {
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101ULL;
    std::uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(&word, entry + 4, sizeof word);
    } else {
        for (std::size_t i = 0; i < sizeof word; ++i) {
            word |= std::uint64_t{static_cast<unsigned char>(entry[4 + i])} << (8 * i);
        }
    }
    const std::uint32_t thousands = static_cast<std::uint32_t>(static_cast<unsigned char>(entry[3])) - '0';
    // A digit is 30 to 39: the high half is 3, also when 6 is added to the low half.
    const bool digits = ((word | (word + 6 * ones)) & (0xF0 * ones)) == 0x30 * ones &&
                        (word & (0xF0 * ones)) == 0x30 * ones && thousands <= 9;
    // Neighbours are joined three times: pairs of digits, of these pairs, and both halves.
    word = ((word & (0x0F * ones)) * (1 + (10ULL << 8U))) >> 8U;
    word = ((word & 0x00FF'00FF'00FF'00FFULL) * (1 + (100ULL << 16U))) >> 16U;
    word = ((word & 0x0000'FFFF'0000'FFFFULL) * (1 + (10'000ULL << 32U))) >> 32U;
    const auto number = static_cast<std::uint32_t>(word);
    return {digits ? thousands * 1000 + number / 100'000 : 0, number % 100'000};
}

class damaged_directory {
  public:
    damaged_directory(std::string_view area, const note_function& note, std::pmr::memory_resource* memory)
        : area_(area), note_(note), segments_(memory), entries_(memory), chosen_(memory) {}

    void read(std::string_view directory, builder& into) {
        find_segments();
        find_entries(directory);
        chosen_.assign(entries_.size(), {none, none});
        claim_exact();
        if (!claim_by_order()) {
            claim_near();
        }
        add_fields(into);
    }

  private:
    struct choice {
        std::size_t first; ///< segment
        std::size_t last;  ///< another one when the field holds terminators
    };

    void find_segments() {
        std::size_t start = 0;
        poller polling;
        while (start < area_.size()) {
            std::size_t end = area_.find(field_terminator, start);
            if (end == std::string_view::npos) {
                end = area_.size();
                note_(defect_code::field_terminator_missing, start, {});
            }
            segments_.push_back({start, end - start});
            polling.step(end - start + 1);
            start = end + 1;
        }
    }

    void find_entries(std::string_view directory) {
        std::size_t at = 0;
        while (directory.size() - at >= entry_bytes) {
            const std::string_view text = directory.substr(at);
            entry e{text.substr(0, 3), at, 0, 0, is_numeric_entry(text)};
            std::size_t width = entry_bytes;
            if (e.numeric) {
                e.bytes = *decimal(text.substr(3, 4));
                e.start = *decimal(text.substr(7, 5));
                // A field of more than 9,999 bytes makes the entry one digit wider and shifts all that follow.
                const std::size_t expected =
                    entries_.size() < segments_.size() ? segments_[entries_.size()].start : none;
                if (e.start != expected && text.size() > entry_bytes && decimal(text.substr(8, 5)) == expected) {
                    e.bytes = *decimal(text.substr(3, 5));
                    e.start = expected;
                    width = entry_bytes + 1;
                }
            }
            entries_.push_back(e);
            at += width;
        }
        if (at < directory.size()) {
            note_(defect_code::directory_length, at, {});
        }
    }

    std::size_t segment_at(std::size_t start) const noexcept {
        const auto it = std::lower_bound(segments_.begin(), segments_.end(), start,
                                         [](const segment& s, std::size_t value) { return s.start < value; });
        return it != segments_.end() && it->start == start ? static_cast<std::size_t>(it - segments_.begin()) : none;
    }

    std::size_t segment_ending_at(std::size_t end) const noexcept {
        const auto it = std::lower_bound(segments_.begin(), segments_.end(), end,
                                         [](const segment& s, std::size_t value) { return s.end() < value; });
        return it != segments_.end() && it->end() == end ? static_cast<std::size_t>(it - segments_.begin()) : none;
    }

    bool claim(std::size_t index, std::size_t first, std::size_t last) {
        for (std::size_t s = first; s <= last; ++s) {
            if (segments_[s].claimed) {
                return false;
            }
        }
        for (std::size_t s = first; s <= last; ++s) {
            segments_[s].claimed = true;
        }
        chosen_[index] = {first, last};
        return true;
    }

    /// Entries that agree with the terminators take their segments.
    void claim_exact() {
        std::pmr::vector<std::size_t> wide(chosen_.get_allocator());
        poller polling;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            const entry& e = entries_[i];
            polling.step(entry_bytes);
            const std::size_t first = e.numeric && e.bytes > 0 ? segment_at(e.start) : none;
            const std::size_t last = first == none ? none : segment_ending_at(e.start + e.bytes);
            if (last == none) {
                continue;
            }
            if (first == last) {
                claim(i, first, last);
            } else {
                wide.push_back(i);
            }
        }
        if (!wide.empty()) {
            claim_wide(wide);
        }
    }

    /// Of these entries, each of which names several segments, the first that names a segment takes it, if all the
    /// others that it names are free, too. Looking at each segment for each entry would be quadratic: a hostile
    /// directory has entries by the hundred thousand that name the same ten thousand segments.
    void claim_wide(const std::pmr::vector<std::size_t>& wide) {
        std::pmr::vector<std::size_t> claimed_before(segments_.size() + 1, 0, chosen_.get_allocator());
        for (std::size_t s = 0; s < segments_.size(); ++s) {
            claimed_before[s + 1] = claimed_before[s] + (segments_[s].claimed ? 1 : 0);
        }
        std::pmr::map<std::size_t, std::size_t> taken(chosen_.get_allocator()); // first and last segment
        poller polling;
        for (const std::size_t i : wide) {
            polling.step(entry_bytes);
            const std::size_t first = segment_at(entries_[i].start);
            const std::size_t last = segment_ending_at(entries_[i].start + entries_[i].bytes);
            const auto after = taken.upper_bound(last);
            const bool is_taken = claimed_before[last + 1] != claimed_before[first] ||
                                  (after != taken.begin() && std::prev(after)->second >= first);
            if (!is_taken && claim(i, first, last)) {
                taken.emplace(first, last);
                polling.step(last - first + 1);
            }
        }
    }

    /// As many entries left as segments: the first belongs to the first, in the order of the entries' positions where
    /// these are numbers, else in the order of the directory.
    bool claim_by_order() {
        std::pmr::vector<std::size_t> order(chosen_.get_allocator());
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (chosen_[i].first == none) {
                order.push_back(i);
            }
        }
        const auto left = static_cast<std::size_t>(
            std::count_if(segments_.begin(), segments_.end(), [](const segment& s) { return !s.claimed; }));
        if (order.size() != left) {
            return false;
        }
        if (std::all_of(order.begin(), order.end(), [this](std::size_t i) { return entries_[i].numeric; })) {
            std::stable_sort(order.begin(), order.end(),
                             [this](std::size_t a, std::size_t b) { return entries_[a].start < entries_[b].start; });
        }
        std::size_t s = 0;
        for (const std::size_t i : order) {
            while (segments_[s].claimed) {
                ++s;
            }
            note_(defect_code::directory_entry, segments_[s].start, entries_[i].tag);
            claim(i, s, s);
        }
        return true;
    }

    /// What is left takes the free segment nearest to where the entry points, or the next free one.
    void claim_near() {
        std::size_t next = 0;
        poller polling;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            polling.step(entry_bytes);
            if (chosen_[i].first != none) {
                next = chosen_[i].last + 1;
                continue;
            }
            const entry& e = entries_[i];
            std::size_t s = next;
            if (e.numeric && e.start < area_.size()) {
                const auto after =
                    std::upper_bound(segments_.begin(), segments_.end(), e.start,
                                     [](std::size_t value, const segment& x) { return value < x.start; });
                s = static_cast<std::size_t>(after - segments_.begin()) - 1;
                const bool next_is_nearer =
                    after != segments_.end() && after->start - e.start < e.start - segments_[s].start;
                if (next_is_nearer) {
                    ++s;
                }
                if (segments_[s].claimed) {
                    note_(defect_code::directory_overlap, e.at, e.tag);
                    continue;
                }
            } else if (s >= segments_.size() || segments_[s].claimed) {
                note_(defect_code::directory_surplus, e.at, e.tag);
                continue;
            }
            note_(defect_code::directory_entry, segments_[s].start, e.tag);
            claim(i, s, s);
            next = s + 1;
        }
    }

    void add_fields(builder& into) {
        poller polling;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (chosen_[i].first == none) {
                continue;
            }
            const segment& first = segments_[chosen_[i].first];
            const segment& last = segments_[chosen_[i].last];
            into.add_field(entries_[i].tag, area_.substr(first.start, last.start + last.bytes - first.start));
            polling.step(last.end() - first.start);
        }
        for (const segment& s : segments_) {
            if (!s.claimed && s.bytes > 0) {
                note_(defect_code::unreferenced_data, s.start, {});
            }
        }
    }

    std::string_view area_;
    const note_function& note_;
    std::pmr::vector<segment> segments_;
    std::pmr::vector<entry> entries_;
    std::pmr::vector<choice> chosen_;
};

} // namespace

std::optional<directory_place> find_directory(std::string_view record) {
    if (record.size() < limits::leader_bytes) {
        return std::nullopt;
    }
    std::size_t end = record.find(field_terminator, limits::leader_bytes);
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    std::size_t data = end + 1;
    std::size_t start = limits::leader_bytes;
    if ((end - start) % entry_bytes == 0) {
        return directory_place{start, end, data};
    }
    // The leader is too short or too long when entries fit from another place on, the first of which starts at 0.
    for (std::size_t at = end % entry_bytes; at <= 2 * limits::leader_bytes && at < end; at += entry_bytes) {
        if (at >= 10 && is_numeric_entry(record.substr(at, entry_bytes)) && record.substr(at + 7, 5) == "00000" &&
            !(is_numeric_entry(record.substr(start, entry_bytes)) && record.substr(start + 7, 5) == "00000")) {
            return directory_place{at, end, data};
        }
    }
    // The directory has no terminator, so that the first one ends a field: believe the base address if entries fill
    // the space up to it and the entry for position 0 has the length of that field.
    const std::size_t base = decimal(record.substr(12, 5)).value_or(0);
    const std::size_t filled = base > start && base < end ? start + (base - start) / entry_bytes * entry_bytes : start;
    bool entries_only = true;
    bool length_fits = false;
    for (std::size_t at = start; entries_only && at < filled; at += entry_bytes) {
        entries_only = is_numeric_entry(record.substr(at, entry_bytes));
        length_fits = length_fits ||
                      (record.substr(at + 7, 5) == "00000" && decimal(record.substr(at + 3, 4)) == end - filled + 1);
    }
    if (entries_only && length_fits) {
        end = filled;
        data = filled;
    }
    return directory_place{start, end, data};
}

void read_damaged_directory(std::string_view directory, std::string_view area, builder& into,
                            const note_function& note) {
    damaged_directory(area, note, into.memory()).read(directory, into);
}

bool read_exact_directory(std::string_view directory, std::string_view area, builder& into) {
    if (directory.size() % entry_bytes != 0) {
        return false;
    }
    const std::size_t count = directory.size() / entry_bytes;
    // Nearly all records need no memory for this.
    constexpr std::size_t usual = 256;
    char usual_tags[3 * usual];
    std::uint32_t usual_starts[usual];
    std::pmr::vector<char> more_tags(into.memory());
    std::pmr::vector<std::uint32_t> more_starts(into.memory());
    if (count > usual) {
        more_tags.resize(3 * count);
        more_starts.resize(count);
    }
    char* const tags = count > usual ? more_tags.data() : usual_tags;
    std::uint32_t* const starts = count > usual ? more_starts.data() : usual_starts;
    std::size_t expected = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const char* e = directory.data() + i * entry_bytes;
        const entry_numbers numbers = read_numbers(e);
        const std::size_t bytes = numbers.bytes;
        const std::size_t start = numbers.start;
        if (bytes == 0 || start != expected || bytes > area.size() - start ||
            area[start + bytes - 1] != field_terminator) {
            return false;
        }
        std::memcpy(tags + 3 * i, e, 3);
        starts[i] = static_cast<std::uint32_t>(start);
        expected += bytes;
    }
    if (expected != area.size()) {
        return false;
    }
    into.add_fields({tags, 3 * count}, {starts, count}, area);
    return true;
}

} // namespace marc
