// The pgoutput decoder on messages made by hand: what it makes of each, and what it refuses.
#include <gtest/gtest.h>

#include <random>

#include "base/error.hpp"
#include "capture/pgoutput.hpp"
#include "capture/postgresql_copy_text.hpp"
#include "one_in.hpp"

namespace {

using namespace everarchive;
using namespace everarchive::capture;
using postgresql::message;
using postgresql::pgoutput_decoder;

/// Builds messages as proto.c does.
class bytes {
  public:
    explicit bytes(char kind) { text_ += kind; }
    template <int Width>
    bytes& number(std::uint64_t value) {
        for (int shift = (Width - 1) * 8; shift >= 0; shift -= 8) {
            text_ += static_cast<char>(value >> shift);
        }
        return *this;
    }
    bytes& i8(std::uint64_t value) { return number<1>(value); }
    bytes& i16(std::uint64_t value) { return number<2>(value); }
    bytes& i32(std::uint64_t value) { return number<4>(value); }
    bytes& i64(std::uint64_t value) { return number<8>(value); }
    bytes& string(std::string_view value) {
        text_ += value;
        text_ += '\0';
        return *this;
    }
    bytes& raw(std::string_view value) {
        text_ += value;
        return *this;
    }
    bytes& value(std::string_view text) { return raw("t").i32(text.size()).raw(text); }
    operator std::string_view() const { return text_; }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

adapter::adapter evergreen() {
    adapter::adapter made;
    made.name = "evergreen";
    made.runs_on = adapter::system::postgresql;
    adapter::table bib;
    bib.schema = "biblio";
    bib.name = "record_entry";
    bib.columns = {{"id", "bigint", true}, {"deleted", "boolean", true}, {"marc", "text", true}};
    bib.key = {0};
    adapter::table note;
    note.name = "note"; // in public
    note.columns = {{"id", "integer", true}, {"body", "text", false}};
    note.key = {0};
    note.optional = true;
    made.tables = {bib, note};
    return made;
}

/// The source's table has another column order and a column that the adapter does not name.
bytes bib_relation() {
    return bytes('R')
        .i32(100)
        .string("biblio")
        .string("record_entry")
        .raw("d")
        .i16(4)
        .i8(0)
        .string("secret")
        .i32(25)
        .i32(-1)
        .i8(1)
        .string("id")
        .i32(20)
        .i32(-1)
        .i8(0)
        .string("marc")
        .i32(25)
        .i32(-1)
        .i8(0)
        .string("deleted")
        .i32(16)
        .i32(-1);
}

constexpr std::uint64_t commit_time = 700'000'000'000'000; // microseconds since 2000
bytes begin_at(std::uint64_t lsn) {
    return bytes('B').i64(lsn).i64(commit_time).i32(7);
}
bytes commit_at(std::uint64_t lsn) {
    return bytes('C').i8(0).i64(lsn).i64(lsn + 48).i64(commit_time);
}

class pgoutput : public ::testing::Test {
  protected:
    message read(std::string_view text, bool skip = false) { return decoder_.read(text, batch_, skip); }
    void open() {
        read(begin_at(0x1000));
        read(bib_relation());
    }
    const change& last() { return batch_.changes.back(); }

