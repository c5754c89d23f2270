// MARC-in-JSON: what it looks like, that it is exact, what it reads of others, what it refuses.
#include "marc/error.hpp"
#include "marc/json.hpp"
#include "marc_json_target.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

stored_record from_json(std::string_view text, report* notes = nullptr) {
    builder b;
    read_json(text, b, notes);
    return b.finish();
}

std::string to_json(const record_view& r, json_options options = {}) {
    std::pmr::string out;
    write_json(r, out, options);
    return std::string(out);
}

parse_error error_of(const std::string& text) {
    try {
        from_json(text);
    } catch (const parse_error& e) {
        return e;
    }
    ADD_FAILURE() << "accepted: " << text;
    return {errc::corrupt, 0};
}

const std::string leader = "\"leader\":\"00000nam a2200000 a 4500\"";
const std::string list =
    "{" + leader +
    ",\"fields\":[{\"001\":\"ocm1\"},{\"650\":{\"ind1\":\" \",\"ind2\":\"0\",\"subfields\":[{\"a\":"
    "\"\xC3\xA9t\xC3\xA9 \\\"x\\\"\"},{\"x\":\"\\\\\"},{\"a\":\"\"}]}},{\"245\":{\"ind1\":\"1\","
    "\"ind2\":\"0\",\"subfields\":[]}},{\"650\":\"no indicators\"}]}";
const std::string keyed =
    "{" + leader +
    ",\"order\":[\"001\",\"650\",\"245\",\"650\"],\"fields\":{\"001\":\"ocm1\",\"245\":{\"ind1\":"
    "\"1\",\"ind2\":\"0\",\"subfields\":[]},\"650\":[{\"ind1\":\" \",\"ind2\":\"0\",\"subfields\":[{"
    "\"a\":\"\xC3\xA9t\xC3\xA9 \\\"x\\\"\"},{\"x\":\"\\\\\"},{\"a\":\"\"}]},\"no indicators\"]}}";

TEST(marc_json, both_forms) {
    const stored_record r = from_json(list);
    EXPECT_EQ(r.view().format(), source_format::json);
    EXPECT_EQ(content(r.view()), "00000nam a2200000 a 4500|001 ocm1|650  0\x1F"
                                 "a\xC3\xA9t\xC3\xA9 \"x\"\x1Fx\\\x1F"
                                 "a|245 10|650 no indicators");
    EXPECT_EQ(to_json(r.view()), list);
    EXPECT_EQ(to_json(r.view(), {.form = json_form::keyed}), keyed);
    EXPECT_EQ(content(from_json(keyed).view()), content(r.view()));
    EXPECT_NE(to_json(r.view(), {.ascii_only = true}).find("\\u00E9t\\u00E9"), std::string::npos);
    marc_fuzz::check_json(r.view());
}

TEST(marc_json, sorted_records_need_no_order) {
    const stored_record r =
        from_mrk("=LDR  00000nam\\a2200000\\a\\4500\n=001  1\n=245  10$aT\n=245  10$aU\n=900  \\\\$a1");
    const std::string text = to_json(r.view(), {.form = json_form::keyed});
    EXPECT_EQ(text.find("order"), std::string::npos);
    EXPECT_EQ(content(from_json(text).view()), content(r.view()));
}

TEST(marc_json, is_exact_for_anything) {
    builder b;
    const std::string nul(1, '\0');
    for (const std::string& c :
         {std::string(), std::string("1"), std::string("10"), std::string("10\x1F"), std::string("10\x1F\x1F"),
          std::string("\x1F"
                      "aT"),
          std::string("10lead\x1F"
                      "aT"),
          nul +
              "0\x1F"
              "a" +
              nul,
          std::string("\x7F\x1D\x1E"),
          std::string("10\x1F"
                      "a\xF0\x9F\x98\x80 \xEF\xBF\xBF\x1F\xC3\xA9value\x1F\"q\x1F\\w\x1F z")}) {
        for (const std::string_view tag : {std::string_view("001"), std::string_view("245"), std::string_view("FMT"),
                                           std::string_view("\xFF\xFE\x00", 3), std::string_view("a\xC3\xA9"),
                                           std::string_view("\"\\\x01"), std::string_view("LDR")}) {
            b.add_field(tag, c);
        }
    }
    b.set_leader(std::string("\0\x01\"\\ 22\n", 8) + "                ");
    const stored_record r = b.finish();
    marc_fuzz::check_json(r.view());
}

