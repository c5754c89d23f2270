// The binary form for other machines: the stored layout with integers in network byte order.
#pragma once

#include "marc/builder.hpp"
#include "marc/record.hpp"

#include <cstddef>
#include <memory_resource>
#include <span>
#include <string>

namespace marc {

/// Appends the record's binary form.
void write_wire(const record_view& record, std::pmr::string& out);

/// Reads untrusted bytes and checks all of them.
/// @param prefix free bytes in front of the result
/// @throws parse_error corrupt, too_large
stored_record read_wire(std::span<const std::byte> bytes, std::pmr::memory_resource* memory, std::size_t prefix = 0);

} // namespace marc
