// The HTTP server, over real sockets on loopback.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "serve/http_server.hpp"

namespace everarchive::serve {
namespace {

class client {
  public:
    explicit client(unsigned short port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }
    ~client() { ::close(socket_); }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    bool connected() const { return connected_; }

    void send(const std::string& text) const {
        ASSERT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }

    /// What comes until the server closes, or until `until` has come; at most ten seconds.
    std::string receive(const std::string& until = {}) const {
        std::string got;
        std::array<char, 4096> piece{};
        pollfd ready{socket_, POLLIN, 0};
        while ((until.empty() || got.find(until) == std::string::npos) && ::poll(&ready, 1, 10'000) == 1) {
            const ssize_t length = ::recv(socket_, piece.data(), piece.size(), 0);
            if (length <= 0) {
                return got + "(closed)";
            }
            got.append(piece.data(), static_cast<std::size_t>(length));
        }
        return got;
    }

    std::string ask(const std::string& request) const {
        send(request);
        return receive();
    }

  private:
    int socket_;
    bool connected_ = false;
};

class http_server_test : public testing::Test {
  protected:
    http_server server{"127.0.0.1:0",
                       {{"/metrics",
                         [] {
                             return page{200, "text/plain; version=0.0.4", "a 1\n"};
                         }},
                        {"/healthz", [] {
                             return page{503, "application/json", "{}"};
                         }}}};
};

TEST_F(http_server_test, serves_its_pages) {
    const std::string got = client(server.port()).ask("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
    EXPECT_NE(got.find("Content-Type: text/plain; version=0.0.4\r\n"), std::string::npos) << got;
    EXPECT_TRUE(got.ends_with("\r\n\r\na 1\n(closed)")) << got;
    EXPECT_TRUE(
        client(server.port()).ask("GET /healthz?x=1 HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 503 Service Unavailable"));
}

TEST_F(http_server_test, keeps_the_connection_when_asked) {
    const client one(server.port());
    for (int i = 0; i < 3; ++i) {
        one.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_TRUE(one.receive("a 1\n").starts_with("HTTP/1.1 200 OK"));
    }
}

TEST_F(http_server_test, head_has_the_length_and_no_body) {
    const std::string got = client(server.port()).ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(got.find("Content-Length: 4\r\n"), std::string::npos) << got;
    EXPECT_TRUE(got.ends_with("\r\n\r\n(closed)")) << got;
}

TEST_F(http_server_test, knows_nothing_else) {
    for (const char* target : {"/", "/../../etc/passwd", "/metrics/", "//metrics", "/%6detrics", "/metrics%00", "*"}) {
        const std::string got =
            client(server.port()).ask("GET " + std::string(target) + " HTTP/1.1\r\nConnection: close\r\n\r\n");
        EXPECT_TRUE(got.starts_with("HTTP/1.1 404") || got.starts_with("HTTP/1.1 400")) << target << ": " << got;
    }
    EXPECT_TRUE(
        client(server.port()).ask("POST /metrics HTTP/1.1\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 405"));
    EXPECT_TRUE(client(server.port())
                    .ask("POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")
                    .starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(client(server.port()).ask("\x16\x03\x01 no HTTP\r\n\r\n").starts_with("HTTP/1.1 400"));
}

TEST_F(http_server_test, refuses_more_than_a_request) {
    const std::string got =
        client(server.port()).ask("GET /metrics HTTP/1.1\r\nX: " + std::string(5'000, 'x') + "\r\n\r\n");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 431") || got == "(closed)") << got;
}

TEST_F(http_server_test, has_few_connections_and_gives_silent_ones_up) {
    std::vector<std::unique_ptr<client>> silent;
    for (int i = 0; i < 8; ++i) {
        silent.push_back(std::make_unique<client>(server.port()));
        ASSERT_TRUE(silent.back()->connected());
    }
    // Which of them are accepted first is the kernel's matter; the ninth is closed without a word.
    EXPECT_EQ(client(server.port()).receive(), "(closed)");
    // After five seconds without a request they are closed, and others get their turn.
    EXPECT_EQ(silent.front()->receive(), "(closed)");
    EXPECT_EQ(silent.back()->receive(), "(closed)");
    EXPECT_TRUE(client(server.port()).ask("GET /metrics HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200"));
}

TEST(http_server_address, says_what_is_wrong_with_it) {
    const std::map<std::string, http_server::handler, std::less<>> none;
    for (const char* address :
         {"", "9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:x", "example.org:80", "192.0.2.1:80"}) {
        EXPECT_THROW(http_server(address, none), error) << address;
    }
    const http_server first("localhost:0", none);
    EXPECT_THROW(http_server("127.0.0.1:" + std::to_string(first.port()), none), error) << "a port that is taken";
}

} // namespace
} // namespace everarchive::serve
