// The formats that come with the library: what their rules make of small records.
#include "crosswalk/convert.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace crosswalk;
using marc_test::from_mrk;

namespace {

std::string convert(std::string_view format, std::string_view record) {
    const rule_text text{format, find_shipped(format).value()};
    const rule_set set({&text, 1});
    converter c(set);
    std::pmr::string out;
    c.convert(from_mrk(record).view(), out);
    return std::string(out);
}

/// The document has each of these texts.
void expect_parts(const std::string& document, const std::vector<std::string_view>& parts) {
    for (const std::string_view part : parts) {
        EXPECT_NE(document.find(part), std::string::npos) << part << "\nis not in\n" << document;
    }
}
void expect_none(const std::string& document, const std::vector<std::string_view>& parts) {
    for (const std::string_view part : parts) {
        EXPECT_EQ(document.find(part), std::string::npos) << part << "\nis in\n" << document;
    }
}

constexpr std::string_view book =
    "=LDR  00714cam a2200205 i 4500\n"
    "=001  12883376\n"
    "=003  DLC\n"
    "=005  20030616111422.0\n"
    "=008  030616t20022001dcua   j      000 0 eng  \n"
    "=010  \\\\$a   2002022641\n"
    "=020  \\\\$a9780306406157 (pbk.) :$c{dollar}12\n"
    "=020  \\\\$z0306406153\n"
    "=035  \\\\$a(OCoLC)ocm00012345\n"
    "=041  1\\$aeng$hfre\n"
    "=050  00$aPZ3.S655$bCat 2002\n"
    "=082  00$a813/.54$221\n"
    "=100  1\\$6880-01$aSmith, J.,$cJr.,$d1950-2001,$eauthor.$4aut$0http://id.loc.gov/n1\n"
    "=245  14$aThe cat & the dog :$ba story /$cby J. Smith.\n"
    "=246  3\\$aCat and the dog\n"
    "=250  \\\\$aSecond edition.\n"
    "=264  \\1$aNew York :$bPen & Ink,$c2002.\n"
    "=264  \\4$c\xC2\xA9"
    "2001\n"
    "=300  \\\\$axii, 345 pages :$billustrations ;$c24 cm\n"
    "=336  \\\\$atext$btxt$2rdacontent\n"
    "=338  \\\\$avolume$bnc$2rdacarrier\n"
    "=490  1\\$aAnimals,$x0028-0836 ;$vv. 7\n"
    "=500  \\\\$aIncludes index.\n"
    "=505  0\\$aOne -- Two.\n"
    "=520  \\\\$aA cat meets a dog.\n"
    "=650  \\0$aDogs$xHistory$zFrance$vFiction.\n"
    "=650  \\7$aCats.$2fast$0http://id.worldcat.org/fast/1\n"
    "=651  \\0$aParis (France)\n"
    "=653  \\\\$apets\n"
    "=655  \\7$aNovels.$2lcgft\n"
    "=700  1\\$aDoe, Ann,$eillustrator.\n"
    "=710  2\\$aCat Society.$4edt\n"
    "=830  \\0$aAnimals ;$vv. 7.\n"
    "=856  40$uhttps://example.org/cat?a=1&b=2$yFull text\n"
    "=880  1\\$6100-01/(N$a\xD0\xA1\xD0\xBC\xD0\xB8\xD1\x82, \xD0\x94.\n";

constexpr std::string_view article = "=LDR  00714naa a2200205 i 4500\n"
                                     "=001  a7\n"
                                     "=008  030616s2002    dcu           000 0 eng  \n"
                                     "=024  7\\$a10.1000/182$2doi\n"
                                     "=100  1\\$aSmith, John.\n"
                                     "=245  10$aWhat cats eat /$cJ. Smith.\n"
                                     "=700  1\\$aDoe, Ann.\n"
                                     "=773  0\\$tJournal of cats$x0028-0836$gVol. 12, no. 3 (May 2002), p. 45-67\n";

constexpr std::string_view serial = "=LDR  00714cas a2200205 i 4500\n"
                                    "=001  s1\n"
                                    "=008  030616d19501999dcumr p       0   a0eng  \n"
                                    "=022  0\\$a0028-0836\n"
                                    "=110  2\\$aCat Society.\n"
                                    "=245  00$aCats$h[electronic resource].\n"
                                    "=260  \\\\$a[S.l.] :$bCat Society,$c1950-1999.\n"
                                    "=310  \\\\$aMonthly.\n"
                                    "=780  00$tFelines$x1234-5679\n"
                                    "=785  00$tNew cats\n";

constexpr std::string_view nothing = "=LDR  |||||||||||||||||||||||\n";

// ---- Qualified Dublin Core

TEST(crosswalk_formats, dcterms_book) {
    const std::string document = convert("dcterms", book);
    expect_parts(
        document,
        {"<dcterms:title>The cat &amp; the dog : a story</dcterms:title>",
         "<dcterms:alternative>Cat and the dog</dcterms:alternative>",
         "<dcterms:creator>Smith, J., Jr., 1950-2001 (author)</dcterms:creator>",
         "<dcterms:creator>\xD0\xA1\xD0\xBC\xD0\xB8\xD1\x82, \xD0\x94.</dcterms:creator>",
         "<dcterms:contributor>Doe, Ann (illustrator)</dcterms:contributor>",
         "<dcterms:contributor>Cat Society (editor)</dcterms:contributor>", // by its code
         "<dcterms:publisher>Pen &amp; Ink</dcterms:publisher>",
         "<dcterms:issued xsi:type=\"dcterms:W3CDTF\">2002</dcterms:issued>",
         "<dcterms:dateCopyrighted xsi:type=\"dcterms:W3CDTF\">2001</dcterms:dateCopyrighted>",
         "<dcterms:type xsi:type=\"dcterms:DCMIType\">Text</dcterms:type>",
         "<dcterms:extent>xii, 345 pages : illustrations ; 24 cm</dcterms:extent>",
         "<dcterms:medium>volume</dcterms:medium>",
         "<dcterms:language xsi:type=\"dcterms:ISO639-2\">eng</dcterms:language>",
         "<dcterms:subject xsi:type=\"dcterms:LCSH\">Dogs--History--France--Fiction</dcterms:subject>",
         "<dcterms:subject>Cats</dcterms:subject>",
         "<dcterms:subject xsi:type=\"dcterms:LCC\">PZ3.S655 Cat 2002</dcterms:subject>",
         "<dcterms:subject xsi:type=\"dcterms:DDC\">813.54</dcterms:subject>",
         "<dcterms:spatial>Paris (France)</dcterms:spatial>",
         "<dcterms:tableOfContents>One -- Two</dcterms:tableOfContents>",
         "<dcterms:abstract>A cat meets a dog.</dcterms:abstract>",
         "<dcterms:description>Includes index.</dcterms:description>",
         "<dcterms:audience>Juvenile</dcterms:audience>",
         "<dcterms:isPartOf>Animals ; v. 7</dcterms:isPartOf>",
         "<dcterms:identifier xsi:type=\"dcterms:URI\">https://example.org/cat?a=1&amp;b=2</dcterms:identifier>",
         "<dcterms:identifier xsi:type=\"dcterms:URI\">urn:ISBN:9780306406157</dcterms:identifier>",
         "<dcterms:identifier xsi:type=\"dcterms:URI\">info:lccn/2002022641</dcterms:identifier>",
         "<dcterms:identifier xsi:type=\"dcterms:URI\">info:oclcnum/00012345</dcterms:identifier>"});
    expect_none(document, {"by J. Smith", "author.", "$"});
}

TEST(crosswalk_formats, dcterms_dates_and_relations) {
    expect_parts(convert("dcterms", serial),
                 {"<dcterms:issued>1950/1999</dcterms:issued>", "<dcterms:title>Cats</dcterms:title>",
                  "<dcterms:replaces>Felines ISSN 1234-5679</dcterms:replaces>",
                  "<dcterms:isReplacedBy>New cats</dcterms:isReplacedBy>",
                  "<dcterms:identifier xsi:type=\"dcterms:URI\">urn:ISSN:0028-0836</dcterms:identifier>"});
    expect_parts(
        convert("dcterms", article),
        {"<dcterms:isPartOf>Journal of cats Vol. 12, no. 3 (May 2002), p. 45-67 ISSN 0028-0836</dcterms:isPartOf>",
         "https://doi.org/10.1000/182",
         "<dcterms:bibliographicCitation>Journal of cats Vol. 12, no. 3 (May 2002), p. "
         "45-67</dcterms:bibliographicCitation>"});
    const auto dates = [](std::string_view fixed) {
        const std::string all =
            convert("dcterms", "=LDR  00714cam a2200205 i 4500\n=008  030616" + std::string(fixed) + "\n");
        const std::size_t end = all.find("<dcterms:type");
        const std::size_t start = all.find("<dcterms:");
        return all.substr(start, end - start);
    };
    EXPECT_EQ(dates("c20029999"), "<dcterms:issued>2002/</dcterms:issued>");
    EXPECT_EQ(dates("r20021990"), "<dcterms:issued xsi:type=\"dcterms:W3CDTF\">2002</dcterms:issued>"
                                  "<dcterms:created xsi:type=\"dcterms:W3CDTF\">1990</dcterms:created>");
    EXPECT_EQ(dates("s199u    "), "");
    EXPECT_EQ(dates("b        "), "");
}

TEST(crosswalk_formats, dcterms_rights_and_the_rest) {
    expect_parts(
        convert("dcterms", "=LDR  00714cam a2200205 i 4500\n"
                           "=506  1\\$aReaders only.\n"
                           "=540  \\\\$aReuse with the name.$uhttps://creativecommons.org/licenses/by/4.0/\n"
                           "=542  \\\\$dJ. Smith\n"
                           "=561  1\\$aFrom the estate.\n"
                           "=561  0\\$aPrivate.\n"
                           "=700  12$aHomer.$tIliad.\n"
                           "=700  1\\$aHomer.$tOdyssey.\n"
                           "=776  08$iOnline:$tThe cat$z9780306406157\n"
                           "=856  42$uhttps://example.org/a#b#c\n"
                           "=856  40$uhttps://example.org/a#b#c\n"),
        {"<dcterms:accessRights>Readers only.</dcterms:accessRights>",
         "<dcterms:license xsi:type=\"dcterms:URI\">https://creativecommons.org/licenses/by/4.0/</dcterms:license>",
         "<dcterms:rightsHolder>J. Smith</dcterms:rightsHolder>",
         "<dcterms:provenance>From the estate.</dcterms:provenance><dcterms:hasPart>Homer. Iliad</dcterms:hasPart>",
         "<dcterms:relation>Homer. Odyssey</dcterms:relation>",
         "<dcterms:hasFormat>The cat ISBN 9780306406157</dcterms:hasFormat>",
         "<dcterms:identifier>https://example.org/a#b#c</dcterms:identifier>"}); // no URI has two
}

// ---- MADS

constexpr std::string_view person = "=LDR  00714nz  a2200205n  4500\n"
                                    "=001  n1\n"
                                    "=003  DLC\n"
                                    "=008  850416n| acannaabn          |a aaa      \n"
                                    "=010  \\\\$an  85000001$zn  1\n"
                                    "=040  \\\\$aDLC$beng$erda\n"
                                    "=100  1\\$aBach, Johann Sebastian,$d1685-1750.$tKeyboard music.$kSelections\n"
                                    "=374  \\\\$aComposers$aOrganists$s1703\n"
                                    "=400  1\\$wnne$aBach, J. S.\n"
                                    "=500  1\\$wr$iFather:$aBach, Johann Ambrosius\n"
                                    "=670  \\\\$aHis Works$b(p. 1)\n"
                                    "=856  42$uhttp://example.org/$zBiography\n";

TEST(crosswalk_formats, mads_person) {
    const std::string document = convert("mads", person);
    expect_parts(document,
                 {"<authority geographicSubdivision=\"not applicable\"><name type=\"personal\" "
                  "authority=\"naf\"><namePart>Bach, Johann Sebastian</namePart>"
                  "<namePart type=\"date\">1685-1750</namePart></name>"
                  "<titleInfo authority=\"naf\"><title>Keyboard music. Selections</title></titleInfo></authority>",
                  "<related type=\"other\" otherType=\"Father:\"><name type=\"personal\"><namePart>Bach, Johann "
                  "Ambrosius</namePart></name></related>",
                  "<variant type=\"other\"><name type=\"personal\"><namePart>Bach, J. S</namePart></name></variant>",
                  "<note type=\"source\">His Works (p. 1)</note>",
                  "<url displayLabel=\"Biography\">http://example.org/</url>",
                  "<identifier type=\"lccn\">n  85000001</identifier><identifier type=\"lccn\" invalid=\"yes\">n  "
                  "1</identifier>",
                  "<profession><professionTerm>Composers</professionTerm><professionTerm>Organists</professionTerm>"
                  "<dateValid point=\"start\">1703</dateValid></profession>",
                  "<recordIdentifier source=\"DLC\">n1</recordIdentifier>",
                  "<descriptionStandard>rda</descriptionStandard><descriptionStandard>aacr2</descriptionStandard>"});
}

TEST(crosswalk_formats, mads_subjects) {
    const auto subject = [](std::string_view fields) {
        const std::string all =
            convert("mads", "=LDR  00714nz  a2200205n  4500\n=008  850416i| acannbabn          |b aaa      \n" +
                                std::string(fields));
        return all.substr(all.find("<authority"), all.find("<recordInfo") - all.find("<authority"));
    };
    EXPECT_EQ(
        subject(
            "=150  \\\\$aDogs$xHistory$yTo 500$zRome$vFiction\n=450  \\\\$aHounds$xHistory\n=550  \\\\$wg$aAnimals\n"
            "=750  \\2$aDogs\n"),
        "<authority geographicSubdivision=\"indirect\"><topic authority=\"lcsh\">Dogs</topic><topic>History</topic>"
        "<temporal>To 500</temporal><geographic>Rome</geographic><genre>Fiction</genre></authority>"
        "<related type=\"broader\"><topic>Animals</topic></related>"
        "<related type=\"equivalent\"><topic authority=\"mesh\">Dogs</topic></related>"
        "<variant type=\"other\"><topic>Hounds</topic><topic>History</topic></variant>");
    EXPECT_EQ(subject("=151  \\\\$aRome (Italy)\n=451  \\\\$aRoma (Italy)\n"),
              "<authority geographicSubdivision=\"indirect\"><geographic authority=\"lcsh\">Rome "
              "(Italy)</geographic></authority>"
              "<variant type=\"other\"><geographic>Roma (Italy)</geographic></variant>");
    EXPECT_EQ(subject("=180  \\\\$xHistory\n"),
              "<authority geographicSubdivision=\"indirect\"><topic authority=\"lcsh\">History</topic></authority>");
    EXPECT_EQ(subject("=130  \\0$aBible.$pGenesis\n=410  2\\$aCouncil.$tReport.$n2\n"),
              "<authority geographicSubdivision=\"indirect\"><titleInfo authority=\"lcsh\"><title>Bible</title>"
              "<partName>Genesis</partName></titleInfo></authority>"
              "<variant type=\"other\"><name type=\"corporate\"><namePart>Council</namePart></name>"
              "<titleInfo><title>Report</title><partNumber>2</partNumber></titleInfo></variant>");
}

// ---- schema.org

TEST(crosswalk_formats, schema_org_book) {
    const std::string document = convert("schema_org", book);
    expect_parts(
        document,
        {R"({"@context":"https://schema.org","@type":"Book","name":"The cat & the dog : a story")",
         R"("alternateName":"Cat and the dog")",
         R"("author":{"@type":"Person","@id":"http://id.loc.gov/n1","name":"Smith, J., Jr.","birthDate":"1950","deathDate":"2001"})",
         R"("illustrator":{"@type":"Person","name":"Doe, Ann"})",
         R"("editor":{"@type":"Organization","name":"Cat Society"})",
         R"("publisher":{"@type":"Organization","name":"Pen & Ink","location":{"@type":"Place","name":"New York"}})",
         R"("datePublished":"2002","copyrightYear":2001)",
         R"("bookEdition":"Second edition")",
         R"("inLanguage":"en")",
         R"("numberOfPages":345)",
         R"("genre":"Novels")",
         R"("keywords":"pets")",
         R"({"@type":"DefinedTerm","name":"Dogs--History--France--Fiction","inDefinedTermSet":"http://id.loc.gov/authorities/subjects"})",
         R"({"@type":"DefinedTerm","@id":"http://id.worldcat.org/fast/1","name":"Cats","inDefinedTermSet":"http://id.worldcat.org/fast"})",
         R"j({"@type":"Place","name":"Paris (France)"})j",
         R"("isPartOf":{"@type":"CreativeWorkSeries","name":"Animals","position":"v. 7"})",
         R"("isbn":"9780306406157")",
         R"("sameAs":["https://www.worldcat.org/oclc/00012345","https://lccn.loc.gov/2002022641"])",
         R"("url":"https://example.org/cat?a=1&b=2")",
         R"("sdDatePublished":"2003-06-16")"});
}

TEST(crosswalk_formats, schema_org_types) {
    const auto type = [](std::string_view leader, std::string_view fields) {
        const std::string all =
            convert("schema_org", "=LDR  00714" + std::string(leader) + " a2200205 i 4500\n" + std::string(fields));
        const std::size_t start = all.find("\"@type\":\"") + 9;
        return all.substr(start, all.find('"', start) - start);
    };
    const auto fixed = [](std::size_t position, char value) {
        std::string field(40, ' ');
        field[position] = value;
        return "=008  " + field + "\n";
    };
    EXPECT_EQ(type("cam", ""), "Book");
    EXPECT_EQ(type("cas", ""), "Periodical");
    EXPECT_EQ(type("cas", fixed(21, 'n')), "Newspaper");
    EXPECT_EQ(type("cai", fixed(21, 'w')), "WebSite");
    EXPECT_EQ(type("caa", ""), "Chapter");
    EXPECT_EQ(type("caa", "=773  0\\$tJ$x0028-0836\n"), "Article");
    EXPECT_EQ(type("ctm", ""), "Manuscript");
    EXPECT_EQ(type("cam", "=502  \\\\$bPhD$cU\n"), "Thesis");
    EXPECT_EQ(type("cem", ""), "Map");
    EXPECT_EQ(type("cjm", ""), "MusicRecording");
    EXPECT_EQ(type("cim", "=336  \\\\$bspw\n=700  1\\$aX$4nrt\n"), "Audiobook");
    EXPECT_EQ(type("cgm", fixed(33, 'v')), "Movie");
    EXPECT_EQ(type("cmm", fixed(26, 'b')), "SoftwareApplication");
    EXPECT_EQ(type("cmm", fixed(26, 'a')), "Dataset");
    EXPECT_EQ(type("ccm", ""), "SheetMusic");
    EXPECT_EQ(type("c  ", "=336  \\\\$bcri\n"), "Map"); // leader/06 says nothing
    EXPECT_EQ(type("c  ", ""), "CreativeWork");
}

TEST(crosswalk_formats, schema_org_parts_and_serials) {
    expect_parts(
        convert("schema_org", article),
        {R"("isPartOf":{"@type":"Periodical","name":"Journal of cats","issn":"0028-0836"},"pagination":"Vol. 12)",
         R"("sameAs":"https://doi.org/10.1000/182")"});
    const std::string document = convert("schema_org", serial);
    expect_parts(document, {R"("startDate":"1950","endDate":"1999")", R"("issn":"0028-0836")"});
    expect_none(document, {"datePublished\":\"1950", "numberOfPages"});
}

// ---- FOLIO

TEST(crosswalk_formats, folio_book) {
    const std::string document = convert("folio", book);
    expect_parts(
        document,
        {R"("hrid":"12883376","source":"MARC","title":"The cat & the dog : a story / by J. Smith.")",
         R"("indexTitle":"Cat & the dog : a story /")",
         R"({"alternativeTitleTypeId":"35bbe7f2-1a49-11ed-861d-0242ac120002","alternativeTitle":"Cat and the dog"})",
         R"("editions":["Second edition."])",
         R"("series":[{"value":"Animals ; v. 7."}])",
         R"({"value":"2002022641","identifierTypeId":"c858e4f2-2b6b-4385-842b-60732ee14abb"})",
         R"({"value":"9780306406157 (pbk.) : $12","identifierTypeId":"8261054f-be78-422d-bd51-4ed9f33c3422"})",
         R"({"value":"(OCoLC)ocm00012345","identifierTypeId":"439bfbae-75bc-4f74-9fc7-b2a2d47ce3ef"})",
         R"({"name":"Smith, J., Jr., 1950-2001","contributorNameTypeId":"2b94c631-fca9-4892-a730-03ee529ffe2a",)"
         R"("contributorTypeId":"6e09d47d-95e2-4d8a-831b-f777b8ef6d81","primary":true})",
         R"("primary":false})",
         R"({"value":"Dogs--History--France--Fiction","sourceId":"e894d0dc-621d-4b1d-98f6-6f7120eb0d40",)"
         R"("typeId":"d6488f88-1e74-40ce-81b5-b19a928ff5b7"})",
         R"({"classificationNumber":"PZ3.S655 Cat 2002","classificationTypeId":"ce176ace-a53e-4b4d-aa89-725ed7b2edac"})",
         R"({"classificationNumber":"813.54","classificationTypeId":"42471af9-7d25-4f3a-bf78-60d29dcf463b"})",
         R"({"publisher":"Pen & Ink","place":"New York","dateOfPublication":"2002","role":"Publication"})",
         R"("uri":"https://example.org/cat?a=1&b=2","linkText":"Full text")",
         R"("instanceTypeId":"6312d172-f0cf-40f6-b27d-9fa8feaf332f")",
         R"("physicalDescriptions":["xii, 345 pages : illustrations ; 24 cm"])",
         R"("languages":["eng"])",
         R"({"instanceNoteTypeId":"6a2533a7-4de2-4e64-8466-074c2fa9308c","note":"Includes index","staffOnly":false})",
         R"("modeOfIssuanceId":"9d18a02f-5897-4c31-9106-c9abb5c7ae8b")",
         R"("staffSuppress":false,"discoverySuppress":false,"deleted":false})"});
}

TEST(crosswalk_formats, folio_serial) {
    expect_parts(convert("folio", serial),
                 {R"("title":"Cats [electronic resource].","indexTitle":"Cats")",
                  R"("publicationFrequency":["Monthly"])",
                  R"("precedingTitles":[{"title":"Felines","identifiers":[{"value":"1234-5679","identifierTypeId":)",
                  R"("succeedingTitles":[{"title":"New cats"}])", R"("date1":"1950","date2":"1999")"});
    // A record that is deleted is hidden; a type that FOLIO has no name for is text.
    expect_parts(convert("folio", "=LDR  00714dam a2200205 i 4500\n=700  1\\$aDoe, Ann,$ecat keeper.\n"
                                  "=583  0\\$aQueue for binding.\n"),
                 {R"("contributorTypeText":"cat keeper.")", R"("note":"Queue for binding","staffOnly":true)",
                  R"("staffSuppress":true,"discoverySuppress":true,"deleted":true})"});
}

// ---- Reference managers

TEST(crosswalk_formats, ris) {
    EXPECT_EQ(convert("ris", article), "TY  - JOUR\n"
                                       "AU  - Smith, John\n"
                                       "AU  - Doe, Ann\n"
                                       "TI  - What cats eat\n"
                                       "T2  - Journal of cats\n"
                                       "VL  - 12\n"
                                       "IS  - 3\n"
                                       "SP  - 45\n"
                                       "EP  - 67\n"
                                       "PY  - 2002\n"
                                       "SN  - 0028-0836\n"
                                       "DO  - 10.1000/182\n"
                                       "LA  - eng\n"
                                       "ID  - a7\n"
                                       "ER  - \n");
    const std::string document = convert("ris", book);
    EXPECT_EQ(document.find("TY  - BOOK\nAU  - Smith, J., Jr.\nA3  - Doe, Ann\nA2  - Cat Society\n"
                            "TI  - The cat & the dog: a story\nT3  - Animals\nVL  - v. 7\nET  - Second edition\n"
                            "CY  - New York\nPB  - Pen & Ink\nPY  - 2002\nSP  - xii, 345 pages\n"),
              0U)
        << document;
    expect_parts(document,
                 {"KW  - Dogs--History--France--Fiction\n", "AB  - A cat meets a dog.\n", "SN  - 9780306406157\n",
                  "UR  - https://example.org/cat?a=1&b=2\n", "CN  - PZ3.S655 Cat 2002\n"});
}

TEST(crosswalk_formats, bibtex) {
    EXPECT_EQ(convert("bibtex", article), "@article{smith2002what,\n"
                                          "  author = {Smith, John and Doe, Ann},\n"
                                          "  title = {{What cats eat}},\n"
                                          "  journal = {Journal of cats},\n"
                                          "  volume = {12},\n"
                                          "  number = {3},\n"
                                          "  pages = {45--67},\n"
                                          "  year = {2002},\n"
                                          "  issn = {0028-0836},\n"
                                          "  doi = {10.1000/182},\n"
                                          "  language = {eng},\n"
                                          "}\n");
    const std::string document = convert("bibtex", book);
    EXPECT_EQ(document.find("@book{smith2002cat,\n  author = {Smith, Jr., J.},\n  editor = {{Cat Society}},\n"
                            "  title = {{The cat \\& the dog: a story}},\n  edition = {Second edition},\n"
                            "  publisher = {Pen \\& Ink},\n  address = {New York},\n  year = {2002},\n"
                            "  series = {Animals},\n  volume = {v. 7},\n  isbn = {9780306406157},\n"),
              0U)
        << document;
    expect_parts(document, {"  url = {https://example.org/cat?a=1&b=2},\n",
                            "  keywords = {Dogs--History--France--Fiction; Cats; Paris (France); pets},\n"});
    expect_parts(convert("bibtex", "=LDR  00714cam a2200205 i 4500\n=001  77\n=245  00$a50%_of {it}\n"),
                 {"@book{50,\n", "title = {{50\\%\\_of \\textbraceleft{}it\\textbraceright{}}},\n"});
    EXPECT_EQ(convert("bibtex", nothing), "@misc{record,\n}\n");
}

// ---- Rows

TEST(crosswalk_formats, csv) {
    EXPECT_EQ(
        convert("csv", book),
        "12883376,The cat & the dog : a story,\"Smith, J., Jr., 1950-2001; Doe, Ann; Cat Society\",Pen & Ink,New York,"
        "2002,9780306406157,,Dogs--History--France--Fiction; Cats; Paris (France); pets,eng,book,"
        "https://example.org/cat?a=1&b=2,PZ3.S655 Cat 2002");
    EXPECT_EQ(convert("csv", nothing), ",,,,,,,,,,,,");
    EXPECT_EQ(convert("csv", "=LDR  00714cam a2200205 i 4500\n=245  00$aThe \"cat\"\n=260  \\\\$c[c1999?]\n"
                             "=852  \\\\$kRef$hPZ3$iS6\n"),
              ",\"The \"\"cat\"\"\",,,,1999,,,,,book,,Ref PZ3 S6");
}

// ---- Packages of EverArchive

TEST(crosswalk_formats, bibliographic_has_the_whole_record) {
    const std::string document = convert("bibliographic", "=LDR  00714cam a2200205 i 4500\n"
                                                          "=001  7\n"
                                                          "=245  10$aCats :$ba \"story\" /$cby me.\n"
                                                          "=020  \\\\$a9780306406157\n"
                                                          "=999  ff$i1$b$i2\n");
    const std::string_view marc =
        R"("marc21":{"leader":"00714cam a2200205 i 4500","controlFields":[{"tag":"001","value":"7"}],"dataFields":[)"
        R"({"tag":"245","ind1":"1","ind2":"0","subfields":[{"code":"a","value":"Cats :"},{"code":"b","value":"a \"story\" /"},)"
        R"({"code":"c","value":"by me."}]},)"
        R"({"tag":"020","ind1":" ","ind2":" ","subfields":[{"code":"a","value":"9780306406157"}]},)"
        R"({"tag":"999","ind1":"f","ind2":"f","subfields":[{"code":"i","value":"1"},{"code":"b","value":""},)"
        R"({"code":"i","value":"2"}]}]})";
    expect_parts(
        document,
        {marc, R"("dc:title":["Cats : a \"story\""],"dc:type":["Text"])",
         R"("identifiers":[{"scheme":"control number","value":"7"},{"scheme":"isbn","value":"9780306406157"}])",
         R"("marc21":{"@id":"http://www.loc.gov/MARC21/slim","@type":"@json"})"});
}

