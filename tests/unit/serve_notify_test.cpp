// The service manager's protocol, with a real socket.
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "serve/notify.hpp"

namespace everarchive::serve {
namespace {

/// What systemd is: a datagram socket. `name`: a path, or @ and a name in the abstract namespace.
class manager_socket {
  public:
    explicit manager_socket(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::memcpy(at.sun_path, name.data(), name.size());
        at.sun_path[0] = name.front() == '@' ? '\0' : name.front();
        const auto length =
            static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (name.front() == '@' ? 0 : 1));
        bound_ = ::bind(socket_, reinterpret_cast<const sockaddr*>(&at), length) == 0;
    }
    ~manager_socket() { ::close(socket_); }
    manager_socket(const manager_socket&) = delete;
    manager_socket& operator=(const manager_socket&) = delete;

    bool bound() const { return bound_; }

    /// The next datagram; empty if there is none.
    std::string next() const {
        pollfd ready{socket_, POLLIN, 0};
        std::array<char, 1024> text{};
        if (::poll(&ready, 1, 0) != 1) {
            return {};
        }
        const ssize_t length = ::recv(socket_, text.data(), text.size(), 0);
        return {text.data(), static_cast<std::size_t>(length)};
    }

  private:
    int socket_;
    bool bound_ = false;
};

class notify : public testing::Test {
  protected:
    void SetUp() override { clear(); }
    void TearDown() override { clear(); }

    static void clear() {
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("WATCHDOG_USEC");
        ::unsetenv("WATCHDOG_PID");
    }

    static void talk(const std::string& name) {
        const manager_socket systemd(name);
        ASSERT_TRUE(systemd.bound());
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
        service_manager told;
        told.status("connecting\nMAINPID=1");
        told.ready();
        told.ready();
        told.status("connecting\nMAINPID=1");
        told.alive();
        told.stopping();
        EXPECT_EQ(systemd.next(), "STATUS=connecting MAINPID=1");
        EXPECT_EQ(systemd.next(), "READY=1");
        EXPECT_EQ(systemd.next(), "WATCHDOG=1");
        EXPECT_EQ(systemd.next(), "STOPPING=1");
        EXPECT_EQ(systemd.next(), "");
        EXPECT_FALSE(told.watchdog());
    }
};

TEST_F(notify, a_path) {
    const std::string path = testing::TempDir() + "everarchive-notify." + std::to_string(getpid());
    talk(path);
    std::filesystem::remove(path);
}

TEST_F(notify, the_abstract_namespace) {
    talk("@everarchive-notify." + std::to_string(getpid()));
}

TEST_F(notify, nobody_listens) {
    service_manager alone;
    alone.ready();
    ::setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    service_manager gone;
    gone.ready();
    ::setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1); // longer than an address can be
    service_manager too_long;
    too_long.ready();
    ::setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
    service_manager virtual_machine;
    virtual_machine.ready();
}

TEST_F(notify, the_watchdog_is_ours_or_not) {
    ::setenv("NOTIFY_SOCKET", "@everarchive-nobody", 1);
    ::setenv("WATCHDOG_USEC", "120000000", 1);
    EXPECT_EQ(service_manager().watchdog(), std::chrono::seconds{120});
    ::setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
    EXPECT_EQ(service_manager().watchdog(), std::chrono::seconds{120});
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_FALSE(service_manager().watchdog());
    ::setenv("WATCHDOG_PID", "", 1);
    ::setenv("WATCHDOG_USEC", "0", 1);
    EXPECT_FALSE(service_manager().watchdog());
}

} // namespace
} // namespace everarchive::serve
