// Watches the program from a thread of its own: reads facts from the preservation database now and then, serves pages,
// and tells the service manager that the program lives, as long as none of its threads is stuck.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "apply/meters.hpp"
#include "base/pulse.hpp"
#include "pq/connection.hpp"
#include "serve/http_server.hpp"
#include "serve/notify.hpp"
#include "serve/pages.hpp"

namespace everarchive::serve {

class monitor {
  public:
    /// `listen`: address and port of the pages; empty: none. `main` beats in the main loop. What it is given stays
    /// until the monitor is gone. Throws error (settings) if it cannot listen.
    monitor(std::string conninfo, const std::string& listen, const apply::meters& measured, const pulse& main,
            service_manager& manager);
    ~monitor();
    monitor(const monitor&) = delete;
    monitor& operator=(const monitor&) = delete;

    /// Where the pages are; 0: nowhere.
    unsigned short port() const { return server_ ? server_->port() : 0; }

  private:
    void run(std::stop_token stop);
    void look();
    std::string find_stuck();
    bool server_works(int backend);
    void tell_manager();
    outlook now() const;

    const std::string conninfo_;
    const apply::meters& measured_;
    const pulse& main_;
    service_manager& manager_;
    std::optional<pq::connection> on_;
    mutable std::mutex mutex_;
    outlook known_;                                    // under mutex_
    std::chrono::steady_clock::time_point known_at_{}; // under mutex_
    std::chrono::steady_clock::time_point next_look_{};
    std::chrono::steady_clock::time_point next_sign_{};
    std::condition_variable_any wake_;
    std::unique_ptr<http_server> server_;
    std::jthread thread_; // last: it uses all the others
};

} // namespace everarchive::serve
