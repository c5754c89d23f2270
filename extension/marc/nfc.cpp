#include "marc/nfc.hpp"

#include "marc/charset.hpp"
#include "marc/poll.hpp"
#include "nfc_tables.hpp"

#include <algorithm>
#include <vector>

namespace marc {
namespace {

using nfc::character_kind;

// Hangul syllables by arithmetic: The Unicode Standard, section 3.12.
constexpr char32_t hangul_first = 0xAC00;
constexpr char32_t leading_first = 0x1100;
constexpr char32_t vowel_first = 0x1161;
constexpr char32_t trailing_first = 0x11A7; // the code before the first one: no trailing consonant
constexpr char32_t leading_count = 19;
constexpr char32_t vowel_count = 21;
constexpr char32_t trailing_count = 28;

const character_kind& kind_of(char32_t c) noexcept {
    const std::size_t block = c / 128;
    return block < nfc::blocks.size() ? nfc::kinds[nfc::kind_numbers[128U * nfc::blocks[block] + c % 128]]
                                      : nfc::kinds[0];
}

/// The first byte of a character at or over U+0300, below which form C changes nothing; eight bytes at a time is what
/// find_non_ascii does for the rest.
std::size_t skip_below_marks(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && static_cast<unsigned char>(text[at]) < 0xCC) {
        ++at;
        if (text.size() - at >= 8 && static_cast<unsigned char>(text[at]) < 0x80) {
            at = std::min(text.size(), at + std::min(find_non_ascii(text.substr(at)), text.size() - at));
        }
    }
    return at;
}

/// Where form C may change something: the start of the sequence in which it happens, or the size.
std::size_t find_change(std::string_view text, std::size_t at) {
    std::size_t sequence = at;
    unsigned last_class = 0;
    poller polling;
    while (at < text.size()) {
        const std::size_t plain = skip_below_marks(text, at);
        if (plain > at) {
            polling.step(plain - at);
            // The last character before is where a sequence may start.
            sequence = plain - 1;
            while (sequence > at && (static_cast<unsigned char>(text[sequence]) & 0xC0U) == 0x80U) {
                --sequence;
            }
            last_class = 0;
            at = plain;
            continue;
        }
        const character_kind& kind = kind_of(decode_character(text.substr(at)));
        if (kind.changes != 0 || kind.joins != 0 || (kind.combining_class != 0 && kind.combining_class < last_class)) {
            return kind.changes != 0 && kind.combining_class == 0 && kind.joins == 0 ? at : sequence;
        }
        last_class = kind.combining_class;
        if (last_class == 0) {
            sequence = at;
        }
        polling.step();
        at += character_bytes(text.substr(at));
    }
    return text.size();
}

struct ordered_character {
    char32_t character;
    std::uint32_t order; ///< combining class in the high byte, below it the position: a stable order without memory
};

class normaliser {
  public:
    normaliser(std::pmr::string& out, bool composing)
        : out_(out), composing_(composing), sequence_(out.get_allocator().resource()) {}

    void add(char32_t c) {
        if (is_hangul_syllable(c)) {
            const char32_t index = c - hangul_first;
            push(leading_first + index / (vowel_count * trailing_count), 0);
            push(vowel_first + index / trailing_count % vowel_count, 0);
            if (index % trailing_count != 0) {
                push(trailing_first + index % trailing_count, 0);
            }
            return;
        }
        const character_kind& kind = kind_of(c);
        if (kind.first == 0) {
            push(c, kind.combining_class);
            return;
        }
        add(kind.first);
        if (kind.second != 0) {
            add(kind.second);
        }
    }

    /// Writes the sequence so far. Between two calls must lie whole sequences: what may compose, or must be put in
    /// order, stays together.
    void flush() {
        std::size_t start = 0;
        // Order each run of marks by class.
        while (start < sequence_.size()) {
            std::size_t end = start;
            while (end < sequence_.size() && sequence_[end].order >= first_mark) {
                ++end;
            }
            std::sort(sequence_.begin() + static_cast<std::ptrdiff_t>(start),
                      sequence_.begin() + static_cast<std::ptrdiff_t>(end),
                      [](const auto& a, const auto& b) { return a.order < b.order; });
            start = end + 1;
        }
        if (composing_) {
            compose_sequence();
        }
        for (const ordered_character& c : sequence_) {
            char bytes[4];
            out_.append(bytes, encode_character(c.character, bytes));
        }
        sequence_.clear();
    }

  private:
    static constexpr std::uint32_t first_mark = 1U << 24U;

    void push(char32_t c, unsigned combining_class) {
        sequence_.push_back({c, (combining_class << 24U) | static_cast<std::uint32_t>(sequence_.size() & 0xFFFFFFU)});
        if (sequence_.size() == 0xFFFFFF) {
            flush(); // a run of 16 million marks: bounded memory comes first
        }
    }

