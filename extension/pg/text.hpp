// Text between the library, which speaks UTF-8, and the server, which speaks the database's encoding.
#pragma once

#include "guard.hpp"

namespace marc_pg {

/// A bytea with these bytes. Throws std::bad_alloc.
Datum bytea_datum(std::span<const std::byte> bytes);

/// A text with these bytes, which must already be in the database's encoding.
Datum text_datum(std::string_view bytes);

/// A text from UTF-8 of the library: converted to the database's encoding; a zero byte or bytes that are not UTF-8,
/// which no text may hold, become U+FFFD (or ? where the encoding lacks it). Throws pg_error 22P05 for a character
/// that the encoding lacks.
Datum text_datum_from_utf8(std::string_view utf8);

/// A text[] of these texts. Throws pg_error.
Datum text_array(std::pmr::vector<Datum>& texts);

/// The same, but a character that the encoding lacks becomes ? instead of an error: for texts that show or search a
/// record, where one character of another script must not end the query.
Datum text_datum_replacing(std::string_view utf8);

/// A C string with these bytes, for a type's output function.
Datum cstring_datum(std::string_view bytes);

/// The UTF-8 of a text in the database's encoding; the same bytes when that is UTF-8. Throws pg_error 22P05.
std::string_view utf8_of(std::string_view database_text);

/// The characters of a detoasted text value.
inline std::string_view text_view(const struct varlena* value) {
    return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

/// True when the database stores text as UTF-8, so that any Unicode text can leave as it is.
inline bool database_is_utf8() {
    return GetDatabaseEncoding() == PG_UTF8;
}

} // namespace marc_pg
