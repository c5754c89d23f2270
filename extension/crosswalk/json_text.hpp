// Inside of the library: text as JSON has it (RFC 8259 section 7).
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace crosswalk::detail {

/// Which characters a string may not have at all.
enum class json_characters : unsigned char {
    all_but_nul, ///< no jsonb of PostgreSQL has a NUL
    of_xml,      ///< those that XML 1.0 forbids neither: the text stands in both
};

/// U+FFFE and U+FFFF.
inline bool is_noncharacter(std::string_view three) noexcept {
    return three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF";
}

/// Appends text as it stands between quotation marks; what may not be becomes U+FFFD.
inline void append_json_characters(std::string_view text, std::pmr::string& out,
                                   json_characters allowed = json_characters::all_but_nul) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    const bool xml = allowed == json_characters::of_xml;
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool noncharacter = xml && c == 0xEF && is_noncharacter(text.substr(i, 3));
        if (c >= 0x20 && c != '"' && c != '\\' && !noncharacter) {
            continue;
        }
        out += text.substr(plain, i - plain);
        i += noncharacter ? 2 : 0;
        plain = i + 1;
        out += '\\';
        if (c == '"' || c == '\\') {
            out += static_cast<char>(c);
        } else if (c == '\n') {
            out += 'n';
        } else if (c == '\t') {
            out += 't';
        } else if (c == 0 || noncharacter || (xml && c != '\r')) {
            out += "ufffd";
        } else {
            out += "u00";
            out += hexadecimal[c >> 4U];
            out += hexadecimal[c & 15U];
        }
    }
    out += text.substr(plain);
}

} // namespace crosswalk::detail
