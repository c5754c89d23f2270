// Which members of a JSON document may leave the library system.
#include <gtest/gtest.h>

#include "adapter/json_members.hpp"

namespace {

using everarchive::adapter::json_members;
using everarchive::adapter::keep_members;
using everarchive::adapter::keep_members_sql;
using everarchive::adapter::read_members;

json_members members(std::string_view list) {
    json_members made;
    EXPECT_EQ(read_members(list, made), "") << list;
    return made;
}

std::string kept(std::string_view json, std::string_view list) {
    return keep_members(json, members(list)).value_or("no JSON");
}

TEST(adapter_json_members, keep_what_is_named_and_nothing_else) {
    EXPECT_EQ(kept(R"({"id": "1", "title": "T", "lastCheckIn": {"staffMemberId": "x"}})", "id, title"),
              R"({"id": "1", "title": "T"})");
    EXPECT_EQ(kept(R"({"notes": [{"note": "n", "deep": {"a": [1, 2]}}], "x": 1})", "notes"),
              R"({"notes": [{"note": "n", "deep": {"a": [1, 2]}}]})");
    EXPECT_EQ(kept("{}", "id"), "{}");
    EXPECT_EQ(kept(R"({"x": 1})", "id"), "{}");
}

TEST(adapter_json_members, keep_parts_of_objects_and_of_arrays_of_objects) {
    const std::string_view list = "id, metadata.createdDate, status.name, a.b.c";
    EXPECT_EQ(kept(R"({"id": 1, "metadata": {"createdDate": "d", "createdByUserId": "u"}})", list),
              R"({"id": 1, "metadata": {"createdDate": "d"}})");
    EXPECT_EQ(kept(R"({"metadata": [{"createdDate": "d", "createdByUserId": "u"}, "u", 3, ["u"], {}]})", list),
              R"({"metadata": [{"createdDate": "d"}, {}]})");
    EXPECT_EQ(kept(R"({"a": {"b": {"c": true, "d": 1}, "c": 2}})", list), R"({"a": {"b": {"c": true}}})");
}

TEST(adapter_json_members, drop_a_member_that_has_no_parts_where_parts_are_named) {
    EXPECT_EQ(kept(R"({"id": 1, "metadata": "Jane Doe", "status": null})", "id, metadata.createdDate, status.name"),
              R"({"id": 1})");
    EXPECT_EQ(kept(R"("Jane Doe")", "id"), "null");
    EXPECT_EQ(kept("17", "id"), "null");
    EXPECT_EQ(kept(R"([{"id": 1, "x": 2}])", "id"), R"([{"id": 1}])");
}

TEST(adapter_json_members, copy_values_as_they_are_written) {
    EXPECT_EQ(kept(R"({"n": 12345678901234567890.50, "t": "\u00e9 \"}{][,:\\", "u": "書名 𝄞"})", "n, t, u"),
              R"({"n": 12345678901234567890.50, "t": "\u00e9 \"}{][,:\\", "u": "書名 𝄞"})");
    EXPECT_EQ(kept("{\"a\":1,\n\t\"b\" : [ 1 , 2 ] ,\"c\":{}}", "a, b, c"), R"({"a": 1, "b": [ 1 , 2 ], "c": {}})");
}

/// A name that is written otherwise is another name: it is dropped, never let through.
TEST(adapter_json_members, do_not_take_an_escaped_name_for_a_named_one) {
    EXPECT_EQ(kept(R"({"\u0069d": 1, "id ": 2, "ID": 3})", "id"), "{}");
}

TEST(adapter_json_members, refuse_what_is_no_json) {
    for (const std::string_view broken :
         {"", "{", R"({"id")", R"({"id":})", R"({"id": 1)", R"({"id": "1)", R"({"id": 1,})", R"({"id": 1} x)",
          R"({"id": [1})", R"({id: 1})", R"({"id": "\)", "[", "[1 2", R"({"id" 1})", R"({"x": [}, "id": 1})"}) {
        EXPECT_EQ(kept(broken, "id"), "no JSON") << broken;
    }
}

TEST(adapter_json_members, take_documents_of_any_depth) {
    const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
    EXPECT_EQ(kept("{\"x\": " + deep + ", \"id\": 1}", "id"), R"({"id": 1})");
    EXPECT_EQ(kept(deep, "id"), "[]");
}

TEST(adapter_json_members, refuse_lists_that_say_nothing_clear) {
    for (const std::string_view bad : {"", "id,", ",id", "id id", "a.", ".a", "a..b", "a.b.c.d.e", "id, id", "a, a.b",
                                       "a.b, a", "it's", "a\"b", "*"}) {
        json_members made;
        EXPECT_NE(read_members(bad, made), "") << bad;
    }
    EXPECT_EQ(members("a.b, a.c").named.at("a").named.size(), 2U);
}

TEST(adapter_json_members, are_an_expression_of_postgresql) {
    const std::string sql = keep_members_sql("t.\"jsonb\"", members("id, metadata.createdDate"));
    EXPECT_TRUE(sql.starts_with("CASE WHEN t.\"jsonb\" IS NOT NULL THEN CASE pg_catalog.jsonb_typeof(t.\"jsonb\")"));
    EXPECT_NE(sql.find("'createdDate'"), std::string::npos);
}

} // namespace
