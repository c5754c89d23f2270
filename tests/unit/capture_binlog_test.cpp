// The decoder of MariaDB's binary log over events made here by the layouts of sql/log_event.h, and over broken ones:
// each is decoded or refused with its position, never passed over and never a crash.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "capture/mariadb_value.hpp"
#include "capture_binlog_events.hpp"
#include "one_in.hpp"

namespace everarchive::capture {
namespace {

class binlog : public testing::Test {
  protected:
    binlog() : adapter_(koha()) {
        schema_.database = "koha";
        decoder_ = fresh();
    }

    std::unique_ptr<binlog_decoder> fresh() const {
        return std::make_unique<binlog_decoder>(adapter_, schema_, binlog_position::parse("0-1-1|binlog.000001:400"),
                                                event_checksum::none);
    }

    binlog_decoder::outcome read(const std::string& bytes) { return decoder_->read(bytes, batch_); }

    void begin(std::uint64_t sequence = 2, int flags = 12) { read(event(162, gtid_body(sequence, flags))); }

    void expect_refused(const std::string& bytes, const std::string& what) {
        try {
            read(bytes);
            ADD_FAILURE() << "not refused: " << what;
        } catch (const error& thrown) {
            EXPECT_EQ(thrown.why(), cause::needs_person);
            EXPECT_NE(std::string(thrown.what()).find(what), std::string::npos) << thrown.what();
            EXPECT_NE(std::string(thrown.what()).find("binlog.000001:"), std::string::npos) << thrown.what();
            EXPECT_FALSE(thrown.hint().empty());
        }
    }

    /// The event is read, and the table of the adapter cannot be followed because of it.
    void expect_trouble(const std::string& bytes, const std::string& what) {
        batch_.troubles.clear();
        read(bytes);
        ASSERT_EQ(batch_.troubles.size(), 1U) << what;
        EXPECT_EQ(batch_.troubles[0].table, 0U);
        EXPECT_NE(batch_.troubles[0].what.find(what), std::string::npos) << batch_.troubles[0].what;
        EXPECT_NE(batch_.troubles[0].what.find("binlog.000001:"), std::string::npos) << batch_.troubles[0].what;
        EXPECT_NE(batch_.troubles[0].mend.find("resync NAME --table biblio"), std::string::npos)
            << batch_.troubles[0].mend;
    }

    adapter::adapter adapter_;
    binlog_schema schema_;
    std::unique_ptr<binlog_decoder> decoder_;
    batch batch_;
};

TEST_F(binlog, a_transaction_becomes_changes_and_a_position) {
    begin();
    read(event(19, table_map_body()));
    read(event(23, rows_body("\x1f", row(-5, 9'223'372'036'854'775'807U, "caf\xe9", 2) + row(6, 1, "", 1))));
    read(event(24, rows_body("\x1f\x1f", row(6, 1, "old", 1) + row(7, 1, "new", 0))));
    read(event(25, rows_body("\x1f", row(7, 1, "new", 0))));
    EXPECT_EQ(read(event(16, little(99, 8))), binlog_decoder::outcome::transaction_ended);
    ASSERT_EQ(batch_.changes.size(), 4U);
    EXPECT_EQ(batch_.changes[0].row[0].text, "-5");
    EXPECT_EQ(batch_.changes[0].row[1].text, "caf\u00e9");
    EXPECT_EQ(batch_.changes[0].row[2].text, "9223372036854775807");
    EXPECT_EQ(batch_.changes[0].row[3].text, "b");
    EXPECT_EQ(batch_.changes[1].row[1], cell::of(""));
    EXPECT_EQ(batch_.changes[2].what, operation::update);
    EXPECT_EQ(batch_.changes[2].old[0].text, "6");
    EXPECT_EQ(batch_.changes[2].old[1].is, cell::state::absent);
    EXPECT_EQ(batch_.changes[2].row[3].text, ""); // number 0 of an enum
    EXPECT_EQ(batch_.changes[3].what, operation::remove);
    EXPECT_EQ(batch_.changes[3].row[0].text, "7");
    EXPECT_EQ(batch_.transactions, 1U);
    EXPECT_EQ(decoder_->position().text(), "0-1-2|binlog.000001:4711");
    for (const change& each : batch_.changes) {
        for (const cell& value : each.row) {
            EXPECT_EQ(value.text.find("secret"), std::string_view::npos);
        }
    }
}

TEST_F(binlog, compressed_events_and_second_version_are_the_same_rows) {
    const std::string rows = row(1, 2, std::string(5000, 'x'), 1);
    std::string packed(compressBound(rows.size()), '\0');
    uLongf size = packed.size();
    compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()), rows.size());
    packed.resize(size);
    std::string head = "\x82";
    head += static_cast<char>(rows.size() >> 8U);
    head += static_cast<char>(rows.size() & 0xffU);
    begin();
    read(event(19, table_map_body()));
    read(event(166, rows_body("\x1f", head + packed)));
    read(event(30, little(18, 6) + little(1, 2) + little(4, 2) + "??" + little(5, 1) + "\x1f" + rows));
    ASSERT_EQ(batch_.changes.size(), 2U);
    EXPECT_EQ(batch_.changes[0].row[1].text, std::string(5000, 'x'));
    EXPECT_EQ(batch_.changes[1].row[1].text, batch_.changes[0].row[1].text);
    std::string bomb = "\x84\x3f\xff\xff\xff" + packed;
    expect_refused(event(166, rows_body("\x1f", bomb)), "cannot unpack");
}

