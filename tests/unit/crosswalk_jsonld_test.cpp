// RDF as JSON-LD.
#include "crosswalk/convert.hpp"
#include "marc/builder.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace crosswalk;
using marc_test::from_mrk;

namespace {

constexpr std::string_view head = "format test\n"
                                  "namespace rdf \"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"\n"
                                  "namespace ex \"http://example.org/ns#\"\n"
                                  "output jsonld\n"
                                  "root rdf:RDF\n";

std::string jsonld(std::string_view rules,
                   std::string_view record = "=LDR  00000nam a2200000 a 4500\n=245  00$aA$bB\n") {
    const std::string all = std::string(head) + std::string(rules);
    const rule_text text{"test", all};
    const rule_set set({&text, 1});
    converter c(set);
    std::pmr::string out;
    c.convert(from_mrk(record).view(), out);
    constexpr std::string_view context = "{\"@context\":{\"rdf\":\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\","
                                         "\"ex\":\"http://example.org/ns#\"},\"@graph\":";
    EXPECT_TRUE(out.starts_with(context)) << out;
    return std::string(out.substr(context.size(), out.size() - context.size() - 1));
}

} // namespace

TEST(crosswalk_jsonld, things_their_types_and_addresses) {
    EXPECT_EQ(jsonld("rule r\n"
                     "  ex:Work(rdf:about=\"http://example.org/1\")\n"
                     "    rdf:type!(rdf:resource=\"http://example.org/ns#Text\")\n"
                     "    ex:title\n"
                     "      ex:Title\n"
                     "        ex:label = {245$a}\n"
                     "    ex:of!(rdf:resource=\"http://example.org/2\")\n"
                     "  rdf:Description(rdf:nodeID=\"b1\")\n"
                     "    ex:label = \"x\"\n"),
              "[{\"@id\":\"http://example.org/1\",\"@type\":[\"ex:Work\",\"http://example.org/ns#Text\"],"
              "\"ex:title\":{\"@type\":\"ex:Title\",\"ex:label\":\"A\"},\"ex:of\":{\"@id\":\"http://example.org/2\"}},"
              "{\"@id\":\"_:b1\",\"ex:label\":\"x\"}]");
}

TEST(crosswalk_jsonld, literals_with_language_or_type_and_several_of_a_property) {
    EXPECT_EQ(
        jsonld("rule r\n"
               "  ex:Work!\n"
               "    ex:label(xml:lang=\"fr\") = \"un\"\n"
               "    ex:date(rdf:datatype=\"http://www.w3.org/2001/XMLSchema#gYear\") = \"2001\"\n"
               "    ex:label = \"one\"\n"
               "    ex:both\n"
               "      = \"a\"\n"
               "      = \"b\"\n"),
        "[{\"@type\":\"ex:Work\",\"ex:label\":[{\"@value\":\"un\",\"@language\":\"fr\"},\"one\"],"
        "\"ex:date\":{\"@value\":\"2001\",\"@type\":\"http://www.w3.org/2001/XMLSchema#gYear\"},\"ex:both\":\"ab\"}]");
}

TEST(crosswalk_jsonld, collections_are_lists) {
    EXPECT_EQ(
        jsonld("rule r\n"
               "  ex:Subject!\n"
               "    ex:parts(rdf:parseType=\"Collection\")\n"
               "      ex:Topic(rdf:about=\"http://example.org/t\")\n"
               "        ex:label = \"x\"\n"
               "      ex:Topic!\n"),
        "[{\"@type\":\"ex:Subject\",\"ex:parts\":{\"@list\":[{\"@id\":\"http://example.org/t\",\"@type\":\"ex:Topic\","
        "\"ex:label\":\"x\"},{\"@type\":\"ex:Topic\"}]}}]");
}

TEST(crosswalk_jsonld, text_is_what_stands_in_the_xml) {
    const std::string all = std::string(head) + "rule r\n  for 500\n    ex:Work!\n      ex:label = $a\n";
    const rule_text text{"test", all};
    const rule_set set({&text, 1});
    converter c(set);
    marc::builder b;
    b.add_field("500", "  \x1F"
                       "a\"q\" \\ \x01\xEF\xBF\xBE\t\r");
    const marc::stored_record r = b.finish();
    std::pmr::string out;
    c.convert(r.view(), out);
    EXPECT_NE(out.find("\"ex:label\":\"\\\"q\\\" \\\\ \\ufffd\\ufffd\\t\\u000d\""), std::pmr::string::npos) << out;
}

TEST(crosswalk_jsonld, an_empty_document) {
    EXPECT_EQ(jsonld("rule r\n  ex:Work\n    ex:label = {999$a}\n"), "[]");
}

TEST(crosswalk_jsonld, is_for_rdf_alone) {
    const rule_text text{"test", "format test\noutput jsonld\nroot all\nrule r\n  a = \"b\"\n"};
    EXPECT_THROW(rule_set({&text, 1}), rule_error);
}
