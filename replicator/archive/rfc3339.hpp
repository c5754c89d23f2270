// Date and time as RFC 3339, section 5.6, writes it.
#pragma once

#include <string_view>

namespace everarchive::archive {

/// True for a full date-time with seconds and an offset, such as 2026-01-31T23:59:59.5+01:00, on a day that exists.
bool is_rfc3339(std::string_view text);

} // namespace everarchive::archive
