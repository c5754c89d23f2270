// Transactions that wait for their end: what a rollback to a savepoint takes away.
#include <gtest/gtest.h>

#include "capture/open_transactions.hpp"

namespace everarchive::capture {

namespace {

batch row(const std::string& key) {
    batch one;
    const std::span<cell> cells = one.cells(1);
    cells[0] = cell::of(one.keep(key));
    change made;
    made.row = cells;
    one.changes.push_back(made);
    return one;
}

class open_transactions_test : public ::testing::Test {
  protected:
    void add(std::uint32_t xid, std::uint32_t part, const std::string& key) {
        ASSERT_TRUE(open_.append(xid, part, row(key)));
    }

    std::string committed(std::uint32_t xid) {
        spool frames = open_.commit(xid);
        batch into;
        while (open_.replay(frames, into)) {}
        std::string keys;
        for (const change& one : into.changes) {
            keys += one.row[0].text;
        }
        for (const table_trouble& one : into.troubles) {
            keys += "(" + std::to_string(one.table) + one.what + one.mend + ")";
        }
        return keys;
    }

    std::shared_ptr<spool_budget> budget_ = std::make_shared<spool_budget>(1U << 20U);
    open_transactions open_{budget_};
};

} // namespace

TEST_F(open_transactions_test, keep_apart_what_arrives_mixed) {
    add(1, 1, "a");
    add(2, 2, "x");
    add(1, 1, "b");
    add(2, 3, "y");
    EXPECT_EQ(committed(2), "xy");
    EXPECT_EQ(committed(1), "ab");
    EXPECT_EQ(committed(3), "") << "nothing came of it";
    EXPECT_TRUE(open_.empty());
    EXPECT_EQ(budget_->used(), 0U);
}

TEST_F(open_transactions_test, a_rolled_back_part_takes_its_own_changes_and_those_begun_in_it) {
    add(1, 1, "a");
    add(1, 2, "b"); // SAVEPOINT
    add(1, 3, "c"); // SAVEPOINT in it
    add(1, 2, "d");
    open_.abort(1, 3 + 100); // one of which nothing came
    open_.abort(1, 2);
    open_.abort(1, 3); // gone with the one around it
    add(1, 1, "e");
    add(1, 4, "f"); // kept
    add(1, 5, "g");
    open_.abort(1, 5);
    add(1, 4, "h");
    EXPECT_EQ(committed(1), "aefh");
}

TEST_F(open_transactions_test, a_part_may_come_after_the_one_that_began_in_it) {
    const auto come = [&] {
        add(1, 1, "a");
        add(1, 3, "c"); // in 2, and released; of 2 itself nothing had come
        add(1, 2, "b");
        add(1, 5, "e");
    };
    come();
    open_.abort(1, 5);
    open_.abort(1, 3); // 2 is rolled back: both are told, in one order or the other
    open_.abort(1, 2);
    add(1, 1, "f");
    EXPECT_EQ(committed(1), "af");
    come();
    open_.abort(1, 2);
    open_.abort(1, 3);
    EXPECT_EQ(committed(1), "a");
    come();
    open_.abort(1, 5);
    EXPECT_EQ(committed(1), "acb");
}

TEST_F(open_transactions_test, ids_wrap_around) {
    constexpr std::uint32_t last = 0xffffffff;
    add(last - 1, last - 1, "a");
    add(last - 1, last, "b");
    add(last - 1, 3, "c");
    add(last - 1, 4, "d");
    add(last - 1, last, "e");
    open_.abort(last - 1, 4);
    EXPECT_EQ(committed(last - 1), "abc");
    add(last - 1, last, "b");
    add(last - 1, 3, "c");
    open_.abort(last - 1, last);
    EXPECT_EQ(committed(last - 1), "");
}

TEST_F(open_transactions_test, many_savepoints_are_as_quick_as_few) {
    constexpr std::uint32_t savepoints = 200'000; // quadratic, it would take minutes
    budget_ = std::make_shared<spool_budget>(1U << 30U);
    open_ = open_transactions(budget_);
    for (std::uint32_t part = 2; part <= savepoints; ++part) {
        add(1, part, "x");
        if (part % 2 == 0) {
            open_.abort(1, part);
        }
    }
    open_.abort(1, 3);
    for (std::uint32_t part = 5; part <= savepoints; part += 2) {
        open_.abort(1, part);
    }
    add(1, 1, "y");
    EXPECT_EQ(committed(1), "y");
}

TEST_F(open_transactions_test, a_part_may_come_again_after_it_was_rolled_back) {
    add(1, 2, "a");
    open_.abort(1, 2);
    add(1, 3, "b");
    add(1, 4, "c");
    open_.abort(1, 4);
    EXPECT_EQ(committed(1), "b");
}

TEST_F(open_transactions_test, a_rolled_back_transaction_leaves_nothing) {
    add(1, 1, "a");
    add(1, 2, "b");
    open_.abort(1, 1);
    open_.abort(7, 7);
    EXPECT_TRUE(open_.empty());
    EXPECT_EQ(budget_->used(), 0U);
}

TEST_F(open_transactions_test, a_trouble_goes_with_its_part) {
    batch trouble;
    trouble.troubles.push_back({5, "what", "mend"});
    ASSERT_TRUE(open_.append(1, 2, trouble));
    open_.abort(1, 2);
    ASSERT_TRUE(open_.append(1, 1, trouble));
    add(1, 1, "a");
    EXPECT_EQ(committed(1), "a(5whatmend)");
}

TEST_F(open_transactions_test, many_parts_are_rolled_back_one_by_one_without_a_search) {
    constexpr std::uint32_t parts = 5000;
    add(1, 1, "a");
    for (std::uint32_t part = 2; part < parts; ++part) {
        add(1, part, "x");
        add(1, 1, "");
    }
    for (std::uint32_t part = parts - 1; part >= 2; --part) {
        open_.abort(1, part);
    }
    EXPECT_EQ(committed(1), "a");
}

TEST_F(open_transactions_test, the_limit_is_said) {
    const batch large = row(std::string(600U << 10U, 'x'));
    EXPECT_TRUE(open_.append(1, 1, large));
    EXPECT_FALSE(open_.append(2, 2, large));
    open_.clear();
    EXPECT_TRUE(open_.append(2, 2, large));
}

} // namespace everarchive::capture
