// What a MariaDB server does to its reader: restarts, purged logs, a second reader, statements instead of rows, schema
// changes. Each ends in the error that tells a person, or the program, the right thing to do; nothing is passed over.
#include "capture_mariadb_library.hpp"

namespace everarchive::capture {
namespace {

class mariadb_faults : public mariadb_capture {
  protected:
    void SetUp() override {
        mariadb_capture::SetUp();
        if (root_) {
            make_small_koha(*root_);
            root_->run("INSERT INTO biblio (title) VALUES ('one'), ('two')");
            source_ = open(adapter_);
        }
    }

    std::unique_ptr<stream> stream_from_now() {
        mirror_ = std::make_unique<strict_mirror>(adapter_);
        load(*source_, *mirror_, &position_);
        return source_->open_stream(position_);
    }

    /// The position after one more transaction.
    std::string follow_one(stream& from) {
        root_->run("INSERT INTO biblio (title) VALUES ('another')");
        return follow(from, *mirror_);
    }

    /// Reads until the stream throws, and returns what it threw.
    static error thrown_by(stream& from, std::chrono::seconds patience = 20s) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        try {
            while (std::chrono::steady_clock::now() < deadline) {
                from.next(200ms);
            }
        } catch (const error& thrown) {
            return thrown;
        }
        return {exit_code::bug, cause::retry, "nothing was thrown"};
    }

    void expect_stopped(stream& from, const std::string& what, const std::string& hint = "") {
        const error thrown = thrown_by(from);
        EXPECT_EQ(thrown.why(), cause::needs_person) << thrown.what();
        EXPECT_NE(std::string(thrown.what()).find(what), std::string::npos) << thrown.what();
        EXPECT_NE(thrown.hint().find(hint), std::string::npos) << thrown.hint();
    }

    const adapter::adapter adapter_ = small_koha();
    std::unique_ptr<source> source_;
    std::unique_ptr<strict_mirror> mirror_;
    std::string position_;
};

TEST_F(mariadb_faults, the_newer_of_two_readers_fences_the_older) {
    const auto older = stream_from_now();
    const auto newer = source_->open_stream(position_);
    const error thrown = thrown_by(*older);
    EXPECT_EQ(thrown.why(), cause::fenced) << thrown.what();
    root_->run("INSERT INTO biblio (title) VALUES ('three')");
    follow(*newer, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 3U);
    // Another source of the same server disturbs nobody.
    const auto other = open(adapter_, "another")->open_stream(position_);
    root_->run("INSERT INTO biblio (title) VALUES ('four')");
    follow(*newer, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 4U);
}

TEST_F(mariadb_faults, a_restarted_server_is_read_on_from_the_last_position) {
    const char* restart = std::getenv("EVERARCHIVE_TEST_MARIADB_RESTART");
    if (restart == nullptr) {
        GTEST_SKIP() << "EVERARCHIVE_TEST_MARIADB_RESTART says no command";
    }
    auto stream = stream_from_now();
    root_->run("INSERT INTO biblio (title) VALUES ('before')");
    position_ = follow(*stream, *mirror_);
    ASSERT_EQ(std::system(restart), 0);
    const error thrown = thrown_by(*stream);
    EXPECT_EQ(thrown.why(), cause::retry) << thrown.what();
    stream.reset();
    root_ = std::make_unique<mariadb_connection>(parse_mariadb_origin(origin_of("root", database_)), 60s);
    root_->run("INSERT INTO biblio (title) VALUES ('after')");
    stream = source_->open_stream(position_);
    follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 4U);
}

TEST_F(mariadb_faults, a_killed_connection_is_a_retry) {
    const auto stream = stream_from_now();
    const auto id =
        root_->value("SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND = 'Binlog Dump' AND USER = "
                     "'ea_reader' ORDER BY ID DESC LIMIT 1");
    ASSERT_TRUE(id);
    root_->run("KILL " + *id);
    const error thrown = thrown_by(*stream);
    EXPECT_EQ(thrown.why(), cause::retry) << thrown.what();
}

TEST_F(mariadb_faults, a_purged_log_loses_the_position) {
    strict_mirror read(adapter_);
    load(*source_, read, &position_);
    root_->run("INSERT INTO biblio (title) VALUES ('three')");
    root_->run("FLUSH BINARY LOGS");
    root_->run("INSERT INTO biblio (title) VALUES ('four')");
    root_->run("FLUSH BINARY LOGS");
    const std::string last = purge_to_newest();
    const auto stream = source_->open_stream(position_);
    const error thrown = thrown_by(*stream);
    EXPECT_EQ(thrown.why(), cause::position_lost) << thrown.what();
    EXPECT_NE(thrown.hint().find("everarchive source resync"), std::string::npos);
    const binlog_position begin = binlog_position::parse(position_);
    EXPECT_NE(std::string(thrown.what()).find("missing are the changes after " + begin.gtids.text() + " up to "),
              std::string::npos)
        << thrown.what();
    EXPECT_NE(std::string(thrown.what()).find(last), std::string::npos) << thrown.what();
}

