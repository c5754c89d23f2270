#include "iso2709_charset.hpp"

#include "marc/charset.hpp"
#include "marc/marc8.hpp"
#include "marc/nfc.hpp"

#include <algorithm>
#include <optional>

namespace marc {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

/// True when an escape sequence of MARC-8 occurs (MARC 21 Specifications, "Character Sets and Encoding Options":
/// MARC-8, techniques 1 and 2). Such a text is not UTF-8 even when all its bytes are ASCII.
/// @param after what must follow ESC
bool has_escape(std::string_view text, std::string_view after = "(,)-$bgps") noexcept {
    std::size_t at = text.find('\x1B');
    while (at != std::string_view::npos) {
        if (at + 1 < text.size() && after.find(text[at + 1]) != std::string_view::npos) {
            return true;
        }
        at = text.find('\x1B', at + 1);
    }
    return false;
}

bool designates_g1(std::string_view text) noexcept {
    return has_escape(text, ")-") || text.find("\x1B$)") != std::string_view::npos ||
           text.find("\x1B$-") != std::string_view::npos;
}

bool is_utf8(std::string_view text) noexcept {
    return find_invalid_utf8(text) == std::string_view::npos;
}

/// UTF-8 with one U+FFFD for each sequence of bytes that starts like a character and is none (The Unicode Standard,
/// section 3.9, "maximal subpart").
void repair_utf8(std::string_view text, std::pmr::string& out, const character_note& note) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t sound = std::min(find_invalid_utf8(text.substr(at)), text.size() - at);
        out.append(text.substr(at, sound));
        at += sound;
        if (at == text.size()) {
            break;
        }
        note(defect_code::undecodable_bytes, at);
        out.append(replacement);
        const auto lead = static_cast<unsigned char>(text[at]);
        const auto second = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
        const std::size_t tails = lead < 0xC2 || lead > 0xF4 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        const bool second_fits = second >= (lead == 0xE0   ? 0xA0U
                                            : lead == 0xF0 ? 0x90U
                                                           : 0x80U) &&
                                 second <= (lead == 0xED   ? 0x9FU
                                            : lead == 0xF4 ? 0x8FU
                                                           : 0xBFU);
        std::size_t length = 1;
        while (second_fits && length <= tails && at + length < text.size() &&
               (static_cast<unsigned char>(text[at + length]) & 0xC0U) == 0x80U) {
            ++length;
        }
        at += std::min(length, std::max<std::size_t>(tails, 1));
    }
}

void append_latin1(std::string_view text, std::pmr::string& out) {
    for (const char c : text) {
        char bytes[4];
        out.append(bytes, encode_character(static_cast<unsigned char>(c), bytes));
    }
}

/// The character set of a UNIMARC record (UNIMARC Manual, field 100 $a/26-29): two digits for G0 and two for G1.
std::string_view unimarc_sets(const builder& b) {
    for (std::size_t i = 0; i < b.field_count(); ++i) {
        if (b.tag(i) != "100") {
            continue;
        }
        const std::size_t at = b.content(i).find("\x1F"
                                                 "a");
        if (at != std::string_view::npos && b.content(i).size() >= at + 2 + 30) {
            return b.content(i).substr(at + 2 + 26, 4);
        }
    }
    return {};
}

/// UNIMARC has field 200 for the title and none of MARC 21's 008 and 245.
bool looks_like_unimarc(const builder& b) {
    bool has_200 = false;
    for (std::size_t i = 0; i < b.field_count(); ++i) {
        has_200 = has_200 || b.tag(i) == "200";
        if (b.tag(i) == "008" || b.tag(i) == "245") {
            return false;
        }
    }
    return has_200;
}

/// Whether text that is not UTF-8 looks like MARC-8: every byte has a meaning, every mark composes with the letter
/// behind it, and there is a mark, an escape sequence, or a copyright sign before a digit. Latin-1 and the code pages
/// put letters where MARC-8 has marks, in front of letters that do not go with these.
bool looks_like_marc8(std::string_view text, std::pmr::memory_resource* memory) {
    bool sound = true;
    std::pmr::string decoded(memory);
    decode_marc8(text, decoded, [&](defect_code, std::size_t) { sound = false; });
    if (!sound) {
        return false;
    }
    bool evidence = has_escape(text);
    char32_t before = 0;
    for (std::size_t at = 0; at < decoded.size();) {
        const std::string_view rest = std::string_view(decoded).substr(at);
        const char32_t c = decode_character(rest);
        if (c >= 0x300 && c < 0x370) {
            const bool composes = compose(before, c) != 0 || c == 0x360 || c == 0x361;
            if (!composes && before < 0x80) {
                return false;
            }
            evidence = evidence || composes;
        }
        evidence = evidence || ((before == 0xA9 || before == 0x2117) && c >= '0' && c <= '9');
        before = c;
        at += character_bytes(rest);
    }
    return evidence;
}

class converter {
  public:
    converter(builder& into, const charset_note& note) : into_(into), note_(note) {}

