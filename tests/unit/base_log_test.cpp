// One line an event, and no secret in it.
#include "base/log.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <random>
#include <regex>
#include <sstream>

namespace {

namespace log = everarchive::log;

TEST(redact, secrets_are_not_shown) {
    EXPECT_EQ(log::redact("host=a password=hunter2 dbname=b"), "host=a password=[secret] dbname=b");
    EXPECT_EQ(log::redact("password = 'hunter 2' x"), "password = [secret] x");
    EXPECT_EQ(log::redact("PASSWD=hunter2,user=x"), "PASSWD=[secret],user=x");
    EXPECT_EQ(log::redact("sslpassword=hunter2"), "sslpassword=[secret]");
    EXPECT_EQ(log::redact("postgresql://me:hunter2@host/db"), "postgresql://me:[secret]@host/db");
    EXPECT_EQ(log::redact("password authentication failed"), "password authentication failed");
}

/// What redact() has to find, said as regular expressions. They recurse for each character: only for short texts.
std::string redact_by_rule(const std::string& text) {
    static const std::regex secret(
        R"(((?:ssl)?passw(?:or)?d\s*[=:]\s*)(?!\[secret\])('(?:[^'\\]|\\.)*'|"[^"]*"|[^\s,;&]+))", std::regex::icase);
    static const std::regex user_info(R"((://[^/\s:@]+):([^@/\s]+)@)");
    return std::regex_replace(std::regex_replace(text, secret, "$1[secret]"), user_info, "$1:[secret]@");
}

TEST(redact, finds_what_the_rule_says_in_any_text) {
    const std::vector<std::string> parts{"password", "PassWd",   "ssl", "passw", "=", ":", " ", "\n", "'",  "\"",
                                         "\\",       "[secret]", "://", "/",     "@", ",", "&", "x",  "\t", "%7"};
    std::minstd_rand random(7);
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (auto left = random() % 14; left > 0; --left) {
            text += parts[random() % parts.size()];
        }
        ASSERT_EQ(log::redact(text), redact_by_rule(text)) << text;
    }
}

TEST(redact, a_text_of_any_length_is_no_danger) {
    const std::string filler(2'000'000, 'x');
    std::string quotes;
    while (quotes.size() < 2'000'000) {
        quotes += "password='\\\npassword=\"a ://b:c ://";
    }
    // What recursed, or looked back from each place, would overflow the stack or not end here.
    EXPECT_EQ(log::redact("a://" + filler), "a://" + filler);
    EXPECT_EQ(log::redact("a://me:" + filler + "@host"), "a://me:[secret]@host");
    EXPECT_EQ(log::redact("password='" + filler + "'"), "password=[secret]");
    EXPECT_EQ(log::redact("password=" + filler), "password=[secret]");
    EXPECT_EQ(log::redact(std::string(2'000'000, ' ')).size(), 2'000'000U);
    (void)log::redact(quotes);
}

class log_lines : public testing::Test {
  protected:
    void SetUp() override { before_ = std::clog.rdbuf(out_.rdbuf()); }
    void TearDown() override { std::clog.rdbuf(before_); }
    std::ostringstream out_;

  private:
    std::streambuf* before_ = nullptr;
};

TEST_F(log_lines, an_event_is_a_line_that_can_be_taken_apart) {
    log::start(log::severity::info);
    log::write(log::severity::debug, "apply", "not shown");
    log::write(log::severity::warning, "apply", "a row went to quarantine",
               {{"source", "koha_main"}, {"position", "0-1-7"}, {"why", "said \"no\"\nand left"}, {"empty", ""}});
    log::write(log::severity::error, "capture", "refused: password=hunter2", {{"conninfo", "password=hunter2"}});
    std::istringstream lines(out_.str());
    std::string first;
    std::string second;
    std::string third;
    ASSERT_TRUE(std::getline(lines, first));
    ASSERT_TRUE(std::getline(lines, second));
    EXPECT_FALSE(std::getline(lines, third));
    EXPECT_TRUE(std::regex_match(
        first, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z warning apply a row went to quarantine )"
                          R"(source=koha_main position=0-1-7 why="said \\"no\\"\\nand left" empty="")")))
        << first;
    EXPECT_EQ(second.find("hunter2"), std::string::npos) << second;
    EXPECT_NE(second.find("error capture refused: password=[secret]"), std::string::npos) << second;
}

} // namespace
