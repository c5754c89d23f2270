// Capture from MariaDB: every type of Koha's tables, and those that decoders get wrong, through snapshot and stream.
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

} // namespace
} // namespace everarchive::capture
