// The external rules that this library knows: what an Avram schema asks for by name in its keys `rules`.
#include "avram_model.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/identifier.hpp"
#include "marc/validate.hpp"

#include <algorithm>

namespace marc {
namespace {

std::string_view text_of(number_check outcome) noexcept {
    switch (outcome) {
    case number_check::good:
        return "";
    case number_check::wrong_length:
        return "form";
    case number_check::wrong_check_digit:
        return "check digit";
    case number_check::wrong_prefix:
        return "prefix";
    }
    return "";
}

/// The initial articles of a language (MARC code) in lower case, each with the blank or apostrophe behind it. MARC 21
/// Appendix F.
std::span<const std::string_view> articles_of(std::string_view language) noexcept {
    static constexpr std::string_view english[] = {"a ", "an ", "the "};
    static constexpr std::string_view french[] = {"la ", "le ", "les ", "l'", "l’", "un ", "une "};
    static constexpr std::string_view german[] = {"das ", "der ", "die ", "ein ", "eine "};
    static constexpr std::string_view spanish[] = {"el ", "la ", "las ", "los ", "un ", "una "};
    static constexpr std::string_view italian[] = {"gli ", "i ", "il ", "la ",  "le ", "lo ",
                                                   "l'",   "l’", "un ", "una ", "uno "};
    static constexpr std::string_view dutch[] = {"de ", "een ", "het "};
    static constexpr std::string_view portuguese[] = {"a ", "as ", "o ", "os ", "um ", "uma "};
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

/// What may stand before the first filing character: a blank, an apostrophe, a hyphen, a quotation mark, a bracket, or
/// a mark such as the ayn. Letters and digits may not.
bool may_end_article(char32_t c) noexcept {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0x24F));
}

} // namespace

void validation::unknown_rule(std::string_view name, problem& at) {
    at.what = rule::external_rule;
    at.detail = name;
    report(at);
}

void validation::subfield_rules(std::string_view text, const avram::subfield& definition, problem& at) {
    const avram::model& model = schema_.get();
    for (std::uint32_t n = definition.rules.first; n < definition.rules.first + definition.rules.count; ++n) {
        const avram::external_rule& asked = model.rules[n];
        number_check outcome = number_check::good;
        problem here = at;
        here.value = text;
        if (asked.known && asked.what == avram::known_rule::isbn) {
            here.what = rule::invalid_isbn;
            outcome = check_isbn(text);
        } else if (asked.known && asked.what == avram::known_rule::issn) {
            here.what = rule::invalid_issn;
            outcome = check_issn(text);
        } else if (asked.known && asked.what == avram::known_rule::lccn) {
            here.what = rule::invalid_lccn;
            outcome = check_lccn(text);
        } else {
            unknown_rule(model.text(asked.name), here);
            continue;
        }
        if (outcome != number_check::good) {
            here.detail = text_of(outcome);
            report(here);
        }
    }
}

void validation::field_rules(const generic_field& field, const avram::field& definition, problem& at) {
    const avram::model& model = schema_.get();
    const auto first_of = [&](std::string_view code) {
        return std::find_if(field.subfields.begin(), field.subfields.end(),
                            [&](const subfield_view& s) { return s.code == code; });
    };
    for (std::uint32_t n = definition.rules.first; n < definition.rules.first + definition.rules.count; ++n) {
        const avram::external_rule& asked = model.rules[n];
        problem here = at;
        here.subfield = {};
        if (!asked.known) {
            unknown_rule(model.text(asked.name), here);
            continue;
        }
        if (asked.what == avram::known_rule::standard_number && field.indicators[0]) {
            const auto number = first_of("a");
            const std::string_view kind = *field.indicators[0];
            if (number == field.subfields.end()) {
                continue;
            }
            const number_check outcome = kind == "0"   ? check_isrc(number->value)
                                         : kind == "1" ? check_upc(number->value)
                                         : kind == "2" ? check_ismn(number->value)
                                         : kind == "3" ? check_ean(number->value)
                                                       : number_check::good;
            if (outcome != number_check::good) {
                here.what = rule::invalid_standard_number;
                here.subfield = "a";
                here.value = number->value;
                here.label = kind == "0" ? "ISRC" : kind == "1" ? "UPC" : kind == "2" ? "ISMN" : "EAN";
                here.detail = text_of(outcome);
                report(here);
            }
        } else if (asked.what == avram::known_rule::nonfiling && asked.indicator != 0) {
            const std::optional<std::string_view>& indicator = field.indicators[asked.indicator - 1U];
            auto title = first_of("a");
            title = title == field.subfields.end() ? first_of("t") : title;
            if (!indicator || title == field.subfields.end() || indicator->size() != 1 || !is_digit((*indicator)[0])) {
                continue; // the indicator itself is reported elsewhere
            }
            here.what = rule::nonfiling_characters;
            here.indicator = asked.indicator;
            here.subfield = title->code;
            here.value = title->value;
            here.found = static_cast<std::uint64_t>((*indicator)[0] - '0');
            std::string_view rest = title->value;
            char32_t before = ' ';
            std::uint64_t skipped = 0;
            for (; skipped < here.found && !rest.empty(); ++skipped) {
                before = decode_character(rest);
                rest.remove_prefix(character_bytes(rest));
            }
            if (rest.empty() && here.found != 0) {
                here.detail = "longer";
                report(here);
            } else if (here.found != 0 && !may_end_article(before)) {
                here.detail = "inside a word";
                report(here);
            } else if (here.found == 0 && asked.articles) {
                for (const std::string_view article : articles_of(language_)) {
                    if (title->value.size() > article.size() && starts_with_ignoring_case(title->value, article)) {
                        here.detail = title->value.substr(0, article.size());
                        here.expected = count_characters(article);
                        report(here);
                        break;
                    }
                }
            }
        }
    }
}

} // namespace marc
