// From MODS and Dublin Core to MARC 21: what each element becomes, and what a round trip over real records keeps.
#include "../crosswalk/round_trip.hpp"
#include "crosswalk/convert.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"
#include "marc/mrk.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace crosswalk;

namespace {

/// The fields of a document, as mnemonic lines with one line end each.
std::string fields(std::string_view format, const std::string& document,
                   std::pmr::vector<conversion_note>* notes = nullptr) {
    const rule_text text{format, *find_shipped(format)};
    static std::map<std::string, std::unique_ptr<rule_set>> compiled; // 2,000 lines of rules each
    std::unique_ptr<rule_set>& set = compiled[std::string(format)];
    if (set == nullptr) {
        set = std::make_unique<rule_set>(std::span(&text, 1));
    }
    converter c(*set);
    marc::builder made;
    c.document_to_marc(document, made, notes);
    std::pmr::string mrk;
    marc::write_mrk(made.finish().view(), mrk);
    return std::string(mrk) + "\n";
}
std::string mods(const std::string& body, std::string_view tag = {}) {
    const std::string all =
        fields("from_mods", "<mods xmlns='http://www.loc.gov/mods/v3' version='3.7'>" + body + "</mods>");
    std::string some;
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = all.find('\n', at) + 1;
        const std::string line = all.substr(at, end - at);
        const bool fixed = line.starts_with("=LDR") || line.starts_with("=008");
        if (tag.empty() ? !fixed : line.substr(1).starts_with(tag)) {
            some += line;
        }
        at = end;
    }
    return some;
}
std::string dc(const std::string& body, std::string_view root = "oai_dc:dc") {
    const std::string name(root);
    const std::string all =
        fields("from_dc", "<" + name + " xmlns:oai_dc='a' xmlns:dc='b' xmlns:dcterms='c' xmlns:xsi='d'>" + body + "</" +
                              name + ">");
    return all.substr(all.find('\n') + 1); // without the leader
}
/// Without 008 too.
std::string dc_fields(const std::string& body, std::string_view root = "oai_dc:dc") {
    const std::string all = dc(body, root);
    return all.substr(all.find('\n') + 1);
}

TEST(crosswalk_to_marc, mods_titles) {
    EXPECT_EQ(
        mods("<titleInfo><nonSort>The </nonSort><title>cat</title><subTitle>a tale</subTitle><partNumber>1</partNumber>"
             "<partName>Birth</partName></titleInfo><titleInfo><title>Second</title></titleInfo>"
             "<titleInfo type='alternative' displayLabel='Cover:'><title>Cat</title></titleInfo>"
             "<titleInfo type='translated' lang='ger'><nonSort>Die </nonSort><title>Katze</title></titleInfo>"
             "<titleInfo type='translated'><title>Gato</title></titleInfo>"
             "<titleInfo type='abbreviated' authority='dnlm'><title>C.</title></titleInfo>"
             "<titleInfo type='uniform'><title>Works</title></titleInfo>"
             "<note type='statement of responsibility'>by me</note>"),
        "=130  0\\$aWorks\n=210  00$aC.$2dnlm\n=242  14$aDie Katze$yger\n=245  04$aThe cat :$ba tale$n1$pBirth$cby me\n"
        "=246  3\\$aSecond\n=246  1\\$iCover:$aCat\n=246  31$aGato\n");
    EXPECT_EQ(mods("<titleInfo altRepGroup='01' script='Latn'><title>Kniga</title></titleInfo>"
                   "<titleInfo altRepGroup='01' script='Cyrl'><title>\xD0\x9A\xD0\xBD</title></titleInfo>"),
              "=245  00$6880-01$aKniga\n=880  00$6245-01/(N$a\xD0\x9A\xD0\xBD\n");
}