TEST_F(binlog, absent_is_not_null) {
    begin();
    read(event(19, table_map_body()));
    // Old image: only biblionumber; new image: title and kind, kind NULL.
    const std::string bytes = std::string(1, '\0') + little(1, 4) + std::string("\x02", 1) + little(1, 4) + "t";
    read(event(24, rows_body("\x02\x18", bytes)));
    ASSERT_EQ(batch_.changes.size(), 1U);
    EXPECT_EQ(batch_.changes[0].row[0], cell::of("1")); // the key, from the old image
    EXPECT_EQ(batch_.changes[0].row[1], cell::of("t"));
    EXPECT_EQ(batch_.changes[0].row[2].is, cell::state::absent);
    EXPECT_EQ(batch_.changes[0].row[3], cell::null());
    expect_refused(event(23, rows_body("\x0a", std::string(1, '\0') + little(1, 4) + little(0, 4))),
                   "binlog_row_image");
}

TEST_F(binlog, checksums_are_checked) {
    read(format_description_event(1));
    read(event(162, gtid_body(2, 12), true));
    std::string broken = event(19, table_map_body(), true);
    broken[30] = static_cast<char>(broken[30] ^ 1);
    expect_refused(broken, "checksum");
    decoder_ = fresh();
    read(format_description_event(0));
    begin();
    decoder_ = std::make_unique<binlog_decoder>(adapter_, schema_, binlog_position{}); // knows nothing yet
    read(event(4, little(4, 8) + "binlog.000009", true));
    read(event(4, little(4, 8) + "binlog.000009", false));
}

