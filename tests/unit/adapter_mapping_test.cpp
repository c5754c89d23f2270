// mapping.sql: the line and reason for each kind of bad one.
#include <gtest/gtest.h>

#include "adapter_folder.hpp"

namespace {

using everarchive::test::adapter_folder;
using everarchive::test::good_mapping;
using everarchive::test::good_mirror;

struct bad {
    const char* name;
    std::string from; // in good_mapping
    std::string to;
    std::string said;
};

class adapter_mapping_refuses : public testing::TestWithParam<bad> {};

TEST_P(adapter_mapping_refuses, with_line_and_reason) {
    const adapter_folder folder;
    std::string mapping = good_mapping;
    const std::size_t at = mapping.find(GetParam().from);
    ASSERT_NE(at, std::string::npos);
    mapping.replace(at, GetParam().from.size(), GetParam().to);
    folder.write(good_mirror, mapping);
    EXPECT_EQ(folder.refusal(), GetParam().said);
}

const std::string columns_wanted = "key1, parent_key, record, problem, captured, format, attributes, deleted";

INSTANTIATE_TEST_SUITE_P(
    views, adapter_mapping_refuses,
    testing::Values(
        bad{"insert", "COMMENT ON VIEW bib IS 'books; all of them'", "INSERT INTO book VALUES (1)",
            "mapping.sql:6: mapping.sql holds only CREATE VIEW and COMMENT ON VIEW; this is a InsertStmt"},
        bad{"grant", "COMMENT ON VIEW bib IS 'books; all of them'", "GRANT SELECT ON bib TO public",
            "mapping.sql:6: mapping.sql holds only CREATE VIEW and COMMENT ON VIEW; this is a GrantStmt"},
        bad{"function", "COMMENT ON VIEW bib IS 'books; all of them'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "mapping.sql:6: mapping.sql holds only CREATE VIEW and COMMENT ON VIEW; this is a CreateFunctionStmt"},
        bad{"materialized", "CREATE VIEW", "CREATE MATERIALIZED VIEW",
            "mapping.sql:2: mapping.sql holds only CREATE VIEW and COMMENT ON VIEW; this is a CreateTableAsStmt"},
        bad{"replace", "CREATE VIEW", "CREATE OR REPLACE VIEW",
            "mapping.sql:2: a mapping view is plain: CREATE VIEW NAME AS SELECT …"},
        bad{"temporary", "CREATE VIEW", "CREATE TEMP VIEW",
            "mapping.sql:2: a mapping view is plain: CREATE VIEW NAME AS SELECT …"},
        bad{"options", "VIEW bib", "VIEW bib WITH (security_barrier)",
            "mapping.sql:2: a mapping view is plain: CREATE VIEW NAME AS SELECT …"},
        bad{"schema", "VIEW bib", "VIEW public.bib", "mapping.sql:2: bib: a mapping view is named without a schema"},
        bad{"no_kind", "VIEW bib", "VIEW patron",
            "mapping.sql:2: the view patron is no kind of entity; a view that others read has a name that begins with "
            "_"},
        bad{"untouched_kind", "VIEW bib", "VIEW item", "mapping.sql:2: no table of mirror.sql touches item"},
        bad{"missing_kind", "VIEW bib", "VIEW _bib", "mapping.sql:6: there is no view bib above"},
        bad{"syntax", "FROM book", "FROM FROM book", "mapping.sql:5: syntax error at or near \"FROM\""}),
    [](const auto& with) { return with.param.name; });

INSTANTIATE_TEST_SUITE_P(
    queries, adapter_mapping_refuses,
    testing::Values(
        bad{"star", "id AS key1", "*", "mapping.sql:3: a mapping view names its columns: * is not allowed"},
        bad{"no_column_name", "id AS key1", "id + 1",
            "mapping.sql:3: a column of a mapping view has no name: write … AS NAME"},
        bad{"missing_column", "NULL::jsonb AS attributes, ", "",
            "mapping.sql:2: the view bib must have the columns " + columns_wanted +
                "; it has captured, deleted, format, key1, parent_key, problem, record"},
        bad{"second_key", "id AS key1", "id AS key1, id AS key2",
            "mapping.sql:2: the view bib must have the columns " + columns_wanted +
                "; it has attributes, captured, deleted, format, key1, key2, parent_key, problem, record"},
        bad{"catalog", "FROM book", "FROM book, pg_authid",
            "mapping.sql:5: pg_authid is neither a table of mirror.sql nor a view above"},
        bad{"schema_table", "FROM book", "FROM everarchive.entity",
            "mapping.sql:5: everarchive.entity: name mirror tables without a schema, such as biblio_record_entry"},
        bad{"inner_query", "FROM book", "FROM book WHERE id IN (SELECT oid FROM pg_class)",
            "mapping.sql:5: pg_class is neither a table of mirror.sql nor a view above"},
        bad{"read_file", "convert_to(title, 'UTF8')", "pg_read_binary_file('/etc/passwd')",
            "mapping.sql:4: the function pg_read_binary_file is not allowed in a mapping view"},
        bad{"set_config", "FROM book", "FROM book WHERE set_config('x.y', 'z', false) IS NULL",
            "mapping.sql:5: the function set_config is not allowed in a mapping view"},
        bad{"query_to_xml", "convert_to(title, 'UTF8')", "query_to_xml('select 1', true, true, '')",
            "mapping.sql:4: the function query_to_xml is not allowed in a mapping view"},
        bad{"other_schema", "convert_to(title, 'UTF8')", "evil.convert(title)",
            "mapping.sql:4: evil.convert: functions are named without a schema"},
        bad{"locking", "FROM book", "FROM book FOR UPDATE",
            "mapping.sql:2: a mapping view only reads: INTO and FOR UPDATE are not allowed"},
        bad{"into", "FROM book", "INTO other FROM book",
            "mapping.sql:2: a mapping view only reads: INTO and FOR UPDATE are not allowed"},
        bad{"delete_in_with", "AS\nSELECT", "AS WITH gone AS (DELETE FROM book RETURNING id)\nSELECT",
            "mapping.sql:2: a mapping view only reads: DeleteStmt is not allowed"},
        bad{"parameter", "id AS key1", "$1 AS key1", "mapping.sql:3: a view has no parameters"},
        bad{"nesting", "FROM book", "FROM book WHERE " + std::string(100, '(') + "true" + std::string(100, ')'),
            "mapping.sql:5: it nests deeper than 64 parentheses"}),
    [](const auto& with) { return with.param.name; });

TEST(adapter_mapping, takes_inner_views_unions_and_with) {
    const adapter_folder folder;
    folder.write(good_mirror, R"sql(
CREATE VIEW _all AS SELECT * FROM book UNION ALL SELECT * FROM book;
CREATE VIEW bib AS
WITH named AS (SELECT id, title FROM _all)
SELECT n.id AS key1, NULL::text AS parent_key, r.record, r.problem, convert_to(n.title, 'UTF8') AS captured, 'json'::text AS format,
       NULL::jsonb AS attributes, false AS deleted
FROM named n CROSS JOIN LATERAL marc_try(n.title) r
UNION ALL SELECT 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL)sql");
    EXPECT_EQ(folder.refusal(), "");
    const auto read = folder.load();
    ASSERT_EQ(read.mapping.size(), 2U);
    EXPECT_TRUE(read.mapping[0].starts_with("CREATE VIEW _all"));
    EXPECT_TRUE(read.mapping[1].ends_with("NULL, NULL"));
}

TEST(adapter_mapping, keeps_the_text_of_statements_behind_letters_of_more_bytes) {
    const adapter_folder folder;
    folder.write(good_mirror, "/* Ελλάς; 東京 */ " + good_mapping + "COMMENT ON VIEW bib IS 'Bücher'  ;\n-- Ende\n");
    const auto read = folder.load();
    ASSERT_EQ(read.mapping.size(), 3U);
    EXPECT_TRUE(read.mapping[0].starts_with("CREATE VIEW bib"));
    EXPECT_EQ(read.mapping[2], "COMMENT ON VIEW bib IS 'Bücher'");
}

} // namespace
