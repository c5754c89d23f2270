// Fuzz target of N-Triples. What is read must be text that can be written and read again, and lines must not depend on
// how the file is cut.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "vocabulary/ntriples.hpp"
#include "vocabulary/statement.hpp"

namespace vocabulary_fuzz {

inline void demand(bool holds, const char* what) {
    if (!holds) {
        std::cerr << "does not hold: " << what << '\n';
        std::abort();
    }
}

inline std::vector<std::string> read_by(std::string_view text, std::size_t step) {
    std::vector<std::string> all;
    everarchive::vocabulary::read_ntriples(
        [&](char* buffer, std::size_t size) {
            const std::size_t n = std::min({step, size, text.size()});
            text.copy(buffer, n);
            text.remove_prefix(n);
            return n;
        },
        [&](const everarchive::vocabulary::triple& t) {
            demand(everarchive::vocabulary::is_text(t.subject) && everarchive::vocabulary::is_text(t.predicate) &&
                       everarchive::vocabulary::is_text(t.object) && everarchive::vocabulary::is_text(t.language),
                   "every part of a statement is text");
            demand(t.predicate.find(':') != std::string::npos, "predicates are absolute");
            everarchive::vocabulary::statement out;
            everarchive::vocabulary::statement_of(t, out);
            all.push_back(t.subject + ' ' + t.predicate + ' ' + t.object + ' ' + t.language);
        },
        [&](std::int64_t line, const std::string& problem) { all.push_back(std::to_string(line) + problem); });
    return all;
}

inline void ntriples(std::string_view text) {
    demand(read_by(text, 1) == read_by(text, 4096), "the same whichever way the file is cut");
}

} // namespace vocabulary_fuzz
