// Large transactions of a real PostgreSQL server: they come before they are committed (14 and newer), wait in spools,
// and lose exactly what was rolled back.
#include "capture_postgresql_library.hpp"

#include <fstream>

namespace {

using namespace everarchive;
using namespace everarchive::capture;

class capture_postgresql_large : public capture_postgresql {
  protected:
    pq::connection session() { return {conninfo_, pq::connection::side::sink, "test"}; }

    /// About 1 kB a row: some thousands are more than the server keeps in memory.
    static void insert_bibs(pq::connection& on, int from, int to) {
        on.run(fmt::format("INSERT INTO biblio.record_entry (id, marc) SELECT i, repeat('x', 1000) || i FROM "
                           "generate_series({}, {}) i",
                           from, to));
    }

    /// Reads until nothing has come for a while, without a transaction's end, so that what is in progress is spooled.
    void read_what_comes(mirror& into) {
        for (int quiet = 0; quiet < 5;) {
            if (const auto rows = stream_->next(100ms)) {
                if (rows->ends_transaction) {
                    position_ = rows->position;
                }
                into.apply(*rows);
                quiet = 0;
            } else {
                ++quiet;
            }
        }
    }

    bool has_blocks() { return PQserverVersion(admin_->raw()) >= 140000; }

    /// The server has sent transactions in blocks; it counts them with delay.
    void expect_blocks() {
        if (!has_blocks()) {
            return;
        }
        const auto count = [&] {
            return admin_
                ->run("SELECT stream_txns FROM pg_stat_replication_slots WHERE slot_name = 'everarchive_" + name_ + "'")
                .number(0, 0);
        };
        for (int attempt = 0; attempt < 300 && count() == 0; ++attempt) {
            std::this_thread::sleep_for(100ms);
        }
        EXPECT_GT(count(), 0);
    }

