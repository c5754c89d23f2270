// The type: text form (mnemonic lines) and binary form.
#include "value.hpp"

#include "marc/detect.hpp"
#include "marc/error.hpp"
#include "marc/mrk.hpp"
#include "marc/wire.hpp"

namespace marc_pg {

MARC_SQL_FUNCTION(marc_in) {
    const char* input = PG_GETARG_CSTRING(0);
    return boundary(fcinfo,
                    [&] { return built([&](marc::builder& builder) { marc::read_text(utf8_of(input), builder); }); });
}

MARC_SQL_FUNCTION(marc_out) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::string text{&memory};
        // ASCII with escapes is valid in every server encoding, so that a dump can always be restored.
        marc::write_mrk(record_of(value), text, {.ascii_only = !database_is_utf8(), .provenance = true});
        return cstring_datum(text);
    });
}

MARC_SQL_FUNCTION(marc_recv) {
    auto* message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    int const size = message->len - message->cursor;
    // Not terminated by NUL from 17 on: only these bytes may be read.
    const char* bytes = pq_getmsgbytes(message, size);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        try {
            return marc_datum(
                marc::read_wire(marc::as_bytes({bytes, static_cast<std::size_t>(size)}), &memory, VARHDRSZ));
        } catch (const marc::parse_error& error) {
            if (error.code() != marc::errc::corrupt) {
                throw;
            }
            throw sql_error{ERRCODE_INVALID_BINARY_REPRESENTATION, "invalid binary form of a marc value", error.what(),
                            "Send what marc_send() gives; bytes of a MARC file are read by marc_from_iso2709()."};
        }
    });
}

MARC_SQL_FUNCTION(marc_send) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::string bytes{&memory};
        marc::write_wire(record_of(value), bytes);
        return bytea_datum(marc::as_bytes(bytes));
    });
}

} // namespace marc_pg
