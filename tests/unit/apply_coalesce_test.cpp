// The net effect of a run must be what the changes do one after the other, whatever the sequence.
#include "apply/coalesce.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>

namespace {

using everarchive::adapter::adapter;
using everarchive::adapter::foreign_key;
using everarchive::adapter::touch;
using everarchive::adapter::touch_part;
using everarchive::apply::cascade_graph;
using everarchive::apply::net_change;
using everarchive::apply::run;
using everarchive::capture::cell;
using everarchive::capture::change;
using everarchive::capture::operation;

touch_part column(std::size_t index) {
    touch_part part;
    part.column = index;
    return part;
}

touch_part constant(std::string text) {
    touch_part part;
    part.is_constant = true;
    part.constant = std::move(text);
    return part;
}

/// book (id, title, shelf) and page (id, book_id), page.book_id → book ON DELETE CASCADE, note (id, page_id) → page.
adapter library(everarchive::adapter::system runs_on) {
    adapter made;
    made.name = "test";
    made.runs_on = runs_on;
    everarchive::adapter::table book;
    book.name = "book";
    book.columns.resize(3);
    book.columns[0].name = "id";
    book.columns[1].name = "title";
    book.columns[2].name = "shelf";
    book.key = {0};
    book.touches = {touch{"bib", {column(0)}}, touch{"holding", {constant("shelf"), column(2)}}};
    everarchive::adapter::table page;
    page.name = "page";
    page.columns.resize(2);
    page.columns[0].name = "id";
    page.columns[1].name = "book_id";
    page.key = {0};
    page.touches = {touch{"item", {column(0)}}, touch{"bib", {column(1)}}};
    foreign_key to_book{};
    to_book.columns = {1};
    to_book.parent = "book";
    to_book.parent_columns = {0};
    to_book.on_delete = foreign_key::action::cascade;
    to_book.on_update = foreign_key::action::cascade;
    page.foreign_keys = {to_book};
    everarchive::adapter::table note;
    note.name = "note";
    note.columns.resize(2);
    note.columns[0].name = "id";
    note.columns[1].name = "page_id";
    note.key = {0};
    foreign_key to_page = to_book;
    to_page.parent = "page";
    note.foreign_keys = {to_page};
    made.tables = {book, page, note};
    return made;
}

/// Owns the cells of changes that a test makes.
class changes {
  public:
    std::span<const cell> row(std::vector<std::optional<std::string>> values, std::vector<bool> absent = {}) {
        std::vector<cell>& cells = rows_.emplace_back();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i < absent.size() && absent[i]) {
                cells.push_back(cell::absent());
            } else if (!values[i]) {
                cells.push_back(cell::null());
            } else {
                cells.push_back(cell::of(texts_.emplace_back(*values[i])));
            }
        }
        return cells;
    }

    static change make(std::uint32_t table, operation what, std::span<const cell> row, std::span<const cell> old = {}) {
        change made;
        made.table = table;
        made.what = what;
        made.row = row;
        made.old = old;
        return made;
    }

  private:
    std::deque<std::vector<cell>> rows_;
    std::deque<std::string> texts_;
};

using row_values = std::vector<std::string>;
using mirror = std::map<std::string, row_values>; // key → the other columns

row_values values_of(std::span<const cell> row, const row_values& before) {
    row_values values;
    for (std::size_t i = 1; i < row.size(); ++i) {
        values.push_back(row[i].is == cell::state::absent ? before.at(i - 1)
                         : row[i].is == cell::state::null ? "NULL"
                                                          : std::string(row[i].text));
    }
    return values;
}

/// What the source's change does to a table.
void apply_directly(mirror& table, const change& one) {
    const std::string key(one.row[0].text);
    switch (one.what) {
    case operation::remove:
        table.erase(key);
        break;
    case operation::update: {
        const std::string old_key = one.old.empty() ? key : std::string(one.old[0].text);
        const row_values before = table.at(old_key);
        table.erase(old_key);
        table[key] = values_of(one.row, before);
        break;
    }
    default:
        table[key] = values_of(one.row, {});
    }
}

/// What the row writer does with a run: upserts, patches, removes.
void write_run(mirror& table, const run& written) {
    for (const auto effect : {net_change::effect::upsert, net_change::effect::patch, net_change::effect::remove}) {
        for (const net_change& one : written.changes()) {
            if (one.what != effect) {
                continue;
            }
            const std::string key(one.row[0].text);
            if (effect == net_change::effect::remove) {
                table.erase(key);
            } else {
                table[key] = values_of(one.row, effect == net_change::effect::patch ? table.at(key) : row_values{});
            }
        }
    }
}

