// mirror.sql: what is read of a good one, and the line and reason for each kind of bad one.
#include <gtest/gtest.h>

#include "adapter_folder.hpp"

namespace {

using everarchive::adapter::foreign_key;
using everarchive::test::adapter_folder;
using everarchive::test::good_mapping;
using everarchive::test::good_mirror;

TEST(adapter_mirror, reads_tables_columns_keys_and_touches) {
    const adapter_folder folder;
    const auto read = folder.load();
    EXPECT_EQ(read.title, "a test");
    EXPECT_EQ(read.runs_on, everarchive::adapter::system::mariadb);
    ASSERT_EQ(read.tables.size(), 1U);
    const auto& book = read.tables[0];
    EXPECT_EQ(book.source_name(), "book");
    ASSERT_EQ(book.columns.size(), 3U);
    EXPECT_TRUE(book.columns[0].not_null);
    EXPECT_FALSE(book.columns[1].not_null);
    EXPECT_EQ(book.columns[2].comment, "it's the title");
    EXPECT_EQ(book.key, std::vector<std::size_t>{0});
    ASSERT_EQ(book.indexes.size(), 1U);
    EXPECT_EQ(book.indexes[0], (std::vector<std::size_t>{1, 0}));
    ASSERT_EQ(book.touches.size(), 1U);
    EXPECT_EQ(book.touches[0].kind, "bib");
    ASSERT_EQ(read.kinds.size(), 1U);
    EXPECT_EQ(read.kinds[0].key_types, std::vector<std::string>{"integer"});
}

TEST(adapter_mirror, writes_the_statements_that_make_the_mirror) {
    const adapter_folder folder;
    const std::vector<std::string> made = folder.load().create_statements("we\"ird");
    ASSERT_EQ(made.size(), 6U);
    EXPECT_EQ(made[0],
              "CREATE TABLE \"we\"\"ird\".\"book\" (\n    \"id\" integer,\n    \"branch\" text,\n    \"title\" text,\n"
              "    PRIMARY KEY (\"id\")\n) WITH (toast_tuple_target = 4080)");
    EXPECT_EQ(made[1], "CREATE INDEX ON \"we\"\"ird\".\"book\" (\"branch\", \"id\")");
    EXPECT_EQ(made[3], "COMMENT ON COLUMN \"we\"\"ird\".\"book\".\"title\" IS 'it''s the title'");
    EXPECT_TRUE(made[4].starts_with("CREATE VIEW bib AS\nSELECT id AS key1"));
    EXPECT_TRUE(made[4].ends_with("FROM book"));
    // A semicolon inside of a literal ends no statement.
    EXPECT_EQ(made[5], "COMMENT ON VIEW bib IS 'books; all of them'");
}

TEST(adapter_mirror, names_types_as_the_server_does) {
    const adapter_folder folder;
    std::string mapping = good_mapping;
    mapping.replace(mapping.find("FROM book"), 9, "FROM s_t");
    folder.write(
        "-- title: t\n-- system: postgresql\nCREATE TABLE s.t (a int8 PRIMARY KEY, b timestamptz, c timestamp, "
        "d int[], e text[], f float, g bool, h pg_catalog.int2, i numeric, j real, k date, l uuid, m jsonb, "
        "n bytea);\nCOMMENT ON TABLE s.t IS 'Touches: bib (a).';",
        mapping);
    const auto read = folder.load();
    std::vector<std::string> types;
    for (const auto& column : read.tables[0].columns) {
        types.push_back(column.type);
    }
    EXPECT_EQ(types, (std::vector<std::string>{"bigint", "timestamp with time zone", "timestamp without time zone",
                                               "integer[]", "text[]", "double precision", "boolean", "smallint",
                                               "numeric", "real", "date", "uuid", "jsonb", "bytea"}));
    EXPECT_EQ(read.tables[0].mirror_name(), "s_t");
}

TEST(adapter_mirror, puts_parents_before_children_and_resolves_foreign_keys) {
    const adapter_folder folder;
    folder.write(
        "-- title: t\n-- system: mariadb\n"
        "CREATE TABLE leaf (id integer PRIMARY KEY, twig integer REFERENCES twig ON DELETE SET NULL, book integer,\n"
        "  up integer REFERENCES leaf (id) ON DELETE CASCADE,\n"
        "  FOREIGN KEY (book) REFERENCES book (id) ON DELETE CASCADE);\n"
        "COMMENT ON TABLE leaf IS 'Optional. Touches: nothing.';\n"
        "CREATE TABLE twig (id integer PRIMARY KEY, book integer REFERENCES book (id) ON UPDATE SET NULL);\n"
        "COMMENT ON TABLE twig IS 'Touches: nothing. Optional.';\n"
        "CREATE TABLE book (title text, id integer, PRIMARY KEY (id));\n"
        "COMMENT ON TABLE book IS 'Touches: bib (id).';\n",
        good_mapping);
    const auto read = folder.load();
    ASSERT_EQ(read.tables.size(), 3U);
    EXPECT_EQ(read.tables[0].name, "book");
    EXPECT_EQ(read.tables[1].name, "twig");
    EXPECT_EQ(read.tables[2].name, "leaf");
    EXPECT_TRUE(read.tables[1].optional);
    EXPECT_TRUE(read.tables[2].optional);
    EXPECT_FALSE(read.tables[0].optional);
    const auto& keys = read.tables[2].foreign_keys;
    ASSERT_EQ(keys.size(), 3U);
    EXPECT_EQ(keys[0].parent, "twig");
    EXPECT_EQ(keys[0].on_delete, foreign_key::action::set_null);
    EXPECT_EQ(keys[0].parent_columns, std::vector<std::size_t>{0});
    EXPECT_EQ(keys[1].parent, "leaf");
    EXPECT_EQ(keys[2].columns, std::vector<std::size_t>{2});
    EXPECT_EQ(keys[2].parent_columns, std::vector<std::size_t>{1});
    EXPECT_EQ(keys[2].on_delete, foreign_key::action::cascade);
    EXPECT_EQ(keys[2].on_update, foreign_key::action::none);
    EXPECT_EQ(read.tables[1].foreign_keys[0].on_delete, foreign_key::action::none);
    EXPECT_EQ(read.tables[1].foreign_keys[0].on_update, foreign_key::action::set_null);
}

TEST(adapter_mirror, reads_constants_and_two_part_keys) {
    const adapter_folder folder;
    std::string mapping = good_mapping;
    mapping.replace(mapping.find("id AS key1"), 10, "'vol'::text AS key1, id AS key2");
    folder.write("-- title: t\n-- system: mariadb\nCREATE TABLE book (id integer PRIMARY KEY, title text, home text);\n"
                 "COMMENT ON TABLE book IS 'books.\nTouches: bib (''vol'', id),\n  bib ( ''home'' , id ).';\n",
                 mapping);
    const auto read = folder.load();
    ASSERT_EQ(read.tables[0].touches.size(), 2U);
    const auto& parts = read.tables[0].touches[1].parts;
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_TRUE(parts[0].is_constant);
    EXPECT_EQ(parts[0].constant, "home");
    EXPECT_FALSE(parts[1].is_constant);
    EXPECT_EQ(parts[1].column, 0U);
    ASSERT_EQ(read.kinds.size(), 1U);
    EXPECT_EQ(read.kinds[0].key_types, (std::vector<std::string>{"text", "integer"}));
}

struct bad {
    const char* name;
    std::string from; // in good_mirror
    std::string to;
    std::string said;
};

class adapter_mirror_refuses : public testing::TestWithParam<bad> {};

TEST_P(adapter_mirror_refuses, with_line_and_reason) {
    const adapter_folder folder;
    std::string mirror = good_mirror;
    const std::size_t at = mirror.find(GetParam().from);
    ASSERT_NE(at, std::string::npos);
    mirror.replace(at, GetParam().from.size(), GetParam().to);
    folder.write(mirror, good_mapping);
    EXPECT_EQ(folder.refusal(), GetParam().said);
}

const std::string types_allowed =
    "use smallint, integer, bigint, numeric, real, double precision, boolean, text, date, timestamp, "
    "timestamptz, uuid, jsonb, bytea, text[] or integer[]";
const std::string column_only = " is not allowed here: a mirror column only has a name and a type";

INSTANTIATE_TEST_SUITE_P(
    statements, adapter_mirror_refuses,
    testing::Values(
        bad{"no_title", "-- title: a test\n", "",
            "mirror.sql:1: the comment lines at the beginning must say -- title: WHAT IT IS, IN ONE LINE"},
        bad{"no_system", "-- system: mariadb\n", "",
            "mirror.sql:1: the comment lines at the beginning must say -- system: postgresql, mariadb or file"},
        bad{"odd_system", "system: mariadb", "system: oracle",
            "mirror.sql:1: system is \"oracle\"; it is postgresql, mariadb or file"},
        bad{"insert", "CREATE INDEX ON book (branch, id)", "INSERT INTO book VALUES (1)",
            "mirror.sql:9: mirror.sql holds only CREATE TABLE, CREATE INDEX and COMMENT ON TABLE or COLUMN; this is a "
            "InsertStmt"},
        bad{"copy_program", "CREATE INDEX ON book (branch, id)", "COPY book FROM PROGRAM 'id'",
            "mirror.sql:9: mirror.sql holds only CREATE TABLE, CREATE INDEX and COMMENT ON TABLE or COLUMN; this is a "
            "CopyStmt"},
        bad{"do_block", "CREATE INDEX ON book (branch, id)", "DO $$ BEGIN END $$",
            "mirror.sql:9: mirror.sql holds only CREATE TABLE, CREATE INDEX and COMMENT ON TABLE or COLUMN; this is a "
            "DoStmt"},
        bad{"as_select", "CREATE INDEX ON book (branch, id)", "CREATE TABLE other AS SELECT 1",
            "mirror.sql:9: mirror.sql holds only CREATE TABLE, CREATE INDEX and COMMENT ON TABLE or COLUMN; this is a "
            "CreateTableAsStmt"},
        bad{"syntax", "branch text,", "branch text text,", "mirror.sql:6: syntax error at or near \"text\""},
        bad{"syntax_after_letters", "CREATE INDEX ON book (branch, id)", "COMMENT ON TABLE book IS 'ééééééé'; nonsense",
            "mirror.sql:9: syntax error at or near \"nonsense\""},
        bad{"twice", "CREATE INDEX ON book (branch, id)", "CREATE TABLE book (id integer PRIMARY KEY)",
            "mirror.sql:9: book is there twice"},
        bad{"comment_on_nothing", "COMMENT ON COLUMN book.title", "COMMENT ON COLUMN book.author",
            "mirror.sql:11: book has no column author"},
        bad{"optional_key", "COMMENT ON COLUMN book.title IS '", "COMMENT ON COLUMN book.id IS 'Optional. ",
            "mirror.sql:11: book.id is Optional. and NOT NULL"},
        bad{"comment_on_other", "COMMENT ON COLUMN book.title", "COMMENT ON COLUMN shelf.title",
            "mirror.sql:11: there is no table shelf above"},
        bad{"comment_on_schema", "COMMENT ON COLUMN book.title", "COMMENT ON SCHEMA book",
            "mirror.sql:11: a comment in mirror.sql is on a table or a column"},
        bad{"second_comment", "COMMENT ON COLUMN book.title", "COMMENT ON TABLE book",
            "mirror.sql:11: book has a comment already"}),
    [](const auto& with) { return with.param.name; });

INSTANTIATE_TEST_SUITE_P(
    tables, adapter_mirror_refuses,
    testing::Values(
        bad{"temporary", "CREATE TABLE", "CREATE TEMP TABLE",
            "mirror.sql:4: a mirror table is neither TEMPORARY nor UNLOGGED nor in another database"},
        bad{"unlogged", "CREATE TABLE", "CREATE UNLOGGED TABLE",
            "mirror.sql:4: a mirror table is neither TEMPORARY nor UNLOGGED nor in another database"},
        bad{"if_not_exists", "CREATE TABLE", "CREATE TABLE IF NOT EXISTS",
            "mirror.sql:4: IF NOT EXISTS is not allowed here: mirror.sql names each table once"},
        bad{"schema_in_mariadb", "CREATE TABLE book", "CREATE TABLE koha.book",
            "mirror.sql:4: koha.book names a schema, but its system has none: the connection names the database"},
        bad{"no_schema_in_postgresql", "mariadb", "postgresql",
            "mirror.sql:4: book names no schema: write SCHEMA.book as the source has it"},
        bad{"options", "NOT NULL\n)", "NOT NULL\n) WITH (fillfactor = 50)",
            "mirror.sql:4: a mirror table is plain: no INHERITS, PARTITION, OF, WITH, TABLESPACE or USING"},
        bad{"inherits", "NOT NULL\n)", "NOT NULL\n) INHERITS (other)",
            "mirror.sql:4: a mirror table is plain: no INHERITS, PARTITION, OF, WITH, TABLESPACE or USING"},
        bad{"partition", "NOT NULL\n)", "NOT NULL\n) PARTITION BY HASH (id)",
            "mirror.sql:4: a mirror table is plain: no INHERITS, PARTITION, OF, WITH, TABLESPACE or USING"},
        bad{"like", "branch text,", "LIKE other,",
            "mirror.sql:4: a mirror table names its columns: LIKE is not allowed here"},
        bad{"no_key", " PRIMARY KEY", "",
            "mirror.sql:4: book has no primary key: without one a change cannot find its row"},
        bad{"two_keys", "branch text,", "branch text, PRIMARY KEY (branch),",
            "mirror.sql:6: book has two primary keys"},
        bad{"key_of_nothing", "branch text,", "branch text, UNIQUE (author),",
            "mirror.sql:6: UNIQUE is not allowed here: a mirror table only has a primary key and foreign keys"},
        bad{"table_check", "branch text,", "branch text,\n    CHECK (id > 0),",
            "mirror.sql:7: CHECK is not allowed here: a mirror table only has a primary key and foreign keys"}),
    [](const auto& with) { return with.param.name; });

INSTANTIATE_TEST_SUITE_P(
    columns, adapter_mirror_refuses,
    testing::Values(
        bad{"default_value", "branch text,", "branch text DEFAULT 'x',", "mirror.sql:6: DEFAULT" + column_only},
        bad{"default_call", "branch text,", "branch text\n        DEFAULT pg_read_file('/etc/passwd'),",
            "mirror.sql:7: DEFAULT" + column_only},
        bad{"check", "branch text,", "branch text CHECK (branch <> ''),", "mirror.sql:6: CHECK" + column_only},
        bad{"unique", "branch text,", "branch text UNIQUE,", "mirror.sql:6: UNIQUE" + column_only},
        bad{"identity", "id integer", "id integer GENERATED ALWAYS AS IDENTITY",
            "mirror.sql:5: GENERATED AS IDENTITY" + column_only},
        bad{"generated", "branch text,", "branch text GENERATED ALWAYS AS (title) STORED,",
            "mirror.sql:6: GENERATED" + column_only},
        bad{"collate", "branch text,", "branch text COLLATE \"C\",",
            "mirror.sql:6: COLLATE, COMPRESSION and STORAGE are not allowed here: a mirror column only has a name and "
            "a type"},
        bad{"varchar", "branch text,", "branch varchar(10),",
            "mirror.sql:6: varchar is no type of a mirror column: " + types_allowed},
        bad{"serial", "id integer", "id serial",
            "mirror.sql:5: serial is no type of a mirror column: " + types_allowed},
        bad{"regclass", "branch text,", "branch regclass,",
            "mirror.sql:6: regclass is no type of a mirror column: " + types_allowed},
        bad{"own_type", "branch text,", "branch koha.text,",
            "mirror.sql:6: koha.text is no type of a mirror column: " + types_allowed},
        bad{"two_dimensions", "branch text,", "branch text[][],",
            "mirror.sql:6: text[][] is no type of a mirror column: " + types_allowed},
        bad{"bytea_array", "branch text,", "branch bytea[],",
            "mirror.sql:6: bytea[] is no type of a mirror column: " + types_allowed},
        bad{"precision", "branch text,", "branch numeric(10,2),",
            "mirror.sql:6: numeric has a length or precision: a mirror keeps what the source has, write the type "
            "without"},
        bad{"column_twice", "branch text,", "branch text, branch text,",
            "mirror.sql:6: book has the column branch twice"}),
    [](const auto& with) { return with.param.name; });

INSTANTIATE_TEST_SUITE_P(
    foreign_keys, adapter_mirror_refuses,
    testing::Values(bad{"no_action", "branch text,", "branch text REFERENCES book,",
                        "mirror.sql:6: REFERENCES needs ON DELETE or ON UPDATE, with CASCADE or SET NULL: only what "
                        "the source's engine does by itself is repeated"},
                    bad{"set_default", "branch text,", "branch text REFERENCES book ON DELETE SET DEFAULT,",
                        "mirror.sql:6: REFERENCES has the actions CASCADE and SET NULL here"},
                    bad{"match", "branch text,", "branch text REFERENCES book MATCH FULL ON DELETE CASCADE,",
                        "mirror.sql:6: REFERENCES says only ON DELETE and ON UPDATE here: no MATCH, DEFERRABLE or "
                        "column list of SET NULL"},
                    bad{"no_parent", "branch text,", "branch text REFERENCES shelf ON DELETE CASCADE,",
                        "mirror.sql:6: REFERENCES shelf: mirror.sql has no such table"},
                    bad{"no_parent_column", "branch text,", "branch text REFERENCES book (author) ON DELETE CASCADE,",
                        "mirror.sql:6: REFERENCES book: it has no column author"},
                    bad{"other_number", "branch text,",
                        "branch text, FOREIGN KEY (id, branch) REFERENCES book ON DELETE CASCADE,",
                        "mirror.sql:6: REFERENCES book: 2 columns refer to 1"},
                    bad{"circle", "COMMENT ON COLUMN",
                        "CREATE TABLE a (id integer PRIMARY KEY REFERENCES b ON DELETE CASCADE); COMMENT ON TABLE a IS "
                        "'Touches: nothing.';\nCREATE TABLE b (id integer PRIMARY KEY REFERENCES a ON DELETE CASCADE); "
                        "COMMENT ON TABLE b IS 'Touches: nothing.';\nCOMMENT ON COLUMN",
                        "mirror.sql:11: the foreign keys of a go round in a circle"}),
    [](const auto& with) { return with.param.name; });

INSTANTIATE_TEST_SUITE_P(
    indexes, adapter_mirror_refuses,
    testing::Values(bad{"unique_index", "CREATE INDEX ON", "CREATE UNIQUE INDEX ON",
                        "mirror.sql:9: an index of a mirror table is plain: CREATE INDEX ON TABLE (COLUMN, …)"},
                    bad{"where", "(branch, id);", "(branch, id) WHERE id > 0;",
                        "mirror.sql:9: an index of a mirror table has no WHERE, INCLUDE, WITH or TABLESPACE"},
                    bad{"named", "INDEX ON", "INDEX by_branch ON",
                        "mirror.sql:9: an index of a mirror table has no name: CREATE INDEX ON TABLE (COLUMN, …)"},
                    bad{"gin", "ON book (", "ON book USING gin (",
                        "mirror.sql:9: an index of a mirror table is a btree index"},
                    bad{"expression", "(branch, id)", "(lower(branch))",
                        "mirror.sql:9: an index of a mirror table is on plain columns"},
                    bad{"descending", "(branch, id)", "(branch DESC)",
                        "mirror.sql:9: an index of a mirror table is on plain columns"},
                    bad{"unknown_column", "(branch, id)", "(author)", "mirror.sql:9: book has no column author"}),
    [](const auto& with) { return with.param.name; });

INSTANTIATE_TEST_SUITE_P(
    touches, adapter_mirror_refuses,
    testing::Values(
        bad{"no_touches", "books. Touches: bib (id).", "books.",
            "mirror.sql:10: the comment of book does not say which entities its rows touch: end it with Touches: KIND "
            "(COLUMN). or Touches: nothing."},
        bad{"no_comment", "COMMENT ON TABLE book IS 'books. Touches: bib (id).';", "",
            "mirror.sql:4: book has no comment that says which entities its rows touch: COMMENT ON TABLE book IS 'WHAT "
            "IT IS. Touches: KIND (COLUMN).'"},
        bad{"unknown_kind", "bib (id)", "patron (id)",
            "mirror.sql:10: Touches: names the kind \"patron\"; kinds are bib, authority, holding, item, order, "
            "object"},
        bad{"unknown_key", "bib (id)", "bib (number)",
            "mirror.sql:10: Touches: names the column \"number\", which book does not have"},
        bad{"no_columns", "bib (id)", "bib", "mirror.sql:10: Touches: bib needs its key columns in parentheses"},
        bad{"open_key", "bib (id).", "bib (id.",
            "mirror.sql:10: Touches: the key of bib is not closed by a parenthesis"},
        bad{"no_stop", "bib (id).", "bib (id)", "mirror.sql:10: the Touches: of book does not end with a full stop"},
        bad{"more_after", "bib (id).", "bib (id). And more.",
            "mirror.sql:10: only Optional. may follow the Touches: of book, not \"And more.\""},
        bad{"text_first", "bib (id)", "bib (branch, id)",
            "mirror.sql:10: Touches: part 1 of the key of bib is text; parts are smallint, integer, bigint or uuid, "
            "the last one may be text"},
        bad{"colon_in_constant", "bib (id)", "bib (''a:b'', id)",
            "mirror.sql:10: a constant of Touches: stands in quotes and holds no colon"},
        bad{"four_parts", "bib (id)", "bib (id, id, id, id)",
            "mirror.sql:10: Touches: the key of bib has more than three parts"},
        bad{"two_keys_of_a_kind", "COMMENT ON COLUMN",
            "CREATE TABLE map (id bigint PRIMARY KEY);\nCOMMENT ON TABLE map IS 'Touches: bib (id).';\nCOMMENT ON "
            "COLUMN",
            "mirror.sql:12: map touches bib by (bigint), but book by (integer): one kind has one key"},
        bad{"nothing_at_all", "bib (id).", "nothing.",
            "mirror.sql:1: no table touches an entity, so nothing would be preserved"}),
    [](const auto& with) { return with.param.name; });

TEST(adapter_mirror, refuses_what_is_no_text) {
    const adapter_folder folder;
    folder.write(good_mirror + std::string("-- \0 x", 6), good_mapping);
    EXPECT_EQ(folder.refusal(), "mirror.sql:12: it is not UTF-8 text");
    folder.write(good_mirror + "-- \xC3(", good_mapping);
    EXPECT_EQ(folder.refusal(), "mirror.sql:12: it is not UTF-8 text");
    folder.write(good_mirror + std::string(70'000, '-'), good_mapping);
    EXPECT_EQ(folder.refusal(), "mirror.sql:12: it is longer than 65536 bytes");
    folder.write("", good_mapping);
    EXPECT_EQ(folder.refusal(),
              "mirror.sql:1: the comment lines at the beginning must say -- title: WHAT IT IS, IN ONE LINE");
    std::filesystem::remove(folder.directory() / "try" / "mapping.sql");
    folder.write_mirror(good_mirror);
    EXPECT_EQ(folder.refusal(), "mapping.sql: the file cannot be read");
}

TEST(adapter_mirror, survives_deep_nesting) {
    const adapter_folder folder;
    std::string deep;
    for (int i = 0; i < 5000; ++i) {
        deep += "(SELECT ";
    }
    folder.write(good_mirror + "SELECT " + deep, good_mapping);
    EXPECT_EQ(folder.refusal(), "mirror.sql:12: it nests deeper than 64 parentheses");
    std::string chain = "SELECT 1";
    for (int i = 0; i < 20'000; ++i) {
        chain += "+1";
    }
    folder.write(good_mirror + chain, good_mapping);
    EXPECT_EQ(folder.refusal(), "mirror.sql:12: a statement is longer than 4000 words and signs");
}

TEST(adapter_list, names_adapters_and_refuses_others) {
    const adapter_folder folder;
    std::filesystem::create_directories(folder.directory() / "empty");
    EXPECT_EQ(everarchive::adapter::list(folder.directory()), std::vector<std::string>{"try"});
    for (const char* name : {"", "empty", "../try", "Try", "koha"}) {
        try {
            everarchive::adapter::load(folder.directory(), name);
            ADD_FAILURE() << name;
        } catch (const everarchive::error& e) {
            EXPECT_EQ(e.code(), everarchive::exit_code::settings);
            EXPECT_EQ(e.hint(), "adapters are: try");
        }
    }
    EXPECT_TRUE(everarchive::adapter::list(folder.directory() / "nowhere").empty());
}

} // namespace
