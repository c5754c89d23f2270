// Headings as rows, and how they name authority records.
#include "marc/heading.hpp"
#include "marc/naco.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

std::string join(const std::pmr::vector<std::string_view>& texts) {
    std::string all;
    for (const std::string_view text : texts) {
        all.append(all.empty() ? "" : " ").append(text);
    }
    return all;
}

/// tag|kind|role|relation|text|scheme|control numbers|URIs|$9|alternate of each, a line each.
std::string headings(const char* record) {
    const stored_record r = from_mrk(record);
    heading_reader reader(r.view(), std::pmr::get_default_resource());
    heading h(std::pmr::get_default_resource());
    std::string all;
    while (reader.next(h)) {
        all.append(h.tag).append("|").append(h.kind).append("|").append(h.role).append("|").append(h.relation);
        all.append("|").append(h.text).append("|").append(h.scheme).append("|").append(join(h.control_numbers));
        all.append("|")
            .append(join(h.uris))
            .append("|")
            .append(h.local_id)
            .append("|")
            .append(h.alternate)
            .append("\n");
    }
    return all;
}

std::string keys(const char* record) {
    const stored_record r = from_mrk(record);
    heading_reader reader(r.view(), std::pmr::get_default_resource());
    heading h(std::pmr::get_default_resource());
    std::string all;
    while (reader.next(h)) {
        all.append(h.key).append("\n");
    }
    return all;
}

std::string listed(const std::pmr::vector<std::pmr::string>& texts) {
    std::string all;
    for (const auto& text : texts) {
        all.append(all.empty() ? "" : " ").append(text);
    }
    return all;
}

std::string references(const char* record) {
    return listed(authority_references(from_mrk(record).view(), std::pmr::get_default_resource()));
}

std::string numbers(const char* record) {
    return listed(authority_numbers(from_mrk(record).view(), std::pmr::get_default_resource()));
}

TEST(marc_heading, bibliographic) {
    EXPECT_EQ(
        headings(
            "=LDR  00000nam a2200000 a 4500\n=008  x\n=100  1\\$aTwain, Mark,$d1835-1910,$eauthor.$4aut$0(DLC)n "
            "79021164\n"
            "=240  10$aNovels.$kSelections\n=245  10$aTitle\n=490  1\\$aSeries ;$v3\n"
            "=650  \\0$aDogs$xTraining$zUnited States.$0http://id.loc.gov/authorities/subjects/sh1$1http://x/1$917\n"
            "=700  12$iContainer of (work):$aPoe, Edgar Allan,$d1809-1849.$tRaven.\n"
            "=776  08$aTwain$0(DLC)x\n=830  \\0$aSeries ;$v3.\n"),
        "100|personal name|name||Twain, Mark, 1835-1910||(DLC)n 79021164|||\n"
        "240|uniform title|title||Novels. Selections|||||\n"
        "650|topical|subject||Dogs--Training--United States|lcsh||http://id.loc.gov/authorities/subjects/sh1 "
        "http://x/1|17|\n"
        "700|personal name|title||Poe, Edgar Allan, 1809-1849. Raven|||||\n"
        "830|uniform title|series||Series|||||\n");
}

TEST(marc_heading, schemes_of_subjects) {
    std::string all;
    for (const char indicator : {'0', '1', '2', '3', '4', '5', '6', '7', '8', '\\'}) {
        all += headings(("=LDR  00000nam a2200000 a 4500\n=650  \\" + std::string(1, indicator) + "$aA$2fast").c_str());
    }
    std::string schemes;
    for (std::size_t at = 0; (at = all.find("|A|", at)) != std::string::npos; at += 3) {
        schemes += all.substr(at + 3, all.find('|', at + 3) - at - 3) + " ";
    }
    EXPECT_EQ(schemes, "lcsh lcshac mesh nal  cash rvm fast  fast ");
}

