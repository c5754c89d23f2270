// Inside of the library: the title without what is not sorted, before it is folded.
#pragma once

#include "marc/record.hpp"

#include <memory_resource>
#include <string>

namespace marc {

/// The title without what stands between non-sorting marks, or without the characters that the second indicator of 245
/// counts. An indicator that counts into a word or beyond the title is wrong, and counts for nothing.
/// @param guess where nothing is marked and counted, leave out an initial article of the record's language, English
/// when it is unknown
std::pmr::string filing_title(const record_view& record, bool guess, std::pmr::memory_resource* memory);

} // namespace marc
