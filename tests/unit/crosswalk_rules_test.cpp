// The language of crosswalk rules: what each line and value does, how rules change others, and what errors say.
#include "crosswalk/convert.hpp"
#include "marc_support.hpp"

#include <algorithm>
#include <gtest/gtest.h>

using namespace crosswalk;
using marc_test::from_mrk;

namespace {

constexpr std::string_view record = "=LDR  00714cam a2200205 a 4500\n"
                                    "=001  12883376\n"
                                    "=008  030616s2002    dcu           000 0 eng  \n"
                                    "=020  \\\\$a9780306406157 (pbk.) :$c$12\n"
                                    "=100  1\\$6880-01$aSmith, John,$d1950-$eauthor.\n"
                                    "=245  14$aThe cat & the <dog> :$ba story /$cby J. Smith.\n"
                                    "=650  \\0$aDogs$xHistory$zFrance$vFiction.\n"
                                    "=650  \\7$aCats.$2fast\n"
                                    "=880  1\\$6100-01/(N$a\xD0\xA1\xD0\xBC\xD0\xB8\xD1\x82,\n"
                                    "=880  \\\\$6500-00$aNo field.\n"
                                    "=999  \\\\$aLocal$zkept\n";

std::string with_header(std::string_view body, std::string_view output = "xml") {
    return "format test\nversion \"1\"\noutput " + std::string(output) + "\nroot r\n" + std::string(body);
}

std::string run(const std::vector<std::string>& texts) {
    std::vector<rule_text> rules;
    rules.reserve(texts.size());
    for (const std::string& text : texts) {
        rules.push_back({rules.empty() ? "shipped" : "ours", text});
    }
    const rule_set set(rules);
    converter c(set);
    std::pmr::string out;
    const marc::stored_record r = from_mrk(record);
    c.convert(r.view(), out);
    return std::string(out);
}

/// What one rule makes, without the root.
std::string rule(std::string_view body) {
    std::string text = "rule one\n";
    for (std::size_t at = 0; at < body.size();) {
        const std::size_t end = std::min(body.find('\n', at), body.size());
        text += "  " + std::string(body.substr(at, end - at)) + "\n";
        at = end + 1;
    }
    const std::string all = run({with_header(text)});
    return all == "<r/>" ? "" : all.substr(3, all.size() - 7);
}

std::string value(std::string_view expression) {
    return rule("for 245\n  x = " + std::string(expression));
}

std::string error_of(const std::vector<std::string>& texts) {
    try {
        run(texts);
    } catch (const rule_error& e) {
        return e.what();
    }
    return "no error";
}
std::string error_of_rule(std::string_view body) {
    return error_of({with_header("rule one\n" + std::string(body))});
}

TEST(crosswalk_rules, elements_and_attributes) {
    EXPECT_EQ(rule("a = \"x\""), "<a>x</a>");
    EXPECT_EQ(rule("a = \"\""), "");
    EXPECT_EQ(rule("a! = \"\""), "<a/>");
    EXPECT_EQ(rule("a\n  b = \"\""), "");
    EXPECT_EQ(rule("a(k=\"v\", empty=\"\")\n  b = \"1\""), "<a k=\"v\"><b>1</b></a>");
    EXPECT_EQ(rule("a(k=\"v\")\n  b = \"\""), ""); // attributes alone are no content
    EXPECT_EQ(rule("a!(k=\"v\")"), "<a k=\"v\"/>");
    EXPECT_EQ(rule("a(k=\"v\")\n  @k = \"w\"\n  @k = \"\"\n  = \"t\""), "<a k=\"w\">t</a>");
    EXPECT_EQ(rule("a\n  = \"t\"\n  b = \"1\"\n  = \"u\""), "<a>t<b>1</b>u</a>");
    EXPECT_EQ(rule("\"odd-name\" = \"x\""), "<odd-name>x</odd-name>");
}

TEST(crosswalk_rules, loops_over_fields) {
    EXPECT_EQ(rule("for 650\n  s = $a"), "<s>Dogs</s><s>Cats.</s>");
    EXPECT_EQ(rule("for 650 where ind2 == \"7\"\n  s = $a"), "<s>Cats.</s>");
    EXPECT_EQ(rule("for 6.., 1XX\n  s = tag"), "<s>100</s><s>650</s><s>650</s>"); // in the record's order
    EXPECT_EQ(rule("for 200-299\n  s = tag"), "<s>245</s>");
    EXPECT_EQ(rule("for 100+\n  s = $a"), "<s>Smith, John,</s><s>\xD0\xA1\xD0\xBC\xD0\xB8\xD1\x82,</s>");
    EXPECT_EQ(rule("for 880[500]\n  s = linked() ~ $a"), "<s>500No field.</s>");
    EXPECT_EQ(rule("for 880[501-600]\n  s = $a"), "");
    EXPECT_EQ(rule("for 245\n  for 650\n    s = $a\n  t = $c"), "<s>Dogs</s><s>Cats.</s><t>by J. Smith.</t>");
    EXPECT_EQ(rule("for 001\n  s = ."), "<s>12883376</s>");
}

TEST(crosswalk_rules, loops_over_subfields) {
    EXPECT_EQ(rule("for 650\n  for $vxyz\n    s(c=code) = ."),
              "<s c=\"x\">History</s><s c=\"z\">France</s><s c=\"v\">Fiction.</s>");
    EXPECT_EQ(rule("for 650\n  for $*[code != \"a\" and not code in \"vz2\"]\n    s = ."), "<s>History</s>");
    EXPECT_EQ(rule("for 650\n  for $a-x\n    s = ."), "<s>Dogs</s><s>History</s><s>Fiction.</s><s>Cats.</s>");
    EXPECT_EQ(rule("for 650\n  for $xzv[before $v]\n    s = ."), "<s>History</s><s>France</s>");
    EXPECT_EQ(rule("for 650\n  for $*[after $x]\n    s = ."), "<s>France</s><s>Fiction.</s>");
    EXPECT_EQ(rule("for 650\n  for part $z\n    s = join($*, \"|\")"),
              "<s>Dogs|History</s><s>France|Fiction.</s><s>Cats.|fast</s>");
    EXPECT_EQ(rule("for 650\n  for part $a\n    s = $*[not before $*]\n  t = $v"),
              "<s>Fiction.</s><t>Fiction.</t><s>fast</s>");
    EXPECT_EQ(rule("for 880\n  for part $a\n    s = count($*)"), "<s>2</s><s>2</s>"); // $6 belongs to the first part
    EXPECT_EQ(rule("for 001\n  for part $a\n    s = \"x\""), "");
    EXPECT_EQ(rule("for 650 where exists_after(650)\n  s = $a"), "<s>Dogs</s>");
    EXPECT_EQ(rule("for 650 where exists_before(650)\n  s = $a"), "<s>Cats.</s>");
}

TEST(crosswalk_rules, conditions) {
    EXPECT_EQ(rule("if {245$b}\n  x = \"1\"\nelse\n  x = \"2\""), "<x>1</x>");
    EXPECT_EQ(rule("if {245$n}\n  x = \"1\"\nelif leader/6 == \"a\"\n  x = \"2\"\nelse\n  x = \"3\""), "<x>2</x>");
    EXPECT_EQ(value("$x or \"none\""), "<x>none</x>");
    EXPECT_EQ(value("$b and \"has\""), "<x>has</x>");
    EXPECT_EQ(value("not $x"), "<x>true</x>");
    EXPECT_EQ(value("leader/6 in \"at\""), "<x>true</x>");
    EXPECT_EQ(value("leader/6-7 in \"xamx\""), ""); // one character
    EXPECT_EQ(value("leader/6-7 in (\"am\", \"as\")"), "<x>true</x>");
    EXPECT_EQ(value("$a starts \"The \" and $c ends \".\" and $b contains \"story\""), "<x>true</x>");
    EXPECT_EQ(value("{008/7-10} like \"9999\" and {008/35-37} like \"AAA\" and not {008/7-10} like \"99\""),
              "<x>true</x>");
    EXPECT_EQ(value("{008/7-10} like \"20*\""), "<x>true</x>");
    EXPECT_EQ(value("ind2 > 3 and ind2 >= 4 and ind2 < 5 and ind2 <= 4 and not ind2 > 4"), "<x>true</x>");
    EXPECT_EQ(value("$a < 5"), "");                                                 // no number
    EXPECT_EQ(rule("for 650\n  if $vxz == \"France\"\n    s = $a"), "<s>Dogs</s>"); // any of them
    EXPECT_EQ(rule("for 650\n  if $vxz != \"France\"\n    s = $a"), "<s>Cats.</s>");
}

TEST(crosswalk_rules, functions) {
    EXPECT_EQ(value("join($abc)"), "<x>The cat &amp; the &lt;dog&gt; : a story / by J. Smith.</x>");
    EXPECT_EQ(value("join($abc, \"|\")"), "<x>The cat &amp; the &lt;dog&gt; :|a story /|by J. Smith.</x>");
    EXPECT_EQ(value("join($abc[code != \"b\"], \"|\")"), "<x>The cat &amp; the &lt;dog&gt; :|by J. Smith.</x>");
    EXPECT_EQ(value("chop($b)"), "<x>a story</x>");
    EXPECT_EQ(value("chop($c, \"h.t\")"), "<x>by J. Smi</x>");
    EXPECT_EQ(value("chop(\" : \")"), "");
    EXPECT_EQ(value("chop_front(\"[ x]\", \"[ \")"), "<x>x]</x>");
    EXPECT_EQ(value("trim(\"  a  b \") ~ \"|\" ~ normalize(\"  a  b \")"), "<x>a  b|a b</x>");
    EXPECT_EQ(value("lower(\"ABC\") ~ upper(\"abc\")"), "<x>abcABC</x>");
    EXPECT_EQ(value("left($a, ind2) ~ \"|\" ~ from($a, ind2)"), "<x>The |cat &amp; the &lt;dog&gt; :</x>");
    EXPECT_EQ(value("left(\"\xC3\xA9t\xC3\xA9\", 2) ~ from(\"\xC3\xA9t\xC3\xA9\", 2)"), "<x>\xC3\xA9t\xC3\xA9</x>");
    EXPECT_EQ(value("shorten(\"\xC3\xA9t\xC3\xA9\", 1) ~ shorten(\"ab\", 3) ~ shorten(\"ab\", 0)"),
              "<x>\xC3\xA9tab</x>");
    EXPECT_EQ(value("replace(\"a.b.c\", \".\", \"--\")"), "<x>a--b--c</x>");
    EXPECT_EQ(value("remove(\"a-b-c\", \"-\") ~ translate(\"a-b\", \"-ab\", \" AB\")"), "<x>abcA B</x>");
    EXPECT_EQ(value("text_before(\"a:b:c\", \":\") ~ \"|\" ~ text_after(\"a:b:c\", \":\")"), "<x>a|b:c</x>");
    EXPECT_EQ(value("length(\"\xC3\xA9t\") ~ count($abc) ~ nth($abc, 1) ~ last($abc)"),
              "<x>23a story /by J. Smith.</x>");
    EXPECT_EQ(value("first_of($x, $y, $b)"), "<x>a story /</x>");
    EXPECT_EQ(value("digits(\"c1999-2000\")"), "<x>19992000</x>");
    EXPECT_EQ(value("url(\"a b/\xC3\xA9\")"), "<x>a%20b%2F%C3%A9</x>");
    EXPECT_EQ(value("address(\" http://a.b/c d?e=\xC3\xA9#f^ \")"), "<x>http://a.b/c%20d?e=\xC3\xA9#f%5E</x>");
    EXPECT_EQ(value("address(\"  \") ~ address(\"\")"), "");
    EXPECT_EQ(value("isbn({020$a})"), "<x>9780306406157</x>");
    EXPECT_EQ(value("isbn(\"1234\")"), "");
    EXPECT_EQ(rule("for 650\n  x = whole($*[code != \"z\"])"),
              "<x>650 0$aDogs$xHistory$vFiction.</x><x>650 7$aCats.$2fast</x>");
    EXPECT_EQ(rule("for 650\n  x = place()"), "<x>7</x><x>8</x>");
    EXPECT_EQ(rule("for 650\n  for $xz\n    x = previous($ax) ~ \"|\" ~ next($v)"),
              "<x>Dogs|</x><x>History|Fiction.</x>");
    EXPECT_EQ(value("fold(\"\xC3\x89t\xC3\xA9, [the] Cat\")"), "<x>ete the cat</x>");
    EXPECT_EQ(value("slug(\"\xC3\x89t\xC3\xA9, 2 \xD0\xA1\")"), "<x>ete2</x>");
    EXPECT_EQ(value("tidy_name(\"Smith, J., \") ~ \"|\" ~ tidy_name(\"Smith, John.\") ~ \"|\" ~ tidy_name(\"Inc. /\") "
                    "~ tidy_name(\" : .\")"),
              "<x>Smith, J.|Smith, John|Inc</x>");
    EXPECT_EQ(value("tidy_name(\"\xC3\x89t.\") ~ \"|\" ~ tidy_name(\"a...\") ~ \"|\" ~ tidy_name(\"1950-.\") ~ \"|\" ~ "
                    "tidy_name(\"v. "
                    "7.\") ~ \"|\" ~ tidy_name(\"\xC3\x89t\xC3\xA9.\")"),
              "<x>\xC3\x89t.|a...|1950-|v. 7|\xC3\x89t\xC3\xA9</x>");
    EXPECT_EQ(value("last_part(\"a, b, c\", \", \") ~ last_part(\"abc\", \", \")"), "<x>cabc</x>");
    EXPECT_EQ(value("latex(\"{a}_b\\\\~^ 5% $#\")"),
              "<x>\\textbraceleft{}a\\textbraceright{}\\_b\\textbackslash{}\\textasciitilde{}\\textasciicircum{} 5\\% "
              "\\$\\#</x>");
    EXPECT_EQ(value(". starts \"14\\d\" ~ \"aThe\""), "<x>true</x>");
    EXPECT_EQ(value("number(\"-5\") ~ number(\"-05\") ~ number(\"05\") ~ number(\"0\")"), "<x>-50</x>");
    EXPECT_EQ(value("leader/5 ~ leader/6-7 ~ \"\xC3\xA9t\xC3\xA9\"/1-2"), "<x>camt\xC3\xA9</x>");
}

/// As tChopPunct of marc2bibframe2.
TEST(crosswalk_rules, tidy) {
    const auto tidy = [](const std::string& text) { return value("tidy(\"" + text + "\")"); };
    EXPECT_EQ(tidy("Report /"), "<x>Report</x>");
    EXPECT_EQ(tidy(" A  report. : "), "<x>A report</x>");
    EXPECT_EQ(tidy(" ; Part. "), "<x>Part</x>");
    EXPECT_EQ(tidy("Smith, J."), "<x>Smith, J.</x>");
    EXPECT_EQ(tidy("Washington, D.C. :"), "<x>Washington, D.C.</x>");
    EXPECT_EQ(tidy("U.S. Dept."), "<x>U.S. Dept</x>"); // initials in front are no sentence
    EXPECT_EQ(tidy("2nd ed."), "<x>2nd ed.</x>");
    EXPECT_EQ(tidy("Why? Because."), "<x>Why? Because.</x>");
    EXPECT_EQ(tidy("[Paris"), "<x>[Paris]</x>");
    EXPECT_EQ(tidy("1999]."), "<x>[1999]</x>");
    EXPECT_EQ(tidy("(pbk. :"), "<x>pbk</x>");
    EXPECT_EQ(tidy("v.) 1"), "<x>v. 1</x>");
    EXPECT_EQ(tidy("."), "");
    EXPECT_EQ(tidy(""), "");
    EXPECT_EQ(value("tidy(\"a.b.;\", \";\")"), "<x>a.b.</x>");
    EXPECT_EQ(value("bare(\"(W 10\xC2\xB0).\")"), "<x>W 10\xC2\xB0</x>");
    EXPECT_EQ(value("bare(\"2nd ed.\")"), "<x>2nd ed</x>");
}

TEST(crosswalk_rules, tables_templates_variables) {
    EXPECT_EQ(run({with_header(
                  "table t\n  b = \"second\"\n  a = first\n"
                  "rule one\n  x = lookup(t, leader/6)\n  y = lookup(t, \"c\", \"other\")\n  z = lookup(t, \"c\")")}),
              "<r><x>first</x><y>other</y></r>");
    EXPECT_EQ(run({with_header("template part(kind, text)\n  p(k=kind) = text\n"
                               "rule one\n  for 245\n    use part(\"a\", $a)\n    use part(\"b\", $b)")}),
              "<r><p k=\"a\">The cat &amp; the &lt;dog&gt; :</p><p k=\"b\">a story /</p></r>");
    EXPECT_EQ(run({with_header("let title = {245$a}\nlet short = left(title, 3)\n"
                               "rule one\n  for 650\n    x = short ~ $a\n    y = $a")}),
              "<r><x>TheDogs</x><y>Dogs</y><x>TheCats.</x><y>Cats.</y></r>");
    EXPECT_EQ(rule("let a = \"1\"\nfor 650\n  let b = $a\n  x = a ~ b"), "<x>1Dogs</x><x>1Cats.</x>");
}

TEST(crosswalk_rules, later_texts_change_earlier_ones) {
    const std::string shipped =
        with_header("table t\n  a = first\nlet l = \"x\"\ntemplate p\n  p = l\n"
                    "rule one\n  x = lookup(t, \"a\")\nrule two\n  use p\nrule three\n  y = \"3\"");
    EXPECT_EQ(run({shipped}), "<r><x>first</x><p>x</p><y>3</y></r>");
    EXPECT_EQ(run({shipped, "table t\n  a = ours\n  b = more\n"}), "<r><x>ours</x><p>x</p><y>3</y></r>");
    EXPECT_EQ(run({shipped, "let l = \"z\"\n"}), "<r><x>first</x><p>z</p><y>3</y></r>");
    EXPECT_EQ(run({shipped, "template p\n  q = l ~ l\n"}), "<r><x>first</x><q>xx</q><y>3</y></r>");
    EXPECT_EQ(run({shipped, "rule two\n  z = \"2\"\n"}), "<r><x>first</x><z>2</z><y>3</y></r>");
    EXPECT_EQ(run({shipped, "drop two\nrule four\n  z = \"4\"\n"}), "<r><x>first</x><y>3</y><z>4</z></r>");
    EXPECT_EQ(run({shipped, "rule zero before one\n  z = \"0\"\nrule half after one\n  h = \"1\"\n"}),
              "<r><z>0</z><x>first</x><h>1</h><p>x</p><y>3</y></r>");
    EXPECT_EQ(run({shipped, "rule three before one\n  y = \"first\"\n"}), "<r><y>first</y><x>first</x><p>x</p></r>");
}

TEST(crosswalk_rules, json) {
    const auto json = [](std::string_view body) { return run({with_header(body, "json")}); };
    EXPECT_EQ(json("rule one\n  for 650\n    s = $a\n"), R"({"s":["Dogs","Cats."]})");
    EXPECT_EQ(json("rule one\n  for 245\n    s[] = $b\n"), R"({"s":["a story /"]})");
    EXPECT_EQ(
        json("rule one\n  a = \"1\"\n  b = number(\"12\")\n  c = boolean({245})\n  d = number(\"x\")\n  a = \"2\"\n"),
        R"({"a":["1","2"],"b":12,"c":true})");
    EXPECT_EQ(json("rule one\n  @context = \"u\"\n  o(type=\"T\")\n    n = \"q\\\"\\\\\\n\"\n"),
              R"({"@context":"u","o":{"@type":"T","n":"q\"\\\n"}})");
}

