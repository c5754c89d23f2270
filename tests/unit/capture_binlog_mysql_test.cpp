// What MySQL's binary log has that MariaDB's has not: its GTIDs, compressed transactions, JSON, tables without the
// names of their columns, and snapshots that overlap with the stream.
#include <gtest/gtest.h>

#include <random>

#include <zstd.h>

#include "capture/binlog_json.hpp"
#include "capture_binlog_events.hpp"
#include "one_in.hpp"

namespace everarchive::capture {
namespace {

using outcome = binlog_decoder::outcome;

const std::string uuid_text = "31313131-3131-3131-3131-313131313131";

/// MySQL's GTID event: flags, UUID, number, and what is not looked at.
std::string mysql_gtid_event(std::uint64_t number) {
    return event(33, std::string(1, '\1') + std::string(16, '1') + little(number, 8) + std::string(17, '\2'));
}

class mysql_binlog : public testing::Test {
  protected:
    mysql_binlog() : adapter_(koha()) {
        schema_.database = "koha";
        start("mysql:" + uuid_text + ":1-5|binlog.000001:400");
    }

    void start(const std::string& position) {
        decoder_ =
            std::make_unique<binlog_decoder>(adapter_, schema_, binlog_position::parse(position), event_checksum::none);
        batch_ = batch();
    }

    outcome read(const std::string& bytes) { return decoder_->read(bytes, batch_); }

    outcome insert(std::uint64_t number, int id) {
        read(mysql_gtid_event(number));
        read(event(2, query_body("koha", "BEGIN")));
        read(event(19, table_map_body()));
        read(event(30, little(18, 6) + little(1, 2) + little(2, 2) + little(5, 1) + "\x1f" + row(id, 1, "title", 1)));
        return read(event(16, little(99, 8)));
    }

