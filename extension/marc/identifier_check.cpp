// Whether standard numbers are sound as they are written.
#include "check_digit.hpp"
#include "marc/ascii.hpp"
#include "marc/identifier.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace marc {
namespace {

/// The characters of a number without hyphens, up to the first sign that ends it.
class compact {
  public:
    explicit compact(std::string_view from) noexcept {
        from = from.substr(std::min(from.find_first_not_of(' '), from.size()));
        from = from.substr(0, from.find_first_of(" (:;,"));
        for (const char c : from) {
            if (c != '-') {
                if (size_ < text_.size()) {
                    text_[size_] = c;
                }
                ++size_;
            }
        }
    }
    /// Empty when the number is longer than any may be.
    std::string_view view() const noexcept { return {text_.data(), size_ <= text_.size() ? size_ : 0}; }

  private:
    std::array<char, 16> text_{};
    std::size_t size_ = 0;
};

number_check answer(bool good) noexcept {
    return good ? number_check::good : number_check::wrong_check_digit;
}

/// Digits, of which the last may be an X.
bool is_number_with_check(std::string_view number) noexcept {
    return number.size() > 1 && is_number(number.substr(0, number.size() - 1)) &&
           (is_digit(number.back()) || to_lower(number.back()) == 'x');
}

/// A number of so many digits, of which the last is the check digit.
number_check check_digits(std::string_view number, std::size_t length) noexcept {
    if (number.size() != length || !is_number(number)) {
        return number_check::wrong_length;
    }
    return answer(number.back() == modulo_10_check(number.substr(0, length - 1)));
}

} // namespace

number_check check_isbn(std::string_view text) noexcept {
    const compact compacted(text);
    const std::string_view number = compacted.view();
    if (number.size() == 13 ? !is_number(number) : number.size() != 10 || !is_number_with_check(number)) {
        return number_check::wrong_length;
    }
    if (number.size() == 13 && !number.starts_with("978") && !number.starts_with("979")) {
        return number_check::wrong_prefix;
    }
    return answer(static_cast<bool>(isbn13(number)));
}

number_check check_issn(std::string_view text) noexcept {
    const compact compacted(text);
    const std::string_view number = compacted.view();
    return number.size() == 8 && is_number_with_check(number) ? answer(static_cast<bool>(issn(number)))
                                                              : number_check::wrong_length;
}

number_check check_ismn(std::string_view text) noexcept {
    const compact compacted(text);
    const std::string_view number = compacted.view();
    if (number.size() == 10 && to_lower(number.front()) == 'm') {
        // M stands for 979-0, with the same check digit.
        std::array<char, 13> whole{'9', '7', '9', '0'};
        std::copy(number.begin() + 1, number.end(), whole.begin() + 4);
        return check_digits({whole.data(), whole.size()}, whole.size());
    }
    const number_check outcome = check_digits(number, 13);
    return outcome != number_check::wrong_length && !number.starts_with("9790") ? number_check::wrong_prefix : outcome;
}

number_check check_ean(std::string_view text) noexcept {
    return check_digits(compact(text).view(), 13);
}

number_check check_upc(std::string_view text) noexcept {
    return check_digits(compact(text).view(), 12);
}

number_check check_isrc(std::string_view text) noexcept {
    const compact compacted(text);
    const std::string_view number = compacted.view();
    const bool good = number.size() == 12 && is_letter(number[0]) && is_letter(number[1]) &&
                      std::all_of(number.begin() + 2, number.begin() + 5, is_alphanumeric) &&
                      is_number(number.substr(5));
    return good ? number_check::good : number_check::wrong_length;
}

number_check check_lccn(std::string_view text) noexcept {
    const std::string_view number = text.substr(0, text.find('/'));
    const std::size_t first = std::min(number.find_first_of("0123456789"), number.size());
    const std::string_view digits = number.substr(first, number.find_last_not_of(' ') + 1 - first);
    return is_number(digits) && lccn(number) ? number_check::good : number_check::wrong_length;
}

} // namespace marc
