// Validation of MARC records: each rule, the built-in schemas, check digits, and the GPO records.
#include "marc/avram.hpp"
#include "marc/error.hpp"
#include "marc/identifier.hpp"
#include "marc/validate.hpp"
#include "marc_validate_support.hpp"

#include <gtest/gtest.h>
#include <map>

using namespace marc;
using namespace marc_test;

namespace {

TEST(marc_validate, a_sound_record_has_no_problem) {
    EXPECT_EQ(bib("=020  \\\\$a0152038655 (pbk.) :$c{dollar}15.95\n=022  0\\$a0378-5955\n=650  \\0$aOne$xTwo\n=949  "
                  "99$9local"),
              "");
    EXPECT_EQ(problems_of("=LDR  00000nz  a2200000n  4500\n=001  1\n=008  141201|| anznnbabn          |a ana     c\n"
                          "=155  \\\\$aIllustrated works\n=455  \\\\$aPictorial works"),
              "");
    EXPECT_EQ(problems_of("=LDR  00000cy  a22000003n 4500\n=001  1\n=004  2\n=008  0101014p    8   4001uueng0000000\n"
                          "=852  0\\$aDLC$hQA76\n=853  20$81$av.$b(year)\n=863  40$81.1$a1-$b1990-"),
              "");
}

TEST(marc_validate, fields_and_subfields) {
    EXPECT_EQ(bib("=246  30$aX$q1\n=002  x"),
              "error undefinedSubfield 246 $q: field 246 has no subfield $q (Varying Form of Title)\n"
              "error undefinedField 002: field 002 is not defined\n");
    EXPECT_EQ(bib("=245  10$aAgain"),
              "error nonrepeatableField 245#2: field 245 (Title Statement) must not be repeated\n");
    EXPECT_EQ(bib("=100  1\\$aA$aB"), "error nonrepeatableSubfield 100 $a: field 100 subfield $a (Personal name) must "
                                      "not be repeated\n");
    EXPECT_EQ(bib("=350  \\\\$a$5"), "warning deprecatedField 350: field 350 (Price) is obsolete\n");
    EXPECT_EQ(bib("=856  40$uhttp://x$kpw"),
              "warning deprecatedSubfield 856 $k: field 856 subfield $k (Password) is obsolete\n");
    EXPECT_EQ(problems_of("=LDR  00000nam a2200000 a 4500\n=500  \\\\$aNote"),
              "error missingField 001: field 001 (Control Number) is missing\n"
              "error missingField 008: field 008 (Fixed-Length Data Elements-General Information) is missing\n"
              "error missingField 245: field 245 (Title Statement) is missing\n");
    EXPECT_EQ(bib("=500  \\\\before$aafter"),
              "error misplacedContent 500: field 500: text before the first subfield: \"before\"\n");
}

TEST(marc_validate, indicators) {
    EXPECT_EQ(bib("=100  4\\$aA"),
              "error invalidIndicator 100 ind1: field 100 indicator 1 (Type of personal name entry "
              "element) must not be \"4\"; allowed: 0, 1, 3\n");
    EXPECT_EQ(bib("=500  1\\$aA"),
              "error invalidIndicator 500 ind1: field 500 indicator 1 (Undefined) must not be \"1\"; allowed: blank\n");
    EXPECT_EQ(bib("=100  2\\$aA"),
              "warning deprecatedCode 100 ind1: field 100 indicator 1 (Type of personal name entry "
              "element): code \"2\" is obsolete; allowed: 0, 1, 3\n");
    EXPECT_EQ(bib("=650  \\9$aA"), "");
    EXPECT_EQ(bib("=650  \\9$aA$9b\n=590  \\\\$aLocal", R"({"localField": true})"),
              "info localField 650 $9: field 650 subfield $9 is for local use\n"
              "info localField 650 ind2: field 650 indicator 2 has the local value 9\n"
              "info localField 590: field 590 is for local use\n");
}

TEST(marc_validate, fixed_fields) {
    const auto with = [](std::string_view leader, std::string_view eight) {
        return problems_of("=LDR  " + std::string(leader) + "\n=001  1\n=008  " + std::string(eight) + "\n=245  00$aT");
    };
    EXPECT_EQ(with("00000nam a2200000 a 4500", "920219s1993    caua   j      000 0 eng "),
              "error invalidLength 008: field 008 has 39 characters; 40 are required\n");
    EXPECT_EQ(with("00000nam a2200000 a 4500", "920219s1993    caua   j      000 0 eng   "),
              "error invalidLength 008: field 008 has 41 characters; 40 are required\n");
    EXPECT_EQ(with("00000xam a2200000 a 4500", "920219s1993    caua   j      000 0 eng  "),
              "error undefinedCode LDR /05: field LDR position 05 (Record status) must not be \"x\"; allowed: a, c, d, "
              "n, p\n");
    EXPECT_EQ(
        with("00000nam a1200000 a 45e0", "920219s1993    caua   j      000 0 eng  "),
        "warning undefinedCode LDR /10: field LDR position 10 (Indicator count) must not be \"1\"; allowed: 2\n"
        "warning undefinedCode LDR /22: field LDR position 22 (Length of the implementation-defined portion) must "
        "not be \"e\"; allowed: 0\n");
    // The same 008 is that of a book, and not of a serial or a map.
    EXPECT_EQ(with("00000nam a2200000 a 4500", "920219s1993    caua   j      000 0aeng  "), "");
    EXPECT_NE(with("00000nas a2200000 a 4500", "920219c1993    caua   j      000 0aeng  ").find("/19"),
              std::string::npos);
    EXPECT_NE(
        with("00000nam a2200000 a 4500", "920219s1993    caun   j      000 0 eng  ").find("invalidFlag 008 /18-21"),
        std::string::npos);
    EXPECT_NE(
        with("00000nam a2200000 a 4500", "92O219s1993    caua   j      000 0 eng  ").find("patternMismatch 008 /00-05"),
        std::string::npos);
    EXPECT_EQ(bib("=006  m     o  d        \n=007  cr |||||||||||\n=007  ta"), "");
    EXPECT_EQ(bib("=007  cr"),
              "error invalidLength 007: field 007 has 2 characters; 6 or 14 are required (Electronic Resource)\n");
    EXPECT_EQ(bib("=007  tz\n=007  tx"), "error undefinedCode 007#2 /01: field 007 position 01 (Specific material "
                                         "designation) must not be \"x\"; allowed: a, b, c, d, u, z, |\n");
    EXPECT_EQ(bib("=005  20200101"), "error patternMismatch 005: field 005 (Date and Time of Latest Transaction): "
                                     "\"20200101\" does not match ^[0-9]{14}\\.[0-9]$\n");
}

TEST(marc_validate, standard_numbers) {
    EXPECT_EQ(bib("=020  \\\\$a0152038654$z0152038654"),
              "error invalidISBN 020 $a: field 020 subfield $a: \"0152038654\" is no valid ISBN: the check digit is "
              "wrong\n");
    EXPECT_NE(bib("=020  \\\\$apbk.").find("must have 10 characters or 13 digits"), std::string::npos);
    EXPECT_EQ(bib("=022  \\\\$a0378-5954$y0378-5954"),
              "error invalidISSN 022 $a: field 022 subfield $a: \"0378-5954\" is no valid ISSN: the check digit is "
              "wrong\n");
    EXPECT_EQ(
        bib("=010  \\\\$a920052911111"),
        "warning invalidLCCN 010 $a: field 010 subfield $a: \"920052911111\" is no valid LCCN: it must have up to "
        "three letters and eight digits, or up to two letters and ten digits\n");
    EXPECT_EQ(bib("=024  2\\$aM230671187\n=024  3\\$a4006381333931\n=024  1\\$a036000291452\n=024  0\\$aUSRC17607839"),
              "");
    EXPECT_EQ(
        bib("=024  3\\$a4006381333930"),
        "warning invalidStandardNumber 024 $a: field 024 subfield $a: \"4006381333930\" is no valid EAN: the check "
        "digit is wrong\n");
}

TEST(marc_validate, check_digits) {
    for (const char* const good : {"0152038655", "0-15-203865-5", "080442957X", "080442957x", "9780152038656",
                                   "978-0-15-203865-6 (pbk.)", " 0152038655 :", "9791034304233"}) {
        EXPECT_EQ(check_isbn(good), number_check::good) << good;
    }
    EXPECT_EQ(check_isbn("0152038656"), number_check::wrong_check_digit);
    EXPECT_EQ(check_isbn("9780152038657"), number_check::wrong_check_digit);
    EXPECT_EQ(check_isbn("4006381333931"), number_check::wrong_prefix);
    for (const char* const bad : {"", "X", "01520386X5", "978015203865X", "01520386555", "abcdefghij", "-", "(pbk.)",
                                  "97801520386569780152038656"}) {
        EXPECT_EQ(check_isbn(bad), number_check::wrong_length) << bad;
    }
    EXPECT_EQ(check_issn("0378-5955"), number_check::good);
    EXPECT_EQ(check_issn("2434561X"), number_check::good);
    EXPECT_EQ(check_issn("0378-5956"), number_check::wrong_check_digit);
    EXPECT_EQ(check_issn("0378-595"), number_check::wrong_length);
    EXPECT_EQ(check_ismn("979-0-2306-7118-7"), number_check::good);
    EXPECT_EQ(check_ismn("M-2306-7118-7"), number_check::good);
    EXPECT_EQ(check_ismn("M-2306-7118-8"), number_check::wrong_check_digit);
    EXPECT_EQ(check_ismn("9780152038656"), number_check::wrong_prefix);
    EXPECT_EQ(check_upc("036000291453"), number_check::wrong_check_digit);
    EXPECT_EQ(check_isrc("US-RC1-76-07839"), number_check::good);
    EXPECT_EQ(check_isrc("1SRC17607839"), number_check::wrong_length);
    for (const char* const good : {"   92005291 ", "92005291", "  2001627090", "agr25000003", "sn 79000241 ",
                                   "n  79022889", "   67029856 /AC/r86", "no2018136217"}) {
        EXPECT_EQ(check_lccn(good), number_check::good) << good;
    }
    for (const char* const bad : {"", "9200529", "920052911", "abcd92005291", "92005291x", "92-5291"}) {
        EXPECT_EQ(check_lccn(bad), number_check::wrong_length) << bad;
    }
}

TEST(marc_validate, characters_that_are_not_filed) {
    const auto title = [](std::string_view field) {
        return problems_of(head + "=245  " + std::string(field), nullptr, R"({"undefinedCode": false})");
    };
    EXPECT_EQ(title("14$aThe cat"), "");
    EXPECT_EQ(title("12$aA cat"), "");
    EXPECT_EQ(title("11$a\"Cat\""), "");
    EXPECT_EQ(title("12$aL'été"), "");
    EXPECT_EQ(
        title("10$aThe cat"),
        "info nonfilingCharacters 245 ind2 $a: field 245 indicator 2 says that 0 characters are skipped in filing, "
        "but \"The cat\" seems to begin with the article \"The\": then it is 4\n");
    EXPECT_EQ(
        title("13$aThe cat"),
        "info nonfilingCharacters 245 ind2 $a: field 245 indicator 2 says that 3 characters are skipped in filing, "
        "but \"The cat\" has a letter or digit just before the first that files\n");
    EXPECT_NE(title("19$aCat").find("is not longer than that"), std::string::npos);
}

TEST(marc_validate, linked_fields) {
    EXPECT_EQ(bib("=100  1\\$6880-01$aA\n=880  1\\$6100-01/$1$aB\n=880  00$6245-00/(2/r$aC"), "");
    EXPECT_EQ(
        bib("=100  1\\$6880-01$aA\n=880  0x$6246-02$aB"),
        "error invalidIndicator 880 ind2: field 880 indicator 2 (Type of title) must not be \"x\"; allowed: blank, "
        "0, 1, 2, 3, 4, 5, 6, 7, 8\n"
        "warning unlinkedField 100 $6: field 100 subfield $6: \"880-01\" names a field that the record does not "
        "have\n"
        "warning unlinkedField 880 $6: field 880 subfield $6: \"246-02\" names a field that the record does not "
        "have\n");
    EXPECT_EQ(
        bib("=880  1\\$aB\n=700  1\\$6xyz$aA"),
        "warning invalidLinkage 880 $6: field 880 has no $6 that names the field which it stands for\n"
        "warning invalidLinkage 700 $6: field 700 subfield $6: \"xyz\" is no linkage: it must be 880, a hyphen and "
        "two digits\n");
    // An 880 has the subfields of the field that it stands for.
    EXPECT_EQ(bib("=100  1\\$6880-01$aA\n=880  1\\$6100-01$aA$aB$z1"),
              "error nonrepeatableSubfield 880 $a: field 880 subfield $a (Personal name) must not be repeated\n"
              "error undefinedSubfield 880 $z: field 880 has no subfield $z (Alternate Graphic Representation)\n");
}

TEST(marc_validate, formats) {
    EXPECT_EQ(problems_of("=LDR  00000nw  a2200000n  4500\n=001  1"), "none");
    EXPECT_EQ(problems_of("=LDR  00000nam  2200000   450 \n=001  1\n=200  1\\$aTitre"), "none"); // UNIMARC
    const stored_record r = from_mrk("=LDR  00000nq  a2200000n  4500\n=001  1");
    const validation_options options;
    std::pmr::string message;
    write_message(unknown_format_of(r.view(), options), nullptr, message);
    EXPECT_EQ(message, "no schema for MARC 21 community information is built in: the record was not validated");
}

TEST(marc_validate, options_and_own_schemas) {
    EXPECT_EQ(bib("=002  x\n=100  4\\$aA", R"({"undefinedField": false, "invalidIndicator": "info"})").substr(0, 26),
              "info invalidIndicator 100 ");
    EXPECT_EQ(bib("=002  x", R"({"invalidRecord": false})"), "");
    for (const char* const bad :
         {"[]", "{", R"({"undefinedFeild": true})", R"({"undefinedField": 1})", R"({"undefinedField": "fatal"})"}) {
        EXPECT_THROW(validation_options::parse(bad), parse_error) << bad;
    }
    const avram_schema own(R"s({"family": "marc", "rules": ["http://example.org/rule"], "fields": {
        "245": {"subfields": {"a": {"required": true, "pattern": "^[A-Z]"}, "c": {}}},
        "952": {"repeatable": true, "subfields": {"b": {"codes": "branches", "required": true}, "p": {"pattern": "(?=x)"}, "x": {"codes": "none"}}},
        "001": {"pattern": "^ocm[0-9]{8}$", "required": true}},
        "codelists": {"branches": {"codes": {"CPL": "Centerville", "OLD": {"label": "Old", "deprecated": true}}}}})s");
    EXPECT_EQ(
        problems_of("=LDR  00000nam a2200000 a 4500\n=001  1\n=245  99$atitle$hX\n=952  \\\\$bMPL$p3\n=952  \\\\$bOLD\n"
                    "=952  \\\\$xY\n=099  \\\\$ax\n=650  \\0$aX",
                    &own, R"({"externalRule": true, "undefinedCodelist": true})"),
        "error patternMismatch 001: field 001: \"1\" does not match ^ocm[0-9]{8}$\n"
        "error patternMismatch 245 $a: field 245 subfield $a: \"title\" does not match ^[A-Z]\n"
        "error undefinedSubfield 245 $h: field 245 has no subfield $h\n"
        "error undefinedCode 952 $b: field 952 subfield $b must not be \"MPL\"; allowed: CPL\n"
        "warning uncheckedPattern 952 $p: field 952 subfield $p: the value was not compared with (?=x), which uses "
        "a kind of regular expression that is not supported\n"
        "warning deprecatedCode 952#2 $b: field 952 subfield $b: code \"OLD\" is obsolete; allowed: CPL\n"
        "warning undefinedCodelist 952#3 $x: field 952 subfield $x: the codelist none is not in the schema\n"
        "error missingSubfield 952#3 $b: field 952 subfield $b is missing\n"
        "error undefinedField 650: field 650 is not defined\n"
        "warning externalRule : record: the rule http://example.org/rule is not known here and was not checked\n");
}

