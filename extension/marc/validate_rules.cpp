// The external rules that this library knows: what an Avram schema asks for by name in its keys `rules`.
#include "article.hpp"
#include "avram_lookup.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/identifier.hpp"
#include "marc/poll.hpp"
#include "marc/validate.hpp"

#include <algorithm>
#include <array>

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

/// Whether the codes of a field are those of the list, by what the rule says of $2.
bool from_source(const generic_field& field, const avram::external_rule& rule, const avram::model& model) {
    if (!rule.has_source) {
        return true;
    }
    const std::string_view wanted = model.text(rule.source);
    for (const subfield_view& s : field.subfields) {
        if (s.code == "2") {
            return !wanted.empty() && s.value == wanted;
        }
    }
    return wanted.empty() && field.indicators[1] != "7"; // 7: the source stands in $2, though it is missing
}

/// Lists have blanks and fill characters for the positions of fixed fields; in subfields they are no code.
std::string_view written_code(std::string_view code) noexcept {
    return code.find_first_not_of(" |") == std::string_view::npos ? std::string_view() : code;
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

/// Codes of a list in subfields: one in each, or as in records of before 2001 several of the same width ("engfre").
void validation::coded_subfields(const generic_field& field, const avram::external_rule& asked,
                                 const avram::field& definition, problem& at) {
    const avram::model& model = schema_.get();
    if (!options_.on(rule::undefined_code) || !options_.on(rule::invalid_subfield_value) ||
        !from_source(field, asked, model)) {
        return;
    }
    const std::string_view subfields = model.text(asked.subfields);
    for (const subfield_view& s : field.subfields) {
        const std::uint8_t c = s.code.size() == 1 ? static_cast<std::uint8_t>(s.code[0]) : 0;
        if (c == 0 || c >= definition.by_code.size() || subfields.find(s.code) == std::string_view::npos ||
            (asked.uri && s.value.find(':') != std::string_view::npos)) {
            continue;
        }
        problem here = at;
        here.subfield = s.code;
        if (const std::uint16_t index = definition.by_code[c]) {
            here.label = model.text(model.subfields[definition.subfields.first + index - 1U].label);
        }
        coded_value(s.value, asked, here);
    }
}

/// At most one problem, however many codes the value has: an unknown one before an obsolete one.
void validation::coded_value(std::string_view text, const avram::external_rule& asked, problem& at) {
    const avram::codelist& list = schema_.get().codelists[asked.list];
    std::array<char, 8> padded;
    padded.fill(' ');
    if (text.size() < asked.width && asked.width <= padded.size()) { // country codes of two letters
        std::copy(text.begin(), text.end(), padded.begin());
        return code(written_code({padded.data(), asked.width}), text, asked.list, at);
    }
    if (!list.resolved || text.empty() || asked.width == 0 || text.size() % asked.width != 0) {
        return code(written_code(text), text, asked.list, at);
    }
    std::string_view obsolete;
    poller polling;
    for (std::size_t n = 0; n < text.size(); n += asked.width) {
        const std::string_view piece = text.substr(n, asked.width);
        polling.step(64);
        const avram::answer known = avram::look_up(schema_.get(), list, written_code(piece));
        if (known == avram::answer::undefined) {
            return code(written_code(piece), piece, asked.list, at);
        }
        if (known == avram::answer::deprecated && obsolete.empty()) {
            obsolete = piece;
        }
    }
    if (!obsolete.empty()) {
        code(obsolete, asked.list, at);
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
        if (asked.what == avram::known_rule::codes) {
            coded_subfields(field, asked, definition, here);
        } else if (asked.what == avram::known_rule::standard_number && field.indicators[0]) {
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
