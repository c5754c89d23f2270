// What the fuzz targets of the crosswalks do with their input: a record through every shipped format; rules, alone and
// as a change of shipped ones. The fuzzers and the replay test in tests/unit call the same functions.
#pragma once

#include "marc_targets.hpp"

#include "crosswalk/convert.hpp"
#include "crosswalk/options.hpp"
#include "crosswalk/rules.hpp"
#include "marc/poll.hpp"

#include <libxml/parser.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

namespace marc_fuzz {

struct shipped_crosswalk {
    crosswalk::rule_text text;
    crosswalk::rule_set rules;
    crosswalk::converter converter;
    explicit shipped_crosswalk(const crosswalk::shipped_rules& shipped)
        : text{shipped.format, shipped.text}, rules({&text, 1}), converter(rules) {}
};

inline std::vector<std::unique_ptr<shipped_crosswalk>>& shipped_crosswalks() {
    static std::vector<std::unique_ptr<shipped_crosswalk>> all = [] {
        std::vector<std::unique_ptr<shipped_crosswalk>> made;
        for (const crosswalk::shipped_rules& one : crosswalk::shipped()) {
            auto crosswalk = std::make_unique<shipped_crosswalk>(one);
            if (crosswalk->rules.source() == crosswalk::source_form::marc) {
                made.push_back(std::move(crosswalk));
            }
        }
        return made;
    }();
    return all;
}

inline bool is_well_formed(std::string_view document, crosswalk::output_form form) {
    if (form == crosswalk::output_form::json) {
        return nlohmann::json::accept(document.begin(), document.end());
    }
    if (form != crosswalk::output_form::xml && form != crosswalk::output_form::marc) {
        return true;
    }
    constexpr int quiet = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE;
    const std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> parsed(
        xmlReadMemory(document.data(), static_cast<int>(document.size()), nullptr, "UTF-8", quiet), &xmlFreeDoc);
    return parsed != nullptr;
}

/// Every record, whatever is in it, becomes a well-formed document of every format, and the same one each time.
inline void crosswalk_record(std::string_view input) {
    marc::builder b;
    try {
        marc::read_mrk(input, b);
    } catch (const marc::parse_error&) {
        return;
    }
    const marc::stored_record record = b.finish();
    for (const auto& one : shipped_crosswalks()) {
        if (one->rules.source() != crosswalk::source_form::marc) {
            continue;
        }
        std::pmr::string document;
        one->converter.convert(record.view(), document);
        demand(is_well_formed(document, one->rules.output()), "a document is well-formed");
        std::pmr::string again;
        std::pmr::vector<crosswalk::conversion_note> notes;
        one->converter.convert(record.view(), again, &notes);
        demand(again == document, "the same record gives the same document");
        std::pmr::vector<crosswalk::unmapped_subfield> unmapped;
        one->converter.find_unmapped(record.view(), unmapped);
    }
}

struct too_long {};
inline int polls_left = 0;

/// Rules are refused or they run; what they write is well-formed.
inline void crosswalk_rules(std::string_view input) {
    static const marc::stored_record record = [] {
        marc::builder b;
        marc::read_mrk("=LDR  00000nam\\a2200000\\a\\4500\n=001  ocm5\n=008  891101s1990    maua   j      001 0 eng d\n"
                       "=245  14$6880-01$aThe hot dogs :$bcats /$cme\n=650  \\7$aDogs$xFood$2fast\n"
                       "=880  14$6245-01$aX\n=900  \\\\$aone two three",
                       b);
        return b.finish();
    }();
    marc::set_poll_hook([] {
        if (polls_left-- <= 0) {
            throw too_long{};
        }
    });
    const crosswalk::rule_text changed[] = {{"dc", *crosswalk::find_shipped("dc")}, {"input", input}};
    for (const std::span<const crosswalk::rule_text> texts :
         {std::span<const crosswalk::rule_text>(changed), std::span<const crosswalk::rule_text>(changed).subspan(1)}) {
        polls_left = 100;
        try {
            const crosswalk::rule_set rules(texts);
            crosswalk::converter converter(rules);
            std::pmr::string document;
            std::pmr::vector<crosswalk::conversion_note> notes;
            converter.convert(record.view(), document, &notes);
            demand(is_well_formed(document, rules.output()) || texts.size() == 1, "a document is well-formed");
        } catch (const crosswalk::rule_error& error) {
            demand(error.what()[0] != '\0', "an error says what is wrong");
        } catch (const marc::parse_error& error) {
            demand(error.code() == marc::errc::bad_document, "only rules that read no MARC refuse a record");
        } catch (const too_long&) {}
    }
    marc::set_poll_hook(nullptr);
    try {
        const crosswalk::conversion_options options(input);
        options.texts(changed[0]);
    } catch (const crosswalk::rule_error&) {}
}

} // namespace marc_fuzz
