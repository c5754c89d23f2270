#include "marc/fold.hpp"
#include "marc/fulltext.hpp"
#include "marc/identifier.hpp"
#include "marc/match_key.hpp"
#include "marc/naco.hpp"
#include "marc/title.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>

using namespace marc;
using namespace marc_test;

namespace {

std::pmr::memory_resource* const memory = std::pmr::get_default_resource();

std::string join(const std::pmr::vector<identifier>& numbers) {
    std::string all;
    for (const identifier& number : numbers) {
        all += (all.empty() ? "" : " ") + std::string(number.text());
    }
    return all;
}

TEST(marc_identifier, isbn_forms) {
    for (const char* text : {"0306406152",
                             "0306406152-",
                             "0306406152-(pbk.)",
                             "0306406152--pbk",
                             "0-306-40615-2",
                             "0 306 40615 2",
                             "0306406152 (pbk.) :",
                             "0306406152 : $12.00",
                             "9780306406157",
                             "978-0-306-40615-7",
                             "978 0 306 40615 7",
                             "ISBN 0-306-40615-2",
                             "isbn:9780306406157",
                             "ISBN-13: 978-0-306-40615-7",
                             "ISBN-10 0306406152",
                             "urn:isbn:9780306406157",
                             " 0306406152",
                             "(0306406152)",
                             "9780306406157(hbk)",
                             "978\xE2\x80\x91"
                             "0\xE2\x80\x93"
                             "306\xE2\x80\x93"
                             "40615\xE2\x80\x93"
                             "7",
                             "306406152",
                             "SBN 306-40615-2",
                             "0306406152.",
                             "[0306406152]",
                             "0-306-40615-2 : $12.00",
                             "ISBN 978 0 306 40615 7",
                             "0306406152 -- v. 1",
                             "0306406152pbk",
                             "306-40615-2 (pbk.)",
                             "306406152 : $4.50",
                             "(pbk.) 0-306-40615-2",
                             "(pbk.) 978-0-306-40615-7",
                             "(pbk. : v. 2) ISBN 0306406152 :"}) {
        EXPECT_EQ(isbn13(text).text(), "9780306406157") << text;
    }
    EXPECT_EQ(isbn13("080442957X").text(), "9780804429573");
    EXPECT_EQ(isbn13("0-8044-2957-x (v. 1)").text(), "9780804429573");
    EXPECT_EQ(isbn13("9791090636071").text(), "9791090636071");
    for (const char* text : {"",
                             "0306406153",
                             "9780306406158",
                             "030640615",
                             "03064061522",
                             "97803064061577",
                             "1234567890123",
                             "9770317847001",
                             "(pbk.)",
                             "$12.00",
                             "x",
                             "03064061x2",
                             "-",
                             "ISBN",
                             "pbk 0306406152",
                             "978030640615",
                             "9780306406157x",
                             "9790260000438",
                             "979-0-2600-0043-8",
                             "0000000000",
                             "000000000",
                             "9780000000002",
                             "978-0-000003-00-0", // nine or ten digits of a number are not the number
                             "0-306-40615-2-9",
                             "9780306406157-1",
                             "978030640615 7 1",
                             "0306406152 1990",
                             "030640615X-2",
                             "080442957X 2",
                             "123456789 pages", // SBNs were nine digits; so are other things
                             "306406152 pbk.",
                             "9780306406 157 0",
                             "(pbk. 0306406152",
                             "(pbk.) (alk.)"}) {
        EXPECT_EQ(isbn13(text).text(), "") << text;
    }
}

TEST(marc_identifier, issn_forms) {
    for (const char* text : {"0317-8471", "03178471", "0317 8471", "ISSN 0317-8471", "0317-8471 (online)",
                             "0317-8471 =", "issn:0317-8471", "urn:issn:0317-8471", "ISSN-L 0317-8471",
                             "0317\xE2\x80\x93"
                             "8471",
                             "(online) 0317-8471"}) {
        EXPECT_EQ(issn(text).text(), "0317-8471") << text;
    }
    EXPECT_EQ(issn("1050-124x").text(), "1050-124X");
    for (const char* text : {"", "0317-8472", "0317-847", "0317-84711", "1234-5679-1", "0317-8471 2",
                             "abcd-efgh", "031X-8471", "0000-0000"}) {
        EXPECT_EQ(issn(text).text(), "") << text;
    }
}

// The examples of https://www.loc.gov/marc/lccn-namespace.html and of RFC-like use of info:lccn.
TEST(marc_identifier, lccn_forms) {
    const std::pair<const char*, const char*> cases[] = {{"n78-890351", "n78890351"},
                                                         {"n78-89035", "n78089035"},
                                                         {"n 78890351 ", "n78890351"},
                                                         {" 85000002 ", "85000002"},
                                                         {"85-2 ", "85000002"},
                                                         {"2001-000002", "2001000002"},
                                                         {"75-425165//r75", "75425165"},
                                                         {" 79139101 /AC/r932", "79139101"},
                                                         {"agr25000003", "agr25000003"},
                                                         {"agr 25-3", "agr25000003"},
                                                         {"   88600281 //r89", "88600281"},
                                                         {"  2023234068", "2023234068"},
                                                         {"N  79021164", "n79021164"},
                                                         {"sn 85000678", "sn85000678"},
                                                         {"", ""},
                                                         {"85", ""},
                                                         {"abcd85000002", ""},
                                                         {"abc2001000002", ""},
                                                         {"85-1234567", ""},
                                                         {"85-", ""},
                                                         {"85000002x", ""},
                                                         {"-", ""},
                                                         {"--1", ""},
                                                         {"n-1", ""},
                                                         {"123456789012345678901234567890", ""}};
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(lccn(text).text(), expected) << text;
    }
}

