// A small HTTP server for what monitoring asks: GET of a few fixed pages, nothing else. Bounded in every direction:
// eight connections, 4 kB of request, a few seconds for each step, no body, no files.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace everarchive::serve {

struct page {
    unsigned status = 200;
    std::string type;
    std::string body;
};

class http_server {
  public:
    /// Makes a page when it is asked for, in the server's own thread: must not wait for anything.
    using handler = std::function<page()>;

    /// Listens at once, in a thread of its own. `address` is host and port, such as 127.0.0.1:9464 or [::1]:9464; port
    /// 0 takes a free one. Throws error (settings) if it cannot.
    http_server(const std::string& address, std::map<std::string, handler, std::less<>> pages);
    ~http_server();
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;

    unsigned short port() const;

  private:
    class listener;
    std::unique_ptr<listener> listener_;
};

} // namespace everarchive::serve
