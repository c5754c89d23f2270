// One digest for a row, whoever makes it: PostgreSQL as a source, PostgreSQL as the mirror, or this program of a row
// that it read. MD5, because every PostgreSQL has it as a function; it guards against accidents, not against malice.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapter/adapter.hpp"
#include "capture/change.hpp"

namespace everarchive::capture {

/// The MD5 of `text` in hexadecimal.
std::string md5_of(std::string_view text);

/// The digest of the cells `columns` of a row: each as its length in bytes of UTF-8, a colon and its text; NULL as `N`.
std::string digest_of(std::span<const cell> row, std::span<const std::size_t> columns);

/// The same as an SQL expression. `names`: the columns, quoted, with an alias if need be; `types`: their types there.
/// `utf8`: the database is in UTF8. The session's text forms must be those of postgresql::connect().
std::string digest_sql(std::span<const std::string> names, std::span<const std::string> types, bool utf8);

/// A column as the text that COPY and the stream give of it. A cast would not do: it takes the blanks off a char(n),
/// writes booleans as words and an inet with its mask.
std::string text_sql(const std::string& name, std::string_view type);

} // namespace everarchive::capture
