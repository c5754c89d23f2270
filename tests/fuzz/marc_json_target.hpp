// MARC-in-JSON: what it reads must come back exactly in every form.
#pragma once

#include "marc_targets.hpp"

#include "marc/json.hpp"

namespace marc_fuzz {

/// What must hold for every record, however it was made.
inline void check_json(const marc::record_view& r) {
    const marc::digest_bytes digest = marc::digest(r);
    for (const marc::json_form form : {marc::json_form::list, marc::json_form::keyed}) {
        for (const bool ascii_only : {false, true}) {
            std::pmr::string json;
            marc::write_json(r, json, {.form = form, .ascii_only = ascii_only});
            marc::builder b;
            marc::read_json(json, b);
            const marc::stored_record back = b.finish();
            demand(same_content(r, back.view()), "JSON is exact");
            demand(marc::digest(back.view()) == digest, "JSON keeps the digest");
        }
        std::pmr::string json;
        marc::write_json(r, json, {.form = form, .without_nul = true, .policy = marc::inexpressible_content::replace});
        marc::builder b;
        marc::read_json(json, b);
        const marc::stored_record back = b.finish();
        back.view().check();
        // A leader that holds one has it replaced by a longer character, and so may be cut.
        demand(back.view().data().find('\0') == std::string_view::npos, "no NUL is written where none may be");
    }
}

inline void json(std::string_view input) {
    marc::builder b;
    marc::report notes;
    try {
        marc::read_json(input, b, &notes);
        const marc::stored_record r = b.finish();
        check_record(r.view());
        check_json(r.view());
    } catch (const marc::parse_error& e) {
        demand(e.offset() <= input.size() || input.find('"') != std::string_view::npos, "an error lies in the text");
    }
    // Any bytes as ISO 2709 make odd records, which JSON must hold as well.
    try {
        marc::read_iso2709(marc::as_bytes(input), b);
        check_json(b.finish().view());
    } catch (const marc::parse_error&) {}
}

} // namespace marc_fuzz
