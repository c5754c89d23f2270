#include "iso2709_extent.hpp"

#include "byte_block.hpp"
#include "marc/limits.hpp"
#include "marc/poll.hpp"
#include "marc/record.hpp"

#include <algorithm>

namespace marc {

std::size_t skip_filler(std::string_view text, std::size_t at) noexcept {
    constexpr std::string_view filler("\0 \r\n\x1A", 5);
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    const std::size_t start = at;
    for (;;) {
        at = std::min(text.find_first_not_of(filler, at), text.size());
        if (text.substr(at, byte_order_mark.size()) != byte_order_mark) {
            break;
        }
        at += byte_order_mark.size();
    }
    // A leader whose length was never filled in starts with five blanks.
    constexpr std::string_view no_length = "     ";
    const bool blanks =
        at >= start + no_length.size() && text.substr(at - no_length.size(), no_length.size()) == no_length;
    if (blanks && leader_marks(text.substr(at)) == 0 && leader_marks(text.substr(at - no_length.size())) >= 2) {
        at -= no_length.size();
    }
    return at;
}

int leader_marks(std::string_view text) noexcept {
    if (text.size() < limits::leader_bytes) {
        return 0;
    }
    for (const std::size_t at : {std::size_t{0}, limits::leader_bytes - byte_block::bytes}) {
        const byte_block block(text.data() + at);
        if ((block.equal(record_terminator) |
             block.equal_but(field_terminator, field_terminator ^ subfield_delimiter)) != 0) {
            return 0;
        }
    }
    return static_cast<int>(decimal(text.substr(0, 5)).has_value()) +
           static_cast<int>(decimal(text.substr(12, 5)).has_value()) + static_cast<int>(text.substr(10, 2) == "22") +
           static_cast<int>(text.substr(20, 2) == "45");
}

namespace {

/// Three marks, and behind it a tag or the end of an empty directory: a leader in XML or JSON is none.
bool is_plausible_leader(std::string_view text) noexcept {
    if (text.size() <= limits::leader_bytes || leader_marks(text) < 3) {
        return false;
    }
    const char next = text[limits::leader_bytes];
    return next == field_terminator || (next >= '0' && next <= '9') || (next >= 'A' && next <= 'Z') ||
           (next >= 'a' && next <= 'z');
}

} // namespace

std::size_t find_next_leader(std::string_view text) {
    // More than the two marks that are enough behind 1D: nothing separates this leader from what stands before it.
    poller polling;
    for (std::size_t at = 1; at < text.size(); ++at) {
        polling.step(1);
        const char c = text[at];
        if (c >= '0' && c <= '9' && is_plausible_leader(text.substr(at))) {
            return at;
        }
        if (c == record_terminator) {
            const std::size_t next = skip_filler(text, at + 1);
            if (next == text.size() || leader_marks(text.substr(next)) >= 2) {
                return at + 1;
            }
        }
    }
    return text.size();
}

iso2709_extent find_extent(std::string_view text) {
    // Two marks: one alone occurs in data too easily.
    const auto record_follows = [text](std::size_t at) {
        at = skip_filler(text, at);
        return at < text.size() && leader_marks(text.substr(at)) >= 2;
    };
    // Not in a leader; what has no leader may be shorter than one.
    std::size_t end = text.find(record_terminator, leader_marks(text) > 0 ? limits::leader_bytes : 0);
    if (end == std::string_view::npos) {
        return {text.size(), false};
    }
    const std::size_t length = decimal(text.substr(0, 5)).value_or(0);
    if (length == end + 1) {
        return {length, true};
    }
    const bool length_fits = length > end && length <= text.size() && text[length - 1] == record_terminator;
    poller polling;
    std::size_t last = end;
    while (end != std::string_view::npos) {
        if (length_fits && end + 1 == length) {
            return {length, true};
        }
        if (record_follows(end + 1) || skip_filler(text, end + 1) == text.size()) {
            return {end + 1, true};
        }
        last = end;
        end = text.find(record_terminator, end + 1);
        polling.step(end - last);
    }
    return {text.size(), false};
}

} // namespace marc