TEST_F(mariadb_faults, a_position_that_the_server_never_had_is_lost) {
    const auto stream = source_->open_stream("0-1-99999999");
    const error thrown = thrown_by(*stream);
    EXPECT_EQ(thrown.why(), cause::position_lost) << thrown.what();
    EXPECT_THROW(source_->open_stream("not a position"), error);
}

// A transaction is never cut, so it may take a file past what BINLOG_GTID_POS() can be asked for.
TEST_F(mariadb_faults, a_place_beyond_4_gb_is_not_lost) {
    const auto before = stream_from_now();
    binlog_position position = binlog_position::parse(follow_one(*before));
    position.place.offset = 5'000'000'000;
    const auto stream = source_->open_stream(position.text());
    root_->run("INSERT INTO biblio (title) VALUES ('more')");
    follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 4U);
    // A file of a history that is gone is found all the same.
    position.place.file = "binlog.999999";
    try {
        source_->open_stream(position.text());
        ADD_FAILURE() << "opened";
    } catch (const error& thrown) {
        EXPECT_EQ(thrown.why(), cause::position_lost) << thrown.what();
    }
}

TEST_F(mariadb_faults, a_rotated_log_changes_nothing) {
    const auto stream = stream_from_now();
    for (int turn = 0; turn < 3; ++turn) {
        root_->run("FLUSH BINARY LOGS");
        root_->run("INSERT INTO biblio (title) VALUES ('more')");
    }
    const std::string position = follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 5U);
    const binlog_position reached = binlog_position::parse(position);
    EXPECT_EQ(reached.place.file, root_->query("SHOW MASTER STATUS").text(0, 0));
    // Not the newest offset: the server appends a checkpoint event behind the transaction whenever it likes.
    EXPECT_EQ(root_->query(fmt::format("SELECT BINLOG_GTID_POS('{}', {})", reached.place.file, reached.place.offset))
                  .text(0, 0),
              position.substr(0, position.find('|')));
}

TEST_F(mariadb_faults, a_statement_instead_of_rows_stops_the_stream) {
    const auto stream = stream_from_now();
    root_->run("SET SESSION binlog_format = 'STATEMENT'");
    root_->run("UPDATE biblio SET title = 'by statement'");
    expect_stopped(*stream, "binlog_format", "SET GLOBAL binlog_format = 'ROW'");
}

TEST_F(mariadb_faults, of_a_statement_no_value_is_told) {
    const auto stream = stream_from_now();
    root_->run("SET SESSION binlog_format = 'STATEMENT'");
    root_->run("INSERT INTO borrowers (surname) VALUES ('patron-secret')");
    const error thrown = thrown_by(*stream);
    EXPECT_EQ(thrown.why(), cause::needs_person) << thrown.what();
    EXPECT_NE(std::string(thrown.what()).find("INSERT INTO borrowers"), std::string::npos) << thrown.what();
    EXPECT_EQ((thrown.what() + thrown.hint()).find("patron-secret"), std::string::npos) << thrown.what();
}

// DELETE FROM borrowers names each captured table that has a foreign key to it; the first of these makes us read the
// schema that an ALTER has changed.
TEST_F(mariadb_faults, tables_that_are_not_captured_may_come_first_after_an_alter) {
    root_->run("ALTER TABLE biblio ADD COLUMN owner int, ADD CONSTRAINT biblio_owner FOREIGN KEY (owner) REFERENCES "
               "borrowers (id) ON DELETE SET NULL");
    root_->run("INSERT INTO borrowers (surname) VALUES ('a'), ('b')");
    const auto stream = stream_from_now();
    root_->run("ALTER TABLE biblio ADD COLUMN more int");
    root_->run("DELETE FROM borrowers WHERE id = 1");
    root_->run("ALTER TABLE biblio DROP COLUMN more");
    root_->run(
        "UPDATE borrowers b, biblio t SET b.surname = 'c', t.title = 'both' WHERE b.id = 2 AND t.biblionumber = 1");
    follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").at("1:")[1], "both");
    EXPECT_TRUE(mirror_->troubles.empty());
}

