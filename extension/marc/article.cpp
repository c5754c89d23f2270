#include "article.hpp"

#include <algorithm>
#include <span>

namespace marc {
namespace {

/// The initial articles of a language (MARC code), each with the blank or apostrophe behind it. MARC 21 Appendix F.
std::span<const std::string_view> articles_of(std::string_view language) noexcept {
    static constexpr std::string_view english[] = {"A ", "An ", "The "};
    static constexpr std::string_view french[] = {"La ", "Le ", "Les ", "L'", "L’", "Un ", "Une "};
    static constexpr std::string_view german[] = {"Das ", "Der ", "Die ", "Ein ", "Eine "};
    static constexpr std::string_view spanish[] = {"El ", "La ", "Las ", "Los ", "Un ", "Una "};
    static constexpr std::string_view italian[] = {"Gli ", "I ", "Il ", "La ",  "Le ", "Lo ",
                                                   "L'",   "L’", "Un ", "Una ", "Uno "};
    static constexpr std::string_view dutch[] = {"De ", "Een ", "Het "};
    static constexpr std::string_view portuguese[] = {"A ", "As ", "O ", "Os ", "Um ", "Uma "};
    if (language == "eng") {
        return english;
    }
    if (language == "fre") {
        return french;
    }
    if (language == "ger") {
        return german;
    }
    if (language == "spa") {
        return spanish;
    }
    if (language == "ita") {
        return italian;
    }
    if (language == "dut") {
        return dutch;
    }
    if (language == "por") {
        return portuguese;
    }
    return {};
}

bool starts_with_ignoring_case(std::string_view text, std::string_view start) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    return text.size() > start.size() &&
           std::equal(start.begin(), start.end(), text.begin(), [&](char a, char b) { return lower(a) == lower(b); });
}

} // namespace

std::string_view initial_article(std::string_view text, std::string_view language) noexcept {
    for (const std::string_view article : articles_of(language)) {
        if (starts_with_ignoring_case(text, article)) {
            return article;
        }
    }
    return {};
}

bool may_end_article(char32_t c) noexcept {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0x24F));
}

} // namespace marc