TEST(crosswalk_rules, lines) {
    EXPECT_EQ(
        run({"format ris\noutput lines\nroot ris(between=\"  - \")\nrule one\n  TY = \"BOOK\"\n  for 650\n    KW = $a\n"
             "  ER! = \"\"\n"}),
        "TY  - BOOK\nKW  - Dogs\nKW  - Cats.\nER  - \n");
}

TEST(crosswalk_rules, lines_with_text_around_and_several_values) {
    EXPECT_EQ(
        run({"format bibtex\noutput lines\nroot r(before=\"  \", between=\" = {\", after=\"},\", joined=\" and \")\n"
             "rule one\n  = \"@book{\" ~ {001} ~ \",\"\n  a\n    for 650\n      = $a\n  b(joined=\", \")\n"
             "    for 650\n      = $a\n  n = \"\"\n  = \"}\"\n"}),
        "@book{12883376,\n  a = {Dogs and Cats.},\n  b = {Dogs, Cats.},\n}\n");
    EXPECT_EQ(run({"format t\noutput lines\nroot r\nrule one\n  a = \"1\\n2\"\n  b\n    for 650\n      = $a\n"}),
              "a1 2\nbDogs Cats.\n");
}

TEST(crosswalk_rules, csv) {
    EXPECT_EQ(run({"format t\noutput csv\nroot r\nrule one\n  a = \"1,\\\"2\\\"\\n3\"\n  b! = \"\"\n  c!\n    for "
                   "650\n      = $a\n"
                   "  d(joined=\", \")\n    for 650\n      = $a\n  e! = {999$a}\n"}),
              "\"1,\"\"2\"\" 3\",,Dogs; Cats.,\"Dogs, Cats.\",Local");
    EXPECT_EQ(run({"format t\noutput csv\nroot r\nrule one\n  a = \"\\\"\\\"\"\n"}), "\"\"\"\"\"\"");
    EXPECT_EQ(run({"format t\noutput csv\nroot r\nrule one\n  a = \"\"\n"}), "");
    EXPECT_EQ(error_of({"format t\noutput tsv\n"}), "shipped, line 2: expected xml, json, lines, csv, jsonld or marc");
}

