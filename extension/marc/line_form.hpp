// Inside of the library: how lines of line mode and Aleph sequential are told from others.
#pragma once

#include <string_view>

namespace marc {

/// A message that yaz-marcdump writes between the lines of a record: in parentheses, or an XML comment. No tag starts
/// so, and write_line escapes a leader that does.
bool is_line_mode_note(std::string_view line) noexcept;

/// The first line of a record in line mode is its leader, unless it looks like a field.
bool is_line_mode_leader(std::string_view line) noexcept;

/// A text that starts with a leader of line mode, certainly: 24 characters with the marks of one, and a line behind it
/// that starts with a tag.
bool is_line_mode_start(std::string_view text) noexcept;

/// A text that starts with a line of Aleph sequential, certainly: the blanks between the columns tell it from a leader.
bool is_aleph_start(std::string_view text) noexcept;

/// A line of Aleph sequential: nine digits and a blank.
bool is_aleph_line(std::string_view line) noexcept;

} // namespace marc
