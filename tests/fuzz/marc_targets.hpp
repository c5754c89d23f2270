// What each fuzz target does with its input. The fuzzers and the replay test in tests/unit call the same functions.
// A broken promise aborts; a parse_error is an answer.
#pragma once

#include "marc/builder.hpp"
#include "marc/charset.hpp"
#include "marc/detect.hpp"
#include "marc/digest.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"
#include "marc/leader.hpp"
#include "marc/marcxml.hpp"
#include "marc/mrk.hpp"
#include "marc/path.hpp"
#include "marc/wire.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc_fuzz {

inline void demand(bool holds, const char* promise) {
    if (!holds) {
        std::fprintf(stderr, "broken promise: %s\n", promise);
        std::abort();
    }
}

/// Whether `b` is what a form whose text is Unicode keeps of `a`.
inline bool same_content(const marc::record_view& a, const marc::record_view& b) {
    if (marc::unicode_leader(a).view() != b.leader() || a.field_count() != b.field_count() || a.data() != b.data()) {
        return false;
    }
    for (std::size_t i = 0; i < a.field_count(); ++i) {
        if (a.field(i).tag() != b.field(i).tag() || a.field(i).kind() != b.field(i).kind()) {
            return false;
        }
    }
    return true;
}

/// Looks at every part of a record.
inline void walk(const marc::record_view& r) {
    std::size_t bytes = 0;
    for (const marc::field_view f : r) {
        std::size_t subfields = 0;
        bytes += f.tag().size() + f.content().size() + f.leading().size() + (f.has_nul() ? 1U : 0U);
        for (const marc::subfield_view& s : f.subfields()) {
            bytes += s.code.size() + s.value.size();
            ++subfields;
        }
        demand(subfields == f.subfield_count(), "the number of subfields is the number counted");
    }
    demand(bytes <= 8 * r.bytes().size() + 8, "views stay inside the record");
}

/// What a dump keeps: the text form of the type is read again as the same record. Of a record that came in another form
/// than ISO 2709 it does not keep which. Reading finds the defects anew: whoever sends the binary form may have left
/// the flag out.
inline void check_text_form(const marc::record_view& r) {
    std::pmr::string text;
    marc::write_mrk(r, text, {.ascii_only = true, .provenance = true});
    marc::builder b;
    marc::read_mrk(text, b);
    const marc::stored_record stored = b.finish();
    const marc::record_view back = stored.view();
    const bool same_flags = back.flags() == r.flags();
    demand(same_flags || back.flags() == (r.flags() | marc::record_flag::defects), "the text form keeps the flags");
    demand(back.leader() == r.leader() && back.tags() == r.tags() && back.data() == r.data(),
           "the text form keeps the content, the leader as it is");
    demand(back.get_flavour() == r.get_flavour() && back.encoding() == r.encoding(), "the text form keeps the header");
    if (r.format() == marc::source_format::iso2709) {
        demand(back.format() == r.format() && back.residue() == r.residue(), "the text form keeps the raw bytes");
        demand(!same_flags || marc::as_text(back.bytes()) == marc::as_text(r.bytes()), "the text form is exact");
    }
}

/// Everything that must hold for a record that a reader accepted.
inline void check_record(const marc::record_view& r) {
    r.check();
    walk(r);
    const marc::digest_bytes digest = marc::digest(r);

    for (const bool ascii_only : {false, true}) {
        std::pmr::string mrk;
        marc::write_mrk(r, mrk, {ascii_only});
        marc::builder b;
        marc::read_mrk(mrk, b);
        const marc::stored_record back = b.finish();
        demand(same_content(r, back.view()), "mrk is exact");
        demand(marc::digest(back.view()) == digest, "mrk keeps the digest");
    }

    check_text_form(r);

    std::pmr::string wire;
    marc::write_wire(r, wire);
    const marc::stored_record received = marc::read_wire(marc::as_bytes(wire), std::pmr::get_default_resource());
    demand(marc::as_text(received.bytes()) == marc::as_text(r.bytes()), "the binary form is exact");

    std::pmr::string xml;
    try {
        marc::write_marcxml(r, xml);
        for (const marc::xml_parser parser : {marc::xml_parser::automatic, marc::xml_parser::full}) {
            marc::builder b;
            marc::read_marcxml(xml, b, nullptr, parser);
            const marc::stored_record back = b.finish();
            demand(same_content(r, back.view()), "MARCXML is exact");
            demand(marc::digest(back.view()) == digest, "MARCXML keeps the digest");
        }
    } catch (const marc::parse_error& e) {
        demand(e.code() == marc::errc::inexpressible, "what write_marcxml writes can be read");
    }
    xml.clear();
    marc::write_marcxml(r, xml, marc::inexpressible_content::replace);
    marc::builder replaced;
    marc::read_marcxml(xml, replaced);
    replaced.finish().view().check();

    std::pmr::string iso;
    try {
        marc::write_iso2709(r, iso);
    } catch (const marc::parse_error& e) {
        const bool tag_ends_record = r.tags().find(marc::record_terminator) != std::string_view::npos;
        demand(e.code() == marc::errc::record_too_long || e.code() == marc::errc::field_too_long ||
                   (tag_ends_record && e.code() == marc::errc::inexpressible),
               "write_iso2709 refuses only what is too long, and tags that would end the record");
        return;
    }
    // 1D inside the data may look like the end of a record; escapes and character references are those of MARC-8 where
    // leader/09 is not 'a'.
    const bool ambiguous = r.data().find('\x1D') != std::string_view::npos || iso.find('\x1B') != std::string::npos ||
                           iso.find("&#x") != std::string::npos;
    if (!ambiguous && r.leader().find_first_of("\x1D\x1E\x1F") == std::string_view::npos) {
        marc::builder b;
        try {
            marc::read_iso2709(marc::as_bytes(iso), b);
        } catch (const marc::parse_error& e) {
            std::fprintf(stderr, "%s\n", e.what());
            demand(false, "what write_iso2709 writes can be read");
        }
        const marc::stored_record back = b.finish();
        demand(back.view().data() == r.data(), "ISO 2709 is exact");
        demand(marc::digest(back.view()) == digest, "ISO 2709 keeps the digest");
    }
}

