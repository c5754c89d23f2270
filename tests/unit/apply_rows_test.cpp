// How rows are written: COPY escaping, the JSON of the quarantine, the SQL of a mirror table, the queue.
#include <gtest/gtest.h>

#include <thread>

#include "apply/batch_queue.hpp"
#include "apply/copy_text.hpp"
#include "apply/mirror_table.hpp"
#include "apply/row_quarantine.hpp"
#include "base/error.hpp"

namespace {

using namespace everarchive;
using apply::append_copy_row;
using capture::cell;

std::string copied(std::vector<cell> row) {
    std::string line;
    append_copy_row(line, row);
    return line;
}

TEST(copy_text, what_separates_is_escaped) {
    EXPECT_EQ(copied({cell::of("a"), cell::of("b")}), "a\tb\n");
    EXPECT_EQ(copied({cell::of("a\tb"), cell::of("c\nd\r"), cell::of("e\\f")}), "a\\tb\tc\\nd\\r\te\\\\f\n");
    EXPECT_EQ(copied({cell::of("\\N")}), "\\\\N\n"); // the text \N is not NULL
    EXPECT_EQ(copied({cell::of("\\.")}), "\\\\.\n"); // nor the end of data
    EXPECT_EQ(copied({cell::null(), cell::of("")}), "\\N\t\n");
    EXPECT_EQ(copied({cell::of("Grüße \x01\x7f")}), "Grüße \x01\x7f\n");
    std::string line;
    append_copy_row(line, "12", std::vector<cell>{cell::of("x")});
    EXPECT_EQ(line, "12\tx\n");
}

adapter::table items() {
    adapter::table table;
    table.schema = "asset";
    table.name = "copy";
    table.columns.resize(3);
    table.columns[0] = {};
    table.columns[0].name = "id";
    table.columns[0].type = "bigint";
    table.columns[1].name = "call \"number\"";
    table.columns[1].type = "bigint";
    table.columns[2].name = "barcode";
    table.columns[2].type = "text";
    table.key = {0};
    adapter::touch_part by_number;
    by_number.column = 1;
    adapter::touch_part word;
    word.is_constant = true;
    word.constant = "it's";
    table.touches = {{"holding", {word, by_number}}};
    return table;
}

TEST(mirror_table, names_are_quoted_and_values_are_parameters) {
    const adapter::table definition = items();
    const apply::mirror_table table(definition, "my\"schema");
    EXPECT_EQ(table.name, "\"my\"\"schema\".\"asset_copy\"");
    EXPECT_EQ(
        table.upsert,
        "INSERT INTO " + table.name +
            " (\"id\", \"call \"\"number\"\"\", \"barcode\") VALUES ($1, $2, $3) ON CONFLICT (\"id\") DO UPDATE SET "
            "\"call \"\"number\"\"\" = EXCLUDED.\"call \"\"number\"\"\", \"barcode\" = EXCLUDED.\"barcode\"");
    EXPECT_EQ(table.remove,
              "DELETE FROM " + table.name + " m USING unnest($1::bigint[]) AS k(c1) WHERE m.\"id\" = k.c1");
    EXPECT_EQ(table.patch({2}), "UPDATE " + table.name +
                                    " m SET \"barcode\" = $1 WHERE m.\"id\" = $2 RETURNING m.\"call "
                                    "\"\"number\"\"\"::text");
    EXPECT_EQ(table.patch({}), "SELECT m.\"call \"\"number\"\"\"::text FROM " + table.name + " m WHERE m.\"id\" = $1");
    EXPECT_NE(table.touch_all.find("'it''s' || ':' || m.\"call \"\"number\"\"\"::text"), std::string::npos);
}

TEST(mirror_table, a_table_of_keys_only_is_inserted_once_and_one_without_key_is_refused) {
    adapter::table table = items();
    table.key = {0, 1, 2};
    EXPECT_NE(apply::mirror_table(table, "m").upsert.find("DO NOTHING"), std::string::npos);
    table.key = {};
    EXPECT_THROW(apply::mirror_table(table, "m"), error);
}

TEST(quarantine, a_change_is_kept_whole) {
    const adapter::table table = items();
    const std::vector<cell> row{cell::of("7"), cell::null(), cell::of("caf\xe9")};
    EXPECT_EQ(apply::change_as_json(table, "insert", row, {}),
              R"({"cells":{"barcode":{"hex":"636166e9"},"call \"number\"":null,"id":"7"},"operation":"insert",)"
              R"("table":"asset_copy"})");
    const std::vector<cell> part{cell::of("7"), cell::absent(), cell::of("x")};
    EXPECT_EQ(apply::change_as_json(table, "update", part, {}),
              R"({"cells":{"barcode":"x","id":"7"},"operation":"update","table":"asset_copy"})");
    EXPECT_EQ(apply::printable("caf\xe9"), "\\x636166e9");
    EXPECT_EQ(apply::printable("café"), "café");
}