TEST(marc_identifier, oclc_forms) {
    for (const char* text : {"12345", "ocm00012345", "ocn012345", "on12345", "(OCoLC)12345", "(OCoLC)ocm00012345 ",
                             "(ocolc) 12345", " ocm00012345 ", "(OCoLC)12345 (alt)", "OCLC 12345", "OCLC: 12345",
                             "oclc#12345", "ocm 00012345", "OCLC ocm00012345", "(OCoLC) OCLC 12345"}) {
        EXPECT_EQ(oclc_number(text).text(), "12345") << text;
    }
    EXPECT_EQ(oclc_number("12345 ").text(), "12345");
    EXPECT_EQ(marked_oclc_number("12345").text(), "");
    EXPECT_EQ(marked_oclc_number("(OCoLC)12345").text(), "12345");
    EXPECT_EQ(marked_oclc_number("OCLC 12345").text(), "12345");
    for (const char* text : {"", "(OCoLC)", "(DLC)12345", "(OCoLC)fst00848973", "0", "ocm", "12-345", "123456789012345",
                             "once", "on 12345", "OCLC", "OCLCx12345", "2024 title", "12345 (alt)"}) {
        EXPECT_EQ(oclc_number(text).text(), "") << text;
    }
}

TEST(marc_identifier, of_records) {
    const stored_record r =
        from_mrk("=LDR  00000nam a2200000 a 4500\n=001  ocm00000005\n=003  OCoLC\n=010  \\\\$a  85000002 /AC\n"
                 "=020  \\\\$a0306406152 (pbk.)\n=020  \\\\$a9780306406157\n=020  \\\\$z080442957X\n=020  \\\\$abad\n"
                 "=022  \\\\$a0317-8471$y1050-124X\n=035  \\\\$a(OCoLC)5\n=035  \\\\$a(OCoLC)7$z(OCoLC)8\n"
                 "=035  \\\\$a99");
    EXPECT_EQ(join(isbns(r.view(), memory)), "9780306406157");
    EXPECT_EQ(join(issns(r.view(), memory)), "0317-8471");
    EXPECT_EQ(lccn_of(r.view()).text(), "85000002");
    EXPECT_EQ(join(oclc_numbers(r.view(), memory)), "5 7");
    EXPECT_EQ(join(oclc_numbers(from_mrk("=LDR  00000nam\n=001  12\n=003  DLC").view(), memory)), "");
    EXPECT_EQ(join(oclc_numbers(from_mrk("=LDR  00000nam\n=001  12\n=003  OCoLC").view(), memory)), "12");
}