TEST(crosswalk_rules, distinct) {
    const std::string rules =
        "root r\nrule one\n  a = \"1\"\n  a = \"1\"\n  a(k=\"v\") = \"1\"\n  b = \"1\"\n  for 650\n"
        "    c\n      a = \"1\"\n      a = \"1\"\n      for $x\n        d = .\n"
        "  for 650\n    c\n      a = \"1\"\n";
    EXPECT_EQ(run({"format t\ndistinct\n" + rules}),
              "<r><a>1</a><a k=\"v\">1</a><b>1</b><c><a>1</a><d>History</d></c><c><a>1</a></c></r>");
    EXPECT_EQ(run({"format t\n" + rules}).size(),
              std::string("<r><a>1</a><a>1</a><a k=\"v\">1</a><b>1</b>").size() +
                  std::string("<c><a>1</a><a>1</a><d>History</d></c>").size() +
                  std::string("<c><a>1</a><a>1</a></c><c><a>1</a></c><c><a>1</a></c></r>").size());
    EXPECT_EQ(
        run({"format t\noutput csv\ndistinct\nroot r\nrule one\n  a!\n    for 650, 650, 100\n      = tag\n    for 100\n"
             "      = tag\n  b! = \"\"\n  c! = \"\"\n"}),
        "100; 650; 100,,");
}

