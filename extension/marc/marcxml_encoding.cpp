#include "marcxml_encoding.hpp"

#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/marcxml.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <array>

namespace marc {
namespace {

// 80 to 9F in windows-1252, as the WHATWG Encoding Standard has them.
constexpr std::array<char16_t, 32> windows1252_high = {0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                       0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                                       0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                       0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

/// The value of `encoding` in an XML declaration at the front, or empty.
std::string_view declared_name(std::string_view file) noexcept {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (file.starts_with(byte_order_mark)) {
        file.remove_prefix(byte_order_mark.size());
    }
    file.remove_prefix(std::min(file.find_first_not_of(" \t\r\n"), file.size()));
    const std::string_view declaration = file.substr(0, std::min<std::size_t>(file.find("?>"), 1'000));
    constexpr std::string_view word = "encoding";
    const std::size_t at = declaration.find(word);
    if (!declaration.starts_with("<?xml") || at == std::string_view::npos) {
        return {};
    }
    const std::size_t quote = declaration.find_first_of("\"'", at + word.size());
    if (quote == std::string_view::npos) {
        return {};
    }
    const std::size_t end = declaration.find(declaration[quote], quote + 1);
    return end == std::string_view::npos ? std::string_view() : declaration.substr(quote + 1, end - quote - 1);
}

void append_character(char32_t character, std::pmr::string& out) {
    char bytes[4];
    out.append(bytes, encode_character(character, bytes));
}

std::size_t decode_utf16(std::string_view bytes, bool big, bool at_end, std::pmr::string& out) {
    const auto unit = [&](std::size_t at) {
        const auto first = static_cast<unsigned char>(bytes[at]);
        const auto second = static_cast<unsigned char>(bytes[at + 1]);
        return static_cast<char32_t>(big ? first << 8U | second : second << 8U | first);
    };
    const auto is_in = [](char32_t c, char32_t from) { return c >= from && c < from + 0x400; };
    std::size_t at = 0;
    poller polling;
    while (bytes.size() - at >= 2) {
        const char32_t c = unit(at);
        const bool high = is_in(c, 0xD800);
        if (high && bytes.size() - at < 4 && !at_end) {
            break;
        }
        if (high && bytes.size() - at >= 4 && is_in(unit(at + 2), 0xDC00)) {
            append_character(0x10000 + ((c - 0xD800) << 10U) + (unit(at + 2) - 0xDC00), out);
            at += 4;
        } else {
            append_character(high || is_in(c, 0xDC00) ? 0xFFFD : c, out);
            at += 2;
        }
        polling.step(2);
    }
    if (at_end && at < bytes.size()) {
        append_character(0xFFFD, out); // half a unit
        at = bytes.size();
    }
    return at;
}

} // namespace

xml_encoding declared_encoding(std::string_view file) noexcept {
    using namespace std::string_view_literals;
    if (file.starts_with("\xFF\xFE"sv) || file.starts_with("<\0"sv)) {
        return xml_encoding::utf16_little;
    }
    if (file.starts_with("\xFE\xFF"sv) || file.starts_with("\0<"sv)) {
        return xml_encoding::utf16_big;
    }
    const std::string_view name = declared_name(file);
    const auto is_one_of = [name](std::initializer_list<std::string_view> names) {
        return std::any_of(names.begin(), names.end(), [name](auto n) { return equals_ignoring_case(name, n); });
    };
    if (name.empty() || is_one_of({"utf-8", "utf8", "us-ascii", "ascii"})) {
        return xml_encoding::utf8;
    }
    if (is_one_of({"iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1"})) {
        return xml_encoding::latin1;
    }
    return is_one_of({"windows-1252", "cp1252", "cp-1252"}) ? xml_encoding::windows1252 : xml_encoding::other;
}

xml_encoding real_encoding(std::string_view text, xml_encoding declared) noexcept {
    std::size_t invalid = find_invalid_utf8(text);
    if (invalid == std::string_view::npos) {
        return xml_encoding::utf8;
    }
    if (declared != xml_encoding::utf8) {
        return declared;
    }
    // ASCII between bytes that are not UTF-8: each of them is one character.
    std::string_view rest = text;
    while (invalid != std::string_view::npos) {
        if (find_non_ascii(rest.substr(0, invalid)) != std::string_view::npos) {
            return xml_encoding::utf8;
        }
        rest.remove_prefix(invalid + 1);
        invalid = find_invalid_utf8(rest);
    }
    return find_non_ascii(rest) == std::string_view::npos ? xml_encoding::windows1252 : xml_encoding::utf8;
}

std::size_t decode_xml(std::string_view bytes, xml_encoding encoding, bool at_end, std::pmr::string& out) {
    if (encoding == xml_encoding::utf16_little || encoding == xml_encoding::utf16_big) {
        return decode_utf16(bytes, encoding == xml_encoding::utf16_big, at_end, out);
    }
    out.reserve(out.size() + bytes.size() + bytes.size() / 8);
    poller polling;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t plain = std::min(find_non_ascii(bytes.substr(at)), bytes.size() - at);
        out += bytes.substr(at, plain);
        at += plain;
        if (at < bytes.size()) {
            const auto c = static_cast<unsigned char>(bytes[at]);
            append_character(encoding == xml_encoding::windows1252 && c < 0xA0 ? windows1252_high[c - 0x80U] : c, out);
            ++at;
        }
        polling.step(plain + 1);
    }
    return bytes.size();
}

std::size_t utf16_bytes(std::string_view utf8) noexcept {
    std::size_t bytes = 0;
    for (const char c : utf8) {
        const auto byte = static_cast<unsigned char>(c);
        // Each character counts at its first byte; those of four bytes are two units.
        bytes += (byte & 0xC0U) == 0x80 ? 0 : byte >= 0xF0 ? 4 : 2;
    }
    return bytes;
}

void read_encoded_marcxml(std::string_view start_tag, std::string_view record, std::string_view end_tag,
                          xml_encoding declared, builder& into, report* notes) {
    const xml_encoding real = real_encoding(record, declared);
    if (real == xml_encoding::other) {
        throw parse_error(errc::unsupported_charset, find_invalid_utf8(record));
    }
    std::pmr::string text(into.memory());
    if (real != xml_encoding::utf8) {
        text = start_tag;
        decode_xml(record, real, true, text);
        text += end_tag;
    } else if (!start_tag.empty()) {
        text.reserve(start_tag.size() + record.size() + end_tag.size());
        text = start_tag;
        text += record;
        text += end_tag;
    }
    try {
        read_marcxml(text.empty() ? record : std::string_view(text), into, notes);
    } catch (const parse_error& e) {
        throw e.at(e.offset() - std::min(e.offset(), start_tag.size()));
    }
    if (real != declared && find_non_ascii(record) != std::string_view::npos) {
        into.note(notes, defect_code::declaration_wrong, find_non_ascii(record));
    }
}

} // namespace marc
