// Field paths: marc_values (->), marc_value (->>), marc_exists (@?), marc_concat, marc_control_number.
#include "path_cache.hpp"
#include "value.hpp"

#include "marc/error.hpp"

namespace marc_pg {
namespace {

/// Whether a value must be unpacked or fetched before it can be read.
bool is_packed(const struct varlena* value) {
    return VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value);
}

/// The record of an argument, detoasted only now: inside boundary(). Throws pg_error, parse_error corrupt.
marc::record_view fetch_record(FunctionCallInfo fcinfo) {
    auto* value = reinterpret_cast<struct varlena*>(DatumGetPointer(fcinfo->args[0].value));
    if (is_packed(value)) {
        value = pg_call([&] { return varlena_argument(fcinfo, 0); });
    }
    return record_of(value);
}

/// The front of a record that is compressed or stored out of line: mostly it has the fields to the title. Nothing when
/// the value lies there as it is, or is hardly longer. Throws pg_error, parse_error corrupt.
std::optional<marc::record_view> fetch_front(FunctionCallInfo fcinfo) {
    constexpr std::size_t front_bytes = 1024;
    Datum const argument = fcinfo->args[0].value;
    auto* value = reinterpret_cast<struct varlena*>(DatumGetPointer(argument));
    if (!is_packed(value)) {
        return std::nullopt;
    }
    std::size_t const stored_bytes = pg_call([&] { return toast_raw_datum_size(argument); }) - VARHDRSZ;
    if (stored_bytes < front_bytes + front_bytes / 2) {
        return std::nullopt;
    }
    value = pg_call([&] { return PG_DETOAST_DATUM_SLICE(argument, 0, front_bytes); });
    return marc::record_view::front(varlena_bytes(value), stored_bytes);
}

/// Calls use(record, value) with the first value that a path selects, or an empty optional; returns what it returns.
/// Unpacking all of a record costs more than finding a field in it, so the front is tried first, as long as that pays.
template <class Use>
Datum with_first_value(FunctionCallInfo fcinfo, const called_path& called, Use use) {
    constexpr int most_penalty = 256;
    palloc_resource memory;
    std::pmr::string scratch{&memory};
    std::string_view value;
    // Conditions may look anywhere in the record.
    bool const may_try = called.path.comparisons.empty() && called.skip == 0;
    called.skip -= called.skip > 0 ? 1 : 0;
    if (auto const front = may_try ? fetch_front(fcinfo) : std::nullopt) {
        try {
            marc::field_selector fields{called.path.tag, called.path.index, *front, &memory};
            std::size_t first = 0;
            bool const any = fields.next(first);
            if (!any || front->holds_field(first)) {
                marc::path_cursor cursor{called.path, *front, scratch};
                bool const found = any && cursor.next(value);
                called.penalty = 1;
                return use(*front, found ? std::optional{value} : std::nullopt);
            }
        } catch (const marc::parse_error&) {} // a field behind the front
        called.skip = called.penalty;
        called.penalty = std::min(2 * called.penalty, most_penalty);
    }
    marc::record_view const record = fetch_record(fcinfo);
    marc::path_cursor cursor{called.path, record, scratch};
    return use(record, cursor.next(value) ? std::optional{value} : std::nullopt);
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
        const called_path& called = compiled_call(fcinfo, text_view(text));
        if (marc::is_leader_only(called.path)) {
            std::string_view const found = marc::leader_value(called.path, fetch_leader(fcinfo));
            fcinfo->isnull = found.empty();
            return found.empty() ? Datum{0} : text_datum_from_utf8(found);
        }
        return with_first_value(fcinfo, called, [&](const marc::record_view& record, auto found) {
            fcinfo->isnull = !found;
            return found ? text_datum(record, *found) : Datum{0};
        });
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
        const called_path& called = compiled_call(fcinfo, text_view(text));
        if (marc::is_leader_only(called.path)) {
            return BoolGetDatum(!marc::leader_value(called.path, fetch_leader(fcinfo)).empty());
        }
        return with_first_value(fcinfo, called,
                                [](const marc::record_view&, auto found) { return BoolGetDatum(found.has_value()); });
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