// The records of the shared UNIMARC data, shortened.
constexpr std::string_view italian =
    "=LDR  00000nam0 2200000 i 4500\n=010  \\\\$a88-04-40682-8\n=100  \\\\$a19961119d1996    ||||0itac50      ba\n"
    "=101  \\\\$aita\n=200  1\\$a\xC2\x88L'\xC2\x89"
    "altra faccia della spirale$fIsaac Asimov\n"
    "=205  \\\\$a2. ed\n=210  \\\\$aMilano$cA. Mondadori$d1996\n=215  \\\\$aV, 201 p.$d20 cm.\n"
    "=700  \\1$aAsimov$b, Isaac$4070\n=702  \\1$aFruttero$b, Carlo";
constexpr std::string_view french =
    "=LDR  00000cam0a2200000   4500\n=010  \\\\$a2-07-010796-5$bbrel.\n=011  \\\\$a0317-8471\n"
    "=035  \\\\$a(OCoLC)489103868\n=100  \\\\$a19750228d1974    m  y0frey50      ba\n=101  0\\$afre\n"
    "=106  \\\\$ar\n=200  1\\$aZoologie$hIV$iT\xC3\xA9trapodes\n=214  \\0$a[Paris]$cGallimard$dDL 1974\n"
    "=215  \\\\$a1 vol. (XVI-1637 p.)\n=606  \\\\$3027238466$aMammif\xC3\xA8res$3027232050$xDictionnaires$2rameau\n"
    "=607  \\\\$aFrance$z1900-1945\n=702  \\1$3027158241$aT\xC3\xA9try$bAndr\xC3\xA9"
    "e$f1907-1992$4340\n"
    "=712  02$aUniversit\xC3\xA9$cParis$bFacult\xC3\xA9$4070";

TEST(marc_title, of_unimarc_records) {
    const stored_record i = from_mrk(italian);
    const stored_record f = from_mrk(french);
    EXPECT_EQ(join(isbns(i.view(), memory)), "9788804406822");
    EXPECT_EQ(join(isbns(f.view(), memory)), "9782070107964");
    EXPECT_EQ(join(issns(f.view(), memory)), "0317-8471");
    EXPECT_EQ(join(oclc_numbers(f.view(), memory)), "489103868");
    EXPECT_EQ(lccn_of(f.view()).text(), ""); // 010 is the ISBN
    EXPECT_EQ(title(i.view(), memory), "L'altra faccia della spirale");
    EXPECT_EQ(sort_title(i.view(), memory), "altra faccia della spirale");
    EXPECT_EQ(author(i.view(), memory), "Asimov, Isaac");
    EXPECT_EQ(author(f.view(), memory), "T\xC3\xA9try, Andr\xC3\xA9"
                                        "e");
    EXPECT_EQ(publication_year(f.view()), 1974);
    EXPECT_EQ(publication_year(from_mrk("=LDR  00000nam\n=200  1\\$aT\n=214  \\0$dDL 1974").view()), 1974);
    EXPECT_EQ(match_key(i.view(), memory), "1|amp|altrafacciadellaspirale|asimovis|1996|201|amon|2|");
    EXPECT_EQ(match_key(f.view(), memory), "1|amp|zoologieivtetrapodes|tetryand|1974|1637|gall||");
    // The same book in MARC 21.
    EXPECT_EQ(match_key(from_mrk("=LDR  00000nam a2200000 a 4500\n=008  961119s1996    it            000 1 ita d\n"
                                 "=100  1\\$aAsimov, Isaac.\n=245  12$aL'altra faccia della spirale /$cAsimov.\n"
                                 "=250  \\\\$aSecond edition.\n=260  \\\\$bA. Mondadori,$c1996.\n=300  \\\\$av, 201 p.")
                            .view(),
                        memory),
              match_key(i.view(), memory));
}

std::string keys_of(std::string_view mrk) {
    std::string all;
    for (const std::pmr::string& key : heading_keys(from_mrk(mrk).view(), memory)) {
        all += (all.empty() ? "" : " ; ") + std::string(key);
    }
    return all;
}

