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
    // Files that a reader which has just gone still holds are kept, until the server notices.
    const mariadb_rows logs = root_->query("SHOW BINARY LOGS");
    const std::string last = logs.text(logs.rows.size() - 1, 0);
    for (int tries = 0; tries < 150 && root_->query("SHOW BINARY LOGS").text(0, 0) != last; ++tries) {
        root_->run(fmt::format("PURGE BINARY LOGS TO '{}'", last));
        std::this_thread::sleep_for(100ms);
    }
    const auto stream = source_->open_stream(position_);
    const error thrown = thrown_by(*stream);
    EXPECT_EQ(thrown.why(), cause::position_lost) << thrown.what();
    EXPECT_NE(thrown.hint().find("everarchive source resync"), std::string::npos);
}

TEST_F(mariadb_faults, a_position_that_the_server_never_had_is_lost) {
    const auto stream = source_->open_stream("0-1-99999999");
    const error thrown = thrown_by(*stream);
    EXPECT_EQ(thrown.why(), cause::position_lost) << thrown.what();
    EXPECT_THROW(source_->open_stream("not a position"), error);
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
    EXPECT_EQ(reached.file, root_->query("SHOW MASTER STATUS").text(0, 0));
    // Not the newest offset: the server appends a checkpoint event behind the transaction whenever it likes.
    EXPECT_EQ(root_->query(fmt::format("SELECT BINLOG_GTID_POS('{}', {})", reached.file, reached.offset)).text(0, 0),
              position.substr(0, position.find('|')));
}

TEST_F(mariadb_faults, a_statement_instead_of_rows_stops_the_stream) {
    const auto stream = stream_from_now();
    root_->run("SET SESSION binlog_format = 'STATEMENT'");
    root_->run("UPDATE biblio SET title = 'by statement'");
    expect_stopped(*stream, "binlog_format", "SET GLOBAL binlog_format = 'ROW'");
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

TEST_F(mariadb_faults, an_insert_that_leaves_columns_to_their_default_stops_the_stream) {
    const auto stream = stream_from_now();
    root_->run("SET SESSION binlog_row_image = 'MINIMAL'");
    root_->run("INSERT INTO biblio (serial) VALUES (1)");
    expect_stopped(*stream, "biblio came without its column title", "SET GLOBAL binlog_row_image = 'FULL'");
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
    expect_stopped(*stream, "has no column title any more");
}

TEST_F(mariadb_faults, truncate_is_a_change_and_drop_stops) {
    const auto stream = stream_from_now();
    root_->run("INSERT INTO biblio_metadata (biblionumber, metadata) VALUES (1, '<record/>')");
    root_->run("TRUNCATE TABLE biblio_metadata");
    root_->run("INSERT INTO biblio_metadata (biblionumber, metadata) VALUES (2, '<record/>')");
    follow(*stream, *mirror_);
    EXPECT_EQ(mirror_->table("biblio_metadata").size(), 1U);
    root_->run(fmt::format("DROP TABLE IF EXISTS borrowers, {}.biblio_metadata", database_));
    expect_stopped(*stream, "a captured table was dropped", "everarchive source resync");
}

TEST_F(mariadb_faults, a_swap_of_tables_stops) {
    const auto stream = stream_from_now();
    root_->run("CREATE TABLE _biblio_metadata_new LIKE biblio_metadata");
    root_->run("RENAME TABLE biblio_metadata TO _biblio_metadata_old, _biblio_metadata_new TO biblio_metadata");
    expect_stopped(*stream, "was renamed", "everarchive source resync");
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
    expect_lost(fmt::format("0-1-99999|{}:{}", before.file, before.offset), "where we read 0-1-99999");
    expect_lost(fmt::format("{}|{}:4000000", before.gtids.text(), before.file), "no event that ends at");
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
    EXPECT_EQ(code_of("databse=x").second, "'databse' is not an option of a MariaDB source");
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
