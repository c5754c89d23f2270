#include "base/retry.hpp"

#include <gtest/gtest.h>

#include "base/progress_bar.hpp"
#include "pq/connection.hpp"

namespace {

using std::chrono::milliseconds;

TEST(backoff, grows_to_a_minute_and_begins_again) {
    everarchive::backoff pause;
    const milliseconds first = pause.next();
    EXPECT_GE(first, milliseconds{100});
    EXPECT_LE(first, milliseconds{400});
    milliseconds longest{0};
    for (int i = 0; i < 40; ++i) {
        const milliseconds wait = pause.next();
        EXPECT_LE(wait, milliseconds{60'000});
        longest = std::max(longest, wait);
    }
    EXPECT_GE(longest, milliseconds{15'000});
    pause.reset();
    EXPECT_LE(pause.next(), milliseconds{400});
}

TEST(backoff, waits_differ_so_that_programs_do_not_come_back_together) {
    everarchive::backoff pause;
    for (int i = 0; i < 12; ++i) {
        (void)pause.next();
    }
    const milliseconds one = pause.next();
    bool differs = false;
    for (int i = 0; i < 10; ++i) {
        differs = differs || pause.next() != one;
    }
    EXPECT_TRUE(differs);
}

TEST(transient, time_mends_connections_resources_and_locks_but_no_schema) {
    using everarchive::pq::is_transient;
    for (const char* passing : {"", "08006", "53100", "57P01", "40001", "40P01", "55006", "55P03"}) {
        EXPECT_TRUE(is_transient(passing)) << passing;
    }
    for (const char* lasting : {"42P01", "42501", "22P02", "23505", "28P01"}) {
        EXPECT_FALSE(is_transient(lasting)) << lasting;
    }
}

TEST(array_literal, quotes_what_an_array_would_read) {
    EXPECT_EQ(everarchive::pq::array_literal(std::vector<std::string>{"a", "", "b\"c", "d\\e", "{f},g", "NULL"}),
              R"({"a","","b\"c","d\\e","{f},g","NULL"})");
    EXPECT_EQ(everarchive::pq::array_literal({}), "{}");
}

TEST(progress, says_how_far) {
    using everarchive::progress_line;
    EXPECT_EQ(progress_line("copy", "rows", 500, 1'000, 2, 100),
              "copy [############            ]  50 %  500 of 1,000 rows  250/s");
    EXPECT_EQ(progress_line("copy", "rows", 1'234'567, 0, 0, 100), "copy  1,234,567 rows");
    // More rows than expected, because the source's statistics were old: never beyond the end.
    EXPECT_NE(progress_line("copy", "rows", 2'000, 1'000, 0, 100).find("100 %"), std::string::npos);
    EXPECT_EQ(progress_line("copy", "rows", 1, 2, 0, 10).size(), 10U);
    EXPECT_EQ(everarchive::grouped(-1'234), "-1,234");
    EXPECT_EQ(everarchive::grouped(100), "100");
}

} // namespace
