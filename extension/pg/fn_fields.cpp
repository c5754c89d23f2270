// The leader, what the reader left out, and the record as rows.
#include "rows.hpp"
#include "value.hpp"

namespace marc_pg {
namespace {

constexpr std::size_t ind1 = 2;
constexpr std::size_t ind2 = 3;
constexpr std::size_t code = 4;
constexpr std::size_t content = 5;

using row_values = std::array<Datum, 6>;
using row_nulls = std::array<bool, 6>;

/// Adds the rows of one field: one for a control field; for a data field one for each subfield, and before them one
/// without a code for bytes that stand before the first subfield. A data field without any of these has one row, too.
void put_field(const row_set& rows, const marc::record_view& record, const marc::field_view& field, std::size_t ord) {
    row_memory const values_of_field{rows};
    row_values values{Int32GetDatum(static_cast<std::int32_t>(ord)),
                      text_datum(marc::printable_tag{field.tag()}.view())};
    row_nulls nulls{false, false, true, true, true, true};
    auto const put_value = [&](std::string_view text) {
        values[content] = text_datum(record, text);
        nulls[content] = false;
        rows.put(values, nulls);
    };
    if (field.is_control()) {
        put_value(field.content());
        return;
    }
    char const first = field.indicator1();
    char const second = field.indicator2();
    values[ind1] = text_datum_from_utf8({&first, 1});
    values[ind2] = text_datum_from_utf8({&second, 1});
    nulls[ind1] = nulls[ind2] = false;
    if (!field.leading().empty() || field.subfields().empty()) {
        put_value(field.leading());
    }
    nulls[code] = false;
    for (const marc::subfield_view& subfield : field.subfields()) {
        poll_interrupts();
        values[code] = text_datum(record, subfield.code);
        put_value(subfield.value);
    }
}

} // namespace

MARC_SQL_FUNCTION(marc_leader) {
    // The head only: a large record that is stored out of line is not read in full.
    struct varlena* head = PG_DETOAST_DATUM_SLICE(fcinfo->args[0].value, 0, marc::record_view::leader_slice_bytes);
    return boundary(fcinfo, [&] { return text_datum_from_utf8(marc::record_view::leader_of(varlena_bytes(head))); });
}

MARC_SQL_FUNCTION(marc_is_lossy) {
    struct varlena* head = PG_DETOAST_DATUM_SLICE(fcinfo->args[0].value, 0, marc::record_view::leader_slice_bytes);
    return boundary(fcinfo, [&] {
        return BoolGetDatum((marc::record_view::flags_of(varlena_bytes(head)) & marc::record_flag::lossy) != 0);
    });
}

MARC_SQL_FUNCTION(marc_fields) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        marc::record_view const record = record_of(value);
        for (std::size_t index = 0; index < record.field_count(); ++index) {
            poll_interrupts();
            put_field(rows, record, record.field(index), index + 1);
        }
        return Datum{0};
    });
}

} // namespace marc_pg