inline void iso2709(std::string_view input) {
    marc::iso2709_splitter splitter(marc::as_bytes(input));
    marc::iso2709_piece piece;
    std::size_t end = 0;
    while (splitter.next(piece)) {
        demand(piece.offset >= end && !piece.bytes.empty(), "pieces follow each other");
        end = piece.offset + piece.bytes.size();
    }
    demand(end <= input.size(), "pieces lie in the file");
    marc::builder b;
    marc::report notes;
    try {
        marc::read_iso2709(marc::as_bytes(input), b, &notes);
        const marc::stored_record r = b.finish();
        std::pmr::string raw;
        demand(marc::append_raw(r.view(), raw) && std::string_view(raw) == input, "the raw bytes are what came in");
        check_record(r.view());
    } catch (const marc::parse_error&) {}
}

inline void marcxml(std::string_view input) {
    std::string results[2];
    for (const marc::xml_parser parser : {marc::xml_parser::automatic, marc::xml_parser::full}) {
        std::string& result = results[parser == marc::xml_parser::full ? 1 : 0];
        marc::builder b;
        marc::report notes;
        try {
            marc::read_marcxml(input, b, &notes, parser);
            const marc::stored_record r = b.finish();
            result = marc::as_text(r.bytes());
            check_record(r.view());
        } catch (const marc::parse_error&) {
            result.clear();
        }
    }
    demand(results[0] == results[1], "both XML parsers read the same record");
}

inline void mrk(std::string_view input) {
    marc::builder b;
    try {
        marc::read_mrk(input, b);
        check_record(b.finish().view());
    } catch (const marc::parse_error&) {}
}

inline void path(std::string_view input) {
    constexpr std::string_view sample = "=LDR  00000nam\\a2200000\\a\\4500\n=001  1\n=008  abc\xC3\xA9xyz\n"
                                        "=245  10$aTitle$bpart$bother\n=650  \\0$aOne$xTwo$2one\n=651  \\2$aOne\n"
                                        "=650  \\0$aThree${dollar}x$a";
    static const marc::stored_record record = [&] {
        marc::builder b;
        marc::read_mrk(sample, b);
        return b.finish();
    }();
    try {
        const marc::path p = marc::parse_path(input);
        const marc::record_view view = record.view();
        std::pmr::string scratch;
        marc::path_cursor cursor(p, view, scratch);
        std::string_view value;
        std::size_t values = 0;
        while (cursor.next(value)) {
            const marc::path_place& place = cursor.place();
            std::string_view whole = view.leader();
            if (place.field != marc::path_place::npos) {
                whole = view.field(place.field).content();
            }
            if (place.subfield != marc::path_place::npos) {
                whole =
                    std::next(view.field(place.field).subfields().begin(), static_cast<std::ptrdiff_t>(place.subfield))
                        ->value;
            }
            demand(place.offset <= whole.size() && place.length <= whole.size() - place.offset,
                   "a place in the record");
            demand(!place.exact || whole.substr(place.offset, place.length) == value, "the value is at its place");
            demand(marc::find_invalid_utf8(value) == std::string_view::npos, "characters stay whole");
            ++values;
        }
        demand(values <= 9 * std::max<std::size_t>(1, p.part_count), "a path selects no more than there is");
    } catch (const marc::parse_error& e) {
        demand(e.offset() <= input.size(), "an error lies in the path");
    }
}

inline void record_check(std::string_view input) {
    // Corrupt bytes behind the constant-time check must never lead out of the record: a header whose sizes add up,
    // with any flags, tags, offsets and data behind it.
    std::string stored(32, ' ');
    stored[0] = 2;
    stored[1] = input.size() > 1 ? input[1] : '\0';
    const std::uint32_t fields = input.empty() ? 0U : static_cast<unsigned char>(input[0]);
    std::memcpy(stored.data() + 28, &fields, sizeof fields);
    stored.append(input.substr(std::min<std::size_t>(2, input.size())));
    try {
        const marc::record_view r = marc::record_view::trusted(marc::as_bytes(stored));
        for (const marc::field_view f : r) {
            for (const marc::subfield_view& s : f.subfields()) {
                demand(s.value.size() <= stored.size(), "views stay inside the record");
            }
            demand(f.leading().size() + f.content().size() <= 2 * stored.size(), "views stay inside the record");
        }
        for (std::size_t i = r.field_count(); i > 0; --i) {
            demand(r.field(i - 1).content().size() <= stored.size(), "views stay inside the record");
        }
        for (const std::size_t length : {stored.size() / 2, stored.size()}) {
            const auto front = marc::record_view::front(marc::as_bytes(stored).first(length), stored.size());
            for (std::size_t i = 0; front && i < front->field_count(); ++i) {
                demand(!front->holds_field(i) || front->field(i).content().size() <= length,
                       "a front stays inside, too");
            }
        }
    } catch (const marc::parse_error&) {}
    try {
        const marc::stored_record r = marc::read_wire(marc::as_bytes(input), std::pmr::get_default_resource());
        check_record(r.view());
    } catch (const marc::parse_error&) {}
}

} // namespace marc_fuzz
