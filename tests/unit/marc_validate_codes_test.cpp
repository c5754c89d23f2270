// Validation of MARC records: codes of the Library of Congress, and codes of own schemas.
#include "marc/error.hpp"
#include "marc_validate_support.hpp"

#include <algorithm>
#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

// Place, language, areas, relators and RDA's types are compared with the lists of the Library of Congress.
TEST(marc_validate, codes_of_marc_21) {
    const auto with = [](std::string_view eight, std::string_view fields = "") {
        return problems_of("=LDR  00000nam a2200000 a 4500\n=001  1\n=008  " + std::string(eight) + "\n=245  00$aT\n" +
                           std::string(fields));
    };
    const std::string sound = "920219s1993    caua   j      000 0 eng  ";
    EXPECT_EQ(with("999999s1993    xqqa   j      000 0 xqq  "),
              "error patternMismatch 008 /00-05: field 008 position 00-05 (Date entered on file): \"999999\" does not "
              "match ^[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$\n"
              "warning undefinedCode 008 /15-17: field 008 position 15-17 (Place of publication, production, or "
              "execution): \"xqq\" is not in the MARC Code List for Countries\n"
              "warning undefinedCode 008 /35-37: field 008 position 35-37 (Language): \"xqq\" is not in the MARC Code "
              "List for Languages\n");
    EXPECT_EQ(with("920219s1993    xx a   j      000 0 zxx  "), "");
    EXPECT_EQ(with("920219s1993    |||a   j      000 0 |||  "), "");
    EXPECT_EQ(with("920219s1993    vp a   j      000 0      "), "");
    EXPECT_EQ(with("920219s1993    xxra   j      000 0 scr  "),
              "warning deprecatedCode 008 /15-17: field 008 position 15-17 (Place of publication, production, or "
              "execution): code \"xxr\" is obsolete\n"
              "warning deprecatedCode 008 /35-37: field 008 position 35-37 (Language): code \"scr\" is obsolete\n");
    // What is no code at all is told once.
    EXPECT_EQ(with("920219s1993    CA a   j      000 0 eng  "),
              "error patternMismatch 008 /15-17: field 008 position 15-17 (Place of publication, production, or "
              "execution): \"CA \" does not match ^([a-z]{2}[a-z ]|\\|{3})$\n");

    EXPECT_EQ(bib("=041  1\\$aeng$hfre\n=041  0\\$aengfrespa\n=041  07$aen$2iso639-1\n=041  07$aen\n=041  "
                  "0\\$aen-US$2rfc5646"),
              "");
    EXPECT_EQ(bib("=041  0\\$aenglish$bxqq$dengxqq$e$f   $gscr$3english"),
              "warning undefinedCode 041 $a: field 041 subfield $a (Language code of text/sound track or separate "
              "title): \"english\" is not in the MARC Code List for Languages\n"
              "warning undefinedCode 041 $b: field 041 subfield $b (Language code of summary or abstract): \"xqq\" is "
              "not in the MARC Code List for Languages\n"
              "warning undefinedCode 041 $d: field 041 subfield $d (Language code of sung or spoken text): \"xqq\" is "
              "not in the MARC Code List for Languages\n"
              "warning undefinedCode 041 $e: field 041 subfield $e (Language code of librettos): \"\" is not in the "
              "MARC Code List for Languages\n"
              "warning undefinedCode 041 $f: field 041 subfield $f (Language code of table of contents): \"   \" is "
              "not in the MARC Code List for Languages\n"
              "warning deprecatedCode 041 $g: field 041 subfield $g (Language code of accompanying material other than "
              "librettos and transcripts): code \"scr\" is obsolete\n");
    EXPECT_EQ(bib("=040  \\\\$aDLC$bengx"),
              "warning undefinedCode 040 $b: field 040 subfield $b (Language of cataloging): \"engx\" is not in the "
              "MARC Code List for Languages\n");
    EXPECT_EQ(bib("=043  \\\\$an-us---$aa-cc-an$af------$bn-us-xx$2local"), "");
    EXPECT_EQ(bib("=043  \\\\$an-us$aei-----"),
              "warning undefinedCode 043 $a: field 043 subfield $a (Geographic area code): \"n-us\" is not in the MARC "
              "Code List for Geographic Areas\n"
              "warning deprecatedCode 043 $a: field 043 subfield $a (Geographic area code): code \"ei-----\" is "
              "obsolete\n");
    EXPECT_EQ(bib("=044  \\\\$afr$afr $axxu$axxuxxk$cus"), "");
    EXPECT_EQ(
        bib("=044  \\\\$aqq$aurs"),
        "warning undefinedCode 044 $a: field 044 subfield $a (MARC country code): \"qq\" is not in the MARC Code "
        "List for Countries\n"
        "warning undefinedCode 044 $a: field 044 subfield $a (MARC country code): \"urs\" is not in the MARC Code "
        "List for Countries\n");
    EXPECT_EQ(bib("=100  1\\$aA$4aut$4http://id.loc.gov/vocabulary/relators/ill\n=775  08$iX$4rdam:1"), "");
    EXPECT_EQ(
        bib("=100  1\\$aA$4zzz\n=710  2\\$aB$4clb"),
        "warning undefinedCode 100 $4: field 100 subfield $4 (Relationship): \"zzz\" is not in the MARC Code List "
        "for Relators\n"
        "warning deprecatedCode 710 $4: field 710 subfield $4 (Relationship): code \"clb\" is obsolete\n");
    EXPECT_EQ(bib("=336  \\\\$atext$btxt$2rdacontent\n=337  \\\\$bn$2rdamedia\n=338  \\\\$bnc$2rdacarrier\n"
                  "=336  \\\\$bxqq$2local\n=336  \\\\$bxqq"),
              "");
    EXPECT_EQ(
        bib("=336  \\\\$bxqq$2rdacontent\n=337  \\\\$bq$2rdamedia\n=338  \\\\$bqq$2rdacarrier"),
        "warning undefinedCode 336 $b: field 336 subfield $b (Content type code): \"xqq\" is not in the Term and "
        "Code List for RDA Content Types\n"
        "warning undefinedCode 337 $b: field 337 subfield $b (Media type code): \"q\" is not in the Term and Code "
        "List for RDA Media Types\n"
        "warning undefinedCode 338 $b: field 338 subfield $b (Carrier type code): \"qq\" is not in the Term and "
        "Code List for RDA Carrier Types\n");
    EXPECT_EQ(bib("=100  1\\$aA$4zzz", R"({"undefinedCode": false})"), "");
    EXPECT_EQ(bib("=100  1\\$aA$4zzz", R"({"undefinedCode": "error"})").substr(0, 7), "warning");
    EXPECT_EQ(
        problems_of(
            "=LDR  00000nz  a2200000n  4500\n=001  1\n=008  999999|| anznnbabn          |a ana     c\n"
            "=040  \\\\$aDLC$bxqq\n=043  \\\\$an-us\n=155  \\\\$aX\n=336  \\\\$bxqq$2rdacontent\n=377  \\\\$axqq"),
        "error patternMismatch 008 /00-05: field 008 position 00-05 (Date entered on file): \"999999\" does not "
        "match ^[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$\n"
        "warning undefinedCode 040 $b: field 040 subfield $b (Language of cataloging): \"xqq\" is not in the "
        "MARC Code List for Languages\n"
        "warning undefinedCode 043 $a: field 043 subfield $a (Geographic area code): \"n-us\" is not in the MARC "
        "Code List for Geographic Areas\n"
        "warning undefinedCode 336 $b: field 336 subfield $b (Content type code): \"xqq\" is not in the Term and "
        "Code List for RDA Content Types\n"
        "warning undefinedCode 377 $a: field 377 subfield $a (Language code): \"xqq\" is not in the MARC Code List "
        "for Languages\n");
    EXPECT_EQ(problems_of("=LDR  00000cy  a22000003n 4500\n=001  1\n=004  2\n=008  0101014p    8   4001uuxqq0000000\n"
                          "=852  0\\$aDLC$hQA76"),
              "warning undefinedCode 008 /22-24: field 008 position 22-24 (Language): \"xqq\" is not in the MARC Code "
              "List for Languages\n");
}

