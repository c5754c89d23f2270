// What --from may say: a reference to a server, never a password, and of the system that the adapter is for.
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "capture/source.hpp"

namespace {

using namespace everarchive;

adapter::adapter made_for(adapter::system system) {
    adapter::adapter made;
    made.name = "some";
    made.runs_on = system;
    return made;
}

/// What open_source() says against `origin`, message and hint; empty if it takes it.
std::string refusal(const std::string& origin, adapter::system system = adapter::system::postgresql) {
    try {
        capture::open_source(origin, "one", made_for(system));
        return {};
    } catch (const error& bad) {
        EXPECT_EQ(bad.code(), exit_code::arguments);
        return std::string(bad.what()) + " | " + bad.hint();
    }
}

TEST(origin, references_are_taken_without_connecting) {
    EXPECT_EQ(refusal("postgresql:service=evergreen_of_no_host"), "");
    EXPECT_EQ(refusal("postgresql:host=db.example dbname=evergreen passfile=/etc/everarchive/pgpass"), "");
    EXPECT_EQ(refusal("postgresql://everarchive@db.example:5432/evergreen?sslmode=verify-full"), "");
    EXPECT_EQ(refusal("postgresql:"), "") << "PGHOST and friends";
}

TEST(origin, passwords_are_refused_and_never_repeated) {
    for (const std::string origin :
         {"postgresql:host=db password=hunter2", "postgresql:host=db PASSWORD = 'hunter2'",
          "postgresql:host=db password=hunter2's", "postgresql:sslpassword=hunter2", "postgresql:hunter2 password=x",
          "postgresql://user:hunter2@db/evergreen", "postgresql://user:hunter2/x@db/evergreen",
          "postgresql://db/evergreen?user=a&password=hunter2", "postgresql://db/evergreen?user=a&pass%77ord=hunter2",
          "oracle:password=hunter2", "oracle://u:hunter2@db"}) {
        const std::string said = refusal(origin);
        EXPECT_NE(said, "") << origin;
        EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
    }
    EXPECT_NE(refusal("postgresql:host=db password=hunter2").find("pgpass"), std::string::npos);
    const std::string maria = refusal("mariadb:host=db,user=a,password=hunter2", adapter::system::mariadb);
    EXPECT_NE(maria.find("option file"), std::string::npos) << maria;
    EXPECT_EQ(maria.find("hunter2"), std::string::npos) << maria;
}

TEST(origin, must_fit_the_adapter) {
    EXPECT_NE(refusal("postgresql:service=a", adapter::system::mariadb).find("MariaDB"), std::string::npos);
    EXPECT_NE(refusal("mariadb:defaults-group=koha", adapter::system::postgresql).find("PostgreSQL"),
              std::string::npos);
    EXPECT_NE(refusal("postgresql:service=a", adapter::system::file), "");
}

TEST(origin, what_cannot_be_understood_says_what_can) {
    for (const char* origin : {"", "evergreen", "oracle:x", "postgresql:hots=db", "postgresql:host"}) {
        EXPECT_NE(refusal(origin).find("postgresql:service=evergreen"), std::string::npos) << origin;
    }
}

} // namespace