TEST_F(binlog, what_cannot_be_right_is_refused_with_its_position) {
    expect_refused(event(172, "x"), "events of type 172 are not known");
    EXPECT_EQ(read(event(172, "x", false, 0x80)),
              binlog_decoder::outcome::goes_on); // says itself that it may be ignored
    expect_refused(event(26, little(1, 2)), "incident");
    // An encrypted file says so, and the server sends its events decrypted.
    EXPECT_EQ(read(event(164, "x")), binlog_decoder::outcome::goes_on);
    expect_refused(event(16, little(99, 8)), "no GTID");
    expect_refused(event(23, rows_body("\x1f", "")), "outside a transaction");
    begin();
    expect_refused(event(162, gtid_body(3, 12)), "has ended");
    expect_refused(event(23, rows_body("\x1f", row(1, 1, "", 1))), "before the table map");
    expect_refused(event(19, table_map_body(false)), "binlog_row_metadata");
    read(event(19, table_map_body()));
    expect_refused(event(23, rows_body("\x1f", row(1, 1, "", 1) + "x")), "too early");
    expect_refused(event(23, little(18, 6) + little(1, 2) + little(6, 1) + "\x3f"), "rows of 6 columns");
    expect_refused(event(18, "x"), "LOAD DATA");
    expect_refused(event(2, query_body("koha", "UPDATE biblio SET title = 'x'")), "binlog_format");
    try { // what a statement says of patrons goes to no log
        read(event(2, query_body("koha", "UPDATE borrowers SET surname = 'patron-secret', dateofbirth = 19700101")));
        ADD_FAILURE() << "not refused";
    } catch (const error& thrown) {
        EXPECT_NE(std::string(thrown.what()).find("UPDATE borrowers"), std::string::npos) << thrown.what();
        EXPECT_EQ(std::string(thrown.what()).find("secret"), std::string::npos) << thrown.what();
        EXPECT_EQ(std::string(thrown.what()).find("1970"), std::string::npos) << thrown.what();
    }
    expect_refused(event(2, query_body("other", "INSERT INTO koha.biblio VALUES (1)")), "binlog_format");
    EXPECT_EQ(read(event(2, query_body("other", "INSERT INTO t VALUES ('koha')"))), binlog_decoder::outcome::goes_on);
    adapter_.tables[0].columns.push_back({"subtitle", "text"});
    decoder_ = fresh();
    begin();
    // The table is left out, and the others go on.
    expect_trouble(event(19, table_map_body()), "no column subtitle");
    const std::size_t before = batch_.changes.size();
    read(event(23, rows_body("\x1f", row(1, 1, "", 1))));
    EXPECT_EQ(batch_.changes.size(), before);
    EXPECT_EQ(read(event(16, little(99, 8))), binlog_decoder::outcome::transaction_ended);
    begin(3);
    batch_.troubles.clear();
    read(event(19, table_map_body()));
    EXPECT_TRUE(batch_.troubles.empty()); // told once
}

TEST_F(binlog, statements_that_change_tables) {
    begin(2, gtid_event::standalone | gtid_event::ddl);
    EXPECT_EQ(read(event(2, query_body("koha", "TRUNCATE TABLE biblio"))), binlog_decoder::outcome::transaction_ended);
    ASSERT_EQ(batch_.changes.size(), 1U);
    EXPECT_EQ(batch_.changes[0].what, operation::truncate);
    begin(3, gtid_event::standalone | gtid_event::ddl);
    read(event(2, query_body("other", "TRUNCATE biblio")));
    EXPECT_EQ(batch_.changes.size(), 1U);
    begin(4, gtid_event::standalone | gtid_event::ddl);
    expect_trouble(event(2, query_body("other", "DROP TABLE IF EXISTS `x`, `koha`.`biblio` /* generated */")),
                   "dropped");
    decoder_ = fresh();
    begin(4, gtid_event::standalone | gtid_event::ddl);
    expect_refused(event(2, query_body("", "DROP DATABASE koha")), "database was dropped");
    decoder_ = fresh();
    begin(4, gtid_event::standalone | gtid_event::ddl);
    expect_trouble(event(2, query_body("koha", "ALTER TABLE biblio DROP PARTITION p0")), "partition");
    decoder_ = fresh();
    begin(4, gtid_event::standalone | gtid_event::ddl);
    expect_trouble(event(2, query_body("koha", "create or replace table biblio (id int)")), "dropped");
    for (const char* swap : {"RENAME TABLE biblio TO _biblio_old, _biblio_new TO biblio", "RENAME TABLE x TO biblio",
                             "ALTER TABLE biblio RENAME TO y", "ALTER TABLE x ADD COLUMN a int, RENAME koha.biblio"}) {
        decoder_ = fresh();
        begin(4, gtid_event::standalone | gtid_event::ddl);
        expect_trouble(event(2, query_body("koha", swap)), "renamed");
    }
    decoder_ = fresh();
    for (const char* harmless : {"RENAME TABLE x TO y", "ALTER TABLE other.biblio RENAME z",
                                 "ALTER TABLE biblio RENAME COLUMN a TO biblio, RENAME INDEX b TO biblio"}) {
        begin(4, gtid_event::standalone | gtid_event::ddl);
        EXPECT_EQ(read(event(2, query_body("koha", harmless))), binlog_decoder::outcome::transaction_ended) << harmless;
    }
}