TEST(marc_validate, codes_of_own_schemas) {
    const std::string fields = R"s("fields": {"500": {"subfields": {"a": {}}, "rules": [
        {"class": "codes", "subfields": "a", "codes": "l"}]}, "501": {"subfields": {"a": {"codes": "l"}}}},
        "codelists": {"l": {"codes": {"x": "X"}}}})s";
    const std::string record = "=LDR  00000nam a2200000 a 4500\n=500  \\\\$ay\n=501  \\\\$ay";
    const avram_schema closed("{" + fields);
    EXPECT_EQ(problems_of(record, &closed),
              "error undefinedCode 500 $a: field 500 subfield $a must not be \"y\"; allowed: x\n"
              "error undefinedCode 501 $a: field 501 subfield $a must not be \"y\"; allowed: x\n");
    const avram_schema open("{\"rules\": [\"open-codelists\"], " + fields);
    EXPECT_EQ(problems_of(record, &open),
              "warning undefinedCode 500 $a: field 500 subfield $a must not be \"y\"; allowed: x\n"
              "warning undefinedCode 501 $a: field 501 subfield $a must not be \"y\"; allowed: x\n");
    // One problem for a value, however many codes it has.
    const std::string value(300'000, 'q');
    const std::string problems = bib("=041  0\\$ascrxxxscr" + value);
    EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 1) << problems.substr(0, 1'000);
    EXPECT_NE(problems.find("\"xxx\" is not in"), std::string::npos) << problems.substr(0, 1'000);
    struct sink_of_paths final : schema_problem_sink {
        std::string text;
        void put(const schema_problem& p) override { text += std::string(p.path) + ": " + std::string(p.message); }
    } sink;
    check_schema(R"({"fields": {"500": {"rules": [{"class": "codes", "subfields": "a", "codes": "m"}]}},
        "codelists": {"l": {"codes": {"x": "X"}}}})",
                 sink);
    EXPECT_EQ(sink.text, "fields/500/rules/codes: names a codelist that the schema does not have");
    EXPECT_THROW(avram_schema(R"({"fields": {"500": {"rules": [{"class": "codes", "codes": "l"}]}}})"), parse_error);
    EXPECT_THROW(avram_schema(R"({"fields": {"500": {"rules": [{"class": "codes", "subfields": "a"}]}}})"),
                 parse_error);
}

} // namespace