TEST_F(mariadb_faults, a_statement_that_concerns_other_databases_does_not) {
    const auto stream = stream_from_now();
    root_->run("CREATE DATABASE ea_other");
    root_->run("USE ea_other");
    root_->run("CREATE TABLE t (id int) ENGINE = InnoDB");
    root_->run("SET SESSION binlog_format = 'STATEMENT'");
    root_->run("INSERT INTO t VALUES (1)");
    root_->run("SET SESSION binlog_format = 'ROW'");
    root_->run("DROP DATABASE ea_other");
    root_->run("USE " + database_);
    root_->run("INSERT INTO biblio (title) VALUES ('three')");
    follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 3U);
}

TEST_F(mariadb_faults, nameless_columns_stop_the_stream) {
    const auto stream = stream_from_now();
    root_->run("SET GLOBAL binlog_row_metadata = 'MINIMAL'");
    root_->run("INSERT INTO borrowers (surname) VALUES ('not ours')");
    root_->run("INSERT INTO biblio (title) VALUES ('three')");
    expect_stopped(*stream, "binlog_row_metadata", "SET GLOBAL binlog_row_metadata = 'FULL'");
}

TEST_F(mariadb_faults, minimal_and_noblob_row_images_are_completed) {
    root_->run("ALTER TABLE biblio MODIFY title varchar(100) DEFAULT 'un\\'t''itled', ADD COLUMN isbn varchar(20)");
    for (const char* image : {"MINIMAL", "NOBLOB", "FULL_NODUP"}) {
        if (std::string(image) == "FULL_NODUP" && root_->server().number < 1104) {
            continue;
        }
        const auto stream = stream_from_now();
        root_->run(fmt::format("SET SESSION binlog_row_image = '{}'", image));
        root_->run("INSERT INTO biblio (serial) VALUES (1)");
        root_->run("INSERT INTO biblio (title) VALUES ('given'), (NULL), (DEFAULT)");
        root_->run("UPDATE biblio SET serial = 2");
        root_->run("UPDATE biblio SET title = 'changed' WHERE title = 'given'");
        root_->run("UPDATE biblio SET biblionumber = biblionumber + 1000 WHERE title = 'changed'");
        root_->run("INSERT INTO biblio_metadata (biblionumber, metadata) SELECT biblionumber, 'x' FROM biblio");
        root_->run("UPDATE biblio_metadata SET biblionumber = (SELECT MAX(biblionumber) FROM biblio) LIMIT 1");
        root_->run("DELETE FROM biblio_metadata WHERE biblionumber <> 2");
        root_->run("DELETE FROM biblio WHERE title = 'one'");
        follow(*stream, *mirror_);
        strict_mirror read(adapter_);
        load(*source_, read);
        EXPECT_EQ(mirror_->tables(), read.tables()) << image;
    }
    // A default that is read after the fact may be another one than the row got: only a comparison can tell.
    const auto stream = stream_from_now();
    root_->run("SET SESSION binlog_row_image = 'MINIMAL'");
    root_->run("INSERT INTO biblio (serial) VALUES (1)");
    root_->run("ALTER TABLE biblio ALTER title SET DEFAULT 'another'");
    root_->run("INSERT INTO biblio (serial) VALUES (1)");
    const auto late = source_->open_stream(position_);
    follow(*late, *mirror_);
    ASSERT_EQ(mirror_->troubles.size(), 1U);
    EXPECT_NE(mirror_->troubles[0].find("was altered"), std::string::npos) << mirror_->troubles[0];
    strict_mirror again(adapter_);
    load(*source_, again, &position_);
    const auto now = source_->open_stream(position_);
    root_->run("INSERT INTO biblio (serial) VALUES (1)");
    follow(*now, again);
    EXPECT_TRUE(again.troubles.empty());
    // A default that is an expression is in the image of the row; one that cannot be known stops the stream.
    root_->run("ALTER TABLE biblio MODIFY title varchar(100) DEFAULT CONCAT('a', 'b')");
    root_->run("INSERT INTO biblio (serial) VALUES (1)");
    follow(*now, again);
    strict_mirror read(adapter_);
    load(*source_, read);
    EXPECT_EQ(again.tables(), read.tables());
}

TEST_F(mariadb_faults, an_adapter_key_that_is_not_in_the_image_troubles_its_table_only) {
    root_->run(
        "ALTER TABLE biblio_metadata DROP PRIMARY KEY, MODIFY id int, ADD COLUMN other int AUTO_INCREMENT PRIMARY "
        "KEY");
    root_->run("INSERT INTO biblio_metadata (id, biblionumber, metadata) VALUES (1, 1, 'x')");
    const auto stream = stream_from_now();
    root_->run("SET SESSION binlog_row_image = 'MINIMAL'");
    root_->run("UPDATE biblio_metadata SET metadata = 'y'");
    root_->run("INSERT INTO biblio (title) VALUES ('goes on')");
    follow(*stream, *mirror_);
    ASSERT_EQ(mirror_->troubles.size(), 1U);
    EXPECT_NE(mirror_->troubles[0].find("without its column id"), std::string::npos) << mirror_->troubles[0];
    EXPECT_EQ(mirror_->table("biblio").size(), 3U);
}

