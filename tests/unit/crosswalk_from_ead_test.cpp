// Finding aids, EAD 2002 and EAD3, to MARC 21.
#include "crosswalk_made_record.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace crosswalk_test;

namespace {

/// A finding aid of EAD 2002 with this in its did and this behind it.
std::string ead(std::string_view did, std::string_view behind = "") {
    return "<ead xmlns=\"urn:isbn:1-931666-22-9\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"><eadheader>"
           "<eadid countrycode=\"US\" mainagencycode=\"US-NNU-A\" url=\"http://example.org/fa\">mc20</eadid><filedesc>"
           "<titlestmt><titleproper>Guide to the Papers <num>MC 20</num></titleproper><author>A. Clerk</author>"
           "</titlestmt></filedesc><profiledesc><creation>By hand, <date>2012-02-09</date></creation><langusage>"
           "<language langcode=\"eng\"/></langusage><descrules>Describing Archives: A Content Standard</descrules>"
           "</profiledesc></eadheader><archdesc level=\"collection\"><did><unittitle>Papers</unittitle>" +
           std::string(did) + "</did>" + std::string(behind) + "</archdesc></ead>";
}
std::string of(std::string_view tags, std::string_view did, std::string_view behind = "") {
    const made_record r = make_record("from_ead", ead(did, behind));
    EXPECT_EQ(r.errors, std::vector<std::string>{}) << r.mrk;
    return fields(r, tags);
}

TEST(crosswalk_from_ead, a_small_finding_aid) {
    const made_record r = make_record("from_ead", ead("<unitid>MC 20</unitid>"));
    EXPECT_EQ(r.mrk, "=LDR  00000npcaa2200000\\u\\4500\n"
                     "=001  mc20\n"
                     "=003  NNU-A\n"
                     "=008  120209nuuuuuuuuxxu\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\|||\\d\n"
                     "=035  \\\\$a(NNU-A)mc20\n"
                     "=040  \\\\$aNNU-A$beng$cNNU-A$edacs\n"
                     "=099  \\\\$aMC 20\n"
                     "=245  00$aPapers\n"
                     "=555  0\\$aGuide to the Papers / A. Clerk$uhttp://example.org/fa\n"
                     "=856  42$3Finding aid$uhttp://example.org/fa\n");
    EXPECT_EQ(r.notes, std::vector<std::string>{});
    EXPECT_EQ(r.errors, std::vector<std::string>{});
}

TEST(crosswalk_from_ead, in_an_answer_of_oai_and_without_a_namespace) {
    const std::string wrapped =
        "<OAI-PMH><GetRecord><record><metadata>" + ead("") + "</metadata></record></GetRecord></OAI-PMH>";
    EXPECT_EQ(make_record("from_ead", wrapped).mrk, make_record("from_ead", ead("")).mrk);
    EXPECT_EQ(fields(make_record("from_ead", "<ead><archdesc><did><unittitle>T</unittitle></did></archdesc></ead>"),
                     "245 040"),
              "040 \\\\$edacs\n245 00$aT\n");
    const made_record none = make_record("from_ead", "<ead/>");
    EXPECT_EQ(none.errors, std::vector<std::string>{"error missingField 001: field 001 (Control Number) is missing"});
    EXPECT_EQ(none.notes, (std::vector<std::string>{"no date says when the finding aid was made: 008/00-05 is blank",
                                                    "no rules of description are named; 040 $e dacs",
                                                    "the finding aid has no title; 245 $a [Untitled]"}));
}

TEST(crosswalk_from_ead, creators) {
    EXPECT_EQ(of("100 110 245 700 710 720",
                 "<origination label=\"Source\"><persname>Giver, G.</persname></origination>"
                 "<origination><corpname role=\"cre\" source=\"lcnaf\" authfilenumber=\"n 79018834\">New York "
                 "University. Office"
                 " of the President</corpname></origination>"
                 "<origination><famname role=\"Donor (dnr)\">Clark family, 1850-1950</famname>"
                 "<persname authfilenumber=\"http://viaf.org/viaf/1\">Voorhis, Harold O. (Harold Oliver), Jr.,"
                 " 1896-</persname><name>Someone</name></origination><origination>A friend</origination>"),
              "110 2\\$aNew York University.$bOffice of the President,$ecreator$4cre$0(DLC)n79018834\n"
              "245 10$aPapers\n"
              "700 1\\$aGiver, G.,$eformer owner\n"
              "700 3\\$aClark family,$d1850-1950,$edonor$4dnr\n"
              "700 1\\$aVoorhis, Harold O.$q(Harold Oliver),$cJr.,$d1896-$ecreator$0http://viaf.org/viaf/1\n"
              "720 \\\\$aSomeone$ecreator\n"
              "720 \\\\$aA friend$ecreator\n");
    EXPECT_EQ(
        of("100 110", "<origination><corpname role=\"aut\">United States. Army. Signal Corps</corpname></origination>"),
        "110 1\\$aUnited States.$bArmy.$bSignal Corps,$eauthor$4aut\n");
    EXPECT_EQ(of("100 110", "<origination><persname normal=\"Madonna\">M. Ciccone</persname></origination>"),
              "100 0\\$aMadonna,$ecreator\n");
    EXPECT_EQ(of("100 110", "<origination><corpname>Smith Mfg. Co.</corpname></origination>"),
              "110 2\\$aSmith Mfg. Co.$ecreator\n");
}

TEST(crosswalk_from_ead, dates) {
    const auto dates = [](std::string_view did) {
        const std::string all = of("008 245", did);
        return all.substr(4 + 6, 9) + "|" + all.substr(all.find("245 ") + 6, std::string::npos);
    };
    EXPECT_EQ(dates("<unitdate type=\"inclusive\" normal=\"1851/1884\">1851-1884</unitdate>"
                    "<unitdate type=\"bulk\" normal=\"1860/1870\">bulk 1860-1870</unitdate>"),
              "i18511884|$aPapers,$f1851-1884,$gbulk 1860-1870\n");
    EXPECT_EQ(dates("<unitdate>circa 1893</unitdate>"), "i18931893|$aPapers,$fcirca 1893\n");
    EXPECT_EQ(dates("<unitdate type=\"bulk\" normal=\"1960/1970\">1960s</unitdate>"), "k19601970|$aPapers,$g1960s\n");
    EXPECT_EQ(dates("<unitdate>1900-1910</unitdate><unitdate>1950</unitdate>"),
              "i19001950|$aPapers,$f1900-1910, 1950\n");
    EXPECT_EQ(dates("<unitdate normal=\"1900-01-31/1901\"/>"), "i19001901|$aPapers,$f1900-01-31-1901\n");
    EXPECT_EQ(dates("<unitdate>undated, box 9582</unitdate>"), "nuuuuuuuu|$aPapers,$fundated, box 9582\n");
}

TEST(crosswalk_from_ead, extents) {
    EXPECT_EQ(
        of("300 500",
           "<physdesc altrender=\"whole\"><extent altrender=\"materialtype spaceoccupied\">2.5 linear feet</extent>"
           "<extent altrender=\"carrier\">5 boxes</extent><physfacet>on paper</physfacet>"
           "<dimensions>30 cm</dimensions></physdesc><physdesc>3 reels</physdesc><physdesc>Torn.</physdesc>"
           "<physdesc><dimensions>40 cm</dimensions></physdesc>"
           "<physdesc><extent unit=\"Cubic feet\">1</extent></physdesc>"),
        "300 \\\\$a2.5$flinear feet$a(5 boxes)$bon paper$c30 cm\n"
        "300 \\\\$a1$fcubic feet\n"
        "300 \\\\$a3$freels\n"
        "500 \\\\$aPhysical description: Torn.\n"
        "500 \\\\$aDimensions: 40 cm\n");
    EXPECT_EQ(of("300 500", "<physdesc>some folders</physdesc>"), "300 \\\\$asome folders\n");
}

TEST(crosswalk_from_ead, notes) {
    EXPECT_EQ(
        of("351 500 506 520 530 535 538 540 541 544 545 555 561 581 583 584",
           "<abstract>Short.</abstract><origination><persname>A, B</persname></origination>",
           "<bioghist><head>Biography</head><p>Born <emph>in</emph> 1900.</p><p>Died.</p></bioghist>"
           "<scopecontent><head>Scope</head><list><item>Letters</item><item>Diaries</item></list></scopecontent>"
           "<odd><head>Language:</head><p>Odd.</p></odd><odd><head>General</head><p>Plain.</p></odd>"
           "<acqinfo audience=\"internal\"><p>Bought.</p></acqinfo><descgrp><head>Admin</head><custodhist><p>Kept.</p>"
           "</custodhist><descgrp><accruals><p>None.</p></accruals></descgrp></descgrp>"
           "<bibliography><head>Works</head><bibref>One.</bibref><bibref><title>Two</title>.</bibref></bibliography>"
           "<separatedmaterial><p>Books.</p></separatedmaterial><relatedmaterial><p>Films.</p></relatedmaterial>"
           "<altformavail><p>Film.</p></altformavail><originalsloc><p>Rome.</p></originalsloc>"
           "<phystech><p>Reader.</p></phystech><accessrestrict><p>Open.</p></accessrestrict>"
           "<userestrict><p>Free<lb/>use.</p></userestrict><processinfo><p>Done.</p></processinfo>"
           "<appraisal><p>Weeded.</p></appraisal><otherfindaid><p>Cards.</p></otherfindaid>"
           "<arrangement encodinganalog=\"351$b\"><p>By date.</p></arrangement>"),
        "351 \\\\$bBy date.\n520 3\\$aShort.\n500 \\\\$aLanguage: Odd.\n500 \\\\$aPlain.\n506 \\\\$aOpen.\n"
        "520 2\\$aLetters; Diaries\n530 \\\\$aFilm.\n535 1\\$aRome.\n538 \\\\$aReader.\n540 \\\\$aFree use.\n"
        "541 0\\$aBought.\n544 0\\$nBooks.\n544 1\\$nFilms.\n545 0\\$aBorn in 1900. Died.\n555 0\\$aCards.\n"
        "581 \\\\$aOne.\n581 \\\\$aTwo.\n583 1\\$aDone.\n583 1\\$aWeeded.\n561 1\\$aKept.\n584 \\\\$aNone.\n"
        "555 0\\$aGuide to the Papers / A. Clerk$uhttp://example.org/fa\n");
}

TEST(crosswalk_from_ead, a_long_note_is_a_field_for_each_paragraph) {
    const std::string paragraph = "<p>" + std::string(6'000, 'x') + "</p>";
    const std::string all =
        of("520", "", "<scopecontent><head>Long</head>" + paragraph + paragraph + "</scopecontent>");
    const std::string field = "520 2\\$a" + std::string(6'000, 'x') + "\n";
    EXPECT_TRUE(all == field + field);
}

TEST(crosswalk_from_ead, access_points) {
    EXPECT_EQ(
        of("600 610 611 630 648 650 651 653 655 656 657 700 720", "",
           "<controlaccess><head>Terms</head><p>These.</p><controlaccess>"
           "<persname source=\"lcnaf\" role=\"subject\">Chaucer, Geoffrey, d. 1400--Correspondence</persname>"
           "<corpname source=\"naf\" encodinganalog=\"611\">Paris Peace Conference</corpname>"
           "<title source=\"local\">Beowulf</title></controlaccess>"
           "<subject source=\"lcsh\">Anti-Catholicism -- United States -- History -- 19th century.</subject>"
           "<subject source=\"mesh\">Lung</subject><subject>Trees</subject><subject source=\"fast\">Water</subject>"
           "<geogname source=\"lcsh\">New York (State) |z New York.</geogname>"
           "<genreform source=\"Art &amp; Architecture Thesaurus\">maps</genreform>"
           "<occupation source=\"lcsh\">Bakers</occupation><function>Voting</function><name>Rex</name>"
           "<persname encodinganalog=\"700\" role=\"col\">Doe, Ann</persname></controlaccess>"),
        "600 10$aChaucer, Geoffrey,$dd. 1400$vCorrespondence\n"
        "611 20$aParis Peace Conference\n"
        "630 07$aBeowulf$2local\n"
        "650 \\0$aAnti-Catholicism$zUnited States$xHistory$y19th century.\n"
        "650 \\2$aLung\n650 \\4$aTrees\n650 \\7$aWater$2fast\n"
        "651 \\0$aNew York (State)$zNew York.\n"
        "655 \\7$amaps$2aat\n656 \\7$aBakers$2lcsh\n657 \\7$aVoting$2local\n653 \\\\$aRex\n"
        "700 1\\$aDoe, Ann,$ecollector$4col\n");
}

TEST(crosswalk_from_ead, languages_repository_and_links) {
    EXPECT_EQ(of("008 041 546 852 856",
                 "<langmaterial>In <language langcode=\"ger\">German</language> and <language langcode=\"eng\">English"
                 "</language>.</langmaterial><repository><corpname>Library <subarea>Archives</subarea></corpname>"
                 "<address><addressline>1 Street</addressline><addressline>Town</addressline></address></repository>"
                 "<dao xlink:href=\"http://example.org/1\" xlink:title=\"Scans\"/>"),
              "008 120209nuuuuuuuuxxu\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\ger\\d\n"
              "041 \\\\$ager$aeng\n546 \\\\$aIn German and English.\n"
              "852 \\\\$aLibrary$bArchives$e1 Street, Town\n"
              "856 42$3Finding aid$uhttp://example.org/fa\n856 41$3Scans$uhttp://example.org/1\n");
}

TEST(crosswalk_from_ead, components_are_counted) {
    const std::string document =
        ead("", "<dsc><c01 level=\"series\"><did><unittitle>S</unittitle></did><c02><did><unittitle>F"
                "</unittitle></did></c02></c01></dsc>");
    const made_record r = make_record("from_ead", document);
    EXPECT_EQ(r.notes, std::vector<std::string>{"components of the finding aid that are not in the record: 2"});
    EXPECT_EQ(r.mrk, make_record("from_ead", ead("")).mrk);
}

TEST(crosswalk_from_ead, ead3) {
    const made_record r = make_record(
        "from_ead",
        "<ead xmlns=\"http://ead3.archivists.org/schema/\"><control countryencoding=\"iso3166-1\"><recordid"
        " instanceurl=\"https://example.org/ead3\">x1</recordid><otherrecordid>(OCoLC)5</"
        "otherrecordid><filedesc><titlestmt>"
        "<titleproper>Guide</titleproper></titlestmt></filedesc><maintenanceagency countrycode=\"GB\"><agencycode>GB-1"
        "</agencycode></maintenanceagency><conventiondeclaration><abbreviation>RDA</abbreviation><citation/>"
        "</conventiondeclaration><maintenancehistory><maintenanceevent><eventdatetime>2015-03-04</eventdatetime>"
        "</maintenanceevent></maintenancehistory></control><archdesc "
        "level=\"collection\"><did><unittitle>Letters</unittitle>"
        "<unitdatestructured unitdatetype=\"inclusive\"><daterange><fromdate standarddate=\"1900-05\">May "
        "1900</fromdate>"
        "<todate standarddate=\"1910\">1910</todate></daterange></unitdatestructured>"
        "<unitdatestructured unitdatetype=\"bulk\"><datesingle>1905</datesingle></unitdatestructured>"
        "<origination><persname relator=\"aut\" source=\"viaf\" identifier=\"12\"><part>Doe, Jane</part>"
        "<part>1870-1920</part></persname></origination><physdescstructured coverage=\"whole\""
        " physdescstructuredtype=\"spaceoccupied\"><quantity>3</quantity><unittype>boxes</unittype></"
        "physdescstructured>"
        "<langmaterial><languageset><language langcode=\"lat\">Latin</language><script "
        "scriptcode=\"Latn\">Latin</script>"
        "</languageset></langmaterial><didnote>A note.</didnote></did><legalstatus><p>Public.</p></legalstatus>"
        "<controlaccess><subject source=\"lcsh\"><part>Farms</part><part>Pictorial "
        "works</part></subject></controlaccess>"
        "</archdesc></ead>");
    EXPECT_EQ(r.mrk, "=LDR  00000npcaa2200000\\u\\4500\n"
                     "=001  x1\n=003  GB-1\n"
                     "=008  150304i19001910xxk\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\lat\\d\n"
                     "=035  \\\\$a(GB-1)x1\n=035  \\\\$a(OCoLC)5\n=040  \\\\$aGB-1$cGB-1$erda\n"
                     "=100  1\\$aDoe, Jane,$d1870-1920,$eauthor$4aut$0(viaf)12\n"
                     "=245  10$aLetters,$fMay 1900-1910,$g1905\n"
                     "=300  \\\\$a3$fboxes\n"
                     "=546  \\\\$aLatin; Latin$bLatin\n=500  \\\\$aA note.\n=506  \\\\$aPublic.\n"
                     "=555  0\\$aGuide$uhttps://example.org/ead3\n"
                     "=650  \\0$aFarms$vPictorial works\n"
                     "=856  42$3Finding aid$uhttps://example.org/ead3\n");
    EXPECT_EQ(r.errors, std::vector<std::string>{});
    EXPECT_EQ(r.notes, std::vector<std::string>{});
}

TEST(crosswalk_from_ead, shared_finding_aids) {
    const auto data = marc_test::shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    std::size_t count = 0;
    for (const char* folder : {"aspace", "aspace-oai"}) {
        for (const auto& entry : std::filesystem::directory_iterator(*data / "ils" / folder)) {
            const std::string name = entry.path().filename().string();
            if (folder == std::string_view("aspace-oai") && name.find("_ead") == std::string::npos) {
                continue;
            }
            const std::string document = marc_test::read_file(entry.path());
            const made_record r = make_record("from_ead", document);
            EXPECT_EQ(r.errors, std::vector<std::string>{}) << name << "\n" << r.mrk;
            for (const std::string& note : r.notes) { // nothing that does not fit MARC
                EXPECT_TRUE(note.starts_with("components of") || note.starts_with("no rules of") ||
                            note.starts_with("rules of description") || note.starts_with("no date says"))
                    << name << ": " << note;
            }
            for (const std::string& text :
                 unmapped("from_ead", document)) { // notes and access points are in the record
                const std::string_view path = std::string_view(text).substr(0, text.find('='));
                EXPECT_TRUE(!path.starts_with("/ead/archdesc/") || path.starts_with("/ead/archdesc/dsc") ||
                            path.starts_with("/ead/archdesc/did/unit") || path.ends_with("/head") ||
                            path.starts_with("/ead/archdesc/index") || path.ends_with("/controlaccess/p") ||
                            path.starts_with("/ead/archdesc/runner"))
                    << name << ": " << text;
            }
            ++count;
        }
    }
    EXPECT_EQ(count, 12U);
}

} // namespace
