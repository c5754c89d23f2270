// Inside of the library: the lines of a text form.
#pragma once

#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/limits.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace marc {

/// Walks over the lines of valid UTF-8, which end in LF or CR LF. A byte order mark in front is left out.
class text_lines {
  public:
    /// @throws parse_error too_large, bad_utf8
    explicit text_lines(std::string_view text) : text_(text) {
        if (text.size() > limits::text_bytes) {
            throw parse_error(errc::too_large, text.size());
        }
        const std::size_t invalid = find_invalid_utf8(text);
        if (invalid != std::string_view::npos) {
            throw parse_error(errc::bad_utf8, invalid);
        }
        next_ = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    }

    /// Goes to the next line; false at the end.
    bool next() {
        if (next_ >= text_.size()) {
            return false;
        }
        offset_ = next_;
        const std::size_t end = std::min(text_.find('\n', next_), text_.size());
        line_ = text_.substr(next_, end - next_);
        if (line_.ends_with('\r')) {
            line_.remove_suffix(1);
        }
        polling_.step(line_.size() + 1);
        next_ = end + 1;
        return true;
    }

    std::string_view line() const noexcept { return line_; }
    /// Where the line starts in the text.
    std::size_t offset() const noexcept { return offset_; }

  private:
    std::string_view text_;
    std::string_view line_;
    std::size_t next_ = 0;
    std::size_t offset_ = 0;
    poller polling_;
};

} // namespace marc
