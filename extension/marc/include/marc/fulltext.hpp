// The text of a record in four weights, for a full-text search that ranks titles first.
//
//   A title     130 210 222 240 242 245 (but $c, $h) 246 247 730 740
//   B names     100 110 111 700 710 711 720 800 810 811, and 245$c
//   C subjects  600–662, 653 included
//   D the rest  numbers (010 020 022 024 027 028 030 074 086 088), 250–270, 300, 4XX, 5XX, 76X–78X, 830, 856 $3$y$z and
//   the others
//               of 1XX–8XX; not 0XX otherwise, not 336–338, not 9XX
//
//   UNIMARC: A 200 (but $f, $g), 50X–54X; B 70X–72X and 200$f$g; C 6XX; D 010 011 205 210 214 215 225 3XX 4XX
//
// 880 counts as the field that its $6 names. Only subfields with letters; not $u (addresses), $w (record numbers) and
// $6.
#pragma once

#include "marc/record.hpp"

#include <array>
#include <cstddef>
#include <memory_resource>
#include <string>

namespace marc {

namespace limits {
/// Text behind this is left out: PostgreSQL's tsvector holds 1 MiB of distinct words.
inline constexpr std::size_t fulltext_bytes = 384U << 10U;
} // namespace limits

/// Appends the text of each weight (A, B, C, D) to its string, one subfield a line.
void collect_fulltext(const record_view& record, std::array<std::pmr::string, 4>& weights);

} // namespace marc