// A statement may name tables that are not captured before the first one that is: DELETE FROM borrowers, where a
// captured table has a foreign key to it, or an UPDATE of two tables.
TEST_F(binlog, what_a_statement_said_of_its_tables_outlives_a_schema_that_is_read_anew) {
    int schemas = 0;
    decoder_->read_schema_with([&] {
        ++schemas;
        return schema_;
    });
    begin();
    read(event(19, table_map_body()));
    read(event(23, rows_body("\x1f", row(1, 1, "before", 1))));
    read(event(16, little(99, 8)));
    begin(3, gtid_event::standalone | gtid_event::ddl);
    read(event(2, query_body("koha", "ALTER TABLE biblio ADD COLUMN x int")));
    begin(4);
    read(event(19, other_table_map_body()));
    read(event(19, table_map_body()));
    EXPECT_EQ(schemas, 1);
    read(event(25, other_rows_body(0)));
    read(event(23, rows_body("\x1f", row(2, 1, "after", 1))));
    EXPECT_EQ(read(event(16, little(99, 8))), binlog_decoder::outcome::transaction_ended);
    ASSERT_EQ(batch_.changes.size(), 2U);
    EXPECT_EQ(batch_.changes[1].row[1], cell::of("after"));
}

// Servers have thousands of tables that are not captured, and give each of them a new number at every FLUSH TABLES.
TEST_F(binlog, of_tables_that_are_not_captured_nothing_is_kept_after_their_statement) {
    begin();
    read(event(19, other_table_map_body()));
    read(event(19, table_map_body()));
    read(event(25, other_rows_body(1)));
    expect_refused(event(25, other_rows_body(1)), "before the table map");
    decoder_ = fresh();
    begin();
    read(event(19, other_table_map_body()));
    read(event(16, little(99, 8)));
    begin(3);
    expect_refused(event(25, other_rows_body(1)), "before the table map");
    // The table is captured, and has got another number: the one before is not needed any more.
    decoder_ = fresh();
    begin();
    read(event(19, table_map_body()));
    std::string renumbered = table_map_body();
    renumbered[0] = 20;
    read(event(19, renumbered));
    expect_refused(event(23, rows_body("\x1f", row(1, 1, "", 1))), "before the table map");
}

TEST_F(binlog, an_optional_column_that_comes_with_values_troubles_its_table) {
    adapter_.tables[0].columns.push_back({"extra", "text"});
    adapter_.tables[0].columns.back().optional = true;
    layout_column extra;
    extra.map.name = "extra";
    std::uint64_t sequence = 1;
    const auto alter = [&](const std::string& text, layout_column::fallback otherwise) {
        decoder_ = fresh();
        extra.otherwise = otherwise;
        decoder_->read_schema_with([&] {
            binlog_schema now = schema_;
            now.layouts = {{extra}};
            return now;
        });
        batch_.troubles.clear();
        begin(++sequence, gtid_event::standalone | gtid_event::ddl);
        read(event(2, query_body("koha", text)));
        return batch_.troubles.empty() ? "" : batch_.troubles[0].what;
    };
    using fallback = layout_column::fallback;
    EXPECT_NE(alter("ALTER TABLE biblio ADD extra text NOT NULL DEFAULT 'x'", fallback::text).find("column extra"),
              std::string::npos);
    EXPECT_NE(alter("ALTER TABLE biblio ADD extra text NOT NULL", fallback::unknown), "");
    EXPECT_NE(alter("ALTER TABLE biblio CHANGE other extra text", fallback::null), "");
    EXPECT_NE(alter("ALTER TABLE biblio RENAME COLUMN other TO extra", fallback::null), "");
    EXPECT_EQ(alter("ALTER TABLE biblio ADD extra text", fallback::null), "");
    EXPECT_EQ(alter("ALTER TABLE biblio ADD another text NOT NULL DEFAULT 'x'", fallback::text), "");
    EXPECT_EQ(alter("ALTER TABLE biblio ADD INDEX (extra), CHANGE extra extra varchar(9)", fallback::text), "");
    EXPECT_EQ(alter("ALTER TABLE other ADD extra text NOT NULL DEFAULT 'x'", fallback::text), "");
}

