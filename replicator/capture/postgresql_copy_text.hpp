// One line of COPY … TO STDOUT in text format (documentation of COPY, "Text Format"): values between tabs, \N for NULL,
// backslash sequences for what would end a value.
#pragma once

#include <span>
#include <string_view>

#include "capture/change.hpp"

namespace everarchive::capture::postgresql {

/// Reads `line`, with or without its newline, into `row`; values are copied into `into`. Returns false if the line does
/// not have exactly row.size() values or ends inside a backslash sequence.
bool read_copy_line(std::string_view line, std::span<cell> row, batch& into);

} // namespace everarchive::capture::postgresql