TEST_F(mariadb_faults, compression_and_checksums_change_at_run_time) {
    const auto stream = stream_from_now();
    for (const char* setting :
         {"binlog_checksum = NONE", "log_bin_compress = 1", "binlog_checksum = CRC32", "log_bin_compress = 0"}) {
        root_->run(fmt::format("SET GLOBAL {}", setting));
        root_->run("SET GLOBAL log_bin_compress_min_len = 10");
        root_->run("INSERT INTO biblio (title) VALUES (REPEAT('x', 1000))");
        root_->run("UPDATE biblio SET title = REPEAT('y', 1000) WHERE biblionumber = 1");
    }
    follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 6U);
    strict_mirror read(adapter_);
    load(*source_, read);
    EXPECT_EQ(mirror_->tables(), read.tables());
}

TEST_F(mariadb_faults, positions_by_file_and_offset) {
    const auto by_file = open(adapter_, "by_file", ",position=file");
    strict_mirror mirror(adapter_);
    std::string position;
    load(*by_file, mirror, &position);
    EXPECT_TRUE(position.starts_with("file:")) << position;
    auto stream = by_file->open_stream(position);
    for (int turn = 0; turn < 2; ++turn) {
        root_->run("INSERT INTO biblio (title) VALUES ('more')");
        root_->run("FLUSH BINARY LOGS");
        root_->run("UPDATE biblio SET title = 'MORE' WHERE title = 'more'");
        while (mirror.table("biblio").size() < 3U + static_cast<unsigned>(turn) ||
               mirror.table("biblio").rbegin()->second[1] != "MORE") {
            const auto part = stream->next(10s);
            ASSERT_TRUE(part);
            mirror.apply(*part);
            position = part->position;
        }
        stream = by_file->open_stream(position);
    }
    EXPECT_THROW(by_file->recognize("mariadb server_id=9 gtid_domain_id=0", position), error);
}

TEST_F(mariadb_faults, schema_changes_in_the_stream_are_followed_by_name) {
    const auto stream = stream_from_now();
    root_->run("ALTER TABLE biblio ADD COLUMN patron text FIRST, MODIFY secret varchar(80) AFTER timestamp");
    root_->run("INSERT INTO biblio (patron, title, secret) VALUES ('patron-secret', 'three', 'patron-secret')");
    root_->run("ALTER TABLE biblio DROP COLUMN serial");
    root_->run("UPDATE biblio SET title = 'TWO' WHERE title = 'two'");
    root_->run("ALTER TABLE biblio RENAME COLUMN secret TO biblio_metadata");
    root_->run("ANALYZE TABLE biblio");
    root_->run("CREATE TABLE copy AS SELECT * FROM biblio");
    root_->run("DROP TABLE copy");
    follow(*stream, *mirror_);
    strict_mirror read(adapter_);
    load(*source_, read);
    EXPECT_EQ(mirror_->tables(), read.tables());
    EXPECT_EQ(mirror_->table("biblio").at("3:")[1], "three");
    root_->run("ALTER TABLE biblio DROP COLUMN title");
    root_->run("INSERT INTO biblio (patron) VALUES ('x')");
    root_->run("INSERT INTO biblio_metadata (biblionumber, metadata) VALUES (1, '<goes on/>')");
    follow(*stream, *mirror_);
    ASSERT_EQ(mirror_->troubles.size(), 1U);
    EXPECT_NE(mirror_->troubles[0].find("has no column title any more"), std::string::npos) << mirror_->troubles[0];
    EXPECT_EQ(mirror_->table("biblio").size(), 3U);
    EXPECT_EQ(mirror_->table("biblio_metadata").size(), 1U);
    // The column is back: what comes from then on is good again.
    root_->run("ALTER TABLE biblio ADD COLUMN title text");
    root_->run("INSERT INTO biblio (title) VALUES ('back')");
    follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 4U);
}

TEST_F(mariadb_faults, a_column_of_another_type_is_decoded_as_it_is_now) {
    const auto stream = stream_from_now();
    root_->run("ALTER TABLE biblio MODIFY title varchar(100) CHARACTER SET latin1");
    root_->run("INSERT INTO biblio (title) VALUES ('caf\u00e9')");
    root_->run("ALTER TABLE biblio MODIFY title int");
    root_->run("INSERT INTO biblio (title) VALUES (42)");
    root_->run("ALTER TABLE biblio CHANGE serial title2 int, MODIFY timestamp datetime(3)");
    root_->run("INSERT INTO biblio (title, timestamp) VALUES (43, '2024-01-02 03:04:05.678')");
    follow(*stream, *mirror_);
    EXPECT_TRUE(mirror_->troubles.empty());
    EXPECT_EQ(mirror_->table("biblio").at("3:")[1], "caf\u00e9");
    EXPECT_EQ(mirror_->table("biblio").at("4:")[1], "42");
    EXPECT_EQ(mirror_->table("biblio").at("5:")[2], "2024-01-02 03:04:05.678");
}