    void compose_sequence() {
        std::size_t length = 0;  // of what is kept
        std::size_t starter = 0; // index of the last character of class 0
        bool has_starter = false;
        unsigned last_class = 0; // of the last character kept behind the starter
        for (const ordered_character& c : sequence_) {
            const unsigned combining_class = c.order >> 24U;
            const bool adjacent = has_starter && length == starter + 1;
            if (has_starter && (adjacent || (last_class != 0 && last_class < combining_class))) {
                const char32_t joined = compose(sequence_[starter].character, c.character);
                if (joined != 0) {
                    sequence_[starter].character = joined;
                    continue;
                }
            }
            if (combining_class == 0) {
                starter = length;
                has_starter = true;
            }
            last_class = combining_class;
            sequence_[length++] = c;
        }
        sequence_.resize(length);
    }

    std::pmr::string& out_;
    bool composing_;
    std::pmr::vector<ordered_character> sequence_;
};

/// Calls `value` with each part of a field's content that is normalised for itself, and `other` with the rest.
template <typename Value, typename Other>
void for_each_value(const field_view& f, Value value, Other other) {
    const std::string_view content = f.content();
    if (f.is_control()) {
        value(content);
        return;
    }
    const std::size_t indicators = f.has_indicators() ? 2 : 0;
    other(content.substr(0, indicators));
    std::size_t at = std::min(content.find(subfield_delimiter, indicators), content.size());
    value(content.substr(indicators, at - indicators));
    for (const subfield_view& s : f.subfields()) {
        other(content.substr(at, 1 + s.code.size()));
        value(s.value);
        at += 1 + s.code.size() + s.value.size();
    }
}

} // namespace

bool is_nfc(std::string_view text) {
    const std::size_t at = find_change(text, 0);
    if (at == text.size()) {
        return true;
    }
    std::pmr::string normalised;
    append_nfc(text.substr(at), normalised);
    return normalised == text.substr(at);
}

void append_nfc(std::string_view text, std::pmr::string& out) {
    normaliser n(out, true);
    std::size_t at = 0;
    poller polling;
    while (at < text.size()) {
        const std::size_t change = find_change(text, at);
        out.append(text.substr(at, change - at));
        at = change;
        bool first = true;
        while (at < text.size()) {
            const char32_t c = decode_character(text.substr(at));
            // A character that starts a sequence and joins nothing before it ends this one.
            const character_kind& kind = kind_of(c);
            if (!first && kind.combining_class == 0 && kind.joins == 0) {
                break;
            }
            first = false;
            n.add(c);
            polling.step();
            at += character_bytes(text.substr(at));
        }
        n.flush();
    }
}

void append_nfd(std::string_view text, std::pmr::string& out) {
    normaliser n(out, false);
    poller polling;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = decode_character(text.substr(at));
        if (kind_of(c).combining_class == 0 && kind_of(c).joins == 0) {
            n.flush();
        }
        n.add(c);
        polling.step();
        at += character_bytes(text.substr(at));
    }
    n.flush();
}

decomposition decompose(char32_t character) noexcept {
    if (is_hangul_syllable(character)) {
        const char32_t index = character - hangul_first;
        if (index % trailing_count != 0) {
            return {character - index % trailing_count, trailing_first + index % trailing_count};
        }
        return {leading_first + index / (vowel_count * trailing_count),
                vowel_first + index / trailing_count % vowel_count};
    }
    const character_kind& kind = kind_of(character);
    return {kind.first, kind.second};
}

char32_t compose(char32_t first, char32_t second) noexcept {
    if (first >= leading_first && first < leading_first + leading_count && second >= vowel_first &&
        second < vowel_first + vowel_count) {
        return hangul_first + ((first - leading_first) * vowel_count + (second - vowel_first)) * trailing_count;
    }
    if (is_hangul_syllable(first) && (first - hangul_first) % trailing_count == 0 && second > trailing_first &&
        second < trailing_first + trailing_count) {
        return first + (second - trailing_first);
    }
    const std::uint64_t pair = (std::uint64_t{first} << 32U) | second;
    const auto it = std::lower_bound(nfc::compositions.begin(), nfc::compositions.end(), pair,
                                     [](const nfc::composition& c, std::uint64_t value) { return c.pair < value; });
    return it != nfc::compositions.end() && it->pair == pair ? it->composite : 0;
}

bool is_nfc(const record_view& record) {
    if (!record.has(record_flag::non_ascii)) {
        return true;
    }
    bool all = true;
    for (const field_view f : record) {
        for_each_value(
            f, [&](std::string_view value) { all = all && is_nfc(value); }, [](std::string_view) {});
    }
    return all;
}

void build_nfc(const record_view& record, builder& into) {
    into.clear();
    into.set_leader(record.leader());
    std::pmr::string value(into.memory());
    for (const field_view f : record) {
        into.begin_field(f.tag());
        for_each_value(
            f,
            [&](std::string_view text) {
                value.clear();
                append_nfc(text, value);
                into.append(value);
            },
            [&](std::string_view text) { into.append(text); });
        into.end_field();
    }
}

} // namespace marc
