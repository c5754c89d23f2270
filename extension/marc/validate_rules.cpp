// The external rules that this library knows: what an Avram schema asks for by name in its keys `rules`.
#include "article.hpp"
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
                const std::string_view article = initial_article(title->value, language_);
                if (!article.empty()) {
                    here.detail = article;
                    here.expected = count_characters(article);
                    report(here);
                }
            }
        }
    }
}

} // namespace marc
