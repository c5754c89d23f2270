// Policy conditions: what may be written, and at which character what may not is refused.
#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

#include "adapter/adapter.hpp"
#include "base/error.hpp"

namespace {

std::string refusal(const std::string& condition) {
    try {
        everarchive::adapter::check_condition(condition);
    } catch (const everarchive::error& e) {
        EXPECT_EQ(e.code(), everarchive::exit_code::settings);
        EXPECT_FALSE(e.hint().empty());
        const std::string said = e.what();
        const std::string beginning = "the condition is refused at character ";
        return said.starts_with(beginning) ? said.substr(beginning.size()) : said;
    }
    return {};
}

TEST(adapter_condition, takes_expressions) {
    for (const char* good : {
             "true",
             "kind = 'bib'",
             "kind = 'bib' AND record ->> '942$c' = 'RARE'",
             "record @? '856$u' OR NOT deleted",
             "record ->> 'LDR/06' = 'e'",
             "'map' = ANY (record -> '655$a')",
             "kind IN ('bib', 'item') AND n BETWEEN 1 AND 3",
             "(attributes ->> 'withdrawn')::integer IS DISTINCT FROM 1",
             "captured_at > now() - interval '1 day'",
             "lower(btrim(source)) LIKE 'koha%' ESCAPE '!'",
             "CASE WHEN kind = 'bib' THEN substring(marc_leader(record) FROM 7 FOR 1) = 'a' ELSE coalesce(deleted, "
             "false) END",
             "ARRAY['a', 'b'] @> ARRAY[kind] AND (record -> '650$a')[1] IS NOT NULL",
             "position('x' in key) > 0 AND extract(year from captured_at) >= 2026",
             "(deleted IS NOT TRUE) AND attributes ? 'itype'",
             "key ~ '^[0-9]+$' -- not a comment but a minus and a minus\n = true",
         }) {
        if (std::string(good).find("--") == std::string::npos) {
            EXPECT_EQ(refusal(good), "") << good;
        } else {
            EXPECT_EQ(refusal(good), "18: a comment is not allowed in a condition");
        }
    }
    EXPECT_EQ(refusal("key = '-- /* ; ) no comment'"), "");
    EXPECT_EQ(refusal("key = $tag$ ) ; -- $tag$"), "");
    EXPECT_EQ(refusal(R"(key = E'\') ; --')"), "");
    EXPECT_EQ(refusal("source = 'Bücherei'"), "");
}

struct bad {
    std::string condition;
    std::string said;
};

class adapter_condition_refuses : public testing::TestWithParam<bad> {};

TEST_P(adapter_condition_refuses, with_the_character_and_reason) {
    EXPECT_EQ(refusal(GetParam().condition), GetParam().said);
}

const std::string plain =
    "only a plain call is allowed in a condition: no DISTINCT, ORDER BY, FILTER, OVER, VARIADIC or *";

INSTANTIATE_TEST_SUITE_P(
    all, adapter_condition_refuses,
    testing::Values(
        bad{"", "1: it is empty; write true for everything"}, bad{" \n", "1: it is empty; write true for everything"},
        bad{"key IN (SELECT 'x')", "5: a subquery is not allowed in a condition"},
        bad{"EXISTS (SELECT 1)", "1: a subquery is not allowed in a condition"},
        bad{"kind = 'bib' AND (SELECT true)", "18: a subquery is not allowed in a condition"},
        bad{"pg_sleep(10) IS NULL", "1: the function pg_sleep is not allowed in a condition"},
        bad{"kind = 'é' AND pg_read_file('/etc/passwd') <> ''",
            "16: the function pg_read_file is not allowed in a condition"},
        bad{"evil.lower(key) = 'x'", "1: the function evil.lower is not allowed in a condition"},
        bad{"set_config('a.b', 'c', false) = 'c'", "1: the function set_config is not allowed in a condition"},
        bad{"count(*) > 1", "1: the function count is not allowed in a condition"},
        bad{"lower(DISTINCT key) = 'x'", "1: " + plain}, bad{"length(key) OVER () > 1", "1: " + plain},
        bad{"key = $1", "7: a condition has no parameters"},
        bad{"CURRENT_USER = 'x'",
            "1: CURRENT_DATE, CURRENT_USER and their like are not allowed in a condition; write now() for the time"},
        bad{"policy_subject.key = 'x'", "1: name a column by itself, without a table"},
        bad{"policy_subject.* IS NULL", "1: name a column by itself, without a table"},
        bad{"(record).leader = 'x'", "2: (…).field is not allowed in a condition"},
        bad{"key OPERATOR(pg_catalog.=) 'x'", "5: OPERATOR(schema.…) is not allowed in a condition"},
        bad{"(key, kind) = ('a', 'b')", "1: a row is not allowed in a condition"},
        bad{"key COLLATE \"C\" = 'a'", "5: COLLATE is not allowed in a condition"},
        bad{"'pg_authid'::regclass IS NOT NULL",
            "14: a condition casts only to interval and the types that a mirror column may have, without length"},
        bad{"key::varchar(3) = 'abc'",
            "6: a condition casts only to interval and the types that a mirror column may have, without length"},
        bad{"true; DROP TABLE everarchive.version", "5: syntax error at or near \";\""},
        bad{"1 = 1); DROP TABLE everarchive.version; --", "41: a comment is not allowed in a condition"},
        bad{"1 = 1); DROP TABLE everarchive.version; SELECT (1", "1: a closing parenthesis has no opening one"},
        bad{"true) OR (true", "1: a closing parenthesis has no opening one"},
        bad{"true) FROM pg_authid WHERE (true", "1: a closing parenthesis has no opening one"},
        bad{"true, false", "1: a condition is one expression, without commas outside of parentheses"},
        bad{"VARIADIC ARRAY[true]", "1: " + plain}, bad{"true ORDER BY 1", "1: " + plain}, bad{"*", "1: " + plain},
        bad{"DISTINCT true", "1: " + plain}, bad{"a => true", "1: NamedArgExpr is not allowed in a condition"},
        bad{"key = 'x' AND", "14: syntax error at or near \")\""},
        bad{"key = 'open", "7: unterminated quoted string at or near \"'open\n)\""},
        bad{"true /* half", "6: a comment is not allowed in a condition"},
        bad{"key = '\xFF'", "8: it is not UTF-8 text"},
        bad{std::string("true\0 OR x", 10), "5: it is not UTF-8 text"}));

/// The parser's own limit is its stack; other threads have less of it than the first one.
TEST(adapter_condition, survives_deep_nesting_in_a_thread) {
    std::thread([] {
        const auto repeat = [](const std::string& what, int times) {
            std::string all;
            for (int i = 0; i < times; ++i) {
                all += what;
            }
            return all;
        };
        EXPECT_EQ(refusal(repeat("(", 8000) + "true" + repeat(")", 8000)), "65: it nests deeper than 64 parentheses");
        EXPECT_EQ(refusal(repeat("(SELECT ", 2000)), "513: it nests deeper than 64 parentheses");
        EXPECT_EQ(refusal(repeat("NOT ", 4000) + "true"), "8001: a statement is longer than 2000 words and signs");
        EXPECT_EQ(refusal(repeat("- ", 8000) + "1"), "4001: a statement is longer than 2000 words and signs");
        EXPECT_EQ(refusal("1" + repeat("+1", 8000)), "2001: a statement is longer than 2000 words and signs");
        EXPECT_EQ(refusal(repeat("CASE WHEN ", 1600)), "10001: a statement is longer than 2000 words and signs");
        EXPECT_EQ(refusal(std::string(20'000, ' ') + "true"), "16385: it is longer than 16384 bytes");
        // What is below the limits is parsed and walked.
        EXPECT_EQ(refusal(repeat("NOT ", 1900) + "true"), "");
        EXPECT_EQ(refusal("1" + repeat("+1", 990) + " > 0"), "");
        EXPECT_EQ(refusal(repeat("CASE WHEN true THEN ", 200) + "true" + repeat(" END", 200)), "");
        EXPECT_EQ(refusal(repeat("(", 60) + "true" + repeat(")", 60)), "");
    }).join();
}

TEST(adapter_condition, lists_its_functions) {
    const auto functions = everarchive::adapter::condition_functions();
    EXPECT_TRUE(std::is_sorted(functions.begin(), functions.end()));
    EXPECT_TRUE(std::find(functions.begin(), functions.end(), "marc_value") != functions.end());
    for (const std::string_view function : functions) {
        EXPECT_FALSE(function.starts_with("pg_")) << function;
    }
}

} // namespace
