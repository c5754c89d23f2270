// What rules do, as rows.
#include "crosswalk/describe.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace crosswalk;

namespace {

std::pmr::vector<mapping_row> describe(std::string_view rules) {
    const rule_text text{"test", rules};
    const rule_set set({&text, 1});
    std::pmr::vector<mapping_row> rows;
    describe_mapping(set, rows);
    for (mapping_row& row : rows) {
        row.about = {}; // lives no longer than the rules
    }
    return rows;
}

std::string line(const mapping_row& row) {
    std::string all;
    for (const std::pmr::string* cell : {&row.name, &row.element, &row.source, &row.condition, &row.value}) {
        all.append(all.empty() ? "" : " | ").append(*cell);
    }
    return all;
}

/// The rows of one rule `r`, one a line.
std::string rows_of(std::string_view body) {
    std::string text = "format test\nroot all\nrule r\n";
    text += body;
    std::string lines;
    for (const mapping_row& row : describe(text)) {
        lines += line(row) + "\n";
    }
    return lines;
}

} // namespace

TEST(crosswalk_describe, elements_with_attributes_that_are_fixed_and_that_are_made) {
    EXPECT_EQ(rows_of("  for 245+\n"
                      "    titleInfo(type=\"main\", lang=$9)\n"
                      "      title = chop(join($ab))\n"
                      "      @script = \"Latn\"\n"
                      "      empty!\n"),
              "r | titleInfo[@type=\"main\"]/@lang | 245+ $9 |  | $9\n"
              "r | titleInfo[@type=\"main\"]/title | 245+ $ab |  | chop(join($ab))\n"
              "r | titleInfo[@type=\"main\"]/@script | 245+ |  | \"Latn\"\n"
              "r | titleInfo[@type=\"main\"]/empty | 245+ |  | \n");
}

TEST(crosswalk_describe, where_values_come_from) {
    EXPECT_EQ(rows_of("  year = {008}/7-10\n"
                      "  let fixed = {008}\n"
                      "  language = fixed/35-37 or {041$a}\n"
                      "  kind = leader/6\n"
                      "  for 260\n"
                      "    for $bc[code != \"c\"]\n"
                      "      publisher = .\n"
                      "  for 245, 246-247\n"
                      "    for its 880\n"
                      "      other = $a\n"
                      "  for 490\n"
                      "    for part $a\n"
                      "      series = $a ~ \" ; \" ~ $v\n"),
              "r | year | 008/7-10 |  | {008}/7-10\n"
              "r | let fixed | 008 |  | {008}\n"
              "r | language | 008/35-37, 041$a |  | fixed/35-37 or {041$a}\n"
              "r | kind | leader/6 |  | leader/6\n"
              "r | publisher | 260 $bc | code != \"c\" | .\n"
              "r | other | its 880 of 245, 246-247 $a |  | $a\n"
              "r | series | 490 (part $a) $a $v |  | $a ~ \" ; \" ~ $v\n");
}

TEST(crosswalk_describe, conditions) {
    EXPECT_EQ(rows_of("  for 264 where ind2 == \"1\" or ind2 == \"4\"\n"
                      "    if $a and not $b\n"
                      "      a = $a\n"
                      "    elif ind1 in \"12\"\n"
                      "      b = $b\n"
                      "    else\n"
                      "      c = $c\n"
                      "  note \"odd\"\n"),
              "r | a | 264 $a | (ind2 == \"1\" or ind2 == \"4\") and $a and not $b | $a\n"
              "r | b | 264 $b | (ind2 == \"1\" or ind2 == \"4\") and otherwise (ind1 in \"12\") | $b\n"
              "r | c | 264 $c | (ind2 == \"1\" or ind2 == \"4\") and otherwise | $c\n"
              "r | note |  |  | \"odd\"\n");
}

