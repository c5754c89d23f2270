// Inside of the library: where in the text that is at hand the next record starts and ends.
#pragma once

#include "marc/error.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace marc {

struct cut {
    std::size_t start = 0;       ///< bytes in front that belong to no record; they are done with
    std::size_t bytes = 0;       ///< of the piece, when one was found
    std::optional<errc> problem; ///< why the piece cannot be a record
};

enum class cut_result {
    found,
    more, ///< the text must go on for a decision; bytes up to cut::start are done with
    end,  ///< nothing is left
};

// Each takes the text from where the last piece ended, and whether the file ends with it.
cut_result cut_iso2709(std::string_view text, bool at_end, cut& result);
cut_result cut_json(std::string_view text, bool at_end, cut& result);
cut_result cut_mrk(std::string_view text, bool at_end, cut& result);
cut_result cut_line(std::string_view text, bool at_end, cut& result);
cut_result cut_aleph(std::string_view text, bool at_end, cut& result);

} // namespace marc