TEST(marc_json, reads_what_others_write) {
    const std::string wanted = "00000nam a2200000 a 4500|001 1|245 10\x1F"
                               "aT\x1F"
                               "bU";
    const std::string subfields = "\"subfields\":[{\"a\":\"T\"},{\"b\":\"U\"}]";
    for (const std::string& text : {
             // members in any order, leader behind, white space, byte order mark, an array around it
             "\xEF\xBB\xBF [ {\"fields\" : [ {\"001\" : \"1\"}, {\"245\" : {" + subfields +
                 ", \"ind2\": \"0\", \"ind1\": \"1\"}} ], " + leader + "} ] \n",
             // several tags or codes in one object
             "{" + leader +
                 ",\"fields\":[{\"001\":\"1\",\"245\":{\"ind1\":\"1\",\"ind2\":\"0\",\"subfields\":[{\"a\":\"T\","
                 "\"b\":\"U\"}]}}]}",
             "{" + leader +
                 ",\"fields\":{\"001\":[\"1\"],\"245\":[{\"ind1\":\"1\",\"ind2\":\"0\",\"subfields\":{\"a\":[\"T\"],"
                 "\"b\":\"U\"}}]}}",
             // marc-json
             "{" + leader +
                 ",\"controlfield\":[{\"tag\":\"001\",\"data\":\"1\"}],\"datafield\":[{\"tag\":\"245\",\"ind\":\"10\","
                 "\"subfield\":[{\"code\":\"a\",\"data\":\"T\"},{\"data\":\"U\",\"code\":\"b\"}]}]}",
             "{" + leader +
                 ",\"controlfield\":{\"tag\":\"001\",\"data\":\"1\"},\"datafield\":{\"subfield\":[{\"code\":\"a\","
                 "\"data\":\"T\"},{\"data\":\"U\",\"code\":\"b\"}],\"ind1\":\"1\",\"ind2\":\"0\",\"tag\":\"245\"}}",
         }) {
        report notes;
        EXPECT_EQ(content(from_json(text, &notes).view()), wanted) << text;
        EXPECT_EQ(notes.count(), 0U) << text;
    }
    // A string that holds the text, as FOLIO's content once was.
    std::string quoted = "\"";
    for (const char c : "{" + leader + ",\"fields\":[]}") {
        quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
    }
    EXPECT_EQ(from_json(quoted + "\"").view().field_count(), 0U);
    // Control characters in a string, which JSON forbids.
    EXPECT_EQ(content(from_json("{" + leader + ",\"fields\":[{\"001\":\"a\nb\x01\\\"c\"}]}\n").view()),
              "00000nam a2200000 a 4500|001 a\nb\x01\"c");
    // Repeated members count in their order.
    EXPECT_EQ(content(from_json("{" + leader + ",\"fields\":{\"001\":\"1\",\"245\":\"a\",\"001\":\"2\"}}").view()),
              "00000nam a2200000 a 4500|001 1|245 a|001 2");
}

TEST(marc_json, notes_what_it_mends) {
    const auto noted = [](const std::string& record, defect_code code) {
        report notes;
        const stored_record r = from_json(record, &notes);
        EXPECT_TRUE(notes.has(code)) << record;
        EXPECT_EQ(r.view().has(record_flag::lossy), is_lossy(code)) << record;
        return content(r.view());
    };
    EXPECT_EQ(noted("{\"fields\":[]}", defect_code::leader_missing), "00000    a2200000   4500");
    EXPECT_EQ(noted("{\"leader\":null,\"fields\":[]}", defect_code::leader_missing), "00000    a2200000   4500");
    const std::string start = "{" + leader + ",\"fields\":[";
    const std::string shown = "00000nam a2200000 a 4500";
    EXPECT_EQ(noted(start + "{\"1\":\"x\"}]}", defect_code::tag_length), shown + "|001 x");
    EXPECT_EQ(
        noted(start + "{\"245\":{\"ind1\":\"\",\"ind2\":null,\"subfields\":[]}}]}", defect_code::attribute_missing),
        shown + "|245   ");
    EXPECT_EQ(noted(start + "{\"245\":{\"ind1\":\"1\",\"ind2\":\"0\",\"subfields\":[{\"\":\"x\"}]}}]}",
                    defect_code::attribute_missing),
              shown + "|245 10\x1F x");
    EXPECT_EQ(noted("{\"id\":[{\"x\":[1,2.5,true,null,{}]}]," + start.substr(1) + "]}", defect_code::unknown_element),
              shown);
    EXPECT_EQ(noted("{\"order\":7," + start.substr(1) + "]}", defect_code::unknown_element), shown);
    EXPECT_EQ(noted("{\"leader\":\"x\"," + start.substr(1) + "]}", defect_code::duplicate_leader),
              "x                       ");
}