TEST(crosswalk_describe, templates_come_behind_the_rules_once) {
    const auto rows = describe("format test\nroot all\nlet fixed = {008}\n"
                               "# One heading.\ntemplate inner(text, mark)\n  label = text ~ mark\n"
                               "template outer\n  use inner($a, \"!\")\n  use inner($b, \"?\")\n"
                               "rule r\n  for 650\n    topic\n      use outer\n"
                               "rule s\n  for 651\n    place\n      use outer\n");
    std::string lines;
    for (const mapping_row& row : rows) {
        lines += std::to_string(static_cast<int>(row.kind)) + " " + line(row) + "\n";
    }
    EXPECT_EQ(lines, "0 let fixed | 008 |  | {008}\n"
                     "1 r | topic | 650 |  | use outer\n"
                     "1 s | place | 651 |  | use outer\n"
                     "2 outer | . | $a |  | use inner($a, \"!\")\n"
                     "2 outer | . | $b |  | use inner($b, \"?\")\n"
                     "2 inner(text, mark) | label |  |  | text ~ mark\n");
}

/// What is printed means the same when it is read again: precedence, escapes, every kind of expression.
TEST(crosswalk_describe, expressions_can_be_read_again) {
    constexpr std::string_view expressions[] = {
        "$a",
        "$a-z[code != \"b\" and after $a]",
        "not ($a or $b) and not $c",
        "not ($a == $b)",
        "($a or $b) and ($c or $d)",
        "$a and $b or $c",
        "($a ~ $b)/0-3",
        "($a or $b) ~ $c",
        "{245$a}/1",
        "tag in (\"245\", \"246\" or \"247\")",
        "ind1 in \"12\" and ind2 != \" \"",
        "$a starts \"x\" and $a ends \"y\" and $a contains \"z\" and $a like \"99*\"",
        "length($a) < 10 and length($b) > 3 and length($b) <= 4 and length($b) >= 2",
        "\"a \\\"quoted\\\" \\\\ \\n \\d\"",
        "exists(856 where ind2 == \"0\" or $u) and exists_before(its 880) and exists_after(880[245, 246], 6..)",
        "paired and $a[before $np]",
        "leader/6-7",
        "lookup(codes, $a, \"none\") ~ previous($b) ~ replace($a, \"a\", \"b\")",
    };
    for (const std::string_view one : expressions) {
        const auto rules = [](std::string_view expression) {
            return "format test\nroot all\ntable codes\n  a = b\nrule r\n  for 245\n    x = " +
                   std::string(expression) + "\n";
        };
        const auto first = describe(rules(one));
        ASSERT_EQ(first.size(), 1U) << one;
        const auto second = describe(rules(first[0].value));
        ASSERT_EQ(second.size(), 1U) << one;
        EXPECT_EQ(first[0].value, second[0].value) << one;
        EXPECT_EQ(first[0].source, second[0].source) << one;
    }
    EXPECT_EQ(describe("format t\nroot a\nrule r\n  for 245\n    x = not ($a or $b) and ($c ~ $d)/1\n")[0].value,
              "not ($a or $b) and ($c ~ $d)/1");
}

TEST(crosswalk_describe, values_that_refer_to_others_twice_and_so_on_end) {
    std::string rules = "format test\nroot all\nrule r\n  let a0 = {245$a}\n";
    for (int i = 1; i < 80; ++i) {
        const std::string before = "a" + std::to_string(i - 1);
        rules += "  let a" + std::to_string(i) + " = " + before + "/0 ~ " + before + "/1\n";
    }
    EXPECT_EQ(describe(rules + "  x = a79\n").size(), 81U);
}

TEST(crosswalk_describe, all_shipped_rules) {
    for (const shipped_rules& one : shipped()) {
        const rule_text text{one.format, one.text};
        const rule_set set({&text, 1});
        std::pmr::vector<mapping_row> rows;
        describe_mapping(set, rows);
        EXPECT_GT(rows.size(), 15U) << one.format;
        for (const mapping_row& row : rows) {
            EXPECT_FALSE(row.element.empty()) << one.format;
            EXPECT_EQ(row.value.find_first_of("\t\n"), std::string::npos) << row.value;
        }
    }
}
