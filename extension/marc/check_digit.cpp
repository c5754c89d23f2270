#include "marc/check_digit.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace marc {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The characters of a number without hyphens, up to the first blank or parenthesis.
struct compact {
    std::array<char, 16> text{};
    std::size_t size = 0; ///< more than the array holds: too long

    explicit compact(std::string_view from) noexcept {
        from = from.substr(std::min(from.find_first_not_of(' '), from.size()));
        from = from.substr(0, from.find_first_of(" (:;,"));
        for (const char c : from) {
            if (c != '-') {
                if (size < text.size()) {
                    text[size] = c;
                }
                ++size;
            }
        }
    }
    bool digits(std::size_t from, std::size_t to) const noexcept {
        return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(from),
                           text.begin() + static_cast<std::ptrdiff_t>(to), is_digit);
    }
    bool starts_with(std::string_view prefix) const noexcept {
        return std::string_view(text.data(), std::min(size, text.size())).substr(0, prefix.size()) == prefix;
    }
};

/// Weights from `first` down to 2, the check character counts 1, X is 10: ISBN-10 and ISSN.
bool modulo_11(const compact& number, std::size_t length) noexcept {
    std::size_t sum = 0;
    for (std::size_t n = 0; n + 1 < length; ++n) {
        sum += static_cast<std::size_t>(number.text[n] - '0') * (length - n);
    }
    const char last = number.text[length - 1];
    sum += last == 'X' || last == 'x' ? 10 : static_cast<std::size_t>(last - '0');
    return sum % 11 == 0;
}

/// Weights 1 and 3 in turn, the check digit counts 1 (ISO/IEC 15420).
bool modulo_10(const compact& number, std::size_t length) noexcept {
    std::size_t sum = 0;
    for (std::size_t n = 0; n < length; ++n) {
        sum += static_cast<std::size_t>(number.text[n] - '0') * ((length - n) % 2 == 0 ? 3 : 1);
    }
    return sum % 10 == 0;
}

bool ends_in_check_character(const compact& number, std::size_t length) noexcept {
    const char last = number.text[length - 1];
    return number.digits(0, length - 1) && (is_digit(last) || last == 'X' || last == 'x');
}

number_check answer(bool good) noexcept {
    return good ? number_check::good : number_check::wrong_check_digit;
}

} // namespace

number_check check_isbn(std::string_view text) noexcept {
    const compact number(text);
    if (number.size == 10 && ends_in_check_character(number, 10)) {
        return answer(modulo_11(number, 10));
    }
    if (number.size != 13 || !number.digits(0, 13)) {
        return number_check::wrong_length;
    }
    if (!number.starts_with("978") && !number.starts_with("979")) {
        return number_check::wrong_prefix;
    }
    return answer(modulo_10(number, 13));
}

number_check check_issn(std::string_view text) noexcept {
    const compact number(text);
    if (number.size != 8 || !ends_in_check_character(number, 8)) {
        return number_check::wrong_length;
    }
    return answer(modulo_11(number, 8));
}

number_check check_ismn(std::string_view text) noexcept {
    compact number(text);
    if (number.size == 10 && (number.text[0] == 'M' || number.text[0] == 'm') && number.digits(1, 10)) {
        // M stands for 979-0, with the same check digit.
        std::copy_backward(number.text.begin() + 1, number.text.begin() + 10, number.text.begin() + 13);
        std::copy_n("9790", 4, number.text.begin());
        return answer(modulo_10(number, 13));
    }
    if (number.size != 13 || !number.digits(0, 13)) {
        return number_check::wrong_length;
    }
    return number.starts_with("9790") ? answer(modulo_10(number, 13)) : number_check::wrong_prefix;
}

number_check check_ean(std::string_view text) noexcept {
    const compact number(text);
    return number.size == 13 && number.digits(0, 13) ? answer(modulo_10(number, 13)) : number_check::wrong_length;
}

number_check check_upc(std::string_view text) noexcept {
    const compact number(text);
    return number.size == 12 && number.digits(0, 12) ? answer(modulo_10(number, 12)) : number_check::wrong_length;
}

number_check check_isrc(std::string_view text) noexcept {
    const compact number(text);
    const bool good = number.size == 12 && is_letter(number.text[0]) && is_letter(number.text[1]) &&
                      std::all_of(number.text.begin() + 2, number.text.begin() + 5,
                                  [](char c) { return is_digit(c) || is_letter(c); }) &&
                      number.digits(5, 12);
    return good ? number_check::good : number_check::wrong_length;
}

number_check check_lccn(std::string_view text) noexcept {
    // Positions of 010 $a: prefix of three letters or blanks, year of two digits, six of serial, a blank; since 2001
    // prefix of two, year of four. Behind a slash older records have a suffix and a revision date.
    text = text.substr(std::min(text.find_first_not_of(' '), text.size()));
    const std::size_t letters = std::min(
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_letter) - text.begin()), text.size());
    text.remove_prefix(letters);
    text = text.substr(std::min(text.find_first_not_of(' '), text.size()));
    const auto end = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    const std::string_view rest = text.substr(end);
    const bool tail_is_good = rest.find_first_not_of(' ') == std::string_view::npos || rest[0] == '/' ||
                              (rest[0] == ' ' && rest.find_first_not_of(' ') == rest.find('/'));
    const bool good = (letters <= 3 && end == 8 && tail_is_good) || (letters <= 2 && end == 10 && tail_is_good);
    return good ? number_check::good : number_check::wrong_length;
}

} // namespace marc
