// What the tests of rules that make MARC share: the record, what the rules say of it, and what is wrong with it.
#pragma once

#include "crosswalk_validity.hpp"

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace crosswalk_test {

struct made_record {
    std::string mrk;
    std::vector<std::string> notes;
    std::vector<std::string> errors; ///< of the built-in schema; no warnings
};

inline std::vector<std::string> errors_of(const marc::record_view& record) {
    const auto index = marc::builtin_schema_for(record);
    if (!index) {
        return {"no schema for this record"};
    }
    const marc::avram_schema& schema = marc_test::builtin(*index);
    marc_test::lines all(schema);
    marc::validate(record, schema, {}, all);
    std::vector<std::string> errors;
    std::istringstream text(all.text);
    for (std::string line; std::getline(text, line);) {
        // The rules have no clock: where no date stands in the document, they say so in a note.
        if (line.starts_with("error") && !line.starts_with("error patternMismatch 008 /00-05")) {
            errors.push_back(line);
        }
    }
    return errors;
}

/// What shipped rules make of a document.
inline made_record make_record(std::string_view format, std::string_view document) {
    const shipped_rules_of rules(format);
    crosswalk::converter c(rules.set());
    marc::builder made;
    std::pmr::vector<crosswalk::conversion_note> notes;
    c.document_to_marc(document, made, &notes);
    const marc::stored_record record = made.finish();
    made_record result{mrk_of(record.view()) + "\n", {}, errors_of(record.view())};
    for (const crosswalk::conversion_note& note : notes) {
        result.notes.emplace_back(note.text);
    }
    return result;
}

/// What went nowhere, as path=text, without attributes.
inline std::vector<std::string> unmapped(std::string_view format, std::string_view document) {
    const shipped_rules_of rules(format);
    crosswalk::converter c(rules.set());
    std::pmr::vector<crosswalk::unmapped_text> found;
    c.find_unmapped_texts(document, found);
    std::vector<std::string> all;
    for (const crosswalk::unmapped_text& one : found) {
        if (one.path.find('@') == std::string_view::npos) {
            all.push_back(std::string(one.path) + "=" + std::string(one.text));
        }
    }
    return all;
}

/// The lines of a record with one of these tags.
inline std::string fields(const made_record& record, std::string_view tags) {
    std::string all;
    for (std::size_t at = 0; at < record.mrk.size();) {
        const std::size_t end = record.mrk.find('\n', at);
        const std::string_view line = std::string_view(record.mrk).substr(at, end - at);
        if (line.size() > 6 && tags.find(line.substr(1, 3)) != std::string_view::npos) {
            all += std::string(line.substr(1, 3)) + std::string(line.substr(5)) + "\n"; // one blank behind the tag
        }
        at = end + 1;
    }
    return all;
}

} // namespace crosswalk_test
