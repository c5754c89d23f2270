// N-Triples (W3C Recommendation "RDF 1.1 N-Triples", 25 February 2014, section 7), read strictly.
#pragma once

#include "vocabulary/triple.hpp"

namespace everarchive::vocabulary {

enum class line_kind { statement, nothing, bad };

/// Reads one line without its end. `nothing` for blank lines and comments; for a bad one `problem` says what and at
/// which byte, from 1.
line_kind read_ntriples_line(std::string_view line, triple& found, std::string& problem);

/// Calls `use` with every statement. Memory is that of one line; one of over a megabyte is bad.
void read_ntriples(const byte_source& in, const std::function<void(const triple&)>& use, const bad_line& bad);

} // namespace everarchive::vocabulary