/// As the applier: barriers end the run.
class player {
  public:
    explicit player(const adapter& of) : adapter_(of), graph_(of), run_(of, graph_) {}

    void play(const change& one) {
        std::string why;
        run::verdict verdict = run_.add(one, why);
        if (verdict == run::verdict::flush_first) {
            flush();
            verdict = run_.add(one, why);
        }
        ASSERT_EQ(why, "");
        if (verdict == run::verdict::alone) {
            flush();
            apply_directly(table, one);
        } else {
            ASSERT_EQ(verdict, run::verdict::taken);
        }
    }

    void flush() {
        write_run(table, run_);
        ++flushes;
        run_.clear();
    }

    run& current() { return run_; }

    mirror table;
    int flushes = 0;

  private:
    const adapter& adapter_;
    cascade_graph graph_;
    run run_;
};

/// Every sequence of up to `length` operations that can follow each other on two keys, by exhaustion.
void try_all(const adapter& of, changes& made, std::vector<change>& sequence, const mirror& state, std::size_t length,
             std::size_t& tried) {
    if (!sequence.empty()) {
        player folded(of);
        folded.table = {{"1", {"old", "A"}}};
        for (const change& one : sequence) {
            folded.play(one);
            ASSERT_FALSE(testing::Test::HasFatalFailure());
        }
        folded.flush();
        ASSERT_EQ(folded.table, state);
        ++tried;
    }
    if (sequence.size() == length) {
        return;
    }
    const std::string stamp = "t" + std::to_string(sequence.size());
    std::vector<change> next;
    for (const std::string key : {"1", "2"}) {
        const std::string other = key == "1" ? "2" : "1";
        if (!state.contains(key)) {
            next.push_back(changes::make(0, operation::insert, made.row({key, stamp, std::nullopt})));
            continue;
        }
        next.push_back(changes::make(0, operation::remove, made.row({key, "", ""}, {false, true, true})));
        next.push_back(changes::make(0, operation::update, made.row({key, stamp, "B"})));
        next.push_back(changes::make(0, operation::update, made.row({key, "", stamp}, {false, true, false})));
        next.push_back(changes::make(0, operation::update, made.row({key, stamp, ""}, {false, false, true})));
        if (!state.contains(other)) {
            const auto old = made.row({key, "", ""}, {false, true, true});
            next.push_back(changes::make(0, operation::update, made.row({other, stamp, "C"}), old));
            next.push_back(
                changes::make(0, operation::update, made.row({other, "", stamp}, {false, true, false}), old));
        }
    }
    for (const change& one : next) {
        mirror after = state;
        apply_directly(after, one);
        sequence.push_back(one);
        try_all(of, made, sequence, after, length, tried);
        sequence.pop_back();
        if (testing::Test::HasFatalFailure()) {
            return;
        }
    }
}

TEST(coalesce, every_sequence_of_operations_folds_to_what_it_does) {
    const adapter of = library(everarchive::adapter::system::postgresql);
    changes made;
    std::vector<change> sequence;
    std::size_t tried = 0;
    try_all(of, made, sequence, {{"1", {"old", "A"}}}, 4, tried);
    EXPECT_GT(tried, 1000U);
}

TEST(coalesce, a_row_saved_many_times_is_written_once) {
    const adapter of = library(everarchive::adapter::system::postgresql);
    changes made;
    player folded(of);
    for (int i = 0; i < 5; ++i) {
        folded.play(changes::make(0, operation::update, made.row({"1", "t" + std::to_string(i), "A"})));
    }
    EXPECT_EQ(folded.flushes, 0);
    EXPECT_EQ(folded.current().size(), 1U);
    EXPECT_EQ(folded.current().changes().front().row[1].text, "t4");
}

