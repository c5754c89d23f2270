// Inside of the library: from an ISO 2709 directory, sound or damaged, to fields.
#pragma once

#include "marc/builder.hpp"
#include "marc/report.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace marc {

/// Where the parts lie in a record.
struct directory_place {
    std::size_t start = 0; ///< end of the leader; 24 unless the leader is damaged
    std::size_t end = 0;   ///< end of the last entry
    std::size_t data = 0;  ///< first byte of the data, normally end + 1
};

/// Finds the directory by its terminator, not by the leader's base address; nothing when the record has no terminator.
std::optional<directory_place> find_directory(std::string_view record);

/// Reads a directory whose entries follow each other, agree with the terminators and cover the data exactly.
/// @return false, with nothing added, when it is not so
bool read_exact_directory(std::string_view directory, std::string_view area, builder& into);

using note_function = std::function<void(defect_code, std::size_t offset, std::string_view tag)>;

/// Reads any other directory: each piece of data that ends in 1E becomes at most one field.
/// @param note receives what was mended; offsets are in the directory for defects of the directory, else in the area
void read_damaged_directory(std::string_view directory, std::string_view area, builder& into,
                            const note_function& note);

} // namespace marc
