#include "archive/rfc3339.hpp"

namespace everarchive::archive {

namespace {

/// Reads a number of exactly `digits` digits at `at`; -1 if there is none.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
        if (i >= text.size() || text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

int days_in(int year, int month) {
    constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

bool between(int value, int least, int most) {
    return value >= least && value <= most;
}

} // namespace

bool is_rfc3339(std::string_view text) {
    // 2026-01-31T23:59:59
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':' ||
        text[16] != ':') {
        return false;
    }
    const int year = number_at(text, 0, 4);
    const int month = number_at(text, 5, 2);
    if (year < 0 || !between(month, 1, 12) || !between(number_at(text, 8, 2), 1, days_in(year, month)) ||
        !between(number_at(text, 11, 2), 0, 23) || !between(number_at(text, 14, 2), 0, 59) ||
        !between(number_at(text, 17, 2), 0, 60)) { // 60: a leap second
        return false;
    }
    std::size_t at = 19;
    if (text[at] == '.') {
        const std::size_t first = ++at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            ++at;
        }
        if (at == first) {
            return false;
        }
    }
    if (at + 1 == text.size()) {
        return (text[at] | 0x20) == 'z';
    }
    return at + 6 == text.size() && (text[at] == '+' || text[at] == '-') && text[at + 3] == ':' &&
           between(number_at(text, at + 1, 2), 0, 23) && between(number_at(text, at + 4, 2), 0, 59);
}

} // namespace everarchive::archive
