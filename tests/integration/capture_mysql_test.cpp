// Capture from MySQL: snapshot and stream by GTID and by file, what its binary log has that MariaDB's has not, and what
// loses a position. EVERARCHIVE_TEST_MYSQL_SOCKET names a private server with gtid_mode = ON,
// EVERARCHIVE_TEST_MYSQL_FILE_SOCKET one with gtid_mode = OFF; without them everything is skipped.
#include <atomic>

#include "capture_mariadb_library.hpp"

namespace everarchive::capture {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

class mysql_capture : public mariadb_capture {
  protected:
    std::string socket() const override { return variable(socket_variable()); }
    const char* socket_variable() const override { return "EVERARCHIVE_TEST_MYSQL_SOCKET"; }

    std::map<std::string, std::string> defaults() const override {
        return {{"binlog_row_metadata", "'FULL'"},
                {"binlog_row_image", "'FULL'"},
                {"binlog_checksum", "'CRC32'"},
                {"binlog_row_value_options", "''"},
                {"binlog_transaction_compression", "OFF"}};
    }

    void SetUp() override {
        mariadb_capture::SetUp();
        if (root_) {
            root_->run("GRANT REPLICATION CLIENT ON *.* TO ea_reader@localhost");
            make_small_koha(*root_);
            root_->run("INSERT INTO biblio (title) VALUES ('one'), ('two')");
            source_ = open(adapter_);
        }
    }

    std::string newest() override { return root_->value("SELECT @@GLOBAL.gtid_executed").value_or(""); }

    bool arrived(const binlog_position& position, const std::string& end) override {
        return position.executed.contains(gtid_set::parse(end));
    }

    std::unique_ptr<stream> stream_from_now() {
        mirror_ = std::make_unique<strict_mirror>(adapter_);
        load(*source_, *mirror_, &position_);
        return source_->open_stream(position_);
    }

    void expect_same() {
        strict_mirror read(adapter_);
        load(*source_, read);
        EXPECT_EQ(mirror_->tables(), read.tables());
    }

    static error thrown_by(const std::function<void()>& work) {
        try {
            work();
        } catch (const error& thrown) {
            return thrown;
        }
        return {exit_code::bug, cause::retry, "nothing was thrown"};
    }

    error thrown_by_stream(stream& from) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        return thrown_by([&] {
            while (std::chrono::steady_clock::now() < deadline) {
                from.next(200ms);
            }
        });
    }

    /// Reads and compares a workload that uses what a library system uses.
    void write_and_follow() {
        const auto stream = stream_from_now();
        root_->run("INSERT INTO biblio (title) VALUES ('three \U0001F4DA'), ('four')");
        root_->run("UPDATE biblio SET title = 'TWO' WHERE biblionumber = 2");
        root_->run("UPDATE biblio SET biblionumber = 50 WHERE biblionumber = 3");
        root_->run(
            "INSERT INTO biblio_metadata (biblionumber, metadata) SELECT biblionumber, REPEAT('<x/>', 1000) FROM "
            "biblio");
        root_->run("DELETE FROM biblio_metadata WHERE biblionumber = 4");
        root_->run("START TRANSACTION");
        root_->run("DELETE FROM biblio WHERE biblionumber = 4");
        root_->run("SAVEPOINT here");
        root_->run("INSERT INTO biblio (title) VALUES ('given up')");
        root_->run("ROLLBACK TO SAVEPOINT here");
        root_->run("INSERT INTO biblio (title) VALUES ('kept')");
        root_->run("COMMIT");
        follow(*stream, *mirror_);
        EXPECT_EQ(mirror_->table("biblio").size(), 4U);
        EXPECT_EQ(mirror_->table("biblio").count("50:"), 1U);
        expect_same();
    }

    const adapter::adapter adapter_ = small_koha();
    std::unique_ptr<source> source_;
    std::unique_ptr<strict_mirror> mirror_;
    std::string position_;
};

