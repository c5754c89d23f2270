// Rows in the text format of COPY (PostgreSQL documentation, "COPY", section "Text Format").
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "capture/change.hpp"

namespace everarchive::apply {

/// Appends `text` with backslash, newline, carriage return and tab escaped.
void append_copy_value(std::string& out, std::string_view text);

/// Appends `row` as one line with its newline. An absent cell is written as NULL: the caller passes full rows.
void append_copy_row(std::string& out, std::span<const capture::cell> row);

/// As append_copy_row(), with `first` as one more column in front.
void append_copy_row(std::string& out, std::string_view first, std::span<const capture::cell> row);

} // namespace everarchive::apply