// UUID and INET6 look like BINARY in a table map: an ALTER that the log tells later may have made them so.
TEST_F(binlog, kinds_that_only_the_schema_knows_count_as_taken_from_it) {
    adapter_.tables[0].columns = {{"biblionumber", "integer", true}, {"u", "text"}};
    layout_column id;
    id.map.name = "biblionumber";
    layout_column binary;
    binary.map.name = "u";
    binary.kind = value_kind::uuid;
    schema_.layouts = {{id, binary}};
    schema_.read_at = binlog_position::parse("0-1-100");
    decoder_ = fresh();
    const std::string map = little(18, 6) + little(1, 2) + sized("koha") + std::string(1, '\0') + sized("biblio") +
                            std::string(1, '\0') + little(2, 1) + std::string("\x03\xfe") + sized("\xfe\x10") +
                            little(2, 1) + metadata(1, std::string(1, '\0')) + metadata(2, little(63, 1)) +
                            metadata(4, sized("biblionumber") + sized("u"));
    begin();
    read(event(19, map));
    read(event(23, little(18, 6) + little(1, 2) + little(2, 1) + "\x03" + std::string(1, '\0') + little(1, 4) +
                       sized(std::string(16, '\x11'))));
    read(event(16, little(99, 8)));
    ASSERT_EQ(batch_.changes.size(), 1U);
    EXPECT_EQ(batch_.changes[0].row[1], cell::of("11111111-1111-1111-1111-111111111111"));
    begin(3, gtid_event::standalone | gtid_event::ddl);
    expect_trouble(event(2, query_body("koha", "ALTER TABLE biblio MODIFY u binary(16)")), "was altered");
}

TEST_F(binlog, a_rollback_takes_back_and_a_savepoint_a_part) {
    begin();
    read(event(19, table_map_body()));
    read(event(23, rows_body("\x1f", row(1, 1, "kept", 1))));
    read(event(2, query_body("koha", "SAVEPOINT `a b`")));
    read(event(23, rows_body("\x1f", row(2, 1, "lost", 1))));
    read(event(2, query_body("koha", "ROLLBACK TO `a b`")));
    read(event(2, query_body("koha", "COMMIT")));
    EXPECT_EQ(batch_.changes.size(), 1U);
    begin(3);
    read(event(19, table_map_body()));
    read(event(23, rows_body("\x1f", row(3, 1, "lost", 1))));
    EXPECT_EQ(read(event(2, query_body("koha", "ROLLBACK"))), binlog_decoder::outcome::transaction_ended);
    EXPECT_EQ(batch_.changes.size(), 1U);
    EXPECT_EQ(batch_.transactions, 1U);
    EXPECT_EQ(decoder_->position().gtids.text(), "0-1-3");
    // Part of a large transaction is gone already: then it cannot be taken back.
    begin(4);
    read(event(19, table_map_body()));
    read(event(23, rows_body("\x1f", row(4, 1, "out", 1))));
    batch_ = batch();
    decoder_->handed_out();
    expect_refused(event(2, query_body("koha", "ROLLBACK")), "rolled back");
}