TEST(marc_naco, heading_keys_of_unimarc) {
    EXPECT_EQ(keys_of(italian), "00$aasimov, isaac ; 00$afruttero, carlo");
    EXPECT_EQ(keys_of(french), "50$amammiferes$xdictionnaires ; 50$amammiferes ; 51$afrance$y1900 1945 ; "
                               "51$afrance ; 00$atetry, andree$d1907 1992 ; 10$auniversite paris$bfaculte");
    const auto key_of = [](std::string_view mrk) { return std::string(heading_key(from_mrk(mrk).view(), memory)); };
    EXPECT_EQ(key_of("=LDR  00000nx  a2200000   45  \n=100  \\\\$a19800101afrey50      ba0\n"
                     "=200  \\1$90y$aT\xC3\xA9try$bAndr\xC3\xA9"
                     "e$f1907-1992\n=400  \\1$aX"),
              "00$atetry, andree$d1907 1992");
    // Without a field 200 nothing but the leader tells UNIMARC.
    EXPECT_EQ(key_of("=LDR  00000nx  b2200000   45  \n=100  \\\\$a19800101afrey50\n=210  02$aUNESCO$bSecretariat"),
              "10$aunesco$bsecretariat");
    EXPECT_EQ(
        key_of("=LDR  00000nx  j2200000   45  \n=100  \\\\$a19800101afrey50\n=250  \\\\$aZoologie$zXIXe si\xC3\xA8"
               "cle"),
        "50$azoologie$yxixe siecle");
}

TEST(marc_title, of_a_record) {
    const auto sorted = [](std::string_view field) {
        return std::string(
            sort_title(from_mrk("=LDR  00000nam a2200000 a 4500\n" + std::string(field)).view(), memory));
    };
    EXPECT_EQ(sorted("=245  14$aThe Hobbit :$bor there /$cTolkien"), "hobbit or there");
    EXPECT_EQ(sorted("=245  12$aL'\xC3\xA9t\xC3\xA9"), "ete");
    EXPECT_EQ(sorted("=245  12$aL'e\xCC\x81te\xCC\x81"), "ete");
    EXPECT_EQ(sorted("=245  14$aDer \xC3\x96l"), sorted("=245  14$aDer O\xCC\x88l"));
    EXPECT_EQ(sorted("=245  19$aShort"), "short"); // counts too far: all of it
    EXPECT_EQ(sorted("=245  1\\$aThe blank"), "the blank");
    EXPECT_EQ(sorted("=245  10$a\xC2\x98The \xC2\x9CHague"), "hague");
    EXPECT_EQ(sorted("=245  15$aThe Hobbit"), "the hobbit"); // counts into a word
    EXPECT_EQ(sorted("=245  10$aOne \xC2\x98"
                     "A open"),
              "one a open");
    EXPECT_EQ(sorted("=245  10$a\xC2\x98"
                     "All\xC2\x9C"),
              "all");
    EXPECT_EQ(title(from_mrk("=LDR  00000nam\n=008  x\n=245  10$a\xC2\x98The \xC2\x9CHague\xC2\xA9").view(), memory),
              "The Hague\xC2\xA9");
    EXPECT_EQ(sorted("=500  \\\\$aNone"), "");
    const stored_record r =
        from_mrk("=LDR  00000nas a2200000 a 4500\n=008  891101c19909999mau           000 0 fre d\n=245  10$aTitle "
                 ":$brest /$cby.\n"
                 "=260  \\\\$aX :$bY,$c1985-\n=710  2\\$aBody.$bUnit,$eissuer\n=700  1\\$aPerson, A.,$d1900-$eauthor.");
    EXPECT_EQ(title(r.view(), memory), "Title : rest");
    EXPECT_EQ(author(r.view(), memory), "Body. Unit");
    EXPECT_EQ(publication_year(r.view()), 1990);
    EXPECT_EQ(language(r.view()), "fre");
    EXPECT_EQ(kind(r.view()), "serial");
    const auto year = [](std::string_view fields) {
        return publication_year(from_mrk("=LDR  00000nam a2200000 a 4500\n" + std::string(fields)).view());
    };
    EXPECT_EQ(year("=008  891101s19uu    mau\n=260  \\\\$c[1995?]"), 1995);
    EXPECT_EQ(year("=264  \\4$cc1999\n=264  \\1$c2001"), 2001);
    EXPECT_EQ(year("=260  \\\\$cMay 12345, MDCC"), 0);
    EXPECT_EQ(year("=008  891101s9999    mau"), 0);
    const stored_record unimarc =
        from_mrk("=LDR  00000nam0 2200000   450 \n=100  \\\\$a19990101d1987    m  y0frey\n=101  0\\$afre\n"
                 "=200  1\\$aLe titre$esuite$fAuteur\n=700  \\1$aNom$bPr\xC3\xA9nom");
    EXPECT_EQ(title(unimarc.view(), memory), "Le titre suite");
    EXPECT_EQ(publication_year(unimarc.view()), 1987);
    EXPECT_EQ(language(unimarc.view()), "fre");
    EXPECT_EQ(author(unimarc.view(), memory), "Nom, Pr\xC3\xA9nom");
}

