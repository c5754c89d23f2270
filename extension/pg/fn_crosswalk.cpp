// Crosswalks to other forms of metadata and from them: marc_crosswalk, marc_to_mods and the others,
// marc_from_crosswalk, mods_to_marc and the others, what they did not keep, and what the rules say of themselves.
#include "crosswalk_cache.hpp"
#include "rows.hpp"
#include "value.hpp"

#include "crosswalk/describe.hpp"
#include "marc/mrk.hpp"

#include <algorithm>
#include <optional>

namespace marc_pg {
namespace {

/// What a crosswalk wrote, as text in the database's encoding.
Datum document_datum(std::string_view utf8, crosswalk::output_form form) {
    bool const is_xml = form == crosswalk::output_form::xml || form == crosswalk::output_form::marc;
    if (is_xml && !database_is_utf8()) {
        return text_datum(with_character_references(utf8));
    }
    return text_datum_from_utf8(utf8);
}

/// The rules for a UNIMARC record: leader/06 of an authority, reference or general explanatory record is x, y or z.
std::string_view rules_from_unimarc(const marc::record_view& record) {
    constexpr std::string_view authorities = "xyz";
    return authorities.find(record.leader()[6]) != std::string_view::npos ? "from_unimarc_authority" : "from_unimarc";
}

/// The record as one of MARC 21, which rules expect: UNIMARC is converted first, into the builder.
marc::record_view marc21_of(const marc::record_view& record, std::string_view format, marc::builder& builder,
                            std::optional<marc::stored_record>& converted) {
    if (!record.is_unimarc() || format.starts_with("from_unimarc")) {
        return record;
    }
    crosswalk_to(rules_from_unimarc(record)).converter.to_marc(record, builder);
    return converted.emplace(builder.finish()).view();
}

/// The document of a record, as text.
Datum document(const struct varlena* value, std::string_view format, const struct varlena* options) {
    palloc_resource memory;
    marc::builder builder{&memory};
    std::optional<marc::stored_record> converted;
    marc::record_view const record = marc21_of(record_of(value), format, builder, converted);
    compiled_crosswalk& crosswalk = crosswalk_to(format, options);
    std::pmr::string out{&memory};
    crosswalk.converter.convert(record, out);
    return document_datum(out, crosswalk.rules.output());
}

/// Rows of what rules said.
void put_notes(row_set& rows, const std::pmr::vector<crosswalk::conversion_note>& notes) {
    for (const crosswalk::conversion_note& note : notes) {
        poll_interrupts();
        row_memory const values_of_row{rows};
        std::array<Datum, 2> values{text_datum_from_utf8(note.rule), text_datum_replacing(note.text)};
        std::array<bool, 2> nulls{};
        rows.put(values, nulls);
    }
}

/// The record of a document in UTF-8.
Datum record_of_document(std::string_view utf8, std::string_view format, const struct varlena* options) {
    compiled_crosswalk& crosswalk = crosswalk_to(format, options);
    return built([&](marc::builder& builder) { crosswalk.converter.document_to_marc(utf8, builder); });
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
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "dc", options); });
}

MARC_SQL_FUNCTION(marc_to_dcterms) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "dcterms", options); });
}

MARC_SQL_FUNCTION(marc_to_mods) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "mods", options); });
}

MARC_SQL_FUNCTION(marc_to_mads) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "mads", options); });
}

MARC_SQL_FUNCTION(marc_to_bibframe) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "bibframe", options); });
}

MARC_SQL_FUNCTION(marc_to_schema_org) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "schema_org", options); });
}

MARC_SQL_FUNCTION(marc_to_folio) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "folio", options); });
}

MARC_SQL_FUNCTION(marc_to_bibliographic) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "bibliographic", options); });
}

MARC_SQL_FUNCTION(marc_to_ris) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "ris", options); });
}

MARC_SQL_FUNCTION(marc_to_bibtex) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "bibtex", options); });
}

MARC_SQL_FUNCTION(marc_to_csv) {
    struct varlena* record = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return document(record, "csv", options); });
}

