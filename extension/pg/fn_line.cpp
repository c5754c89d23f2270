// The forms that are lines besides the mnemonic one: line mode and Aleph sequential.
#include "argument.hpp"
#include "value.hpp"

#include "marc/aleph.hpp"
#include "marc/line.hpp"

namespace marc_pg {
MARC_SQL_FUNCTION(marc_from_line) {
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        return built([&](marc::builder& builder) { marc::read_line(utf8_of(text_view(text)), builder); });
    });
}

MARC_SQL_FUNCTION(marc_to_line) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::string text{&memory};
        marc::write_line(record_of(value), text, {.ascii_only = !database_is_utf8()});
        return text_datum(text);
    });
}

MARC_SQL_FUNCTION(marc_from_aleph) {
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        return built([&](marc::builder& builder) { marc::read_aleph(utf8_of(text_view(text)), builder); });
    });
}

MARC_SQL_FUNCTION(marc_to_aleph) {
    // Not strict, since the system number may be null: a null record gives null.
    struct varlena* value = argument_or_null(fcinfo, 0);
    bool const has_number = !PG_ARGISNULL(1);
    std::int32_t const number = has_number ? PG_GETARG_INT32(1) : 0;
    return boundary(fcinfo, [&] {
        if (value == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        marc::aleph_options options{.ascii_only = !database_is_utf8()};
        if (has_number) {
            if (number < 0 || static_cast<std::uint32_t>(number) > marc::aleph_system_number_limit) {
                throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "a system number has nine digits"};
            }
            options.system_number = static_cast<std::uint32_t>(number);
        }
        palloc_resource memory;
        std::pmr::string text{&memory};
        marc::write_aleph(record_of(value), text, options);
        return text_datum(text);
    });
}

} // namespace marc_pg
