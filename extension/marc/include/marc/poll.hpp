// Lets the host stop a long loop. The PostgreSQL module sets a hook that throws when the query was cancelled.
#pragma once

#include <cstddef>

namespace marc {

/// Sets the function that long loops call, or none (nullptr). It may throw: readers and writers then unwind and leave
/// their output unspecified. One hook for the process; not for use while another thread is inside this library.
void set_poll_hook(void (*hook)()) noexcept;

/// Calls the hook, if one is set.
void poll();

/// Counts the work of one loop and polls once in a while.
class poller {
  public:
    /// @param work done since the last call, roughly in bytes
    void step(std::size_t work = 1) {
        done_ += work;
        if (done_ >= interval) {
            done_ = 0;
            poll();
        }
    }

  private:
    static constexpr std::size_t interval = 65'536;
    std::size_t done_ = 0;
};

} // namespace marc
