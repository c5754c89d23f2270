#include "marc/charset.hpp"
#include "marc/marc8.hpp"
#include "marc8_reference.hpp"
#include "marc8_tables.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace marc {
namespace {

using marc8::set_table;

constexpr unsigned char escape = 0x1B;

/// A set that is in force: a table, or the East Asian set, which has three bytes a character.
struct designated {
    const set_table* table = nullptr; ///< nullptr: EACC
    bool forgiving = false;           ///< codes without a meaning are basic Latin: the return to it was forgotten
};

const set_table* table_of(char final_character) noexcept {
    switch (final_character) {
    case 'B':
        return &marc8::basic_latin;
    case 'E':
        return &marc8::extended_latin;
    case '2':
        return &marc8::hebrew;
    case 'N':
        return &marc8::cyrillic;
    case 'Q':
        return &marc8::extended_cyrillic;
    case '3':
        return &marc8::arabic;
    case '4':
        return &marc8::extended_arabic;
    case 'S':
        return &marc8::greek;
    default:
        return nullptr;
    }
}

char32_t eacc_character(unsigned first, unsigned second, unsigned third) noexcept {
    if (first < 0x21 || first > 0x7E || second < 0x20 || second > 0x7E || third < 0x20 || third > 0x7E) {
        return 0;
    }
    const std::size_t row = marc8::eacc_planes[first - 0x21].find(second);
    if (row == marc8::code_group::none) {
        return 0;
    }
    const std::size_t cell = marc8::eacc_rows[row].find(third);
    if (cell == marc8::code_group::none) {
        return 0;
    }
    const char32_t c = marc8::eacc_cells[cell];
    return c >= 0xD800 && c < 0xD800 + marc8::eacc_wide.size() ? marc8::eacc_wide[c - 0xD800] : c;
}

/// Codes that some systems write in EACC though its table has no such rows: punctuation of Windows. (pymarc's test file
/// has them all.)
char32_t stray_eacc_character(std::string_view code) noexcept {
    constexpr std::pair<std::string_view, char32_t> codes[] = {
        {"\x21\x20\x3D", 0x2026}, {"\x21\x20\x40", 0x201C}, {"\x7F\x20\x14", 0x2014},
        {"\x7F\x20\x19", 0x2019}, {"\x7F\x20\x20", 0x201D}, {"\x7F\x21\x22", 0x2122},
    };
    for (const auto& [known, character] : codes) {
        if (code == known) {
            return character;
        }
    }
    return 0;
}

/// Where plain text ends: at a byte over 7F, an escape or an ampersand; eight bytes at a time.
std::size_t skip_plain(std::string_view text, std::size_t at) noexcept {
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101ULL;
    constexpr std::uint64_t highs = 0x80 * ones;
    while (text.size() - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        const std::uint64_t no_escape = word ^ (escape * ones);
        const std::uint64_t no_ampersand = word ^ ('&' * ones);
        // Exact for words without bytes over 7F, and those stop anyway.
        if (((word | (no_escape - ones) | (no_ampersand - ones)) & highs) != 0) {
            break;
        }
        at += 8;
    }
    while (at < text.size()) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (c >= 0x80 || c == escape || c == '&') {
            break;
        }
        ++at;
    }
    return at;
}

class decoder {
  public:
    decoder(std::string_view text, std::pmr::string& out, const character_note& note, const set_table& high, bool marc8,
            bool utf8)
        : text_(text), out_(out), note_(note), g1_{&high}, marc8_(marc8), utf8_(utf8) {}

    void run() {
        const std::size_t start = out_.size();
        // A byte becomes U+FFFD at most, an EACC code of three bytes at most four.
        out_.resize(start + 3 * text_.size() + 4);
        base_ = out_.data();
        end_ = start;
        std::size_t at = 0;
        while (at < text_.size()) {
            at = step(at);
        }
        drop_marks();
        out_.resize(end_);
    }

  private:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    bool plain_latin() const noexcept { return g0_.table == &marc8::basic_latin && !g0_.forgiving; }
    unsigned char byte(std::size_t at) const noexcept { return static_cast<unsigned char>(text_[at]); }