TEST(crosswalk_to_marc, mods_names) {
    EXPECT_EQ(
        mods("<name type='personal'><namePart>Doe, Jane</namePart><role><roleTerm "
             "type='code'>edt</roleTerm></role></name>"
             "<name type='personal' usage='primary'><namePart type='family'>Smith</namePart><namePart type='given'>John"
             "</namePart><namePart type='termsOfAddress'>Sir</namePart><namePart type='date'>1950-</namePart><role>"
             "<roleTerm type='text'>author</roleTerm></role><affiliation>MIT</affiliation>"
             "<nameIdentifier>http://x/1</nameIdentifier></name>"
             "<name type='family'><namePart>Krupp</namePart></name>"
             "<name type='corporate'><namePart>U.S.</namePart><namePart>Congress</namePart></name>"
             "<name type='conference'><namePart>Days of Rust</namePart></name><name><namePart>Anybody</namePart></name>"
             "<titleInfo type='uniform' nameTitleGroup='1'><title>Poems</title></titleInfo>"),
        "=100  1\\$aSmith, John$cSir$d1950-$eauthor$uMIT$0http://x/1\n=240  10$aPoems\n=700  1\\$aDoe, Jane$4edt\n"
        "=700  3\\$aKrupp\n=710  2\\$aU.S.$bCongress\n=711  2\\$aDays of Rust\n=720  \\\\$aAnybody\n");
}

TEST(crosswalk_to_marc, mods_leader_and_008) {
    const auto leader = [](const std::string& body) { return mods(body, "LDR").substr(12, 2); };
    EXPECT_EQ(leader("<typeOfResource>text</typeOfResource>"), "am");
    EXPECT_EQ(leader("<typeOfResource manuscript='yes'>text</typeOfResource>"), "tm");
    EXPECT_EQ(leader("<typeOfResource collection='yes'>mixed material</typeOfResource>"), "pc");
    EXPECT_EQ(leader("<typeOfResource>sound recording-musical</typeOfResource>"), "jm");
    EXPECT_EQ(leader("<typeOfResource>text</typeOfResource><originInfo><issuance>serial</issuance></originInfo>"),
              "as");
    EXPECT_EQ(mods("<typeOfResource>text</typeOfResource><genre authority='marcgt'>bibliography</genre>"
                   "<genre authority='marcgt'>statistics</genre><genre authority='marcgt'>novel</genre>"
                   "<targetAudience authority='marctarget'>juvenile</targetAudience>"
                   "<physicalDescription><form authority='marcform'>electronic</form></physicalDescription>"
                   "<originInfo><place><placeTerm type='code' authority='marccountry'>ne</placeTerm></place>"
                   "<dateIssued encoding='marc'>1999</dateIssued><copyrightDate "
                   "encoding='marc'>1998</copyrightDate></originInfo>"
                   "<language><languageTerm type='code' authority='iso639-2b'>dut</languageTerm></language>"
                   "<recordInfo><recordCreationDate encoding='marc'>990101</recordCreationDate></recordInfo>",
                   "008"),
              "=008  990101t19991998ne\\||||jsbs\\\\\\00|\\f\\dut\\d\n");
    EXPECT_EQ(mods("<typeOfResource>text</typeOfResource><originInfo><issuance>serial</issuance>"
                   "<dateIssued encoding='marc' point='start'>1990</dateIssued>"
                   "<dateIssued encoding='marc' point='end'>9999</dateIssued>"
                   "<frequency authority='marcfrequency'>Monthly</frequency></originInfo>"
                   "<genre authority='marcgt'>newspaper</genre>",
                   "008"),
              "=008  \\\\\\\\\\\\c19909999xx\\m||n||\\\\\\\\\\0\\\\\\||\\\\\\\\d\n");
    EXPECT_EQ(mods("<originInfo><dateIssued>[c1987?]</dateIssued></originInfo>", "008").substr(12, 9), "s1987\\\\\\\\");
    EXPECT_EQ(
        mods("<recordInfo><recordIdentifier source='XX'>7</recordIdentifier><recordChangeDate encoding='iso8601'>"
             "20200101000000.0</recordChangeDate><recordContentSource>DLC</recordContentSource>"
             "<descriptionStandard>rda</descriptionStandard><languageOfCataloging><languageTerm>eng</languageTerm>"
             "</languageOfCataloging></recordInfo>"),
        "=001  7\n=003  XX\n=005  20200101000000.0\n=040  \\\\$aDLC$beng$erda\n");
}