TEST(crosswalk_formats, bibliographic_has_damaged_fields_as_they_are) {
    const rule_text text{"bibliographic", find_shipped("bibliographic").value()};
    const rule_set set({&text, 1});
    converter c(set);
    marc::builder b;
    b.add_field("500", "1 junk\x1F"
                       "ax");
    b.add_field("501", "text");
    b.add_field("502", "\x1F"
                       "ax");
    const marc::stored_record r = b.finish();
    std::pmr::string out;
    c.convert(r.view(), out);
    expect_parts(std::string(out), {R"({"tag":"500","value":"1 junk\u001fax"})", R"({"tag":"501","value":"text"})"});
}

TEST(crosswalk_formats, nothing_becomes_a_document_in_every_format) {
    for (const shipped_rules& one : shipped()) {
        SCOPED_TRACE(one.format);
        if (one.format.starts_with("from_")) {
            continue; // reads a document: crosswalk_to_marc_test.cpp
        }
        EXPECT_FALSE(convert(one.format, nothing).empty());
        EXPECT_EQ(convert(one.format, book), convert(one.format, book));
    }
}

// "[19--]-1990" is not 1919, and "12.3.2004" not 1232: digits of one number only make a year.
TEST(crosswalk_formats, years_as_printed) {
    const auto year_of = [](std::string_view printed) {
        const std::string record =
            "=LDR  00000nam a2200000 a 4500\n=245  00$aT\n=260  \\\\$aX :$bY,$c" + std::string(printed) + "\n";
        const std::string ris = convert("ris", record);
        const std::size_t at = ris.find("PY  - ");
        const std::string year = at == std::string::npos ? "" : ris.substr(at + 6, 4);
        const std::string_view shown = year.empty() ? "" : std::string_view(year);
        EXPECT_EQ(convert("csv", record).find("," + std::string(shown) + ",,") != std::string::npos, true) << printed;
        EXPECT_EQ(convert("bibtex", record).find("year = {" + year + "}") != std::string::npos, !year.empty());
        EXPECT_EQ(convert("schema_org", record).find(R"("datePublished":")" + year) != std::string::npos,
                  !year.empty());
        return year;
    };
    EXPECT_EQ(year_of("c1998."), "1998");
    EXPECT_EQ(year_of("[1986?]"), "1986");
    EXPECT_EQ(year_of("[19--]-1990"), "");
    EXPECT_EQ(year_of("20?\?-9999"), "");
    EXPECT_EQ(year_of("12.3.2004"), "2004");
    EXPECT_EQ(year_of("\xE6\x98\xAD\xE5\x92\x8C"
                      "60 [1985]"),
              "1985");
}

