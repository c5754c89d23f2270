// Parsing that does not raise an error: the record or the reason (marc_try), what was odd (marc_problems).
#include "rows.hpp"
#include "value.hpp"

#include "marc/detect.hpp"
#include "marc/error.hpp"
#include "marc/report.hpp"

#include <optional>

namespace marc_pg {
namespace {

/// Reads one record of any form by the reader. Returns the row (record, problem), one of which is null.
template <class Read>
Datum try_record(TupleDesc row, Read&& read) {
    std::array<Datum, 2> values{};
    std::array<bool, 2> nulls{true, true};
    palloc_resource memory;
    marc::builder builder{&memory};
    try {
        read(builder);
        values[0] = marc_datum(builder);
        nulls[0] = false;
    } catch (const marc::parse_error& error) {
        values[1] = text_datum(error.what());
        nulls[1] = false;
    }
    return row_datum(row, values, nulls);
}

void put_problem(const row_set& rows, std::string_view code, std::string_view tag, std::uint32_t occurrence,
                 std::optional<std::size_t> offset, std::string_view message) {
    row_memory const values_of_row{rows};
    bool const has_tag = !tag.empty() && tag[0] != '\0';
    std::array<Datum, 5> values{text_datum(code), Datum{0}, Int32GetDatum(static_cast<std::int32_t>(occurrence) + 1),
                                Int64GetDatum(static_cast<std::int64_t>(offset.value_or(0))), text_datum(message)};
    std::array<bool, 5> nulls{false, !has_tag, !has_tag, !offset, false};
    if (has_tag) {
        values[1] = text_datum(marc::printable_tag{tag}.view());
    }
    rows.put(values, nulls);
}

/// Reads one record by the reader and adds a row for each defect, or one for the reason why it cannot be read.
template <class Read>
void put_problems(const row_set& rows, Read&& read) {
    palloc_resource memory;
    marc::report report{&memory};
    try {
        marc::builder builder{&memory};
        read(builder, &report);
        builder.finish();
    } catch (const marc::parse_error& error) {
        put_problem(rows, "unreadable", error.tag(), 0, error.offset(), error.what());
        return;
    }
    for (const marc::defect& found : report.list()) {
        poll_interrupts();
        put_problem(rows, marc::name_of(found.code), {found.tag.data(), found.tag.size()}, found.occurrence,
                    found.offset, marc::text_of(found.code));
    }
}

} // namespace

MARC_SQL_FUNCTION(marc_try_text) {
    TupleDesc row = row_type(fcinfo);
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        return try_record(row, [&](marc::builder& builder) { marc::read_text(utf8_of(text_view(text)), builder); });
    });
}

MARC_SQL_FUNCTION(marc_try_bytea) {
    TupleDesc row = row_type(fcinfo);
    struct varlena* bytes = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        return try_record(row, [&](marc::builder& builder) { marc::read_bytes(varlena_bytes(bytes), builder); });
    });
}

MARC_SQL_FUNCTION(marc_problems_text) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        put_problems(rows, [&](marc::builder& builder, marc::report* report) {
            marc::read_text(utf8_of(text_view(text)), builder, report);
        });
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_problems_bytea) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* bytes = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        put_problems(rows, [&](marc::builder& builder, marc::report* report) {
            marc::read_bytes(varlena_bytes(bytes), builder, report);
        });
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_problems_record) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::report report{&memory};
        marc::builder builder{&memory};
        marc::record_view const record = record_of(value);
        builder.set_leader(record.leader(), &report);
        for (const marc::field_view field : record) {
            builder.add_field(field.tag(), field.content());
        }
        builder.note_defects(&report);
        for (const marc::defect& found : report.list()) {
            poll_interrupts();
            put_problem(rows, marc::name_of(found.code), {found.tag.data(), found.tag.size()}, found.occurrence, {},
                        marc::text_of(found.code));
        }
        if (record.has(marc::record_flag::defects)) {
            put_problem(rows, "mended", {}, 0, {}, "the reader of the record mended what was damaged or missing");
        }
        if (record.has(marc::record_flag::lossy)) {
            put_problem(rows, "lossy", {}, 0, {}, "the reader of the record could not keep all that the input held");
        }
        return Datum{0};
    });
}

} // namespace marc_pg
