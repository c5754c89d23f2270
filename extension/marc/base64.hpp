// Inside of the library: base64 (RFC 4648, section 4).
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

void append_base64(std::string_view bytes, std::pmr::string& out);

/// @return false when the text is not exactly what append_base64 writes
bool append_decoded_base64(std::string_view text, std::pmr::string& out);

} // namespace marc
