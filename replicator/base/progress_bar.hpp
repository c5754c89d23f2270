// A progress bar on standard error, when that is a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace everarchive {

/// One line without a newline, of at most `width` columns: `label [#####     ]  50 %  1,000 of 2,000 rows  500/s`.
/// `total` 0: unknown, then there is no bar and no percentage. `seconds`: since the beginning, for the rate.
std::string progress_line(const std::string& label, const std::string& unit, std::int64_t done, std::int64_t total,
                          double seconds, std::size_t width);

/// `number` with thousands separated by commas.
std::string grouped(std::int64_t number);

class progress_bar {
  public:
    /// `unit` is what is counted, such as "rows".
    progress_bar(std::string label, std::string unit);
    ~progress_bar();
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;

    /// Draws at most ten times a second; always when done reaches the total.
    void show(std::int64_t done, std::int64_t total);

  private:
    const std::string label_;
    const std::string unit_;
    const bool on_terminal_;
    const std::chrono::steady_clock::time_point begin_;
    std::chrono::steady_clock::time_point last_{};
    bool drawn_ = false;
};

} // namespace everarchive
