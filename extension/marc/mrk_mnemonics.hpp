// Inside of the library: the names of characters in files of MARCMaker and MarcEdit.
#pragma once

#include <optional>
#include <string_view>

namespace marc {

struct mrk_mnemonic {
    std::string_view text; ///< UTF-8; empty for the second half of a mark over two letters
    bool is_mark;          ///< a combining mark, which stands before its letter, as in MARC-8
};

/// What {name} stands for. Without control characters and delimiters ({esc}, {us}, {rs}, {gs}) and what switches
/// character sets ({greek}, {cjk} …), which mean nothing in Unicode.
std::optional<mrk_mnemonic> find_mrk_mnemonic(std::string_view name) noexcept;

} // namespace marc
