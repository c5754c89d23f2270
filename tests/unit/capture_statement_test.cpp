// What the first words of a statement in MariaDB's binary log say about it.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "capture/binlog_statement.hpp"

namespace everarchive::capture {
namespace {

TEST(binlog_statement, first_words_decide) {
    using kind = statement::kind;
    const std::vector<std::pair<const char*, kind>> cases = {
        {"COMMIT", kind::commit},
        {"/* by koha */ insert into t values (1)", kind::rows},
        {"/*!40101 SET NAMES utf8 */", kind::other},
        {"/*M!100100 DELETE FROM t */", kind::rows},
        {"-- note\n# more\nDELETE FROM t WHERE id = 1", kind::rows},
        {"SET STATEMENT max_statement_time = 1 FOR UPDATE t SET a = 1", kind::rows},
        {"# Dummy event replacing event type 160 that slave cannot handle.", kind::other},
        {"GRANT SELECT ON t TO u", kind::other},
        {"CREATE TABLE t (a int)", kind::other},
        {"CREATE TABLE t AS SELECT 1", kind::other},
        {"DROP VIEW v", kind::other},
        {"DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`", kind::other},
        {"DROP TABLE t", kind::drop_table},
        {"alter online table if exists t add column a int", kind::alter_table},
        {"ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", kind::change_partition},
        {"ALTER TABLE t RENAME COLUMN a TO b", kind::alter_table},
        {"ALTER TABLE t ADD COLUMN `rename` int", kind::alter_table},
        {"ALTER TABLE t RENAME KEY a TO b, RENAME AS u", kind::rename},
        {"RENAME TABLE a WAIT 5 TO b, c TO d", kind::rename},
        {"XA PREPARE 'x'", kind::xa},
        {"XA START X'61',X'',1", kind::xa_start},
        {"XA END X'61',X'',1", kind::xa},
        {"CREATE TABLE `t` (\n  `a` int\n) START TRANSACTION", kind::create_and_fill},
        {"rollback to savepoint `s`", kind::rollback_to_savepoint},
        {"", kind::other},
        {"`", kind::rows},
        {"'unclosed", kind::rows},
        {"/* unclosed", kind::other},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(classify_statement(text, false).is, expected) << text;
    }
    EXPECT_EQ(classify_statement("FROBNICATE t", true).is, kind::other);
    EXPECT_EQ(classify_statement("FROBNICATE t", false).is, kind::rows);
    EXPECT_EQ(classify_statement("TRUNCATE `a``b`.`c`", true).tables, (std::vector<table_name>{{"a`b", "c"}}));
    EXPECT_EQ(classify_statement("DELETE FROM `koha`.`mem`", false).tables, (std::vector<table_name>{{"koha", "mem"}}));
    EXPECT_EQ(classify_statement("RENAME TABLE a TO x.b", true).tables,
              (std::vector<table_name>{{"", "a"}, {"x", "b"}}));
    EXPECT_EQ(classify_statement("ALTER TABLE a RENAME = x.b", true).tables,
              (std::vector<table_name>{{"", "a"}, {"x", "b"}}));
    EXPECT_TRUE(names_identifier("UPDATE `koha`.t SET a = 1", "koha"));
    EXPECT_FALSE(names_identifier("UPDATE t SET a = 'koha' /* koha */", "koha"));
}

TEST(binlog_statement, alter_table_says_which_columns_come) {
    using names = std::vector<std::string>;
    const auto added = [](const char* text) { return classify_statement(text, true).added; };
    const auto renamed = [](const char* text) { return classify_statement(text, true).renamed; };
    EXPECT_EQ(added("ALTER TABLE t ADD a int"), names{"a"});
    EXPECT_EQ(
        added("alter table t add column if not exists `a` int NOT NULL DEFAULT 'ADD b', add index c (d), ADD e int"),
        (names{"a", "e"}));
    EXPECT_EQ(
        added("ALTER TABLE t ADD COLUMN (a decimal(10, 2), b varchar(3) DEFAULT 'x,y', PRIMARY KEY (a)), ADD c int"),
        (names{"a", "b", "c"}));
    EXPECT_EQ(added("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (b), ADD UNIQUE KEY k (a), ADD CHECK "
                    "(a > 1)"),
              names{});
    EXPECT_EQ(added("ALTER TABLE t ADD"), names{});
    EXPECT_EQ(
        renamed("ALTER TABLE t CHANGE a b int, CHANGE COLUMN c c bigint, RENAME COLUMN d TO e, RENAME KEY x TO y"),
        (names{"b", "e"}));
}

TEST(binlog_statement, an_outline_has_no_data) {
    const std::vector<std::pair<const char*, const char*>> cases = {
        {"UPDATE borrowers SET surname='Doe'", "UPDATE borrowers"},
        {"update `koha`.`borrowers` b set b.surname='Doe'", "UPDATE koha.borrowers"},
        {"UPDATE LOW_PRIORITY IGNORE borrowers, items SET surname='Doe'", "UPDATE LOW_PRIORITY IGNORE borrowers"},
        {"INSERT INTO borrowers (surname) VALUES ('Doe')", "INSERT INTO borrowers"},
        {"insert borrowers VALUES (1, 'Doe')", "INSERT borrowers"},
        {"REPLACE borrowers SET surname = 'Doe'", "REPLACE borrowers"},
        {"DELETE FROM borrowers WHERE surname = 'Doe'", "DELETE FROM borrowers"},
        {"DELETE b FROM borrowers b WHERE surname = 'Doe'", "DELETE b"},
        {"CALL add_patron('Doe')", "CALL add_patron"},
        {"DO 'Doe'", "DO"},
        {"SET STATEMENT max_statement_time = 1 FOR UPDATE borrowers SET surname = 'Doe'", "UPDATE borrowers"},
        {"EXECUTE IMMEDIATE 'UPDATE borrowers SET surname = \'Doe\''", "EXECUTE IMMEDIATE"},
        {"LOAD DATA INFILE '/tmp/Doe' INTO TABLE borrowers", "LOAD DATA"},
        {"CREATE OR REPLACE TABLE koha.biblio SELECT 'Doe'", "CREATE OR REPLACE TABLE koha.biblio"},
        {"ALTER TABLE biblio ADD COLUMN x text DEFAULT 'Doe'", "ALTER TABLE biblio"},
        {"DROP TABLE IF EXISTS `biblio`, `Doe`", "DROP TABLE IF EXISTS biblio"},
        {"DROP DATABASE koha", "DROP DATABASE koha"},
        {"RENAME TABLE a TO b", "RENAME TABLE a"},
        {"WITH x AS (SELECT 'Doe') DELETE FROM borrowers", "WITH x"},
        // Between double quotes stands a string, unless the server was told otherwise.
        {"INSERT INTO \"Doe\" VALUES (1)", "INSERT INTO"},
        {"UPDATE 'Doe' SET x = 1", "UPDATE"},
        {"UPDATE 4711 SET x = 1", "UPDATE"},
        {"Doe", "a statement"},
        {"`Doe`", "a statement"},
        {"(SELECT 'Doe')", "a statement"},
        {"", "a statement"},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(outline(text), expected) << text;
    }
    const std::string name(5000, 'x');
    EXPECT_EQ(outline("UPDATE " + name + " SET x = 1"), "UPDATE");
}

} // namespace
} // namespace everarchive::capture
