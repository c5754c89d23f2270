// A key that descriptions of the same publication in different catalogues have in common.
//
// The recipe is for ever; another one gets another number in front. It follows the match keys of shared catalogues
// (GoldRush of the Colorado Alliance, POD, Evergreen's fingerprints): transcribed title and stable facts, nothing that
// cataloguers choose freely. The parts stand between bars, each folded (fold.hpp) and without blanks:
//
//   1            number of the recipe
//   form         leader/06 and /07, with t as a and f, d as e, c, so that a manuscript copy or a thesis finds its print
//                description; then e for an online or electronic resource, m for a microform, p for anything else, by
//                the first of these that says it: 008/23 (/29 for maps, projected and graphic materials), 338, 337,
//                245$h, the words of 300$a, 007, 006. Reproductions differ from originals.
//   title        245 $a$b$n$p without its article: what stands between non-sorting marks, or else what the second
//                indicator counts, unless it counts into a word, or else an article of the language in 008/35-37
//                (English, also when unknown, French, German, Spanish, Italian, Dutch, Portuguese). The words and, und
//                and et are &. At most 80 characters and, when it is longer, # and 8 hexadecimal digits of the FNV-1a
//                hash of the rest
//   author       the first 8 characters of the main or else first added name ($a of 100, 110, 111, 700, 710, 711)
//   year         as publication_year() has it; empty when unknown
//   extent       the largest number over 1 in the first 300$a: the pages of a book, also in "1 online resource (xii,
//                345 pages)"
//   publisher    the first 4 characters of 260$b or 264$b
//   edition      the first number of 250$a, in digits or as an English ordinal (first to twenty-ninth), or else its
//                first 3 characters
//   document     the first 086$a, at most 40 characters: sheets, issues and sizes of government documents are often
//                described alike but for this number
//
// Of UNIMARC records the same facts, so that they meet MARC 21 ones: leader/06 in the letters of MARC 21; form by 106,
// 182, 200$b, 215$a, 130, 135; title 200 $a$e$h$i; author() (700 to 722); 100$a/9-12 or 210$d; 215$a; 210$c or 214$c;
// 205$a; no document.
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
