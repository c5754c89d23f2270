#include "serve/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>
#include <thread>

#include "base/error.hpp"
#include "base/log.hpp"

namespace everarchive::serve {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::size_t most_connections = 8;
constexpr std::uint32_t most_request = 4 * 1024;
constexpr std::chrono::seconds patience{5};
/// A connection that is kept open waits so long for the next request; Prometheus asks every 15 seconds to a minute.
constexpr std::chrono::seconds idle_patience{75};
constexpr int most_requests = 1'000;

using page_map = std::map<std::string, http_server::handler, std::less<>>;

error cannot_listen(const std::string& address, const std::string& why) {
    return {exit_code::settings, cause::needs_person, fmt::format("cannot listen on {}: {}", address, why),
            "give --listen an address of this machine and a free port, such as 127.0.0.1:9464"};
}

tcp::endpoint endpoint_of(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    std::string host = colon == std::string::npos ? "" : address.substr(0, colon);
    const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    unsigned short number = 0;
    const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), number);
    boost::system::error_code bad;
    const asio::ip::address ip = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, bad);
    if (port.empty() || wrong != std::errc{} || end != port.data() + port.size() || bad) {
        throw cannot_listen(address, "not an address with a port");
    }
    return {ip, number};
}

http::response<http::string_body> answer(const http::request<http::empty_body>& request, const page_map& pages) {
    http::response<http::string_body> response;
    response.version(request.version());
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    const std::string_view target(request.target().data(), request.target().size());
    const auto found = pages.find(target.substr(0, target.find('?')));
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
        response.result(http::status::method_not_allowed);
        response.set(http::field::allow, "GET, HEAD");
    } else if (found == pages.end()) {
        response.result(http::status::not_found);
        response.set(http::field::content_type, "text/plain; charset=utf-8");
        for (const auto& [path, make] : pages) {
            response.body() += path + "\n";
        }
    } else {
        page made = found->second();
        response.result(made.status);
        response.set(http::field::content_type, made.type);
        response.body() = std::move(made.body);
    }
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    if (request.method() == http::verb::head) {
        response.body().clear(); // its length stays in the header
    }
    return response;
}

/// One connection: a request, an answer, the next request.
class session : public std::enable_shared_from_this<session> {
  public:
    session(tcp::socket socket, const page_map& pages, std::size_t& open)
        : stream_(std::move(socket)), pages_(pages), open_(open) {
        ++open_;
    }
    ~session() { --open_; }
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    void read(std::chrono::seconds wait) {
        parser_.emplace();
        parser_->header_limit(most_request);
        parser_->body_limit(0);
        stream_.expires_after(wait);
        http::async_read(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](beast::error_code failed, std::size_t) { self->has_read(failed); });
    }

  private:
    void has_read(beast::error_code failed) {
        if (failed) {
            if (failed != http::error::end_of_stream &&
                failed.category() == http::make_error_code(http::error::bad_target).category()) {
                response_ = {};
                response_.version(11);
                response_.result(failed == http::error::header_limit ? http::status::request_header_fields_too_large
                                                                     : http::status::bad_request);
                response_.keep_alive(false);
                response_.prepare_payload();
                write();
            }
            return; // the session ends here
        }
        response_ = answer(parser_->get(), pages_);
        if (++requests_ >= most_requests) {
            response_.keep_alive(false);
        }
        write();
    }

    void write() {
        stream_.expires_after(patience);
        http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code failed, std::size_t) {
            if (failed) {
                return;
            }
            if (self->response_.keep_alive()) {
                self->read(idle_patience);
            } else {
                beast::error_code ignored;
                self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
            }
        });
    }

    beast::tcp_stream stream_;
    beast::flat_static_buffer<most_request + 512> buffer_;
    std::optional<http::request_parser<http::empty_body>> parser_;
    http::response<http::string_body> response_;
    const page_map& pages_;
    std::size_t& open_;
    int requests_ = 0;
};

} // namespace

class http_server::listener {
  public:
    listener(const std::string& address, page_map pages) : pages_(std::move(pages)) {
        const tcp::endpoint at = endpoint_of(address);
        try {
            acceptor_.open(at.protocol());
            acceptor_.set_option(asio::socket_base::reuse_address(true));
            acceptor_.bind(at);
            acceptor_.listen(16);
        } catch (const boost::system::system_error& failed) {
            throw cannot_listen(address, failed.code().message());
        }
        accept();
        thread_ = std::jthread([this] { run(); });
    }

    ~listener() { context_.stop(); }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    unsigned short port() const { return acceptor_.local_endpoint().port(); }

  private:
    void run() {
        for (;;) {
            try {
                context_.run();
                return;
            } catch (const std::exception& failed) {
                log::write(log::severity::error, "serve", std::string("a request failed: ") + failed.what());
            }
        }
    }

    void accept() {
        acceptor_.async_accept([this](beast::error_code failed, tcp::socket socket) {
            if (!acceptor_.is_open()) {
                return;
            }
            if (failed) {
                // No file descriptors, most likely: they come back.
                pause_.expires_after(std::chrono::milliseconds{200});
                pause_.async_wait([this](beast::error_code) { accept(); });
                return;
            }
            if (open_ < most_connections) {
                std::make_shared<session>(std::move(socket), pages_, open_)->read(patience);
            } // else closed at once
            accept();
        });
    }

    page_map pages_;
    std::size_t open_ = 0; // sessions; used by the one thread only
    asio::io_context context_{1};
    tcp::acceptor acceptor_{context_};
    asio::steady_timer pause_{context_};
    std::jthread thread_; // last: it uses all the others
};

http_server::http_server(const std::string& address, page_map pages)
    : listener_(std::make_unique<listener>(address, std::move(pages))) {}

http_server::~http_server() = default;

unsigned short http_server::port() const {
    return listener_->port();
}

} // namespace everarchive::serve
