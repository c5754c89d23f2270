#include "base/fault_point.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/error.hpp"

namespace everarchive {
namespace {

using action = asked_fault::action;

TEST(fault_point, is_read_from_its_text) {
    EXPECT_EQ(parse_fault("apply.before_commit"), (asked_fault{"apply.before_commit", 1, action::kill}));
    EXPECT_EQ(parse_fault("map.begun:17"), (asked_fault{"map.begun", 17, action::kill}));
    EXPECT_EQ(parse_fault("map.begun=stop"), (asked_fault{"map.begun", 1, action::stop}));
    EXPECT_EQ(parse_fault("map.begun:2=error"), (asked_fault{"map.begun", 2, action::error}));
    EXPECT_EQ(parse_fault("map.begun:2=kill"), (asked_fault{"map.begun", 2, action::kill}));
}

TEST(fault_point, refuses_what_it_cannot_read) {
    for (const char* text : {"", ":1", "=kill", "a:", "a:0", "a:-1", "a:1x", "a:x", "a=", "a=KILL", "a:1=stopp",
                             "a:99999999999999999999"}) {
        EXPECT_THROW(parse_fault(text), error) << text;
    }
}

TEST(fault_point, fails_at_the_asked_passage_and_only_there) {
    start_fault_points({"test.here", 3, action::error});
    fault_point("test.here");
    fault_point("test.elsewhere");
    fault_point("test.here");
    try {
        fault_point("test.here");
        FAIL() << "the third passage did not throw";
    } catch (const error& failed) {
        EXPECT_EQ(failed.why(), cause::retry);
        EXPECT_NE(std::string(failed.what()).find("test.here"), std::string::npos);
    }
    fault_point("test.here");
}

/// Runs `work` in a process of its own and returns how that ended (waitpid).
template <class work>
int ending_of(work&& one) {
    const pid_t child = ::fork();
    if (child == 0) {
        one();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    if (WIFSTOPPED(status)) {
        ::kill(child, SIGCONT);
        int end = 0;
        ::waitpid(child, &end, 0);
        EXPECT_TRUE(WIFEXITED(end));
    }
    return status;
}

TEST(fault_point, kills_the_process) {
    const int status = ending_of([] {
        start_fault_points({"test.here", 1, action::kill});
        fault_point("test.here");
    });
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(fault_point, stops_the_process_until_it_may_go_on) {
    const int status = ending_of([] {
        start_fault_points({"test.here", 1, action::stop});
        fault_point("test.here");
    });
    EXPECT_TRUE(WIFSTOPPED(status));
    EXPECT_EQ(WSTOPSIG(status), SIGSTOP);
}

} // namespace
} // namespace everarchive
