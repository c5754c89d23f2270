#include "base/progress_bar.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace everarchive {

namespace {

std::size_t terminal_width() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

} // namespace

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number < 0 ? -number : number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return number < 0 ? "-" + digits : digits;
}

std::string progress_line(const std::string& label, const std::string& unit, std::int64_t done, std::int64_t total,
                          double seconds, std::size_t width) {
    std::string line = label;
    if (total > 0) {
        constexpr std::int64_t cells = 24;
        const std::int64_t part = std::clamp<std::int64_t>(done, 0, total);
        const auto filled = static_cast<std::size_t>(part * cells / total);
        line += fmt::format(" [{}{}] {:3} %", std::string(filled, '#'), std::string(cells - filled, ' '),
                            part * 100 / total);
        line += fmt::format("  {} of {} {}", grouped(done), grouped(total), unit);
    } else {
        line += fmt::format("  {} {}", grouped(done), unit);
    }
    if (seconds >= 1) {
        line += fmt::format("  {}/s", grouped(static_cast<std::int64_t>(static_cast<double>(done) / seconds)));
    }
    return line.substr(0, width);
}

progress_bar::progress_bar(std::string label, std::string unit)
    : label_(std::move(label)), unit_(std::move(unit)), on_terminal_(isatty(STDERR_FILENO) == 1),
      begin_(std::chrono::steady_clock::now()) {}

progress_bar::~progress_bar() {
    if (drawn_) {
        std::fputs("\r\033[K", stderr);
    }
}

void progress_bar::show(std::int64_t done, std::int64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!on_terminal_ || (now - last_ < std::chrono::milliseconds{100} && done != total)) {
        return;
    }
    last_ = now;
    drawn_ = true;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    // The cursor goes back to the first column, so that a line of the log overwrites the bar.
    std::fputs(("\r\033[K" + progress_line(label_, unit_, done, total, seconds, terminal_width() - 1) + "\r").c_str(),
               stderr);
    std::fflush(stderr);
}

} // namespace everarchive