TEST_F(mysql_capture, snapshot_and_stream_by_gtid) {
    write_and_follow();
    EXPECT_TRUE(position_.starts_with("mysql:")) << position_;
    EXPECT_EQ(source_->identity(), "mysql server_uuid=" + root_->value("SELECT @@server_uuid").value_or(""));
}

TEST_F(mysql_capture, minimal_and_noblob_row_images) {
    for (const char* image : {"MINIMAL", "NOBLOB"}) {
        root_->run(fmt::format("SET SESSION binlog_row_image = '{}'", image));
        root_->run("DELETE FROM biblio_metadata");
        root_->run("DELETE FROM biblio");
        root_->run("ALTER TABLE biblio AUTO_INCREMENT = 1");
        root_->run("INSERT INTO biblio (title) VALUES ('one'), ('two')");
        write_and_follow();
    }
}

TEST_F(mysql_capture, compressed_transactions) {
    root_->run("SET SESSION binlog_transaction_compression = ON");
    write_and_follow();
    // Larger than a batch: handed out in parts while it is unpacked.
    const auto stream = stream_from_now();
    root_->run("SET SESSION cte_max_recursion_depth = 100000");
    root_->run("INSERT INTO biblio (title) WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < "
               "70000) SELECT CONCAT('row ', n) FROM s");
    std::size_t torn = 0;
    std::size_t largest = 0;
    follow(*stream, *mirror_, [&](const batch& part) {
        torn += part.ends_transaction ? 0U : 1U;
        largest = std::max(largest, part.changes.size());
    });
    EXPECT_GT(torn, 0U);
    EXPECT_LT(largest, 60'000U);
    EXPECT_EQ(mirror_->transactions, 1U);
    expect_same();
}

TEST_F(mysql_capture, checksums_may_be_off_and_change) {
    auto stream = stream_from_now();
    for (const char* algorithm : {"NONE", "CRC32"}) {
        root_->run(fmt::format("SET GLOBAL binlog_checksum = {}", algorithm));
        root_->run("INSERT INTO biblio (title) VALUES ('more')");
        const std::string position = follow(*stream, *mirror_);
        stream = source_->open_stream(position);
        root_->run("INSERT INTO biblio (title) VALUES ('more')");
        follow(*stream, *mirror_);
    }
    EXPECT_EQ(mirror_->table("biblio").size(), 6U);
}

TEST_F(mysql_capture, a_snapshot_under_load_loses_and_doubles_nothing) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 3; ++writer) {
        writers.emplace_back([&, writer] {
            mariadb_connection on(parse_mariadb_origin(origin_of("root", database_)), 60s);
            std::mt19937 random(static_cast<unsigned>(writer));
            for (int turn = 0; !stop; ++turn) {
                const auto id = random() % 300 + 10;
                switch (random() % 4) {
                case 0:
                    on.run(fmt::format("DELETE FROM biblio WHERE biblionumber = {}", id));
                    break;
                case 1:
                    on.run(fmt::format("UPDATE IGNORE biblio SET biblionumber = {} WHERE biblionumber = {}",
                                       random() % 300 + 10, id));
                    break;
                default:
                    on.run(fmt::format("REPLACE INTO biblio (biblionumber, title) VALUES ({}, '{} {}')", id, writer,
                                       turn));
                }
            }
        });
    }
    for (int round = 0; round < 5; ++round) {
        mirror_ = std::make_unique<strict_mirror>(adapter_);
        load(*source_, *mirror_, &position_);
        mirror_->lenient = true; // until the overlap is read, which is one transaction
        const auto stream = source_->open_stream(position_);
        bool ended = false;
        while (!ended) {
            if (const auto part = stream->next(200ms)) {
                mirror_->apply(*part);
                ended = part->ends_transaction;
            }
        }
        EXPECT_LE(mirror_->transactions, 500U);
        mirror_->lenient = false; // from here on, every row must be as it is
        if (round == 4) {
            stop = true;
            for (std::thread& each : writers) {
                each.join();
            }
        }
        follow(*stream, *mirror_);
    }
    expect_same();
}