    /// A large transaction that there is no room for: it comes when it is committed, and small ones meanwhile.
    void expect_without_room() {
        mirror mine(adapter_);
        take_snapshot(mine);
        open_stream();
        pq::connection one = session();
        one.run("BEGIN");
        insert_bibs(one, 1, 20'000);
        library_->run("INSERT INTO asset.copy (record, barcode) VALUES (1, 'before')");
        read_what_comes(mine);
        EXPECT_EQ(mine.rows(1), 1U);
        library_->run("INSERT INTO asset.copy (record, barcode) VALUES (1, 'after')");
        mine.apply(next_changes());
        insert_bibs(one, 30'001, 50'000);
        one.run("COMMIT");
        catch_up(mine);
        EXPECT_EQ(mine.rows(0), 40'000U);
        expect_equal(mine);
        EXPECT_EQ(stream_->spool_bytes(), 0);
    }
};

TEST_F(capture_postgresql_large, rollbacks_to_savepoints_lose_exactly_their_changes) {
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    pq::connection one = session();
    one.run("BEGIN");
    insert_bibs(one, 1, 10'000);
    one.run("SAVEPOINT a");
    insert_bibs(one, 20'001, 32'000);
    one.run("SAVEPOINT b");
    insert_bibs(one, 40'001, 52'000);
    one.run("UPDATE biblio.record_entry SET deleted = true WHERE id <= 5000");
    read_what_comes(mine);
    EXPECT_EQ(mine.rows(0), 0U) << "not committed";
    one.run("RELEASE b");
    one.run("ROLLBACK TO a");
    insert_bibs(one, 60'001, 72'000);
    one.run("SAVEPOINT c");
    insert_bibs(one, 80'001, 92'000);
    one.run("RELEASE c");
    one.run("DELETE FROM biblio.record_entry WHERE id = 1");
    read_what_comes(mine);
    library_->run("INSERT INTO asset.copy (record, barcode) VALUES (1, 'between')");
    mine.apply(next_changes());
    EXPECT_EQ(mine.rows(1), 1U) << "a small one overtakes";
    one.run("COMMIT");
    catch_up(mine);
    EXPECT_EQ(mine.rows(0), 33'999U);
    expect_equal(mine);
    expect_blocks();
}

TEST_F(capture_postgresql_large, interleaved_ones_and_a_schema_change_that_is_rolled_back) {
    mirror mine(adapter_);
    take_snapshot(mine);
    lift_column_lists();
    open_stream();
    pq::connection one = session();
    pq::connection two = session();
    one.run("BEGIN");
    two.run("BEGIN");
    insert_bibs(one, 1, 10'000);
    insert_bibs(two, 100'001, 110'000);
    two.run("INSERT INTO asset.copy (record, barcode) SELECT i, 'two' FROM generate_series(1, 50000) i");
    read_what_comes(mine);
    one.run("UPDATE biblio.record_entry SET marc = 'y' WHERE id < 5000");
    two.run("ROLLBACK");
    one.run("SAVEPOINT a");
    one.run(
        "ALTER TABLE asset.copy ADD note text, ALTER record TYPE numeric, DROP CONSTRAINT copy_pkey, ADD PRIMARY KEY "
        "(id, record)");
    one.run("INSERT INTO asset.copy (record, barcode) SELECT i, 'altered' FROM generate_series(1, 100000) i");
    read_what_comes(mine);
    one.run("ROLLBACK TO a");
    one.run("INSERT INTO asset.copy (record, barcode) SELECT i, 'one' FROM generate_series(1, 100000) i");
    read_what_comes(mine);
    one.run("COMMIT");
    catch_up(mine);
    EXPECT_EQ(mine.rows(0), 10'000U);
    EXPECT_EQ(mine.rows(1), 100'000U);
    expect_equal(mine);
    expect_blocks();
}

TEST_F(capture_postgresql_large, a_lost_connection_gives_the_transaction_again_as_a_whole) {
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    pq::connection one = session();
    one.run("BEGIN");
    insert_bibs(one, 1, 20'000);
    read_what_comes(mine);
    open_stream(); // what was spooled is gone
    insert_bibs(one, 30'001, 50'000);
    read_what_comes(mine);
    one.run("COMMIT");
    const batch part = next_changes();
    EXPECT_FALSE(part.ends_transaction);
    EXPECT_LE(part.changes.size(), batch_limits{}.changes);
    open_stream(); // in the middle of reading it back
    catch_up(mine);
    EXPECT_EQ(mine.rows(0), 40'000U);
    expect_equal(mine);
}

TEST_F(capture_postgresql_large, beyond_the_limit_the_source_keeps_them) {
    configure({{"spool_limit_bytes", "3000000"}});
    expect_without_room();
}

TEST_F(capture_postgresql_large, with_a_full_disk_the_source_keeps_them) {
    const std::string folder = "/var/tmp/everarchive-" + name_;
    if (std::system(fmt::format("mkdir '{0}' && mount -t tmpfs -o size=3m tmpfs '{0}' 2>/dev/null", folder).c_str()) !=
        0) {
        ::rmdir(folder.c_str());
        GTEST_SKIP() << "a small file system cannot be mounted here";
    }
    ::setenv("EVERARCHIVE_SPOOL", folder.c_str(), 1);
    expect_without_room();
    ::unsetenv("EVERARCHIVE_SPOOL");
    stream_.reset();
    EXPECT_EQ(std::system(fmt::format("umount '{0}' && rmdir '{0}'", folder).c_str()), 0);
}

TEST_F(capture_postgresql_large, keepalives_are_answered_while_a_transaction_is_read_back) {
    admin_->run("ALTER ROLE CURRENT_USER SET wal_sender_timeout = '2s'");
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    admin_->run("ALTER ROLE CURRENT_USER RESET wal_sender_timeout");
    insert_bibs(*library_, 1, 60'000);
    for (int part = 0; mine.rows(0) < 60'000 && !HasFailure(); ++part) {
        mine.apply(next_changes());
        for (int i = 0; part < 2 && i < 30; ++i) { // the apply step is slow
            stream_->idle();
            std::this_thread::sleep_for(100ms);
        }
    }
    catch_up(mine);
    expect_equal(mine);
}

std::int64_t status_kb(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field + ":")) {
            return std::stoll(line.substr(field.size() + 1));
        }
    }
    return 0;
}

/// EVERARCHIVE_TEST_ROWS=2000000 for the figure of docs/architecture.md.
TEST_F(capture_postgresql_large, memory_is_bounded) {
    const char* asked = std::getenv("EVERARCHIVE_TEST_ROWS");
    const std::int64_t rows = asked == nullptr ? 200'000 : std::stoll(asked);
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    pq::connection one = session();
    const std::int64_t before = status_kb("VmRSS");
    std::jthread writer([&] {
        one.run(
            fmt::format("BEGIN; INSERT INTO asset.copy (record, barcode) SELECT i, 'barcode ' || i FROM "
                        "generate_series(1, {0}) i; SAVEPOINT a; UPDATE asset.copy SET record = 0 WHERE id % 4 = 0; "
                        "ROLLBACK TO a; UPDATE asset.copy SET record = -1 WHERE id % 2 = 0; COMMIT",
                        rows));
    });
    const auto began = std::chrono::steady_clock::now();
    std::int64_t changes = 0;
    std::int64_t most = 0;
    while (changes < rows + rows / 2 && !HasFailure()) {
        std::optional<batch> part;
        for (int attempt = 0; attempt < 6000 && !part; ++attempt) {
            part = stream_->next(100ms);
            most = std::max(most, status_kb("VmRSS"));
        }
        ASSERT_TRUE(part) << "nothing within ten minutes";
        changes += static_cast<std::int64_t>(part->changes.size());
    }
    EXPECT_EQ(changes, rows + rows / 2);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::cout << rows << " rows, " << changes << " changes in " << took.count() << " s; memory " << before / 1024
              << " MB before, " << most / 1024 << " MB at most\n";
    EXPECT_LT(most, 150 * 1024);
}

} // namespace
