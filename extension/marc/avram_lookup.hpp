// What a codelist says of a value.
#pragma once

#include "avram_model.hpp"

#include <algorithm>

namespace marc::avram {

enum class answer : std::uint8_t { defined, deprecated, undefined };

inline answer look_up(const model& model, const codelist& list, std::string_view value) noexcept {
    if (value.size() == 1 && static_cast<unsigned char>(value[0]) < 128) {
        const auto c = static_cast<unsigned char>(value[0]);
        const std::uint64_t bit = std::uint64_t{1} << (c % 64U);
        return (list.ascii[c / 64U] & bit) != 0        ? answer::defined
               : (list.deprecated[c / 64U] & bit) != 0 ? answer::deprecated
                                                       : answer::undefined;
    }
    const auto begin = model.codes.begin() + list.codes.first;
    const auto end = begin + list.codes.count;
    const auto found =
        std::lower_bound(begin, end, value, [&](const code& c, std::string_view v) { return model.text(c.value) < v; });
    if (found == end || model.text(found->value) != value) {
        return answer::undefined;
    }
    return found->deprecated ? answer::deprecated : answer::defined;
}

} // namespace marc::avram
