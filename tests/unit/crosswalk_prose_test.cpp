// prose(): the words of elements, as rules for documents with paragraphs and lists take them.
#include "crosswalk/convert.hpp"
#include "marc/error.hpp"

#include <gtest/gtest.h>

using namespace crosswalk;

namespace {

std::string rules(std::string_view value) {
    return "format test\nversion \"1\"\nsource xml\nroot r\nrule one\n  = " + std::string(value) + "\n";
}

std::string prose(std::string_view value, std::string_view document) {
    const std::string written = rules(value);
    const rule_text text{"test", written};
    const rule_set set({&text, 1});
    converter c(set);
    std::pmr::string out;
    c.convert_document(document, out);
    return out == "<r/>" ? "" : std::string(out.substr(3, out.size() - 7));
}

TEST(crosswalk_prose, blanks_where_elements_meet) {
    EXPECT_EQ(prose("prose({n})", "<x><n><head>H</head><p>One\n  <emph>t</emph>wo</p><p>three.</p></n></x>"),
              "H One two three.");
    EXPECT_EQ(
        prose("prose({n}, \"head note\")", "<x><n><head>H</head><p>One</p><note>N</note><heading>h</heading></n></x>"),
        "One h");
    EXPECT_EQ(prose("prose({n}, \"head\", \"; \")",
                    "<x><n><head>H</head><l><i>One</i><i>two.</i><i>3</i></l></n><n>four</n></x>"),
              "One; two. 3; four");
    EXPECT_EQ(prose("prose({n})", "<x><n>a<lb/>b <e/>c<l><i>d</i></l>e<b>f</b></n></x>"), "a b c d ef");
    EXPECT_EQ(prose("prose({.})", "<x>  <y> </y> </x>"), "");
    EXPECT_EQ(prose("prose({n}, \"m\")", "<x><n>Papers, <m>1900</m></n></x>"), "Papers,");
    EXPECT_EQ(prose("prose({nothing}, \"\", \", \")", "<x/>"), "");
    EXPECT_EQ(prose("prose({n/@k})", "<x><n k=\" a  b \"/></x>"), "a b");
}

TEST(crosswalk_prose, what_is_left_out_went_nowhere) {
    const std::string written = rules("prose({n}, \"head\")");
    const rule_text text{"test", written};
    const rule_set set({&text, 1});
    converter c(set);
    std::pmr::vector<unmapped_text> found;
    c.find_unmapped_texts("<x><n>own<head>H</head><p>One <b>two</b></p></n><m>other</m></x>", found);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].path, "/x/n/head");
    EXPECT_EQ(found[1].path, "/x/m");
}

TEST(crosswalk_prose, takes_a_path) {
    const std::string written = rules("prose(\"text\")");
    const rule_text text{"test", written};
    try {
        const rule_set set({&text, 1});
        FAIL();
    } catch (const rule_error& error) {
        EXPECT_EQ(std::string_view(error.what()),
                  "test, line 6: prose() takes a path over elements: prose({scopecontent}, \"head\")");
    }
}

TEST(crosswalk_prose, a_deep_or_wide_document) {
    std::string wide = "<x>";
    for (int i = 0; i < 20'000; ++i) {
        wide += "<p>w</p>";
    }
    EXPECT_EQ(prose("prose({.})", wide + "</x>").size(), 39'999U);
    std::string deep;
    for (int i = 0; i < 90; ++i) {
        deep += "<x>";
    }
    deep += "w";
    for (int i = 0; i < 90; ++i) {
        deep += "</x>";
    }
    EXPECT_EQ(prose("prose({.})", deep), "w");
}

} // namespace
