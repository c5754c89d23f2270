#include "marc/fold.hpp"

#include "fold_table.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/nfc.hpp"

#include <algorithm>
#include <array>

namespace marc {
namespace {

/// What each ASCII character becomes: itself in lower case, 0 when it is dropped, a blank for a gap.
constexpr std::array<char, 128> make_ascii() {
    std::array<char, 128> map{};
    for (std::size_t i = 0; i < map.size(); ++i) {
        const char c = static_cast<char>(i);
        if (is_alphanumeric(c)) {
            map[i] = to_lower(c);
        } else if (c == '&' || c == '+' || c == '@' || c == '#' || c == '$') {
            map[i] = c;
        } else if (c == '\'' || c == '[' || c == ']') {
            map[i] = 0;
        } else {
            map[i] = c >= ' ' && c < 0x7F ? ' ' : c >= '\t' && c <= '\r' ? ' ' : '\0';
        }
    }
    return map;
}
constexpr std::array<char, 128> ascii = make_ascii();

/// Appends with one blank for all gaps since the last character, none at the start.
class squeezer {
  public:
    explicit squeezer(std::pmr::string& out) : out_(out), start_(out.size()) {}
    void gap() noexcept { gap_ = true; }
    void put(char c) {
        close_gap();
        out_.push_back(c);
    }
    void put(std::string_view text) {
        close_gap();
        out_.append(text);
    }
    /// Takes the ASCII characters at the start of a text; returns how many there are.
    std::size_t put_ascii(std::string_view text) {
        text = text.substr(0, find_non_ascii(text));
        const std::size_t before = out_.size();
        out_.resize(before + text.size() + 1); // no character becomes more than one, but for the first gap
        char* const begin = out_.data() + before;
        char* to = begin;
        bool gap = gap_;
        bool inside = before > start_;
        for (const char raw : text) {
            const char c = ascii[static_cast<unsigned char>(raw)];
            if (c == ' ') {
                gap = true;
            } else if (c != 0) {
                if (gap && inside) {
                    *to++ = ' ';
                }
                *to++ = c;
                gap = false;
                inside = true;
            }
        }
        gap_ = gap;
        out_.resize(before + static_cast<std::size_t>(to - begin));
        return text.size();
    }

  private:
    void close_gap() {
        if (gap_ && out_.size() > start_) {
            out_.push_back(' ');
        }
        gap_ = false;
    }
    std::pmr::string& out_;
    std::size_t start_;
    bool gap_ = false;
};

void put_character(char32_t c, squeezer& out) {
    char bytes[4];
    const std::size_t n = encode_character(c, bytes);
    out.put(std::string_view(bytes, n));
}

/// A Hangul syllable: a leading consonant, a vowel and perhaps a trailing consonant.
void put_syllable(char32_t c, squeezer& out) {
    const decomposition parts = decompose(c);
    if (parts.first == 0) {
        put_character(c, out);
        return;
    }
    put_syllable(parts.first, out);
    put_syllable(parts.second, out);
}

void put_text(std::string_view text, squeezer& out) {
    for (const char c : text) {
        if (c == ' ') {
            out.gap();
        } else {
            out.put(c);
        }
    }
}

/// Han and kana with their voicing marks: scripts without gaps between words.
bool is_word_alone(char32_t c) noexcept {
    return (c >= 0x3041 && c <= 0x3096) || (c >= 0x30A1 && c <= 0x30FA) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x20000 && c <= 0x3FFFD);
}
bool is_voicing(char32_t c) noexcept {
    return c == 0x3099 || c == 0x309A;
}

} // namespace

void fold(std::string_view utf8, std::pmr::string& result) {
    squeezer out(result);
    std::size_t at = 0;
    while (at < utf8.size()) {
        const char first = utf8[at];
        if (static_cast<unsigned char>(first) < 0x80) {
            at += out.put_ascii(utf8.substr(at));
            continue;
        }
        const std::string_view rest = utf8.substr(at);
        const std::string_view character = rest.substr(0, character_bytes(rest));
        at += character.size();
        const char32_t code = decode_character(character);
        if (is_hangul_syllable(code)) {
            put_syllable(code, out);
            continue;
        }
        switch (const std::uint16_t entry = fold_table::entry_of(code); entry) {
        case fold_table::drop:
            break;
        case fold_table::blank:
            out.gap();
            break;
        case fold_table::keep:
        case fold_table::keep_mark:
            out.put(character);
            break;
        default: {
            const unsigned char* const text = fold_table::texts + (entry - fold_table::first_text);
            put_text({reinterpret_cast<const char*>(text + 1), *text}, out);
        }
        }
    }
}

std::string_view word_cursor::next() noexcept {
    while (!rest_.empty() && rest_.front() == ' ') {
        rest_.remove_prefix(1);
    }
    std::size_t end = 0;
    bool alone = false;
    while (end < rest_.size() && rest_[end] != ' ') {
        if (static_cast<unsigned char>(rest_[end]) < 0xE3) { // below U+3000
            if (alone) {
                break;
            }
            ++end;
            continue;
        }
        const std::string_view rest = rest_.substr(end);
        const char32_t c = decode_character(rest);
        const bool single = is_word_alone(c);
        if ((single && end > 0) || (alone && !is_voicing(c))) {
            break;
        }
        alone = alone || single;
        end += character_bytes(rest);
    }
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
}

} // namespace marc
