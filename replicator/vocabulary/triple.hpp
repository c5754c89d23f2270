// What a vocabulary file says, one statement at a time (RDF 1.1 Concepts, section 3). Views live until the reader goes
// on.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace everarchive::vocabulary {

struct triple {
    std::string subject;   ///< IRI, or _:label for a blank node
    std::string predicate; ///< IRI
    std::string object;    ///< IRI, _:label, or the text of a literal, UTF-8
    bool is_literal = false;
    std::string language; ///< of a literal, as it is written; may be empty
};

/// Fills `buffer` with up to `size` bytes of the file and returns how many; 0 at the end.
using byte_source = std::function<std::size_t(char* buffer, std::size_t size)>;

/// A line or row that does not keep to the format: `line` from 1, `problem` for people. The reader goes on behind it.
using bad_line = std::function<void(std::int64_t line, const std::string& problem)>;

/// True for UTF-8 without NUL, surrogates and overlong forms: what a PostgreSQL text may hold.
bool is_text(std::string_view bytes) noexcept;

} // namespace everarchive::vocabulary
