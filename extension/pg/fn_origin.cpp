// Where a record came from: its raw bytes and their encoding. And the normal form of its characters.
#include "value.hpp"

#include "marc/iso2709.hpp"
#include "marc/nfc.hpp"

namespace marc_pg {

MARC_SQL_FUNCTION(marc_raw) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::string bytes{&memory};
        if (!marc::append_raw(record_of(value), bytes)) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        return bytea_datum(marc::as_bytes(bytes));
    });
}

MARC_SQL_FUNCTION(marc_encoding) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        marc::record_view const record = record_of(value);
        marc::source_encoding const encoding = record.encoding();
        if (encoding == marc::source_encoding::unicode) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        // The label is not the encoding: marc_problems() tells of a wrong one.
        return text_datum(marc::name_of(
            encoding == marc::source_encoding::utf8_mislabelled ? marc::source_encoding::utf8 : encoding));
    });
}

MARC_SQL_FUNCTION(marc_nfc) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        marc::record_view const record = record_of(value);
        if (marc::is_nfc(record)) {
            return PointerGetDatum(value);
        }
        palloc_resource memory;
        marc::builder builder{&memory};
        marc::build_nfc(record, builder);
        return marc_datum(builder);
    });
}

} // namespace marc_pg
