// Ends what a connection waits for.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "capture/mariadb_connection.hpp"

namespace everarchive::capture {

/// While it lives, a connection does not wait for its server any longer when the program is asked to stop, or
/// interrupt() is called: Connector/C waits in the kernel, for as long as a lock of the library's lasts, and cannot be
/// asked to look up. The connection is of no more use then. It must outlive this.
class mariadb_interrupter {
  public:
    explicit mariadb_interrupter(mariadb_connection& connection);
    ~mariadb_interrupter();
    mariadb_interrupter(const mariadb_interrupter&) = delete;
    mariadb_interrupter& operator=(const mariadb_interrupter&) = delete;

    /// From any thread.
    void interrupt() noexcept;

    /// Throws error (retry) if this is why the connection failed.
    void check() const;

  private:
    void watch();

    int socket_; // a descriptor of our own: the library closes its one when the connection fails
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;       // under mutex_
    bool interrupted_ = false; // under mutex_
    std::thread thread_;
};

} // namespace everarchive::capture