TEST(coalesce, the_old_row_is_read_only_when_the_source_does_not_send_what_it_touched) {
    const adapter of = library(everarchive::adapter::system::postgresql);
    changes made;
    player folded(of);
    folded.play(changes::make(0, operation::insert, made.row({"1", "t", "A"})));
    folded.play(changes::make(0, operation::update, made.row({"2", "t", "A"})));
    folded.play(changes::make(0, operation::update, made.row({"3", "t", "A"}), made.row({"3", "t", "B"})));
    folded.play(changes::make(0, operation::remove, made.row({"4", "", ""}, {false, true, true})));
    folded.play(changes::make(0, operation::remove, made.row({"5", "t", std::nullopt})));
    std::vector<bool> read;
    for (const net_change& one : folded.current().changes()) {
        read.push_back(one.read_old);
    }
    EXPECT_EQ(read, (std::vector<bool>{false, true, false, true, false}));
    const auto& keys = folded.current().touched().by_kind();
    EXPECT_EQ(keys.at("bib").size(), 5U);
    EXPECT_TRUE(keys.at("holding").contains("shelf:A"));
    EXPECT_TRUE(keys.at("holding").contains("shelf:B")); // where the row was before
    EXPECT_EQ(keys.at("holding").size(), 2U);            // a NULL part touches nothing
}

TEST(coalesce, only_a_row_that_the_run_has_inserted_is_taken_for_new) {
    const adapter of = library(everarchive::adapter::system::postgresql);
    changes made;
    player folded(of);
    folded.play(changes::make(0, operation::insert, made.row({"1", "t", "A"})));
    folded.play(changes::make(0, operation::update, made.row({"1", "u", "A"})));
    folded.play(changes::make(0, operation::update, made.row({"2", "t", "A"})));
    folded.play(changes::make(0, operation::remove, made.row({"3", "t", "A"})));
    folded.play(changes::make(0, operation::insert, made.row({"3", "t", "A"})));
    folded.play(changes::make(0, operation::insert, made.row({"4", "t", "A"})));
    folded.play(changes::make(0, operation::remove, made.row({"4", "t", "A"})));
    folded.play(changes::make(0, operation::insert, made.row({"4", "t", "A"})));
    std::map<std::string, bool> inserted;
    for (const net_change& one : folded.current().changes()) {
        EXPECT_EQ(one.what, net_change::effect::upsert);
        inserted[std::string(one.row[0].text)] = one.inserted;
    }
    EXPECT_EQ(inserted, (std::map<std::string, bool>{{"1", true}, {"2", false}, {"3", false}, {"4", true}}));
}

TEST(coalesce, absent_cells_are_completed_from_the_row_before) {
    const adapter of = library(everarchive::adapter::system::postgresql);
    changes made;
    player folded(of);
    folded.play(changes::make(0, operation::update, made.row({"1", "", "B"}, {false, true, false}),
                              made.row({"1", "kept", "A"})));
    const net_change& net = folded.current().changes().front();
    EXPECT_EQ(net.what, net_change::effect::upsert);
    EXPECT_EQ(net.row[1].text, "kept");
}

TEST(coalesce, what_cannot_be_applied_is_said) {
    const adapter of = library(everarchive::adapter::system::mariadb);
    const cascade_graph graph(of);
    changes made;
    run one(of, graph);
    std::string why;
    change bad = changes::make(0, operation::insert, made.row({"1", "t", "A"}));
    bad.problem = "no such date";
    EXPECT_EQ(one.add(bad, why), run::verdict::alone);
    EXPECT_EQ(why, "no such date");
    EXPECT_EQ(one.add(changes::make(0, operation::insert, made.row({"1", std::string("a\0b", 3), "A"})), why),
              run::verdict::alone);
    EXPECT_NE(why.find("0x00"), std::string::npos);
    EXPECT_EQ(one.add(changes::make(0, operation::insert, made.row({std::nullopt, "t", "A"})), why),
              run::verdict::alone);
    EXPECT_NE(why.find("primary key"), std::string::npos);
    // Of a deleted row only the key is used.
    EXPECT_EQ(one.add(changes::make(0, operation::remove, made.row({"1", std::string("a\0b", 3), "A"})), why),
              run::verdict::taken);
    EXPECT_EQ(one.add(changes::make(0, operation::truncate, {}), why), run::verdict::alone);
    EXPECT_EQ(why, "");
}

