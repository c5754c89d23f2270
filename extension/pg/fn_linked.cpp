// marc_linked: fields in another script and the fields they go with.
#include "rows.hpp"
#include "value.hpp"

#include "marc/linked.hpp"

namespace marc_pg {

MARC_SQL_FUNCTION(marc_linked) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::record_view const record = record_of(value);
        for (const marc::linked_field& link : marc::linked_fields(record, &memory)) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            std::array<Datum, 4> values{Int32GetDatum(static_cast<std::int32_t>(link.field + 1)),
                                        Int32GetDatum(static_cast<std::int32_t>(link.linked + 1)),
                                        Int32GetDatum(static_cast<std::int32_t>(link.occurrence)), Datum{0}};
            std::array<bool, 4> nulls{link.field == marc::linked_field::npos, link.linked == marc::linked_field::npos,
                                      false, link.script.empty()};
            if (!link.script.empty()) {
                values[3] = text_datum(record, link.script);
            }
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

} // namespace marc_pg
