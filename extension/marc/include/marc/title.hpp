// What a record says of itself in a few words: title, author, year, language, kind. MARC 21, and UNIMARC where said.
#pragma once

#include "marc/record.hpp"

#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

/// The title: 245 $a$b$n$p (UNIMARC 200 $a$e$h$i) joined by blanks, without the ISBD punctuation at the end (/ : ; =
/// ,) and without non-sorting marks. Empty when there is none.
std::pmr::string title(const record_view& record, std::pmr::memory_resource* memory);

/// The title for sorting: folded, without what stands between non-sorting marks (U+0098 and U+009C, or U+0088 and
/// U+0089), or else without the characters that the second indicator of 245 counts, unless it counts into a word.
/// Combining marks are not counted, as MARC 21 has it, so that composed and decomposed text give the same.
std::pmr::string sort_title(const record_view& record, std::pmr::memory_resource* memory);

/// The first name: 100 ($a$b$c$q$d), 110 ($a$b) or 111 ($a$n$d$c), else the first of 700, 710, 711; UNIMARC 700, 710
/// or 720, else 701, 711 or 721, else 702, 712 or 722 ($a$b, with a comma before a forename). Without punctuation at
/// the end. Empty when there is none.
std::pmr::string author(const record_view& record, std::pmr::memory_resource* memory);

/// The year of publication: date 1 of 008/07-10 when it is four digits, else the first four digits in a row that are a
/// year from 1000 to 2999 in 264$c with second indicator 1, else in 260$c, else in another 264$c; UNIMARC 100$a/9-12,
/// 210$d, 214$d. 0 when there is none.
int publication_year(const record_view& record);

/// The language code: 008/35-37, else the first three letters of 041$a; UNIMARC 101$a. Empty when there is none;
/// borrows.
std::string_view language(const record_view& record);

/// What the record describes, by leader/06-07: "book", "article" (a component part), "serial", "integrating resource",
/// "manuscript", "score", "map", "projected", "spoken", "music", "image", "computer file", "kit", "mixed materials",
/// "object"; or what it is when it is not bibliographic: "authority", "holdings", "classification", "community". Empty
/// for another leader.
std::string_view kind(const record_view& record) noexcept;

} // namespace marc