TEST(crosswalk_to_marc, mods_origin) {
    EXPECT_EQ(
        mods("<originInfo><place><placeTerm type='text'>Berlin</placeTerm></place><publisher>Springer</publisher>"
             "<dateIssued>2001</dateIssued><edition>2nd ed.</edition><frequency>Weekly</frequency>"
             "<frequency>Daily</frequency><dateCaptured>20010101</dateCaptured><place><placeTerm type='code' "
             "authority='iso3166'>de</placeTerm></place><dateValid point='start'>2001</dateValid></originInfo>"
             "<originInfo eventType='publisher'><place><placeTerm>Bonn</placeTerm></place><dateIssued>2002</dateIssued>"
             "</originInfo><originInfo eventType='copyright'><copyrightDate>c2000</copyrightDate></originInfo>"),
        "=033  0\\$a20010101\n=044  \\\\$cde\n=046  \\\\$m2001\n=250  \\\\$a2nd ed.\n"
        "=260  \\\\$aBerlin :$bSpringer,$c2001\n=264  \\1$aBonn$c2002\n=264  \\4$cc2000\n=310  \\\\$aWeekly\n=321  "
        "\\\\$aDaily\n");
}

TEST(crosswalk_to_marc, mods_description_and_notes) {
    EXPECT_EQ(
        mods("<physicalDescription><form authority='gmd'>sound</form><form authority='marcsmd'>remote</form>"
             "<form authority='rdacarrier' type='carrier'>volume</form><form>parchment</form>"
             "<digitalOrigin>reformatted digital</digitalOrigin><extent>3 v.</extent><dimensions>20 cm</dimensions>"
             "<internetMediaType>text/html</internetMediaType><note type='arrangement'>By "
             "name</note></physicalDescription>"
             "<titleInfo><title>T</title></titleInfo>"
             "<abstract displayLabel='Review'>Good</abstract><tableOfContents>One -- Two</tableOfContents>"
             "<targetAudience>Children</targetAudience><note>Plain</note><note type='thesis'>Diss.</note>"
             "<note type='performers'>Band</note><accessCondition type='restriction on access'>Closed</accessCondition>"
             "<accessCondition type='use and reproduction'>Free</accessCondition>"),
        "=007  cr|||||||||a||\n=245  00$aT$h[sound]\n=300  \\\\$a3 v.$c20 cm\n=338  \\\\$avolume$2rdacarrier\n"
        "=340  \\\\$aparchment\n=351  \\\\$aBy name\n=500  \\\\$aPlain\n=502  \\\\$aDiss.\n=511  0\\$aBand\n=520  "
        "1\\$aGood\n"
        "=505  0\\$aOne -- Two\n=521  \\\\$aChildren\n=506  \\\\$aClosed\n=540  \\\\$aFree\n=856  4\\$qtext/html\n");
}

TEST(crosswalk_to_marc, mods_languages) {
    const auto language = [](std::string_view code, std::string_view part) {
        return "<language" + (part.empty() ? "" : " objectPart='" + std::string(part) + "'") +
               "><languageTerm type='code' authority='iso639-2b'>" + std::string(code) + "</languageTerm></language>";
    };
    EXPECT_EQ(mods(language("eng", "")), "");
    EXPECT_EQ(mods(language("eng", "") + language("ger", "") + language("fre", "summary")),
              "=041  \\\\$aeng$ager$bfre\n");
    EXPECT_EQ(mods("<language><languageTerm type='code' authority='rfc5646'>en-GB</languageTerm></language>"),
              "=041  \\7$aen-GB$2rfc5646\n");
    EXPECT_EQ(mods("<language><languageTerm type='text'>Frisian</languageTerm></language>"), "=546  \\\\$aFrisian\n");
}

