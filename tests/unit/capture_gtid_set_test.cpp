// Sets of MySQL's GTIDs.
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "capture/binlog_position.hpp"
#include "capture/gtid_set.hpp"

namespace everarchive::capture {
namespace {

const std::string one = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string two = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

gtid_set set(const std::string& text) {
    return gtid_set::parse(text);
}

TEST(gtid_set, the_text_is_the_servers_own) {
    EXPECT_EQ(set("").text(), "");
    EXPECT_EQ(set(" " + two + ":7 ,\n" + one + ":1-3:5").text(), one + ":1-3:5," + two + ":7");
    EXPECT_EQ(set(one + ":5:1-2:3-4:9-8").text(), one + ":1-5");
    EXPECT_EQ(set("3E11FA4771CA11E19E33C80AA9429562:1").text(), one + ":1");
    EXPECT_EQ(set(one + ":1-5:tag:2:other:1-3").text(), one + ":1-5:other:1-3:tag:2");
    EXPECT_EQ(set(one + ":TAG:2").text(), one + ":tag:2");
    const std::vector<std::string> refused{"x",
                                           one,
                                           one + ":",
                                           one + ":0",
                                           one + ":1-",
                                           one + ":1-x",
                                           one + ":9223372036854775807",
                                           "3e11fa47-71ca-11e1-9e33-c80aa942956:1",
                                           "3e11fa47:71ca"};
    for (const std::string& text : refused) {
        EXPECT_THROW(gtid_set::parse(text), error) << text;
    }
}

TEST(gtid_set, transactions_are_added_in_any_order) {
    gtid_set done;
    const gtid_origin origin = [] {
        gtid_origin made;
        made.uuid.fill(0x11);
        return made;
    }();
    for (const std::uint64_t number : {5U, 3U, 4U, 1U, 9U, 2U, 8U, 3U}) {
        done.add({origin, number});
    }
    EXPECT_EQ(done.text(), "11111111-1111-1111-1111-111111111111:1-5:8-9");
    EXPECT_TRUE(done.contains(mysql_gtid{origin, 8}));
    EXPECT_FALSE(done.contains(mysql_gtid{origin, 7}));
    EXPECT_FALSE(done.contains(mysql_gtid{{origin.uuid, "tag"}, 8}));
    EXPECT_EQ((mysql_gtid{{origin.uuid, "tag"}, 8}).text(), "11111111-1111-1111-1111-111111111111:tag:8");
}

TEST(gtid_set, differences_and_containment) {
    const gtid_set all = set(one + ":1-100:200-300," + two + ":1-10");
    EXPECT_TRUE(all.contains(set(one + ":50-60:250," + two + ":10")));
    EXPECT_FALSE(all.contains(set(one + ":100-101")));
    EXPECT_TRUE(all.contains(gtid_set{}));
    EXPECT_EQ(all.without(set(one + ":1-9:20-29:95-210:300")).text(), one + ":10-19:30-94:211-299," + two + ":1-10");
    EXPECT_EQ(all.without(set(one + ":1-1000")).text(), two + ":1-10");
    EXPECT_TRUE(all.without(all).empty());
    gtid_set joined = set(one + ":101-199");
    joined.add(all);
    EXPECT_EQ(joined.text(), one + ":1-300," + two + ":1-10");
}

TEST(gtid_set, transactions_are_counted) {
    const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    EXPECT_EQ(gtid_set::parse("").count(), 0U);
    EXPECT_EQ(gtid_set::parse(uuid + ":1-5:7:tag:2-3").count(), 8U);
    EXPECT_EQ(gtid_set::parse(uuid + ":1-9").without(gtid_set::parse(uuid + ":1-5:7")).count(), 3U);
}

TEST(gtid_set, the_form_of_the_dump_command) {
    const std::string plain = set(one + ":1-5").encoded();
    ASSERT_EQ(plain.size(), 8U + 16 + 8 + 16);
    EXPECT_EQ(plain.substr(0, 8), std::string("\1\0\0\0\0\0\0\0", 8));
    EXPECT_EQ(plain.substr(32), std::string("\1\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0", 16)); // the end is not in it
    const std::string tagged = set(one + ":1-5:tag:1").encoded();
    EXPECT_EQ(tagged.substr(0, 8), std::string("\1\2\0\0\0\0\0\1", 8));
    EXPECT_EQ(tagged[8 + 16], '\0'); // no tag
    EXPECT_EQ(set("").encoded(), std::string(8, '\0'));
}

TEST(binlog_position, an_overlap_ends_where_its_set_or_place_is_reached) {
    EXPECT_TRUE(binlog_position::parse("mysql:" + one + ":1-5|until " + one + ":1-9").overlaps());
    EXPECT_FALSE(binlog_position::parse("mysql:" + one + ":1-9|until " + one + ":1-9").overlaps());
    EXPECT_FALSE(binlog_position::parse("mysql:" + one + ":1-9").overlaps());
    EXPECT_TRUE(binlog_position::parse("file:binlog.000009:4|until binlog.000010:4").overlaps());
    EXPECT_FALSE(binlog_position::parse("file:binlog.000010:4|until binlog.000009:400").overlaps());
    EXPECT_FALSE(binlog_position::parse("file:binlog.1000000:4|until binlog.999999:400").overlaps());
    EXPECT_FALSE(binlog_position::parse("0-1-5").overlaps());
}

} // namespace
} // namespace everarchive::capture
