// A message of pgoutput as bytes: big-endian numbers, strings that end with a zero byte
// (src/backend/replication/logical/ proto.c).
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace everarchive::capture::postgresql {

/// Throws the error for a message that is not understood; nothing is guessed.
[[noreturn]] inline void refuse_message(const std::string& what) {
    throw error(exit_code::source, cause::needs_person, "cannot understand the replication stream: " + what,
                "check that the server is PostgreSQL 13 to 18 and nothing between it and us alters the connection; if "
                "so, this is a fault of everarchive: report it with the message above");
}

/// Reads from a message and never past its end.
class message_bytes {
  public:
    explicit message_bytes(std::string_view bytes) : rest_(bytes) {}

    template <typename Unsigned>
    Unsigned number() {
        const std::string_view raw = take(sizeof(Unsigned));
        Unsigned value = 0;
        for (const char byte : raw) {
            value = static_cast<Unsigned>((static_cast<std::uint64_t>(value) << 8) | static_cast<unsigned char>(byte));
        }
        return value;
    }

    char byte() { return take(1).front(); }

    std::string_view string() {
        const std::size_t end = rest_.find('\0');
        if (end == std::string_view::npos) {
            refuse_message("a name without end");
        }
        const std::string_view text = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return text;
    }

    std::string_view take(std::size_t length) {
        if (length > rest_.size()) {
            refuse_message(fmt::format("a message that ends {} bytes early", length - rest_.size()));
        }
        const std::string_view part = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return part;
    }

    /// The time of a commit, microseconds since 1970.
    std::int64_t time() {
        constexpr std::int64_t postgresql_epoch_us = 946'684'800'000'000; // from 1970-01-01 to 2000-01-01
        const auto since_2000 = static_cast<std::int64_t>(number<std::uint64_t>());
        std::int64_t since_1970 = 0;
        if (__builtin_add_overflow(since_2000, postgresql_epoch_us, &since_1970)) {
            refuse_message("a commit time out of range");
        }
        return since_1970;
    }

    void skip_rest() { rest_ = {}; }

    void demand_end(char kind) const {
        if (!rest_.empty()) {
            refuse_message(fmt::format("{} bytes after the end of a message '{}'", rest_.size(), kind));
        }
    }

  private:
    std::string_view rest_;
};

} // namespace everarchive::capture::postgresql
