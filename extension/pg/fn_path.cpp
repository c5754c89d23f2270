// Field paths: marc_values (->), marc_value (->>), marc_exists (@?), marc_concat, marc_control_number.
#include "path_cache.hpp"
#include "value.hpp"

namespace marc_pg {
namespace {

/// The record of an argument, detoasted only now: inside boundary(). Throws pg_error, parse_error corrupt.
marc::record_view fetch_record(FunctionCallInfo fcinfo) {
    auto* value = reinterpret_cast<struct varlena*>(DatumGetPointer(fcinfo->args[0].value));
    if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value)) {
        value = pg_call([&] { return varlena_argument(fcinfo, 0); });
    }
    return record_of(value);
}

/// The leader of the record: the rest of a large record, which is stored out of line, is not read.
std::string_view fetch_leader(FunctionCallInfo fcinfo) {
    struct varlena* head = pg_call(
        [&] { return PG_DETOAST_DATUM_SLICE(fcinfo->args[0].value, 0, marc::record_view::leader_slice_bytes); });
    return marc::record_view::leader_of(varlena_bytes(head));
}

} // namespace

MARC_SQL_FUNCTION(marc_value) {
    struct varlena* text = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        const marc::path& path = compiled_path(fcinfo, text_view(text));
        std::string_view found;
        if (marc::is_leader_only(path)) {
            found = marc::leader_value(path, fetch_leader(fcinfo));
            if (!found.empty()) {
                return text_datum_from_utf8(found);
            }
        } else {
            palloc_resource memory;
            marc::record_view const record = fetch_record(fcinfo);
            std::pmr::string scratch{&memory};
            marc::path_cursor cursor{path, record, scratch};
            if (cursor.next(found)) {
                return text_datum(record, found);
            }
        }
        fcinfo->isnull = true;
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_values) {
    struct varlena* text = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        const marc::path& path = compiled_path(fcinfo, text_view(text));
        palloc_resource memory;
        marc::record_view const record = fetch_record(fcinfo);
        std::pmr::string scratch{&memory};
        std::pmr::vector<Datum> found{&memory};
        marc::evaluate(path, record, scratch, [&](std::string_view value) {
            poll_interrupts();
            found.push_back(text_datum(record, value));
        });
        return text_array(found);
    });
}

MARC_SQL_FUNCTION(marc_exists) {
    struct varlena* text = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        const marc::path& path = compiled_path(fcinfo, text_view(text));
        if (marc::is_leader_only(path)) {
            return BoolGetDatum(!marc::leader_value(path, fetch_leader(fcinfo)).empty());
        }
        palloc_resource memory;
        marc::record_view const record = fetch_record(fcinfo);
        std::pmr::string scratch{&memory};
        marc::path_cursor cursor{path, record, scratch};
        std::string_view found;
        return BoolGetDatum(cursor.next(found));
    });
}

MARC_SQL_FUNCTION(marc_concat) {
    struct varlena* text = varlena_argument(fcinfo, 1);
    struct varlena* separator = varlena_argument(fcinfo, 2);
    return boundary(fcinfo, [&] {
        const marc::path& path = compiled_path(fcinfo, text_view(text));
        palloc_resource memory;
        marc::record_view const record = fetch_record(fcinfo);
        std::string_view const between = utf8_of(text_view(separator));
        std::pmr::string scratch{&memory};
        std::pmr::string all{&memory};
        bool any = false;
        marc::evaluate(path, record, scratch, [&](std::string_view value) {
            poll_interrupts();
            if (any) {
                all += between;
            }
            all += value;
            any = true;
        });
        if (!any) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        return text_datum_from_utf8(all);
    });
}

MARC_SQL_FUNCTION(marc_control_number) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        marc::record_view const record = record_of(value);
        std::string_view const number = marc::control_number(record);
        if (number.empty()) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        return text_datum(record, number);
    });
}

} // namespace marc_pg
