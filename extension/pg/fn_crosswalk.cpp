// Crosswalks to other forms of metadata: marc_crosswalk, marc_to_mods and the others, marc_crosswalk_notes,
// marc_unmapped, and what the rules say of themselves.
#include "crosswalk_cache.hpp"
#include "rows.hpp"
#include "value.hpp"

#include "marc/mrk.hpp"

#include <algorithm>

namespace marc_pg {
namespace {

/// The document of a record, as text in the database's encoding.
Datum document(const struct varlena* record, std::string_view format, const struct varlena* options) {
    compiled_crosswalk& crosswalk = crosswalk_to(format, options);
    palloc_resource memory;
    std::pmr::string out{&memory};
    crosswalk.converter.convert(record_of(record), out);
    if (crosswalk.rules.output() == crosswalk::output_form::xml && !database_is_utf8()) {
        return text_datum(with_character_references(out));
    }
    return text_datum_from_utf8(out);
}

/// A function with the arguments record and options, for one format.
guarded document_in(FunctionCallInfo fcinfo, const char* format) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, format, options); });
}

/// A field as catalogers know it, without its tag: 10$aTitle. The result lives in the scratch.
std::string_view line_of(const marc::field_view& field, std::pmr::string& scratch) {
    scratch.clear();
    marc::write_mrk_field(field, scratch);
    std::string_view line = scratch;
    line.remove_prefix(std::min(line.size(), line.find(' ')));
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
    return line.substr(0, line.find_last_not_of('\n') + 1);
}

} // namespace

MARC_SQL_FUNCTION(marc_crosswalk) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* format = varlena_argument(fcinfo, 1);
    struct varlena* options = varlena_argument(fcinfo, 2);
    return boundary(fcinfo, [&] { return document(record, text_view(format), options); });
}

MARC_SQL_FUNCTION(marc_to_dc) {
    return document_in(fcinfo, "dc");
}
MARC_SQL_FUNCTION(marc_to_dcterms) {
    return document_in(fcinfo, "dcterms");
}
MARC_SQL_FUNCTION(marc_to_mods) {
    return document_in(fcinfo, "mods");
}
MARC_SQL_FUNCTION(marc_to_mads) {
    return document_in(fcinfo, "mads");
}
MARC_SQL_FUNCTION(marc_to_bibframe) {
    return document_in(fcinfo, "bibframe");
}
MARC_SQL_FUNCTION(marc_to_schema_org) {
    return document_in(fcinfo, "schema_org");
}
MARC_SQL_FUNCTION(marc_to_folio) {
    return document_in(fcinfo, "folio");
}
MARC_SQL_FUNCTION(marc_to_bibliographic) {
    return document_in(fcinfo, "bibliographic");
}
MARC_SQL_FUNCTION(marc_to_ris) {
    return document_in(fcinfo, "ris");
}
MARC_SQL_FUNCTION(marc_to_bibtex) {
    return document_in(fcinfo, "bibtex");
}
MARC_SQL_FUNCTION(marc_to_csv) {
    return document_in(fcinfo, "csv");
}

MARC_SQL_FUNCTION(marc_crosswalk_notes) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* format = varlena_argument(fcinfo, 1);
    struct varlena* options = varlena_argument(fcinfo, 2);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::vector<crosswalk::conversion_note> notes{&memory};
        crosswalk_to(text_view(format), options).converter.build(record_of(value), &notes);
        for (const crosswalk::conversion_note& note : notes) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            std::array<Datum, 2> values{text_datum_from_utf8(note.rule), text_datum_replacing(note.text)};
            std::array<bool, 2> nulls{};
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_unmapped) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* format = varlena_argument(fcinfo, 1);
    struct varlena* options = varlena_argument(fcinfo, 2);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::vector<crosswalk::unmapped_subfield> found{&memory};
        std::pmr::string line{&memory};
        marc::record_view const record = record_of(value);
        crosswalk_to(text_view(format), options).converter.find_unmapped(record, found);
        for (const crosswalk::unmapped_subfield& rest : found) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            marc::field_view const field = record.field(rest.field);
            std::array<Datum, 4> values{Int32GetDatum(static_cast<std::int32_t>(rest.field + 1)),
                                        text_datum(marc::printable_tag{field.tag()}.view()), Datum{0}, Datum{0}};
            std::array<bool, 4> nulls{false, false, rest.code.empty(), false};
            if (rest.code.empty()) {
                values[3] = text_datum_replacing(line_of(field, line));
            } else {
                values[2] = text_datum_replacing(rest.code);
                for (const marc::subfield_view& s : field.subfields()) {
                    if (s.code == rest.code) {
                        values[3] = text_datum_replacing(s.value);
                        break;
                    }
                }
            }
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_crosswalk_rules) {
    struct varlena* format = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] { return text_datum_from_utf8(shipped_rules_of(text_view(format))); });
}

MARC_SQL_FUNCTION(marc_crosswalk_version) {
    struct varlena* format = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo,
                    [&] { return text_datum_from_utf8(crosswalk_to(text_view(format), options).rules.version()); });
}

MARC_SQL_FUNCTION(marc_crosswalk_codes) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* format = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        for (const crosswalk::table_code& row : crosswalk_to(text_view(format), options).rules.codes()) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            std::array<Datum, 3> values{text_datum_from_utf8(row.table), text_datum_from_utf8(row.code),
                                        text_datum_from_utf8(row.meaning)};
            std::array<bool, 3> nulls{};
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_crosswalk_formats) {
    row_set rows = row_set::begin(fcinfo);
    return boundary(fcinfo, [&] {
        for (const crosswalk::shipped_rules& one : crosswalk::shipped()) {
            palloc_resource memory;
            const crosswalk::rule_text text{one.format, one.text};
            crosswalk::rule_set const rules{{&text, 1}, &memory};
            row_memory const values_of_row{rows};
            constexpr std::string_view outputs[] = {"xml", "json", "lines", "csv"};
            std::array<Datum, 3> values{text_datum(one.format), text_datum(rules.version()),
                                        text_datum(outputs[static_cast<std::size_t>(rules.output())])};
            std::array<bool, 3> nulls{};
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

} // namespace marc_pg