TEST(cascade, a_later_row_of_the_same_parent_ends_the_run) {
    const adapter of = library(everarchive::adapter::system::mariadb);
    changes made;
    const cascade_graph graph(of);
    const auto verdict_after_delete = [&](const change& later) {
        run one(of, graph);
        std::string why;
        EXPECT_EQ(one.add(changes::make(0, operation::remove, made.row({"10", "t", "A"})), why), run::verdict::taken);
        EXPECT_TRUE(one.changes().front().cascades);
        return one.add(later, why);
    };
    // The parent is made again; a child of it; a child that left it.
    EXPECT_EQ(verdict_after_delete(changes::make(0, operation::insert, made.row({"10", "t", "A"}))),
              run::verdict::flush_first);
    EXPECT_EQ(verdict_after_delete(changes::make(1, operation::update, made.row({"7", "10"}), made.row({"7", "10"}))),
              run::verdict::flush_first);
    EXPECT_EQ(verdict_after_delete(changes::make(1, operation::update, made.row({"7", "11"}), made.row({"7", "10"}))),
              run::verdict::flush_first);
    // A row between two levels that appears: its former self may have gone with rows below it.
    EXPECT_EQ(verdict_after_delete(changes::make(1, operation::insert, made.row({"7", "11"}))),
              run::verdict::flush_first);
    // What has nothing to do with it goes on.
    EXPECT_EQ(verdict_after_delete(changes::make(0, operation::insert, made.row({"11", "t", "A"}))),
              run::verdict::taken);
    EXPECT_EQ(verdict_after_delete(changes::make(1, operation::update, made.row({"8", "12"}), made.row({"8", "12"}))),
              run::verdict::taken);
    EXPECT_EQ(verdict_after_delete(changes::make(2, operation::insert, made.row({"5", "8"}))), run::verdict::taken);
}

TEST(cascade, a_child_inserted_after_a_cascade_reads_what_the_mirror_has_of_it) {
    const adapter of = library(everarchive::adapter::system::mariadb);
    changes made;
    const cascade_graph graph(of);
    run one(of, graph);
    std::string why;
    ASSERT_EQ(one.add(changes::make(1, operation::remove, made.row({"10", "3"})), why), run::verdict::taken);
    ASSERT_EQ(one.add(changes::make(2, operation::insert, made.row({"5", "11"})), why), run::verdict::taken);
    EXPECT_TRUE(one.changes().back().read_old);
    EXPECT_FALSE(one.changes().back().inserted);
}

TEST(cascade, a_parent_that_changes_its_key_stands_alone_and_postgresql_has_no_hidden_cascades) {
    changes made;
    std::string why;
    const change moved = changes::make(0, operation::update, made.row({"11", "t", "A"}), made.row({"10", "t", "A"}));
    const adapter maria = library(everarchive::adapter::system::mariadb);
    const cascade_graph maria_graph(maria);
    run one(maria, maria_graph);
    EXPECT_EQ(one.add(moved, why), run::verdict::alone);

    const adapter postgres = library(everarchive::adapter::system::postgresql);
    const cascade_graph postgres_graph(postgres);
    EXPECT_TRUE(postgres_graph.children(0).empty());
    run two(postgres, postgres_graph);
    EXPECT_EQ(two.add(moved, why), run::verdict::taken);
    EXPECT_EQ(two.size(), 2U);
    EXPECT_EQ(two.add(changes::make(0, operation::insert, made.row({"10", "t", "A"})), why), run::verdict::taken);
    EXPECT_FALSE(two.changes().front().cascades);
}

TEST(cascade, a_source_that_does_not_follow_foreign_keys_keeps_the_children) {
    const adapter of = library(everarchive::adapter::system::mariadb);
    const cascade_graph graph(of);
    changes made;
    run one(of, graph);
    std::string why;
    change gone = changes::make(0, operation::remove, made.row({"10", "t", "A"}));
    gone.keeps_children = true;
    ASSERT_EQ(one.add(gone, why), run::verdict::taken);
    EXPECT_FALSE(one.changes().front().cascades);
    // REPLACE: the row is made again in the same run, and nothing waits for a cascade.
    ASSERT_EQ(one.add(changes::make(0, operation::insert, made.row({"10", "u", "A"})), why), run::verdict::taken);
    EXPECT_EQ(one.changes().front().what, net_change::effect::upsert);
    EXPECT_FALSE(one.changes().front().cascades);
    change moved = changes::make(0, operation::update, made.row({"11", "t", "A"}), made.row({"10", "u", "A"}));
    moved.keeps_children = true;
    EXPECT_EQ(one.add(moved, why), run::verdict::taken);
    // The columns by which children are found are then not needed.
    adapter by_title = of;
    by_title.tables[1].foreign_keys[0].parent_columns = {1};
    const cascade_graph title_graph(by_title);
    run two(by_title, title_graph);
    change partial = changes::make(0, operation::remove, made.row({"10", "", ""}, {false, true, true}));
    partial.keeps_children = true;
    EXPECT_EQ(two.add(partial, why), run::verdict::taken);
}

