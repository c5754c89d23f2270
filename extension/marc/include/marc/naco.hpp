// Headings in the form in which authority files compare them: the Authority File Comparison Rules (NACO normalisation),
// as the Program for Cooperative Cataloging revised them.
#pragma once

#include "marc/record.hpp"

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace marc {

/// Appends the NACO form of a text: fold() and, beyond it, no mark and no modifier letter of any script, nothing
/// between the marks for text that is not sorted (U+0098 and U+009C, U+0088 and U+0089), and the first comma stays
/// unless it stands at the end. In lower case, while the rules say capitals: only equality counts.
void naco(std::string_view utf8, std::pmr::string& out);

// The key of a heading: its kind by the last two digits of the tag (00 person, 10 corporate body, 11 meeting, 30 title,
// 48 time, 50 topic, 51 place, 55 genre), then each subfield as $ code NACO form. Two headings are the same when their
// keys are. Left out is what is no part of the heading: control subfields ($0 to $9), relators ($e; $j in X11), $i, $u,
// $w, and but for 6XX and authority records the volume ($v) and the ISSN ($x). The comma of $a stays.
// A UNIMARC heading (2XX of authorities, 500, 60X, 70X to 72X) has the key that it would have in MARC 21: surname and
// forename are one $a, dates are $d, subdivisions $x, $z (place), $y (time) and $v.

/// The key of an authority record's 1XX with its subdivisions, in UNIMARC 2XX, or empty.
std::pmr::string heading_key(const record_view& record, std::pmr::memory_resource* memory);

/// The keys of all headings under authority control in a bibliographic record (100–130, 400–411, 440, 600–655, 700–730,
/// 800–830, in UNIMARC 500, 600–608, 700–722), in their order, each once. A heading of 6XX with subdivisions ($v, $x,
/// $y, $z) has two: that of the whole and that of its base without them, since either may have an authority record. A
/// name with a title ($t) has one, of both together: the name alone is another heading.
std::pmr::vector<std::pmr::string> heading_keys(const record_view& record, std::pmr::memory_resource* memory);

} // namespace marc
