// Capture from a real PostgreSQL server: snapshot and stream give the rows of the source, each change once.
#include "capture_postgresql_library.hpp"

#include <mutex>

#include <atomic>
#include <random>

namespace {

using namespace everarchive;
using namespace everarchive::capture;

TEST_F(capture_postgresql, snapshot_and_stream_fit_exactly_while_writers_run) {
    library_->run("INSERT INTO biblio.record_entry (marc) SELECT repeat(i::text, 300) FROM generate_series(1, 5000) i; "
                  "INSERT INTO asset.copy (record, barcode) SELECT i, 'b' || i FROM generate_series(1, 5000) i");
    std::atomic<bool> stop = false;
    std::atomic<int> committed = 0;
    std::vector<std::thread> writers;
    for (unsigned writer = 0; writer < 3; ++writer) {
        writers.emplace_back([&, writer] {
            pq::connection on(conninfo_, pq::connection::side::sink, "writer");
            std::minstd_rand random(writer + 1);
            while (!stop) {
                const auto id = random() % 5000 + 1;
                try {
                    on.run(fmt::format(
                        "BEGIN; INSERT INTO biblio.record_entry (marc) VALUES ('new {0}'); "
                        "UPDATE biblio.record_entry SET deleted = NOT deleted WHERE id = {0}; "
                        "DELETE FROM asset.copy WHERE id = {0}; INSERT INTO asset.copy (record, barcode) VALUES ({0}, "
                        "'again'); {1}",
                        id, random() % 5 == 0 ? "ROLLBACK" : "COMMIT"));
                    ++committed;
                } catch (const pq::error&) {
                    on.run("ROLLBACK"); // a deadlock between writers
                }
            }
        });
    }
    mirror mine(adapter_);
    std::this_thread::sleep_for(300ms);
    take_snapshot(mine);
    open_stream();
    const auto end = std::chrono::steady_clock::now() + 2s;
    while (std::chrono::steady_clock::now() < end) {
        if (const auto rows = stream_->next(50ms)) {
            mine.apply(*rows);
            EXPECT_TRUE(rows->ends_transaction);
            position_ = rows->position;
            stream_->confirm(position_);
        }
        if (HasFatalFailure()) {
            break;
        }
    }
    stop = true;
    for (std::thread& writer : writers) {
        writer.join();
    }
    catch_up(mine);
    expect_equal(mine);
    EXPECT_GT(committed, 50);
}

TEST_F(capture_postgresql, values_have_the_same_text_in_snapshot_and_stream) {
    adapter_ = {};
    adapter_.name = "types";
    adapter_.runs_on = adapter::system::postgresql;
    adapter::table table;
    table.name = "types"; // in public
    table.columns = {{"id", "bigint", true},   {"d", "date", false},         {"t", "timestamp with time zone", false},
                     {"i", "interval", false}, {"b", "bytea", false},        {"f", "double precision", false},
                     {"n", "numeric", false},  {"a", "text[]", false},       {"x", "text", false},
                     {"j", "jsonb", false},    {"nothing", "integer", false}};
    table.key = {0};
    adapter_.tables = {table};
    source_ = open_source("postgresql:" + conninfo_, name_, adapter_);
    // The role's own settings must not matter.
    admin_->run("ALTER DATABASE " + name_ + " SET datestyle = 'German'; ALTER DATABASE " + name_ +
                " SET intervalstyle = 'iso_8601'; ALTER DATABASE " + name_ +
                " SET bytea_output = 'escape'; "
                "ALTER DATABASE " +
                name_ + " SET timezone = 'Asia/Tokyo'; ALTER DATABASE " + name_ + " SET extra_float_digits = 0");
    library_->run("CREATE TABLE types (id bigint PRIMARY KEY, d date, t timestamptz, i interval, b bytea, f float8, n "
                  "numeric(20,5), a text[], x text, j jsonb, nothing int)");
    const auto insert = [&](int id) {
        library_->run(
            fmt::format("INSERT INTO types VALUES ({}, '2024-02-29', '2024-02-29 12:34:56.789+03', '1 day 2 "
                        "hours', '\\x00ff5c', 0.1::float8 + 0.2::float8, -0.00100, ARRAY['a\"b', NULL, 'c\\d'], "
                        "E'tab\\tnew\\nline\\\\N back\\\\slash \\u00e9 \\u1f4a\\x01', '{{\"k\": [1, null]}}', "
                        "NULL)",
                        id));
    };
    insert(1);
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    insert(2);
    mine.apply(next_changes());
    ASSERT_EQ(mine.rows(0), 2U);
    for (std::size_t column = 1; column < table.columns.size(); ++column) {
        EXPECT_EQ(mine.at(0, 1, column), mine.at(0, 2, column)) << table.columns[column].name;
    }
    EXPECT_EQ(mine.at(0, 1, 1), "2024-02-29");
    EXPECT_EQ(mine.at(0, 1, 2), "2024-02-29 09:34:56.789+00");
    EXPECT_EQ(mine.at(0, 1, 3), "1 day 02:00:00");
    EXPECT_EQ(mine.at(0, 1, 4), "\\x00ff5c");
    EXPECT_EQ(mine.at(0, 1, 5), "0.30000000000000004");
    EXPECT_EQ(mine.at(0, 1, 8), "tab\tnew\nline\\N back\\slash \u00e9 \u1f4a\x01");
    EXPECT_EQ(mine.at(0, 1, 10), std::nullopt);
}

TEST_F(capture_postgresql, each_kind_of_change) {
    library_->run("INSERT INTO biblio.record_entry (id, marc) VALUES (1, (SELECT string_agg(md5(i::text), '') FROM "
                  "generate_series(1, 2000) i)), (2, 'two'), (3, NULL); INSERT INTO asset.copy VALUES (7, 1, 'seven')");
    mirror mine(adapter_);
    take_snapshot(mine);
    expect_equal(mine);
    open_stream();

    library_->run("UPDATE biblio.record_entry SET deleted = true WHERE id = 1");
    batch rows = next_changes();
    ASSERT_EQ(rows.changes.size(), 1U);
    EXPECT_EQ(rows.transactions, 1U);
    EXPECT_EQ(rows.changes[0].row[3].is, cell::state::absent) << "an unchanged TOAST value is not sent";
    const auto now =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
    EXPECT_LT(std::abs(now.count() - rows.commit_time_us), 60'000'000);
    mine.apply(rows);
    expect_equal(mine);

    library_->run("UPDATE biblio.record_entry SET id = 20, marc = '' WHERE id = 2");
    rows = next_changes();
    EXPECT_EQ(rows.changes[0].old[0], cell::of("2"));
    mine.apply(rows);
    expect_equal(mine);

    library_->run("DELETE FROM biblio.record_entry WHERE id = 3");
    mine.apply(next_changes());
    expect_equal(mine);

    library_->run(
        "BEGIN; INSERT INTO asset.copy VALUES (8, 1, 'kept'); SAVEPOINT a; INSERT INTO asset.copy VALUES (9, 1, "
        "'undone'); ROLLBACK TO a; COMMIT; BEGIN; DELETE FROM asset.copy; ROLLBACK; INSERT INTO actor.usr "
        "(passwd) VALUES ('hunter2'); INSERT INTO actor.log VALUES ('a table without a key')");
    mine.apply(next_changes());
    library_->run("UPDATE actor.log SET line = 'still works'");
    catch_up(mine);
    expect_equal(mine);
    EXPECT_EQ(mine.rows(1), 2U);

    library_->run("INSERT INTO asset.unit (id, record, barcode, extra) VALUES (50, 1, 'child', 'x')");
    library_->run(
        "ALTER TABLE asset.copy ADD COLUMN note text DEFAULT 'new'; UPDATE ONLY asset.copy SET barcode = 'after'");
    catch_up(mine);
    expect_equal(mine);
    EXPECT_EQ(mine.text(1).find("child"), std::string::npos) << "a child table is a table of its own";

    library_->run("TRUNCATE asset.copy");
    mine.apply(next_changes());
    expect_equal(mine);
    EXPECT_EQ(mine.rows(1), 0U);
}

TEST_F(capture_postgresql, only_the_named_columns_leave_the_library) {
    source_->open_snapshot();
    if (PQserverVersion(library_->raw()) >= 150000) {
        EXPECT_EQ(rows_of_source("SELECT attnames FROM pg_publication_tables WHERE pubname = 'everarchive_" + name_ +
                                 "' ORDER BY tablename"),
                  "{id,record,barcode}|\n{id,edit_date,deleted,marc}|\n");
    }
    EXPECT_EQ(rows_of_source("SELECT puballtables FROM pg_publication"), "f|\n");
}

TEST_F(capture_postgresql, a_large_transaction_comes_in_parts) {
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    library_->run("INSERT INTO asset.copy (record, barcode) VALUES (1, 'before')");
    library_->run("INSERT INTO asset.copy (record, barcode) SELECT i, 'b' || i FROM generate_series(1, 70000) i");
    library_->run("INSERT INTO asset.copy (record, barcode) VALUES (1, 'after')");
    std::size_t parts = 0;
    std::size_t transactions = 0;
    std::size_t largest = 0;
    while (mine.rows(1) < 70'002 && !HasFailure()) {
        const batch rows = next_changes();
        largest = std::max(largest, rows.changes.size());
        transactions += rows.transactions;
        EXPECT_EQ(rows.ends.size(), rows.transactions);
        EXPECT_TRUE(rows.ends.empty() || rows.ends.back().changes == rows.changes.size());
        if (!rows.ends_transaction) {
            ++parts;
            EXPECT_TRUE(rows.position.empty());
            EXPECT_EQ(rows.transactions, 0U);
        }
        mine.apply(rows);
    }
    EXPECT_GE(parts, 3U);
    EXPECT_LE(largest, batch_limits{}.changes);
    EXPECT_EQ(transactions, 3U);
    expect_equal(mine);
    // In the middle of the large transaction the connection is lost: it comes again in whole.
    library_->run("UPDATE asset.copy SET record = record + 1");
    EXPECT_FALSE(next_changes().ends_transaction);
    open_stream();
    catch_up(mine);
    expect_equal(mine);
}

TEST_F(capture_postgresql, small_transactions_are_grouped) {
    mirror mine(adapter_);
    take_snapshot(mine);
    for (int i = 0; i < 1200; ++i) {
        library_->run(fmt::format("INSERT INTO asset.copy VALUES ({}, 1, 'x')", i));
    }
    open_stream();
    std::size_t batches = 0;
    while (mine.rows(1) < 1200 && !HasFailure()) {
        const batch rows = next_changes();
        EXPECT_LE(rows.transactions, 500U);
        // One change each.
        ASSERT_EQ(rows.ends.size(), rows.changes.size());
        for (std::size_t i = 0; i < rows.ends.size(); ++i) {
            EXPECT_EQ(rows.ends[i].changes, i + 1);
            EXPECT_NE(rows.ends[i].xid, 0U);
        }
        mine.apply(rows);
        ++batches;
    }
    EXPECT_GE(batches, 3U);
    EXPECT_LE(batches, 100U);
}

TEST_F(capture_postgresql, lag_is_measured_against_the_server) {
    mirror mine(adapter_);
    take_snapshot(mine);
    library_->run("INSERT INTO biblio.record_entry (marc) SELECT repeat('x', 1000) FROM generate_series(1, 1000)");
    open_stream();
    EXPECT_GT(stream_->lag().bytes.value_or(0), 1'000'000);
}

TEST_F(capture_postgresql, partitioned_tables_are_captured_as_one) {
    library_->run(
        "DROP TABLE asset.unit; DROP TABLE asset.copy; CREATE TABLE asset.copy (id bigint PRIMARY KEY, record "
        "bigint, barcode text) PARTITION BY RANGE (id); CREATE TABLE asset.copy_1 PARTITION OF asset.copy FOR "
        "VALUES FROM (0) TO (100); CREATE TABLE asset.copy_2 PARTITION OF asset.copy DEFAULT; INSERT INTO "
        "asset.copy VALUES (1, 1, 'a'), (200, 2, 'b')");
    mirror mine(adapter_);
    take_snapshot(mine);
    EXPECT_EQ(mine.rows(1), 2U);
    open_stream();
    library_->run("UPDATE asset.copy SET id = 300 WHERE id = 1; DELETE FROM asset.copy WHERE id = 200");
    catch_up(mine);
    expect_equal(mine);
}

TEST_F(capture_postgresql, a_snapshot_of_many_readers_is_one_snapshot) {
    configure({{"snapshot_workers", "3"}});
    // Three parts of 64 MB; a partition of its own, one of another column order, and rows that move while it is read.
    library_->run(
        "INSERT INTO biblio.record_entry (marc) SELECT repeat('x', 1500) || i FROM generate_series(1, 100000) i;"
        "ANALYZE biblio.record_entry");
    library_->run(
        "DROP TABLE asset.copy CASCADE; CREATE TABLE asset.copy (id bigint PRIMARY KEY, record bigint NOT NULL, "
        "barcode text NOT NULL) PARTITION BY RANGE (id); CREATE TABLE asset.copy_1 PARTITION OF asset.copy FOR "
        "VALUES FROM (1) TO (1000); CREATE TABLE asset.copy_2 (barcode text NOT NULL, gone int, record bigint NOT "
        "NULL, id bigint PRIMARY KEY); ALTER TABLE asset.copy_2 DROP gone; ALTER TABLE asset.copy ATTACH "
        "PARTITION asset.copy_2 FOR VALUES FROM (1000) TO (1000000000); INSERT INTO asset.copy SELECT i, i, 'c' || "
        "i FROM generate_series(1, 3000) i");
    const auto all = source_->open_snapshot();
    position_ = all->position();
    EXPECT_EQ(all->readers(), 3U); // before 14 by table and partition, from then on by pages, too
    EXPECT_GE(all->estimated_rows(), 90'000);
    library_->run(
        "UPDATE biblio.record_entry SET marc = 'later' WHERE id % 10 = 0; DELETE FROM asset.copy WHERE id < 100; "
        "INSERT INTO biblio.record_entry (marc) VALUES ('later')");
    mirror mine(adapter_);
    std::mutex mutex;
    std::vector<std::size_t> parts(all->readers());
    {
        std::vector<std::jthread> readers;
        for (std::size_t reader = 0; reader < parts.size(); ++reader) {
            readers.emplace_back([&, reader] {
                while (const auto rows = all->next_of(reader)) {
                    const std::lock_guard lock(mutex);
                    mine.apply(*rows);
                    parts[reader] += rows->changes.size();
                }
            });
        }
    }
    EXPECT_EQ(mine.rows(0), 100'000U);
    EXPECT_EQ(mine.rows(1), 3000U);
    EXPECT_EQ(mine.text(0).find("later"), std::string::npos);
    for (const std::size_t part : parts) {
        std::cout << part << " rows by one reader\n";
    }
    open_stream();
    catch_up(mine);
    expect_equal(mine);
    stream_.reset();
    wait_until_slot_is_free();

    // Whoever may read the named columns alone reads each table in one piece, unless he may name pages, too.
    const std::string role = "everarchive_" + name_;
    library_->run("CREATE ROLE " + role +
                  " LOGIN REPLICATION PASSWORD 'everarchive'; GRANT USAGE ON SCHEMA biblio, asset TO " + role +
                  "; GRANT SELECT (id, edit_date, deleted, marc) ON biblio.record_entry TO " + role +
                  "; GRANT SELECT (id, record, barcode) ON asset.copy TO " + role);
    source_ = open_source("postgresql:" + conninfo_ + " user=" + role, name_, adapter_);
    configure({{"snapshot_workers", "8"}});
    for (const std::size_t readers : {2U, PQserverVersion(library_->raw()) >= 140000 ? 4U : 2U}) {
        mine.clear();
        {
            const auto whole = source_->open_snapshot();
            EXPECT_EQ(whole->readers(), readers);
            while (const auto rows = whole->next()) {
                mine.apply(*rows);
            }
        }
        expect_equal(mine);
        library_->run("GRANT SELECT (ctid) ON biblio.record_entry TO " + role);
    }
    library_->run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(capture_postgresql, an_inherited_table_is_a_relation_of_its_own) {
    adapter::table unit = adapter_.tables[1];
    unit.name = "unit";
    unit.columns.push_back({"extra", "text", false});
    adapter_.tables.push_back(unit);
    source_ = open_source("postgresql:" + conninfo_, name_, adapter_);
    library_->run(
        "ALTER TABLE asset.unit ADD PRIMARY KEY (id); INSERT INTO asset.copy VALUES (1, 1, 'copy'); INSERT INTO "
        "asset.unit VALUES (2, 1, 'child', 'first')");
    mirror mine(adapter_);
    take_snapshot(mine);
    EXPECT_EQ(mine.text(1), "1|1|copy|\n");
    EXPECT_EQ(mine.text(3), "2|1|child|first|\n");
    open_stream();
    library_->run("UPDATE asset.copy SET record = 7"); // both
    library_->run("INSERT INTO asset.unit VALUES (3, 1, 'child', 'second'); DELETE FROM asset.copy WHERE id = 2");
    catch_up(mine);
    EXPECT_EQ(mine.text(1), "1|7|copy|\n");
    EXPECT_EQ(mine.text(3), "3|1|child|second|\n");
}

TEST_F(capture_postgresql, replica_identity_full_keeps_the_librarys_updates_working) {
    library_->run("ALTER TABLE asset.copy REPLICA IDENTITY FULL; INSERT INTO asset.copy VALUES (1, 1, 'a')");
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    library_->run("UPDATE asset.copy SET barcode = 'b' WHERE id = 1");
    const batch rows = next_changes();
    EXPECT_EQ(rows.changes[0].old[2], cell::of("a"));
    mine.apply(rows);
    expect_equal(mine);
}

TEST_F(capture_postgresql, speed_of_small_transactions) {
    mirror mine(adapter_);
    library_->run("INSERT INTO biblio.record_entry (id, marc) SELECT i, '' FROM generate_series(1, 20000) i");
    take_snapshot(mine);
    library_->run("SET synchronous_commit = off; ALTER TABLE biblio.record_entry ALTER marc SET STORAGE PLAIN");
    library_->run("DO $$ BEGIN FOR i IN 1..20000 LOOP UPDATE biblio.record_entry SET marc = repeat(md5(i::text), 119) "
                  "WHERE id = i; COMMIT; END LOOP; END $$");
    library_->run("CHECKPOINT");
    open_stream();
    const auto begun = std::chrono::steady_clock::now();
    std::size_t transactions = 0;
    std::size_t bytes = 0;
    std::size_t batches = 0;
    while (transactions < 20'000 && !HasFailure()) {
        const batch rows = next_changes();
        transactions += rows.transactions;
        bytes += rows.bytes;
        ++batches;
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begun;
    std::cout << fmt::format("{} transactions, {:.0f} MB, {} batches in {:.2f} s: {:.0f} transactions/s\n",
                             transactions, static_cast<double>(bytes) / 1e6, batches, time.count(),
                             static_cast<double>(transactions) / time.count());
    EXPECT_GT(bytes, 70'000'000U);
}

} // namespace
