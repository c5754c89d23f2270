#include "marc/poll.hpp"

namespace marc {
namespace {
// The only global state of the library: a plain pointer, so loading the library runs no code.
void (*poll_hook)() = nullptr;
} // namespace

void set_poll_hook(void (*hook)()) noexcept {
    poll_hook = hook;
}

void poll() {
    if (poll_hook != nullptr) {
        poll_hook();
    }
}

} // namespace marc
