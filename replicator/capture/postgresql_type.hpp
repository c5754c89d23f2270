// Which types of the source's columns have values that a mirror column can hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace everarchive::capture::postgresql {

/// True if every value of the type `from` in its text form is a value of the type `to`. Names as format_type() gives
/// them, without lengths.
bool fits(std::string_view from, std::string_view to);

/// The name of a type that every server has under the same number (src/include/catalog/pg_type.dat); empty: not known.
std::string_view builtin_type(std::uint32_t oid);

/// The name of a type from pg_type.typname, such as int4, where it is one of builtin_type(); empty: not known.
std::string_view builtin_type(std::string_view internal_name);

/// `character varying(20)` and `timestamp(3) with time zone` without their lengths.
std::string without_length(std::string_view type);

} // namespace everarchive::capture::postgresql
