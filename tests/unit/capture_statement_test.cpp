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

} // namespace
} // namespace everarchive::capture
