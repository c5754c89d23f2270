// Values of row events: how long one is, and what it says.
#pragma once

#include <string>
#include <string_view>

#include "capture/binlog_bytes.hpp"
#include "capture/binlog_table.hpp"
#include "capture/mariadb_value.hpp"

namespace everarchive::capture {

/// Room that values are converted in, kept from value to value.
struct value_room {
    std::string text;
    std::string bytes;
};

/// Takes the bytes of the next value, without its length. Throws malformed, also for a type that is not known: then
/// where the next value starts is not known either.
std::string_view take_value(byte_reader& in, const mapped_column& column);

/// A decimal number as it lies in a row (strings/decimal.c), in digits. Throws malformed.
std::string decimal_digits(std::string_view raw, unsigned precision, unsigned scale);

/// The kind of a column by what the table map says. UUID and INET look like BINARY there: only the schema knows.
value_kind kind_of(const mapped_column& column);

/// A value as PostgreSQL text. `kind` as kind_of() or the schema says.
value_text text_of_value(std::string_view raw, const mapped_column& column, value_kind kind, const text_encoding& from,
                         value_target into, value_room& room);

} // namespace everarchive::capture