TEST(crosswalk_rules, fields_that_go_together) {
    const std::string_view pair = "<x>\xD0\xA1\xD0\xBC\xD0\xB8\xD1\x82,</x>";
    EXPECT_EQ(rule("for 100\n  for its 880\n    x = $a"), pair);
    EXPECT_EQ(rule("for 100\n  for its 880 where $a starts \"S\"\n    x = $a"), "");
    EXPECT_EQ(rule("for 245\n  for its 880\n    x = $a"), ""); // no $6
    EXPECT_EQ(rule("for 880\n  for its field\n    x = tag ~ $a"), "<x>100Smith, John,</x>");
    EXPECT_EQ(rule("for 100\n  for its field\n    x = $a"), "");
    EXPECT_EQ(rule("for its 880\n  x = $a"), ""); // no field at hand
    EXPECT_EQ(rule("for 880\n  if paired\n    x = $a\n  else\n    y = $a"), std::string(pair) + "<y>No field.</y>");
    EXPECT_EQ(rule("for 100 where paired\n  x = $a"), ""); // of an 880 alone
    EXPECT_EQ(rule("if paired\n  x = \"1\""), "");
    EXPECT_EQ(error_of_rule("  for its 245\n    x = $a\n"),
              "shipped, line 6: expected \"its 880\" or \"its field\": those that go with the field at hand");
}

