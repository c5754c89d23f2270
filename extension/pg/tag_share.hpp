// How common the fields of catalogue records are: what the planner is told of @?, @@ and @>.
//
// PostgreSQL keeps no statistics about what is inside a record, and its default for such operators, one record in a
// thousand or less, is wrong for nearly every field. That 245 is everywhere and 586 is rare is enough to choose between
// a scan and an index.
#pragma once

#include "pg.hpp"

namespace marc_pg {

/// The share of records with a field of this tag, from 0 to 1. Takes three characters, of which a point is any.
double tag_share(std::string_view tag);

/// The share among the fields of a tag of those with a subfield of one of these codes: $a is in nearly every field,
/// other codes are not. Takes the codes, empty for no subfield in particular.
inline double code_share(std::string_view codes) {
    return codes.empty() || codes.find('a') != std::string_view::npos ? 1.0 : 0.45;
}

/// The share among records with a tag of those in which an indicator of it has this value: blank is what most have, 0
/// and 1 are where the format says yes or no. Means over the tags of the records that tag_share() was measured on.
inline double indicator_share(char value) {
    return value == ' ' ? 0.84 : value == '0' || value == '1' ? 0.45 : 0.1;
}

} // namespace marc_pg