TEST_F(mariadb_faults, truncate_is_a_change_and_drop_troubles_its_table) {
    const auto stream = stream_from_now();
    root_->run("INSERT INTO biblio_metadata (biblionumber, metadata) VALUES (1, '<record/>')");
    root_->run("TRUNCATE TABLE biblio_metadata");
    root_->run("INSERT INTO biblio_metadata (biblionumber, metadata) VALUES (2, '<record/>')");
    follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio_metadata").size(), 1U);
    root_->run(fmt::format("DROP TABLE IF EXISTS borrowers, {}.biblio_metadata", database_));
    root_->run("INSERT INTO biblio (title) VALUES ('goes on')");
    follow(*stream, *mirror_);
    ASSERT_EQ(mirror_->troubles.size(), 1U);
    EXPECT_NE(mirror_->troubles[0].find("biblio_metadata was dropped"), std::string::npos) << mirror_->troubles[0];
    EXPECT_EQ(mirror_->table("biblio").size(), 3U);
}

TEST_F(mariadb_faults, a_swap_of_tables_troubles_its_table) {
    const auto stream = stream_from_now();
    root_->run("CREATE TABLE _biblio_metadata_new LIKE biblio_metadata");
    root_->run("RENAME TABLE biblio_metadata TO _biblio_metadata_old, _biblio_metadata_new TO biblio_metadata");
    root_->run("INSERT INTO biblio (title) VALUES ('goes on')");
    follow(*stream, *mirror_);
    ASSERT_EQ(mirror_->troubles.size(), 1U);
    EXPECT_NE(mirror_->troubles[0].find("was renamed"), std::string::npos) << mirror_->troubles[0];
    EXPECT_EQ(mirror_->table("biblio").size(), 3U);
}

TEST_F(mariadb_faults, rows_say_whether_foreign_keys_were_followed) {
    const auto stream = stream_from_now();
    root_->run("DELETE FROM biblio WHERE biblionumber = 1");
    root_->run("SET foreign_key_checks = 0");
    root_->run("DELETE FROM biblio WHERE biblionumber = 2");
    root_->run("SET foreign_key_checks = 1");
    std::vector<bool> keeps;
    std::vector<std::size_t> ends;
    follow(*stream, *mirror_, [&](const batch& part) {
        for (const change& each : part.changes) {
            keeps.push_back(each.keeps_children);
        }
        EXPECT_EQ(part.ends.size(), part.transactions);
        EXPECT_TRUE(part.ends.empty() || part.ends.back().changes == part.changes.size());
    });
    EXPECT_EQ(keeps, (std::vector<bool>{false, true}));
}

TEST_F(mariadb_faults, a_history_that_was_begun_anew_is_noticed) {
    strict_mirror read(adapter_);
    root_->run("FLUSH BINARY LOGS");
    load(*source_, read, &position_);
    const binlog_position before = binlog_position::parse(position_);
    const auto expect_lost = [&](const std::string& position, const std::string& what) {
        try {
            source_->open_stream(position);
            ADD_FAILURE() << "opened at " << position;
        } catch (const error& thrown) {
            EXPECT_EQ(thrown.why(), cause::position_lost) << thrown.what();
            EXPECT_NE(std::string(thrown.what()).find(what), std::string::npos) << thrown.what();
        }
    };
    expect_lost(fmt::format("0-1-99999|{}:{}", before.place.file, before.place.offset), "where we read 0-1-99999");
    expect_lost(fmt::format("{}|{}:4000000", before.gtids.text(), before.place.file), "no event that ends at");
    EXPECT_NO_THROW(source_->open_stream(position_));
    // A name that the server never had, as after a change of log_bin: the GTIDs alone say where to begin.
    EXPECT_NO_THROW(source_->open_stream(before.gtids.text() + "|another-bin.000001:4711"));
    // The server's numbers go on past ours with other transactions.
    root_->run("RESET MASTER");
    const std::uint64_t sequence = before.gtids.domains().at(0).sequence;
    for (std::uint64_t at = 0; at < sequence + 3; ++at) {
        root_->run("INSERT INTO borrowers (surname) VALUES ('x')");
    }
    expect_lost(position_, "was emptied");
    for (int files = 0; files < 12; ++files) {
        root_->run("FLUSH BINARY LOGS");
    }
    expect_lost(position_, "was emptied");
}