TEST(crosswalk_rules, whether_there_is_a_field) {
    EXPECT_EQ(rule("x = exists(650)\ny = exists(651)"), "<x>true</x>");
    EXPECT_EQ(rule("x = exists(650 where $2 == \"fast\")\ny = exists(650 where $2 == \"aat\")"), "<x>true</x>");
    EXPECT_EQ(rule("x = exists(6.., 7..)\ny = exists(880[100])\nz = exists(880[245])"), "<x>true</x><y>true</y>");
    EXPECT_EQ(rule("for 650\n  if not exists_before(650)\n    x = $a"), "<x>Dogs</x>");
    EXPECT_EQ(rule("for 650\n  if exists_before(650 where ind2 == \"0\")\n    x = $a"), "<x>Cats.</x>");
    EXPECT_EQ(rule("for 100\n  x = exists(its 880 where $6)\n  y = $a"),
              "<x>true</x><y>Smith, John,</y>"); // back at 100
    EXPECT_EQ(rule("for 880\n  if exists(its field where $e)\n    x = tag"), "<x>880</x>");
}

TEST(crosswalk_rules, version_is_that_of_the_rules) {
    EXPECT_EQ(rule("x = \"version \" ~ version"), "<x>version 1</x>");
    EXPECT_EQ(error_of_rule("  let version = \"2\"\n"),
              "shipped, line 6: a name that has a meaning of its own: version");
}