TEST(marc_match_key, is_robust_and_distinguishes) {
    const auto key = [](std::string_view fields, std::string_view leader = "00000nam a2200000 a 4500") {
        return std::string(
            match_key(from_mrk("=LDR  " + std::string(leader) + "\n" + std::string(fields)).view(), memory));
    };
    const std::string one = key("=008  891101s1990    mau           000 0 eng d\n=100  1\\$aM\xC3\xBCller, Hans.\n=245 "
                                " 14$aThe title :$brest /$cby.\n"
                                "=250  \\\\$a2nd ed.\n=260  \\\\$bPress,$c1990.\n=300  \\\\$axii, 345 p. ;");
    EXPECT_EQ(one, "1|amp|titlerest|mullerha|1990|345|pres|2|");
    EXPECT_EQ(
        key("=100  1\\$aMu\xCC\x88ller, Hans,$d1950-\n=245  10$aThe TITLE$brest\n=250  \\\\$aSecond edition (2nd).\n"
            "=264  \\1$bPress Ltd.,$c[1990]\n=300  \\\\$a345 pages"),
        one);
    const auto edition = [&](std::string_view text) {
        const std::string all = key("=100  1\\$aN\n=245  10$aT\n=250  \\\\$a" + std::string(text));
        return all.substr(std::string_view("1|amp|t|n||||").size());
    };
    for (const char* text : {"2nd ed.", "Second edition.", "2. Aufl.", "[2nd] revised ed., 2005", "The second ed.",
                             "2e \xC3\xA9"
                             "d."}) {
        EXPECT_EQ(edition(text), "2|") << text;
    }
    EXPECT_EQ(edition("Twentieth ed."), "20|");
    EXPECT_EQ(edition("Twenty-first ed."), "21|");
    EXPECT_EQ(edition("Revised."), "rev|");
    EXPECT_EQ(edition(std::string(1000, '7')), "77777777|");
    const auto name = [&](std::string_view title, std::string_view language = "eng") {
        const std::string all = key("=008  891101s1990    mau           000 0 " + std::string(language) + " d\n=245  " +
                                    std::string(title));
        return all.substr(6, all.find('|', 6) - 6);
    };
    for (const char* title : {"10$aThe war & the peace", "14$aThe war and the peace", "10$aWar und the peace",
                              "13$aThe war et the peace", "10$a\xC2\x98The \xC2\x9CWar & the peace"}) {
        EXPECT_EQ(name(title), "war&thepeace") << title;
    }
    EXPECT_EQ(name("10$aDer Krieg", "ger"), "krieg");
    EXPECT_EQ(name("10$aDer Krieg"), "derkrieg");
    EXPECT_EQ(name("10$aL'\xC3\xA9t\xC3\xA9", "fre"), "ete");
    const auto form = [&](std::string_view fields) {
        return key("=100  1\\$aN\n=245  10$aT\n" + std::string(fields)).substr(4, 1);
    };
    EXPECT_EQ(form("=300  \\\\$a1 online resource (345 pages)"), "e");
    EXPECT_EQ(form("=300  \\\\$a3 microfiches"), "m");
    EXPECT_EQ(form("=300  \\\\$a345 pages\n=338  \\\\$aonline resource$bcr$2rdacarrier"), "e");
    EXPECT_EQ(form("=338  \\\\$aonline resource"), "e");
    EXPECT_EQ(form("=337  \\\\$aMikroform$bh"), "m");
    EXPECT_EQ(form("=006  m\\\\\\\\o\\\\d\\\\\\\\\\\\\\"), "e");
    EXPECT_EQ(form("=006  a\\\\\\\\\\s\\\\\\"), "e");
    EXPECT_EQ(form("=007  co\n=300  \\\\$a345 pages\n=338  \\\\$avolume$bnc"), "p"); // a disc in a book
    EXPECT_EQ(form("=300  \\\\$a345 pages"), "p");
    EXPECT_EQ(key("=007  cr\n=100  1\\$aN\n=245  10$aT\n=300  \\\\$a1 online resource"), "1|ame|t|n|||||");
    EXPECT_EQ(key("=245  10$aT$h[microform]\n=086  0\\$aY 1.1/8:117-152\n=260  \\\\$c1990"),
              "1|amm|t||1990||||y118117152");
    EXPECT_NE(key("=245  10$aT$nPart 1\n=260  \\\\$c1990"), key("=245  10$aT$nPart 2\n=260  \\\\$c1990"));
    const std::string lengthy(200, 'x');
    EXPECT_NE(key("=100  1\\$aN\n=245  10$a" + lengthy), key("=100  1\\$aN\n=245  10$a" + lengthy + "x"));
    EXPECT_EQ(key("=245  10$aTitle alone\n=300  \\\\$a345 p."), "");
    EXPECT_EQ(key("=500  \\\\$aNo title"), "");
    EXPECT_EQ(key("=245  10$aT", "00000nz  a2200000 a 4500"), "");
}

