#include "marc/title.hpp"

#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/fold.hpp"

#include <algorithm>
#include <optional>

namespace marc {
namespace {

std::optional<field_view> first_field(const record_view& record, std::string_view tag) {
    for (const field_view f : record) {
        if (f.tag() == tag) {
            return f;
        }
    }
    return {};
}

/// Cuts blanks and ISBD punctuation from the end.
void trim_end(std::pmr::string& text) {
    const std::size_t last = text.find_last_not_of(" /:;=,");
    text.resize(last == std::string::npos ? 0 : last + 1);
}

/// Appends the subfields with these codes, joined by blanks.
void append_subfields(const field_view& f, std::string_view codes, std::pmr::string& out) {
    for (const subfield_view& s : f.subfields()) {
        if (s.code.size() == 1 && codes.find(s.code.front()) != std::string_view::npos && !s.value.empty()) {
            if (!out.empty()) {
                out.push_back(' ');
            }
            out.append(s.value);
        }
    }
}

bool is_unimarc(const record_view& record) noexcept {
    return record.get_flavour() == flavour::unimarc;
}

/// Combining Diacritical Marks and their supplements: what stands on a letter when text is decomposed.
bool is_combining(char32_t c) noexcept {
    return (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) ||
           (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE20 && c <= 0xFE2F);
}

/// The text behind `count` characters and the marks on the last of them.
std::string_view without_first(std::string_view text, int count) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::string_view rest = text.substr(at);
        if (!is_combining(decode_character(rest)) && count-- == 0) {
            break;
        }
        at += character_bytes(rest);
    }
    return text.substr(std::min(at, text.size()));
}

/// The first four digits in a row that are a year; 0 when there are none.
int year_in(std::string_view text) noexcept {
    std::size_t run = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && is_digit(text[i])) {
            ++run;
            continue;
        }
        if (run == 4 && (text[i - 4] == '1' || text[i - 4] == '2')) {
            return (text[i - 4] - '0') * 1000 + (text[i - 3] - '0') * 100 + (text[i - 2] - '0') * 10 +
                   (text[i - 1] - '0');
        }
        run = 0;
    }
    return 0;
}

int year_of_date1(std::string_view four) noexcept {
    return four.size() == 4 && std::all_of(four.begin(), four.end(), is_digit) && four != "9999" ? year_in(four) : 0;
}

int year_in_subfield(const field_view& f, std::string_view code) {
    for (const subfield_view& s : f.subfields()) {
        if (s.code == code) {
            if (const int year = year_in(s.value)) {
                return year;
            }
        }
    }
    return 0;
}