TEST(crosswalk_to_marc, mods_subjects) {
    EXPECT_EQ(
        mods("<subject authority='lcsh'><topic>Dogs</topic><topic>History</topic><geographic>France</geographic>"
             "<temporal>1900</temporal><genre>Fiction</genre></subject>"
             "<subject authority='fast' valueURI='http://x'><geographic>Ohio</geographic></subject>"
             "<subject authority='lcsh'><name type='personal'><namePart>Poe, E.</namePart><namePart type='date'>1809-"
             "</namePart></name><titleInfo><title>Raven</title></titleInfo><topic>Style</topic></subject>"
             "<subject authority='mesh'><name type='corporate'><namePart>UN</namePart></name></subject>"
             "<subject authority='lcsh'><titleInfo><title>Bible</title><partName>Job</partName></titleInfo></subject>"
             "<subject><topic>free word</topic></subject><subject><genre>tales</genre></subject>"
             "<subject><geographicCode authority='marcgac'>n-us---</geographicCode></subject>"
             "<subject><hierarchicalGeographic><country>Italy</country><city>Rome</city></hierarchicalGeographic></"
             "subject>"
             "<subject><cartographics><scale>1:10</scale><coordinates>E 7</coordinates></cartographics></subject>"
             "<subject><cartographics><coordinates>W1250000 W0650000 N0500000 "
             "N0250000</coordinates></cartographics></subject>"
             "<subject authority='x'><occupation>Smiths</occupation></subject>"),
        "=034  0\\$dW1250000$eW0650000$fN0500000$gN0250000\n=043  \\\\$an-us---\n=255  \\\\$a1:10$cE 7\n"
        "=650  \\0$aDogs$xHistory$zFrance$y1900$vFiction\n=651  \\7$aOhio$2fast$0http://x\n"
        "=600  10$aPoe, E.$d1809-$tRaven$xStyle\n=610  22$aUN\n=630  00$aBible$pJob\n=653  \\\\$afree word\n"
        "=653  \\6$atales\n=656  \\7$aSmiths$2x\n=752  \\\\$aItaly$dRome\n");
}

TEST(crosswalk_to_marc, mods_numbers_and_places) {
    EXPECT_EQ(
        mods("<identifier type='isbn'>1</identifier><identifier type='isbn' invalid='yes'>2</identifier>"
             "<identifier type='issn'>3</identifier><identifier type='lccn'>4</identifier>"
             "<identifier type='oclc'>5</identifier><identifier type='doi'>6</identifier>"
             "<identifier type='ismn'>7</identifier><identifier>8</identifier>"
             "<identifier type='issue number'>9</identifier><identifier type='stock number' "
             "displayLabel='GPO'>0</identifier>"
             "<classification authority='lcc'>QA1</classification><classification authority='ddc' "
             "edition='22'>510</classification>"
             "<classification authority='sudocs'>A 1</classification><classification authority='rvk'>S</classification>"
             "<location><physicalLocation>Library</physicalLocation><shelfLocator>S 1</shelfLocator>"
             "<url usage='primary display' displayLabel='PDF' note='free'>http://x</url></location>"),
        "=010  \\\\$a4\n=020  \\\\$a1\n=020  \\\\$z2\n=022  \\\\$a3\n=024  7\\$a6$2doi\n=024  2\\$a7\n=024  8\\$a8\n"
        "=028  00$a9\n=035  \\\\$a(OCoLC)5\n=037  \\\\$a0$cGPO\n=050  \\4$aQA1\n=082  04$a510$222\n=084  \\\\$aS$2rvk\n"
        "=086  0\\$aA 1\n=852  \\\\$aLibrary$hS 1\n=856  40$3PDF$uhttp://x$zfree\n");
}

TEST(crosswalk_to_marc, mods_related_items) {
    EXPECT_EQ(
        mods("<relatedItem type='host'><titleInfo><title>Journal</title></titleInfo><identifier "
             "type='issn'>1</identifier>"
             "<part><text>vol. 2</text><detail type='volume'><number>2</number></detail><extent "
             "unit='page'><start>7</start>"
             "</extent></part></relatedItem>"
             "<relatedItem "
             "type='series'><titleInfo><title>Series</title><partNumber>4</partNumber></titleInfo></relatedItem>"
             "<relatedItem type='series'><name type='personal'><namePart>Poe, E.</namePart></name><titleInfo>"
             "<title>Works</title></titleInfo></relatedItem>"
             "<relatedItem type='preceding'><titleInfo><title>Old</title></titleInfo></relatedItem>"
             "<relatedItem type='otherFormat' otherType='Online:'><titleInfo><title>Web</title></titleInfo>"
             "<identifier type='local'>(X)1</identifier></relatedItem>"
             "<relatedItem><name "
             "type='conference'><namePart>Days</namePart></name><titleInfo><title>Acts</title></titleInfo>"
             "</relatedItem><relatedItem type='constituent'><titleInfo><title>Part</title></titleInfo></relatedItem>"
             "<relatedItem><location><url>http://y</url></location></relatedItem>"
             "<relatedItem><titleInfo><title>Other</title></titleInfo></relatedItem>"),
        "=490  0\\$aSeries$v4\n=711  2\\$aDays$tActs\n=740  02$aPart\n=773  0\\$tJournal$x1$gvol. 2$q2<7\n"
        "=776  0\\$iOnline:$tWeb$w(X)1\n=780  00$tOld\n=787  0\\$tOther\n=800  1\\$aPoe, E.$tWorks\n=856  "
        "42$uhttp://y\n");
}

