// What of a vocabulary file counts: labels of concepts, their scheme, and what they are in other vocabularies (W3C
// Recommendation "SKOS Reference", 18 August 2009; MADS/RDF of the Library of Congress for its own files).
#pragma once

#include "vocabulary/triple.hpp"

namespace everarchive::vocabulary {

/// A row of the table that everarchive.vocabulary_load() reads; empty is NULL.
struct statement {
    char what = 0; ///< p preferred label, a another label, l any label, s in scheme, m mapping, c a row of a CSV file
    std::string subject;
    std::string scheme;
    std::string term;
    std::string language;
    std::string relation;
    std::string object;
    std::string object_scheme;
    std::string object_term;
};

/// The relation that a name stands for, empty for another: exact, close, broad, narrow, related, also as exactMatch,
/// skos:exactMatch and with the whole address.
std::string_view relation_of(std::string_view name) noexcept;

/// The longest address that is taken: indexes hold them.
inline constexpr std::size_t longest_address = 200;

enum class verdict { counts, other, left_out };

/// What a statement says of a vocabulary; `other` when it is of another kind, `left_out` when it would count but cannot
/// be taken: an address that is too long, blank nodes.
verdict statement_of(const triple& said, statement& out);

} // namespace everarchive::vocabulary
