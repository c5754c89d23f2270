// Positions in MariaDB's binary log, and what the origin of a MariaDB source may say.
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "capture/binlog_position.hpp"
#include "capture/gtid_set.hpp"
#include "capture/mariadb_origin.hpp"

namespace everarchive::capture {
namespace {

TEST(gtid, a_list_keeps_one_id_a_domain_in_order) {
    gtid_list list = gtid_list::parse("7-1-9, 0-1-1234,\n1-1-55");
    EXPECT_EQ(list.text(), "0-1-1234,1-1-55,7-1-9");
    list.advance({1, 2, 3}); // another server, a smaller number: still the last of its domain
    list.advance({4, 1, 18446744073709551615U});
    EXPECT_EQ(list.text(), "0-1-1234,1-2-3,4-1-18446744073709551615,7-1-9");
    EXPECT_EQ(gtid_list::parse(list.text()), list);
    EXPECT_TRUE(gtid_list::parse("").empty());
}

TEST(gtid, the_distance_is_counted_in_each_domain) {
    const gtid_list ours = gtid_list::parse("0-1-10,2-1-7");
    EXPECT_EQ(ours.behind(gtid_list::parse("0-3-12,2-1-7")), 2U);
    EXPECT_EQ(ours.behind(gtid_list::parse("0-1-10,1-1-4,2-1-8")), 5U) << "a domain that we have nothing of";
    EXPECT_EQ(ours.behind(gtid_list::parse("0-1-9")), 0U) << "asked a moment ago";
}

TEST(gtid, a_position_names_the_place_in_the_file) {
    for (const char* text :
         {"0-1-1234,1-1-55|binlog.000003:4711", "0-1-1", "|binlog.000001:4", "", "0-1-1|binlog.000001:4@17",
          "file:binlog.000003:4711@1", "file:binlog.000003:4@1|until binlog.000003:9000@1",
          "mysql:3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5|binlog.000003:4711@1",
          "mysql:3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5|until "
          "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-9:11",
          "mysql:"}) {
        EXPECT_EQ(binlog_position::parse(text).text(), text);
    }
    const binlog_position odd = binlog_position::parse("0-1-1|dir:with:colons.000001:5000000000");
    EXPECT_EQ(odd.place.file, "dir:with:colons.000001");
    EXPECT_EQ(odd.place.offset, 5'000'000'000U);
}

TEST(gtid, what_is_no_position_is_refused) {
    for (const char* text : {"x", "0-1", "0-1-", "0-1-2,", "0-1-2,,1-1-1", "4294967296-1-1", "0-1-18446744073709551616",
                             "-1-1-1", "0-1-2|file", "0-1-2|:4", "0-1-2|file:", "0-1-2|file:x", "0/16B3748"}) {
        EXPECT_THROW(binlog_position::parse(text), error) << text;
    }
}

TEST(mariadb_origin, options_are_read_and_secrets_refused) {
    const mariadb_origin origin =
        parse_mariadb_origin("defaults-group=koha,database=koha_x,host=db,port=3307,ssl-ca=/ca.pem");
    EXPECT_EQ(origin.defaults_group, "koha");
    EXPECT_EQ(origin.database, "koha_x");
    EXPECT_EQ(origin.host, "db");
    EXPECT_EQ(origin.port, 3307U);
    EXPECT_EQ(origin.ssl_ca, "/ca.pem");
    EXPECT_EQ(parse_mariadb_origin("").defaults_group, "everarchive");
    for (const char* text : {"password=x", "user=x", "pwd=x", "port=0", "port=x", "port=65536", "host=", "host",
                             "unknown=1", ",", "server-id=4294967296"}) {
        EXPECT_THROW(parse_mariadb_origin(text), error) << text;
    }
    try {
        parse_mariadb_origin("password=hunter2");
    } catch (const error& thrown) {
        EXPECT_EQ(thrown.code(), exit_code::arguments);
        EXPECT_EQ((std::string(thrown.what()) + thrown.hint()).find("hunter2"), std::string::npos);
    }
}

TEST(mariadb_origin, a_source_has_one_server_id_and_another_source_another) {
    const mariadb_origin koha = parse_mariadb_origin("database=koha");
    EXPECT_EQ(reader_of(koha, "koha_main").server_id, reader_of(koha, "koha_main").server_id);
    EXPECT_NE(reader_of(koha, "koha_main").server_id, reader_of(koha, "koha_test").server_id);
    EXPECT_NE(reader_of(koha, "koha_main").server_id,
              reader_of(parse_mariadb_origin("database=other"), "koha_main").server_id);
    EXPECT_GE(reader_of(koha, "x").server_id, 3'000'000'000UL);
    EXPECT_LT(reader_of(koha, "x").server_id, 4'000'000'000UL);
    EXPECT_EQ(reader_of(parse_mariadb_origin("server-id=4711"), "x").server_id, 4711UL);
}

} // namespace
} // namespace everarchive::capture
