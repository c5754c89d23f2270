// Timelines of PostgreSQL servers, and which types fit which.
#include <gtest/gtest.h>

#include "capture/postgresql_timeline.hpp"
#include "capture/postgresql_type.hpp"

namespace everarchive::capture::postgresql {

TEST(timeline, identity_in_text_and_back) {
    const server_identity three = server_identity::parse("7412/ever, timeline 3, timeline 12");
    EXPECT_EQ(three.server, "7412/ever, timeline 3");
    EXPECT_EQ(three.timeline, 12U);
    EXPECT_EQ(three.text(), "7412/ever, timeline 3, timeline 12");
    const server_identity old = server_identity::parse("7412/evergreen"); // as 0.1.0 stored it
    EXPECT_EQ(old.server, "7412/evergreen");
    EXPECT_FALSE(old.timeline);
    EXPECT_EQ(old.text(), "7412/evergreen");
}

TEST(timeline, history_says_where_each_one_ended) {
    const std::string history = "1\t0/3000110\tno recovery target specified\n\n"
                                "# a comment\n"
                                "2\t0/5000000\tbefore 2026-01-01 00:00:00+00\n"
                                " 12 1/B374D848";
    EXPECT_EQ(end_of_timeline(history, 1), 0x3000110U);
    EXPECT_EQ(end_of_timeline(history, 2), 0x5000000U);
    EXPECT_EQ(end_of_timeline(history, 12), 0x1B374D848U);
    EXPECT_FALSE(end_of_timeline(history, 3));
    EXPECT_FALSE(end_of_timeline("", 1));
}

TEST(types, what_fits_what) {
    EXPECT_TRUE(fits("integer", "bigint"));
    EXPECT_FALSE(fits("bigint", "integer"));
    EXPECT_TRUE(fits("timestamp with time zone", "text"));
    EXPECT_FALSE(fits("bytea", "text"));
    EXPECT_TRUE(fits("smallint[]", "integer[]"));
    EXPECT_FALSE(fits("integer[]", "integer"));
    EXPECT_EQ(builtin_type(3802U), "jsonb");
    EXPECT_EQ(builtin_type(1U), "");
    EXPECT_EQ(builtin_type("int4"), "integer");
    EXPECT_EQ(builtin_type("mood"), "");
    EXPECT_EQ(without_length("character varying(20)"), "character varying");
    EXPECT_EQ(without_length("timestamp(3) with time zone"), "timestamp with time zone");
    EXPECT_EQ(without_length("bigint"), "bigint");
}

} // namespace everarchive::capture::postgresql
