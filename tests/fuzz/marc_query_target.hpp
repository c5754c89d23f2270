// What the fuzz target of the search language does with its input: a query, and behind the first NUL the text that a
// record holds.
#pragma once

#include "marc_targets.hpp"

#include "marc/fold.hpp"
#include "marc/fulltext.hpp"
#include "marc/heading.hpp"
#include "marc/identifier.hpp"
#include "marc/index_terms.hpp"
#include "marc/match_key.hpp"
#include "marc/naco.hpp"
#include "marc/path.hpp"
#include "marc/query.hpp"
#include "marc/title.hpp"

#include <array>
#include <vector>

namespace marc_fuzz {

/// A record with this text in several places; without it when it is not UTF-8.
inline marc::stored_record record_with(std::string_view text) {
    marc::builder b;
    marc::read_mrk(
        "=LDR  00000nam\\a2200000\\a\\4500\n=001  ocm5\n=008  891101s1990    maua   j      001 0 eng d\n"
        "=020  \\\\$a0306406152\n=245  14$aThe hot dogs$bcats\n=650  \\7$aDogs$2fast\n=900  \\\\$aone two three",
        b);
    const marc::stored_record plain = b.finish();
    std::string content = "10\x1F"
                          "a";
    content.append(text);
    try {
        for (const marc::field_view f : plain.view()) {
            b.add_field(f.tag(), f.content());
        }
        for (const char* tag : {"245", "020", "022", "010", "035", "100", "500", "300"}) {
            b.add_field(tag, content);
        }
        for (const char* tag : {"001", "007", "008", "LDR"}) {
            b.add_field(tag, text);
        }
        return b.finish();
    } catch (const marc::parse_error&) {
        b.clear();
    }
    for (const marc::field_view f : plain.view()) {
        b.add_field(f.tag(), f.content());
    }
    return b.finish();
}

inline void keys_of(const marc::record_view& record) {
    std::pmr::memory_resource* const memory = std::pmr::get_default_resource();
    for (const marc::identifier& isbn : marc::isbns(record, memory)) {
        demand(isbn.text().size() == 13 && marc::isbn13(isbn.text()).text() == isbn.text(),
               "an ISBN is its own normal form");
    }
    for (const marc::identifier& issn : marc::issns(record, memory)) {
        demand(marc::issn(issn.text()).text() == issn.text(), "an ISSN is its own normal form");
    }
    if (const marc::identifier number = marc::lccn_of(record)) {
        demand(marc::lccn(number.text()).text() == number.text(), "an LCCN is its own normal form");
    }
    for (const marc::identifier& number : marc::oclc_numbers(record, memory)) {
        demand(marc::oclc_number(number.text()).text() == number.text(), "an OCLC number is its own normal form");
    }
    demand(marc::match_key(record, memory).size() < 4096, "a match key is short");
    marc::heading_keys(record, memory);
    marc::heading_reader headings(record, memory);
    for (marc::heading h(memory); headings.next(h);) {
        demand(!h.text.empty() || !h.alternate.empty(), "a heading has words");
        demand(!h.kind.empty() && !h.role.empty(), "a heading is of some kind");
        std::pmr::string once;
        marc::append_subject_key(h.text, once);
    }
    for (const auto& numbers : {marc::authority_references(record, memory), marc::authority_numbers(record, memory)}) {
        for (const std::pmr::string& number : numbers) {
            demand(!number.empty() && number.size() <= 220, "an authority number is short");
        }
    }
    marc::author(record, memory);
    const std::pmr::string sorted = marc::sort_title(record, memory);
    std::pmr::string again;
    marc::fold(sorted, again);
    demand(again == sorted, "folding twice changes nothing");
    std::array<std::pmr::string, 4> weights;
    marc::collect_fulltext(record, weights);
}

/// What an index with these keys knows of a record.
inline marc::truth known_by_index(const marc::query_terms& terms, std::span<const std::string_view> keys) {
    std::vector<marc::truth> found;
    for (const marc::query_term& term : terms.terms()) {
        bool there = false;
        for (const std::string_view key : keys) {
            there = there ||
                    (term.is_range ? key >= terms.key(term) && terms.compare(term, key) == 0 : key == terms.key(term));
        }
        found.push_back(there ? marc::truth::yes : marc::truth::no);
    }
    return terms.evaluate(found.data());
}

/// The index must say nothing that the evaluation contradicts.
inline void demand_agreement(const marc::query_terms& terms, std::span<const std::string_view> keys, bool really) {
    const marc::truth known = known_by_index(terms, keys);
    demand(known != marc::truth::yes || really, "the index finds no record that does not match");
    demand(known != marc::truth::no || !really, "the index misses no record");
}

inline void query(std::string_view input) {
    const std::size_t end = std::min(input.find('\0'), input.size());
    const std::string_view text = input.substr(0, end);
    const marc::stored_record record = record_with(input.substr(std::min(end + 1, input.size())));
    keys_of(record.view());
    std::pmr::memory_resource* const memory = std::pmr::get_default_resource();
    static constexpr marc::index_options all_options[] = {{}, {false, {}}, {true, "020,6.."}};
    marc::term_collector collector(memory);
    for (const std::string_view key : collector.collect(record.view(), {})) {
        demand(key.size() <= marc::limits::index_key_bytes, "keys are short");
    }
    try {
        const marc::query parsed(text);
        marc::query_evaluator evaluator(memory);
        const bool really = evaluator.matches(parsed.view(), record.view());
        for (const marc::index_options& options : all_options) {
            demand_agreement(marc::query_terms(parsed.view(), options, memory),
                             collector.collect(record.view(), options), really);
        }
    } catch (const marc::parse_error& e) {
        demand(e.offset() <= input.size(), "an error lies in the query");
    }
    try { // the same text as a path, for @?
        const marc::path parsed = marc::parse_path(text, memory);
        std::pmr::string scratch;
        std::string_view value;
        const marc::record_view view = record.view();
        const bool really = marc::path_cursor(parsed, view, scratch).next(value);
        for (const marc::index_options& options : all_options) {
            demand_agreement(marc::query_terms(text, options, memory), collector.collect(record.view(), options),
                             really);
        }
    } catch (const marc::parse_error& e) {
        demand(e.offset() <= input.size(), "an error lies in the path");
        marc::query_terms(text, {}, memory);
    }
}

} // namespace marc_fuzz
