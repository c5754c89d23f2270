// The library's DBA alters tables while they are read: what an older snapshot does not see any more is never taken for
// an empty table, and a reader that waits for the DBA's lock can be called off.
#include <atomic>
#include <future>

#include "capture_postgresql_library.hpp"

namespace {

using namespace everarchive;
using namespace everarchive::capture;

class capture_postgresql_rewrite : public capture_postgresql {
  protected:
    /// The DBA's session, which holds asset.copy until it is told otherwise.
    void lock_copies() {
        dba_.emplace(conninfo_, pq::connection::side::sink, "dba");
        dba_->run("BEGIN; LOCK TABLE asset.copy IN ACCESS EXCLUSIVE MODE");
    }

    void wait_until_somebody_waits_for_the_lock() {
        for (int attempt = 0; attempt < 600; ++attempt) {
            if (admin_->run("SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation'").rows() > 0) {
                return;
            }
            std::this_thread::sleep_for(50ms);
        }
        ADD_FAILURE() << "nobody waits for the lock";
    }

    /// What reading `all` to its end fails with.
    static std::optional<error> reading_error(snapshot& all) {
        try {
            while (all.next()) {}
            return std::nullopt;
        } catch (const error& bad) {
            return bad;
        }
    }

    std::optional<pq::connection> dba_;
};

TEST_F(capture_postgresql_rewrite, a_table_that_is_rewritten_before_its_copy_is_copied_again) {
    library_->run("INSERT INTO asset.copy SELECT i, 1, 'c' || i FROM generate_series(1, 100) i; "
                  "CREATE TABLE asset.spare (LIKE asset.copy INCLUDING ALL)");
    mirror mine(adapter_);
    for (const char* rewrite :
         {"ALTER TABLE asset.copy ALTER record TYPE integer", "VACUUM FULL asset.copy",
          "ALTER TABLE asset.copy SET LOGGED; "
          "BEGIN; CREATE TABLE asset.young (LIKE asset.copy INCLUDING ALL); INSERT INTO asset.young SELECT * FROM "
          "ONLY asset.copy; DROP TABLE asset.copy CASCADE; ALTER TABLE asset.young RENAME TO copy; COMMIT"}) {
        {
            const auto all = source_->open_snapshot();
            lift_column_lists();
            library_->run(rewrite);
            const auto problem = reading_error(*all);
            ASSERT_TRUE(problem) << rewrite;
            EXPECT_EQ(problem->why(), cause::retry) << problem->what();
            EXPECT_NE(std::string(problem->what()).find("asset.copy was rewritten"), std::string::npos)
                << problem->what();
        }
        EXPECT_EQ(slot_value("slot_name"), "");
        mine.clear();
        take_snapshot(mine);
        EXPECT_EQ(mine.rows(1), 100U) << rewrite;
    }
    open_stream();
    library_->run("INSERT INTO asset.copy VALUES (101, 1, 'x')");
    catch_up(mine);
    expect_equal(mine);
}

TEST_F(capture_postgresql_rewrite, other_changes_of_a_table_stop_no_copy) {
    library_->run("INSERT INTO asset.copy SELECT i, 1, 'c' || i FROM generate_series(1, 100) i");
    mirror mine(adapter_);
    const auto all = source_->open_snapshot();
    for (const char* harmless :
         {"ALTER TABLE asset.copy ADD note text DEFAULT 'x'", "CREATE INDEX ON asset.copy (record)",
          "VACUUM ANALYZE asset.copy", "INSERT INTO asset.copy VALUES (101, 1, 'later')"}) {
        library_->run(harmless);
    }
    while (const auto rows = all->next()) {
        mine.apply(*rows);
    }
    EXPECT_EQ(mine.rows(1), 100U);
}

TEST_F(capture_postgresql_rewrite, partitions_that_may_not_be_read_one_by_one_are_looked_at_all_the_same) {
    library_->run(
        "DROP TABLE asset.copy CASCADE; CREATE TABLE asset.copy (id bigint PRIMARY KEY, record bigint NOT "
        "NULL, barcode text NOT NULL) PARTITION BY RANGE (id); CREATE TABLE asset.copy_1 PARTITION OF "
        "asset.copy FOR VALUES FROM (1) TO (50); CREATE TABLE asset.copy_2 PARTITION OF asset.copy FOR VALUES "
        "FROM (50) TO (1000); INSERT INTO asset.copy SELECT i, i, 'c' || i FROM generate_series(1, 100) i");
    const std::string role = "everarchive_" + name_;
    source_->open_snapshot(); // makes the publication as its owner
    library_->run("CREATE ROLE " + role +
                  " LOGIN REPLICATION PASSWORD 'everarchive'; GRANT USAGE ON SCHEMA biblio, asset TO " + role +
                  "; GRANT SELECT ON biblio.record_entry, asset.copy TO " + role);
    source_ = open_source("postgresql:" + conninfo_ + " user=" + role, name_, adapter_);
    mirror mine(adapter_);
    take_snapshot(mine);
    EXPECT_EQ(mine.rows(1), 100U);
    {
        const auto all = source_->open_snapshot();
        library_->run("VACUUM FULL asset.copy_2");
        const auto problem = reading_error(*all);
        ASSERT_TRUE(problem);
        EXPECT_NE(std::string(problem->what()).find("was rewritten"), std::string::npos) << problem->what();
    }
    library_->run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(capture_postgresql_rewrite, a_piece_of_a_table_that_is_rewritten_meanwhile_is_read_again) {
    library_->run("INSERT INTO asset.copy SELECT i, 1, 'c' || i FROM generate_series(1, 100) i");
    const auto reader = source_->open_chunks();
    chunk_request piece;
    piece.table = 1;
    EXPECT_EQ(reader->read(piece).rows, 100U);
    lock_copies();
    // Its snapshot is older than the new file, which it sees empty when the lock is gone.
    auto read = std::async(std::launch::async, [&]() -> std::string {
        try {
            return std::to_string(reader->read(piece).rows) + " rows";
        } catch (const error& bad) {
            EXPECT_EQ(bad.why(), cause::retry);
            return bad.what();
        }
    });
    wait_until_somebody_waits_for_the_lock();
    dba_->run("ALTER TABLE asset.copy ALTER record TYPE integer; COMMIT");
    const std::string said = read.get();
    EXPECT_NE(said.find("asset.copy was rewritten"), std::string::npos) << said;
    EXPECT_EQ(source_->open_chunks()->read(piece).rows, 100U);
    library_->run("VACUUM FULL asset.copy");
    EXPECT_EQ(reader->read(piece).rows, 100U); // before it was read
}

TEST_F(capture_postgresql_rewrite, a_copy_that_waits_for_a_lock_can_be_called_off) {
    library_->run("INSERT INTO asset.copy SELECT i, 1, 'c' || i FROM generate_series(1, 100) i");
    auto all = source_->open_snapshot();
    lock_copies();
    auto read = std::async(std::launch::async, [&] { return reading_error(*all); });
    wait_until_somebody_waits_for_the_lock();
    EXPECT_EQ(read.wait_for(300ms), std::future_status::timeout);
    all->interrupt();
    const bool ended = read.wait_for(30s) == std::future_status::ready;
    EXPECT_TRUE(ended);
    if (ended) { // and nothing of ours waits in the server
        EXPECT_EQ(admin_->run("SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation'").rows(), 0);
    }
    dba_->run("ROLLBACK");
    const auto problem = read.get();
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->why(), cause::retry) << problem->what();
    all.reset();
    EXPECT_EQ(slot_value("slot_name"), "");
}

TEST_F(capture_postgresql_rewrite, a_transaction_does_not_wait_for_an_answer_that_was_given_up) {
    lock_copies();
    std::atomic<bool> released{false};
    std::promise<void> done;
    std::jthread release([&, ended = done.get_future()] {
        if (ended.wait_for(30s) != std::future_status::ready) {
            released = true;
        }
        dba_->run("ROLLBACK");
    });
    {
        pq::connection on(conninfo_, pq::connection::side::source, "test");
        on.be_patient_for(300ms);
        pq::transaction whole(on);
        EXPECT_THROW(on.run("SELECT FROM asset.copy"), pq::error);
    }
    EXPECT_FALSE(released);
    done.set_value();
}

} // namespace