TEST(marc_naco, heading_keys) {
    const stored_record authority =
        from_mrk("=LDR  00000nz  a2200000n  4500\n=100  1\\$aTwain, Mark,$d1835-1910$eauthor$0x\n=400  1\\$aClemens");
    EXPECT_EQ(heading_key(authority.view(), memory), "00$atwain, mark$d1835 1910");
    const stored_record bib =
        from_mrk("=LDR  00000nam\n=100  1\\$aTWAIN, Mark,$d1835-1910,$eauthor.\n=245  10$aX\n=600  10$aTwain, "
                 "Mark,$d1835-1910.\n"
                 "=650  \\0$aDogs$xHistory.$2fast\n=490  0\\$aSeries\n=711  2\\$aMeeting$eUnit$jrelator");
    const auto keys = heading_keys(bib.view(), memory);
    ASSERT_EQ(keys.size(), 4U);
    EXPECT_EQ(keys[0], "00$atwain, mark$d1835 1910");
    EXPECT_EQ(keys[1], "50$adogs$xhistory");
    EXPECT_EQ(keys[2], "50$adogs");
    EXPECT_EQ(keys[3], "11$ameeting$eunit");
    EXPECT_EQ(heading_key(bib.view(), memory), keys[0]);
}

TEST(marc_naco, a_series_has_the_key_of_its_authority) {
    const std::string authority(
        heading_key(from_mrk("=LDR  00000nz  a2200000n  4500\n=130  \\0$aNASA technical memorandum").view(), memory));
    EXPECT_EQ(authority, "30$anasa technical memorandum");
    const auto key = [](std::string_view field) {
        return keys_of("=LDR  00000nam a2200000 a 4500\n" + std::string(field));
    };
    EXPECT_EQ(key("=830  \\0$aNASA technical memorandum ;$v107402."), authority);
    EXPECT_EQ(key("=830  \\0$aNASA technical memorandum ;$x0499-9320 ;$v107402$wocm1$3v. 1"), authority);
    EXPECT_EQ(key("=440  \\0$aNASA technical memorandum,$x0499-9320 ;$v107402"), authority);
    EXPECT_EQ(key("=730  02$aNASA technical memorandum.$x0499-9320"), authority);
    EXPECT_EQ(key("=490  1\\$aNASA technical memorandum ;$v107402"), ""); // 830 is its heading
    EXPECT_EQ(key("=810  1\\$aUnited States.$bCongress.$tHouse document ;$vno. 5"),
              "10$aunited states$bcongress$thouse document");
    EXPECT_EQ(key("=410  1\\$aUnited States.$bCongress.$tHouse document ;$vno. 5"),
              "10$aunited states$bcongress$thouse document");
    EXPECT_EQ(key("=800  1\\$aName, A.$tSeries ;$v1\n=800  1\\$aName, A.$tSeries ;$v2"), "00$aname, a$tseries");
    EXPECT_EQ(key("=700  1\\$aName, A.$tSong,$x1234-5679"), "00$aname, a$tsong");
    EXPECT_EQ(key("=830  \\0$v1"), "");
}

