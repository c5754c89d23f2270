// Where a piece of rows lies in the source's history, and the digest of a row.
#include <gtest/gtest.h>

#include "capture/mariadb_stream.hpp"
#include "capture/postgresql_readers.hpp"
#include "capture/row_digest.hpp"

namespace {

using namespace everarchive::capture;

TEST(capture_chunk, a_snapshot_of_postgresql_is_read) {
    read_point point;
    postgresql::read_snapshot("4294967300:4294967310:4294967300,4294967305", point);
    EXPECT_EQ(point.xmax, 14U);
    EXPECT_EQ(point.running, (std::vector<std::uint32_t>{4, 9}));
    EXPECT_FALSE(point.has_seen(4));
    EXPECT_TRUE(point.has_seen(5));
    EXPECT_FALSE(point.has_seen(14));
    EXPECT_TRUE(point.has_seen(4'294'967'295U));
    read_point quiet;
    postgresql::read_snapshot("10:10:", quiet);
    EXPECT_TRUE(quiet.running.empty());
    EXPECT_TRUE(quiet.has_seen(9));
    EXPECT_FALSE(quiet.has_seen(10));
}

TEST(capture_chunk, no_record_ends_behind_the_header_of_a_page) {
    constexpr std::uint64_t block = 8192;
    constexpr std::uint64_t segment = 16 * 1024 * 1024;
    EXPECT_EQ(postgresql::last_record_end(5 * block + 24, block, segment), 5 * block);
    EXPECT_EQ(postgresql::last_record_end(5 * block + 40, block, segment), 5 * block + 40);
    EXPECT_EQ(postgresql::last_record_end(2 * segment + 40, block, segment), 2 * segment);
    EXPECT_EQ(postgresql::last_record_end(2 * segment + 24, block, segment), 2 * segment + 24);
    EXPECT_EQ(postgresql::last_record_end(5 * block, block, segment), 5 * block);
    EXPECT_EQ(postgresql::last_record_end(5 * block + 4000, block, segment), 5 * block + 4000);
}

TEST(capture_chunk, an_exported_snapshot_may_say_an_xmin_after_its_xmax) {
    EXPECT_EQ(postgresql::readable_snapshot("53503:53502:"), "53503:53503:");
    EXPECT_EQ(postgresql::readable_snapshot("53502:53502:"), "53502:53502:");
    EXPECT_EQ(postgresql::readable_snapshot("7:5000000000:7,9"), "7:5000000000:7,9");
}

TEST(capture_chunk, a_binary_log_is_passed_by_its_files) {
    EXPECT_TRUE(has_passed_binlog("0-1-5|binlog.000002:100", "|binlog.000002:100"));
    EXPECT_FALSE(has_passed_binlog("0-1-5|binlog.000002:99", "|binlog.000002:100"));
    EXPECT_TRUE(has_passed_binlog("0-1-5|binlog.000010:4", "|binlog.000009:100"));
    EXPECT_FALSE(has_passed_binlog("0-1-5|binlog.000009:400", "0-1-6|binlog.000010:4"));
}

TEST(capture_chunk, or_by_its_gtids_when_nothing_followed_a_rotation_or_the_server_is_another) {
    EXPECT_TRUE(has_passed_binlog("0-1-5|binlog.000002:99", "0-1-5|binlog.000003:300"));
    EXPECT_TRUE(has_passed_binlog("0-2-9|other.000001:99", "0-1-8|binlog.000003:300"));
    EXPECT_FALSE(has_passed_binlog("0-2-7|other.000001:99", "0-1-8|binlog.000003:300"));
    EXPECT_FALSE(has_passed_binlog("0-2-9|other.000001:99", "0-1-8,3-1-1|binlog.000003:300"));
    EXPECT_FALSE(has_passed_binlog("0-2-9|other.000001:99", "|binlog.000003:300"));
}

TEST(capture_chunk, a_digest_tells_null_from_empty_and_one_column_from_the_next) {
    EXPECT_EQ(md5_of("abc"), "900150983cd24fb0d6963f7d28e17f72");
    const std::vector<std::size_t> both{0, 1};
    const auto digest = [&](const cell& a, const cell& b) {
        const std::vector<cell> row{a, b};
        return digest_of(row, both);
    };
    EXPECT_EQ(digest(cell::of("ab"), cell::null()), md5_of("2:abN"));
    EXPECT_NE(digest(cell::of(""), cell::of("")), digest(cell::null(), cell::of("")));
    EXPECT_NE(digest(cell::of("a"), cell::of("bc")), digest(cell::of("ab"), cell::of("c")));
    EXPECT_NE(digest(cell::of("N"), cell::of("")), digest(cell::null(), cell::of("")));
}

} // namespace
