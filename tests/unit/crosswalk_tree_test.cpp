// Rules that read XML or JSON, and rules that make MARC: paths, records, what errors say, hostile documents.
#include "crosswalk/convert.hpp"
#include "marc/error.hpp"
#include "marc/mrk.hpp"
#include "marc/poll.hpp"
#include "failing_memory.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace crosswalk;
using marc_test::from_mrk;

namespace {

constexpr std::string_view mods =
    "<?xml version=\"1.0\"?>\n"
    "<c xmlns:m=\"http://www.loc.gov/mods/v3\"><h>head</h><m:mods>\n"
    "<t type=\"a\"><x>One <i>and</i> two</x></t><t><x>Three</x><x lang=\"fr\">Trois</x></t>"
    "<n>  </n><n/><n k=\"\" m:k2='&lt;&amp;'>&#x3b1;<![CDATA[<b>]]></n>\n"
    "<d><x>deep</x><d><x>deeper</x></d></d></m:mods></c>";

std::string header(std::string_view source, std::string_view output = "xml") {
    return "format test\nversion \"1\"\nsource " + std::string(source) + "\noutput " + std::string(output) +
           "\nroot r\n";
}

std::string convert(const std::string& rules, std::string_view document) {
    const rule_text text{"test", rules};
    const rule_set set({&text, 1});
    converter c(set);
    std::pmr::string out;
    c.convert_document(document, out);
    return std::string(out);
}

std::string indented(std::string_view body) {
    std::string text = "rule one\n";
    for (std::size_t at = 0; at < body.size();) {
        const std::size_t end = std::min(body.find('\n', at), body.size());
        text += "  " + std::string(body.substr(at, end - at)) + "\n";
        at = end + 1;
    }
    return text;
}

std::string without_root(const std::string& all) {
    return all == "<r/>" ? "" : all.substr(3, all.size() - 7);
}
std::string rule(std::string_view body, std::string_view document = mods) {
    return without_root(convert(header("xml mods") + indented(body), document));
}
std::string of_json(std::string_view body, std::string_view document) {
    return without_root(convert(header("json") + indented(body), document));
}
/// The texts of a path, with bars between.
std::string path(std::string_view text) {
    return rule("= join({" + std::string(text) + "}, \"|\")");
}

std::string error_of(const std::string& rules) {
    try {
        const rule_text text{"test", rules};
        const rule_set set({&text, 1});
    } catch (const rule_error& e) {
        return e.what();
    }
    return "no error";
}

struct made_record {
    std::string mrk;
    std::vector<std::string> notes;
};
made_record record(std::string_view body, std::string_view document = mods) {
    const std::string rules = header("xml", "marc") + indented(body);
    const rule_text text{"test", rules};
    const rule_set set({&text, 1});
    converter c(set);
    marc::builder made;
    std::pmr::vector<conversion_note> notes;
    c.document_to_marc(document, made, &notes);
    std::pmr::string mrk;
    marc::write_mrk(made.finish().view(), mrk);
    made_record result{std::string(mrk), {}};
    for (const conversion_note& note : notes) {
        result.notes.emplace_back(note.text);
    }
    return result;
}

marc::errc code_of(const std::string& rules, std::string_view document, std::string* what = nullptr) {
    try {
        convert(rules, document);
    } catch (const marc::parse_error& e) {
        if (what != nullptr) {
            *what = e.what();
        }
        return e.code();
    }
    ADD_FAILURE() << "no error";
    return marc::errc::corrupt;
}

TEST(crosswalk_tree, paths) {
    EXPECT_EQ(path("t/x"), "One and two|Three|Trois");
    EXPECT_EQ(path("t"), "One and two|ThreeTrois");
    EXPECT_EQ(path("*/x"), "One and two|Three|Trois|deep");
    EXPECT_EQ(path("./t/./x[1]"), "One and two|Three");
    EXPECT_EQ(path(".//x"), "One and two|Three|Trois|deep|deeper");
    EXPECT_EQ(path("//x"), path(".//x"));
    EXPECT_EQ(path("d//x"), "deep|deeper");
    EXPECT_EQ(path("//d/x"), "deep|deeper");
    EXPECT_EQ(path("/mods/t/@type"), "a");
    EXPECT_EQ(path("t/@*"), "a");
    EXPECT_EQ(path("../h"), "head"); // around the record lies the document
    EXPECT_EQ(path("../../h"), "");
    EXPECT_EQ(path("t/x/i"), "and");
    EXPECT_EQ(path("n"), "\xCE\xB1&lt;b&gt;"); // two without text
    EXPECT_EQ(path("n/@k2"), "&lt;&amp;");
    EXPECT_EQ(path("nothing/t"), "");
}

TEST(crosswalk_tree, brackets) {
    EXPECT_EQ(path("t[@type]/x"), "One and two");
    EXPECT_EQ(path("t[not @type]/x"), "Three|Trois");
    EXPECT_EQ(path("t[@type=\"a\"]/x"), "One and two");
    EXPECT_EQ(path("t[@type='b']/x"), "");
    EXPECT_EQ(path("t[@type != \"a\"]/x"), "Three|Trois");
    EXPECT_EQ(path("t[x=\"Trois\"]/x"), "Three|Trois");
    EXPECT_EQ(path("t[x and not (@type or @k)]/x"), "Three|Trois");
    EXPECT_EQ(path("t[2]/x[2]"), "Trois");
    EXPECT_EQ(path("t/x[@lang][1]"), "Trois");
    EXPECT_EQ(path("t/x[2][not @lang]"), "");
    EXPECT_EQ(path(".//x[1]"), "One and two|Three|deep|deeper"); // the first below its parent
    EXPECT_EQ(path("t/x[.=\"Three\"]"), "Three");
    EXPECT_EQ(path("n[@k]"), ""); // an empty attribute is none
    EXPECT_EQ(path("t/x[../@type]"), "One and two");
    EXPECT_EQ(path("t[/mods/d/x=\"deep\"]/x[1]"), "One and two|Three");
}

TEST(crosswalk_tree, values_and_conditions) {
    EXPECT_EQ(rule("a = {t/x}\nb = count({t/x}) ~ count({n})\nc = nth({t/x}, 1)\nd = last({t/x})"),
              "<a>One and two</a><b>31</b><c>Three</c><d>Trois</d>");
    EXPECT_EQ(rule("if {n}\n  a = \"1\"\nif {n[1]}\n  a = \"2\"\nif exists({n[1]})\n  a = \"3\""), "<a>1</a><a>3</a>");
    EXPECT_EQ(rule("if exists({t} where {@type} == \"a\")\n  a = \"1\""), "<a>1</a>");
    EXPECT_EQ(rule("if {t/x} == \"Trois\"\n  a = \"any\"\nif {t/x} in (\"x\", \"Three\")\n  a = \"of\""),
              "<a>any</a><a>of</a>");
    EXPECT_EQ(rule("if {t/@nothing} == \"\"\n  a = \"none\""), "<a>none</a>");
    EXPECT_EQ(rule("for {t/*}\n  a(n=tag, l={@lang}) = .\n    b = {../@type}"),
              "<a n=\"x\">One and two<b>a</b></a><a n=\"x\">Three</a><a n=\"x\" l=\"fr\">Trois</a>");
    EXPECT_EQ(rule("for {t/x} where . starts \"T\"\n  a = ."), "<a>Three</a><a>Trois</a>");
    EXPECT_EQ(rule("for {t/@type}\n  a(n=tag) = ."), "<a n=\"type\">a</a>");
    EXPECT_EQ(rule("let first = place({t[not @type]})\nfor {t}\n  if place() == first\n    a = {x}"), "<a>Three</a>");
    EXPECT_EQ(rule("a = place({nothing})\nb = {t/x} ~ \"!\""), "<b>One and two!</b>");
}

TEST(crosswalk_tree, templates_and_globals) {
    EXPECT_EQ(convert(header("xml mods") + "let all = count({.//x})\ntemplate t(x)\n  a(n=x) = {x}\nrule one\n"
                                           "  for {d}\n    use t(all)\n    for {d}\n      use t(all)\n",
                      mods),
              "<r><a n=\"5\">deep</a><a n=\"5\">deeper</a></r>");
}

TEST(crosswalk_tree, which_element_is_the_record) {
    const std::string rules = header("xml mods, dc") + "rule one\n  a = tag\n";
    EXPECT_EQ(convert(rules, "<mods/>"), "<r><a>mods</a></r>");
    EXPECT_EQ(convert(rules, "<x><y><p:dc xmlns:p='u'/></y></x>"), "<r><a>dc</a></r>");
    EXPECT_EQ(convert(rules, "<dc><mods><mods/></mods></dc>"), "<r><a>mods</a></r>"); // the first that is named
    EXPECT_EQ(convert(header("xml") + "rule one\n  a = tag\n", "<any/>"), "<r><a>any</a></r>");
    EXPECT_EQ(code_of(rules, "<x><mods/><mods/></x>"), marc::errc::many_records);
    std::string what;
    EXPECT_EQ(code_of(rules, "<record/>", &what), marc::errc::bad_document);
    EXPECT_EQ(what, "the document cannot be read: no element mods or dc in a document record");
}

TEST(crosswalk_tree, json) {
    EXPECT_EQ(of_json("a = {title}\nb = join({c/name}, \"|\")\nc = {/n}\nd = {b}\ne = {c/@id}\nf = {dc.title}\n"
                      "g = {\"odd name\"}\nif exists({nothing})\n  h = \"null\"\ni = join({m/item})",
                      R"({"title":"T","c":[{"name":"x"},{"@id":1,"name":["y","z"]}],"n":-12.50,"b":true,)"
                      R"("dc.title":"D","odd name":"\u03b1","nothing":null,"m":[[1,2],[3]]})"),
              "<a>T</a><b>x|y|z</b><c>-12.50</c><d>true</d><e>1</e><f>D</f><g>\xCE\xB1</g><h>null</h><i>1 2 3</i>");
    EXPECT_EQ(of_json("for {item}\n  a(k={key}) = {value}", R"([{"key":"dc.title","value":"T"},{"key":"k"}])"),
              "<a k=\"dc.title\">T</a>");
    EXPECT_EQ(of_json("a = .", "\"text\""), "<a>text</a>");
    EXPECT_EQ(of_json("a = count({*})", "{}"), "<a>0</a>");
}

TEST(crosswalk_tree, makes_records) {
    const made_record r =
        record("leader = fixed(24, \" \", 5, \"cam\", 17, \"7i\")\n700(ind1=\"1\")\n  a = \"B\"\n"
               "650(ind2=\"0\")\n  a = \"S\"\n600\n  a = \"P\"\n245(ind1=\"1\", ind2=length(\"10 letters\"))\n"
               "  a = \"T\"\n  6 = \"\"\n500\n  a = \"\"\n"
               "001 = \" x \"\n008 = fixed(40, \"|\", 0, \"99\", 2, \"abcdefgh\", 7, \"1999\", 39, \"\xC3\xA9z\")");
    EXPECT_EQ(r.mrk, "=LDR  00000cam\\a22000007i\\4500\n=001  \\x\\\n=008  99abcde1999|||||||||||||||||||||||||||||\n"
                     "=245  1\\$aT\n=650  \\0$aS\n=600  \\\\$aP\n=700  1\\$aB");
    EXPECT_EQ(r.notes, (std::vector<std::string>{"245 has an indicator that is not one character: 10"}));
}

TEST(crosswalk_tree, records_hold_what_documents_hold) {
    const made_record r = record("for {x}\n  field(tag={@tag})\n    subfield(code={@c}) = .\n",
                                 "<r><x tag='500' c='a'>one\n   two \t</x><x tag='5000' c='a'>long</x>"
                                 "<x tag='501' c='ab'>code</x><x c='a'>none</x></r>");
    EXPECT_EQ(r.mrk, "=LDR  00000nam\\a2200000\\u\\4500\n=500  \\\\$aone two\n=501  \\\\$acode");
    EXPECT_EQ(r.notes, (std::vector<std::string>{"5000 is no tag; left out: ", " is no tag; left out: ",
                                                 "501 has a subfield code that is not one character: ab",
                                                 "501 has text outside of a subfield, which goes into $a: code"}));
    const made_record big =
        record("500\n  a = {x}\n008 = \"short\"", "<r><x>" + std::string(120'000, 'x') + "</x></r>");
    EXPECT_EQ(big.notes.size(), 3U);
    EXPECT_EQ(big.mrk.size(), 120'053U);
}

TEST(crosswalk_tree, marc_becomes_marc) {
    const std::string rules =
        "format test\noutput marc\nrule one\n  leader = leader\n  for 200\n    245(ind1=ind1)\n"
        "      for $ae\n        if code == \"a\"\n          a = .\n        else\n          b = .\n";
    const rule_text text{"test", rules};
    const rule_set set({&text, 1});
    EXPECT_EQ(set.source(), source_form::marc);
    EXPECT_EQ(set.output(), output_form::marc);
    converter c(set);
    marc::builder made;
    const marc::stored_record unimarc = from_mrk("=LDR  00000cam0 22000003  450 \n=200  1\\$aT$eS\n");
    c.to_marc(unimarc.view(), made);
    std::pmr::string mrk;
    marc::write_mrk(made.finish().view(), mrk);
    EXPECT_EQ(std::string(mrk), "=LDR  00000cam0a22000003\\\\4500\n=245  1\\$aT$bS");
    std::pmr::string xml;
    c.convert(unimarc.view(), xml);
    EXPECT_TRUE(xml.find("<datafield tag=\"245\" ind1=\"1\" ind2=\" \"><subfield code=\"a\">T</subfield>") !=
                std::pmr::string::npos)
        << xml;
    EXPECT_THROW(c.convert_document("<x/>", xml), marc::parse_error);
}

TEST(crosswalk_tree, year) {
    const auto year = [](std::string_view text) { return rule("= year(\"" + std::string(text) + "\")"); };
    EXPECT_EQ(year("[c1999]"), "1999");
    EXPECT_EQ(year("12 May 2001-2002"), "2001");
    EXPECT_EQ(year("19--?"), "19uu");
    EXPECT_EQ(year("[198-]"), "198u");
    EXPECT_EQ(year("20010512"), "2001");
    EXPECT_EQ(year("12345"), "");
    EXPECT_EQ(year("no. 12"), "");
}

TEST(crosswalk_tree, what_went_nowhere) {
    const std::string rules = header("xml mods") + "rule one\n  for {t}\n    if {@type} == \"a\"\n      a = {x/i}\n"
                                                   "  if {d/x}\n    b = \"only looked at\"\n  c = {n/@k2}\n";
    const rule_text text{"test", rules};
    const rule_set set({&text, 1});
    converter c(set);
    std::pmr::vector<unmapped_text> found;
    c.find_unmapped_texts(mods, found);
    std::vector<std::string> all;
    for (const unmapped_text& one : found) {
        all.push_back(std::string(one.path) + "=" + std::string(one.text));
    }
    EXPECT_EQ(all, (std::vector<std::string>{"/mods/t[1]/x=One  two", "/mods/t[2]/x[1]=Three",
                                             "/mods/t[2]/x[2]/@lang=fr", "/mods/t[2]/x[2]=Trois",
                                             "/mods/n[3]=\xCE\xB1<b>", "/mods/d/x=deep", "/mods/d/d/x=deeper"}));
    const std::string json = header("json") + "rule one\n  a = {b}\n";
    const rule_text other{"test", json};
    const rule_set of_json({&other, 1});
    converter d(of_json);
    found.clear();
    d.find_unmapped_texts(R"({"a":{"x":[1,2]},"b":3})", found);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].path, "/a/x[2]");
    EXPECT_EQ(found[1].text, "2");
}

TEST(crosswalk_tree, errors_in_rules) {
    const auto xml = [](std::string_view body) { return error_of(header("xml") + "rule one\n  " + std::string(body)); };
    EXPECT_EQ(xml("a = $a"), "test, line 7: $a is of MARC fields; these rules read XML: {path/of/elements}");
    EXPECT_EQ(xml("a = ind1"), "test, line 7: ind1 is of MARC fields; these rules read XML: {path/of/elements}");
    EXPECT_EQ(xml("for 245\n    a = \"x\""),
              "test, line 7: fields behind \"for\" are of MARC; these rules read a tree: for {name}");
    EXPECT_EQ(xml("a = linked()"),
              "test, line 7: linked() is of MARC fields; these rules read XML: {path/of/elements}");
    EXPECT_EQ(xml("a = {dc:title}"), "test, line 7: names in paths have no prefix: dc:title");
    EXPECT_EQ(xml("a = {a/../b}"), "test, line 7: \"..\" stands at the front of a path only");
    EXPECT_EQ(xml("a = {.//a//b}"), "test, line 7: \"//\" may stand once in a path");
    EXPECT_EQ(xml("a = {@a/b}"), "test, line 7: nothing is below an attribute");
    EXPECT_EQ(xml("a = {a[0]}"), "test, line 7: positions count from 1: 0");
    EXPECT_EQ(xml("a = {a[b=c]}"), "test, line 7: expected a text in quotes behind =");
    EXPECT_EQ(xml("a = {a[b}"), "test, line 7: a bracket that does not end with ]: ");
    EXPECT_EQ(xml("a = {a/}"), "test, line 7: a path that ends too early");
    EXPECT_EQ(xml("a = {a b}"), "test, line 7: what does not belong in a path:  b");
    EXPECT_EQ(xml("a = {}"), "test, line 7: a path that ends too early");
    std::string nested = "a";
    for (int i = 0; i < 30; ++i) {
        nested = "a[" + nested + "]";
    }
    EXPECT_EQ(xml("a = {" + nested + "}"), "test, line 7: a path nested too deeply");
    EXPECT_EQ(xml("a = fixed(4, \" \", 4, \"x\")"),
              "test, line 7: positions in fixed() are numbers that ascend and are less than the length");
    EXPECT_EQ(error_of("format t\nroot r\nrule one\n  for {a}\n    b = \"\""),
              "test, line 4: a path behind \"for\" is of elements; these rules read MARC: for 245");
    EXPECT_EQ(xml("a = fixed({b}, \" \")"), "test, line 7: the length of fixed() is a number");
    EXPECT_EQ(error_of("format t\nsource pdf\n"), "test, line 2: expected marc, xml or json");
}

TEST(crosswalk_tree, errors_in_rules_that_make_records) {
    const auto marc = [](std::string_view body) {
        return error_of("format t\nsource xml\noutput marc\ntemplate s\n  \"é\" = \"x\"\nrule one\n  " +
                        std::string(body));
    };
    EXPECT_EQ(marc("245\n    a = \"x\""), "no error");
    EXPECT_EQ(marc("24 = \"x\""), "rules, line 7: not a tag: 24");
    EXPECT_EQ(marc("245 = \"x\""), "rules, line 7: a value belongs in a subfield of 245");
    EXPECT_EQ(marc("245\n    ab = \"x\""), "rules, line 8: not a subfield code: ab");
    EXPECT_EQ(marc("245\n    use s"), "rules, line 5: not a subfield code: \xC3\xA9");
    EXPECT_EQ(marc("245\n    a\n      b = \"x\""), "rules, line 9: nothing can be in a subfield: b");
    EXPECT_EQ(marc("245(ind3=\"1\")\n    a = \"x\""),
              "rules, line 7: a field has ind1 and ind2, and a control field none: ind3");
    EXPECT_EQ(marc("245(ind1=\"10\")\n    a = \"x\""), "rules, line 7: an indicator is one character: 10");
    EXPECT_EQ(marc("001\n    a = \"x\""), "rules, line 8: nothing can be in a control field: a");
    EXPECT_EQ(marc("= \"x\""), "rules, line 7: text outside of a field");
}

TEST(crosswalk_tree, documents_that_are_none) {
    const std::string xml = header("xml") + "rule one\n  a = {a}\n";
    std::string what;
    EXPECT_EQ(code_of(xml, "<a>\n<b>\n</a>", &what), marc::errc::bad_xml);
    EXPECT_EQ(what.substr(0, 41), "the XML is not well-formed: \"line 3: Open") << what;
    EXPECT_EQ(code_of(xml, ""), marc::errc::bad_document);
    EXPECT_EQ(code_of(xml, "{\"a\": 1}"), marc::errc::bad_document);
    EXPECT_EQ(code_of(xml, "<a>\xFF</a>"), marc::errc::bad_utf8);
    EXPECT_EQ(code_of(xml, "<a>&nbsp;</a>"), marc::errc::bad_xml);
    EXPECT_EQ(code_of(xml, "<!DOCTYPE a SYSTEM \"http://example.org/a.dtd\"><a>&x;</a>", &what), marc::errc::bad_xml);
    EXPECT_EQ(code_of(xml, "<!DOCTYPE a SYSTEM \"a.dtd\"><a b='&x;'/>"), marc::errc::bad_xml);
    EXPECT_EQ(code_of(xml, "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"), marc::errc::xml_doctype);
    EXPECT_EQ(code_of(xml, "<!DOCTYPE a [<!ATTLIST a b CDATA \"y\">]><a/>"), marc::errc::xml_doctype);
    EXPECT_EQ(code_of(xml, "<!DOCTYPE a [<!ATTLIST a b (x|y) \"y\">]><a/>"), marc::errc::xml_doctype);
    EXPECT_EQ(convert(xml, "<!DOCTYPE r PUBLIC \"+//ISBN 1-931666-00-8//DTD ead.dtd//EN\" \"ead.dtd\"><r><a>x</a></r>"),
              "<r><a>x</a></r>");
    const std::string json = header("json") + "rule one\n  a = {a}\n";
    EXPECT_EQ(code_of(json, "{\n\"a\": }", &what), marc::errc::bad_document);
    EXPECT_EQ(what, "the document cannot be read: line 2 is not JSON (position 7)");
    EXPECT_EQ(code_of(json, ""), marc::errc::bad_document);
    EXPECT_EQ(code_of(json, "<a/>"), marc::errc::bad_document);
    EXPECT_EQ(code_of(json, "{\"a\":\"\xFF\"}"), marc::errc::bad_document);
    EXPECT_EQ(code_of(json, "{\"a\":1}{\"a\":2}"), marc::errc::bad_document);
    EXPECT_EQ(code_of("format t\nroot r\nrule one\n  a = $a\n", "<a/>"), marc::errc::bad_document);
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string all;
    all.reserve(piece.size() * times);
    for (std::size_t i = 0; i < times; ++i) {
        all += piece;
    }
    return all;
}

TEST(crosswalk_tree, documents_that_are_too_large) {
    const std::string xml = header("xml") + "rule one\n  a = count({a})\n";
    const std::string json = header("json") + "rule one\n  a = count({a})\n";
    EXPECT_EQ(code_of(xml, "<r>" + repeated("<a/>", 1'000'000) + "</r>"), marc::errc::too_large);
    EXPECT_EQ(convert(xml, "<r>" + repeated("<a>x</a>", 300'000) + "</r>"), "<r><a>300000</a></r>");
    EXPECT_EQ(code_of(xml, repeated("<a>", 100'000) + repeated("</a>", 100'000)), marc::errc::too_large);
    EXPECT_EQ(code_of(json, repeated("[", 100'000) + repeated("]", 100'000)), marc::errc::too_large);
    EXPECT_EQ(code_of(json, repeated("{\"a\":", 100'000) + "1" + repeated("}", 100'000)), marc::errc::too_large);
    EXPECT_EQ(code_of(json, "[" + repeated("1,", 1'000'000) + "1]"), marc::errc::too_large);
    EXPECT_EQ(code_of(json, "{" + repeated("\"@a\":1,", 100'000) + "\"b\":1}"), marc::errc::too_large);
    EXPECT_EQ(code_of(xml, std::string(65U << 20U, ' ')), marc::errc::too_large);
}

/// Counts how often the hook is called, and lets a conversion be cancelled.
std::size_t polls = 0;
void count_poll() {
    ++polls;
}
void cancel() {
    throw std::runtime_error("cancelled");
}

TEST(crosswalk_tree, many_siblings_are_found_by_name) {
    const std::string document =
        "<r><b>first</b>" + repeated("<a><c>1</c></a><d/>", 100) + "<b k='x'>last</b><a>2</a></r>";
    const auto of = [&](std::string_view body) {
        return without_root(convert(header("xml") + indented(body), document));
    };
    EXPECT_EQ(of("= count({a}) ~ \" \" ~ count({a/c}) ~ \" \" ~ join({b}) ~ \" \" ~ {a[101]} ~ {a[102]} ~ {z}"),
              "101 100 first last 2");
    EXPECT_EQ(of("= {b[@k]} ~ {b[2]} ~ count({*}) ~ count({.//c})"), "lastlast103100"); // d has no text
    // A path in a loop over siblings: quadratic time would be 400 million steps.
    const std::string many = "<r>" + repeated("<a/><b>x</b>", 20'000) + "<c>y</c></r>";
    EXPECT_EQ(convert(header("xml") +
                          "let n = count({b})\nrule one\n  for {b}\n    if {../d} or {../c} != \"y\"\n      e = \"1\"\n"
                          "  = n\n",
                      many),
              "<r>20000</r>");
}

TEST(crosswalk_tree, takes_time_for_each_element_once_and_can_be_cancelled) {
    const std::string rules =
        header("xml") + "rule one\n  for {a}\n    b = {c[2]} ~ {@k}\n  d = {a[99999]}\n  e = {a[@k=\"v\"]/c}\n";
    const std::string document = "<r>" + repeated("<a k='1'><c>x</c><c>y</c></a>", 100'000) + "</r>";
    marc::set_poll_hook(count_poll);
    polls = 0;
    convert(rules, document);
    EXPECT_GT(polls, 50U);
    EXPECT_LT(polls, 2'000U);
    marc::set_poll_hook(cancel);
    EXPECT_THROW(convert(rules, document), std::runtime_error);
    marc::set_poll_hook(nullptr);
}

using marc_test::sweep;
constexpr std::size_t most_allocations = 1'000;

TEST(crosswalk_tree, no_memory) {
    const std::string document = "<r>" + repeated("<a k='1'><c>x</c>\n<c>y</c></a>", 500) + "</r>";
    const std::string json = R"({"a":[)" + repeated(R"({"k":"one","c":[1,2]},)", 500) + "3]}";
    for (const bool of_json : {false, true}) {
        const std::string rules = header(of_json ? "json" : "xml", "marc") +
                                  "let n = count({a})\nrule one\n  for {a}\n    500\n      a = {c[2]} ~ n\n";
        sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
            const rule_text text{"test", rules};
            const rule_set set({&text, 1}, memory);
            converter c(set, memory);
            marc::builder made(memory);
            std::pmr::vector<conversion_note> notes(memory);
            c.document_to_marc(of_json ? json : document, made, &notes);
            made.finish();
            std::pmr::vector<unmapped_text> rest(memory);
            c.find_unmapped_texts(of_json ? json : document, rest);
            std::pmr::string out(memory);
            c.convert_document(of_json ? json : document, out);
        });
    }
}

} // namespace
