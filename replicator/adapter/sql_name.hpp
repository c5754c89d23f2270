// Names and texts of the adapters as they stand in SQL.
#pragma once

#include <string>
#include <string_view>

namespace everarchive::adapter {

/// `text` between two `quote`s, each of those in it twice.
std::string sql_quoted(std::string_view text, char quote);

/// `name` as a quoted SQL identifier.
std::string sql_identifier(std::string_view name);

} // namespace everarchive::adapter
