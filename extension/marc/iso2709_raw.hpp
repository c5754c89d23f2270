// Inside of the library: the exact input of a record that was read from ISO 2709.
//
// The input is rebuilt out of the record: the leader as it came, a directory in canonical form, the fields in the
// encoding in which they came, 1D. Where that is not the input, a residue makes the difference: a kind byte and the
// steps of difference.hpp from what is rebuilt to the input.
//
// So what is rebuilt is part of the stored form, with every choice that append_encoded() makes in MARC-8 and ISO 5426:
// it may never change, or raw bytes of stored records change with it.
#pragma once

#include "marc/builder.hpp"
#include "marc/record.hpp"

#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

/// Gives the builder the residue that it needs for this input, or none.
void keep_raw(builder& into, std::string_view input);

/// The same for an input whose directory is canonical and whose leader is stored as it came, so that only characters
/// may make a difference.
/// @param area the data of the input: fields with their terminators
void keep_raw_of_sound(builder& into, std::string_view input, std::string_view area);

/// Gives a builder that holds the fields, source and flags of a record its residue back, if reading the raw input again
/// gives that very record.
/// @param steps the residue without its kind byte; empty when there is none
/// @return false, with the builder unchanged, when it is another record
/// @throws parse_error too_large
bool restore_raw(builder& into, std::string_view steps);

/// True where the fields came in the characters in which they are stored.
bool came_as_stored(source_encoding encoding) noexcept;

/// Checks that the record is what its own raw input gives when it is read again.
/// @throws parse_error corrupt
void check_raw(const record_view& record, std::pmr::memory_resource* memory);

} // namespace marc