TEST(crosswalk_to_marc, simple_dublin_core) {
    EXPECT_EQ(
        dc("<dc:title>T</dc:title><dc:title>U</dc:title><dc:creator>Doe, J.</dc:creator><dc:creator>Acme</dc:creator>"
           "<dc:contributor>Poe, E.</dc:contributor><dc:type>text</dc:type><dc:type>Essay</dc:type>"
           "<dc:publisher>P</dc:publisher><dc:date>2001-05</dc:date><dc:language>fr</dc:language>"
           "<dc:language>German</dc:language><dc:language>Klingon</dc:language><dc:description>D</dc:description>"
           "<dc:subject>S</dc:subject><dc:coverage>Rome</dc:coverage><dc:coverage>1990-2000</dc:coverage>"
           "<dc:relation>R</dc:relation><dc:relation>http://r</dc:relation><dc:source>Q</dc:source>"
           "<dc:identifier>URN:ISBN:9780306406157</dc:identifier><dc:identifier>http://i</dc:identifier>"
           "<dc:identifier>doi:10.1/x</dc:identifier><dc:identifier>ISSN 0378-5955</dc:identifier>"
           "<dc:identifier>any</dc:identifier><dc:rights>CC</dc:rights><dc:format>text/html</dc:format>"
           "<dc:format>12 p.</dc:format>"),
        "=008  \\\\\\\\\\\\s2001\\\\\\\\xx\\||||\\|\\\\\\\\|||||||fre\\d\n=020  \\\\$a9780306406157\n=022  "
        "\\\\$a0378-5955\n"
        "=024  7\\$a10.1/x$2doi\n=024  8\\$aany\n=041  \\\\$afre$ager\n=100  1\\$aDoe, J.\n=245  10$aT\n=246  33$aU\n"
        "=264  \\1$bP$c2001-05\n=300  \\\\$a12 p.\n=546  \\\\$aKlingon\n=520  \\\\$aD\n=540  \\\\$aCC\n=655  "
        "\\4$aEssay\n"
        "=653  \\\\$aS\n=651  \\4$aRome\n=648  \\4$a1990-2000\n=720  2\\$aAcme\n=720  1\\$aPoe, E.$econtributor\n"
        "=786  0\\$tQ\n=787  0\\$tR\n=787  0\\$ohttp://r\n=856  4\\$qtext/html\n=856  40$uhttp://i\n");
    EXPECT_NE(fields("from_dc",
                     "<srw:r xmlns:srw='a'><srw_dc:dc xmlns:srw_dc='b'><title xmlns='c'>T</title></srw_dc:dc></srw:r>")
                  .find("=245  00$aT\n"),
              std::string::npos);
}

