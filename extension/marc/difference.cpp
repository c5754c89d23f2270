#include "difference.hpp"

#include "marc/poll.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace marc {
namespace {

constexpr std::size_t block_bytes = 8;
constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

/// The same on every machine: the difference is stored and compared.
std::uint64_t load_block(std::string_view text, std::size_t at) noexcept {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < block_bytes; ++i) {
        word |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << (8 * i);
    }
    return word;
}

/// Finds blocks of the source by their content.
class block_index {
  public:
    block_index(std::string_view source, std::pmr::memory_resource* memory) : source_(source), places_(memory) {
        std::size_t size = 16;
        bits_ = 4;
        while (size < source.size() / block_bytes * 2) {
            size *= 2;
            ++bits_;
        }
        places_.assign(size, empty);
        for (std::size_t at = 0; at + block_bytes <= source.size(); at += block_bytes) {
            std::uint32_t& place = places_[slot(load_block(source, at))];
            place = place == empty ? static_cast<std::uint32_t>(at) : place;
        }
    }

    /// Where these eight bytes are in the source, or nowhere. Of blocks that share a slot only the first is known.
    std::size_t find(std::uint64_t block) const noexcept {
        const std::uint32_t place = places_[slot(block)];
        return place != empty && load_block(source_, place) == block ? place : nowhere;
    }

  private:
    static constexpr std::uint32_t empty = 0xFFFF'FFFFU;
    std::size_t slot(std::uint64_t block) const noexcept {
        return static_cast<std::size_t>((block * 0x9E37'79B9'7F4A'7C15ULL) >> (64U - bits_));
    }
    std::string_view source_;
    std::pmr::vector<std::uint32_t> places_;
    unsigned bits_ = 0;
};

void append_number(std::uint64_t n, std::pmr::string& out) {
    while (n >= 0x80) {
        out.push_back(static_cast<char>((n & 0x7FU) | 0x80U));
        n >>= 7U;
    }
    out.push_back(static_cast<char>(n));
}

std::optional<std::uint64_t> read_number(std::string_view text, std::size_t& at) noexcept {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 35 && at < text.size(); shift += 7) {
        const auto byte = static_cast<unsigned char>(text[at++]);
        n |= std::uint64_t{byte & 0x7FU} << shift;
        if ((byte & 0x80U) == 0) {
            return n;
        }
    }
    return std::nullopt;
}

std::size_t common_prefix(std::string_view a, std::string_view b) noexcept {
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

} // namespace

void append_difference(std::string_view source, std::string_view target, std::pmr::string& out) {
    constexpr std::size_t resume_bytes = 4; // what must agree to go on with the source after changed bytes
    std::optional<block_index> index;
    std::size_t source_at = 0; // where the last copy ended
    std::size_t pending = 0;   // first byte of the target that is not yet covered
    std::size_t at = 0;
    poller polling;
    const auto step = [&](std::size_t from, std::size_t start, std::size_t bytes) {
        const std::string_view fresh = target.substr(pending, start - pending);
        append_number(fresh.size(), out);
        append_number(bytes, out);
        if (bytes > 0) {
            const auto distance = static_cast<std::int64_t>(from) - static_cast<std::int64_t>(source_at + fresh.size());
            append_number(distance >= 0 ? static_cast<std::uint64_t>(distance) * 2
                                        : static_cast<std::uint64_t>(-distance) * 2 - 1,
                          out);
        }
        out.append(fresh);
        source_at = from + bytes;
        pending = start + bytes;
        at = pending;
        polling.step(bytes + fresh.size());
    };
    while (at < target.size()) {
        const std::size_t diagonal = source_at + (at - pending);
        if (diagonal < source.size()) {
            const std::size_t wanted = std::min({resume_bytes, source.size() - diagonal, target.size() - at});
            const bool at_the_end = target.size() - at < resume_bytes && source.size() - diagonal == target.size() - at;
            if ((wanted == resume_bytes || at_the_end) &&
                source.substr(diagonal, wanted) == target.substr(at, wanted)) {
                step(diagonal, at, common_prefix(source.substr(diagonal), target.substr(at)));
                continue;
            }
        }
        if (target.size() - at >= block_bytes) {
            if (!index) {
                index.emplace(source, out.get_allocator().resource());
            }
            std::size_t from = index->find(load_block(target, at));
            if (from != nowhere) {
                std::size_t start = at;
                while (start > pending && from > 0 && source[from - 1] == target[start - 1]) {
                    --start;
                    --from;
                }
                step(from, start, common_prefix(source.substr(from), target.substr(start)));
                continue;
            }
        }
        polling.step();
        ++at;
    }
    if (pending < target.size()) {
        step(source_at, target.size(), 0);
    }
}

bool apply_difference(std::string_view source, std::string_view difference, std::size_t limit, std::pmr::string& out) {
    const std::size_t start = out.size();
    std::size_t source_at = 0;
    std::size_t at = 0;
    while (at < difference.size()) {
        const std::optional<std::uint64_t> fresh = read_number(difference, at);
        const std::optional<std::uint64_t> bytes = fresh ? read_number(difference, at) : std::nullopt;
        if (!bytes || *bytes > source.size() || *fresh > difference.size()) {
            return false;
        }
        std::int64_t from = static_cast<std::int64_t>(source_at + *fresh);
        if (*bytes > 0) {
            const std::optional<std::uint64_t> distance = read_number(difference, at);
            if (!distance) {
                return false;
            }
            from += (*distance & 1U) != 0 ? -static_cast<std::int64_t>((*distance + 1) / 2)
                                          : static_cast<std::int64_t>(*distance / 2);
            if (from < 0 || static_cast<std::uint64_t>(from) > source.size() - *bytes) {
                return false;
            }
        }
        if (*fresh > difference.size() - at || *fresh + *bytes > limit - (out.size() - start)) {
            return false;
        }
        out.append(difference.substr(at, static_cast<std::size_t>(*fresh)));
        at += static_cast<std::size_t>(*fresh);
        if (*bytes > 0) {
            out.append(source.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(*bytes)));
            source_at = static_cast<std::size_t>(from) + static_cast<std::size_t>(*bytes);
        }
    }
    return true;
}

} // namespace marc
