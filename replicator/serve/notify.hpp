// Tells the service manager how we are (systemd's sd_notify(3)): datagrams to the socket that NOTIFY_SOCKET names.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace everarchive::serve {

class service_manager {
  public:
    /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID once; before any thread starts. Without NOTIFY_SOCKET
    /// nothing is ever sent.
    service_manager();
    ~service_manager();
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;

    /// The program does its work from now on. Later calls do nothing.
    void ready();
    /// One line of text, shown by `systemctl status`; sent when it changed.
    void status(const std::string& text);
    void alive() { send("WATCHDOG=1"); }
    void stopping() { send("STOPPING=1"); }

    /// How often alive() must be called, at least; nullopt: nobody watches.
    std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

  private:
    void send(std::string_view message) const;

    int socket_ = -1;
    std::string address_; // of a Unix socket; abstract: begins with a zero byte
    std::optional<std::chrono::microseconds> watchdog_;
    bool ready_ = false;
    std::string status_;
};

} // namespace everarchive::serve