TEST(marc_validate, values_of_any_length) {
    const avram_schema own(R"s({"fields": {"500": {"subfields": {"a": {"pattern": "^(a|b)*c{100}$"}}}}})s");
    const std::string record = "=LDR  00000nam a2200000 a 4500\n=500  \\\\$a" + std::string(3'000'000, 'a');
    EXPECT_NE(problems_of(record, &own).find("uncheckedPattern 500 $a"), std::string::npos);
    EXPECT_NE(problems_of(record, &own).find("it is too long"), std::string::npos);
}

TEST(marc_validate, positions_of_a_long_value_in_any_order) {
    std::string schema = R"({"fields": {"500": {"subfields": {"a": {"positions": {)";
    for (int i = 299'999; i >= 0; i -= 300) {
        schema += "\"" + std::to_string(i) + "\": {\"codes\": {\"\xC3\xA9\": {}}},";
    }
    schema += R"("000070": {"codes": {"x": {}}}, "300000": {"codes": {"x": {}}}}}}}}})";
    const avram_schema own(schema);
    std::string record = "=LDR  00000nam a2200000 a 4500\n=500  \\\\$a";
    for (int i = 0; i < 300'000; ++i) {
        record += "\xC3\xA9";
    }
    const std::string found = problems_of(record, &own);
    EXPECT_EQ(std::count(found.begin(), found.end(), '\n'), 2) << found.substr(0, 1'000);
}

TEST(marc_validate, built_in_schemas_are_sound) {
    struct sink_of_paths final : schema_problem_sink {
        std::string text;
        void put(const schema_problem& p) override {
            text += std::string(p.is_error ? "error " : "warning ") + std::string(p.path) + ": " +
                    std::string(p.message) + "\n";
        }
    };
    for (const builtin_schema& schema : builtin_schemas()) {
        sink_of_paths sink;
        check_schema(schema.json, sink);
        EXPECT_EQ(sink.text, "") << schema.name;
    }
    EXPECT_EQ(builtin(0).field_count(), 294U);
    sink_of_paths sink;
    check_schema(R"s({"url": "x", "count": 1, "family": "marc", "codelists": {"l": {"codes": {"x": {"code": "y"}}}},
        "rules": ["missingField"], "fields": {
        "1": {}, "100": {"occurrence": "01", "pattern": "[", "indicator1": {}},
        "245": {"tag": "246", "subfields": {"ab": {"code": "a"}, "x": {"codes": "nowhere", "pattern": "(?=a)"}}, "codes": {}},
        "300": {"positions": {"00-02": {"start": 1, "codes": {"ab": {}}}, "02": {}, "5-3": {}, "06-07": {"flags": {"abc": {}}}}},
        "400": {"repeatable": "yes", "indicator1": {"codes": {"xy": {}}}, "subfields": {}}}})s",
                 sink);
    EXPECT_EQ(sink.text,
              "warning count: is no key of the specification\n"
              "error url: must start with http:// or https://\n"
              "error rules: must not have the name of a validation rule\n"
              "error codelists/l/codes/x: has the key code with another value\n"
              "error fields/1: must be three digits or LDR\n"
              "error fields/100/occurrence: is not allowed in this family of formats\n"
              "error fields/100/indicator1: is not allowed in this family of formats\n"
              "error fields/100/pattern: is no regular expression\n"
              "error fields/245: does not agree with its keys tag, occurrence and counter\n"
              "error fields/245/codes: is not allowed in a field with subfields\n"
              "error fields/245/subfields/ab: a subfield code must be one character\n"
              "error fields/245/subfields/ab: has the key code with another value\n"
              "warning fields/245/subfields/x/pattern: uses look-around, a back-reference, \\p, or very many "
              "repetitions: values are not compared with it\n"
              "warning fields/245/subfields/x/codes: names a codelist that the schema does not have\n"
              "error fields/300/positions/00-02/start: does not agree with the range\n"
              "error fields/300/positions/00-02/codes/ab: must have as many characters as the positions\n"
              "error fields/300/positions/06-07/flags/abc: must have a length that divides the positions\n"
              "error fields/300/positions/5-3: must not end before it starts\n"
              "error fields/300/positions/02: overlaps with position 00-02\n"
              "error fields/400/repeatable: must be true or false\n"
              "error fields/400/indicator1/codes/xy: must have as many characters as the positions\n");
}

