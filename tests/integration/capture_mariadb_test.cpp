// Capture from MariaDB: every type by both ways, snapshot and stream that join without gap or overlap, what the
// server's settings do to the stream, and what `source check` says.
#include <csignal>
#include <ctime>

#include "capture_mariadb_library.hpp"

namespace everarchive::capture {
namespace {

struct typed_column {
    const char* name;
    const char* mariadb;
    const char* postgresql;
};

// Each type of Koha's tables, and those that decoders get wrong.
const std::vector<typed_column> typed = {
    {"id", "int(11) NOT NULL PRIMARY KEY", "integer"},
    {"y", "year(4)", "smallint"}, // stands before numbers: counts in the bitmap of signs
    {"ti", "tinyint(1)", "smallint"},
    {"tu", "tinyint unsigned", "smallint"},
    {"bo", "tinyint(1)", "boolean"},
    {"si", "smallint", "smallint"},
    {"su", "smallint unsigned", "integer"},
    {"mi", "mediumint", "integer"},
    {"mu", "mediumint unsigned", "integer"},
    {"iu", "int unsigned", "bigint"},
    {"iz", "int(6) unsigned zerofill", "bigint"},
    {"bi", "bigint", "bigint"},
    {"bu", "bigint unsigned", "numeric"},
    {"de", "decimal(28,6)", "numeric"},
    {"db", "decimal(65,30)", "numeric"},
    {"dz", "decimal(4,4)", "numeric"},
    {"fl", "float", "real"},
    {"du", "double", "double precision"},
    {"da", "date", "date"},
    {"t0", "time", "interval"},
    {"t6", "time(6)", "interval"},
    {"t3", "time(3)", "interval"},
    {"d0", "datetime", "timestamp without time zone"},
    {"d2", "datetime(2)", "timestamp without time zone"},
    {"d6", "datetime(6)", "timestamp without time zone"},
    {"s0", "timestamp NULL", "timestamp with time zone"},
    {"s5", "timestamp(5) NULL", "timestamp with time zone"},
    {"ch", "char(10)", "text"},
    {"cl", "char(200) CHARACTER SET utf8mb4", "text"},
    {"l1", "varchar(20) CHARACTER SET latin1", "text"},
    {"l2", "varchar(20) CHARACTER SET latin2", "text"},
    {"u3", "varchar(300) CHARACTER SET utf8mb3", "text"},
    {"u2", "varchar(20) CHARACTER SET ucs2", "text"},
    {"uc", "varchar(20) CHARACTER SET utf8mb4 COLLATE uca1400_ai_ci", "text"},
    {"lt", "longtext", "text"},
    {"mt", "mediumtext", "text"},
    {"tt", "tinytext CHARACTER SET latin1", "text"},
    {"bl", "blob", "bytea"},
    {"bt", "blob", "text"}, // UTF-8 in a blob, as Koha's auth_header.marc has it
    {"vb", "varbinary(300)", "bytea"},
    {"b4", "binary(4)", "bytea"},
    {"b16", "binary(16)", "bytea"},
    {"en", "enum('new','ordered','caf\u00e9') CHARACTER SET latin1", "text"},
    {"st", "set('a','b','\u00fc')", "text"},
    {"b1", "bit(1)", "boolean"},
    {"b10", "bit(10)", "bit(10)"},
    {"b64", "bit(64)", "numeric"},
    {"js", "json", "jsonb"},
    {"uu", "uuid", "uuid"},
    {"i6", "inet6", "inet"},
    {"i4", "inet4", "inet"},
    {"zb", "blob COMPRESSED", "bytea"},
    {"zc", "varchar(1000) COMPRESSED", "text"},
    {"ge", "geometry", "bytea"},
};

adapter::adapter typed_adapter() {
    adapter::adapter made;
    made.name = "typed";
    made.runs_on = adapter::system::mariadb;
    adapter::table table;
    table.name = "typed";
    for (const typed_column& column : typed) {
        table.columns.push_back({column.name, column.postgresql, false});
    }
    table.key = {0};
    made.tables = {table};
    return made;
}

const std::vector<std::map<std::string, std::string>> typed_rows = {
    {{"id", "1"}},
    {{"id", "2"},
     {"y", "1901"},
     {"ti", "-128"},
     {"tu", "255"},
     {"bo", "1"},
     {"si", "-32768"},
     {"su", "65535"},
     {"mi", "-8388608"},
     {"mu", "16777215"},
     {"iu", "4294967295"},
     {"iz", "42"},
     {"bi", "-9223372036854775808"},
     {"bu", "18446744073709551615"},
     {"de", "-1234567890123456789012.000001"},
     {"db", "12345678901234567890123456789012345.012345678901234567890123456789"},
     {"dz", "-0.0500"},
     {"fl", "3.1415927"},
     {"du", "-1.7976931348623157e308"},
     {"da", "'1000-01-01'"},
     {"t0", "'-838:59:59'"},
     {"t6", "'-01:02:03.000004'"},
     {"t3", "'-00:00:00.999'"},
     {"d0", "'9999-12-31 23:59:59'"},
     {"d2", "'2024-02-29 12:00:00.05'"},
     {"d6", "'1000-01-01 00:00:00.000001'"},
     {"s0", "'1970-01-01 00:00:01'"},
     {"s5", "'2038-01-19 03:14:07.99999'"},
     {"ch", "'abc '"},
     {"cl", "'\u00e9\u4e2d\U0001F4DA'"},
     {"l1", "'caf\u00e9 \u20ac \u201eq\u201c'"},
     {"l2", "'\u0159\u017e'"},
     {"u3", "'\u4e2d\u6587'"},
     {"u2", "'\u00df\u0416'"},
     {"uc", "'\u00e5'"},
     {"lt", "REPEAT('x\u00e9', 40000)"},
     {"mt", "'a\tb\nc\\\\d'"},
     {"tt", "'na\u00efve'"},
     {"bl", "x'00ff10'"},
     {"bt", "'<r>\u00e9</r>'"},
     {"vb", "x'0000'"},
     {"b4", "x'0100'"},
     {"b16", "x'00'"},
     {"en", "'caf\u00e9'"},
     {"st", "'a,\u00fc'"},
     {"b1", "b'1'"},
     {"b10", "b'1000000001'"},
     {"b64", "0xffffffffffffffff"},
     {"js", "'{\"a\": [1, \"\u00e9\"]}'"},
     {"uu", "'6ccd780c-baba-1026-9564-5b8c656024db'"},
     {"i6", "'2001:db8::ff00:42:8329'"},
     {"i4", "'192.168.0.1'"},
     {"zb", "REPEAT(x'00', 3000)"},
     {"zc", "REPEAT('z\u00e9', 300)"},
     {"ge", "POINT(1, 2)"}},
    {{"id", "3"},
     {"y", "0"},
     {"ti", "127"},
     {"bo", "0"},
     {"si", "-1"},
     {"mi", "-1"},
     {"bi", "-1"},
     {"de", "0.05"},
     {"db", "-0.5"},
     {"dz", "0"},
     {"fl", "-0.1"},
     {"du", "5e-324"},
     {"da", "'9999-12-31'"},
     {"t0", "'00:00:00'"},
     {"t6", "'838:59:59.000000'"},
     {"t3", "'-838:59:58.001'"},
     {"ch", "''"},
     {"cl", "REPEAT('\U0001F4DA', 200)"},
     {"lt", "''"},
     {"b16", "x'ffffffffffffffffffffffffffff0000'"},
     {"en", "'new'"},
     {"st", "''"},
     {"b1", "b'0'"},
     {"b10", "0"},
     {"b64", "0"},
     {"uu", "'01890a5d-ac96-774b-bcce-b302099a8057'"},
     {"i6", "'::'"},
     {"i4", "'0.0.0.0'"},
     {"zb", "''"},
     {"zc", "'short'"}},
    {{"id", "-4"},
     {"uu", "'00000000-0000-0000-0000-000000000000'"},
     {"fl", "1e38"},
     {"du", "0.1"},
     {"de", "-0.000001"},
     {"i6", "'::ffff:1.2.3.4'"},
     {"b4", "x'00000000'"},
     {"st", "'b'"}},
    {{"id", "5"}, {"uu", "'f47ac10b-58cc-4372-a567-0e02b2c3d479'"}, {"fl", "16777217"}, {"du", "123456789012345680"}},
    {{"id", "6"}, {"uu", "'00112233-4455-1677-8899-aabbccddeeff'"}},
};

class typed_capture : public mariadb_capture {
  protected:
    void make_table() {
        std::string ddl;
        for (const typed_column& column : typed) {
            ddl += fmt::format("{}{} {}", ddl.empty() ? "" : ", ", column.name, column.mariadb);
        }
        root_->run("CREATE TABLE typed (" + ddl + ") ENGINE = InnoDB");
    }