TEST(quarantine, a_kept_change_can_be_read_again_and_only_by_its_adapter) {
    adapter::adapter of;
    of.tables = {items()};
    const std::vector<cell> row{cell::of("7"), cell::null(), cell::of("caf\xe9")};
    const std::vector<cell> old{cell::of("6"), cell::absent(), cell::absent()};
    const auto read = apply::change_from_json(of, apply::change_as_json(of.tables[0], "update", row, old));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->operation, "update");
    EXPECT_EQ(read->row, row);
    EXPECT_EQ(read->old, old);
    EXPECT_FALSE(read->keeps_children);
    EXPECT_TRUE(read->is_whole());
    const std::vector<cell> part{cell::of("7"), cell::absent(), cell::of("x")};
    EXPECT_FALSE(apply::change_from_json(of, apply::change_as_json(of.tables[0], "update", part, {}))->is_whole());
    const auto gone = apply::change_from_json(of, apply::change_as_json(of.tables[0], "delete", part, {}, true));
    EXPECT_TRUE(gone->is_whole());
    EXPECT_TRUE(gone->keeps_children);
    EXPECT_FALSE(apply::change_from_json(of, R"({"table":"other","operation":"insert","cells":{}})"));
    EXPECT_FALSE(apply::change_from_json(of, R"({"table":"asset_copy","operation":"insert","cells":{"gone":"1"}})"));
    EXPECT_FALSE(apply::change_from_json(of, "00123nam not JSON"));
}

TEST(quarantine, kept_changes_keep_their_cells_in_a_vector_that_grows) {
    adapter::adapter of;
    of.tables = {items()};
    std::vector<apply::kept_change> several;
    for (int i = 0; i < 20; ++i) {
        const std::string key = std::to_string(i);
        const std::vector<cell> row{cell::of(key), cell::null(), cell::null()};
        several.push_back(*apply::change_from_json(of, apply::change_as_json(of.tables[0], "update", row, {})));
    }
    for (std::size_t i = 0; i < several.size(); ++i) {
        EXPECT_EQ(several[i].row[0].text, std::to_string(i));
    }
}

TEST(quarantine, what_a_row_is_guilty_of_and_what_it_is_not) {
    for (const char* data : {"22P02", "22021", "22003", "23505", "23514", "42804", "54000", "MR001"}) {
        EXPECT_TRUE(apply::is_data_error(data)) << data;
    }
    for (const char* other : {"08006", "53100", "57P01", "40001", "42P01", "42703", "42501", ""}) {
        EXPECT_FALSE(apply::is_data_error(other)) << other;
    }
}

capture::batch batch_of(std::size_t bytes) {
    capture::batch made;
    made.bytes = bytes;
    return made;
}

TEST(batch_queue, is_bounded_by_bytes_but_takes_one_batch_of_any_size) {
    apply::batch_queue queue(1'000'000);
    EXPECT_TRUE(queue.has_room());
    queue.put(batch_of(50'000'000));
    EXPECT_FALSE(queue.has_room());
    EXPECT_FALSE(queue.wait_for_room(std::chrono::milliseconds{1}));
    EXPECT_TRUE(queue.take(std::chrono::milliseconds{0}).has_value());
    EXPECT_TRUE(queue.has_room());
    EXPECT_FALSE(queue.take(std::chrono::milliseconds{1}).has_value());
}

TEST(batch_queue, the_cells_of_wide_rows_count) {
    apply::batch_queue queue(500'000);
    capture::batch wide;
    for (int i = 0; i < 1'000; ++i) {
        capture::change update;
        update.row = wide.cells(26);
        update.old = wide.cells(26);
        wide.changes.push_back(update);
    }
    EXPECT_EQ(wide.bytes, 0U);
    EXPECT_EQ(wide.cell_bytes, 52'000 * sizeof(cell));
    queue.put(std::move(wide));
    EXPECT_FALSE(queue.has_room());
    EXPECT_TRUE(queue.take(std::chrono::milliseconds{0}).has_value());
    EXPECT_TRUE(queue.has_room());
}

TEST(batch_queue, an_error_comes_after_what_was_read_before_it) {
    apply::batch_queue queue;
    queue.put(batch_of(1));
    queue.close(std::make_exception_ptr(error(exit_code::source, cause::retry, "lost")));
    EXPECT_FALSE(queue.is_finished());
    EXPECT_TRUE(queue.take(std::chrono::milliseconds{0}).has_value());
    EXPECT_TRUE(queue.is_finished());
    EXPECT_THROW((void)queue.take(std::chrono::milliseconds{0}), error);
}

} // namespace
