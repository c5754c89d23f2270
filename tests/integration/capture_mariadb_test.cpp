// Capture from MariaDB: snapshot and stream that join without gap or overlap, large transactions, the privacy wall,
// values that PostgreSQL cannot hold, and what `source check` says.
#include <charconv>
#include <csignal>
#include <ctime>
#include <future>

#include "capture_mariadb_library.hpp"

#include <sys/resource.h>

namespace everarchive::capture {
namespace {

TEST_F(mariadb_capture, values_that_postgresql_cannot_hold_are_problems_of_their_row) {
    root_->run("CREATE TABLE biblio (biblionumber int PRIMARY KEY, title varchar(50) CHARACTER SET latin1, d date, ts "
               "timestamp NULL, big bigint unsigned, raw blob)");
    adapter::adapter adapter = small_koha();
    adapter.tables.resize(1);
    adapter.tables[0].columns = {{"biblionumber", "integer", true},  {"title", "text"}, {"d", "date"},
                                 {"ts", "timestamp with time zone"}, {"big", "bigint"}, {"raw", "text"}};
    const auto source = open(adapter);
    const auto snapshot = source->open_snapshot();
    const auto stream = source->open_stream(snapshot->position());
    root_->run(
        "INSERT INTO biblio VALUES (1, 'good', '2024-01-01', '2024-01-01', 1, 'x'), (2, 'zero', '0000-00-00', NULL, "
        "1, 'x'), (3, CHAR(65,0,66), NULL, NULL, 1, 'x'), (4, 'large', NULL, NULL, 9223372036854775808, 'x'), (5, "
        "'bytes', NULL, NULL, 1, x'ff00'), (6, 'ts', NULL, 0, 1, 'x'), (7, 'part', '2024-00-00', NULL, 1, 'x')");
    strict_mirror streamed(adapter);
    follow(*stream, streamed);
    strict_mirror read(adapter);
    load(*source, read);
    ASSERT_EQ(streamed.problems.size(), 6U);
    EXPECT_EQ(streamed.problems, read.problems);
    EXPECT_EQ(streamed.problems[0], "biblio.d: '0000-00-00' is not a date that PostgreSQL can hold");
    EXPECT_NE(streamed.problems[1].find("biblio.title: '\\x410042' holds a NUL"), std::string::npos);
    EXPECT_EQ(streamed.tables(), read.tables());
    EXPECT_EQ(streamed.table("biblio").at("2:")[2], "0000-00-00");
    // Repairing or deleting such a row is no problem.
    root_->run("UPDATE biblio SET d = NULL WHERE biblionumber = 2");
    root_->run("DELETE FROM biblio WHERE biblionumber > 2");
    follow(*stream, streamed);
    EXPECT_EQ(streamed.problems.size(), 6U);
}

TEST_F(mariadb_capture, snapshot_and_stream_join_under_concurrent_writers) {
    make_small_koha(*root_);
    const adapter::adapter adapter = small_koha();
    const auto source = open(adapter);
    std::atomic<bool> stop{false};
    const unsigned seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::vector<std::thread> writers;
    for (unsigned writer = 0; writer < 3; ++writer) {
        writers.emplace_back([&, writer] {
            mariadb_connection own(parse_mariadb_origin(origin_of("root", database_)), 60s);
            std::mt19937 random(seed + writer);
            int turn = 0;
            while (!stop) {
                const unsigned id = writer + 3 * (random() % 300) + 1;
                own.run("START TRANSACTION");
                switch (random() % 4) {
                case 0:
                case 1:
                    own.run(
                        fmt::format("INSERT INTO biblio (biblionumber, title) VALUES ({0}, 't{1}') ON DUPLICATE KEY "
                                    "UPDATE title = 't{1}'",
                                    id, ++turn));
                    break;
                case 2:
                    own.run(
                        fmt::format("UPDATE biblio SET title = CONCAT('u{}', REPEAT('y', 500)) WHERE biblionumber = {}",
                                    ++turn, id));
                    own.run("INSERT INTO borrowers (surname) VALUES ('nobody')");
                    break;
                default:
                    own.run(fmt::format("DELETE FROM biblio WHERE biblionumber = {}", id));
                    break;
                }
                own.run(random() % 10 == 0 ? "ROLLBACK" : "COMMIT");
            }
        });
    }
    std::vector<std::pair<std::string, std::unique_ptr<strict_mirror>>> taken;
    for (int round = 0; round < 8; ++round) {
        std::this_thread::sleep_for(150ms);
        taken.emplace_back("", std::make_unique<strict_mirror>(adapter));
        load(*source, *taken.back().second, &taken.back().first);
    }
    stop = true;
    for (std::thread& each : writers) {
        each.join();
    }
    strict_mirror read(adapter);
    load(*source, read);
    for (auto& [position, mirror] : taken) {
        const auto stream = source->open_stream(position);
        follow(*stream, *mirror);
        EXPECT_EQ(mirror->tables(), read.tables());
        EXPECT_GT(mirror->transactions, 0U);
    }
    std::cout << taken[0].second->transactions << " transactions after the first snapshot, in "
              << taken[0].second->batches << " batches\n";
}

TEST_F(mariadb_capture, a_large_transaction_comes_in_parts_and_ends_once) {
    make_small_koha(*root_);
    const adapter::adapter adapter = small_koha();
    const auto source = open(adapter);
    strict_mirror mirror(adapter);
    std::string position;
    load(*source, mirror, &position);
    const auto stream = source->open_stream(position);
    root_->run("INSERT INTO biblio (title) SELECT CONCAT('t', seq) FROM seq_1_to_100000");
    std::size_t parts = 0;
    std::size_t ends = 0;
    follow(*stream, mirror, [&](const batch& part) {
        parts += 1;
        ends += part.transactions;
        EXPECT_LE(part.changes.size(), 45'000U);
        EXPECT_EQ(part.position.empty(), !part.ends_transaction);
    });
    EXPECT_GT(parts, 2U);
    EXPECT_EQ(ends, 1U);
    EXPECT_EQ(mirror.table("biblio").size(), 100'000U);
    std::size_t part_count = 0;
    const auto snapshot = source->open_snapshot();
    EXPECT_GT(snapshot->estimated_rows(), 50'000);
    while (snapshot->next()) {
        ++part_count;
    }
    EXPECT_EQ(part_count, 5U);
}

TEST_F(mariadb_capture, a_copy_that_is_given_up_reads_no_further) {
    make_small_koha(*root_);
    root_->run("INSERT INTO biblio (title) SELECT REPEAT('x', 100000) FROM seq_1_to_1000");
    const adapter::adapter adapter = small_koha();
    const auto source = open(adapter);
    const auto sent = [&] {
        std::uint64_t bytes = 0;
        const std::string digits = root_->query("SHOW GLOBAL STATUS LIKE 'Bytes_sent'").text(0, 1);
        std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
        return bytes;
    };
    const std::uint64_t before = sent();
    {
        const auto all = source->open_snapshot();
        ASSERT_TRUE(all->next()); // 8 MB of 100
    }
    for (int tries = 0; tries < 300; ++tries) { // until the server has noticed
        if (root_->query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'ea_reader'").rows.empty()) {
            break;
        }
        std::this_thread::sleep_for(100ms);
    }
    EXPECT_LT(sent() - before, 50'000'000U);
}

TEST_F(mariadb_capture, a_copy_that_waits_for_a_lock_can_be_called_off) {
    make_small_koha(*root_);
    const adapter::adapter adapter = small_koha();
    const auto source = open(adapter);
    const auto all = source->open_snapshot();
    root_->run("LOCK TABLES biblio WRITE");
    auto read = std::async(std::launch::async, [&]() -> std::optional<error> {
        try {
            while (all->next()) {}
            return std::nullopt;
        } catch (const error& bad) {
            return bad;
        }
    });
    EXPECT_EQ(read.wait_for(500ms), std::future_status::timeout);
    all->interrupt();
    EXPECT_EQ(read.wait_for(30s), std::future_status::ready);
    root_->run("UNLOCK TABLES");
    const auto problem = read.get();
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->why(), cause::retry) << problem->what();
    EXPECT_NE(std::string(problem->what()).find("asked to stop"), std::string::npos) << problem->what();
}

TEST_F(mariadb_capture, only_named_columns_of_named_tables_leave) {
    make_small_koha(*root_);
    const adapter::adapter adapter = small_koha();
    const auto source = open(adapter);
    const auto snapshot = source->open_snapshot();
    const auto stream = source->open_stream(snapshot->position());
    root_->run("INSERT INTO borrowers (surname) VALUES ('patron-secret')");
    root_->run("INSERT INTO biblio (title) VALUES ('one')");
    root_->run("UPDATE biblio SET secret = 'patron-secret', title = 'two'");
    root_->run("CREATE DATABASE IF NOT EXISTS ea_other");
    root_->run("CREATE TABLE IF NOT EXISTS ea_other.biblio (biblionumber int, title text)");
    root_->run("INSERT INTO ea_other.biblio VALUES (77, 'patron-secret')");
    root_->run("DROP DATABASE ea_other");
    strict_mirror mirror(adapter);
    std::size_t seen = 0;
    follow(*stream, mirror, [&](const batch& part) {
        for (const change& each : part.changes) {
            ++seen;
            for (const auto row : {each.row, each.old}) {
                for (const cell& value : row) {
                    EXPECT_EQ(value.text.find("secret"), std::string_view::npos);
                }
            }
        }
    });
    EXPECT_EQ(seen, 2U);
    EXPECT_EQ(mirror.table("biblio").size(), 1U);
}

/// Waits until the server has told.
log_lag lag_of(stream& from) {
    for (int tries = 0; tries < 600; ++tries) {
        if (from.lag().log_hours) {
            return from.lag();
        }
        std::this_thread::sleep_for(50ms);
    }
    ADD_FAILURE() << "the server does not tell how long it keeps its log";
    return {};
}

TEST_F(mariadb_capture, a_server_that_hangs_does_not_hold_the_stream) {
    make_small_koha(*root_);
    const auto source = open(small_koha());
    std::unique_ptr<stream> stream = source->open_stream(source->open_snapshot()->position());
    lag_of(*stream);
    std::ifstream pid_file(root_->value("SELECT @@GLOBAL.pid_file").value_or(""));
    pid_t server = 0;
    if (!(pid_file >> server) || ::kill(server, SIGSTOP) != 0) {
        GTEST_SKIP() << "cannot stop the server: it runs elsewhere, or as another user";
    }
    std::this_thread::sleep_for(10'100ms); // the lag is asked for every ten seconds
    const auto began = std::chrono::steady_clock::now();
    for (int turn = 0; turn < 3; ++turn) {
        EXPECT_TRUE(stream->lag().log_hours);
    }
    stream.reset();
    const auto took = std::chrono::steady_clock::now() - began;
    ::kill(server, SIGCONT);
    EXPECT_LT(took, 5s);
}

TEST_F(mariadb_capture, a_busy_server_moves_the_position_of_an_idle_source) {
    make_small_koha(*root_);
    const auto source = open(small_koha());
    const auto stream = source->open_stream(source->open_snapshot()->position());
    for (int turn = 0; turn < 50; ++turn) {
        root_->run("INSERT INTO borrowers (surname) VALUES ('nobody')");
    }
    const gtid_list end = gtid_list::parse(newest());
    std::optional<batch> moved;
    for (int tries = 0; tries < 30 && (!moved || binlog_position::parse(moved->position).gtids != end); ++tries) {
        if (auto part = stream->next(200ms)) {
            moved = std::move(part);
            EXPECT_TRUE(moved->changes.empty());
        }
    }
    ASSERT_TRUE(moved);
    EXPECT_EQ(binlog_position::parse(moved->position).gtids, end);
    stream->confirm(moved->position);
    // The reader has no BINLOG MONITOR: the lag is unknown, and that is no error.
    EXPECT_EQ(lag_of(*stream).bytes, std::nullopt);
    root_->run("GRANT BINLOG MONITOR ON *.* TO ea_reader@localhost"); // a transaction of the log, too
    const auto second = source->open_stream(moved->position);
    EXPECT_GT(lag_of(*second).bytes.value_or(0), 0);
    const adapter::adapter adapter = small_koha();
    strict_mirror nothing(adapter);
    const std::string at_end = follow(*second, nothing);
    EXPECT_EQ(lag_of(*source->open_stream(at_end)).bytes, 0);
    // The third reader has the second's id and ended it; that is another test's subject.
    const auto third = source->open_stream(at_end);
    EXPECT_FALSE(third->next(300ms)); // nothing comes on a quiet server, and the stream stays
    root_->run("INSERT INTO biblio (title) VALUES ('later')");
    strict_mirror late(adapter);
    follow(*third, late);
    EXPECT_EQ(late.table("biblio").size(), 1U);
}

std::map<std::string, finding> by_what(const std::vector<finding>& findings, finding::grade which) {
    std::map<std::string, finding> out;
    for (const finding& each : findings) {
        if (each.is == which) {
            out[each.what] = each;
        }
    }
    return out;
}

TEST_F(mariadb_capture, check_names_what_is_missing_and_what_mends_it) {
    make_small_koha(*root_);
    const adapter::adapter adapter = small_koha();
    EXPECT_TRUE(by_what(open(adapter)->check(), finding::grade::missing).empty());

    root_->run("REVOKE SELECT ON biblio FROM ea_reader@localhost");
    root_->run("REVOKE REPLICATION SLAVE ON *.* FROM ea_reader@localhost");
    root_->run("SET GLOBAL binlog_format = 'MIXED'");
    root_->run("SET GLOBAL binlog_row_metadata = 'MINIMAL'");
    const auto missing =
        by_what(open_mariadb(origin_of("reader", database_), "test", adapter)->check(), finding::grade::missing);
    std::string mends;
    for (const auto& [what, each] : missing) {
        mends += each.mend + "\n";
    }
    for (const std::string& mend :
         {std::string("SET GLOBAL binlog_format = 'ROW'; and in my.cnf under [mysqld]: binlog_format = ROW"),
          std::string("SET GLOBAL binlog_row_metadata = 'FULL'"),
          std::string("GRANT REPLICATION SLAVE ON *.* TO 'ea_reader'@'localhost'"),
          fmt::format("GRANT SELECT ON `{}`.`biblio` TO 'ea_reader'@'localhost'", database_)}) {
        EXPECT_NE(mends.find(mend), std::string::npos) << mend << "\nnot in\n" << mends;
    }
    // What it printed mends it: the statements are run as they are.
    for (const auto& [what, each] : missing) {
        root_->run(each.mend.substr(0, each.mend.find(';')));
    }
    EXPECT_TRUE(by_what(open(adapter)->check(), finding::grade::missing).empty());

    adapter::adapter wrong = adapter;
    wrong.tables[1].foreign_keys.clear();
    wrong.tables[0].columns.push_back({"subtitle", "text"});
    wrong.tables[2].optional = false;
    root_->run("GRANT SELECT ON " + database_ + ".* TO ea_reader@localhost");
    std::string whats;
    for (const auto& [what, each] :
         by_what(open_mariadb(origin_of("reader", database_), "test", wrong)->check(), finding::grade::missing)) {
        whats += what + "\n";
    }
    EXPECT_NE(whats.find("biblio has no column subtitle"), std::string::npos) << whats;
    EXPECT_NE(whats.find("there is no table " + database_ + ".holdings"), std::string::npos) << whats;
    EXPECT_NE(whats.find("ON DELETE CASCADE ON UPDATE CASCADE is not in the adapter"), std::string::npos) << whats;

    option_file("bad", "user = nobody_at_all\npassword = wrong-one\n");
    const auto refused = open_mariadb(origin_of("bad", database_), "test", adapter)->check();
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_NE(refused[0].what.find("1045"), std::string::npos);
    EXPECT_EQ(refused[0].what.find("wrong-one"), std::string::npos);
}

TEST_F(mariadb_capture, check_says_which_foreign_keys_it_cannot_see) {
    make_small_koha(*root_);
    root_->run("GRANT SELECT (biblionumber, title, timestamp) ON biblio TO ea_reader@localhost");
    root_->run("GRANT SELECT (id, biblionumber, metadata) ON biblio_metadata TO ea_reader@localhost");
    const auto findings = open_mariadb(origin_of("reader", database_), "test", small_koha())->check();
    const auto good = by_what(findings, finding::grade::good);
    EXPECT_TRUE(by_what(findings, finding::grade::missing).empty());
    EXPECT_TRUE(std::any_of(good.begin(), good.end(), [](const auto& each) {
        return each.first.starts_with("foreign keys of biblio_metadata") &&
               each.first.find("ON UPDATE CASCADE") != std::string::npos &&
               each.first.find("everarchive source resync NAME") != std::string::npos;
    }));
}

TEST_F(mariadb_capture, speed) {
    if (std::getenv("EVERARCHIVE_TEST_SPEED") == nullptr) {
        GTEST_SKIP() << "EVERARCHIVE_TEST_SPEED is not set";
    }
    root_->run("SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 2");
    root_ = std::make_unique<mariadb_connection>(parse_mariadb_origin(origin_of("root", database_)), 900s);
    make_small_koha(*root_);
    const adapter::adapter adapter = small_koha();
    const auto source = open(adapter);
    const std::string position = source->open_snapshot()->position();
    root_->run("BEGIN NOT ATOMIC DECLARE i INT DEFAULT 0; WHILE i < 20000 DO INSERT INTO biblio (title) VALUES "
               "(REPEAT('x', 3500)); SET i = i + 1; END WHILE; END");
    const auto read_all = [&](const std::string& from, const char* what) {
        const gtid_list end = gtid_list::parse(newest());
        const auto begin = std::chrono::steady_clock::now();
        const std::clock_t processor = std::clock();
        const auto stream = source->open_stream(from);
        std::size_t changes = 0;
        std::size_t transactions = 0;
        std::string at;
        while (at.empty() || binlog_position::parse(at).gtids != end) {
            if (const auto part = stream->next(200ms)) {
                changes += part->changes.size();
                transactions += part->transactions;
                at = part->ends_transaction ? part->position : at;
            }
        }
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        std::cout << fmt::format(
            "{}: {} changes, {} transactions in {:.2f} s: {:.0f} changes/s; {:.2f} s of our processor time\n", what,
            changes, transactions, seconds, static_cast<double>(changes) / seconds,
            static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC);
        return at;
    };
    const std::string middle = read_all(position, "one-row transactions of 3.5 kB");
    root_->run("INSERT INTO biblio (title) SELECT CONCAT('t', seq) FROM seq_1_to_2000000");
    read_all(middle, "one transaction of small rows");
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    std::cout << fmt::format("most memory so far: {} MB\n", usage.ru_maxrss / 1024);
    const auto begin = std::chrono::steady_clock::now();
    const auto snapshot = source->open_snapshot();
    std::size_t rows = 0;
    while (const auto part = snapshot->next()) {
        rows += part->changes.size();
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::cout << fmt::format("snapshot: {} rows in {:.2f} s: {:.0f} rows/s\n", rows, seconds,
                             static_cast<double>(rows) / seconds);
}

} // namespace
} // namespace everarchive::capture
