// How the program is asked to stop: SIGTERM and SIGINT set a flag that every loop reads; the batch in hand is finished.
#pragma once

#include <atomic>
#include <chrono>

namespace everarchive {

/// Installs the handlers of SIGTERM and SIGINT, and ignores SIGPIPE.
void catch_stop_signals();

/// True once the program was asked to stop.
bool stop_requested() noexcept;

/// Asks every loop of this process to stop, as a signal would.
void request_stop() noexcept;

/// Sleeps for `time` or until the program is asked to stop. Returns false if it was asked.
bool sleep_unless_stopped(std::chrono::milliseconds time);

} // namespace everarchive
