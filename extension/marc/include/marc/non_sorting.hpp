// The marks around text that is not sorted, such as an article.
//
// C1 control characters: U+0098 and U+009C, as MARC-8 has them (88 and 89 there) and Unicode for MARC 21; U+0088 and
// U+0089, as ISO 6630 has them and UNIMARC writes them also in UTF-8.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc::non_sorting {

/// Bytes of each mark; all begin with C2.
inline constexpr std::size_t mark_bytes = 2;

inline bool is_begin(char second) noexcept {
    return second == '\x98' || second == '\x88';
}

inline bool is_mark(char second) noexcept {
    return is_begin(second) || second == '\x9C' || second == '\x89';
}

/// Where the first mark stands that has such a second byte, or npos.
template <typename IsWanted>
std::size_t find_mark(std::string_view text, IsWanted is_wanted) noexcept {
    std::size_t at = text.find('\xC2');
    while (at != std::string_view::npos && at + 1 < text.size() && !is_wanted(text[at + 1])) {
        at = text.find('\xC2', at + mark_bytes);
    }
    return at != std::string_view::npos && at + 1 < text.size() ? at : std::string_view::npos;
}

/// Appends the text without the marks.
inline void append_shown(std::string_view text, std::pmr::string& out) {
    for (std::size_t at = find_mark(text, is_mark); at != std::string_view::npos; at = find_mark(text, is_mark)) {
        out.append(text.substr(0, at));
        text.remove_prefix(at + mark_bytes);
    }
    out.append(text);
}

/// Appends the text without what stands between the marks; an open mark hides nothing.
inline void append_sorted(std::string_view text, std::pmr::string& out) {
    for (std::size_t at = find_mark(text, is_begin); at != std::string_view::npos; at = find_mark(text, is_begin)) {
        const char end_mark[] = {'\xC2', text[at + 1] == '\x98' ? '\x9C' : '\x89'};
        const std::size_t end = text.find({end_mark, sizeof end_mark}, at);
        if (end == std::string_view::npos) {
            break;
        }
        out.append(text.substr(0, at));
        text.remove_prefix(end + mark_bytes);
    }
    append_shown(text, out);
}

} // namespace marc::non_sorting
