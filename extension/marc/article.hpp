// Inside of the library: initial articles, which are not sorted.
#pragma once

#include <string_view>

namespace marc {

/// The article that a text in this language (MARC code) begins with, and the blank or apostrophe behind it, in the
/// spelling of a title; empty when there is none, nothing follows it, or the language is not one of the few known.
std::string_view initial_article(std::string_view text, std::string_view language) noexcept;

/// What may stand before the first filing character: a blank, an apostrophe, a hyphen, a quotation mark, a bracket, or
/// a mark such as the ayn. Letters and digits may not.
bool may_end_article(char32_t c) noexcept;

} // namespace marc