TEST(cascade, a_changed_column_that_children_name_goes_alone) {
    adapter of = library(everarchive::adapter::system::mariadb);
    of.tables[1].foreign_keys[0].parent_columns = {1}; // by title, a unique key beside the primary one
    of.tables[1].foreign_keys[0].on_delete = foreign_key::action::none;
    const cascade_graph graph(of);
    changes made;
    run one(of, graph);
    std::string why;
    EXPECT_EQ(one.add(changes::make(0, operation::update, made.row({"10", "t", "B"}), made.row({"10", "t", "A"})), why),
              run::verdict::taken);
    EXPECT_EQ(one.add(changes::make(0, operation::update, made.row({"10", "u", "B"}), made.row({"10", "t", "B"})), why),
              run::verdict::alone);
    change kept = changes::make(0, operation::update, made.row({"10", "u", "B"}), made.row({"10", "t", "B"}));
    kept.keeps_children = true;
    EXPECT_EQ(one.add(kept, why), run::verdict::taken);
    EXPECT_EQ(one.add(changes::make(0, operation::remove, made.row({"10", "u", "B"})), why), run::verdict::taken);
    EXPECT_FALSE(one.changes().front().cascades) << "the source refuses to delete a row that others name";
    of.tables[1].foreign_keys[0].on_update = foreign_key::action::none;
    run two(of, graph);
    EXPECT_EQ(two.add(changes::make(0, operation::update, made.row({"10", "u", "B"}), made.row({"10", "t", "B"})), why),
              run::verdict::taken);
}

TEST(coalesce, a_part_that_completes_what_a_row_touches_touches_it) {
    adapter of = library(everarchive::adapter::system::mariadb);
    of.tables[0].touches = {touch{"holding", {column(1), column(2)}}};
    const cascade_graph graph(of);
    changes made;
    run one(of, graph);
    std::string why;
    ASSERT_EQ(one.add(changes::make(0, operation::insert, made.row({"1", "t", "A"})), why), run::verdict::taken);
    ASSERT_EQ(one.add(changes::make(0, operation::update, made.row({"1", "", "B"}, {false, true, false})), why),
              run::verdict::taken);
    EXPECT_TRUE(one.touched().by_kind().at("holding").contains("t:A"));
    EXPECT_TRUE(one.touched().by_kind().at("holding").contains("t:B"));
}

TEST(coalesce, a_touch_may_depend_on_what_a_column_says) {
    touch bound{"bib", {column(0)}};
    bound.when = 1;
    bound.when_is = "book";
    changes made;
    using everarchive::apply::touch_of;
    EXPECT_EQ(touch_of(bound, made.row({"7", "book"})).key, std::optional<std::string>("7"));
    EXPECT_EQ(touch_of(bound, made.row({"7", "map"})).key, std::nullopt);
    EXPECT_TRUE(touch_of(bound, made.row({"", "map"}, {true, false})).known) << "whatever its key is";
    EXPECT_FALSE(touch_of(bound, made.row({"7", ""}, {false, true})).known) << "the mirror has to be asked";
}

TEST(cascade, a_deleted_parent_without_the_column_that_children_name_goes_to_quarantine) {
    adapter of = library(everarchive::adapter::system::mariadb);
    of.tables[1].foreign_keys[0].parent_columns = {1}; // by title
    const cascade_graph graph(of);
    changes made;
    run one(of, graph);
    std::string why;
    EXPECT_EQ(one.add(changes::make(0, operation::remove, made.row({"10", "", ""}, {false, true, true})), why),
              run::verdict::alone);
    EXPECT_NE(why.find("binlog_row_image"), std::string::npos);
}

TEST(keys, parts_cannot_run_into_each_other) {
    changes made;
    const std::vector<std::size_t> both{0, 1};
    EXPECT_NE(everarchive::apply::joined_values(both, made.row({"a", "bc"})),
              everarchive::apply::joined_values(both, made.row({"ab", "c"})));
    EXPECT_NE(everarchive::apply::joined_values(both, made.row({"N;", "x"})),
              everarchive::apply::joined_values(both, made.row({std::nullopt, "x"})));
}

} // namespace
