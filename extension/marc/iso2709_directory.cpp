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

/// Bytes as a number, the first highest.
template <typename Number>
Number load_first_highest(const char* at) noexcept {
    Number n;
    std::memcpy(&n, at, sizeof n);
    if constexpr (std::endian::native == std::endian::little) {
        n = static_cast<Number>(sizeof n == 8 ? __builtin_bswap64(n)
                                              : __builtin_bswap32(static_cast<std::uint32_t>(n)));
    }
    return n;
}

/// Decimal numbers with one digit in each byte.
namespace digits {

constexpr std::uint32_t ones = 0x0101'0101U;

/// Sum of a number of five digits, perhaps with one more, and one of four.
std::uint64_t add(std::uint64_t five, std::uint32_t four) noexcept {
    // 246 more in each byte: from ten on it flows over into the next one; what did not flow over gives it back.
    constexpr std::uint64_t five_ones = 0x01'0101'0101ULL;
    const std::uint64_t sum = five + four + 246 * five_ones;
    return sum - ((sum >> 7U) & five_ones) * 246;
}

bool are_digits(std::uint32_t bytes) noexcept {
    return ((bytes | (bytes + (0x7F - 9) * ones)) & (0x80 * ones)) == 0;
}

std::uint32_t value_of(std::uint32_t four) noexcept {
    const std::uint32_t pairs = ((four >> 8U) & 0x00FF'00FFU) * 10 + (four & 0x00FF'00FFU);
    return (pairs >> 16U) * 100 + (pairs & 0xFFFFU);
}

} // namespace digits

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

namespace {

/// Whether each entry of the directory that ends here ends at a terminator, counted from the base address.
bool all_entries_confirm(std::string_view record, std::size_t end, std::size_t base) {
    poller polling;
    for (std::size_t at = limits::leader_bytes; at < end; at += entry_bytes) {
        const std::string_view text = record.substr(at, entry_bytes);
        if (!is_numeric_entry(text)) {
            return false;
        }
        const std::size_t last = base + *decimal(text.substr(7, 5)) + *decimal(text.substr(3, 4)) - 1;
        if (last >= record.size() || record[last] != field_terminator) {
            return false;
        }
        polling.step(entry_bytes);
    }
    return true;
}

/// The directory that the base address names, when another byte stands where its terminator should or none does, so
/// that the first terminator is behind it: believed when all its entries say the same.
std::optional<directory_place> find_confirmed_directory(std::string_view record, std::size_t first_terminator) {
    const std::size_t base = decimal(record.substr(12, 5)).value_or(0);
    if (base <= limits::leader_bytes + entry_bytes || base > first_terminator) {
        return std::nullopt;
    }
    const std::size_t end = base - (base - limits::leader_bytes) % entry_bytes;
    if (base - end > 1 || !all_entries_confirm(record, end, base)) {
        return std::nullopt;
    }
    return directory_place{limits::leader_bytes, end, base};
}

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
    if (const std::optional<directory_place> confirmed = find_confirmed_directory(record, end)) {
        return confirmed;
    }
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
    constexpr std::uint64_t five_bytes = 0xFF'FFFF'FFFFULL;
    constexpr std::uint64_t zeros = 0x30'3030'3030ULL;
    const char* const begin = area.data();
    const char* const end = begin + area.size();
    const char* at = begin;
    const char* e = directory.data();
    std::uint64_t expected = 0; // where the field must start, in digits: entries are compared with it, not converted
    for (std::size_t i = 0; i < count; ++i, e += entry_bytes) {
        // Where a byte is no digit, the one before may come out wrong; the entry is refused in any case.
        const std::uint32_t length = load_first_highest<std::uint32_t>(e + 3) - '0' * digits::ones;
        const std::size_t bytes = digits::value_of(length);
        if ((load_first_highest<std::uint64_t>(e + 4) & five_bytes) - zeros != expected ||
            !digits::are_digits(length) || bytes == 0 || bytes > static_cast<std::size_t>(end - at) ||
            at[bytes - 1] != field_terminator) {
            return false;
        }
        std::memcpy(tags + 3 * i, e, 3);
        starts[i] = static_cast<std::uint32_t>(at - begin);
        at += bytes;
        expected = digits::add(expected, length);
    }
    if (at != end) {
        return false;
    }
    into.add_fields({tags, 3 * count}, {starts, count}, area);
    return true;
}

} // namespace marc
