// MySQL's binary form of JSON (sql-common/json_binary.h), as row events carry it, to text.
#pragma once

#include <string>
#include <string_view>

#include "capture/mariadb_value.hpp"

namespace everarchive::capture {

/// The text that the server itself prints: `{"a": [1, 2.5, null]}`. Throws malformed.
value_text text_of_json(std::string_view raw, value_target into, std::string& room);

} // namespace everarchive::capture
