// What a comparison may say of a key depends on which changes the rows that were read had seen.
#include <gtest/gtest.h>

#include <random>
#include <map>

#include "apply/chunk_changes.hpp"
#include "apply/chunk_mirror.hpp"
#include "apply/coalesce.hpp"

namespace {

using everarchive::apply::cascade_graph;
using everarchive::apply::joined_key;
using everarchive::apply::key_from_text;
using everarchive::apply::readable_key;
using everarchive::apply::recent_changes;
using everarchive::capture::batch;
using everarchive::capture::cell;
using everarchive::capture::change;
using everarchive::capture::operation;
using everarchive::capture::read_point;
using everarchive::capture::row_key;

everarchive::adapter::adapter library() {
    everarchive::adapter::adapter made;
    made.name = "test";
    made.runs_on = everarchive::adapter::system::mariadb;
    everarchive::adapter::table book;
    book.name = "book";
    book.columns.resize(2);
    book.key = {0};
    everarchive::adapter::table page = book;
    page.name = "page";
    everarchive::adapter::foreign_key to_book{};
    to_book.columns = {1};
    to_book.parent = "book";
    to_book.parent_columns = {0};
    to_book.on_delete = everarchive::adapter::foreign_key::action::cascade;
    page.foreign_keys = {to_book};
    made.tables = {book, page};
    return made;
}

void add(batch& into, std::uint32_t table, operation what, const std::string& key, const std::string& value = "v",
         const std::string& old_key = "") {
    change one;
    one.table = table;
    one.what = what;
    const auto row = into.cells(2);
    row[0] = cell::of(into.keep(key));
    row[1] = cell::of(into.keep(value));
    one.row = row;
    if (!old_key.empty()) {
        const auto old = into.cells(2);
        old[0] = cell::of(into.keep(old_key));
        one.old = old;
    }
    into.changes.push_back(one);
}

void end(batch& into, std::uint32_t xid, const std::string& position) {
    into.ends.push_back({into.changes.size(), xid});
    into.ends_transaction = true;
    into.position = position;
}

/// Positions are numbers.
bool passed(const std::string& position, const std::string& point) {
    return std::stoi(position) >= std::stoi(point);
}

class recent : public testing::Test {
  protected:
    everarchive::adapter::adapter adapter_ = library();
    cascade_graph cascades_{adapter_};
    recent_changes changes_{adapter_, cascades_, passed, "10"};