TEST_F(mariadb_faults, a_transaction_that_the_server_died_in_is_rolled_back) {
    if (root_->server().number >= 1108) {
        GTEST_SKIP() << "this server itself refuses a file that ends within a transaction";
    }
    // The server's end is played afterwards: what it would not have written is cut off a file that it has left. A large
    // one was handed out in part before its end is missed.
    for (const int rows : {10, 70'000}) {
        root_->run("FLUSH BINARY LOGS");
        strict_mirror loaded(adapter_);
        load(*source_, loaded, &position_);
        root_->run("INSERT INTO biblio (title) VALUES ('before')");
        root_->run(fmt::format("INSERT INTO biblio (biblionumber, title) SELECT {0} * 1000 + seq, 'torn' FROM "
                               "seq_1_to_{0}",
                               rows));
        const std::string file = root_->query("SHOW MASTER STATUS").text(0, 0);
        root_->run("FLUSH BINARY LOGS");
        root_->run("DELETE FROM biblio WHERE title = 'torn'"); // leaves nothing of it, as a recovery does
        root_->run("INSERT INTO biblio (title) VALUES ('after')");
        const mariadb_rows events = root_->query(fmt::format("SHOW BINLOG EVENTS IN '{}'", file));
        std::uint64_t cut = 0;
        for (std::size_t row = 0; row < events.rows.size(); ++row) {
            if (events.text(row, 2).starts_with("Write_rows")) {
                cut = std::stoull(events.text(row, 4));
            }
        }
        const std::string folder = root_->value("SELECT @@log_bin_basename").value_or("");
        const std::string path = folder.substr(0, folder.rfind('/') + 1) + file;
        if (::truncate(path.c_str(), static_cast<off_t>(cut)) != 0) {
            GTEST_SKIP() << "cannot write to " << path;
        }
        const auto read_all = [&](stream& from) {
            const gtid_list end = gtid_list::parse(newest());
            std::set<std::string> titles;
            const auto deadline = std::chrono::steady_clock::now() + 60s;
            while (std::chrono::steady_clock::now() < deadline) {
                const auto part = from.next(200ms);
                for (const change& each : part ? part->changes : std::vector<change>{}) {
                    if (each.what == operation::insert) {
                        titles.emplace(each.row[1].text);
                    }
                }
                if (part && part->ends_transaction && binlog_position::parse(part->position).gtids == end) {
                    return titles;
                }
            }
            ADD_FAILURE() << "the stream did not arrive";
            return titles;
        };
        auto stream = source_->open_stream(position_);
        if (rows > 10) {
            const error thrown = thrown_by(*stream);
            EXPECT_EQ(thrown.why(), cause::retry) << thrown.what();
            EXPECT_NE(std::string(thrown.what()).find("died"), std::string::npos) << thrown.what();
            stream = source_->open_stream(position_);
        }
        EXPECT_EQ(read_all(*stream), (std::set<std::string>{"before", "after"}));
    }
}

TEST_F(mariadb_faults, savepoints_and_rollbacks_leave_nothing) {
    const auto stream = stream_from_now();
    root_->run("CREATE TABLE old_engine (id int) ENGINE = MyISAM");
    root_->run("START TRANSACTION");
    root_->run("INSERT INTO biblio (title) VALUES ('kept')");
    root_->run("SAVEPOINT here");
    root_->run("INSERT INTO biblio (title) VALUES ('given up')");
    root_->run("INSERT INTO old_engine VALUES (1)");
    root_->run("ROLLBACK TO SAVEPOINT here");
    root_->run("COMMIT");
    root_->run("START TRANSACTION");
    root_->run("INSERT INTO biblio (title) VALUES ('all given up')");
    root_->run("INSERT INTO old_engine VALUES (2)");
    root_->run("ROLLBACK");
    root_->run("INSERT INTO biblio (title) VALUES ('last')");
    follow(*stream, *mirror_);
    strict_mirror read(adapter_);
    load(*source_, read);
    EXPECT_EQ(mirror_->tables(), read.tables());
    EXPECT_EQ(mirror_->table("biblio").size(), 4U);
}

TEST_F(mariadb_faults, an_xa_transaction_stops_only_when_it_touches_us) {
    const auto stream = stream_from_now();
    root_->run("XA START 'one'");
    root_->run("INSERT INTO borrowers (surname) VALUES ('x')");
    root_->run("XA END 'one'");
    root_->run("XA PREPARE 'one'");
    root_->run("XA COMMIT 'one'");
    root_->run("INSERT INTO biblio (title) VALUES ('three')");
    follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 3U);
    root_->run("XA START 'two'");
    root_->run("INSERT INTO biblio (title) VALUES ('four')");
    root_->run("XA END 'two'");
    root_->run("XA PREPARE 'two'");
    root_->run("XA COMMIT 'two'");
    expect_stopped(*stream, "an XA transaction changed captured tables");
}