TEST_F(mysql_capture, json_is_the_text_that_the_server_prints) {
    adapter::adapter made;
    made.name = "typed";
    made.runs_on = adapter::system::mariadb;
    adapter::table table;
    table.name = "typed";
    table.columns = {{"id", "integer", true}, {"doc", "text"}};
    table.key = {0};
    made.tables = {table};
    root_->run("CREATE TABLE typed (id int PRIMARY KEY, doc json)");
    const auto source = open(made);
    strict_mirror mirror(made);
    std::string position;
    load(*source, mirror, &position);
    const auto stream = source->open_stream(position);
    const std::vector<std::string> documents = {
        R"('{"a": [1, -2, 3.5, "text", null, true, false], "b": {"c": {}}, "": []}')",
        R"('[70000, -70000, 4294967296, -9223372036854775808, 18446744073709551615]')",
        R"('[1.0, 1e15, 1e16, 1.5e300, 0.00001, 1e-20, 123456.789, -0.5]')",
        R"('"quoted \\"text\\" \\\\ \\n \\u0001 caf\u00e9 \\ud83d\\udcda"')",
        "JSON_ARRAY(CAST('2020-02-29' AS DATE), CAST('2020-02-29 12:13:14.5' AS DATETIME(6)), CAST('-12:13:14' AS "
        "TIME), "
        "CAST(-123.4500 AS DECIMAL(10,4)), CAST('bytes' AS BINARY))",
        "CONCAT('[\"', REPEAT('x', 70000), '\", ', REPEAT('1, ', 20000), '2]')",
        "JSON_OBJECT('k', REPEAT('y', 300), 'n', NULL)",
        "'null'",
        "NULL"};
    for (std::size_t at = 0; at < documents.size(); ++at) {
        root_->run(fmt::format("INSERT INTO typed VALUES ({}, {})", at, documents[at]));
    }
    follow(*stream, mirror);
    strict_mirror read(made);
    load(*source, read);
    EXPECT_EQ(mirror.tables(), read.tables());
    // Only the changed part of a document in the log: refused with the setting's name, unless it is not ours.
    root_->run("SET SESSION binlog_row_value_options = 'PARTIAL_JSON'");
    root_->run("UPDATE typed SET doc = JSON_SET(doc, '$.k', 'z') WHERE id = 6");
    const error thrown = thrown_by_stream(*stream);
    EXPECT_EQ(thrown.why(), cause::needs_person) << thrown.what();
    EXPECT_NE(std::string(thrown.what()).find("binlog_row_value_options"), std::string::npos) << thrown.what();
}

TEST_F(mysql_capture, tagged_gtids) {
    const auto stream = stream_from_now();
    root_->run("SET SESSION gtid_next = 'AUTOMATIC:library'");
    root_->run("INSERT INTO biblio (title) VALUES ('tagged')");
    root_->run("SET SESSION gtid_next = 'AUTOMATIC'");
    root_->run("INSERT INTO biblio (title) VALUES ('plain')");
    const std::string position = follow(*stream, *mirror_);
    EXPECT_NE(position.find(":library:1"), std::string::npos) << position;
    const auto again = source_->open_stream(position);
    root_->run("INSERT INTO biblio (title) VALUES ('more')");
    follow(*again, *mirror_);
    expect_same();
}