MARC_SQL_FUNCTION(marc_crosswalk_notes) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* format = varlena_argument(fcinfo, 1);
    struct varlena* options = varlena_argument(fcinfo, 2);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::builder builder{&memory};
        std::optional<marc::stored_record> converted;
        marc::record_view const record = marc21_of(record_of(value), text_view(format), builder, converted);
        std::pmr::vector<crosswalk::conversion_note> notes{&memory};
        crosswalk_to(text_view(format), options).converter.build(record, &notes);
        put_notes(rows, notes);
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
        // Of UNIMARC, what the first step loses: its fields are not those that the rules of the format see.
        bool const first_step = record.is_unimarc() && !text_view(format).starts_with("from_unimarc");
        compiled_crosswalk& crosswalk =
            first_step ? crosswalk_to(rules_from_unimarc(record)) : crosswalk_to(text_view(format), options);
        crosswalk.converter.find_unmapped(record, found);
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
                values[3] = text_datum_replacing(rest.value);
            }
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_from_crosswalk) {
    struct varlena* text = varlena_argument(fcinfo, 0);
    struct varlena* format = varlena_argument(fcinfo, 1);
    struct varlena* options = varlena_argument(fcinfo, 2);
    return boundary(fcinfo, [&] { return record_of_document(utf8_of(text_view(text)), text_view(format), options); });
}

MARC_SQL_FUNCTION(marc_from_mods) {
    struct varlena* text = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return record_of_document(utf8_of(text_view(text)), "from_mods", options); });
}

MARC_SQL_FUNCTION(marc_from_dc) {
    struct varlena* text = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return record_of_document(utf8_of(text_view(text)), "from_dc", options); });
}

MARC_SQL_FUNCTION(marc_from_ead) {
    struct varlena* text = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] { return record_of_document(utf8_of(text_view(text)), "from_ead", options); });
}

MARC_SQL_FUNCTION(marc_from_folio) {
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo,
                    [&] { return record_of_document(json_text(fcinfo->args[0].value), "from_folio", options); });
}

MARC_SQL_FUNCTION(marc_from_dspace) {
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo,
                    [&] { return record_of_document(json_text(fcinfo->args[0].value), "from_dspace", options); });
}

MARC_SQL_FUNCTION(marc_from_unimarc) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        marc::record_view const record = record_of(value);
        if (!record.is_unimarc()) {
            return PointerGetDatum(value);
        }
        compiled_crosswalk& crosswalk = crosswalk_to(rules_from_unimarc(record), options);
        return built([&](marc::builder& builder) { crosswalk.converter.to_marc(record, builder); });
    });
}

MARC_SQL_FUNCTION(marc_from_crosswalk_notes) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* text = varlena_argument(fcinfo, 0);
    struct varlena* format = varlena_argument(fcinfo, 1);
    struct varlena* options = varlena_argument(fcinfo, 2);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::vector<crosswalk::conversion_note> notes{&memory};
        marc::builder builder{&memory};
        crosswalk_to(text_view(format), options).converter.document_to_marc(utf8_of(text_view(text)), builder, &notes);
        put_notes(rows, notes);
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_from_crosswalk_unmapped) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* text = varlena_argument(fcinfo, 0);
    struct varlena* format = varlena_argument(fcinfo, 1);
    struct varlena* options = varlena_argument(fcinfo, 2);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::vector<crosswalk::unmapped_text> found{&memory};
        crosswalk_to(text_view(format), options).converter.find_unmapped_texts(utf8_of(text_view(text)), found);
        for (const crosswalk::unmapped_text& rest : found) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            std::array<Datum, 2> values{text_datum_replacing(rest.path), text_datum_replacing(rest.text)};
            std::array<bool, 2> nulls{};
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

MARC_SQL_FUNCTION(marc_crosswalk_mapping) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* format = varlena_argument(fcinfo, 0);
    struct varlena* options = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::vector<crosswalk::mapping_row> found{&memory};
        crosswalk::describe_mapping(crosswalk_to(text_view(format), options).rules, found);
        for (const crosswalk::mapping_row& row : found) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            constexpr std::string_view parts[] = {"value", "rule", "template"};
            std::array<Datum, 7> values{text_datum(parts[static_cast<std::size_t>(row.kind)]),
                                        text_datum_from_utf8(row.name),
                                        text_datum_from_utf8(row.element),
                                        text_datum_from_utf8(row.source),
                                        text_datum_from_utf8(row.condition),
                                        text_datum_from_utf8(row.value),
                                        text_datum_from_utf8(row.about)};
            std::array<bool, 7> nulls{};
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
            std::array<Datum, 4> values{
                text_datum(one.format), text_datum(rules.version()),
                text_datum(crosswalk::source_form_names[static_cast<std::size_t>(rules.source())]),
                text_datum(crosswalk::output_form_names[static_cast<std::size_t>(rules.output())])};
            std::array<bool, 4> nulls{};
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

} // namespace marc_pg