TEST_F(mariadb_faults, domains_are_followed_each_for_itself) {
    const auto stream = stream_from_now();
    root_->run("SET SESSION gtid_domain_id = 7");
    root_->run("INSERT INTO biblio (title) VALUES ('seven')");
    root_->run("SET SESSION gtid_domain_id = 0");
    root_->run("INSERT INTO biblio (title) VALUES ('zero')");
    const std::string position = follow(*stream, *mirror_);
    EXPECT_NE(position.find(",7-1-"), std::string::npos) << position;
    const auto again = source_->open_stream(position);
    root_->run("INSERT INTO biblio (title) VALUES ('more')");
    follow(*again, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 5U);
}

TEST_F(mariadb_faults, a_replica_that_takes_over_is_followed_from_the_same_position) {
    const char* socket = std::getenv("EVERARCHIVE_TEST_MARIADB_REPLICA_SOCKET");
    const char* port = std::getenv("EVERARCHIVE_TEST_MARIADB_PORT");
    if (socket == nullptr || port == nullptr) {
        GTEST_SKIP() << "EVERARCHIVE_TEST_MARIADB_REPLICA_SOCKET names no second server";
    }
    std::ofstream(files_ + ".second.cnf") << "[second]\nsocket = " << socket << "\nuser = root\n";
    mariadb_connection second(parse_mariadb_origin(origin_of("second", "mysql")), 60s);
    const std::string before = source_->identity();
    auto stream = stream_from_now();
    // A server of another history has nothing of ours.
    const auto other = open_mariadb(origin_of("second", "mysql"), "test", adapter_);
    EXPECT_NE(other->identity(), before);
    EXPECT_THROW(other->recognize(before, position_), error);
    root_->run("CREATE OR REPLACE USER replica@'127.0.0.1' IDENTIFIED BY 'not-for-ps'");
    root_->run("GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1'");
    second.run("RESET MASTER");
    second.run("SET GLOBAL gtid_slave_pos = ''");
    root_->run("FLUSH BINARY LOGS");
    const gtid_list begin = binlog_position::parse(position_).gtids;
    // The replica begins with what is there now, as one that was made of a backup.
    second.run("CREATE OR REPLACE DATABASE " + database_);
    second.run("USE " + database_);
    make_small_koha(second);
    second.run("INSERT INTO biblio (biblionumber, title, timestamp) VALUES (1, 'one', '2024-01-01'), (2, 'two', "
               "'2024-01-01')");
    second.run("RESET MASTER");
    second.run(fmt::format("SET GLOBAL gtid_slave_pos = '{}'", begin.text()));
    second.run(fmt::format("CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {}, MASTER_USER = 'replica', "
                           "MASTER_PASSWORD = 'not-for-ps', MASTER_USE_GTID = slave_pos",
                           port));
    second.run("START SLAVE");
    root_->run("INSERT INTO biblio (title) VALUES ('read before')");
    const std::string read = follow(*stream, *mirror_);
    root_->run("INSERT INTO biblio (title) VALUES ('not read before')");
    const std::string last = newest();
    second.run(fmt::format("SELECT MASTER_GTID_WAIT('{}', 60)", last));
    second.run("STOP SLAVE");
    second.run("RESET SLAVE ALL");
    stream.reset();
    second.run("INSERT INTO biblio (title) VALUES ('on the new primary')");
    const auto promoted = open_mariadb(origin_of("second", database_), "test", adapter_);
    EXPECT_EQ(promoted->recognize(before, read), promoted->identity());
    stream = promoted->open_stream(read);
    while (mirror_->table("biblio").size() < 5) {
        const auto part = stream->next(10s);
        ASSERT_TRUE(part);
        mirror_->apply(*part);
    }
    EXPECT_EQ(mirror_->table("biblio").rbegin()->second[1], "on the new primary");
    EXPECT_EQ(mirror_->transactions, 3U);
    // What the new primary never had loses the position: it is not gone on from silently.
    root_->run("INSERT INTO biblio (title) VALUES ('written to the old primary afterwards')");
    EXPECT_THROW(promoted->recognize(before, newest()), error);
    second.run("DROP DATABASE " + database_);
    root_->run("DROP USER replica@'127.0.0.1'");
}