TEST_F(binlog, changes_without_foreign_key_checks_keep_their_children) {
    begin();
    read(event(19, table_map_body()));
    read(event(25, rows_body("\x1f", row(1, 1, "", 1), 1)));
    read(event(25, rows_body("\x1f", row(2, 1, "", 1), 3)));
    read(event(24, rows_body("\x1f\x1f", row(3, 1, "", 1) + row(4, 1, "", 1), 2)));
    ASSERT_EQ(batch_.changes.size(), 3U);
    EXPECT_FALSE(batch_.changes[0].keeps_children);
    EXPECT_TRUE(batch_.changes[1].keeps_children);
    EXPECT_TRUE(batch_.changes[2].keeps_children);
}

TEST_F(binlog, each_transaction_that_changed_something_has_its_end) {
    constexpr std::int64_t when = 1'700'000'000'000'000; // of event()
    const auto insert = [this](std::uint64_t sequence, int id) {
        begin(sequence);
        read(event(19, table_map_body()));
        read(event(23, rows_body("\x1f", row(id, 1, "", 1) + row(id + 1, 1, "", 1))));
    };
    insert(2, 1);
    read(event(16, little(99, 8)));
    insert(3, 3);
    read(event(2, query_body("koha", "ROLLBACK")));
    begin(4);
    read(event(16, little(99, 8))); // of others
    insert(5, 5);
    read(event(16, little(99, 8)));
    insert(6, 7);
    EXPECT_EQ(batch_.ends, (std::vector<transaction_end>{{2, 0, when}, {4, 0, when}}));
    EXPECT_EQ(batch_.changes.size(), 6U);
    // A part goes out before the transaction's end; the rest ends in the next batch.
    batch_ = batch();
    decoder_->handed_out();
    read(event(23, rows_body("\x1f", row(9, 1, "", 1))));
    read(event(16, little(99, 8)));
    insert(7, 10);
    read(event(16, little(99, 8)));
    EXPECT_EQ(batch_.ends, (std::vector<transaction_end>{{1, 0, when}, {3, 0, when}}));
    EXPECT_EQ(batch_.transactions, 2U);
}

TEST_F(binlog, a_transaction_that_the_server_died_in_is_dropped) {
    begin(2);
    read(event(19, table_map_body()));
    read(event(23, rows_body("\x1f", row(1, 1, "kept", 1))));
    read(event(16, little(99, 8)));
    const auto torn = [this] {
        begin(3);
        read(event(19, table_map_body()));
        read(event(23, rows_body("\x1f", row(2, 1, "lost", 1))));
    };
    torn();
    EXPECT_EQ(read(format_description_event(0)), binlog_decoder::outcome::goes_on);
    EXPECT_FALSE(decoder_->in_transaction());
    EXPECT_EQ(batch_.changes.size(), 1U);
    EXPECT_EQ(decoder_->position().gtids.text(), "0-1-2");
    begin(3); // the server gives the number again
    read(event(19, table_map_body()));
    read(event(23, rows_body("\x1f", row(3, 1, "kept", 1))));
    read(event(16, little(99, 8)));
    EXPECT_EQ(batch_.changes.size(), 2U);
    EXPECT_EQ(decoder_->position().gtids.text(), "0-1-3");

    // A part of it is gone already: the stream has to begin anew, and then it is passed over.
    decoder_ = fresh();
    torn();
    batch_ = batch();
    decoder_->handed_out();
    std::string place;
    try {
        read(format_description_event(0));
        ADD_FAILURE() << "not refused";
    } catch (const torn_transaction& met) {
        EXPECT_EQ(met.why(), cause::retry);
        place = met.place();
    }
    decoder_ = fresh();
    decoder_->pass_over({place});
    torn();
    EXPECT_TRUE(batch_.changes.empty());
    read(format_description_event(0));
    begin(4);
    read(event(19, table_map_body()));
    read(event(23, rows_body("\x1f", row(3, 1, "kept", 1))));
    read(event(16, little(99, 8)));
    EXPECT_EQ(batch_.changes.size(), 1U);
}

