// What an adapter may leave open, take only in part, or find by way of other tables.
#include <gtest/gtest.h>

#include "adapter_folder.hpp"

namespace {

using everarchive::error;
using everarchive::adapter::adapter;
using everarchive::adapter::table;
using everarchive::test::adapter_folder;

const std::string mirror = R"sql(-- title: a test
-- system: postgresql
-- parameter: tenant which tenant

CREATE TABLE "{tenant}_books".book (
    id uuid PRIMARY KEY,
    doc jsonb,
    shelf uuid
);
CREATE INDEX ON "{tenant}_books".book (shelf);
COMMENT ON TABLE "{tenant}_books".book IS 'books. Touches: bib (id).';
COMMENT ON COLUMN "{tenant}_books".book.doc IS 'the book (e.g. a novel). Keeps: id, meta.date.';
CREATE TABLE "{tenant}_books".shelf (
    id uuid PRIMARY KEY,
    room uuid,
    name text
);
CREATE INDEX ON "{tenant}_books".shelf (room);
COMMENT ON TABLE "{tenant}_books".shelf IS 'shelves. Touches: bib (id of books_book where shelf = id).';
COMMENT ON COLUMN "{tenant}_books".shelf.name IS 'Optional. Its name, in later versions';
CREATE TABLE "{tenant}_books".room (id uuid PRIMARY KEY);
COMMENT ON TABLE "{tenant}_books".room IS 'rooms. Touches: bib (id of books_book where shelf = id of books_shelf where room = id).';
CREATE TABLE "{tenant}_books".note (id integer PRIMARY KEY, about uuid, note text);
COMMENT ON TABLE "{tenant}_books".note IS 'notes of books and of readers. Touches: bib (about).';
COMMENT ON COLUMN "{tenant}_books".note.about IS 'what it is about. Only of: books_book, books_shelf.';
)sql";

const std::string mapping = R"sql(
CREATE VIEW bib AS
SELECT id AS key1, NULL::text AS parent_key, NULL::marc AS record, NULL::text AS problem,
       NULL::bytea AS captured, 'json'::text AS format, doc AS attributes, false AS deleted
FROM books_book;
)sql";

adapter load(const std::string& text = mirror) {
    adapter_folder folder;
    folder.write(text, mapping);
    return folder.load();
}

std::string refusal(const std::string& from, const std::string& to) {
    adapter_folder folder;
    std::string text = mirror;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    folder.write(text.replace(at, from.size(), to), mapping);
    return folder.refusal();
}

std::string with_refusal(const everarchive::adapter::parameter_values& values) {
    try {
        load().with(values);
    } catch (const error& e) {
        return std::string(e.what()) + " | " + e.hint();
    }
    return {};
}

TEST(adapter_rules, a_parameter_changes_the_schemas_in_the_source_but_not_the_mirror) {
    const adapter open = load();
    EXPECT_EQ(open.parameters, (decltype(open.parameters){{"tenant", "which tenant"}}));
    const adapter made = open.with({{"tenant", "diku"}});
    EXPECT_EQ(made.tables[0].source_name(), "diku_books.book");
    EXPECT_EQ(made.tables[0].mirror_name(), "books_book");
    EXPECT_EQ(made.tables[0].mirror_name(), open.with({{"tenant", "college"}}).tables[0].mirror_name());
    EXPECT_EQ(made.create_statements("m"), open.create_statements("m"));
}

TEST(adapter_rules, parameters_are_checked) {
    EXPECT_EQ(with_refusal({}), "the adapter try needs tenant | give --set tenant=… (which tenant)");
    EXPECT_EQ(with_refusal({{"tenant", "diku"}, {"x", "y"}}).substr(0, 39),
              "the adapter try has no parameter \"x\" | ");
    for (const char* bad : {"", "Diku", "1diku", "di-ku", "di\"ku", "di ku", "diku'; DROP"}) {
        EXPECT_NE(with_refusal({{"tenant", bad}}).find("cannot take"), std::string::npos) << bad;
    }
    EXPECT_NE(with_refusal({{"tenant", std::string(60, 'x')}}).find("too long"), std::string::npos);
    EXPECT_NE(refusal("-- parameter: tenant which tenant\n", "").find("no line -- parameter: declares"),
              std::string::npos);
    EXPECT_NE(refusal("tenant which tenant", "tenant").find("-- parameter: NAME WHAT IT IS"), std::string::npos);
    EXPECT_NE(refusal("\"{tenant}_books\".book (\n", "\"{tenant}\".book (\n").find("no name for the mirror"),
              std::string::npos);
}

TEST(adapter_rules, parameters_are_kept_as_json) {
    const everarchive::adapter::parameter_values values{{"tenant", "diku"}};
    EXPECT_EQ(everarchive::adapter::parameters_as_json(values), R"({"tenant":"diku"})");
    EXPECT_EQ(everarchive::adapter::parameters_from_json(R"({"tenant": "diku"})"), values);
    EXPECT_TRUE(everarchive::adapter::parameters_from_json("{}").empty());
    EXPECT_THROW(everarchive::adapter::parameters_from_json("[1]"), error);
}