TEST_F(mariadb_faults, encryption_is_demanded_and_the_certificate_looked_at) {
    const char* authority = std::getenv("EVERARCHIVE_TEST_MARIADB_CA");
    const char* port = std::getenv("EVERARCHIVE_TEST_MARIADB_PORT");
    if (authority == nullptr || port == nullptr) {
        GTEST_SKIP() << "EVERARCHIVE_TEST_MARIADB_CA names no certificate";
    }
    root_->run("CREATE OR REPLACE USER ea_tls@'127.0.0.1' IDENTIFIED BY 'not-for-ps' REQUIRE SSL");
    root_->run("GRANT REPLICATION SLAVE ON *.* TO ea_tls@'127.0.0.1'");
    root_->run(fmt::format("GRANT SELECT ON {}.* TO ea_tls@'127.0.0.1'", database_));
    const auto reader = [&](const std::string& lines, const std::string& more) {
        std::ofstream(files_ + ".tls.cnf")
            << "[tls]\nhost = 127.0.0.1\nport = " << port << "\nuser = ea_tls\npassword = not-for-ps\n"
            << lines;
        return open_mariadb(origin_of("tls", database_) + more, "tls", adapter_);
    };
    const std::string wrong = files_ + ".wrong.pem";
    std::ofstream(wrong) << "-----BEGIN CERTIFICATE-----\n";
    for (const auto& [lines, more] : {std::pair<std::string, std::string>{"", fmt::format(",ssl-ca={}", authority)},
                                      {fmt::format("ssl-ca = {}\nssl-verify-server-cert\n", authority), ""}}) {
        const auto encrypted = reader(lines, more);
        strict_mirror mirror(adapter_);
        std::string position;
        load(*encrypted, mirror, &position);
        const auto stream = encrypted->open_stream(position);
        root_->run("INSERT INTO biblio (title) VALUES ('secret on the way')");
        follow(*stream, mirror);
        EXPECT_EQ(mirror.table("biblio").size(), root_->query("SELECT * FROM biblio").rows.size());
    }
    try {
        reader("", ",ssl-ca=" + wrong)->identity();
        ADD_FAILURE() << "a certificate of another authority was taken";
    } catch (const error& thrown) {
        EXPECT_EQ(thrown.why(), cause::retry) << thrown.what();
        EXPECT_NE(thrown.hint().find("ssl-ca"), std::string::npos) << thrown.hint();
    }
    root_->run("DROP USER ea_tls@'127.0.0.1'");
}

TEST_F(mariadb_faults, a_reader_that_waits_long_loses_nothing) {
    const auto stream = stream_from_now();
    // More than the memory holds, read only after a while in which nothing is asked of the stream but idle().
    root_->run("INSERT INTO biblio (title) SELECT REPEAT('x', 100000) FROM seq_1_to_1500");
    for (int turn = 0; turn < 20; ++turn) {
        stream->idle();
        std::this_thread::sleep_for(100ms);
    }
    follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio").size(), 1502U);
}

TEST_F(mariadb_faults, errors_say_what_a_person_can_do) {
    const auto code_of = [](const std::string& origin) {
        try {
            open_mariadb(origin, "test", small_koha());
        } catch (const error& thrown) {
            return std::pair(thrown.code(), std::string(thrown.what()));
        }
        return std::pair(exit_code::ok, std::string());
    };
    EXPECT_EQ(code_of("defaults-group=koha,password=x").first, exit_code::arguments);
    EXPECT_EQ(code_of("user=x").first, exit_code::arguments);
    EXPECT_EQ(code_of("databse=x").second, "'databse' is not an option of a MariaDB or MySQL source");
    EXPECT_EQ(code_of("port=70000").first, exit_code::arguments);
    EXPECT_EQ(code_of("defaults-group=koha").first, exit_code::ok);
    // No REPLICATION SLAVE.
    root_->run("REVOKE REPLICATION SLAVE ON *.* FROM ea_reader@localhost");
    strict_mirror mirror(adapter_);
    std::string position;
    load(*source_, mirror, &position);
    try {
        const auto stream = source_->open_stream(position);
        const error thrown = thrown_by(*stream);
        EXPECT_EQ(thrown.why(), cause::needs_person) << thrown.what();
        EXPECT_NE(thrown.hint().find("GRANT REPLICATION SLAVE"), std::string::npos) << thrown.hint();
    } catch (const error& thrown) {
        EXPECT_EQ(thrown.why(), cause::needs_person) << thrown.what();
        EXPECT_NE(thrown.hint().find("GRANT REPLICATION SLAVE"), std::string::npos) << thrown.hint();
    }
    EXPECT_EQ(source_->identity(),
              "mariadb server_id=" + root_->value("SELECT @@GLOBAL.server_id").value_or("") + " gtid_domain_id=0");
}

} // namespace
} // namespace everarchive::capture