    static read_point at(std::uint32_t xmax, std::vector<std::uint32_t> running = {}) {
        read_point point;
        point.xmax = xmax;
        point.running = std::move(running);
        return point;
    }
    static read_point at_position(const std::string& low) {
        read_point point;
        point.low = low;
        return point;
    }
    bool leaves_out(std::uint32_t table, const read_point& point, const std::string& key) {
        const auto unseen = changes_.unseen(table, point);
        EXPECT_TRUE(unseen.has_value());
        return unseen && unseen->keys.contains(joined_key({key}));
    }
};

TEST_F(recent, a_transaction_that_the_snapshot_saw_running_is_left_out_whatever_its_place_in_the_log) {
    changes_.watch(true);
    batch one;
    add(one, 0, operation::update, "1");
    end(one, 100, "20");
    add(one, 0, operation::update, "2");
    end(one, 90, "20"); // the smaller id commits later
    changes_.note(one);
    EXPECT_TRUE(leaves_out(0, at(101, {100}), "1"));
    EXPECT_FALSE(leaves_out(0, at(101, {100}), "2"));
    EXPECT_FALSE(leaves_out(0, at(101), "1"));
    EXPECT_TRUE(leaves_out(0, at(95), "1"));
    EXPECT_FALSE(leaves_out(1, at(95), "1"));
}

TEST_F(recent, ids_of_transactions_wrap_around) {
    changes_.watch(true);
    batch one;
    add(one, 0, operation::update, "1");
    end(one, 5, "20");
    changes_.note(one);
    EXPECT_TRUE(leaves_out(0, at(4'294'967'290U), "1"));
    EXPECT_FALSE(leaves_out(0, at(6), "1"));
}

TEST_F(recent, a_transaction_applied_before_the_watch_began_makes_the_rows_be_read_again) {
    batch one;
    add(one, 0, operation::update, "1");
    end(one, 100, "20");
    changes_.note(one);
    changes_.watch(true);
    EXPECT_FALSE(changes_.unseen(0, at(101, {100})).has_value());
    EXPECT_TRUE(changes_.unseen(0, at(101)).has_value());
    EXPECT_FALSE(changes_.unseen(0, at_position("19")).has_value());
    EXPECT_TRUE(changes_.unseen(0, at_position("20")).has_value());
}

TEST_F(recent, both_keys_of_a_row_that_moves_are_left_out) {
    changes_.watch(true);
    batch one;
    add(one, 0, operation::update, "2", "v", "1");
    end(one, 0, "20");
    changes_.note(one);
    EXPECT_TRUE(leaves_out(0, at_position("19"), "1"));
    EXPECT_TRUE(leaves_out(0, at_position("19"), "2"));
    EXPECT_FALSE(leaves_out(0, at_position("20"), "2"));
}

TEST_F(recent, a_transaction_in_several_batches_ends_with_the_last) {
    changes_.watch(true);
    batch first;
    add(first, 0, operation::update, "1");
    end(first, 0, "");
    add(first, 0, operation::update, "2");
    first.ends_transaction = false;
    first.position = "";
    changes_.note(first);
    batch second;
    add(second, 0, operation::update, "3");
    end(second, 0, "30");
    changes_.note(second);
    for (const char* key : {"1", "2", "3"}) {
        EXPECT_TRUE(leaves_out(0, at_position("29"), key)) << key;
        EXPECT_FALSE(leaves_out(0, at_position("30"), key)) << key;
    }
}

TEST_F(recent, a_part_has_the_id_that_comes_with_its_end) {
    changes_.watch(true);
    batch first;
    add(first, 0, operation::update, "1");
    first.ends_transaction = false;
    changes_.note(first);
    batch second;
    add(second, 0, operation::update, "2");
    end(second, 100, "30");
    changes_.note(second);
    EXPECT_FALSE(leaves_out(0, at(101), "1"));
    EXPECT_TRUE(leaves_out(0, at(101, {100}), "1"));
}

TEST_F(recent, a_deleted_parent_names_the_rows_that_went_with_it) {
    changes_.watch(true);
    batch one;
    add(one, 0, operation::remove, "7");
    end(one, 0, "20");
    changes_.note(one);
    const auto unseen = changes_.unseen(1, at_position("19"));
    ASSERT_TRUE(unseen.has_value());
    const std::vector<cell> page{cell::of("1"), cell::of("7")};
    const auto& link = adapter_.tables[1].foreign_keys[0];
    EXPECT_TRUE(unseen->parents.contains(everarchive::apply::link_name(link, link.columns, page)));
}

TEST_F(recent, an_emptied_table_is_left_out_as_a_whole) {
    changes_.watch(true);
    batch one;
    change emptied;
    emptied.table = 1;
    emptied.what = operation::truncate;
    one.changes.push_back(emptied);
    end(one, 0, "20");
    changes_.note(one);
    EXPECT_TRUE(changes_.unseen(1, at_position("19"))->whole_table);
    EXPECT_FALSE(changes_.unseen(0, at_position("19"))->whole_table);
    EXPECT_FALSE(changes_.unseen(1, at_position("20"))->whole_table);
}

TEST_F(recent, what_is_forgotten_for_want_of_memory_makes_older_rows_be_read_again) {
    changes_.watch(true);
    const std::string key(1'000'000, 'k');
    for (int i = 0; i < 100; ++i) {
        batch one;
        add(one, 0, operation::update, std::to_string(i) + key);
        end(one, static_cast<std::uint32_t>(100 + i), std::to_string(100 + i));
        changes_.note(one);
    }
    EXPECT_FALSE(changes_.unseen(0, at(150)).has_value());
    EXPECT_TRUE(changes_.unseen(0, at(200)).has_value());
    EXPECT_TRUE(changes_.unseen(0, at(199)).has_value());
    EXPECT_FALSE(changes_.unseen(0, at_position("110")).has_value());
    EXPECT_TRUE(changes_.unseen(0, at_position("198")).has_value());
}

TEST_F(recent, what_is_forgotten_because_it_was_seen_stays_seen) {
    changes_.watch(true);
    for (std::uint32_t i = 0; i < 10; ++i) {
        batch one;
        add(one, 0, operation::update, std::to_string(i));
        end(one, 100 + i, std::to_string(100 + i));
        changes_.note(one);
    }
    changes_.forget_seen(at(105));
    EXPECT_FALSE(leaves_out(0, at(106), "5"));
    EXPECT_TRUE(leaves_out(0, at(106), "6"));
    EXPECT_TRUE(leaves_out(0, at(106), "9"));
}

/// A mirror that is ahead of rows which were read at some point, in random histories: what is not left out is equal.
TEST_F(recent, whatever_the_history_what_is_not_left_out_can_be_compared) {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        recent_changes changes(adapter_, cascades_, passed, "0");
        changes.watch(true);
        std::map<std::string, int> mirror;
        std::map<std::string, int> source; // what the snapshot sees
        std::vector<std::uint32_t> running;
        const std::uint32_t xmax = 30;
        batch open;
        std::vector<std::uint32_t> order(40);
        for (std::uint32_t i = 0; i < order.size(); ++i) {
            order[i] = i + 1;
        }
        std::shuffle(order.begin(), order.end(), random);
        for (const std::uint32_t xid : order) {
            if (xid < xmax && random() % 4 == 0) {
                running.push_back(xid);
            }
        }
        std::sort(running.begin(), running.end());
        read_point point = at(xmax, running);
        // Transactions that write the same row follow each other: what the snapshot has seen comes before what it has
        // not.
        std::stable_partition(order.begin(), order.end(), [&](std::uint32_t xid) { return point.has_seen(xid); });
        for (std::size_t i = 0; i < order.size(); ++i) {
            const int count = 1 + static_cast<int>(random() % 3);
            for (int n = 0; n < count; ++n) {
                const std::string key = std::to_string(random() % 20);
                add(open, 0, operation::update, key);
                mirror[key] = static_cast<int>(i * 10) + n;
                if (point.has_seen(order[i])) {
                    source[key] = mirror[key];
                }
            }
            if (random() % 5 == 0 && i + 1 < order.size()) { // the batch ends amid the transaction
                open.ends_transaction = false;
                changes.note(open);
                open = batch();
            }
            end(open, order[i], std::to_string(i + 1));
            if (random() % 3 == 0 || i + 1 == order.size()) {
                changes.note(open);
                open = batch();
            }
        }
        const auto unseen = changes.unseen(0, point);
        ASSERT_TRUE(unseen.has_value());
        for (const auto& [key, value] : mirror) {
            if (!unseen->keys.contains(joined_key({key}))) {
                ASSERT_TRUE(source.contains(key));
                EXPECT_EQ(source[key], value) << "round " << round << " key " << key;
            }
        }
    }
}

TEST(chunk_keys, a_key_reads_back) {
    for (const row_key& key : std::vector<row_key>{{"1"}, {"1", "b"}, {"1", "b:c"}, {"", ""}}) {
        EXPECT_EQ(key_from_text(readable_key(key), key.size()), key);
    }
    EXPECT_EQ(key_from_text("1", 2), (row_key{"1", ""}));
}

TEST(chunk_keys, joined_keys_are_those_of_rows) {
    const std::vector<cell> row{cell::of("a"), cell::of("bc")};
    EXPECT_EQ(joined_key({"a", "bc"}), everarchive::apply::joined_values({0, 1}, row));
    EXPECT_NE(joined_key({"ab", "c"}), joined_key({"a", "bc"}));
}

} // namespace
