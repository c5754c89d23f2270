#include "capture/mariadb_charset.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <iconv.h>

namespace everarchive::capture {

namespace {

// Windows-1252, bytes 0x80 to 0x9f; MariaDB maps the five that Windows leaves out to the control of the same number
// (strings/ctype-latin1.c).
constexpr std::array<char16_t, 32> windows_1252 = {0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                                   0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
                                                   0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                                   0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

// Only sets of which MariaDB's table and the C library's agree on every assigned code.
constexpr std::array<std::pair<std::string_view, const char*>, 19> by_iconv = {{
    {"ucs2", "UCS-2BE"},      {"utf16", "UTF-16BE"},    {"utf16le", "UTF-16LE"},   {"utf32", "UTF-32BE"},
    {"latin2", "ISO-8859-2"}, {"latin5", "ISO-8859-9"}, {"latin7", "ISO-8859-13"}, {"greek", "ISO-8859-7"},
    {"hebrew", "ISO-8859-8"}, {"cp1250", "CP1250"},     {"cp1251", "CP1251"},      {"cp1256", "CP1256"},
    {"cp1257", "CP1257"},     {"koi8r", "KOI8-R"},      {"koi8u", "KOI8-U"},       {"gbk", "CP936"},
    {"big5", "BIG5"},         {"euckr", "EUC-KR"},      {"tis620", "TIS-620"},
}};

void append_utf8(std::string& out, char16_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        out += static_cast<char>(0xe0 | code >> 12);
        out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    }
}

bool convert(std::string_view raw, const char* from, std::string& room) {
    const iconv_t handle = iconv_open("UTF-8", from);
    // iconv_open() says failure with this value only (POSIX).
    if (handle == reinterpret_cast<iconv_t>(static_cast<std::intptr_t>(-1))) { // NOLINT(performance-no-int-to-ptr)
        return false;
    }
    room.resize(raw.size() * 4 + 8);
    char* in = const_cast<char*>(raw.data()); // iconv() does not write there; its prototype is older than const
    std::size_t in_left = raw.size();
    char* out = room.data();
    std::size_t out_left = room.size();
    const bool good = iconv(handle, &in, &in_left, &out, &out_left) != static_cast<std::size_t>(-1);
    iconv_close(handle);
    room.resize(room.size() - out_left);
    return good && in_left == 0;
}

} // namespace

collations::collations() {
    add(8, "latin1");
    add(11, "ascii");
    add(33, "utf8mb3");
    add(45, "utf8mb4");
    add(46, "utf8mb4");
    add(63, "binary");
    add(83, "utf8mb3");
    add(192, "utf8mb3");
    add(224, "utf8mb4");
}

void collations::add(std::uint32_t id, std::string_view character_set) {
    names_[id] = character_set;
}

text_encoding collations::find(std::uint32_t id) const {
    const auto found = names_.find(id);
    if (found == names_.end()) {
        return {text_encoding::kind::unknown, "collation " + std::to_string(id), nullptr};
    }
    return encoding_of(found->second);
}

text_encoding encoding_of(std::string_view character_set) {
    using kind = text_encoding::kind;
    text_encoding found{kind::unknown, std::string(character_set), nullptr};
    if (character_set == "binary") {
        found.is = kind::binary;
    } else if (character_set == "utf8mb4" || character_set == "utf8mb3" || character_set == "utf8" ||
               character_set == "ascii") {
        found.is = kind::utf8;
    } else if (character_set == "latin1") {
        found.is = kind::latin1;
    } else {
        for (const auto& [name, iconv_name] : by_iconv) {
            if (name == character_set) {
                found.is = kind::iconv;
                found.iconv_name = iconv_name;
            }
        }
    }
    return found;
}

bool is_utf8(std::string_view text) noexcept {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = at + text.size();
    while (at != end) {
        if (end - at >= 8) {
            std::uint64_t eight = 0;
            std::memcpy(&eight, at, 8);
            if ((eight & 0x8080808080808080U) == 0) {
                at += 8;
                continue;
            }
        }
        const unsigned char first = *at;
        if (first < 0x80) {
            ++at;
            continue;
        }
        const int more = first >= 0xc2 && first <= 0xdf   ? 1
                         : first >= 0xe0 && first <= 0xef ? 2
                         : first >= 0xf0 && first <= 0xf4 ? 3
                                                          : 0;
        if (more == 0 || end - at <= more) {
            return false;
        }
        // The second byte's range rules out longer forms, surrogates and what lies over U+10FFFF (Unicode, table 3-7).
        const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        if (at[1] < low || at[1] > high) {
            return false;
        }
        for (int next = 2; next <= more; ++next) {
            if ((at[next] & 0xc0) != 0x80) {
                return false;
            }
        }
        at += more + 1;
    }
    return true;
}

std::optional<std::string_view> to_utf8(std::string_view raw, const text_encoding& from, std::string& room) {
    using kind = text_encoding::kind;
    switch (from.is) {
    case kind::binary:
    case kind::utf8:
        return is_utf8(raw) ? std::optional(raw) : std::nullopt;
    case kind::latin1: {
        bool plain = true;
        for (const char byte : raw) {
            plain = plain && static_cast<unsigned char>(byte) < 0x80;
        }
        if (plain) {
            return raw;
        }
        room.clear();
        for (const char byte : raw) {
            const auto code = static_cast<unsigned char>(byte);
            append_utf8(room, code >= 0x80 && code < 0xa0 ? windows_1252[code - 0x80U] : char16_t{code});
        }
        return room;
    }
    case kind::iconv:
        if (raw.empty()) {
            return raw;
        }
        return convert(raw, from.iconv_name, room) ? std::optional<std::string_view>(room) : std::nullopt;
    case kind::unknown:
        break;
    }
    return std::nullopt;
}

} // namespace everarchive::capture