struct count_by_rule final : problem_sink {
    std::map<std::string, int> counts;
    bool put(const problem& p) override {
        ++counts[std::string(name_of(p.level)) + " " + std::string(name_of(p.what))];
        return true;
    }
};

// The numbers are those of 20,000 real records; the commonest were looked at one by one and are true: OCLC's encoding
// levels (leader/17 I, K, M), 45e0 in the leader, blanks at the end of 006 cut off, 007 of two characters. Of the
// unknown codes all 19 are true: 16 in 043 (too short or long, such as n-usc---, or another number), niu in 008 twice,
// "b n" in 337.
TEST(marc_validate, gpo_records) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    const std::string file = read_gzip(*data / "marc/gpo/gpo-20000-utf8.mrc.gz");
    iso2709_splitter splitter(as_bytes(file));
    iso2709_piece piece;
    builder b;
    count_by_rule sink;
    const validation_options options;
    std::size_t none = 0;
    std::size_t number = 0;
    while (splitter.next(piece)) {
        if (number++ % one_in() != 0) {
            continue;
        }
        read_iso2709(piece.bytes, b);
        const stored_record r = b.finish();
        const std::optional<std::size_t> index = builtin_schema_for(r.view());
        none += index ? 0U : 1U;
        if (index) {
            validate(r.view(), builtin(*index), options, sink);
        }
    }
    EXPECT_EQ(none, 0U);
    if (one_in() != 1) { // what is found in all of them is counted without sanitizers
        return;
    }
    const std::map<std::string, int> expected{
        {"error invalidFlag", 2},
        {"error invalidISBN", 2},
        {"error invalidISSN", 3},
        {"error invalidIndicator", 84},
        {"error invalidLength", 1'086},
        {"error missingField", 477},
        {"error nonrepeatableSubfield", 63},
        {"error patternMismatch", 93},
        {"error undefinedCode", 767},
        {"error undefinedField", 158},
        {"error undefinedSubfield", 43},
        {"info nonfilingCharacters", 15},
        {"warning deprecatedCode", 6'275},
        {"warning deprecatedSubfield", 2},
        {"warning invalidFlag", 86},
        {"warning invalidLCCN", 1},
        {"warning undefinedCode", 1'300},
    };
    EXPECT_EQ(sink.counts, expected);
}

} // namespace