    adapter::adapter adapter_ = evergreen();
    pgoutput_decoder decoder_{adapter_};
    batch batch_;
};

TEST_F(pgoutput, begin_and_commit_give_position_and_time) {
    EXPECT_EQ(read(begin_at(0x1000)), message::begin);
    EXPECT_EQ(read(commit_at(0x1000)), message::commit);
    EXPECT_EQ(decoder_.mark().commit_start, 0x1000U);
    EXPECT_EQ(decoder_.mark().commit_end, 0x1030U);
    EXPECT_EQ(decoder_.mark().commit_time_us, 1'646'684'800'000'000);
}

TEST_F(pgoutput, insert_maps_columns_by_name_and_drops_unnamed_ones) {
    open();
    EXPECT_EQ(read(bytes('I').i32(100).raw("N").i16(4).value("hidden").value("42").value("<record/>").raw("n")),
              message::change);
    ASSERT_EQ(batch_.changes.size(), 1U);
    EXPECT_EQ(last().what, operation::insert);
    EXPECT_EQ(last().table, 0U);
    ASSERT_EQ(last().row.size(), 3U);
    EXPECT_EQ(last().row[0], cell::of("42"));
    EXPECT_EQ(last().row[1], cell::null());
    EXPECT_EQ(last().row[2], cell::of("<record/>"));
    EXPECT_EQ(batch_.bytes, 11U) << "the unnamed column is not even copied";
}

TEST_F(pgoutput, values_outlive_the_message) {
    open();
    std::string text = bytes('I').i32(100).raw("N").i16(4).raw("n").value("42").value("").value("t").text();
    read(text);
    std::fill(text.begin(), text.end(), 'x');
    EXPECT_EQ(last().row[0], cell::of("42"));
    EXPECT_EQ(last().row[2], cell::of("")) << "an empty value is not NULL";
}

TEST_F(pgoutput, unchanged_toast_is_absent_not_null) {
    open();
    read(bytes('U').i32(100).raw("N").i16(4).raw("n").value("42").raw("u").value("t"));
    EXPECT_EQ(last().what, operation::update);
    EXPECT_TRUE(last().old.empty());
    EXPECT_EQ(last().row[2].is, cell::state::absent);
    EXPECT_EQ(last().row[1], cell::of("t"));
}

TEST_F(pgoutput, key_change_has_the_old_key_and_nothing_else_of_the_old_row) {
    open();
    read(bytes('U')
             .i32(100)
             .raw("K")
             .i16(4)
             .raw("n")
             .value("42")
             .raw("n")
             .raw("n")
             .raw("N")
             .i16(4)
             .raw("n")
             .value("43")
             .value("m")
             .value("f"));
    ASSERT_EQ(last().old.size(), 3U);
    EXPECT_EQ(last().old[0], cell::of("42"));
    EXPECT_EQ(last().old[1].is, cell::state::absent);
    EXPECT_EQ(last().old[2].is, cell::state::absent);
    EXPECT_EQ(last().row[0], cell::of("43"));
}

TEST_F(pgoutput, unsent_long_key_is_taken_from_the_old_identity) {
    open();
    read(bytes('U')
             .i32(100)
             .raw("K")
             .i16(4)
             .raw("n")
             .value("42")
             .raw("n")
             .raw("n")
             .raw("N")
             .i16(4)
             .raw("n")
             .raw("u")
             .value("m")
             .value("f"));
    EXPECT_EQ(last().row[0], cell::of("42"));
}

TEST_F(pgoutput, full_old_row_keeps_its_nulls) {
    open();
    read(bytes('U')
             .i32(100)
             .raw("O")
             .i16(4)
             .raw("n")
             .value("42")
             .value("old")
             .raw("n")
             .raw("N")
             .i16(4)
             .raw("n")
             .value("42")
             .raw("u")
             .value("f"));
    EXPECT_EQ(last().old[1], cell::null());
    EXPECT_EQ(last().old[2], cell::of("old"));
}

TEST_F(pgoutput, delete_carries_the_key) {
    open();
    read(bytes('D').i32(100).raw("K").i16(4).raw("n").value("42").raw("n").raw("n"));
    EXPECT_EQ(last().what, operation::remove);
    EXPECT_EQ(last().row[0], cell::of("42"));
    EXPECT_EQ(last().row[2].is, cell::state::absent);
}

TEST_F(pgoutput, truncate_names_each_of_our_tables) {
    open();
    read(bytes('R')
             .i32(200)
             .string("public")
             .string("note")
             .raw("d")
             .i16(2)
             .i8(1)
             .string("id")
             .i32(23)
             .i32(-1)
             .i8(0)
             .string("body")
             .i32(25)
             .i32(-1));
    read(bytes('R').i32(300).string("money").string("billing").raw("d").i16(0));
    read(bytes('T').i32(3).i8(1).i32(100).i32(300).i32(200));
    ASSERT_EQ(batch_.changes.size(), 2U);
    EXPECT_EQ(batch_.changes[0].what, operation::truncate);
    EXPECT_EQ(batch_.changes[0].table, 0U);
    EXPECT_EQ(batch_.changes[1].table, 1U);
}

TEST_F(pgoutput, tables_outside_the_adapter_are_ignored) {
    open();
    read(bytes('R').i32(300).string("actor").string("usr").raw("d").i16(1).i8(1).string("passwd").i32(25).i32(-1));
    read(bytes('I').i32(300).raw("N").i16(1).value("hunter2"));
    EXPECT_TRUE(batch_.changes.empty());
    EXPECT_EQ(batch_.bytes, 0U);
}

TEST_F(pgoutput, a_new_relation_message_maps_anew) {
    open();
    read(bytes('R')
             .i32(100)
             .string("biblio")
             .string("record_entry")
             .raw("d")
             .i16(3)
             .i8(1)
             .string("id")
             .i32(20)
             .i32(-1)
             .i8(0)
             .string("deleted")
             .i32(16)
             .i32(-1)
             .i8(0)
             .string("marc")
             .i32(25)
             .i32(-1));
    read(bytes('I').i32(100).raw("N").i16(3).value("1").value("t").value("m"));
    EXPECT_EQ(last().row[1], cell::of("t"));
    EXPECT_EQ(last().row[2], cell::of("m"));
}

TEST_F(pgoutput, skipped_transactions_leave_nothing) {
    open();
    read(bytes('I').i32(100).raw("N").i16(4).raw("n").value("42").value("m").value("t"), true);
    read(bytes('T').i32(1).i8(0).i32(100), true);
    EXPECT_TRUE(batch_.changes.empty());
    EXPECT_EQ(batch_.bytes, 0U);
}

TEST_F(pgoutput, origin_type_and_message_are_understood_and_change_nothing) {
    open();
    EXPECT_EQ(read(bytes('O').i64(5).string("elsewhere")), message::other);
    EXPECT_EQ(read(bytes('Y').i32(9999).string("public").string("mood")), message::other);
    EXPECT_EQ(read(bytes('M').i8(1).i64(5).string("prefix").i32(3).raw("abc")), message::other);
    EXPECT_TRUE(batch_.changes.empty());
}

/// A description of biblio.record_entry with these columns: name, type, part of the identity.
struct described {
    std::string name;
    std::uint32_t type;
    bool identity;
};
bytes bib_with(const std::vector<described>& columns, const std::string& replica_identity = "d") {
    bytes message('R');
    message.i32(100).string("biblio").string("record_entry").raw(replica_identity).i16(columns.size());
    for (const described& column : columns) {
        message.i8(column.identity ? 1 : 0).string(column.name).i32(column.type).i32(-1);
    }
    return message;
}
const std::vector<described> usual{{"id", 20, true}, {"deleted", 16, false}, {"marc", 25, false}};

TEST_F(pgoutput, a_table_that_lost_a_column_is_left_out_and_said_once) {
    read(begin_at(0x1000));
    read(bib_with({{"id", 20, true}, {"marc", 25, false}}));
    EXPECT_TRUE(batch_.troubles.empty()) << "nothing is lost yet";
    read(bytes('I').i32(100).raw("N").i16(2).value("1").value("x"), true);
    EXPECT_TRUE(batch_.troubles.empty()) << "that one is applied already";
    for (int i = 0; i < 3; ++i) {
        read(bytes('I').i32(100).raw("N").i16(2).value("1").value("x"));
        read(bytes('T').i32(1).i8(0).i32(100));
    }
    EXPECT_TRUE(batch_.changes.empty());
    ASSERT_EQ(batch_.troubles.size(), 1U);
    EXPECT_EQ(batch_.troubles[0].table, 0U);
    EXPECT_NE(batch_.troubles[0].what.find("column deleted of biblio.record_entry"), std::string::npos)
        << batch_.troubles[0].what;
    EXPECT_NE(batch_.troubles[0].mend.find("resync NAME --table biblio.record_entry"), std::string::npos)
        << batch_.troubles[0].mend;
    read(bib_with(usual)); // the column is back
    read(bytes('I').i32(100).raw("N").i16(3).value("1").value("t").value("x"));
    EXPECT_EQ(batch_.changes.size(), 1U);
}

TEST_F(pgoutput, a_type_that_does_not_fit_stops_the_table_and_one_that_fits_does_not) {
    const auto troubles_with = [&](std::uint32_t type) {
        pgoutput_decoder decoder(adapter_);
        batch into;
        decoder.read(begin_at(0x1000), into);
        decoder.read(bytes('Y').i32(16500).string("public").string("mood"), into);
        decoder.read(bytes('Y').i32(16501).string("").string("int4"), into); // a domain over integer
        decoder.read(bib_with({{"id", type, true}, {"deleted", 16, false}, {"marc", 16500, false}}), into);
        decoder.read(bytes('I').i32(100).raw("N").i16(3).value("1").value("t").value("x"), into);
        EXPECT_EQ(into.changes.size() + into.troubles.size(), 1U);
        return into.troubles.size();
    };
    EXPECT_EQ(troubles_with(23), 0U) << "integer in bigint";
    EXPECT_EQ(troubles_with(16501), 0U) << "a domain over integer";
    EXPECT_EQ(troubles_with(1700), 1U) << "numeric";
    EXPECT_EQ(troubles_with(25), 1U) << "text";
    EXPECT_EQ(troubles_with(16500), 1U) << "a type of their own";
}

TEST_F(pgoutput, a_changed_key_stops_the_table) {
    read(begin_at(0x1000));
    read(bib_with(usual));
    read(bib_with(usual)); // again, after an ANALYZE
    read(bytes('I').i32(100).raw("N").i16(3).value("1").value("t").value("x"));
    EXPECT_TRUE(batch_.troubles.empty());
    read(bib_with({{"id", 20, true}, {"deleted", 16, true}, {"marc", 25, false}}));
    read(bytes('I').i32(100).raw("N").i16(3).value("1").value("f").value("x"));
    ASSERT_EQ(batch_.troubles.size(), 1U);
    EXPECT_NE(batch_.troubles[0].what.find("primary key"), std::string::npos) << batch_.troubles[0].what;
    read(bib_with({{"id", 20, false}, {"deleted", 16, true}, {"marc", 25, false}}));
    read(bytes('I').i32(100).raw("N").i16(3).value("1").value("f").value("x"));
    ASSERT_EQ(batch_.troubles.size(), 2U);
    EXPECT_NE(batch_.troubles[1].what.find("does not hold id"), std::string::npos) << batch_.troubles[1].what;
    read(bib_with({{"id", 20, true}, {"deleted", 16, true}, {"marc", 25, true}}, "f"));
    read(bytes('I').i32(100).raw("N").i16(3).value("1").value("f").value("x"));
    EXPECT_EQ(batch_.troubles.size(), 2U) << "FULL holds every key";
    EXPECT_EQ(batch_.changes.size(), 2U);
}

TEST_F(pgoutput, an_optional_column_that_comes_troubles_its_table) {
    const auto note = [](bool with_body) {
        bytes relation('R');
        relation.i32(200).string("public").string("note").raw("d").i16(with_body ? 2 : 1);
        relation.i8(1).string("id").i32(23).i32(-1);
        if (with_body) {
            relation.i8(0).string("body").i32(25).i32(-1);
        }
        return relation;
    };
    open();
    read(note(false));
    read(note(false));
    EXPECT_TRUE(batch_.troubles.empty());
    read(note(true));
    ASSERT_EQ(batch_.troubles.size(), 1U);
    EXPECT_EQ(batch_.troubles[0].table, 1U);
    EXPECT_NE(batch_.troubles[0].what.find("the column body"), std::string::npos) << batch_.troubles[0].what;
    EXPECT_NE(batch_.troubles[0].mend.find("--table note"), std::string::npos) << batch_.troubles[0].mend;
    // Whether to leave the table out is not decided here: once it was compared it goes on.
    read(bytes('I').i32(200).raw("N").i16(2).value("1").value("x"));
    EXPECT_EQ(last().row[1], cell::of("x"));
    read(note(true));
    EXPECT_EQ(batch_.troubles.size(), 1U);
}

TEST_F(pgoutput, an_optional_table_may_lack_a_nullable_column_but_not_its_key) {
    read(begin_at(0x1000));
    read(bytes('R').i32(200).string("public").string("note").raw("d").i16(1).i8(1).string("id").i32(23).i32(-1));
    read(bytes('I').i32(200).raw("N").i16(1).value("1"));
    EXPECT_EQ(batch_.changes.size(), 1U);
    read(bytes('R').i32(200).string("public").string("note").raw("d").i16(1).i8(0).string("body").i32(25).i32(-1));
    read(bytes('I').i32(200).raw("N").i16(1).value("1"));
    EXPECT_EQ(batch_.troubles.size(), 1U);
}

/// Absent would mean "unchanged", and the row would never be written.
TEST_F(pgoutput, a_column_that_the_source_does_not_have_is_null) {
    read(begin_at(0x1000));
    read(bytes('R').i32(200).string("public").string("note").raw("d").i16(1).i8(1).string("id").i32(23).i32(-1));
    read(bytes('I').i32(200).raw("N").i16(1).value("7"));
    ASSERT_EQ(batch_.changes.size(), 1U);
    EXPECT_EQ(batch_.changes[0].row[0], cell::of("7"));
    EXPECT_EQ(batch_.changes[0].row[1], cell::null());
}

TEST_F(pgoutput, rows_without_their_key_or_with_an_unsent_value_stop_the_table) {
    open();
    read(bytes('I').i32(100).raw("N").i16(4).raw("n").value("42").raw("u").value("t"));
    EXPECT_EQ(batch_.troubles.size(), 1U) << "a row filter";
    read(bib_relation());
    read(bytes('I').i32(100).raw("N").i16(4).raw("nnnn"));
    EXPECT_EQ(batch_.troubles.size(), 2U);
    read(bib_relation());
    read(bytes('D').i32(100).raw("K").i16(4).raw("nnnn"));
    EXPECT_EQ(batch_.troubles.size(), 3U);
    EXPECT_TRUE(batch_.changes.empty());
}

bytes block_of(std::uint32_t xid, bool first = true) {
    return bytes('S').i32(xid).i8(first ? 1 : 0);
}
/// A message as it is in a block: with the subtransaction's xid after its kind.
std::string within(std::uint32_t part, const bytes& message) {
    std::string text = message.text();
    return text.insert(1, bytes('x').i32(part).text().substr(1));
}
bytes blocks_commit(std::uint32_t xid, std::uint64_t lsn) {
    return bytes('c').i32(xid).i8(0).i64(lsn).i64(lsn + 48).i64(commit_time);
}
bytes bib_row(const std::string& id) {
    return bytes('I').i32(100).raw("N").i16(4).value("hidden").value(id).value("x").value("t");
}

TEST_F(pgoutput, blocks_name_their_transactions_and_parts) {
    EXPECT_EQ(read(block_of(7)), message::block_begin);
    EXPECT_EQ(decoder_.mark().xid, 7U);
    read(within(7, bib_relation()));
    EXPECT_EQ(read(within(8, bib_row("1"))), message::change);
    EXPECT_EQ(decoder_.mark().xid, 7U);
    EXPECT_EQ(decoder_.mark().part, 8U);
    EXPECT_EQ(last().row[0], cell::of("1"));
    EXPECT_EQ(read(bytes('E')), message::block_end);
    open(); // a small transaction between two blocks
    read(commit_at(0x1000));
    read(block_of(7, false));
    read(within(9, bib_row("2")));
    read(bytes('E'));
    EXPECT_EQ(read(bytes('A').i32(7).i32(9)), message::block_abort);
    EXPECT_EQ(decoder_.mark().part, 9U);
    EXPECT_EQ(read(blocks_commit(7, 0x3000)), message::block_commit);
    EXPECT_EQ(decoder_.mark().xid, 7U);
    EXPECT_EQ(decoder_.mark().commit_start, 0x3000U);
    EXPECT_EQ(decoder_.mark().commit_end, 0x3030U);
    EXPECT_EQ(decoder_.mark().commit_time_us, 1'646'684'800'000'000);
}

TEST_F(pgoutput, what_a_block_says_of_a_table_holds_for_others_only_when_it_commits) {
    const std::vector<described> altered{
        {"id", 20, true}, {"deleted", 16, false}, {"marc", 25, false}, {"more", 25, false}};
    const auto row = [](std::size_t columns) {
        bytes message('I');
        message.i32(100).raw("N").i16(columns).value("1").value("t").value("x");
        return columns == 4 ? message.value("y") : message;
    };
    read(begin_at(0x1000));
    read(bib_with(usual));
    read(commit_at(0x1000));
    // Rolled back in whole, and in part: the old description holds.
    for (const std::uint32_t part : {7U, 8U}) {
        read(block_of(7));
        read(within(8, bib_with(altered)));
        read(within(8, row(4)));
        read(bytes('E'));
        read(bytes('A').i32(7).i32(part));
        read(begin_at(0x2000));
        read(row(3));
        EXPECT_THROW(read(row(4)), error);
        read(commit_at(0x2000));
    }
    read(block_of(7, false));
    EXPECT_THROW(read(within(7, row(3))), error) << "after the rollback of a part all is described again";
    read(within(7, bib_with(altered)));
    read(within(7, row(4)));
    read(bytes('E'));
    read(blocks_commit(7, 0x3000));
    read(begin_at(0x4000));
    read(row(4));
    read(commit_at(0x4000));
    // Something newer was said while the block was open.
    read(block_of(9));
    read(within(9, bib_with(usual)));
    read(bytes('E'));
    read(begin_at(0x5000));
    read(bib_with(altered));
    read(commit_at(0x5000));
    read(blocks_commit(9, 0x6000));
    read(begin_at(0x7000));
    read(row(4));
    read(commit_at(0x7000));
}

TEST_F(pgoutput, blocks_in_the_wrong_place_are_refused) {
    EXPECT_THROW(read(bytes('E')), error) << "no block";
    EXPECT_THROW(read(block_of(7, false)), error) << "never begun";
    EXPECT_THROW(read(blocks_commit(7, 0x1000)), error) << "never begun";
    EXPECT_EQ(read(bytes('A').i32(7).i32(7)), message::block_abort) << "of which nothing was sent";
    read(block_of(7));
    EXPECT_THROW(read(block_of(8)), error);
    EXPECT_THROW(read(begin_at(0x1000)), error);
    EXPECT_THROW(read(blocks_commit(7, 0x1000)), error);
    EXPECT_THROW(read(bytes('A').i32(7).i32(7)), error);
    EXPECT_THROW(read(within(7, bib_row("1"))), error) << "not described in this block";
    read(bytes('E'));
    EXPECT_THROW(read(block_of(7)), error) << "a second first block";
    EXPECT_THROW(read(bytes('c').i32(7).i8(1).i64(1).i64(2).i64(3)), error) << "unknown flags";
    EXPECT_THROW(read(bytes('c').i32(7).i8(0).i64(2).i64(2).i64(3)), error) << "ends where it begins";
}

TEST_F(pgoutput, what_is_not_understood_is_refused) {
    open();
    EXPECT_THROW(read(""), error);
    EXPECT_THROW(read(bytes('S').i32(7).i8(1)), error) << "a block in a transaction";
    EXPECT_THROW(read(begin_at(0x2000)), error) << "a transaction in a transaction";
    EXPECT_THROW(read(commit_at(0x2000)), error) << "a commit of another transaction";
    EXPECT_THROW(read(bytes('I').i32(999).raw("N").i16(0)), error) << "a relation never described";
    EXPECT_THROW(read(bytes('I').i32(100).raw("N").i16(3).value("1").value("m").value("t")), error) << "3 of 4 columns";
    EXPECT_THROW(read(bytes('I').i32(100).raw("K").i16(4).raw("nnnn")), error) << "an insert with an old row";
    EXPECT_THROW(read(bytes('I').i32(100).raw("N").i16(4).raw("n").raw("b").i32(8).i64(42).raw("nn")), error)
        << "a binary value";
    EXPECT_THROW(read(bytes('I').i32(100).raw("N").i16(4).raw("n").raw("t").i32(0xFFFFFFFF).raw("xnn")), error)
        << "a length beyond the message";
    EXPECT_THROW(read(bytes('I').i32(100).raw("N").i16(4).raw("n").value("1").value("m").value("t").raw("x")), error)
        << "bytes after the end";
    EXPECT_THROW(read(bytes('D').i32(100).raw("N").i16(4).raw("nnnn")), error);
    EXPECT_THROW(read(bytes('T').i32(0xFFFFFFFF).i8(0).i32(100)), error) << "more tables than bytes";
    EXPECT_THROW(read(bytes('R').i32(100).raw("biblio")), error) << "a name without end";
    EXPECT_THROW(read(bytes('R')
                          .i32(200)
                          .string("public")
                          .string("note")
                          .raw("d")
                          .i16(2)
                          .i8(1)
                          .string("id")
                          .i32(23)
                          .i32(-1)
                          .i8(1)
                          .string("id")
                          .i32(23)
                          .i32(-1)),
                 error)
        << "a column twice";
}

TEST_F(pgoutput, changes_outside_a_transaction_and_impossible_times_are_refused) {
    EXPECT_THROW(read(bytes('T').i32(0).i8(0)), error);
    EXPECT_THROW(read(commit_at(0x1000)), error);
    EXPECT_THROW(read(bytes('B').i64(1).i64(0x7FFFFFFFFFFFFFFF).i32(7)), error);
}

TEST_F(pgoutput, every_shortened_message_is_refused) {
    open();
    const std::string whole[] = {
        bib_relation().text(),
        bytes('U')
            .i32(100)
            .raw("K")
            .i16(4)
            .raw("n")
            .value("42")
            .raw("nn")
            .raw("N")
            .i16(4)
            .value("s")
            .value("43")
            .value("m")
            .value("f")
            .text(),
        bytes('M').i8(1).i64(5).string("prefix").i32(3).raw("abc").text(),
        bytes('T').i32(1).i8(0).i32(100).text(),
    };
    for (const std::string& text : whole) {
        for (std::size_t length = 0; length < text.size(); ++length) {
            EXPECT_THROW(read(std::string_view(text).substr(0, length)), error) << text[0] << ' ' << length;
        }
        EXPECT_NO_THROW(read(text));
    }
}

TEST_F(pgoutput, random_damage_is_refused_or_decoded_but_never_more) {
    std::minstd_rand random(20240229);
    const std::string whole = bytes('U')
                                  .i32(100)
                                  .raw("O")
                                  .i16(4)
                                  .raw("n")
                                  .value("42")
                                  .value("old")
                                  .raw("n")
                                  .raw("N")
                                  .i16(4)
                                  .raw("n")
                                  .value("42")
                                  .raw("u")
                                  .value("f")
                                  .text();
    std::size_t refused = 0;
    for (std::size_t round = 0; round < 20'000 / one_in(); ++round) {
        pgoutput_decoder decoder(adapter_);
        batch into;
        decoder.read(begin_at(0x1000), into);
        decoder.read(bib_relation(), into);
        std::string damaged = whole;
        for (int hits = 0; hits < 3; ++hits) {
            damaged[random() % damaged.size()] = static_cast<char>(random());
        }
        try {
            decoder.read(damaged, into);
        } catch (const error&) {
            ++refused;
        }
    }
    EXPECT_GT(refused * 2, 20'000 / one_in());
}

TEST(copy_text, values_nulls_and_escapes) {
    batch into;
    cell row[4];
    ASSERT_TRUE(postgresql::read_copy_line("42\t\\N\ta\\tb\\nc\\\\N\t\n", row, into));
    EXPECT_EQ(row[0], cell::of("42"));
    EXPECT_EQ(row[1], cell::null());
    EXPECT_EQ(row[2], cell::of("a\tb\nc\\N"));
    EXPECT_EQ(row[3], cell::of(""));
}

TEST(copy_text, wrong_lines_are_refused) {
    batch into;
    cell row[2];
    EXPECT_FALSE(postgresql::read_copy_line("1\n", row, into));
    EXPECT_FALSE(postgresql::read_copy_line("1\t2\t3\n", row, into));
    EXPECT_FALSE(postgresql::read_copy_line("1\t2\\\n", row, into));
    EXPECT_FALSE(postgresql::read_copy_line("1\t\\x41\n", row, into));
}

TEST(lsn, text_form) {
    EXPECT_EQ(postgresql::parse_lsn("16/B374D848"), 0x16B374D848U);
    EXPECT_EQ(postgresql::format_lsn(0x16B374D848U), "16/B374D848");
    EXPECT_EQ(postgresql::format_lsn(0x1000000AU), "0/1000000A");
    for (const char* wrong : {"", "/", "16", "16/", "/1", "16/G", "100000000/0", "-1/0", "0/0 ", "0x1/0", "1/2/3"}) {
        EXPECT_THROW(postgresql::parse_lsn(wrong), error) << wrong;
    }
}

} // namespace
