// Crosswalks to other forms of metadata: marc_crosswalk, marc_crosswalk_notes, marc_unmapped, marc_crosswalk_rules,
// marc_crosswalk_formats.
#include "argument.hpp"
#include "compiled.hpp"
#include "rows.hpp"
#include "value.hpp"

#include "crosswalk/convert.hpp"

namespace marc_pg {
namespace {

/// Rules, compiled, and the memory that runs of them keep.
struct compiled_crosswalk {
    crosswalk::rule_set rules;
    crosswalk::converter converter;

    compiled_crosswalk(std::span<const crosswalk::rule_text> texts, std::pmr::memory_resource* memory)
        : rules{texts, memory}, converter{rules, memory} {}
};

[[noreturn]] void no_such_format(std::string_view format) {
    std::string known;
    for (const crosswalk::shipped_rules& one : crosswalk::shipped()) {
        known.append(known.empty() ? "" : ", ").append(one.format);
    }
    throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "there is no crosswalk to \"" + std::string{format} + "\"", {},
                    "The formats are " + known + "."};
}

/// The crosswalk of a call: format, and rules that change it or null. Throws sql_error 22023.
compiled_crosswalk& crosswalk_of(FunctionCallInfo fcinfo, std::string_view format, std::string_view changes) {
    std::string source{format};
    source += '\0';
    source += changes;
    // The cache keeps what it compiled in memory of its own, which nothing else reads while this call runs.
    return const_cast<compiled_crosswalk&>(
        compiled<compiled_crosswalk>(fcinfo, source, [&](std::pmr::memory_resource* memory) {
            auto const shipped = crosswalk::find_shipped(format);
            if (!shipped) {
                no_such_format(format);
            }
            std::string_view const ours = utf8_of(changes);
            const crosswalk::rule_text texts[] = {{format, *shipped}, {"the rules given", ours}};
            try {
                return compiled_crosswalk{{texts, changes.empty() ? 1U : 2U}, memory};
            } catch (const crosswalk::rule_error& error) {
                throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "crosswalk rules cannot be understood", error.what(),
                                "See how rules are written in docs/crosswalks.md, and the shipped ones by SELECT "
                                "marc_crosswalk_rules('" +
                                    std::string{format} + "')."};
            }
        }));
}

/// Format and rules of the arguments behind the record; none of them null but the rules.
compiled_crosswalk& crosswalk_of_arguments(FunctionCallInfo fcinfo, struct varlena* format, struct varlena* rules) {
    return crosswalk_of(fcinfo, text_view(format), rules == nullptr ? std::string_view{} : text_view(rules));
}

} // namespace

MARC_SQL_FUNCTION(marc_crosswalk) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* format = argument_or_null(fcinfo, 1);
    struct varlena* rules = argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        if (value == nullptr || format == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        compiled_crosswalk& crosswalk = crosswalk_of_arguments(fcinfo, format, rules);
        palloc_resource memory;
        std::pmr::string out{&memory};
        crosswalk.converter.convert(record_of(value), out);
        if (crosswalk.rules.output() == crosswalk::output_form::xml && !database_is_utf8()) {
            return text_datum(with_character_references(out));
        }
        return text_datum_from_utf8(out);
    });
}

MARC_SQL_FUNCTION(marc_crosswalk_notes) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* format = argument_or_null(fcinfo, 1);
    struct varlena* rules = argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        if (value == nullptr || format == nullptr) {
            return Datum{0};
        }
        palloc_resource memory;
        std::pmr::vector<crosswalk::conversion_note> notes{&memory};
        crosswalk_of_arguments(fcinfo, format, rules).converter.build(record_of(value), &notes);
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
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* format = argument_or_null(fcinfo, 1);
    struct varlena* rules = argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        if (value == nullptr || format == nullptr) {
            return Datum{0};
        }
        palloc_resource memory;
        std::pmr::vector<crosswalk::unmapped_subfield> found{&memory};
        marc::record_view const record = record_of(value);
        crosswalk_of_arguments(fcinfo, format, rules).converter.find_unmapped(record, found);
        for (const crosswalk::unmapped_subfield& rest : found) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            marc::field_view const field = record.field(rest.field);
            std::array<Datum, 4> values{Int32GetDatum(static_cast<std::int32_t>(rest.field + 1)),
                                        text_datum(marc::printable_tag{field.tag()}.view()), Datum{0}, Datum{0}};
            std::array<bool, 4> nulls{false, false, rest.code.empty(), false};
            std::string_view content = field.content();
            if (!rest.code.empty()) {
                values[2] = text_datum_replacing(rest.code);
                for (const marc::subfield_view& s : field.subfields()) {
                    if (s.code == rest.code) {
                        content = s.value;
                        break;
                    }
                }
            }
            values[3] = text_datum_replacing(content);
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_crosswalk_rules) {
    struct varlena* format = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        auto const shipped = crosswalk::find_shipped(text_view(format));
        if (!shipped) {
            no_such_format(text_view(format));
        }
        return text_datum_from_utf8(*shipped);
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