TEST(crosswalk_rules, xml_is_well_formed_whatever_the_record_holds) {
    EXPECT_EQ(rule("a(k=\"<&>\\\"\\n\") = \"<&>\\\"\""), "<a k=\"&lt;&amp;&gt;&quot;&#10;\">&lt;&amp;&gt;\"</a>");
    const rule_text text{"t", "format t\nroot r\nrule one\n  for 500\n    n(k=$b) = $a\n"};
    const rule_set set({&text, 1});
    converter c(set);
    marc::builder b;
    b.add_field("500", "  \x1F"
                       "a\x01\x0B\xEF\xBF\xBF\xEF\xBF\xBDx\r\x1F"
                       "b\x02\t");
    const marc::stored_record r = b.finish();
    std::pmr::string out;
    c.convert(r.view(), out);
    EXPECT_EQ(out, "<r><n k=\"\xEF\xBF\xBD&#9;\">\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx&#13;</n></r>");
}

TEST(crosswalk_rules, tags_that_are_no_text) {
    const rule_text text{"t", "format t\noutput json\nroot r\nrule one\n  for XXX\n    n(k=tag) = $a\n"};
    const rule_set set({&text, 1});
    converter c(set);
    marc::builder b;
    b.add_field("5\xC3(", "  \x1F"
                          "ax");
    const marc::stored_record r = b.finish();
    std::pmr::string out;
    c.convert(r.view(), out);
    EXPECT_EQ(out, R"({"n":{"@k":"5?(","@value":"x"}})");
}

TEST(crosswalk_rules, namespaces_are_declared_at_the_root) {
    EXPECT_EQ(
        run({"format t\nnamespace \"urn:a\"\nnamespace b \"urn:b&\"\nroot r(v=\"1\")\nrule one\n  b:x = \"1\"\n"}),
        "<r xmlns=\"urn:a\" xmlns:b=\"urn:b&amp;\" v=\"1\"><b:x>1</b:x></r>");
}

TEST(crosswalk_rules, notes) {
    const std::string text = with_header("rule one\n  if not {264}\n    note \"no 264 in \" ~ {001}\n");
    const rule_text one{"t", text};
    const rule_set set({&one, 1}); // the names of rules in the notes are its own
    converter c(set);
    const marc::stored_record r = from_mrk(record);
    std::pmr::string out;
    std::pmr::vector<conversion_note> notes;
    c.convert(r.view(), out, &notes);
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].rule, "one");
    EXPECT_EQ(notes[0].text, "no 264 in 12883376");
}

TEST(crosswalk_rules, what_went_nowhere_is_listed) {
    const std::string text =
        with_header("rule one\n  id = {001}\n  for 245\n    if $c\n      t = $a\n  for 650\n    for $*\n      s = .\n"
                    "  for 008\n    d = .\n  for 020, 100, 880\n    x = join($*)\n");
    const rule_text one{"t", text};
    const rule_set set({&one, 1});
    converter c(set);
    const marc::stored_record r = from_mrk(record);
    std::pmr::vector<unmapped_subfield> rest;
    c.find_unmapped(r.view(), rest);
    std::string all;
    for (const unmapped_subfield& u : rest) {
        all += std::string(r.view().field(u.field).tag()) + "$" + std::string(u.code) + " ";
    }
    EXPECT_EQ(all, "245$b 245$c 999$ "); // that a condition read $c does not count
}

TEST(crosswalk_rules, of_several_subfields_with_one_code_each_counts_for_itself) {
    const std::string text = with_header("rule one\n  for 260\n    a = $a\n    b = last($b)\n    c = nth($c, 1)\n");
    const rule_text one{"t", text};
    const rule_set set({&one, 1});
    converter c(set);
    const marc::stored_record r = from_mrk("=260  \\\\$a1$a2$b3$b4$c5$c6$c7\n");
    std::pmr::vector<unmapped_subfield> rest;
    c.find_unmapped(r.view(), rest);
    std::string all;
    for (const unmapped_subfield& u : rest) {
        all += u.value;
    }
    EXPECT_EQ(all, "2357");
}