TEST(crosswalk_to_marc, qualified_dublin_core) {
    EXPECT_EQ(dc("<dcterms:issued xsi:type='dcterms:W3CDTF'>1999</dcterms:issued>"
                 "<dcterms:dateCopyrighted xsi:type='dcterms:W3CDTF'>1998</dcterms:dateCopyrighted>",
                 "qualifieddc")
                  .substr(12, 9),
              "t19991998");
    EXPECT_EQ(
        dc_fields(
            "<dcterms:alternative>A</dcterms:alternative><dcterms:creator>Doe, J. (author)</dcterms:creator>"
            "<dcterms:contributor>Acme (funder)</dcterms:contributor><dcterms:abstract>B</dcterms:abstract>"
            "<dcterms:description>D</dcterms:description><dcterms:tableOfContents>C</dcterms:tableOfContents>"
            "<dcterms:subject xsi:type='dcterms:LCSH'>Dogs--France--Art</dcterms:subject>"
            "<dcterms:subject xsi:type='dcterms:DDC'>510</dcterms:subject><dcterms:spatial>Rome</dcterms:spatial>"
            "<dcterms:temporal>1900</dcterms:temporal><dcterms:extent>3 p.</dcterms:extent>"
            "<dcterms:medium>paper</dcterms:medium><dcterms:isPartOf>J</dcterms:isPartOf>"
            "<dcterms:replaces>O</dcterms:replaces><dcterms:accessRights>open</dcterms:accessRights>"
            "<dcterms:license>http://cc</dcterms:license><dcterms:rightsHolder>Me</dcterms:rightsHolder>"
            "<dcterms:bibliographicCitation>Cite</dcterms:bibliographicCitation>"
            "<dcterms:audience>Adult</dcterms:audience><dcterms:identifier>https://doi.org/10.1/x</dcterms:identifier>",
            "qualifieddc"),
        "=024  7\\$a10.1/x$2doi\n=082  04$a510\n=100  1\\$aDoe, J.$eauthor\n=246  33$aA\n=300  \\\\$a3 p.\n"
        "=340  \\\\$apaper\n=505  0\\$aC\n=520  3\\$aB\n=500  \\\\$aD\n=524  \\\\$aCite\n=506  \\\\$aopen\n"
        "=540  \\\\$uhttp://cc\n=542  \\\\$dMe\n=650  \\0$aDogs$xFrance$xArt\n=651  \\4$aRome\n=648  \\4$a1900\n"
        "=720  2\\$aAcme$efunder\n=773  0\\$tJ\n=780  00$tO\n");
}

TEST(crosswalk_to_marc, documents_without_anything_and_of_another_kind) {
    std::pmr::vector<conversion_note> notes;
    EXPECT_EQ(fields("from_mods", "<mods/>", &notes).substr(0, 30), "=LDR  00000nam\\a2200000u\\\\4500");
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].text, "there is no title: the document has no titleInfo");
    notes.clear();
    EXPECT_EQ(fields("from_dc", "<dc/>", &notes).substr(0, 30), "=LDR  00000nam\\a2200000uu\\4500");
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].text, "there is no title: the document has no title");
    EXPECT_THROW(fields("from_mods", "<record/>"), marc::parse_error);
    EXPECT_THROW(fields("from_dc", "{}"), marc::parse_error);
    EXPECT_THROW(fields("from_dc", "<r><dc/><dc/></r>"), marc::parse_error);
}

/// Real records to a format, back and there again: at most so many of a thousand values of each path may be lost.
void expect_kept(const char* format, const char* back, std::size_t per_thousand) {
    const auto data = marc_test::shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data";
    }
    const rule_text texts[] = {{format, *find_shipped(format)}, {back, *find_shipped(back)}};
    const rule_set there({&texts[0], 1});
    const rule_set again({&texts[1], 1});
    crosswalk_test::round_trip trip(there, again);
    const std::string file = marc_test::read_gzip(*data / "marc/gpo/gpo-20000-utf8.mrc.gz");
    marc::iso2709_splitter splitter(marc::as_bytes(file));
    marc::iso2709_piece piece;
    marc::builder b;
    const std::size_t every = 20 * marc_test::one_in();
    for (std::size_t i = 0; splitter.next(piece); ++i) {
        if (i % every == 0) {
            marc::read_iso2709(piece.bytes, b);
            trip.add(b.finish().view(), std::to_string(i));
        }
    }
    EXPECT_GT(trip.documents(), 20'000 / every - 1);
    EXPECT_GT(trip.paths().size(), 10U);
    std::size_t kept = 0;
    std::size_t lost = 0;
    for (const auto& [path, count] : trip.paths()) {
        kept += count.kept;
        lost += count.lost;
        // One value is no measure where there are few.
        EXPECT_LE(count.lost, 1 + (count.kept + count.lost) * per_thousand / 1000)
            << path << " in record " << count.example;
    }
    EXPECT_LE(lost * 1000, (kept + lost) * per_thousand);
}

TEST(crosswalk_to_marc, mods_round_trip) {
    expect_kept("mods", "from_mods", 1);
}
TEST(crosswalk_to_marc, dc_round_trip) {
    expect_kept("dc", "from_dc", 1);
}
TEST(crosswalk_to_marc, dcterms_round_trip) {
    expect_kept("dcterms", "from_dc", 5);
}

} // namespace