    std::size_t step(std::size_t at) {
        if (plain_latin() && marks_at_ == nowhere) {
            const std::size_t plain = skip_plain(text_, at);
            if (plain > at) {
                copy(at, plain);
                if (half_open_) {
                    const std::string_view run = text_.substr(at, plain - at);
                    half_open_ = std::none_of(run.begin(), run.end(), [](char c) { return c >= 0 && c < 0x20; });
                }
                return plain;
            }
        }
        const unsigned char c = byte(at);
        if (c == escape && marc8_) {
            return read_escape(at);
        }
        if (c < 0x20) {
            return read_control(at);
        }
        if (c < 0x80) {
            return read_low(at, c);
        }
        return read_high(at, c);
    }

    void copy(std::size_t from, std::size_t to) {
        std::memcpy(base_ + end_, text_.data() + from, to - from);
        end_ += to - from;
    }

    std::size_t read_control(std::size_t at) {
        drop_marks();
        half_open_ = false;
        base_[end_++] = text_[at++];
        // A subfield code belongs to no set.
        if (text_[at - 1] == 0x1F && at < text_.size() && byte(at) > 0x20 && byte(at) < 0x7F) {
            base_[end_++] = text_[at++];
        }
        return at;
    }

    std::size_t read_low(std::size_t at, unsigned char c) {
        if (g0_.table == nullptr && (c == 0x21 || c == 0x7F)) {
            const char32_t stray = stray_eacc_character(text_.substr(at, 3));
            if (stray != 0) {
                put(stray);
                return at + 3;
            }
        }
        if (c == ' ' || c == 0x7F) {
            put(c);
            return at + 1;
        }
        if (plain_latin()) {
            if (c == '&' && marc8_) {
                const marc8::reference found = marc8::find_reference(text_.substr(at));
                if (found.bytes > 0) {
                    put(found.character);
                    return at + found.bytes;
                }
            }
            put(c);
            return at + 1;
        }
        if (g0_.table == nullptr) {
            return read_eacc(at, false);
        }
        read_single(at, *g0_.table, c, g0_.forgiving);
        return at + 1;
    }

    std::size_t read_high(std::size_t at, unsigned char c) {
        if (utf8_) {
            const std::size_t length = character_bytes(text_.substr(at));
            drop_marks();
            copy(at, at + length);
            return at + length;
        }
        // U+FFFD in UTF-8, written by a system that had lost the character before; unless it means something here.
        if (c == 0xEF && text_.substr(at, 3) == "\xEF\xBF\xBD" && !has_in_g1(0x6F, 0x3F, 0x3D)) {
            put(0xFFFD);
            return at + 3;
        }
        if (c < 0xA1 || c == 0xFF) {
            put_c1(at, c);
            return at + 1;
        }
        if (g1_.table == nullptr) {
            return read_eacc(at, true);
        }
        read_single(at, *g1_.table, c & 0x7FU, false);
        return at + 1;
    }

    /// Whether the set in G1 has characters at these three codes, or one at all three together.
    bool has_in_g1(unsigned a, unsigned b, unsigned c) const noexcept {
        if (g1_.table == nullptr) {
            return eacc_character(a, b, c) != 0;
        }
        return (*g1_.table)[a - 0x21] != 0 && (*g1_.table)[b - 0x21] != 0 && (*g1_.table)[c - 0x21] != 0;
    }

    /// Non-sorting marks and joiners are control characters, whichever set is in G1.
    void put_c1(std::size_t at, unsigned char c) {
        switch (c) {
        case 0x88:
            return put(0x98);
        case 0x89:
            return put(0x9C);
        case 0x8D:
            return put(0x200D);
        case 0x8E:
            return put(0x200C);
        default:
            return put_undecodable(at);
        }
    }

    void read_single(std::size_t at, const set_table& table, unsigned c, bool forgiving) {
        const std::uint32_t found = table[c - 0x21];
        if (found == 0) {
            if (!forgiving) {
                return put_undecodable(at);
            }
            note_(defect_code::bad_escape, at);
            return put(c);
        }
        if ((found & marc8::mark) == 0) {
            return put(found);
        }
        put_mark(at, found);
    }

    std::size_t read_eacc(std::size_t at, bool high) {
        std::size_t end = at;
        const auto usable = [&](unsigned char c) { return high ? c >= 0xA0 && c < 0xFF : c >= 0x20 && c < 0x7F; };
        while (end < text_.size() && end < at + 3 && usable(byte(end))) {
            ++end;
        }
        const char32_t c =
            end == at + 3 ? eacc_character(byte(at) & 0x7FU, byte(at + 1) & 0x7FU, byte(at + 2) & 0x7FU) : 0;
        if (c == 0) {
            put_undecodable(at);
        } else {
            put(c);
        }
        return end;
    }

