#include "base/stop.hpp"

#include <csignal>
#include <thread>

namespace everarchive {

namespace {

std::atomic<bool> stop_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the flag is set by a signal handler");

extern "C" void on_stop_signal(int) {
    stop_flag.store(true, std::memory_order_relaxed);
}

} // namespace

void catch_stop_signals() {
    struct sigaction action {};
    action.sa_handler = on_stop_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, nullptr);
    // A file size limit (setrlimit) is then an error of write(2), which the archive reports like a full disk.
    sigaction(SIGXFSZ, &action, nullptr);
}

bool stop_requested() noexcept {
    return stop_flag.load(std::memory_order_relaxed);
}

void request_stop() noexcept {
    stop_flag.store(true, std::memory_order_relaxed);
}

bool sleep_unless_stopped(std::chrono::milliseconds time) {
    constexpr std::chrono::milliseconds step{20};
    const auto end = std::chrono::steady_clock::now() + time;
    while (!stop_requested()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            return true;
        }
        std::this_thread::sleep_for(std::min(step, left));
    }
    return false;
}

} // namespace everarchive
