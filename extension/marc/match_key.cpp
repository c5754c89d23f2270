#include "marc/match_key.hpp"

#include "filing_title.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/fold.hpp"
#include "marc/title.hpp"

#include "index_terms.hpp"

#include <algorithm>
#include <charconv>

namespace marc {
namespace {

/// The folded text without blanks.
std::pmr::string packed(std::string_view text, std::pmr::memory_resource* memory) {
    std::pmr::string folded(memory);
    fold(text, folded);
    folded.erase(std::remove(folded.begin(), folded.end(), ' '), folded.end());
    return folded;
}

std::string_view first_characters(std::string_view text, std::size_t count) noexcept {
    return text.substr(0, byte_of_character(text, count));
}

/// The first subfield with this code in the first field with one of these tags that has it; borrows from the record.
std::string_view first_value(const record_view& record, std::initializer_list<std::string_view> tags,
                             std::string_view code) {
    for (const field_view f : record) {
        if (std::find(tags.begin(), tags.end(), f.tag()) == tags.end()) {
            continue;
        }
        for (const subfield_view& s : f.subfields()) {
            if (s.code == code && !s.value.empty()) {
                return s.value;
            }
        }
    }
    return {};
}

/// The largest number of at most five digits.
unsigned largest_number(std::string_view text) noexcept {
    unsigned largest = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (!is_digit(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && is_digit(text[end])) {
            ++end;
        }
        unsigned number = 0;
        if (end - at <= 5) {
            std::from_chars(text.data() + at, text.data() + end, number);
            largest = std::max(largest, number);
        }
        at = end;
    }
    return largest;
}

enum class form_kind : std::uint8_t { unknown, other, electronic, microform };

/// Of the form of item in 008/23 or /29, and at the same place in 006.
form_kind form_of_item(std::string_view fixed, std::size_t position) noexcept {
    switch (fixed.size() > position ? fixed[position] : ' ') {
    case 'o':
    case 'q':
    case 's':
        return form_kind::electronic;
    case 'a':
    case 'b':
    case 'c':
        return form_kind::microform;
    case 'd': // large print
    case 'f': // braille
    case 'r': // regular print
        return form_kind::other;
    default:
        return form_kind::unknown;
    }
}

/// Of a category of 007/00, and of the first letter of an RDA media or carrier code.
form_kind form_of_category(std::string_view code) noexcept {
    return code.empty()          ? form_kind::unknown
           : code.front() == 'c' ? form_kind::electronic
           : code.front() == 'h' ? form_kind::microform
                                 : form_kind::other;
}

/// Of the words of a description, folded and without blanks.
form_kind form_of_words(std::string_view packed_text) noexcept {
    const auto has = [&](std::initializer_list<std::string_view> words) {
        return std::any_of(words.begin(), words.end(),
                           [&](std::string_view word) { return packed_text.find(word) != std::string_view::npos; });
    };
    if (has({"microfi", "microform", "microopaque", "mikrofi", "mikroform", "aperturecard"})) {
        return form_kind::microform;
    }
    return has({"online", "electronic", "elektronisch", "electronique", "elettronic", "enligne", "enlinea", "computer",
                "website", "ebook", "cdrom", "dvdrom"})
               ? form_kind::electronic
               : form_kind::unknown;
}

/// Of the first 338 or 337: $b is a code, $a its words.
form_kind form_of_rda(const record_view& record, std::string_view tag, std::pmr::memory_resource* memory) {
    for (const field_view f : record) {
        if (f.tag() != tag) {
            continue;
        }
        form_kind by_words = form_kind::unknown;
        for (const subfield_view& s : f.subfields()) {
            if (s.code == "b" && s.value.size() <= 2) {
                return form_of_category(s.value);
            }
            if (s.code == "a" && by_words == form_kind::unknown) {
                const std::pmr::string words = packed(s.value, memory);
                by_words = words == "volume" || words == "unmediated" ? form_kind::other : form_of_words(words);
            }
        }
        return by_words;
    }
    return form_kind::unknown;
}

form_kind form_of_marc21(const record_view& record, std::pmr::memory_resource* memory) {
    const auto by_lengthy_form = [](char type) {
        return std::string_view("efgkor").find(type) != std::string_view::npos;
    };
    form_kind found = form_kind::unknown;
    const auto consider = [&](form_kind form) { found = found == form_kind::unknown ? form : found; };
    for (const field_view f : record) {
        if (f.tag() == "008") {
            consider(form_of_item(f.content(), by_lengthy_form(record.leader()[6]) ? 29 : 23));
        }
    }
    consider(form_of_rda(record, "338", memory));
    consider(form_of_rda(record, "337", memory));
    consider(form_of_words(packed(first_value(record, {"245"}, "h"), memory)));
    consider(form_of_words(packed(first_value(record, {"300"}, "a"), memory)));
    // Last, since 006 and 007 may be about a disc that accompanies a book.
    for (const field_view f : record) {
        if (f.tag() == "007") {
            const form_kind category = form_of_category(f.content().substr(0, 1));
            consider(category == form_kind::other ? form_kind::unknown : category);
        } else if (f.tag() == "006" && !f.content().empty()) {
            consider(f.content().front() == 'm'
                         ? form_kind::electronic
                         : form_of_item(f.content(), by_lengthy_form(f.content().front()) ? 12 : 6));
        }
    }
    return found;
}

form_kind form_of_unimarc(const record_view& record, std::pmr::memory_resource* memory) {
    form_kind found = record.leader()[6] == 'l' ? form_kind::electronic : form_kind::unknown;
    const auto consider = [&](form_kind form) { found = found == form_kind::unknown ? form : found; };
    const std::string_view printed = first_value(record, {"106"}, "a").substr(0, 1);
    consider(printed == "s"   ? form_kind::electronic
             : printed == "t" ? form_kind::microform
             : printed == "r" ? form_kind::other
                              : form_kind::unknown);
    const std::string_view media = first_value(record, {"182"}, "a").substr(0, 1); // ISBD
    consider(media == "b" ? form_kind::electronic : media == "c" ? form_kind::microform : form_kind::unknown);
    consider(form_of_category(first_value(record, {"182"}, "c"))); // RDA
    consider(form_of_words(packed(first_value(record, {"200"}, "b"), memory)));
    consider(form_of_words(packed(first_value(record, {"215"}, "a"), memory)));
    for (const field_view f : record) {
        consider(f.tag() == "130"   ? form_kind::microform
                 : f.tag() == "135" ? form_kind::electronic
                                    : form_kind::unknown);
    }
    return found;
}

/// e online or electronic, m microform, p anything else.
char carrier(const record_view& record, std::pmr::memory_resource* memory) {
    const form_kind form = record.is_unimarc() ? form_of_unimarc(record, memory) : form_of_marc21(record, memory);
    return form == form_kind::electronic ? 'e' : form == form_kind::microform ? 'm' : 'p';
}

/// leader/06 in the letters of MARC 21, with one for those that tell nothing of the publication; 0 for other records.
char type_of(const record_view& record) noexcept {
    const char type = record.leader()[6];
    if (record.is_unimarc()) {
        // b is a manuscript text, l an electronic resource, m multimedia.
        constexpr std::string_view theirs = "abcdefgijklmr";
        constexpr std::string_view ours = "aacceegijkmor";
        const std::size_t at = theirs.find(type);
        return at == std::string_view::npos ? '\0' : ours[at];
    }
    if (std::string_view("acdefgijkmoprt").find(type) == std::string_view::npos) {
        return '\0';
    }
    return type == 't' ? 'a' : type == 'f' ? 'e' : type == 'd' ? 'c' : type;
}

/// The folded title without blanks; and is & in the languages that people mix.
std::pmr::string packed_title(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::string folded(memory);
    fold(filing_title(record, true, memory), folded);
    std::pmr::string result(memory);
    for (std::string_view rest = folded; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        const std::string_view word = rest.substr(0, end);
        const bool is_and = word == "and" || word == "und" || word == "et";
        result.append(is_and ? std::string_view("&") : word);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return result;
}

/// The number of an English ordinal, first to twentieth; 0 for another word.
unsigned ordinal(std::string_view word) noexcept {
    constexpr std::string_view words[] = {"first",     "second",      "third",      "fourth",     "fifth",
                                          "sixth",     "seventh",     "eighth",     "ninth",      "tenth",
                                          "eleventh",  "twelfth",     "thirteenth", "fourteenth", "fifteenth",
                                          "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"};
    const auto found = std::find(std::begin(words), std::end(words), word);
    return found == std::end(words) ? 0 : static_cast<unsigned>(found - std::begin(words)) + 1;
}

/// The first number of an edition statement, in digits or as a word, or else its first three characters.
void append_edition(std::string_view text, std::pmr::string& key, std::pmr::memory_resource* memory) {
    std::pmr::string folded(memory);
    fold(text, folded);
    unsigned tens = 0;
    for (std::string_view rest = folded; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        const std::string_view word = rest.substr(0, end);
        const std::size_t first = std::min(
            static_cast<std::size_t>(std::find_if(word.begin(), word.end(), is_digit) - word.begin()), word.size());
        if (first < word.size()) {
            const std::string_view number = word.substr(first, 8);
            key.append(number.begin(), std::find_if_not(number.begin(), number.end(), is_digit));
            return;
        }
        if (const unsigned number = ordinal(word)) {
            char digits[12];
            key.append(digits, std::to_chars(digits, digits + sizeof digits, tens + number).ptr);
            return;
        }
        tens = word == "twenty" ? 20 : 0;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    folded.erase(std::remove(folded.begin(), folded.end(), ' '), folded.end());
    key.append(first_characters(folded, 3));
}

void append_number(unsigned number, std::pmr::string& key) {
    char digits[12];
    if (number > 1) {
        const auto end = std::to_chars(digits, digits + sizeof digits, number);
        key.append(digits, end.ptr);
    }
}

void append_title(std::string_view title, std::pmr::string& key) {
    const std::string_view shown = first_characters(title, 80);
    key.append(shown);
    if (shown.size() < title.size()) {
        key.push_back('#');
        const index_key::hash_bytes hash(title.substr(shown.size()));
        for (const char c : hash.view().substr(4)) {
            key.push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> 4U]);
            key.push_back("0123456789abcdef"[static_cast<unsigned char>(c) & 15U]);
        }
    }
}

} // namespace

std::pmr::string match_key(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::string key(memory);
    const bool unimarc = record.is_unimarc();
    const char type = type_of(record);
    const std::pmr::string name = packed_title(record, memory);
    const int year = publication_year(record);
    std::pmr::string person(memory);
    if (unimarc) {
        person = packed(author(record, memory), memory);
    } else {
        std::string_view first = first_value(record, {"100", "110", "111"}, "a");
        first = first.empty() ? first_value(record, {"700", "710", "711"}, "a") : first;
        person = packed(first, memory);
    }
    if (type == '\0' || name.empty() || (person.empty() && year == 0)) {
        return key;
    }
    key.append("1|");
    key.push_back(type);
    const char level = record.leader()[7];
    key.push_back(level >= 'a' && level <= 'z' ? level : '-');
    key.push_back(carrier(record, memory));
    key.push_back('|');
    append_title(name, key);
    key.push_back('|');
    key.append(first_characters(person, 8));
    key.push_back('|');
    append_number(static_cast<unsigned>(year), key);
    key.push_back('|');
    append_number(largest_number(first_value(record, {unimarc ? "215" : "300"}, "a")), key);
    key.push_back('|');
    const std::string_view publisher =
        unimarc ? first_value(record, {"210", "214"}, "c") : first_value(record, {"260", "264"}, "b");
    key.append(first_characters(packed(publisher, memory), 4));
    key.push_back('|');
    append_edition(first_value(record, {unimarc ? "205" : "250"}, "a"), key, memory);
    key.push_back('|');
    if (!unimarc) {
        key.append(first_characters(packed(first_value(record, {"086"}, "a"), memory), 40));
    }
    return key;
}

} // namespace marc
