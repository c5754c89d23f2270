// Inside of the library: character references in MARC-8 ("Lossless technique for conversion of Unicode to MARC-8").
#pragma once

#include <cstddef>
#include <string_view>

namespace marc::marc8 {

struct reference {
    char32_t character = 0;
    std::size_t bytes = 0; ///< 0: none stands here
};

/// The reference `&#xXXXX;` at the start of the text: four to six hexadecimal digits. Only characters from U+00A0 on:
/// others need no reference, and a delimiter must not come in this way.
constexpr reference find_reference(std::string_view text) noexcept {
    if (!text.starts_with("&#x")) {
        return {};
    }
    char32_t c = 0;
    std::size_t at = 3;
    for (; at < text.size() && at < 10; ++at) {
        const char d = text[at];
        const int digit = d >= '0' && d <= '9'   ? d - '0'
                          : d >= 'A' && d <= 'F' ? d - 'A' + 10
                          : d >= 'a' && d <= 'f' ? d - 'a' + 10
                                                 : -1;
        if (digit < 0) {
            break;
        }
        c = c * 16 + static_cast<char32_t>(digit);
    }
    const bool character = c >= 0xA0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
    return at >= 7 && at < text.size() && text[at] == ';' && character ? reference{c, at + 1} : reference{};
}

} // namespace marc::marc8
