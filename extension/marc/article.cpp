#include "article.hpp"

#include "marc/ascii.hpp"

#include <span>

namespace marc {
namespace {

constexpr std::string_view english[] = {"A ", "An ", "The "};
constexpr std::string_view french[] = {"La ", "Le ", "Les ", "L'", "L’", "Un ", "Une "};
constexpr std::string_view german[] = {"Das ", "Der ", "Die ", "Ein ", "Eine "};
constexpr std::string_view spanish[] = {"El ", "La ", "Las ", "Los ", "Un ", "Una "};
constexpr std::string_view italian[] = {"Gli ", "I ", "Il ", "La ", "Le ", "Lo ", "L'", "L’", "Un ", "Una ", "Uno "};
constexpr std::string_view dutch[] = {"De ", "Een ", "Het "};
constexpr std::string_view portuguese[] = {"A ", "As ", "O ", "Os ", "Um ", "Uma "};

/// The initial articles of languages (MARC codes), each with the blank or apostrophe behind it. MARC 21 Appendix F.
struct language_articles {
    std::string_view language;
    std::span<const std::string_view> articles;
};
constexpr language_articles initial_articles[] = {{"eng", english},   {"fre", french},  {"ger", german},
                                                  {"spa", spanish},   {"ita", italian}, {"dut", dutch},
                                                  {"por", portuguese}};

} // namespace

std::string_view initial_article(std::string_view text, std::string_view language) noexcept {
    for (const language_articles& known : initial_articles) {
        if (known.language != language) {
            continue;
        }
        for (const std::string_view article : known.articles) {
            if (text.size() > article.size() && starts_with_ignoring_case(text, article)) {
                return article;
            }
        }
    }
    return {};
}

bool may_end_article(char32_t c) noexcept {
    return !((c < 0x80 && is_alphanumeric(static_cast<char>(c))) || (c >= 0xC0 && c <= 0x24F));
}

} // namespace marc