TEST(crosswalk_rules, errors_say_where_and_what) {
    EXPECT_EQ(error_of({"rule x\n  a = \"1\"\n"}), "rules: the headings \"format\" and \"root\" are missing");
    EXPECT_EQ(error_of_rule("  x = $a ~\n"), "shipped, line 6: a line that wants more, at the end of the text");
    EXPECT_EQ(error_of_rule("  x = \"abc\n"), "shipped, line 6: a string that does not end");
    EXPECT_EQ(error_of_rule("  x = nothing\n"),
              "shipped, line 6: a name that nothing has: nothing (text stands in \"\xE2\x80\xA6\")");
    EXPECT_EQ(error_of_rule("  x = frob(1)\n"), "shipped, line 6: a function that there is not: frob");
    EXPECT_EQ(error_of_rule("  x = chop()\n").substr(0, 70),
              "shipped, line 6: another number of arguments than chop() takes: chop(x");
    EXPECT_EQ(error_of_rule("  x = lookup(none, $a)\n"), "shipped, line 6: a table that there is not: none");
    EXPECT_EQ(error_of_rule("  use none\n"), "shipped, line 6: a template that there is not: none");
    EXPECT_EQ(error_of_rule("  for 24\n    x = $a\n"), "shipped, line 6: not a tag: 24");
    EXPECT_EQ(error_of_rule("  for 245\n  x = $a\n"), "shipped, line 6: nothing is indented below this line");
    EXPECT_EQ(error_of_rule("  x = \"1\"\n    y = \"2\"\n   z = \"3\"\n"),
              "shipped, line 8: a line that is indented neither like the one above nor deeper");
    EXPECT_EQ(error_of_rule("\tx = \"1\"\n"), "shipped, line 6: a tab: indent with blanks");
    EXPECT_EQ(error_of_rule("  else\n    x = \"1\"\n"), "shipped, line 6: no \"if\" stands right above");
    EXPECT_EQ(error_of_rule("  let code = \"1\"\n"), "shipped, line 6: a name that has a meaning of its own: code");
    EXPECT_EQ(error_of_rule("  x = {245$}\n").substr(0, 17), "shipped, line 6: ");
    EXPECT_EQ(error_of({with_header(""), "format x\n"}), "ours, line 1: not a heading that changes rules: include, "
                                                         "table, let, set, template, rule, drop, output, version");
    EXPECT_EQ(error_of({with_header(""), "drop one\n"}), "ours, line 1: a rule that there is not: one");
    EXPECT_EQ(error_of({with_header("template a\n  use b\ntemplate b\n  use a\nrule one\n  use a\n")}).substr(0, 28),
              "rules, line 5: the template ");
    const std::string deep = "  x = " + std::string(100, '(') + "1" + std::string(100, ')') + "\n";
    EXPECT_EQ(error_of_rule(deep), "shipped, line 6: an expression nested too deeply");
}

TEST(crosswalk_rules, shipped_rules_compile_and_every_record_gives_a_document) {
    const std::size_t many_fields = 10'000 / std::min<std::size_t>(marc_test::one_in(), 10);
    EXPECT_FALSE(shipped().empty());
    for (const shipped_rules& one : shipped()) {
        SCOPED_TRACE(one.format);
        const rule_text text{one.format, one.text};
        const rule_set set({&text, 1});
        EXPECT_EQ(set.format(), one.format);
        EXPECT_FALSE(set.version().empty());
        if (set.source() != source_form::marc) {
            continue;
        }
        converter c(set);
        std::pmr::string out;
        c.convert(from_mrk("=LDR  |||||||||||||||||||||||\n").view(), out);
        for (const char* linkage : {"650-98/(N", "650-99/(N"}) { // alone; each with each
            marc::builder many;
            for (std::size_t i = 0; i < many_fields; ++i) {
                many.add_field("650", " 0\x1F"
                                      "aSubject\x1F"
                                      "6880-99");
                many.add_field("880", std::string(" 0\x1F"
                                                  "6") +
                                          linkage);
            }
            const marc::stored_record r = many.finish();
            out.clear();
            c.convert(r.view(), out);
        }
    }
}

// Else a rule of a site would make a document that no reader of XML takes.
TEST(crosswalk_rules, names_that_xml_does_not_have) {
    EXPECT_EQ(error_of_rule("  1x = \"v\""), "rules, line 6: not a name of XML: 1x");
    EXPECT_EQ(error_of_rule("  \"a b>\" = \"v\""), "rules, line 6: not a name of XML: a b>");
    EXPECT_EQ(error_of_rule("  a(\"b c\"=\"v\")"), "rules, line 6: not a name of XML: b c");
    EXPECT_EQ(error_of_rule("  if \"x\"\n    dc:a = \"v\""),
              "rules, line 7: a prefix that there is no namespace for: dc:a");
    EXPECT_EQ(error_of({with_header("template t\n  dc:a = \"v\"")}),
              "rules, line 6: a prefix that there is no namespace for: dc:a");
    EXPECT_EQ(rule("a(xml:lang=\"en\") = \"v\""), "<a xml:lang=\"en\">v</a>");
    EXPECT_EQ(error_of({with_header("rule one\n  \"a b\" = \"v\"", "json")}), "no error");
}