TEST_F(binlog, hostile_bytes_are_decoded_or_refused) {
    const std::vector<std::string> events = {
        event(162, gtid_body(2, 12)),
        event(19, table_map_body()),
        event(23, rows_body("\x1f", row(1, 1, "title", 1) + row(2, 1, std::string(300, 't'), 2))),
        event(24, rows_body("\x1f\x1f", row(1, 1, "a", 1) + row(1, 1, "b", 1))),
        event(2, query_body("koha", "SAVEPOINT x")),
        event(166, rows_body("\x1f", "\x81\x10garbage that is not deflated")),
        event(4, little(4, 8) + "binlog.000002"),
        format_description_event(0),
        event(16, little(99, 8)),
    };
    std::size_t refused = 0;
    const auto try_all = [&](std::size_t which, const std::string& instead) {
        const auto decoder = fresh();
        batch into;
        try {
            for (std::size_t at = 0; at < events.size(); ++at) {
                decoder->read(at == which ? instead : events[at], into);
                if (at == 4) {
                    at = 5; // the compressed one is refused by itself
                }
            }
        } catch (const error&) {
            ++refused;
        }
    };
    for (std::size_t which = 0; which < events.size(); ++which) {
        for (std::size_t length = 0; length < events[which].size(); ++length) {
            std::string cut = events[which].substr(0, length);
            if (length >= 13) {
                cut.replace(9, 4, little(length, 4)); // an event that is short and says so
            }
            try_all(which, cut);
        }
    }
    EXPECT_GT(refused, 300U);
    const unsigned seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937 random(seed);
    for (std::size_t turn = 0; turn < 30'000 / one_in(); ++turn) {
        const std::size_t which = random() % events.size();
        std::string changed = events[which];
        for (unsigned flips = random() % 4 + 1; flips > 0; --flips) {
            changed[19 + random() % (changed.size() - 19)] = static_cast<char>(random());
        }
        try_all(which, changed);
    }
}

TEST(mariadb_text, utf8_is_what_postgresql_takes) {
    for (const char* good : {"", "plain ascii text", "caf\u00e9", "\u4e2d\u6587", "\U0001F4DA", "\uffff\U0010ffff"}) {
        EXPECT_TRUE(is_utf8(good)) << good;
    }
    for (const char* bad : {"\xff", "\xc3", "abc\xc3", "\xc0\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                            "\xf4\x90\x80\x80", "12345678\x80", "\xe4\xb8"}) {
        EXPECT_FALSE(is_utf8(bad));
    }
    std::string room;
    EXPECT_EQ(to_utf8("\x80\x81\xe9", encoding_of("latin1"), room), "\u20ac\u0081\u00e9");
    EXPECT_EQ(to_utf8("\xf8", encoding_of("latin2"), room), "\u0159");
    EXPECT_EQ(to_utf8("x", encoding_of("swe7"), room), std::nullopt);
}

TEST(mariadb_text, values_out_of_range_say_so) {
    std::string room;
    EXPECT_FALSE(text_of_integer(40'000, value_target::smallint, room).problem.empty());
    EXPECT_TRUE(text_of_integer(40'000, value_target::integer, room).problem.empty());
    EXPECT_FALSE(text_of_unsigned(1ULL << 63U, value_target::bigint, room).problem.empty());
    EXPECT_TRUE(text_of_unsigned(1ULL << 63U, value_target::other, room).problem.empty());
    EXPECT_FALSE(text_of_date(2023, 2, 29, value_target::date, room).problem.empty());
    EXPECT_FALSE(text_of_date(0, 1, 1, value_target::date, room).problem.empty());
    EXPECT_TRUE(text_of_date(0, 0, 0, value_target::text, room).problem.empty());
    EXPECT_FALSE(text_of_time({false, 25, 0, 0, 0, 0}, value_target::time, room).problem.empty());
    EXPECT_TRUE(text_of_time({false, 25, 0, 0, 0, 0}, value_target::other, room).problem.empty());
    EXPECT_EQ(text_of_decimal("-000.50", room).text, "-0.50");
    EXPECT_EQ(text_of_string(std::string_view("a\0b", 3), encoding_of("utf8mb4"), value_target::text, room).text,
              "\\x610062");
}

} // namespace
} // namespace everarchive::capture
