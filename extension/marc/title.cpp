#include "marc/title.hpp"

#include "article.hpp"
#include "filing_title.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/fold.hpp"
#include "marc/non_sorting.hpp"

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

std::optional<field_view> title_field(const record_view& record) {
    return first_field(record, record.is_unimarc() ? "200" : "245");
}

std::string_view title_codes(const record_view& record) noexcept {
    return record.is_unimarc() ? "aehi" : "abnp";
}

/// The text without as many characters as the indicator counts, unless it counts into a word or beyond the end; and
/// where it counts none, without an initial article of the language.
std::string_view without_article(std::string_view text, int counted, std::string_view language) noexcept {
    const std::string_view rest = without_first(text, counted);
    if (counted > 0 && !rest.empty()) {
        std::size_t last = text.size() - rest.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0U) == 0x80U) {
            --last;
        }
        if (may_end_article(decode_character(text.substr(last)))) {
            return rest;
        }
    }
    return text.substr(initial_article(text, language).size());
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
    if (const auto f = title_field(record)) {
        std::pmr::string marked(memory);
        append_subfields(*f, title_codes(record), marked);
        non_sorting::append_shown(marked, text);
    }
    trim_end(text);
    return text;
}

std::pmr::string filing_title(const record_view& record, bool guess, std::pmr::memory_resource* memory) {
    std::pmr::string filed(memory);
    const auto f = title_field(record);
    if (!f) {
        return filed;
    }
    std::pmr::string marked(memory);
    append_subfields(*f, title_codes(record), marked);
    // Marks are exact; the indicator counts without them.
    non_sorting::append_sorted(marked, filed);
    std::pmr::string shown(memory);
    non_sorting::append_shown(marked, shown);
    if (filed.find_first_not_of(' ') == std::pmr::string::npos || filed.size() == shown.size()) {
        const int counted = !record.is_unimarc() && is_digit(f->indicator2()) ? f->indicator2() - '0' : 0;
        const std::string_view known = language(record);
        filed = without_article(shown, counted, !guess ? std::string_view() : known.empty() ? "eng" : known);
    }
    return filed;
}

std::pmr::string sort_title(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::string folded(memory);
    fold(filing_title(record, false, memory), folded);
    return folded;
}

namespace {

/// Appends a UNIMARC name as MARC 21 writes it: the part that it is entered under, a comma, the rest.
void append_unimarc_name(const field_view& f, std::pmr::string& out) {
    for (const subfield_view& s : f.subfields()) {
        if ((s.code != "a" && s.code != "b") || s.value.empty()) {
            continue;
        }
        // Some catalogues write the comma into $b.
        const std::size_t start = s.value.find_first_not_of(", ");
        const bool inverted = f.tag()[1] == '0' && f.indicator2() != '0' && s.code == "b";
        if (!out.empty() && start != std::string_view::npos) {
            out.append(inverted ? ", " : " ");
        }
        out.append(s.value.substr(std::min(start, s.value.size())));
    }
}

} // namespace

std::pmr::string author(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::string text(memory);
    const auto first_of = [&](std::initializer_list<std::string_view> tags, auto&& append) {
        for (const field_view f : record) {
            if (std::find(tags.begin(), tags.end(), f.tag()) != tags.end()) {
                append(f, text);
                trim_end(text);
            }
            if (!text.empty()) {
                return true;
            }
        }
        return false;
    };
    // Main entries win over added ones; among the added ones, the first in the record.
    if (record.is_unimarc()) {
        first_of({"700", "710", "720"}, append_unimarc_name) || first_of({"701", "711", "721"}, append_unimarc_name) ||
            first_of({"702", "712", "722"}, append_unimarc_name);
        return text;
    }
    const auto append_name = [](const field_view& f, std::pmr::string& out) {
        append_subfields(f, f.tag()[2] != '0' ? "andc" : f.tag()[1] == '0' ? "abcqd" : "abndc", out);
    };
    first_of({"100", "110", "111"}, append_name) || first_of({"700", "710", "711"}, append_name);
    return text;
}

int publication_year(const record_view& record) {
    if (record.is_unimarc()) {
        if (const auto f = first_field(record, "100")) {
            for (const subfield_view& s : f->subfields()) {
                const int year = s.code == "a" && s.value.size() >= 13 ? year_of_date1(s.value.substr(9, 4)) : 0;
                if (year != 0) {
                    return year;
                }
            }
        }
        for (const field_view f : record) {
            const int year = f.tag() == "210" || f.tag() == "214" ? year_in_subfield(f, "d") : 0;
            if (year != 0) {
                return year;
            }
        }
        return 0;
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
    const bool unimarc = record.is_unimarc();
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
        return record.is_unimarc() ? "computer file" : "";
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
