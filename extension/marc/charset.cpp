#include "marc/charset.hpp"

#include "byte_block.hpp"

#include <algorithm>

namespace marc {
namespace {

/// Skips ASCII from `at` on, 64 or 16 bytes at a time.
std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept {
    const auto block = [&](std::size_t i) { return byte_block(text.data() + at + i * byte_block::bytes); };
    while (text.size() - at >= 4 * byte_block::bytes && ((block(0) | block(1)) | (block(2) | block(3))).high() == 0) {
        at += 4 * byte_block::bytes;
    }
    while (text.size() - at >= byte_block::bytes) {
        const byte_mask high = byte_block(text.data() + at).high();
        if (high != 0) {
            return at + first_of(high);
        }
        at += byte_block::bytes;
    }
    if (at < text.size() && text.size() >= byte_block::bytes) {
        // The last block, of which the front was seen.
        const std::size_t last = text.size() - byte_block::bytes;
        return std::min(at + first_of(byte_block(text.data() + last).high() >> (at - last)), text.size());
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) {
        ++at;
    }
    return at;
}

/// Length of the sound multi-byte character at `at`, or 0. The ranges are those of RFC 3629, section 4.
std::size_t sound_character(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const std::size_t left = text.size() - at;
    const unsigned char lead = byte(0);
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    if (lead < 0xE0) {
        return left >= 2 && tail(1) ? 2 : 0;
    }
    if (lead < 0xF0) {
        if (left < 3 || !tail(1) || !tail(2) || (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) {
            return 0;
        }
        return 3;
    }
    if (left < 4 || !tail(1) || !tail(2) || !tail(3) || (lead == 0xF0 && byte(1) < 0x90) ||
        (lead == 0xF4 && byte(1) > 0x8F)) {
        return 0;
    }
    return 4;
}

} // namespace

std::size_t find_invalid_utf8(std::string_view text) noexcept {
    std::size_t at = 0;
    for (;;) {
        at = skip_ascii(text, at);
        if (at == text.size()) {
            return std::string_view::npos;
        }
        const std::size_t length = sound_character(text, at);
        if (length == 0) {
            return at;
        }
        at += length;
    }
}

std::size_t find_non_ascii(std::string_view text) noexcept {
    const std::size_t at = skip_ascii(text, 0);
    return at == text.size() ? std::string_view::npos : at;
}

std::size_t character_bytes(std::string_view text) noexcept {
    if (text.empty()) {
        return 0;
    }
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return std::min(length, text.size());
}

std::size_t byte_of_character(std::string_view text, std::size_t number) noexcept {
    std::size_t at = 0;
    for (; number > 0 && at < text.size(); --number) {
        at += character_bytes(text.substr(at));
    }
    return at;
}

std::string_view characters_of(std::string_view text, std::size_t first, std::size_t last) noexcept {
    const std::string_view rest = text.substr(byte_of_character(text, first));
    const std::size_t before_last = byte_of_character(rest, last - first);
    return before_last < rest.size() ? rest.substr(0, before_last + character_bytes(rest.substr(before_last)))
                                     : std::string_view();
}

char32_t decode_character(std::string_view text) noexcept {
    const std::size_t length = character_bytes(text);
    const auto lead = static_cast<unsigned char>(text.front());
    char32_t character = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        character = (character << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    return character;
}

std::size_t encode_character(char32_t character, char (&bytes)[4]) noexcept {
    const auto tail = [character](unsigned shift) { return static_cast<char>(0x80U | ((character >> shift) & 0x3FU)); };
    if (character < 0x80) {
        bytes[0] = static_cast<char>(character);
        return 1;
    }
    if (character < 0x800) {
        bytes[0] = static_cast<char>(0xC0U | (character >> 6U));
        bytes[1] = tail(0);
        return 2;
    }
    if (character < 0x10000) {
        if (character >= 0xD800 && character <= 0xDFFF) {
            return 0;
        }
        bytes[0] = static_cast<char>(0xE0U | (character >> 12U));
        bytes[1] = tail(6);
        bytes[2] = tail(0);
        return 3;
    }
    if (character > 0x10FFFF) {
        return 0;
    }
    bytes[0] = static_cast<char>(0xF0U | (character >> 18U));
    bytes[1] = tail(12);
    bytes[2] = tail(6);
    bytes[3] = tail(0);
    return 4;
}

} // namespace marc
