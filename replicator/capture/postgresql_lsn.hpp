// A place in PostgreSQL's write-ahead log, and its text form `16/B374D848` (src/backend/utils/adt/pg_lsn.c).
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace everarchive::capture::postgresql {

using lsn = std::uint64_t;

/// The text form that PostgreSQL itself prints.
inline std::string format_lsn(lsn place) {
    return fmt::format("{:X}/{:X}", static_cast<std::uint32_t>(place >> 32), static_cast<std::uint32_t>(place));
}

/// Reads `16/B374D848`. Throws error (state) if `text` is anything else.
inline lsn parse_lsn(std::string_view text) {
    const auto half = [](std::string_view digits, std::uint32_t& value) {
        const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        return !digits.empty() && digits.size() <= 8 && problem == std::errc{} && end == digits.data() + digits.size();
    };
    const std::size_t slash = text.find('/');
    std::uint32_t high = 0;
    std::uint32_t low = 0;
    if (slash == std::string_view::npos || !half(text.substr(0, slash), high) || !half(text.substr(slash + 1), low)) {
        throw error(exit_code::state, cause::needs_person,
                    fmt::format("'{}' is no position in a PostgreSQL log (such as 16/B374D848)", text),
                    "SELECT position FROM everarchive.source_progress shows what is stored for each source");
    }
    return (static_cast<lsn>(high) << 32) | low;
}

} // namespace everarchive::capture::postgresql
