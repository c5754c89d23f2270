// Connections to a source that misbehaves: a server that takes the connection and then is silent, and connection
// strings that no server is asked about.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <future>
#include <thread>

#include "capture/mariadb_connection.hpp"
#include "capture/postgresql_session.hpp"
#include "pq/connection.hpp"

namespace everarchive::capture {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Lets one client in, as a PostgreSQL server does, and then answers nothing more until the client goes.
class silent_server {
  public:
    silent_server() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, any, size) != 0 || ::listen(listener_, 1) != 0 ||
            ::getsockname(listener_, any, &size) != 0) {
            throw std::runtime_error("cannot listen");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] { serve(); });
    }

    ~silent_server() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    silent_server(const silent_server&) = delete;
    silent_server& operator=(const silent_server&) = delete;

    std::string conninfo() const {
        return fmt::format("host=127.0.0.1 port={} user=x dbname=x sslmode=disable gssencmode=disable", port_);
    }

  private:
    void serve() const {
        const int client = ::accept(listener_, nullptr, nullptr);
        if (client < 0) {
            return;
        }
        std::array<char, 4096> asked{};
        if (::recv(client, asked.data(), asked.size(), 0) > 0) {
            // AuthenticationOk and ReadyForQuery.
            constexpr std::string_view welcome("R\0\0\0\x8\0\0\0\0Z\0\0\0\x5I", 15);
            ::send(client, welcome.data(), welcome.size(), MSG_NOSIGNAL);
            while (::recv(client, asked.data(), asked.size(), 0) > 0) {}
        }
        ::close(client);
    }

    int listener_;
    std::uint16_t port_ = 0;
    std::jthread thread_;
};

TEST(postgresql_connection, a_silent_server_is_given_up) {
    const silent_server server;
    pq::connection on(server.conninfo(), pq::connection::side::source, "test");
    on.be_patient_for(300ms);
    const auto began = steady_clock::now();
    try {
        on.run("SELECT 1");
        ADD_FAILURE() << "answered";
    } catch (const pq::error& thrown) {
        EXPECT_EQ(thrown.why(), cause::retry);
        EXPECT_NE(std::string(thrown.what()).find("does not answer"), std::string::npos) << thrown.what();
    }
    EXPECT_LT(steady_clock::now() - began, 5s);
}

TEST(postgresql_connection, a_silent_server_does_not_hold_the_opening_of_a_session) {
    const silent_server server;
    auto opened = std::async(std::launch::async, [&] { postgresql::connect(server.conninfo(), 1s); });
    ASSERT_EQ(opened.wait_for(10s), std::future_status::ready);
    EXPECT_THROW(opened.get(), pq::error);
}

TEST(postgresql_connection, what_libpq_cannot_understand_needs_a_person) {
    for (const char* conninfo : {"service=everarchive_no_such_service", "hots=x", "host=x port", "host='x",
                                 "host=localhost port=x", "host=localhost sslmode=perhaps", "postgresql://x:y:z/"}) {
        try {
            pq::connection(conninfo, pq::connection::side::source, "test");
            ADD_FAILURE() << "connected by " << conninfo;
        } catch (const pq::error& thrown) {
            EXPECT_EQ(thrown.why(), cause::needs_person) << conninfo << ": " << thrown.what();
        }
    }
    try {
        pq::connection("host=/nonexistent", pq::connection::side::source, "test");
        ADD_FAILURE() << "connected";
    } catch (const pq::error& thrown) {
        EXPECT_EQ(thrown.why(), cause::retry) << thrown.what();
    }
}

TEST(mariadb_errors, what_mends_at_the_server_is_tried_again) {
    // Host not known, host blocked, MySQL's offline_mode, password expired (twice), account locked (MariaDB, MySQL),
    // limit of the user, disk full, no memory, no thread.
    for (const unsigned number : {1130U, 1129U, 3032U, 1820U, 1862U, 4151U, 3118U, 1226U, 1021U, 1041U, 1135U}) {
        const mariadb_error error = explain_mariadb_error(number, "text of the server", "connecting");
        EXPECT_EQ(error.why(), cause::retry) << number;
        EXPECT_FALSE(error.hint().empty()) << number;
        EXPECT_EQ(error.number(), number);
    }
    EXPECT_EQ(explain_mariadb_error(1064, "syntax", "asking").why(), cause::needs_person);
}

} // namespace
} // namespace everarchive::capture
