// A look at SQL text before the parser sees it: libpg_query recurses as deep as its input nests and has no stack check
// (5,000 nested SELECTs end the process), so length, nesting and tokens are counted first.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace everarchive::adapter {

/// What a text may hold before it is parsed.
struct sql_limits {
    std::size_t bytes = 64 * 1024;
    std::size_t depth = 64;    // of parentheses and brackets
    std::size_t tokens = 4000; // in one statement: bounds left-deep trees such as 1+1+1+…
};

/// Why a text must not be parsed, and at which byte of it.
struct sql_fault {
    std::size_t offset = 0;
    std::string reason;
};

/// What was seen of a text.
struct sql_outline {
    std::optional<sql_fault> fault;
    std::optional<std::size_t> first_comment; // byte offset
    bool balanced = true;                     // no closing parenthesis without its opening one
};

/// Reads `text` by PostgreSQL's lexical rules (src/backend/parser/scan.l: quotes, E'', dollar quotes, nested comments).
/// Stops at the first fault: too long, a NUL or a broken UTF-8 byte, nested too deeply, too many tokens.
sql_outline outline(std::string_view text, const sql_limits& limits);

/// The value of the line comment `-- key: value` among the comment lines that open `text`.
std::optional<std::string> header_value(std::string_view text, std::string_view key);

/// The values of all line comments `-- key: value` among the comment lines that open `text`.
std::vector<std::string> header_values(std::string_view text, std::string_view key);

/// The line of a byte offset, from 1.
std::size_t line_at(std::string_view text, std::size_t offset);

/// The character of a byte offset in UTF-8 text, from 1.
std::size_t character_at(std::string_view text, std::size_t offset);

/// The byte at which character `character` (from 1) of UTF-8 text begins.
std::size_t byte_of(std::string_view text, std::size_t character);

/// The first byte at or after `offset` that is neither white space nor comment.
std::size_t skip_blank(std::string_view text, std::size_t offset);

} // namespace everarchive::adapter
