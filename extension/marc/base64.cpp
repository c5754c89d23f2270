#include "base64.hpp"

#include <array>
#include <cstdint>

namespace marc {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto values = [] {
    std::array<std::uint8_t, 256> v{};
    v.fill(0xFF);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        v[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
    }
    return v;
}();

} // namespace

void append_base64(std::string_view bytes, std::pmr::string& out) {
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view group = bytes.substr(at, 3);
        std::uint32_t word = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            word = (word << 8U) | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            out.push_back(i <= group.size() ? digits[(word >> (18 - 6 * i)) & 0x3FU] : '=');
        }
    }
}

bool append_decoded_base64(std::string_view text, std::pmr::string& out) {
    if (text.size() % 4 != 0) {
        return false;
    }
    for (std::size_t at = 0; at < text.size(); at += 4) {
        const bool last = at + 4 == text.size();
        const std::size_t padding = last && text[at + 3] == '=' ? (text[at + 2] == '=' ? 2 : 1) : 0;
        std::uint32_t word = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const std::uint8_t value = i >= 4 - padding ? 0 : values[static_cast<unsigned char>(text[at + i])];
            if (value == 0xFF) {
                return false;
            }
            word = (word << 6U) | value;
        }
        // Bits that stand for no byte are zero.
        if ((padding == 1 && (word & 0xFFU) != 0) || (padding == 2 && (word & 0xFFFFU) != 0)) {
            return false;
        }
        for (std::size_t i = 0; i < 3 - padding; ++i) {
            out.push_back(static_cast<char>((word >> (16 - 8 * i)) & 0xFFU));
        }
    }
    return true;
}

} // namespace marc