bool is_language(std::string_view code) noexcept {
    return code.size() == 3 && std::all_of(code.begin(), code.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

} // namespace

std::pmr::string title(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::string text(memory);
    if (const auto f = first_field(record, is_unimarc(record) ? "200" : "245")) {
        append_subfields(*f, is_unimarc(record) ? "aehi" : "abnp", text);
    }
    trim_end(text);
    return text;
}

std::pmr::string sort_title(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::string text(memory);
    std::pmr::string folded(memory);
    const bool unimarc = is_unimarc(record);
    const auto f = first_field(record, unimarc ? "200" : "245");
    if (!f) {
        return folded;
    }
    append_subfields(*f, unimarc ? "aehi" : "abnp", text);
    std::string_view rest = text;
    // Marks are exact; the indicator counts without them.
    const std::size_t begin = rest.find("\xC2\x98");
    const std::size_t end = begin == std::string_view::npos ? begin : rest.find("\xC2\x9C", begin);
    if (end != std::string_view::npos) {
        fold(rest.substr(0, begin), folded);
        rest = rest.substr(end + 2);
    } else if (!unimarc && is_digit(f->indicator2())) {
        const std::string_view sorted = without_first(rest, f->indicator2() - '0');
        rest = sorted.empty() ? rest : sorted;
    }
    if (!folded.empty()) {
        folded.push_back(' ');
    }
    fold(rest, folded);
    return folded;
}

std::pmr::string author(const record_view& record, std::pmr::memory_resource* memory) {
    struct place {
        std::string_view tag;
        std::string_view codes;
    };
    static constexpr place marc21[] = {{"100", "abcqd"}, {"110", "ab"}, {"111", "andc"},
                                       {"700", "abcqd"}, {"710", "ab"}, {"711", "andc"}};
    static constexpr place unimarc[] = {{"700", "ab"}, {"710", "ab"}, {"701", "ab"}, {"711", "ab"}};
    std::pmr::string text(memory);
    const std::span<const place> places =
        is_unimarc(record) ? std::span<const place>(unimarc) : std::span<const place>(marc21);
    // Main entries win over added ones; among the added ones, the first in the record.
    for (const char first : {'1', '7'}) {
        for (const field_view f : record) {
            for (const place& p : places) {
                if (p.tag == f.tag() && (p.tag[0] == first || is_unimarc(record))) {
                    append_subfields(f, p.codes, text);
                    trim_end(text);
                    if (!text.empty()) {
                        return text;
                    }
                }
            }
        }
    }
    return text;
}

int publication_year(const record_view& record) {
    if (is_unimarc(record)) {
        if (const auto f = first_field(record, "100")) {
            for (const subfield_view& s : f->subfields()) {
                const int year = s.code == "a" && s.value.size() >= 13 ? year_of_date1(s.value.substr(9, 4)) : 0;
                if (year != 0) {
                    return year;
                }
            }
        }
        const auto f = first_field(record, "210");
        return f ? year_in_subfield(*f, "d") : 0;
    }
    const auto fixed = first_field(record, "008");
    if (fixed && fixed->content().size() >= 11) {
        if (const int year = year_of_date1(fixed->content().substr(7, 4))) {
            return year;
        }
    }
    int in_260 = 0;
    int in_264 = 0;
    for (const field_view f : record) {
        if (f.tag() == "264" && f.indicator2() == '1') {
            if (const int year = year_in_subfield(f, "c")) {
                return year;
            }
        } else if (f.tag() == "264" && in_264 == 0) {
            in_264 = year_in_subfield(f, "c");
        } else if (f.tag() == "260" && in_260 == 0) {
            in_260 = year_in_subfield(f, "c");
        }
    }
    return in_260 != 0 ? in_260 : in_264;
}

std::string_view language(const record_view& record) {
    const bool unimarc = is_unimarc(record);
    if (!unimarc) {
        const auto fixed = first_field(record, "008");
        if (fixed && fixed->content().size() >= 38 && is_language(fixed->content().substr(35, 3))) {
            return fixed->content().substr(35, 3);
        }
    }
    for (const field_view f : record) {
        if (f.tag() != (unimarc ? "101" : "041")) {
            continue;
        }
        for (const subfield_view& s : f.subfields()) {
            if (s.code == "a" && is_language(s.value.substr(0, 3))) {
                return s.value.substr(0, 3);
            }
        }
    }
    return {};
}

std::string_view kind(const record_view& record) noexcept {
    const char level = record.leader()[7];
    switch (record.leader()[6]) {
    case 'a':
        return level == 'a' || level == 'b' ? "article"
               : level == 's'               ? "serial"
               : level == 'i'               ? "integrating resource"
                                            : "book";
    case 't':
    case 'b': // UNIMARC
        return "manuscript";
    case 'c':
    case 'd':
        return "score";
    case 'e':
    case 'f':
        return "map";
    case 'g':
        return "projected";
    case 'i':
        return "spoken";
    case 'j':
        return "music";
    case 'k':
        return "image";
    case 'm':
        return "computer file";
    case 'l':
        return is_unimarc(record) ? "computer file" : "";
    case 'o':
        return "kit";
    case 'p':
        return "mixed materials";
    case 'r':
        return "object";
    case 'z':
        return "authority";
    case 'u':
    case 'v':
    case 'x':
    case 'y':
        return "holdings";
    case 'w':
        return "classification";
    case 'q':
        return "community";
    default:
        return {};
    }
}

} // namespace marc
