// The library system goes over to a stand-by. EVERARCHIVE_TEST_STANDBY is the connection of one that follows the server
// of PGHOST by the physical slot `standby`; it is promoted here, so there is one test.
#include "capture_postgresql_library.hpp"

namespace {

using namespace everarchive;
using namespace everarchive::capture;

TEST_F(capture_postgresql, goes_over_to_a_promoted_standby_that_has_everything) {
    const char* where = std::getenv("EVERARCHIVE_TEST_STANDBY");
    if (where == nullptr) {
        GTEST_SKIP() << "EVERARCHIVE_TEST_STANDBY is not set";
    }
    const std::string there = std::string(where) + " ";
    pq::connection standby(there + "dbname=postgres", pq::connection::side::sink, "test");
    ASSERT_TRUE(standby.run("SELECT pg_is_in_recovery()").truth(0, 0)) << "it was promoted before";
    const bool keeps_slot = PQserverVersion(standby.raw()) >= 170000;

    mirror mine(adapter_);
    take_snapshot(mine);
    const std::string identity = source_->identity();
    EXPECT_NE(identity.find(", timeline 1"), std::string::npos) << identity;
    EXPECT_EQ(source_->recognize(identity, position_), identity);
    EXPECT_EQ(source_->recognize(identity.substr(0, identity.find(',')), position_), identity) << "stored by 0.1.0";
    const auto findings = source_->check();
    EXPECT_TRUE(std::any_of(findings.begin(), findings.end(), [](const finding& one) {
        return one.is == finding::grade::warning && one.what.find("stand-by") != std::string::npos;
    }));
    if (keeps_slot) {
        EXPECT_EQ(slot_value("failover"), "t");
        admin_->run("ALTER SYSTEM SET synchronized_standby_slots = 'standby'");
        admin_->run("SELECT pg_reload_conf()");
    }
    open_stream();
    const auto is_synced = [&] {
        return standby
                   .run("SELECT FROM pg_replication_slots WHERE slot_name = 'everarchive_" + name_ +
                        "' AND synced AND NOT temporary AND invalidation_reason IS NULL")
                   .rows() > 0;
    };
    int row = 0;
    do {
        library_->run(fmt::format("INSERT INTO asset.copy VALUES ({0}, {0}, 'read')", ++row));
        mine.apply(next_changes());
        stream_->confirm(position_);
        stream_->idle();
    } while ((row < 20 || (keeps_slot && !is_synced())) && row < 3000 && !HasFailure());
    ASSERT_TRUE(!keeps_slot || is_synced()) << "the slot did not come to the stand-by";
    stream_.reset();
    wait_until_slot_is_free();

    library_->run("INSERT INTO asset.copy SELECT 100000 + i, i, 'unread' FROM generate_series(1, 50) i");
    const std::string last(admin_->run("SELECT pg_current_wal_flush_lsn()").text(0, 0));
    for (int attempt = 0; attempt < 600; ++attempt) {
        if (standby.run("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", {last}).truth(0, 0)) {
            break;
        }
        std::this_thread::sleep_for(100ms);
    }
    ASSERT_TRUE(standby.run("SELECT pg_promote()").truth(0, 0));
    if (keeps_slot) {
        admin_->run("ALTER SYSTEM RESET synchronized_standby_slots");
        admin_->run("SELECT pg_reload_conf()");
    }

    const auto promoted = open_source("postgresql:" + there + "dbname=" + name_, name_, adapter_);
    const std::string identity_now = promoted->recognize(identity, position_);
    EXPECT_NE(identity_now.find(", timeline 2"), std::string::npos) << identity_now;
    EXPECT_EQ(promoted->recognize(identity_now, position_), identity_now);

    // The old server goes on by itself: whoever read on from there is ahead of the new one.
    library_->run("INSERT INTO asset.copy VALUES (900000, 1, 'lost')");
    const std::string ahead(admin_->run("SELECT pg_current_wal_flush_lsn()").text(0, 0));
    const auto expect_lost = [&](const std::function<void()>& attempt, const std::string& what) {
        try {
            attempt();
            ADD_FAILURE() << what << " was taken";
        } catch (const error& lost) {
            EXPECT_EQ(lost.why(), cause::position_lost) << lost.what();
            EXPECT_NE(lost.hint().find("everarchive source resync " + name_), std::string::npos) << lost.hint();
            std::cout << what << ": " << lost.what() << '\n';
        }
    };
    expect_lost([&] { promoted->recognize(identity, ahead); }, "a position that the new server has not");
    expect_lost([&] { source_->recognize(identity_now, position_); }, "the old server");
    expect_lost([&] { promoted->recognize("1/other, timeline 1", position_); }, "another server");

    library_.emplace(there + "dbname=" + name_, pq::connection::side::sink, "test");
    library_->run("INSERT INTO asset.copy SELECT 200000 + i, i, 'new' FROM generate_series(1, 10) i");
    source_ = open_source("postgresql:" + there + "dbname=" + name_, name_, adapter_);
    if (keeps_slot) {
        open_stream();
        catch_up(mine);
        EXPECT_EQ(mine.rows(1), static_cast<std::size_t>(row) + 60);
        expect_equal(mine);
        stream_.reset();
    } else {
        expect_lost([&] { source_->open_stream(position_); }, "a stand-by without the slot");
    }
    admin_->run(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'standby' AND NOT "
        "active");
}

} // namespace
