// Inside of the library: what a subfield $6 says (MARC 21 Appendix A, "Control Subfields", Linkage).
#pragma once

#include "marc/ascii.hpp"
#include "marc/record.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace marc {

inline constexpr std::string_view alternate_tag = "880";

struct linkage {
    std::string_view tag; ///< of the other field
    std::uint32_t occurrence = 0;
    std::size_t digits = 0;  ///< of the occurrence number
    std::string_view script; ///< or empty
};

/// Reads TAG-N, TAG-NN/script and TAG-NN/script/r, with up to four digits; false when it is nothing of that kind.
inline bool read_linkage(std::string_view text, linkage& found) noexcept {
    constexpr std::size_t most_digits = 4;
    if (text.size() < 5 || text[3] != '-') {
        return false;
    }
    found.tag = text.substr(0, 3);
    found.occurrence = 0;
    std::size_t at = 4;
    for (; at < text.size() && at < 4 + most_digits && is_digit(text[at]); ++at) {
        found.occurrence = found.occurrence * 10 + static_cast<std::uint32_t>(text[at] - '0');
    }
    found.digits = at - 4;
    if (found.digits == 0 || (at < text.size() && text[at] != '/')) {
        return false;
    }
    const std::string_view rest = text.substr(std::min(at + 1, text.size()));
    found.script = rest.substr(0, rest.find('/'));
    return true;
}

/// The tag by whose rules a field goes: of an 880, the one that its $6 names.
inline std::string_view represented_tag(std::string_view tag, const subfield_range& subfields) noexcept {
    if (tag == alternate_tag) {
        for (const subfield_view& s : subfields) {
            if (s.code == "6") {
                return s.value.size() > 3 && s.value[3] == '-' ? s.value.substr(0, 3) : tag;
            }
        }
    }
    return tag;
}

} // namespace marc