TEST(adapter_rules, an_adapter_without_parameters_takes_none) {
    adapter_folder folder;
    EXPECT_EQ(folder.load().with({}).tables.size(), 1U);
    EXPECT_THROW(folder.load().with({{"tenant", "diku"}}), error);
}

TEST(adapter_rules, touches_go_through_other_tables) {
    const adapter made = load();
    EXPECT_TRUE(made.tables[1].touches.empty());
    ASSERT_EQ(made.tables[1].touches_through.size(), 1U);
    ASSERT_EQ(made.tables[2].touches_through.size(), 1U);
    const auto& two = made.tables[2].touches_through[0];
    EXPECT_EQ(two.kind, "bib");
    ASSERT_EQ(two.steps.size(), 2U); // from the row on: the shelves of the room, then the books of those
    EXPECT_EQ(two.steps[0].table, "books_shelf");
    EXPECT_EQ(two.steps[0].where, 1U);
    EXPECT_EQ(two.steps[1].table, "books_book");
    EXPECT_EQ(two.steps[1].where, 2U);
    EXPECT_EQ(two.steps[1].key, 0U);
}

TEST(adapter_rules, touches_through_other_tables_are_checked) {
    const std::string one = "bib (id of books_book where shelf = id).";
    EXPECT_NE(refusal(one, "bib (id of nothing where shelf = id).").find("no such table"), std::string::npos);
    EXPECT_NE(refusal(one, "bib (x of books_book where shelf = id).").find("has no column x"), std::string::npos);
    EXPECT_NE(refusal(one, "bib (shelf of books_book where doc = id).").find("is compared with uuid"),
              std::string::npos);
    EXPECT_NE(refusal(one, "bib (doc of books_book where shelf = id).").find("is no key of bib"), std::string::npos);
    EXPECT_NE(refusal(one, "item (id of books_book where shelf = id).").find("is no key of item"), std::string::npos);
    EXPECT_NE(refusal("CREATE INDEX ON \"{tenant}_books\".book (shelf);\n", "").find("no index that begins with shelf"),
              std::string::npos);
}

TEST(adapter_rules, a_touch_may_depend_on_what_a_column_says) {
    const std::string note = "Touches: bib (about).";
    std::string text = mirror;
    text.replace(text.find(note), note.size(),
                 "Touches: bib (about) when note = ''book'', bib (about) when note = ''a b''.");
    const adapter made = load(text);
    ASSERT_EQ(made.tables[3].touches.size(), 2U);
    EXPECT_EQ(made.tables[3].touches[1].when, std::optional<std::size_t>(2));
    EXPECT_EQ(made.tables[3].touches[1].when_is, "a b");
    EXPECT_NE(refusal(note, "Touches: bib (about) when id = ''1''.").find("a text column"), std::string::npos);
    EXPECT_NE(refusal(note, "Touches: bib (about) when note = x.").find("a constant in quotes"), std::string::npos);
    EXPECT_NE(refusal(note, "Touches: bib (about) when note = ''x.").find("not closed"), std::string::npos);
}

TEST(adapter_rules, members_rows_and_columns_may_be_left_out) {
    const adapter made = load().with({{"tenant", "diku"}});
    const table& book = made.tables[0];
    const table& note = made.tables[3];
    EXPECT_EQ(book.columns[1].members.named.size(), 2U);
    EXPECT_EQ(made.source_expression(book, 0, "t", "\"id\""), "t.\"id\"");
    EXPECT_NE(made.source_expression(book, 1, "t", "\"doc\"").find("jsonb_each"), std::string::npos);
    EXPECT_EQ(made.source_condition(book, "t"), "");
    EXPECT_EQ(made.source_condition(note, "t"),
              "(EXISTS (SELECT FROM \"diku_books\".\"book\" o WHERE o.\"id\" = t.\"about\") OR EXISTS (SELECT FROM "
              "\"diku_books\".\"shelf\" o WHERE o.\"id\" = t.\"about\"))");
    EXPECT_TRUE(made.tables[1].may_lack(2));
    EXPECT_FALSE(made.tables[1].may_lack(1));
}

TEST(adapter_rules, what_is_left_out_is_checked) {
    EXPECT_NE(refusal("doc jsonb", "doc text").find("Keeps: is for jsonb"), std::string::npos);
    EXPECT_NE(refusal("Keeps: id, meta.date.", "Keeps: id, meta date.").find("no path of a member"), std::string::npos);
    EXPECT_NE(refusal("Keeps: id, meta.date.", "Keeps: id").find("no path of a member"), std::string::npos);
    EXPECT_NE(refusal("Only of: books_book, books_shelf.", "Only of: books_book, nothing.").find("no table above"),
              std::string::npos);
    EXPECT_NE(refusal("Only of: books_book, books_shelf.", "Only of: books_note.").find("no table above"),
              std::string::npos);
    EXPECT_NE(refusal("Only of: books_book, books_shelf.", "Only of: ").find("names the tables"), std::string::npos);
    EXPECT_NE(refusal("note.about IS", "note.note IS").find("not one column of the type"), std::string::npos);
    EXPECT_NE(refusal("name text\n", "name text NOT NULL\n").find("is Optional. and NOT NULL"), std::string::npos);
}

} // namespace