TEST(marc_naco, a_subdivided_heading_has_the_key_of_its_base_too) {
    const auto key = [](std::string_view field, std::string_view leader = "00000nam a2200000 a 4500") {
        return keys_of("=LDR  " + std::string(leader) + "\n" + std::string(field));
    };
    EXPECT_EQ(key("=651  \\0$aUnited States$xHistory."), "51$aunited states$xhistory ; 51$aunited states");
    EXPECT_EQ(key("=651  \\0$aUnited States$xHistory.\n=651  \\0$aUnited States$xEconomics$y1900-\n"
                  "=651  \\0$aUnited States\n=651  \\0$aUnited States$xHistory"),
              "51$aunited states$xhistory ; 51$aunited states ; 51$aunited states$xeconomics$y1900");
    EXPECT_EQ(key("=650  \\0$aDogs$zFrance$vFiction."), "50$adogs$zfrance$vfiction ; 50$adogs");
    EXPECT_EQ(key("=600  10$aName, A.$d1900-$tSong$xHistory"),
              "00$aname, a$d1900$tsong$xhistory ; 00$aname, a$d1900$tsong");
    EXPECT_EQ(key("=650  \\0$xHistory"), "50$xhistory");
    EXPECT_EQ(key("=655  \\7$aMaps.$2lcgft"), "55$amaps");
    // An authority record stands for the heading that it has, no other.
    constexpr std::string_view authority = "00000nz  a2200000n  4500";
    EXPECT_EQ(key("=151  \\\\$aUnited States$xHistory\n=451  \\\\$aUSA", authority), "51$aunited states$xhistory");
    EXPECT_EQ(key("=150  \\\\$aDogs$vFiction\n=440  \\\\$aX", authority), "50$adogs$vfiction");
    // The same in UNIMARC.
    EXPECT_EQ(key("=200  1\\$aT\n=606  \\\\$aDogs$xHistory$yFrance", "00000nam0 2200000   450 "),
              "50$adogs$xhistory$zfrance ; 50$adogs");
}

TEST(marc_fulltext, weights) {
    const stored_record r =
        from_mrk("=LDR  00000nam\n=020  \\\\$a123\n=100  1\\$aName$0ctl\n=245  10$aTitle$h[gmd]$cresp\n=336  "
                 "\\\\$atext\n=490  0\\$aSeries$x1\n"
                 "=650  \\0$aSubject\n=856  40$uhttp$3Table$zNote\n=880  10$6245-01$aOther\n=900  \\\\$alocal");
    std::array<std::pmr::string, 4> weights;
    collect_fulltext(r.view(), weights);
    EXPECT_EQ(weights[0], "Title\nOther\n");
    EXPECT_EQ(weights[1], "Name\nresp\n");
    EXPECT_EQ(weights[2], "Subject\n");
    EXPECT_EQ(weights[3], "123\nSeries\n1\nTable\nNote\n");
}

TEST(marc_match_key, on_the_gpo_records) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data";
    }
    const std::string file = read_gzip(*data / "marc/gpo/gpo-20000-utf8.mrc.gz");
    iso2709_splitter splitter(as_bytes(file));
    iso2709_piece piece;
    std::map<std::string, std::set<std::string>> numbers_of_key;
    std::map<std::string, std::set<std::string>> keys_of_number;
    std::size_t records = 0;
    builder b;
    for (std::size_t i = 0; splitter.next(piece); ++i) {
        if (i % one_in() != 0) {
            continue;
        }
        read_iso2709(piece.bytes, b);
        const stored_record r = b.finish();
        const std::string key(match_key(r.view(), memory));
        EXPECT_EQ(key, std::string(match_key(from_mrk(to_mrk(r.view())).view(), memory))); // whatever the form
        const std::string number(control_number(r.view()));
        if (!key.empty() && !number.empty()) {
            numbers_of_key[key].insert(number);
            keys_of_number[number].insert(key);
        }
        ++records;
    }
    const auto shared =
        std::count_if(numbers_of_key.begin(), numbers_of_key.end(), [](const auto& k) { return k.second.size() > 1; });
    const auto changed =
        std::count_if(keys_of_number.begin(), keys_of_number.end(), [](const auto& n) { return n.second.size() > 1; });
    std::printf("%zu records, %zu keys; %td keys stand for more than one control number; %td control numbers of %zu "
                "have more than one key\n",
                records, numbers_of_key.size(), shared, changed, keys_of_number.size());
    EXPECT_LT(shared, static_cast<std::ptrdiff_t>(records / 100));
    EXPECT_LT(changed, static_cast<std::ptrdiff_t>(keys_of_number.size() / 50));
}

} // namespace
