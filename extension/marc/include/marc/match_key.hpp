// A key that descriptions of the same publication in different catalogues have in common.
//
// The recipe is for ever; another one gets another number in front. It follows the match keys of shared catalogues
// (GoldRush of the Colorado Alliance, POD, Evergreen's fingerprints): transcribed title and stable facts, nothing that
// cataloguers choose freely. The parts stand between bars, each folded (fold.hpp) and without blanks:
//
//   1            number of the recipe
//   form         leader/06 and /07, with t as a and f, d as e, c, so that a manuscript copy or a thesis finds its print
//                description; then e for an online or electronic resource, m for a microform, p for anything else.
//                Online: 008/23 (/29 for maps, projected and graphic materials) is o, q or s, or 007 begins with c, or
//                245$h says electronic; microform: a, b or c there, 007 begins with h, or 245$h says micro.
//                Reproductions differ from originals.
//   title        245 $a$b$n$p, at most 80 characters and, when it is longer, # and 8 hexadecimal digits of the FNV-1a
//   hash of the
//                rest; articles stay, since the indicator that counts them is often wrong
//   author       the first 8 characters of the main or else first added name ($a of 100, 110, 111, 700, 710, 711)
//   year         as publication_year() has it; empty when unknown
//   extent       the largest number over 1 in the first 300$a: the pages of a book, also in "1 online resource (xii,
//   345 pages)" publisher    the first 4 characters of 260$b or 264$b edition      the digits of 250$a, or else its
//   first 3 characters document     the first 086$a, at most 40 characters: sheets, issues and sizes of government
//   documents are often
//                described alike but for this number
#pragma once

#include "marc/record.hpp"

#include <memory_resource>
#include <string>

namespace marc {

inline constexpr int match_key_version = 1;

/// The key, or empty for a record that is not bibliographic, or has no title, or neither name nor year: a title alone
/// identifies nothing.
std::pmr::string match_key(const record_view& record, std::pmr::memory_resource* memory);

} // namespace marc