TEST_F(mysql_capture, schema_changes_statements_and_xa) {
    const auto stream = stream_from_now();
    root_->run(
        "ALTER TABLE biblio ADD COLUMN patron text FIRST, ADD COLUMN y year FIRST, ADD COLUMN u int unsigned FIRST");
    root_->run("INSERT INTO biblio (patron, title, y, u) VALUES ('patron-secret', 'three', 2020, 4000000000)");
    root_->run("CREATE TABLE copy AS SELECT * FROM biblio");
    root_->run("DROP TABLE copy");
    root_->run("CREATE TEMPORARY TABLE scratch (id int)");
    root_->run("INSERT INTO scratch VALUES (1)");
    root_->run("ANALYZE TABLE biblio");
    root_->run("XA START 'one'");
    root_->run("INSERT INTO biblio (title) VALUES ('xa')");
    root_->run("XA END 'one'");
    root_->run("XA COMMIT 'one' ONE PHASE");
    follow(*stream, *mirror_);
    expect_same();
    EXPECT_EQ(mirror_->table("biblio").size(), 4U);
    root_->run("TRUNCATE TABLE biblio_metadata");
    root_->run("ALTER TABLE biblio_metadata DROP COLUMN metadata");
    root_->run("INSERT INTO biblio_metadata (biblionumber) VALUES (1)");
    root_->run("INSERT INTO biblio (title) VALUES ('goes on')");
    follow(*stream, *mirror_);
    ASSERT_EQ(mirror_->troubles.size(), 1U);
    EXPECT_NE(mirror_->troubles[0].find("has no column metadata any more"), std::string::npos) << mirror_->troubles[0];
    EXPECT_EQ(mirror_->table("biblio").size(), 5U);
    EXPECT_TRUE(mirror_->table("biblio_metadata").empty());
    root_->run("XA START 'two'");
    root_->run("INSERT INTO biblio (title) VALUES ('xa')");
    root_->run("XA END 'two'");
    root_->run("XA PREPARE 'two'");
    root_->run("XA COMMIT 'two'");
    const error thrown = thrown_by_stream(*stream);
    EXPECT_EQ(thrown.why(), cause::needs_person) << thrown.what();
    EXPECT_NE(std::string(thrown.what()).find("XA"), std::string::npos) << thrown.what();
}

TEST_F(mysql_capture, nameless_columns_stop_the_stream) {
    const auto stream = stream_from_now();
    root_->run("SET GLOBAL binlog_row_metadata = 'MINIMAL'");
    root_->run("INSERT INTO biblio (title) VALUES ('three')");
    const error thrown = thrown_by_stream(*stream);
    EXPECT_EQ(thrown.why(), cause::needs_person) << thrown.what();
    EXPECT_NE(std::string(thrown.what()).find("binlog_row_metadata"), std::string::npos) << thrown.what();
}

TEST_F(mysql_capture, the_newer_of_two_readers_fences_the_older) {
    const auto older = stream_from_now();
    root_->run("INSERT INTO biblio (title) VALUES ('three')");
    const auto newer = source_->open_stream(follow(*older, *mirror_));
    const error thrown = thrown_by_stream(*older);
    EXPECT_EQ(thrown.why(), cause::fenced) << thrown.what();
    root_->run("INSERT INTO biblio (title) VALUES ('four')");
    follow(*newer, *mirror_);
    expect_same();
}

TEST_F(mysql_capture, purged_logs_name_what_is_missing) {
    strict_mirror read(adapter_);
    load(*source_, read, &position_);
    root_->run("INSERT INTO biblio (title) VALUES ('three')");
    root_->run("FLUSH BINARY LOGS");
    root_->run("INSERT INTO biblio (title) VALUES ('four')");
    root_->run("FLUSH BINARY LOGS");
    purge_to_newest();
    const error thrown = thrown_by([&] {
        const auto stream = source_->open_stream(position_);
        throw thrown_by_stream(*stream);
    });
    EXPECT_EQ(thrown.why(), cause::position_lost) << thrown.what();
    EXPECT_NE(std::string(thrown.what()).find("missing"), std::string::npos) << thrown.what();
    EXPECT_NE(thrown.hint().find("everarchive source resync"), std::string::npos);
}

