// Inside of the library: headings and statements without the punctuation that stands between them.
#pragma once

#include <memory_resource>
#include <string_view>

namespace crosswalk::detail {

/// Without these characters at the end and ";=" in front. A full stop stays where it belongs to initials (U.S.), to an
/// abbreviation (ed.) or to a sentence among others; a parenthesis or quotation mark without its other half goes, a
/// bracket gets it. As marc2bibframe2 does it (tChopPunct in utils.xsl).
/// @param bare a full stop goes always, and parentheses around it too
std::string_view tidied(std::string_view text, std::string_view characters, bool bare,
                        std::pmr::memory_resource& arena);

} // namespace crosswalk::detail