// 024 holds a DOI or a handle as it is, or as an address: it is not to become https://doi.org/https://doi.org/…
TEST(crosswalk_formats, identifiers_that_are_addresses_already) {
    constexpr std::string_view record = "=LDR  00000nam a2200000 a 4500\n"
                                        "=024  7\\$ahttps://doi.org/10.1000/182$2doi\n"
                                        "=024  7\\$ahttps://hdl.handle.net/123/4$2hdl\n"
                                        "=024  7\\$ahttp://www.wikidata.org/entity/Q1$2wikidata\n"
                                        "=245  00$aT\n";
    expect_parts(convert("schema_org", record),
                 {R"("sameAs":["https://doi.org/10.1000/182","https://hdl.handle.net/123/4",)",
                  R"("http://www.wikidata.org/entity/Q1"])"});
    expect_parts(convert("dcterms", record), {">https://doi.org/10.1000/182<", ">https://hdl.handle.net/123/4<"});
    expect_parts(convert("ris", record), {"DO  - 10.1000/182\n"});
    expect_parts(convert("bibtex", record), {"doi = {10.1000/182},"});
}

TEST(crosswalk_formats, nobody_knows_the_place) {
    expect_none(convert("schema_org", "=LDR  00000nam a2200000 a 4500\n=245  00$aT\n"
                                      "=260  \\\\$a[S.l. :$bs.n.,$c1990]\n"),
                {"S.l.", "s.n."});
}

// Numbers and codes for machines are no part of a name in Dublin Core, least of all the number of an 880.
TEST(crosswalk_formats, dublin_core_names_without_control_subfields) {
    expect_parts(convert("dc", "=LDR  00000nam a2200000 a 4500\n"
                               "=100  1\\$6880-01$aNatsume, S\xC5\x8Dseki,$d1867-1916.$0http://id.loc.gov/n1$4aut\n"
                               "=245  10$aKokoro\n"
                               "=655  \\7$aNovels.$2lcgft\n"),
                 {"<dc:creator>Natsume, S\xC5\x8Dseki, 1867-1916.</dc:creator>", "<dc:type>Novels.</dc:type>"});
}

TEST(crosswalk_formats, folio_takes_no_instance_without_a_title) {
    expect_parts(convert("folio", "=LDR  00000nam a2200000 a 4500\n=100  1\\$aSmith, J.\n"),
                 {R"("title":"[Untitled]")"});
    expect_none(convert("folio", book), {"[Untitled]"});
}

TEST(crosswalk_formats, absurd_dates) {
    constexpr std::string_view record = "=LDR  00000nam a2200000 a 4500\n"
                                        "=008  991399s9999    xx            000 0 eng d\n"
                                        "=245  00$aT\n";
    const rule_text text{"mods", find_shipped("mods").value()};
    const rule_set set({&text, 1});
    converter c(set);
    std::pmr::string out;
    std::pmr::vector<conversion_note> notes;
    c.convert(from_mrk(record).view(), out, &notes);
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_EQ(notes[0].text, "008/00-05 is no date: \"991399\"");
    EXPECT_EQ(notes[1].text, "008/07-10 is no year that anything came out in: 9999");
    // xsd:date of nothing is no date.
    expect_none(convert("bibframe", "=LDR  00000nam a2200000 a 4500\n=245  00$aT\n"), {"XMLSchema#date"});
}

// A first indicator 0 of these says that the note is not for the public (MARC 21, 541, 561, 583).
TEST(crosswalk_formats, private_notes_stay_private) {
    constexpr std::string_view record =
        "=LDR  00000nam a2200000 a 4500\n=245  10$aT\n=541  0\\$aSECRET\n=561  0\\$aSECRET\n"
        "=583  0\\$aSECRET\n=952  \\\\$aBR$xSECRET\n=541  1\\$aopen\n=561  1\\$aopen\n=583  1\\$aopen\n";
    for (const std::string_view format :
         {"dc", "dcterms", "mods", "mads", "bibframe", "schema_org", "ris", "bibtex", "csv"}) {
        SCOPED_TRACE(format);
        expect_none(convert(format, record), {"SECRET"});
    }
    for (const std::string_view format : {"dc", "dcterms", "mods", "bibframe"}) {
        SCOPED_TRACE(format);
        expect_parts(convert(format, record), {"open"});
    }
    const std::string folio = convert("folio", record);
    expect_parts(folio, {R"("note":"SECRET","staffOnly":true)"});
}

TEST(crosswalk_formats, schema_org_has_every_publisher) {
    const std::string document =
        convert("schema_org", "=LDR  00000nam a2200000 a 4500\n=245  10$aT\n"
                              "=260  \\\\$aKassel ;$aNew York :$bA ;$aParis :$bB :$bC,$c1990\n");
    expect_parts(document,
                 {R"("name":"A","location":[{"@type":"Place","name":"Kassel"},{"@type":"Place","name":"New York"}])",
                  R"("name":"B","location":{"@type":"Place","name":"Paris"})", R"("name":"C")"});
}

} // namespace