// Whoever computes a value goes as deep on the stack as it nests, and a stack that ends takes the whole server along.
TEST(crosswalk_rules, what_nests_without_parentheses_is_bounded) {
    const auto repeated = [](std::string_view first, std::string_view next, std::size_t times) {
        std::string all(first);
        for (std::size_t i = 0; i < times; ++i) {
            all += next;
        }
        return all;
    };
    const auto numbered = [](const auto& line, std::size_t count) {
        std::string all;
        for (std::size_t i = 1; i < count; ++i) {
            all += line(std::to_string(i), std::to_string(i - 1));
        }
        return all;
    };
    const auto error_of_rule = [](const std::string& value) {
        return error_of({with_header("rule one\n  x = " + value + "\n")});
    };
    EXPECT_EQ(value(repeated("\"\"", " or \"a\"", 200)), "<x>a</x>");
    EXPECT_NE(error_of_rule(repeated("\"\"", " or \"\"", 100'000)).find("too deeply"), std::string::npos);
    EXPECT_NE(error_of_rule(repeated("\"a\"", " and \"a\"", 100'000)).find("too deeply"), std::string::npos);
    EXPECT_NE(error_of_rule(repeated("\"a\"", "/0", 100'000)).find("too deeply"), std::string::npos);
    const auto let = [](const std::string& i, const std::string& before) {
        return "let g" + i + " = g" + before + "\n";
    };
    EXPECT_NE(error_of({with_header("let g0 = \"a\"\n" + numbered(let, 4'000) + "rule one\n  x = g3999\n")})
                  .find("too deeply"),
              std::string::npos);
    const auto down = [](const std::string& i, const std::string& before) {
        return "template t" + i + "\n  use t" + before + "\n";
    };
    const auto up = [](const std::string& i, const std::string& before) {
        return "template t" + before + "\n  use t" + i + "\n";
    };
    const std::string last = "template t0\n  x = \"a\"\n";
    EXPECT_NE(error_of({with_header(last + numbered(down, 4'000) + "rule one\n  use t3999\n")}).find("too deeply"),
              std::string::npos);
    EXPECT_NE(error_of({with_header(numbered(up, 4'000) + "template t3999\n  x = \"a\"\nrule one\n  use t0\n")})
                  .find("too deeply"),
              std::string::npos);
    EXPECT_EQ(run({with_header(last + numbered(down, 50) + "rule one\n  use t49\n")}), "<r><x>a</x></r>");
    const std::string tests = "{x[" + repeated("a", " or a", 100'000) + "]}";
    EXPECT_NE(error_of({"format test\nversion \"1\"\nsource xml\noutput xml\nroot r\nrule one\n  x = " + tests + "\n"})
                  .find("too deeply"),
              std::string::npos);
}

TEST(crosswalk_rules, sizes_are_bounded) {
    const auto many = [](std::string_view line, std::size_t count) {
        std::string all;
        for (std::size_t i = 0; i < count; ++i) {
            all.append(line).append(std::to_string(i)).append(" = \"a\"\n");
        }
        return all;
    };
    EXPECT_NE(error_of({with_header(many("let v", 6'000))}).find("more than 5000"), std::string::npos);
    EXPECT_NE(error_of({with_header("rule one\n" + many("  let v", 1'500))}).find("too many variables"),
              std::string::npos);
    EXPECT_NE(error_of({with_header("rule one\n  x = \"" + std::string(9U << 20U, 'a') + "\"\n")}).find("bytes"),
              std::string::npos);
}

// 60,000 of them took three and a half gigabytes and could not be cancelled.
TEST(crosswalk_rules, long_texts_of_marks_are_tidied_in_one_go) {
    for (const std::string_view mark : {"(", ")", ".", ",", ";", "( ", "A."}) {
        std::string marks;
        while (marks.size() < 200'000) {
            marks += mark;
        }
        const std::string tidy = value("tidy(\"" + marks + "\")");
        EXPECT_LE(tidy.size(), 200'010U) << mark;
        EXPECT_EQ(value("bare(\"" + marks + "\")").empty(), mark != "A.") << mark;
    }
}

TEST(crosswalk_rules, fields_in_front_are_looked_for_once) {
    std::string mrk(record);
    for (int i = 0; i < 50'000; ++i) {
        mrk += "=653  \\\\$b" + std::to_string(i) + "\n";
    }
    const std::string rules = with_header("rule one\n"
                                          "  for 653 where exists_before(653 where $a)\n"
                                          "    x = $b\n"
                                          "  for 245 where exists_after(653 where $b == \"49999\")\n"
                                          "    y = $a\n");
    const rule_text text{"shipped", rules};
    const rule_set set({&text, 1});
    converter c(set);
    std::pmr::string out;
    const marc::stored_record r = from_mrk(mrk);
    c.convert(r.view(), out);
    EXPECT_EQ(out, "<r><y>The cat &amp; the &lt;dog&gt; :</y></r>");
}

} // namespace
