// Inside of the library: a text of rules as lines in blocks. What is indented belongs to the line above it.
#pragma once

#include "lexer.hpp"
#include "crosswalk/rules.hpp"

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace crosswalk::detail {

struct source_line {
    std::string_view text; ///< without indentation; a line that goes on in the next ones is joined
    place where;
    std::uint32_t indentation = 0;
};

/// A line at the left edge and what is indented below it.
struct source_block {
    std::pmr::vector<source_line> lines; ///< the first is the heading
    std::string_view about;              ///< the comment right above, without its #s
};

/// Cuts a text. Blank lines and comments are left out; a line goes on where a bracket is open or it ends with a sign
/// that wants more.
/// @param memory for joined lines too: must outlive the blocks
/// @throws rule_error
std::pmr::vector<source_block> read_blocks(const rule_text& text, std::pmr::memory_resource* memory);

} // namespace crosswalk::detail