    /// MARC-8: technique 1 is ESC and g, b, p or s; technique 2 is ESC, "$" for three bytes a character, which half the
    /// set goes to, and the set.
    std::size_t read_escape(std::size_t at) {
        std::size_t next = at + 1;
        const auto peek = [&] { return next < text_.size() ? text_[next] : '\0'; };
        switch (peek()) {
        case 'g':
            return designate(next + 1, {&marc8::greek_symbols, true});
        case 'b':
            return designate(next + 1, {&marc8::subscripts, true});
        case 'p':
            return designate(next + 1, {&marc8::superscripts, true});
        case 's':
            return designate(next + 1, {&marc8::basic_latin});
        default:
            break;
        }
        const bool wide = peek() == '$';
        next += wide ? 1 : 0;
        const char half = peek();
        const bool second = half == ')' || half == '-';
        const bool first = half == '(' || half == ',';
        next += first || second ? 1 : 0;
        if (!wide && peek() == '!') {
            ++next;
        }
        const set_table* table = wide ? nullptr : table_of(peek());
        if (wide ? peek() != '1' : table == nullptr || (!first && !second)) {
            note_(defect_code::bad_escape, at);
            drop_marks();
            base_[end_++] = text_[at];
            return at + 1;
        }
        if (second) {
            g1_ = {table};
            return next + 1;
        }
        return designate(next + 1, {table});
    }

    std::size_t designate(std::size_t next, designated set) noexcept {
        g0_ = set;
        return next;
    }

    /// A base character: goes before the marks that came before it.
    void put(char32_t c) {
        char bytes[4];
        const std::size_t length = encode_character(c, bytes);
        if (marks_at_ == nowhere) {
            std::memcpy(base_ + end_, bytes, length);
        } else {
            std::memmove(base_ + marks_at_ + length, base_ + marks_at_, end_ - marks_at_);
            std::memcpy(base_ + marks_at_, bytes, length);
            half_at_ += half_at_ >= marks_at_ ? length : 0;
            marks_at_ = nowhere;
        }
        end_ += length;
    }

    void put_undecodable(std::size_t at) {
        note_(defect_code::undecodable_bytes, at);
        put(0xFFFD);
    }

    void put_mark(std::size_t at, std::uint32_t found) {
        char32_t c = found & ~marc8::mark;
        if (found == marc8::ligature_second_half || found == marc8::double_tilde_second_half) {
            const bool tilde = found == marc8::double_tilde_second_half;
            if (half_open_) {
                half_open_ = false;
                if (tilde && either_) {
                    base_[half_at_ + 1] = '\xA0'; // U+0361 becomes U+0360
                }
                return;
            }
            c = tilde ? 0xFE23 : 0xFE21;
        } else if (found == marc8::either_first_half || c == 0x360 || c == 0x361) {
            either_ = found == marc8::either_first_half;
            c = either_ ? 0x361 : c;
            half_open_ = true;
            half_at_ = end_;
        }
        if (marks_at_ == nowhere) {
            marks_at_ = end_;
            first_mark_ = at;
        }
        char bytes[4];
        const std::size_t length = encode_character(c, bytes);
        std::memcpy(base_ + end_, bytes, length);
        end_ += length;
    }

    /// Marks that nothing follows which they could stand on: they stay where they are.
    void drop_marks() {
        if (marks_at_ != nowhere) {
            note_(defect_code::mark_without_base, first_mark_);
            marks_at_ = nowhere;
        }
    }

    std::string_view text_;
    std::pmr::string& out_;
    const character_note& note_;
    char* base_ = nullptr;
    std::size_t end_ = 0; ///< in out_
    designated g0_{&marc8::basic_latin};
    designated g1_;
    std::size_t marks_at_ = nowhere; ///< in out_, where the marks of the character to come start
    std::size_t first_mark_ = 0;     ///< in text_
    bool half_open_ = false;         ///< a first half waits for its second
    bool either_ = false;
    std::size_t half_at_ = 0; ///< in out_
    bool marc8_;
    bool utf8_;
};

} // namespace

void decode_marc8(std::string_view field, std::pmr::string& out, const character_note& note, marc8_options options) {
    decoder(field, out, note, marc8::extended_latin, true, options.high_bytes_are_utf8).run();
}

void decode_iso5426(std::string_view field, std::pmr::string& out, const character_note& note) {
    decoder(field, out, note, marc8::iso5426, false, false).run();
}

} // namespace marc
