// What rules need for the fixed fields of MARC: texts at positions, and years.
#include "evaluate.hpp"
#include "functions.hpp"

#include "marc/ascii.hpp"

#include <algorithm>

namespace crosswalk::detail {

std::string_view evaluator::fixed(const expression& e) {
    const std::size_t length = e.arguments[0]->number;
    const std::string_view fill = text(*e.arguments[1]);
    std::pmr::string all(length, fill.empty() ? ' ' : fill[0], &arena_);
    for (std::size_t i = 2; i < e.argument_count; i += 2) {
        const std::size_t start = e.arguments[i]->number;
        const std::size_t end = i + 2 < e.argument_count ? e.arguments[i + 2]->number : length;
        std::size_t at = start;
        for (const char c : text(*e.arguments[i + 1])) {
            if (at < end && (static_cast<unsigned char>(c) & 0xC0U) != 0x80) { // one place for a character
                all[at] = static_cast<unsigned char>(c) < 0x80 ? c : all[at];
                ++at;
            }
        }
    }
    return keep(all);
}

std::string_view year_in(std::string_view text, std::pmr::memory_resource& memory) {
    const auto is_unknown = [](char c) { return c == 'u' || c == '-' || c == '?' || c == 'x' || c == 'X'; };
    for (std::size_t i = 0; i + 4 <= text.size(); ++i) {
        const bool starts = marc::is_digit(text[i]) && (i == 0 || !marc::is_digit(text[i - 1]));
        const char third = text[i + 2];
        const char fourth = text[i + 3];
        if (!starts || !marc::is_digit(text[i + 1]) ||
            (i + 4 < text.size() && marc::is_digit(text[i + 4]) &&
             !(i + 8 <= text.size() && marc::is_number(text.substr(i, 8))))) {
            continue;
        }
        if (marc::is_digit(third) && marc::is_digit(fourth)) {
            return text.substr(i, 4);
        }
        if ((marc::is_digit(third) || is_unknown(third)) && is_unknown(fourth)) {
            auto* const year = static_cast<char*>(memory.allocate(4, 1));
            std::copy_n(text.data() + i, 4, year);
            std::replace_if(year, year + 4, is_unknown, 'u');
            return {year, 4};
        }
    }
    return {};
}

} // namespace crosswalk::detail
