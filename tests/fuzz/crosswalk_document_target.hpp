// What the fuzzer of documents and the replay of its inputs call: documents of XML and JSON through rules, and texts of
// rules over a document.
#pragma once

#include "crosswalk/convert.hpp"
#include "marc/error.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

namespace crosswalk_fuzz {

inline void convert(const crosswalk::rule_set& rules, std::string_view document) {
    crosswalk::converter converter(rules);
    try {
        std::pmr::vector<crosswalk::conversion_note> notes;
        if (rules.output() == crosswalk::output_form::marc) {
            marc::builder made;
            converter.document_to_marc(document, made, &notes);
            const marc::stored_record record = made.finish();
            (void)marc::record_view::checked(record.bytes()); // throws when it is not what a builder makes
        }
        std::pmr::string out;
        converter.convert_document(document, out, &notes);
        std::pmr::string again;
        converter.convert_document(document, again, &notes);
        if (out != again) {
            std::abort();
        }
        std::pmr::vector<crosswalk::unmapped_text> rest;
        converter.find_unmapped_texts(document, rest);
    } catch (const marc::parse_error& error) {
        if (error.code() == marc::errc::corrupt) {
            std::abort();
        }
    }
}

/// The first byte says what the rest is: < XML for the shipped rules, { JSON, anything else a text of rules.
inline void document(std::string_view input) {
    static const crosswalk::rule_text texts[] = {
        {"from_mods", *crosswalk::find_shipped("from_mods")},
        {"from_dc", *crosswalk::find_shipped("from_dc")},
        {"json", "format json\nsource json\noutput marc\nrule all\n  for {*}\n    field(tag=tag, ind1={@i})\n"
                 "      for {*}\n        subfield(code=tag) = .\n      a = {.//*[@k and x!=\"y\"][2]}\n"}};
    static const crosswalk::rule_set mods({&texts[0], 1});
    static const crosswalk::rule_set dc({&texts[1], 1});
    static const crosswalk::rule_set json({&texts[2], 1});
    if (input.starts_with('<')) {
        convert(mods, input);
        convert(dc, input);
    } else if (input.starts_with('{') || input.starts_with('[')) {
        convert(json, input);
    } else {
        const std::string text = "format ours\nsource xml\noutput marc\n" + std::string(input);
        const crosswalk::rule_text ours{"ours", text};
        try {
            const crosswalk::rule_set rules({&ours, 1});
            convert(rules, "<r><a k='1'>one<b>two</b> three</a><a><b k=''/></a><c> </c></r>");
        } catch (const crosswalk::rule_error&) {}
    }
}

} // namespace crosswalk_fuzz