TEST(marc_heading, every_term_of_653_and_levels_of_places) {
    EXPECT_EQ(
        headings("=LDR  00000nam a2200000 a 4500\n=653  0\\$aCats.$aDogs$a\n=662  \\\\$aCanada$bOntario$dOttawa$2tgn\n"
                 "=690  \\7$aTop$xSub$2local\n=752  \\\\$aFrance$dParis\n=655  \\7$aFiction.$2lcgft\n=653  \\\\$b0"),
        "653|uncontrolled|subject||Cats|||||\n653|uncontrolled|subject||Dogs|||||\n"
        "662|hierarchical place|subject||Canada--Ontario--Ottawa|tgn||||\n690|local|subject||Top--Sub|local||||\n"
        "752|hierarchical place|place||France--Paris|||||\n655|genre|genre||Fiction|lcgft||||\n");
}

TEST(marc_heading, full_stops) {
    EXPECT_EQ(
        headings("=LDR  00000nam a2200000 a 4500\n=610  10$aUnited States.$bDept. of State.\n=600  10$aSmith, J.\n"
                 "=650  \\0$aDogs.$vFiction.\n=651  \\0$aWashington (D.C.)\n=700  1\\$aMunro, Alice,$eeditor."),
        "610|corporate name|subject||United States. Dept. of State|lcsh||||\n600|personal name|subject||Smith, "
        "J.|lcsh||||\n"
        "650|topical|subject||Dogs--Fiction|lcsh||||\n651|geographic|subject||Washington (D.C.)|lcsh||||\n"
        "700|personal name|name||Munro, Alice|||||\n");
}

TEST(marc_heading, other_scripts) {
    EXPECT_EQ(headings("=LDR  00000nam a2200000 a 4500\n=008  x\n=245  10$6880-01$aT\n=700  1\\$6880-02$aTolstoi, L.\n"
                       "=880  10$6245-01$aX\n=880  1\\$6700-02/(N$aТолстой, Л.\n=880  \\0$6650-00/(N$aСобаки$xИстория"),
              "700|personal name|name||Tolstoi, L.|||||Толстой, Л.\n650|topical|subject||Собаки--История|lcsh||||\n");
}

TEST(marc_heading, authority_record) {
    EXPECT_EQ(headings("=LDR  00000nz  a2200000n  4500\n=001  sh1\n=008  860211i| anannbabn          |a ana      \n"
                       "=150  \\\\$aDogs\n=450  \\\\$aDog\n=450  \\\\$wnne$aDogges\n=550  \\\\$wg$aPets$0(DLC)sh2\n"
                       "=551  \\\\$iPlace:$aX\n=750  \\2$aDogs$0(DNLM)D004285\n=781  \\0$zX\n=680  \\\\$iNote"),
              "150|topical|heading||Dogs|lcsh||||\n450|topical|see from||Dog|lcsh||||\n"
              "450|topical|see from||Dogges|lcsh||||\n550|topical|see also|broader|Pets|lcsh|(DLC)sh2|||\n"
              "551|geographic|see also|Place|X|lcsh||||\n750|topical|equivalent||Dogs|mesh|(DNLM)D004285|||\n"
              "781|geographic subdivision|equivalent||--X|lcsh||||\n");
}

TEST(marc_heading, unimarc) {
    EXPECT_EQ(
        headings("=LDR  00000nam  2200000   450 \n=200  1\\$aTitre\n=606  \\\\$3027$aChiens$xDressage$yFrance$2rameau\n"
                 "=700  \\1$3028$aHugo$bVictor$f1802-1885$4070\n=610  0\\$aLibre\n=500  10$aMisérables"),
        "606|topical|subject||Chiens--Dressage--France|rameau|027|||\n"
        "700|personal name|name||Hugo, Victor, 1802-1885||028|||\n500|uniform title|title||Misérables|||||\n");
    EXPECT_EQ(
        headings(
            "=LDR  00000nx  a2200000   45  \n=001  1\n=200  \\1$aHugo$bVictor\n=400  \\1$aUgo$bV.\n=500  \\1$aB$bC"),
        "200|personal name|heading||Hugo, Victor|||||\n400|personal name|see from||Ugo, V.|||||\n"
        "500|personal name|see also||B, C|||||\n");
}

