// Line mode and Aleph sequential: what they read must come back exactly, in both.
#pragma once

#include "marc_targets.hpp"

#include "marc/aleph.hpp"
#include "marc/line.hpp"

namespace marc_fuzz {

/// What must hold for every record, however it was made.
inline void check_lines(const marc::record_view& r) {
    const marc::digest_bytes digest = marc::digest(r);
    for (const bool ascii_only : {false, true}) {
        std::pmr::string text;
        marc::write_line(r, text, {ascii_only});
        marc::builder b;
        marc::read_line(text, b);
        const marc::stored_record line = b.finish();
        demand(same_content(r, line.view()), "line mode is exact");
        demand(marc::digest(line.view()) == digest, "line mode keeps the digest");

        text.clear();
        marc::write_aleph(r, text, {.ascii_only = ascii_only});
        marc::read_aleph(text, b);
        const marc::stored_record aleph = b.finish();
        demand(same_content(r, aleph.view()), "Aleph sequential is exact");
        demand(marc::digest(aleph.view()) == digest, "Aleph sequential keeps the digest");
    }
}

inline void lines(std::string_view input) {
    marc::builder b;
    for (const auto read : {marc::read_line, marc::read_aleph}) {
        try {
            read(input, b, nullptr);
            const marc::stored_record r = b.finish();
            check_record(r.view());
            check_lines(r.view());
        } catch (const marc::parse_error&) {}
    }
    // Any bytes as ISO 2709 make odd records, which these forms must hold as well.
    try {
        marc::read_iso2709(marc::as_bytes(input), b);
        check_lines(b.finish().view());
    } catch (const marc::parse_error&) {}
}

} // namespace marc_fuzz
