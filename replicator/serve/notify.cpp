#include "serve/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace everarchive::serve {

namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): before any thread starts
    return value == nullptr ? "" : value;
}

} // namespace

service_manager::service_manager() {
    std::string address = environment("NOTIFY_SOCKET");
    // A path, or a name in the abstract namespace, written with an @ (sd_notify(3)). A vsock is for virtual machines.
    if (address.size() < 2 || address.size() >= sizeof(sockaddr_un{}.sun_path) ||
        (address.front() != '/' && address.front() != '@')) {
        return;
    }
    if (address.front() == '@') {
        address.front() = '\0';
    }
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
        return;
    }
    address_ = std::move(address);
    const std::string every = environment("WATCHDOG_USEC");
    const std::string whom = environment("WATCHDOG_PID");
    std::int64_t microseconds = 0;
    std::from_chars(every.data(), every.data() + every.size(), microseconds);
    if (microseconds > 0 && (whom.empty() || whom == std::to_string(getpid()))) {
        watchdog_ = std::chrono::microseconds{microseconds};
    }
}

service_manager::~service_manager() {
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

void service_manager::ready() {
    if (!ready_) {
        ready_ = true;
        send("READY=1");
    }
}

void service_manager::status(const std::string& text) {
    if (text != status_) {
        status_ = text;
        std::string line = "STATUS=" + text;
        for (char& c : line) {
            c = c == '\n' ? ' ' : c; // a newline would begin another assignment
        }
        send(line);
    }
}

void service_manager::send(std::string_view message) const {
    if (socket_ < 0) {
        return;
    }
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address_.data(), address_.size());
    const auto length =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() + (address_.front() == '\0' ? 0 : 1));
    // Nothing to do if it fails: the manager then treats us as silent. Never waits: it may be that which hangs.
    static_cast<void>(::sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&to), length));
}

} // namespace everarchive::serve
