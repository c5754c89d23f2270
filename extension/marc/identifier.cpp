#include "marc/identifier.hpp"

#include "check_digit.hpp"
#include "marc/ascii.hpp"

#include <algorithm>
#include <array>

namespace marc {
namespace {

/// Bytes of the dash at the start of a text: hyphen, or U+2010 to U+2015, or minus sign U+2212, or soft hyphen U+00AD.
std::size_t dash_bytes(std::string_view text) noexcept {
    if (text.empty()) {
        return 0;
    }
    if (text.front() == '-') {
        return 1;
    }
    if (text.starts_with("\xC2\xAD")) {
        return 2;
    }
    const bool general =
        text.size() >= 3 && text[0] == '\xE2' && text[1] == '\x80' && text[2] >= '\x90' && text[2] <= '\x95';
    return general || text.starts_with("\xE2\x88\x92") ? 3 : 0;
}

/// Goes past everything that is neither digit nor letter.
void skip_signs(std::string_view& text) noexcept {
    while (!text.empty() && !is_alphanumeric(text.front())) {
        text.remove_prefix(1);
    }
}

/// Goes past a label such as "ISBN", "urn:isbn:", "ISBN-13:".
void skip_label(std::string_view& text, std::string_view label) noexcept {
    skip_signs(text);
    if (starts_with_ignoring_case(text, "urn:")) {
        text.remove_prefix(4);
    }
    if (!starts_with_ignoring_case(text, label)) {
        return;
    }
    text.remove_prefix(label.size());
    for (const std::string_view which : {"-13", "-10", "-l", " 13:", " 10:", "13:", "10:"}) {
        if (starts_with_ignoring_case(text, which)) {
            text.remove_prefix(which.size());
            break;
        }
    }
    skip_signs(text);
}

/// True for what catalogues write where they have no number: zeros, perhaps behind 978.
bool is_placeholder(const char* digits, std::size_t count) noexcept {
    std::string_view number(digits, count);
    number.remove_prefix(count == 13 ? 3 : 0);
    number.remove_suffix(1);
    return number.find_first_not_of('0') == std::string_view::npos;
}

identifier isbn_of(const char* digits, std::size_t count) noexcept {
    char ten[10] = {'0'};
    identifier result;
    if (count < 2 || is_placeholder(digits, count)) {
        return result;
    }
    if (count == 13) {
        const bool bookland = digits[0] == '9' && digits[1] == '7' && (digits[2] == '8' || digits[2] == '9');
        const bool music = digits[2] == '9' && digits[3] == '0'; // 979-0 is for ISMNs (ISO 10957)
        if (bookland && !music && digits[12] == modulo_10_check({digits, 12})) {
            std::for_each(digits, digits + 13, [&](char c) { result.append(c); });
        }
        return result;
    }
    if (count != 9 && count != 10) {
        return result;
    }
    std::copy(digits, digits + count, ten + (10 - count));
    if (ten[9] != modulo_11_check({ten, 9})) {
        return result;
    }
    char twelve[12] = {'9', '7', '8'};
    std::copy(ten, ten + 9, twelve + 3);
    std::for_each(twelve, twelve + 12, [&](char c) { result.append(c); });
    result.append(modulo_10_check({twelve, 12}));
    return result;
}

/// The digits of a standard number, of which the last may be an X.
struct digit_run {
    std::array<char, 14> digits{}; ///< one more than any number has
    std::size_t count = 0;         ///< 0: there is no number here
    std::string_view rest;         ///< what follows it
};

/// Whether the run goes on behind a blank: with a digit, or with the X of an ISSN or ISBN-10 that stands alone.
bool goes_on(std::string_view text, std::size_t count) noexcept {
    if (text.empty() || is_digit(text.front())) {
        return !text.empty();
    }
    return to_lower(text.front()) == 'x' && (count == 7 || count == 9) &&
           (text.size() == 1 || !is_alphanumeric(text[1]));
}

bool is_digit_or_x(std::string_view text) noexcept {
    return !text.empty() && (is_digit(text.front()) || to_lower(text.front()) == 'x');
}

/// Reads the whole run of digits with dashes or single blanks between them, and an X at the end. A number is all of
/// it: some part of a wrong number always has a check digit that fits.
digit_run read_digits(std::string_view text) noexcept {
    digit_run run;
    while (!text.empty() && run.count < run.digits.size() && (run.count == 0 || run.digits[run.count - 1] != 'X')) {
        const bool is_x = to_lower(text.front()) == 'x' && run.count > 6;
        if (!is_digit(text.front()) && !is_x) {
            return {};
        }
        run.digits[run.count++] = is_x ? 'X' : text.front();
        text.remove_prefix(1);
        const std::size_t dash = dash_bytes(text);
        if (dash > 0 && is_digit_or_x(text.substr(dash))) {
            text.remove_prefix(dash);
        } else if (text.starts_with(' ') && goes_on(text.substr(1), run.count)) {
            text.remove_prefix(1);
        } else if (!is_digit_or_x(text)) {
            run.rest = text;
            return run;
        }
    }
    return {};
}

/// Whether nothing but a qualifier in brackets or a price follows: nine digits with more text may be anything.
bool is_alone(const digit_run& run) noexcept {
    const std::size_t next = run.rest.find_first_not_of(' ');
    return next == std::string_view::npos || std::string_view("([:").find(run.rest[next]) != std::string_view::npos;
}

/// The text behind a qualifier that stands in front, as in "(pbk.) 0306406152"; empty when there is none.
std::string_view behind_qualifier(std::string_view text) noexcept {
    const std::size_t start = text.find_first_not_of(' ');
    if (start == std::string_view::npos || text[start] != '(') {
        return {};
    }
    const std::size_t end = text.find(')', start);
    return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

identifier read_isbn(std::string_view text) noexcept {
    skip_label(text, "isbn");
    skip_label(text, "sbn");
    const digit_run run = read_digits(text);
    return run.count == 9 && !is_alone(run) ? identifier() : isbn_of(run.digits.data(), run.count);
}

identifier read_issn(std::string_view text) noexcept {
    skip_label(text, "issn");
    identifier result;
    const digit_run run = read_digits(text);
    const std::string_view digits(run.digits.data(), run.count);
    if (digits.size() == 8 && is_number(digits.substr(0, 7)) && digits[7] == modulo_11_check(digits.substr(0, 7)) &&
        !is_placeholder(digits.data(), digits.size())) {
        for (std::size_t i = 0; i < 8; ++i) {
            if (i == 4) {
                result.append('-');
            }
            result.append(digits[i]);
        }
    }
    return result;
}

} // namespace

identifier isbn13(std::string_view text) noexcept {
    const identifier number = read_isbn(text);
    return number ? number : read_isbn(behind_qualifier(text));
}

identifier issn(std::string_view text) noexcept {
    const identifier number = read_issn(text);
    return number ? number : read_issn(behind_qualifier(text));
}

identifier lccn(std::string_view text) noexcept {
    text = text.substr(0, text.find('/'));
    char kept[24];
    std::size_t size = 0;
    std::size_t hyphen = sizeof kept;
    for (const char c : text) {
        if (c == ' ') {
            continue;
        }
        if (c == '-' && hyphen == sizeof kept) {
            hyphen = size;
            continue;
        }
        if (size == sizeof kept || !is_alphanumeric(c)) {
            return {};
        }
        kept[size++] = to_lower(c);
    }
    identifier result;
    const std::size_t letters = static_cast<std::size_t>(std::find_if(kept, kept + size, is_digit) - kept);
    if (letters > 3 || !std::all_of(kept + letters, kept + size, is_digit)) {
        return result;
    }
    for (std::size_t i = 0; i < std::min(size, hyphen); ++i) {
        result.append(kept[i]);
    }
    std::size_t digits = std::min(size, hyphen) - std::min(letters, hyphen);
    if (hyphen < sizeof kept) {
        const std::size_t serial = size - hyphen;
        if (serial == 0 || serial > 6) {
            return {};
        }
        std::for_each(kept + size, kept + size + (6 - serial), [&](char) { result.append('0'); });
        std::for_each(kept + hyphen, kept + size, [&](char c) { result.append(c); });
        digits += 6;
    }
    // Structure A (to 2000): up to three letters, two digits of the year, six of the serial number. Structure B: up to
    // two letters, four digits, six digits.
    return digits == 8 || (digits == 10 && letters <= 2) ? result : identifier();
}

namespace {

/// @param marked set when the text says that it is an OCLC number
identifier read_oclc(std::string_view text, bool& marked) noexcept {
    marked = false;
    const auto skip = [&](std::string_view signs) {
        text.remove_prefix(std::min(text.find_first_not_of(signs), text.size()));
    };
    skip(" ");
    if (starts_with_ignoring_case(text, "(ocolc)")) {
        text.remove_prefix(7);
        marked = true;
        skip(" ");
    }
    if (starts_with_ignoring_case(text, "oclc") && text.size() > 4 &&
        std::string_view(" :#").find(text[4]) != std::string_view::npos) {
        text.remove_prefix(4);
        marked = true;
        skip(" :#");
    }
    for (const std::string_view prefix : {"ocm", "ocn", "on"}) {
        if (starts_with_ignoring_case(text, prefix)) {
            text.remove_prefix(prefix.size());
            marked = true;
            skip(prefix == "on" ? "" : " "); // "on 5" is no number
            break;
        }
    }
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const std::string_view number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    // What follows a marked number may be a blank or a remark, not more of a number: "(OCoLC)12-345" is something else.
    // A number without a mark has nothing behind it: "2024 title" is none.
    const std::string_view rest = text.substr(number.size());
    if (!marked && rest.find_first_not_of(' ') != std::string_view::npos) {
        return {};
    }
    const std::size_t first = number.find_first_not_of('0');
    identifier result;
    if (first == std::string_view::npos || number.size() - first > 14 || (!rest.empty() && rest.front() != ' ')) {
        return result;
    }
    for (const char c : number.substr(first)) {
        result.append(c);
    }
    return result;
}

} // namespace

identifier oclc_number(std::string_view text) noexcept {
    bool marked = false;
    return read_oclc(text, marked);
}

identifier marked_oclc_number(std::string_view text) noexcept {
    bool marked = false;
    const identifier number = read_oclc(text, marked);
    return marked ? number : identifier();
}

identifier normalize(identifier_kind kind, std::string_view text, std::string_view folded) noexcept {
    const auto first = [&](identifier (*read)(std::string_view) noexcept) {
        const identifier number = read(folded);
        return number ? number : read(text);
    };
    switch (kind) {
    case identifier_kind::isbn:
        return first(isbn13);
    case identifier_kind::issn:
        return first(issn);
    case identifier_kind::lccn:
        return first(lccn);
    case identifier_kind::oclc:
        return first(marked_oclc_number);
    case identifier_kind::none:
        break;
    }
    return {};
}

} // namespace marc
