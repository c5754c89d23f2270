#include "capture/mariadb_interrupter.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include "base/stop.hpp"

namespace everarchive::capture {

mariadb_interrupter::mariadb_interrupter(mariadb_connection& connection)
    : socket_(::dup(static_cast<int>(mysql_get_socket(connection.raw())))), thread_([this] { watch(); }) {}

mariadb_interrupter::~mariadb_interrupter() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
    ::close(socket_);
}

void mariadb_interrupter::interrupt() noexcept {
    {
        const std::lock_guard lock(mutex_);
        interrupted_ = true;
    }
    changed_.notify_all();
}

void mariadb_interrupter::check() const {
    const std::lock_guard lock(mutex_);
    if (interrupted_) {
        throw error(exit_code::ok, cause::retry, "asked to stop while waiting for the source");
    }
}

void mariadb_interrupter::watch() {
    std::unique_lock lock(mutex_);
    while (!ended_ && !interrupted_) {
        changed_.wait_for(lock, std::chrono::milliseconds{200});
        interrupted_ = interrupted_ || stop_requested(); // set by a signal, which wakes nobody
    }
    if (interrupted_) {
        ::shutdown(socket_, SHUT_RDWR);
    }
}

} // namespace everarchive::capture