    void insert_rows() {
        for (const auto& row : typed_rows) {
            std::string columns;
            std::string values;
            for (const auto& [name, value] : row) {
                columns += (columns.empty() ? "" : ", ") + name;
                values += (values.empty() ? "" : ", ") + value;
            }
            root_->run(fmt::format("INSERT INTO typed ({}) VALUES ({})", columns, values));
        }
    }

    static void expect_same(strict_mirror& streamed, strict_mirror& read) {
        ASSERT_EQ(streamed.table("typed").size(), typed_rows.size());
        for (const auto& [key, row] : read.table("typed")) {
            for (std::size_t at = 0; at < row.size(); ++at) {
                EXPECT_EQ(streamed.table("typed").at(key)[at], row[at]) << typed[at].name << " of row " << key;
            }
        }
    }
};

TEST_F(typed_capture, both_ways_give_the_same_text) {
    make_table();
    const adapter::adapter adapter = typed_adapter();
    const auto source = open(adapter);
    strict_mirror streamed(adapter);
    std::string position;
    load(*source, streamed, &position);
    EXPECT_TRUE(streamed.table("typed").empty());
    const auto stream = source->open_stream(position);
    insert_rows();
    follow(*stream, streamed);
    strict_mirror read(adapter);
    load(*source, read);
    expect_same(streamed, read);
    EXPECT_TRUE(streamed.problems.empty()) << streamed.problems[0];
    EXPECT_TRUE(read.problems.empty()) << read.problems[0];

    const row_values& full = streamed.table("typed").at("2:");
    const std::map<std::string, std::string> expected = {
        {"y", "1901"},
        {"ti", "-128"},
        {"tu", "255"},
        {"bo", "t"},
        {"mi", "-8388608"},
        {"iz", "42"},
        {"bi", "-9223372036854775808"},
        {"bu", "18446744073709551615"},
        {"de", "-1234567890123456789012.000001"},
        {"db", "12345678901234567890123456789012345.012345678901234567890123456789"},
        {"dz", "-0.0500"},
        {"fl", "3.1415927"},
        {"du", "-1.7976931348623157e+308"},
        {"t0", "-838:59:59"},
        {"t6", "-01:02:03.000004"},
        {"t3", "-00:00:00.999"},
        {"d2", "2024-02-29 12:00:00.05"},
        {"s0", "1970-01-01 00:00:01+00"},
        {"s5", "2038-01-19 03:14:07.99999+00"},
        {"l1", "caf\u00e9 \u20ac \u201eq\u201c"},
        {"l2", "\u0159\u017e"},
        {"u2", "\u00df\u0416"},
        {"mt", "a\tb\nc\\d"},
        {"bl", "\\x00ff10"},
        {"bt", "<r>\u00e9</r>"},
        {"b4", "\\x01000000"},
        {"b16", "\\x00000000000000000000000000000000"},
        {"en", "caf\u00e9"},
        {"st", "a,\u00fc"},
        {"b1", "t"},
        {"b10", "1000000001"},
        {"b64", "18446744073709551615"},
        {"uu", "6ccd780c-baba-1026-9564-5b8c656024db"},
        {"i6", "2001:db8::ff00:42:8329"},
        {"i4", "192.168.0.1"},
        {"ge", "\\x000000000101000000000000000000f03f0000000000000040"}};
    for (std::size_t at = 0; at < typed.size(); ++at) {
        if (const auto want = expected.find(typed[at].name); want != expected.end()) {
            EXPECT_EQ(full[at].value_or("NULL"), want->second) << typed[at].name;
        }
    }
}

TEST_F(typed_capture, settings_of_the_log_change_no_value) {
    make_table();
    const adapter::adapter adapter = typed_adapter();
    const std::vector<std::vector<std::string>> settings = {
        {"binlog_checksum = 'NONE'"},
        {"log_bin_compress = 1", "log_bin_compress_min_len = 10"},
        {"binlog_checksum = 'NONE'", "log_bin_compress = 1"},
    };
    for (const auto& setting : settings) {
        root_->run("TRUNCATE TABLE typed");
        const auto source = open(adapter);
        strict_mirror streamed(adapter);
        std::string position;
        load(*source, streamed, &position);
        const auto stream = source->open_stream(position);
        for (const std::string& each : setting) {
            root_->run("SET GLOBAL " + each);
        }
        insert_rows();
        root_->run("UPDATE typed SET lt = REPEAT('changed', 100) WHERE id = 2");
        root_->run("DELETE FROM typed WHERE id = 3");
        root_->run("INSERT INTO typed (id) VALUES (3)");
        follow(*stream, streamed);
        strict_mirror read(adapter);
        load(*source, read);
        expect_same(streamed, read);
        const auto again = source->open_stream(position); // from the middle of a file, settings already on
        strict_mirror second(adapter);
        follow(*again, second);
        expect_same(second, read);
    }
}

TEST_F(typed_capture, partial_images_of_updates_keep_what_is_absent) {
    make_table();
    insert_rows();
    const adapter::adapter adapter = typed_adapter();
    const auto source = open(adapter);
    for (const char* image : {"MINIMAL", "NOBLOB"}) {
        strict_mirror streamed(adapter);
        std::string position;
        load(*source, streamed, &position);
        const auto stream = source->open_stream(position);
        root_->run(fmt::format("SET SESSION binlog_row_image = '{}'", image));
        root_->run("UPDATE typed SET ti = 5, lt = NULL WHERE id = 2");
        root_->run("UPDATE typed SET ti = 6 WHERE id = 3");
        root_->run("UPDATE typed SET id = 99 WHERE id = 5");
        root_->run("UPDATE typed SET id = 5 WHERE id = 99");
        root_->run("SET SESSION binlog_row_image = 'FULL'");
        follow(*stream, streamed);
        strict_mirror read(adapter);
        load(*source, read);
        expect_same(streamed, read);
    }
}

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
    EXPECT_EQ(stream->lag_bytes(), std::nullopt);
    root_->run("GRANT BINLOG MONITOR ON *.* TO ea_reader@localhost"); // a transaction of the log, too
    const auto second = source->open_stream(moved->position);
    EXPECT_GT(second->lag_bytes().value_or(0), 0);
    const adapter::adapter adapter = small_koha();
    strict_mirror nothing(adapter);
    const std::string at_end = follow(*second, nothing);
    EXPECT_EQ(source->open_stream(at_end)->lag_bytes(), 0);
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
    EXPECT_NE(whats.find("ON DELETE CASCADE is not in the adapter"), std::string::npos) << whats;

    option_file("bad", "user = nobody_at_all\npassword = wrong-one\n");
    const auto refused = open_mariadb(origin_of("bad", database_), "test", adapter)->check();
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_NE(refused[0].what.find("1045"), std::string::npos);
    EXPECT_EQ(refused[0].what.find("wrong-one"), std::string::npos);
}

TEST_F(mariadb_capture, speed) {
    if (std::getenv("EVERARCHIVE_TEST_SPEED") == nullptr) {
        GTEST_SKIP() << "EVERARCHIVE_TEST_SPEED is not set";
    }
    make_small_koha(*root_);
    const adapter::adapter adapter = small_koha();
    const auto source = open(adapter);
    const std::string position = source->open_snapshot()->position();
    root_->run("BEGIN NOT ATOMIC DECLARE i INT DEFAULT 0; WHILE i < 100000 DO INSERT INTO biblio (title) VALUES "
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
    root_->run("INSERT INTO biblio (title) SELECT CONCAT('t', seq) FROM seq_1_to_500000");
    read_all(middle, "one transaction of small rows");
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