    adapter::adapter adapter_;
    binlog_schema schema_;
    std::unique_ptr<binlog_decoder> decoder_;
    batch batch_;
};

TEST_F(mysql_binlog, transactions_move_the_set) {
    EXPECT_EQ(insert(7, 1), outcome::transaction_ended);
    EXPECT_EQ(decoder_->position().text(), "mysql:" + uuid_text + ":1-5:7|binlog.000001:4711");
    EXPECT_EQ(insert(6, 2), outcome::transaction_ended);
    EXPECT_EQ(decoder_->position().executed.text(), uuid_text + ":1-7");
    EXPECT_EQ(batch_.changes.size(), 2U);
    EXPECT_EQ(batch_.ends.size(), 2U);
    // DDL ends its transaction without a COMMIT; a table that is made of a query goes on with its rows.
    read(mysql_gtid_event(8));
    EXPECT_EQ(read(event(2, query_body("koha", "ALTER TABLE other ADD COLUMN a int"))), outcome::transaction_ended);
    read(mysql_gtid_event(9));
    EXPECT_EQ(read(event(2, query_body("koha", "CREATE TABLE x (id int) START TRANSACTION"))), outcome::goes_on);
    EXPECT_EQ(read(event(16, little(99, 8))), outcome::transaction_ended);
    EXPECT_EQ(decoder_->position().executed.text(), uuid_text + ":1-9");
    EXPECT_THROW(read(event(34, std::string(42, '\0'))), error); // without a GTID where the position is a set
}

TEST_F(mysql_binlog, a_compressed_transaction_is_unpacked_event_by_event) {
    std::string plain = event(2, query_body("koha", "BEGIN")) + event(19, table_map_body());
    for (int id = 0; id < 500; ++id) {
        plain += event(23, rows_body("\x1f", row(id, 1, std::string(2000, 'x'), 1)));
    }
    plain += event(16, little(99, 8));
    std::string packed(ZSTD_compressBound(plain.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3));
    const auto payload = [&](int algorithm, const std::string& bytes) {
        return event(40, std::string("\2\1", 2) + static_cast<char>(algorithm) + "\1\3\xfc" + little(bytes.size(), 2) +
                             std::string(1, '\0') + bytes);
    };
    const std::string whole = payload(0, packed);
    read(mysql_gtid_event(6));
    EXPECT_EQ(read(whole), outcome::goes_on);
    std::size_t parts = 0;
    outcome last = outcome::goes_on;
    while (decoder_->has_more()) {
        const outcome one = decoder_->read_more(batch_);
        last = one == outcome::transaction_ended ? one : last;
        ++parts;
    }
    EXPECT_EQ(last, outcome::transaction_ended);
    EXPECT_EQ(parts, 504U);
    EXPECT_EQ(batch_.changes.size(), 500U);
    EXPECT_EQ(decoder_->position().executed.text(), uuid_text + ":1-6");
    // Cut, unknown, or within itself.
    for (const std::string& broken :
         {payload(0, packed.substr(0, packed.size() / 2)), payload(7, packed), payload(0, "no zstd at all")}) {
        start("mysql:" + uuid_text + ":1-5|binlog.000001:400");
        read(mysql_gtid_event(6));
        EXPECT_THROW(
            {
                read(broken);
                while (decoder_->has_more()) {
                    decoder_->read_more(batch_);
                }
            },
            error);
    }
}

TEST_F(mysql_binlog, what_the_snapshot_may_hold_is_one_transaction) {
    start("mysql:" + uuid_text + ":1-5|binlog.000001:400|until " + uuid_text + ":1-7");
    EXPECT_TRUE(decoder_->in_transaction());
    EXPECT_EQ(insert(7, 1), outcome::goes_on);
    EXPECT_TRUE(decoder_->in_transaction());
    EXPECT_EQ(batch_.transactions, 0U);
    EXPECT_EQ(insert(6, 2), outcome::transaction_ended);
    EXPECT_FALSE(decoder_->in_transaction());
    EXPECT_EQ(batch_.transactions, 1U);
    EXPECT_EQ(batch_.ends, (std::vector<transaction_end>{{2}}));
    EXPECT_EQ(decoder_->position().text(), "mysql:" + uuid_text + ":1-7|binlog.000001:4711");
    EXPECT_EQ(insert(8, 3), outcome::transaction_ended);
    EXPECT_EQ(batch_.transactions, 2U);
    // By file it ends where the place is passed, also by an event that is no transaction.
    start("file:binlog.000001:400|until binlog.000001:4711");
    EXPECT_TRUE(decoder_->in_transaction());
    EXPECT_EQ(read(event(35, std::string(8, '\0'))), outcome::transaction_ended);
    EXPECT_FALSE(decoder_->in_transaction());
    EXPECT_EQ(decoder_->position().text(), "file:binlog.000001:4711");
}

/// The columns of koha.biblio as information_schema has them.
std::vector<layout_column> layout() {
    std::vector<layout_column> columns(5);
    const auto column = [&](std::size_t at, const char* name, column_type type, std::uint16_t detail, value_kind kind) {
        columns[at].map.name = name;
        columns[at].map.type = type;
        columns[at].map.detail = detail;
        columns[at].kind = kind;
    };
    column(0, "secret", column_type::varchar, 40, value_kind::text);
    column(1, "biblionumber", column_type::integer, 0, value_kind::integer);
    column(2, "big", column_type::big, 0, value_kind::integer);
    column(3, "title", column_type::blob, 4, value_kind::text);
    column(4, "kind", column_type::enumeration, 1, value_kind::enumeration);
    columns[2].map.is_unsigned = true;
    columns[3].map.collation = 8;
    columns[4].map.labels = {"a", "b"};
    columns[4].map.collation = 45;
    return columns;
}

TEST_F(mysql_binlog, columns_without_names_are_those_of_information_schema_if_they_fit) {
    const auto read_row = [&] {
        read(mysql_gtid_event(6));
        read(event(2, query_body("koha", "BEGIN")));
        read(event(19, table_map_body(false)));
        read(event(23, rows_body("\x1f", row(-5, 9'223'372'036'854'775'807U, "caf\xe9", 2))));
        read(event(16, little(99, 8)));
    };
    schema_.never_named = true;
    schema_.layouts = {layout()};
    schema_.read_at = binlog_position::parse("mysql:" + uuid_text + ":1-5");
    start("mysql:" + uuid_text + ":1-5|binlog.000001:400");
    read_row();
    ASSERT_EQ(batch_.changes.size(), 1U);
    EXPECT_EQ(batch_.changes[0].row[0].text, "-5");
    EXPECT_EQ(batch_.changes[0].row[1].text, "caf\u00e9");
    EXPECT_EQ(batch_.changes[0].row[3].text, "b");
    // Another type, another length, another number of columns: the table is left out and told.
    for (int fault = 0; fault < 3; ++fault) {
        schema_.layouts = {layout()};
        if (fault == 0) {
            schema_.layouts[0][1].map.type = column_type::small;
        } else if (fault == 1) {
            schema_.layouts[0][0].map.detail = 80;
        } else {
            schema_.layouts[0].pop_back();
        }
        start("mysql:" + uuid_text + ":1-5|binlog.000001:400");
        read_row();
        EXPECT_TRUE(batch_.changes.empty());
        ASSERT_EQ(batch_.troubles.size(), 1U);
        EXPECT_NE(batch_.troubles[0].what.find("information_schema"), std::string::npos);
    }
    // Where the server could name them, it has to.
    schema_.layouts = {layout()};
    schema_.never_named = false;
    start("mysql:" + uuid_text + ":1-5|binlog.000001:400");
    EXPECT_THROW(read_row(), error);
}

TEST_F(mysql_binlog, a_schema_that_was_read_after_an_alter_troubles_the_table) {
    schema_.never_named = true;
    schema_.layouts = {layout()};
    for (const bool late : {false, true}) {
        schema_.read_at = binlog_position::parse("mysql:" + uuid_text + (late ? ":1-7" : ":1-5"));
        start("mysql:" + uuid_text + ":1-5|binlog.000001:400");
        int reads = 0;
        decoder_->read_schema_with([&] {
            ++reads;
            return schema_;
        });
        const auto insert_nameless = [&](std::uint64_t number) {
            read(mysql_gtid_event(number));
            read(event(2, query_body("koha", "BEGIN")));
            read(event(19, table_map_body(false)));
            read(event(23, rows_body("\x1f", row(1, 1, "t", 2))));
            read(event(16, little(99, 8)));
        };
        insert_nameless(6);
        read(mysql_gtid_event(7));
        read(event(2, query_body("koha", "ALTER TABLE biblio CHANGE title secret2 longtext")));
        EXPECT_EQ(batch_.troubles.size(), late ? 1U : 0U);
        EXPECT_EQ(reads, 0);
        insert_nameless(8);
        EXPECT_EQ(reads, 1);
        insert_nameless(9);
        EXPECT_EQ(reads, 1);
        EXPECT_EQ(batch_.changes.size(), 3U);
    }
}

TEST_F(mysql_binlog, a_row_that_leaves_columns_out_gets_their_defaults) {
    schema_.layouts = {layout()};
    using fallback = layout_column::fallback;
    schema_.layouts[0][2].otherwise = fallback::null;
    schema_.layouts[0][3].otherwise = fallback::text;
    schema_.layouts[0][3].otherwise_text = "caf\u00e9";
    start("mysql:" + uuid_text + ":1-5|binlog.000001:400");
    read(mysql_gtid_event(6));
    read(event(2, query_body("koha", "BEGIN")));
    read(event(19, table_map_body()));
    const std::string bytes = std::string(1, '\0') + little(7, 4) + little(1, 1); // biblionumber and kind
    read(event(23, rows_body("\x12", bytes)));
    ASSERT_EQ(batch_.changes.size(), 1U);
    EXPECT_EQ(batch_.changes[0].row[0], cell::of("7"));
    EXPECT_EQ(batch_.changes[0].row[1], cell::of("caf\u00e9"));
    EXPECT_EQ(batch_.changes[0].row[2], cell::null());
    EXPECT_EQ(batch_.changes[0].row[3], cell::of("a"));
}

TEST(binlog_json, hostile_documents_are_refused) {
    std::string room;
    EXPECT_EQ(text_of_json("", value_target::text, room).text, "null");
    EXPECT_EQ(text_of_json(std::string("\x05\xff\xff", 3), value_target::text, room).text, "-1");
    EXPECT_EQ(text_of_json(std::string("\x02\x00\x00\x04\x00", 5), value_target::text, room).text, "[]");
    // An array whose only element is itself, and one that doubles at each depth.
    EXPECT_THROW(text_of_json(std::string("\x02\x01\x00\x07\x00\x02\x00\x00", 8), value_target::text, room), malformed);
    EXPECT_THROW(
        text_of_json(std::string("\x02\x02\x00\x0a\x00\x02\x00\x00\x02\x00\x00", 11), value_target::text, room),
        malformed);
    std::mt19937 random(7);
    const std::string good("\x00\x01\x00\x10\x00\x0b\x00\x01\x00\x0c\x0c\x00\x61\x03\x61\x62\x63", 17);
    EXPECT_EQ(text_of_json(good, value_target::text, room).text, R"({"a": "abc"})");
    for (std::size_t turn = 0; turn < 20'000 / one_in(); ++turn) {
        std::string bytes = good;
        for (int flips = 0; flips < 3; ++flips) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        bytes.resize(random() % (bytes.size() + 1));
        try {
            text_of_json(bytes, value_target::text, room);
        } catch (const malformed&) {
            // refused, as it should be
        }
    }
}

} // namespace
} // namespace everarchive::capture