    source_encoding convert(iso2709_encoding wanted) {
        switch (wanted) {
        case iso2709_encoding::utf8:
            return convert_utf8();
        case iso2709_encoding::marc8:
            decode(source_encoding::marc8);
            return source_encoding::marc8;
        case iso2709_encoding::latin1:
            decode(source_encoding::latin1);
            return source_encoding::latin1;
        case iso2709_encoding::iso5426:
            decode(source_encoding::iso5426);
            return source_encoding::iso5426;
        case iso2709_encoding::automatic:
            break;
        }
        const std::string_view data = into_.data();
        const bool labelled = into_.leader()[9] == 'a';
        // The builder looks at its data once, whoever asks.
        const bool plain = !into_.has_non_ascii();
        const bool utf8 = into_.invalid_utf8() == std::string_view::npos;
        if (labelled) {
            return utf8 ? source_encoding::utf8 : convert_labelled();
        }
        const bool escapes = into_.has_controls() && has_escape(data);
        if (plain && !escapes && data.find("&#x") == std::string_view::npos) {
            return source_encoding::ascii;
        }
        if (looks_like_unimarc(into_)) {
            return convert_unimarc();
        }
        if (!plain && utf8 && !escapes) {
            note_(defect_code::encoding_mislabelled, no_field, 0);
            return source_encoding::utf8_mislabelled;
        }
        convert_marc8();
        return source_encoding::marc8;
    }

  private:
    /// Leader/09 is 'a' and the bytes are not UTF-8.
    source_encoding convert_labelled() {
        bool marc8 = true;
        for (std::size_t i = 0; marc8 && i < into_.field_count(); ++i) {
            marc8 = is_utf8(into_.content(i)) || looks_like_marc8(into_.content(i), into_.memory());
        }
        if (!marc8) {
            return convert_utf8();
        }
        note_(defect_code::encoding_mislabelled, no_field, 0);
        convert_marc8();
        return source_encoding::marc8;
    }

    /// MARC-8 field by field, except for fields that are UTF-8: bytes over 7F hardly ever are by accident.
    void convert_marc8() {
        into_.convert_fields([&](std::size_t i, std::string_view content, std::pmr::string& out) {
            const bool escapes = has_escape(content);
            if (is_ascii(content) && !escapes && content.find('&') == std::string_view::npos) {
                return false;
            }
            const bool utf8 = !is_ascii(content) && is_utf8(content) && !designates_g1(content);
            if (utf8) {
                note_(defect_code::encoding_mislabelled, i, offset_of(content));
                if (!escapes) {
                    return false;
                }
            }
            decode_marc8(content, out, field_note(i, content), {.high_bytes_are_utf8 = utf8});
            return true;
        });
    }

    source_encoding convert_utf8() {
        if (!is_utf8(into_.data())) {
            into_.convert_fields([&](std::size_t i, std::string_view content, std::pmr::string& out) {
                repair_utf8(content, out, field_note(i, content));
                return true;
            });
        }
        return source_encoding::utf8;
    }

    source_encoding convert_unimarc() {
        const std::string_view sets = unimarc_sets(into_);
        const bool says_utf8 = sets.substr(0, 2) == "50";
        if (is_utf8(into_.data())) {
            if (!says_utf8) {
                note_(defect_code::encoding_mislabelled, no_field, 0);
            }
            return says_utf8 ? source_encoding::utf8 : source_encoding::utf8_mislabelled;
        }
        if (says_utf8) {
            return convert_utf8();
        }
        // 01 is ISO 646 and 03 ISO 5426; the other sets (Cyrillic, Greek, Georgian, Hebrew …) are not known here.
        const std::string_view g1 = sets.size() == 4 ? sets.substr(2, 2) : std::string_view();
        if (g1 == "03" || g1 == "  " || g1 == "||" || g1.empty()) {
            decode(source_encoding::iso5426);
            return source_encoding::iso5426;
        }
        return convert_utf8();
    }

    void decode(source_encoding encoding) {
        if (is_ascii(into_.data()) && into_.data().find_first_of("\x1B&") == std::string_view::npos) {
            return;
        }
        into_.convert_fields([&](std::size_t i, std::string_view content, std::pmr::string& out) {
            if (encoding == source_encoding::latin1) {
                append_latin1(content, out);
            } else if (encoding == source_encoding::iso5426) {
                decode_iso5426(content, out, field_note(i, content));
            } else {
                decode_marc8(content, out, field_note(i, content));
            }
            return true;
        });
    }

    std::size_t offset_of(std::string_view content) const noexcept {
        return static_cast<std::size_t>(content.data() - into_.data().data());
    }

    character_note field_note(std::size_t field, std::string_view content) {
        field_ = field;
        field_offset_ = offset_of(content);
        // One pointer: std::function keeps it without memory.
        return [this](defect_code code, std::size_t offset) { note_(code, field_, field_offset_ + offset); };
    }

    builder& into_;
    const charset_note& note_;
    std::size_t field_ = 0;
    std::size_t field_offset_ = 0;
};

} // namespace

source_encoding convert_characters(builder& into, iso2709_encoding wanted, const charset_note& note) {
    return converter(into, note).convert(wanted);
}

void append_encoded(std::string_view utf8, source_encoding encoding, std::pmr::string& out) {
    if (is_ascii(utf8) && utf8.find('\x1B') == std::string_view::npos) {
        out.append(utf8);
        return;
    }
    switch (encoding) {
    case source_encoding::marc8:
        encode_marc8(utf8, out, unencodable_character::reference);
        break;
    case source_encoding::iso5426:
        encode_iso5426(utf8, out);
        break;
    case source_encoding::latin1:
        for (std::size_t at = 0; at < utf8.size();) {
            const char32_t c = decode_character(utf8.substr(at));
            out.push_back(c < 0x100 ? static_cast<char>(c) : '?');
            at += character_bytes(utf8.substr(at));
        }
        break;
    default:
        out.append(utf8);
        break;
    }
}

} // namespace marc
