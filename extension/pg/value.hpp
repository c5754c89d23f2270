// Between Datums and the library's records.
#pragma once

#include "guard.hpp"
#include "text.hpp"

#include "marc/builder.hpp"
#include "marc/marcxml.hpp"
#include "marc/record.hpp"

namespace marc_pg {

/// The record in a detoasted value. Takes a marc value; borrows its bytes. Throws parse_error corrupt (XX001), also for
/// a layout version that this library does not know.
inline marc::record_view record_of(const struct varlena* value) {
    return marc::record_view::trusted(varlena_bytes(value));
}

/// The marc value of a record that was built with VARHDRSZ free bytes in front; no copy.
Datum marc_datum(marc::stored_record&& record);

/// The same for a value that the record's own memory frees when it is gone: for a row that is copied away before.
inline Datum borrowed_datum(marc::stored_record& record) {
    std::byte* const value = record.writable().data() - VARHDRSZ;
    SET_VARSIZE(value, record.bytes().size() + VARHDRSZ);
    return PointerGetDatum(value);
}

/// The marc value that the builder holds. Throws parse_error.
inline Datum marc_datum(marc::builder& builder) {
    return marc_datum(builder.finish(VARHDRSZ));
}

/// The marc value that a function puts into a builder. Throws parse_error.
template <class Build>
Datum built(const Build& build) {
    palloc_resource memory;
    marc::builder builder{&memory};
    build(builder);
    return marc_datum(builder);
}

/// True when the record's flags say that its bytes are text as they are.
inline bool is_plain(const marc::record_view& record) {
    return !record.has(marc::record_flag::nul) && (database_is_utf8() || !record.has(marc::record_flag::non_ascii));
}

/// Text out of a record: cheap when it is plain. Throws pg_error 22P05 for a character that the database's encoding
/// lacks.
inline Datum text_datum(const marc::record_view& record, std::string_view value) {
    return is_plain(record) ? text_datum(value) : text_datum_from_utf8(value);
}

/// The JSON of a jsonb argument as UTF-8, in the current memory context. Throws pg_error.
std::string_view json_text(Datum argument);

/// What to do with content that a form cannot hold, as the caller names it; null: an error. Throws sql_error 22023.
marc::inexpressible_content policy_of(const struct varlena* name);

/// MARCXML in ASCII: every other character as a character reference, for a database that does not hold all of Unicode.
std::string with_character_references(std::string_view xml);

/// Frees a detoasted copy of an argument: btree and hash support functions must not leak in a long sort.
inline void free_if_copy(FunctionCallInfo fcinfo, int number, struct varlena* value) {
    if (PointerGetDatum(value) != fcinfo->args[number].value) {
        pfree(value);
    }
}

} // namespace marc_pg