TEST(marc_json, refuses_with_the_place) {
    const std::string start = "{" + leader + ",\"fields\":[";
    EXPECT_EQ(error_of("").code(), errc::not_marc);
    EXPECT_EQ(error_of("{}").code(), errc::not_marc);
    EXPECT_EQ(error_of("[]").code(), errc::not_marc);
    EXPECT_EQ(error_of("{\"title\":\"x\"}").code(), errc::not_marc);
    EXPECT_EQ(error_of("[" + list + "," + list + "]").code(), errc::many_records);
    EXPECT_EQ(error_of(list + "\n" + list).code(), errc::many_records);
    EXPECT_EQ(error_of(list + "x").code(), errc::bad_json);
    EXPECT_EQ(error_of(list.substr(0, list.size() - 1)).code(), errc::bad_json);
    EXPECT_EQ(error_of(start + "{\"001\":1}]}").code(), errc::bad_json);
    EXPECT_EQ(error_of(start + "{\"001\":null}]}").code(), errc::bad_json);
    EXPECT_EQ(error_of(start + "\"001\"]}").code(), errc::bad_json);
    EXPECT_EQ(error_of(start + "{\"0011\":\"x\"}]}").code(), errc::bad_tag);
    EXPECT_EQ(error_of(start + "{\"{hex:FF004}\":\"x\"}]}").code(), errc::bad_tag);
    EXPECT_EQ(error_of(start + "{\"245\":{\"ind1\":\"12\"}}]}").code(), errc::bad_indicator);
    EXPECT_EQ(error_of(start + "{\"245\":{\"ind1\":\"\\u001f\"}}]}").code(), errc::bad_indicator);
    EXPECT_EQ(error_of(start + "{\"245\":{\"subfields\":[{\"ab\":\"x\"}]}}]}").code(), errc::bad_subfield_code);
    EXPECT_EQ(error_of(start + "{\"245\":{\"subfields\":[{\"a\":\"x\\u001fb\"}]}}]}").code(), errc::bad_json);
    EXPECT_EQ(error_of(start + "{\"001\":\"\\ud800\"}]}").code(), errc::bad_json);
    EXPECT_EQ(error_of(start + "{\"001\":\"\xFF\"}]}").code(), errc::bad_utf8);
    EXPECT_EQ(error_of("{" + leader + ",\"order\":[\"001\"],\"fields\":[]}").code(), errc::bad_json);
    EXPECT_EQ(error_of("{" + leader + ",\"order\":[\"002\"],\"fields\":[{\"001\":\"\"}]}").code(), errc::bad_json);
    EXPECT_EQ(error_of("{\"x\":" + std::string(100, '[')).code(), errc::too_large);
    EXPECT_EQ(error_of(std::string(1'000'000, '[')).code(), errc::bad_json);
    const parse_error e = error_of(start + "{\"245\":{\"ind1\":\"12\"}}]}");
    EXPECT_EQ(e.tag(), "245");
    EXPECT_EQ(e.offset(), start.size() + 19);
    EXPECT_EQ(error_of(start + "x").offset(), start.size() + 1);
}

TEST(marc_json, nul_for_jsonb) {
    builder b;
    b.add_field("001", std::string_view("a\0b", 3));
    const stored_record r = b.finish();
    try {
        to_json(r.view(), {.without_nul = true});
        ADD_FAILURE();
    } catch (const parse_error& e) {
        EXPECT_EQ(e.code(), errc::inexpressible);
        EXPECT_EQ(e.tag(), "001");
    }
    EXPECT_NE(to_json(r.view(), {.without_nul = true, .policy = inexpressible_content::replace})
                  .find("a\xEF\xBF\xBD"
                        "b"),
              std::string::npos);
}

TEST(marc_json, records_beyond_iso2709) {
    builder b;
    for (int i = 0; i < 300; ++i) {
        b.add_field("500", "  \x1F"
                           "a" +
                               std::string(20'000, 'x'));
    }
    marc_fuzz::check_json(b.finish().view());
}

} // namespace
