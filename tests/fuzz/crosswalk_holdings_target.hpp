// Fuzz target of textual holdings and items. The input is two parts with NUL between them: a record as mnemonic text,
// and items as JSON.
#pragma once

#include "crosswalk/holdings.hpp"
#include "crosswalk/items.hpp"
#include "marc/error.hpp"
#include "marc/mrk.hpp"
#include "marc_targets.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace marc_fuzz {

inline marc::stored_record with_items(const marc::record_view& record, crosswalk::item_layout layout) {
    marc::builder b;
    const crosswalk::item_list items = crosswalk::read_items(record, layout);
    crosswalk::write_items(record, items, layout, b);
    return b.finish();
}

/// The fields in some order: fields of items may change places when a location has none of its own.
inline std::vector<std::string> fields_of(const marc::record_view& record) {
    std::vector<std::string> all;
    for (const marc::field_view f : record) {
        all.push_back(std::string(f.tag()) + std::string(f.content()));
    }
    std::sort(all.begin(), all.end());
    return all;
}

inline void check_layout(const marc::record_view& record, crosswalk::item_layout layout) {
    const marc::stored_record once = with_items(record, layout);
    once.view().check();
    walk(once.view());
    const marc::stored_record twice = with_items(once.view(), layout);
    demand(fields_of(twice.view()) == fields_of(once.view()), "what was written is read and written alike");
    const crosswalk::item_list items = crosswalk::read_items(record, layout);
    for (std::size_t i = 0; i < crosswalk::item_layout_count; ++i) {
        crosswalk::find_unheld(items, static_cast<crosswalk::item_layout>(i));
    }
    for (const crosswalk::item& one : items) {
        std::pmr::string json;
        crosswalk::write_rest(one, json, true);
    }
    crosswalk::write_holdings_records(record, layout, [](marc::builder& b) { b.finish().view().check(); });
}

inline void check_json(const marc::record_view& record, std::string_view json) {
    try {
        const crosswalk::item_list items = crosswalk::items_from_json(json);
        for (std::size_t i = 0; i < crosswalk::item_layout_count; ++i) {
            const auto layout = static_cast<crosswalk::item_layout>(i);
            crosswalk::find_unheld(items, layout);
            marc::builder b;
            crosswalk::write_items(record, items, layout, b);
            b.finish().view().check();
        }
    } catch (const crosswalk::items_error&) {}
}

inline void holdings(std::string_view input) {
    const std::string_view text = input.substr(0, input.find('\0'));
    marc::builder b;
    try {
        marc::read_mrk(text, b);
    } catch (const marc::parse_error&) {
        b.clear();
        b.add_field("245", "10\x1F"
                           "aT");
    }
    const marc::stored_record stored = b.finish();
    const marc::record_view record = stored.view();
    for (const crosswalk::holdings_statement& one : crosswalk::holdings_text(record)) {
        demand(one.location == crosswalk::holdings_statement::nowhere || one.location < record.field_count(),
               "a location is a field of the record");
        demand(one.text.size() + one.note.size() + one.problem.size() < 32 * record.data().size() + 1'000,
               "text is in proportion to the record");
    }
    for (std::size_t i = 0; i < crosswalk::item_layout_count; ++i) {
        check_layout(record, static_cast<crosswalk::item_layout>(i));
    }
    if (text.size() < input.size()) {
        check_json(record, input.substr(text.size() + 1));
    }
}

} // namespace marc_fuzz