TEST(marc_heading, keys_are_those_of_authority_records) {
    EXPECT_EQ(keys("=LDR  00000nam a2200000 a 4500\n=100  1\\$aTwain, Mark,$d1835-1910,$eauthor\n=240  10$aNovels\n"
                   "=440  \\0$aSeries ;$v3\n=650  \\0$aDogs$xTraining\n=653  \\\\$aX"),
              "00$atwain, mark$d1835 1910\n\n30$aseries\n50$adogs$xtraining\n\n");
    EXPECT_EQ(keys("=LDR  00000nz  a2200000n  4500\n=150  \\\\$aDogs$xTraining\n=450  \\\\$aDog training"),
              "50$adogs$xtraining\n50$adog training\n");
    // The same as the list of all keys says.
    const char* all =
        "=LDR  00000nam a2200000 a 4500\n=110  2\\$aA\n=611  20$aB$eC$jrel\n=651  \\0$aD\n=830  \\0$aE$x1234$v1";
    std::string expected;
    for (const auto& key : heading_keys(from_mrk(all).view(), std::pmr::get_default_resource())) {
        expected.append(key).append("\n");
    }
    EXPECT_EQ(keys(all), expected);
}

TEST(marc_heading, keys_of_written_headings) {
    const auto key = [](std::string_view text) {
        std::pmr::string out;
        append_subject_key(text, out);
        return std::string(out);
    };
    EXPECT_EQ(key("Dogs--Training--United States."), "dogs--training--united states");
    EXPECT_EQ(key("Dogs -- Training"), "dogs--training");
    EXPECT_EQ(key("Twain, Mark, 1835-1910--Critique"), "twain, mark 1835 1910--critique");
    EXPECT_EQ(key("--A----B--"), "a--b");
    EXPECT_EQ(key("Café"), key("cafe"));
    EXPECT_EQ(key(""), "");
}

TEST(marc_heading, references_have_one_form) {
    EXPECT_EQ(
        references("=LDR  00000nam a2200000 a 4500\n=100  1\\$aA$0(DLC)n  79021164$917\n"
                   "=650  \\7$aB$2fast$0(OCoLC)fst00801397$1https://id.worldcat.org/fast/801397/\n"
                   "=650  \\0$aC$0(CONS)4711\n=651  \\0$aD$0(uri)http://id.loc.gov/authorities/subjects/sh85038796\n"
                   "=852  \\\\$99\n=776  \\\\$0(DLC)no$93\n=952  \\\\$95\n=700  1\\$0"),
        "(cons)4711 (dlc)n79021164 (dlc)sh85038796 (ocolc)fst00801397 0:4711 9:17");
    const std::string endless = "=LDR  00000nam a2200000 a 4500\n=650  \\0$aA$0" + std::string(201, 'x');
    EXPECT_EQ(references(endless.c_str()), "");
    EXPECT_EQ(references("=LDR  00000nam  2200000   450 \n=200  1\\$aT\n=606  \\\\$3027253139$aC"), "027253139");
}

TEST(marc_heading, authority_records_answer_to_their_numbers) {
    EXPECT_EQ(numbers("=LDR  00000nz  a2200000n  4500\n=001  4711\n=003  CONS\n=010  \\\\$ash 85038796\n=024  "
                      "7\\$ahttp://viaf.org/viaf/5$2uri\n"
                      "=035  \\\\$a(DLC)sh 85038796\n=150  \\\\$aDogs"),
              "(cons)4711 (dlc)sh85038796 (viaf)5 4711");
    EXPECT_EQ(numbers("=LDR  00000nz  a2200000n  4500\n=001  fst00801397\n=003  OCoLC"),
              "(ocolc)fst00801397 fst00801397");
    EXPECT_EQ(numbers("=LDR  00000nz  a2200000n  4500\n=150  \\\\$aDogs"), "");
}

TEST(marc_heading, ten_thousand_subjects_and_damage) {
    std::string record = "=LDR  00000nam a2200000 a 4500\n";
    for (int i = 0; i < 10'000; ++i) {
        record += "=650  \\0$aTerm " + std::to_string(i) + "$xPart$0(X)" + std::to_string(i) + "\n";
    }
    const stored_record r = from_mrk(record);
    heading_reader reader(r.view(), std::pmr::get_default_resource());
    heading h(std::pmr::get_default_resource());
    int found = 0;
    while (reader.next(h)) {
        ++found;
    }
    EXPECT_EQ(found, 10'000);
    EXPECT_EQ(
        headings("=LDR  00000nam a2200000 a 4500\n=650  \\0\n=880  \\0$6\n=880  \\0$aX\n=653  \\\\\n=700  1\\$e$4$0"),
        "");
}

} // namespace