TEST_F(mysql_capture, another_history_is_noticed) {
    strict_mirror read(adapter_);
    load(*source_, read, &position_);
    const binlog_position before = binlog_position::parse(position_);
    const auto expect_lost = [&](const std::string& position, const std::string& what) {
        const error thrown = thrown_by([&] { source_->open_stream(position); });
        EXPECT_EQ(thrown.why(), cause::position_lost) << thrown.what();
        EXPECT_NE(std::string(thrown.what()).find(what), std::string::npos) << thrown.what();
    };
    const std::string uuid = root_->value("SELECT @@server_uuid").value_or("");
    expect_lost(fmt::format("mysql:{}:1-99999999", uuid), "the server never executed");
    expect_lost("0-1-5", "our position is of MariaDB");
    EXPECT_NO_THROW(source_->open_stream(position_));
    // To another server it goes on only if that has executed what was read.
    const std::string another = "mysql server_uuid=00000000-0000-0000-0000-000000000001";
    EXPECT_EQ(source_->recognize(another, position_), source_->identity());
    EXPECT_THROW(source_->recognize(another, fmt::format("mysql:{}:1-99999999", uuid)), error);
    EXPECT_THROW(source_->recognize("mariadb server_id=1 gtid_domain_id=0", "0-1-5"), error);
    root_->run("INSERT INTO biblio (title) VALUES ('three')");
    const binlog_position now = [&] {
        mirror_ = std::make_unique<strict_mirror>(adapter_);
        load(*source_, *mirror_, &position_);
        const auto stream = source_->open_stream(position_);
        root_->run("INSERT INTO biblio (title) VALUES ('four')");
        return binlog_position::parse(follow(*stream, *mirror_));
    }();
    ASSERT_FALSE(now.place.file.empty());
    binlog_position wrong = now;
    wrong.place.offset -= 7;
    expect_lost(wrong.text(), "no event that ends at");
    root_->run("RESET BINARY LOGS AND GTIDS");
    for (int turn = 0; turn < 3; ++turn) {
        root_->run("INSERT INTO borrowers (surname) VALUES ('x')");
    }
    expect_lost(now.text(), "the server never executed");
}

class mysql_by_file : public mysql_capture {
  protected:
    const char* socket_variable() const override { return "EVERARCHIVE_TEST_MYSQL_FILE_SOCKET"; }
    std::string newest() override {
        const auto [file, offset] = root_->newest_log();
        return binlog_place{file, offset, 0}.text();
    }
    bool arrived(const binlog_position& position, const std::string& end) override {
        return reaches(position.place, binlog_position::parse("file:" + end).place);
    }
};

TEST_F(mysql_by_file, snapshot_and_stream_by_file) {
    root_->run("FLUSH BINARY LOGS");
    write_and_follow();
    EXPECT_TRUE(position_.starts_with("file:")) << position_;
}

TEST_F(mysql_by_file, a_snapshot_at_the_end_of_a_file_waits_for_nothing) {
    root_->run("INSERT INTO biblio (title) VALUES ('in the overlap')");
    mirror_ = std::make_unique<strict_mirror>(adapter_);
    load(*source_, *mirror_, &position_);
    // What was committed long before is not read again, although it stands in the same file.
    EXPECT_EQ(position_.find("file:" + root_->newest_log().first), 0U) << position_;
    EXPECT_EQ(position_.find(":4@"), std::string::npos) << position_;
    mirror_->lenient = true;
    const auto stream = source_->open_stream(position_);
    root_->run("INSERT INTO biblio (title) VALUES ('behind it')");
    std::optional<batch> part;
    for (int tries = 0; tries < 100 && !(part && part->ends_transaction); ++tries) {
        part = stream->next(200ms);
        if (part) {
            mirror_->apply(*part);
        }
    }
    ASSERT_TRUE(part && part->ends_transaction);
    EXPECT_EQ(part->position.find("until"), std::string::npos) << part->position;
    expect_same();
}

TEST_F(mysql_by_file, another_server_is_never_taken_for_it) {
    strict_mirror read(adapter_);
    load(*source_, read, &position_);
    EXPECT_THROW(source_->recognize("mysql server_uuid=00000000-0000-0000-0000-000000000001", position_), error);
    const error thrown = thrown_by([&] { source_->open_stream("file:binlog.999999:4"); });
    EXPECT_EQ(thrown.why(), cause::position_lost) << thrown.what();
}

} // namespace
} // namespace everarchive::capture
