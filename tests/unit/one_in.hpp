// How much of a long test is run.
#pragma once

#include <algorithm>
#include <cstdlib>

namespace everarchive {

/// Long runs over real records and random ones take one in so many: $EVERARCHIVE_ONE_IN, for the sanitizers, which are
/// forty times slower. 1 without it: all, and then their exact counts are tested too.
inline std::size_t one_in() {
    static const std::size_t n = [] {
        const char* text = std::getenv("EVERARCHIVE_ONE_IN");
        return text == nullptr ? 1UL : std::max(1UL, std::strtoul(text, nullptr, 10));
    }();
    return n;
}

} // namespace everarchive
