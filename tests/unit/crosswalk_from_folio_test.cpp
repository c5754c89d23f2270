// FOLIO's instances -> MARC 21: small ones, those of FOLIO's own samples, and there and back again.
#include "../crosswalk/round_trip.hpp"
#include "crosswalk_validity.hpp"

#include "marc/error.hpp"
#include "marc/iso2709.hpp"

#include <gtest/gtest.h>

using namespace crosswalk;
using namespace crosswalk_test;

namespace {

const rule_set& rules() {
    static const shipped_rules_of all("from_folio");
    return all.set();
}

std::string convert(std::string_view json, std::vector<std::string>* said = nullptr) {
    converter c(rules());
    marc::builder made;
    std::pmr::vector<conversion_note> notes;
    c.document_to_marc(json, made, &notes);
    for (const conversion_note& note : notes) {
        if (said != nullptr) {
            said->emplace_back(note.text);
        }
    }
    return mrk_of(made.finish().view());
}

std::string fields(std::string_view json, const std::vector<std::string_view>& tags) {
    return lines_of(convert(json), tags);
}

// ---- Small instances

TEST(crosswalk_from_folio, title) {
    const auto title = [](std::string_view text, std::string_view sorted = {}) {
        return fields(R"({"title":")" + std::string(text) + R"(","indexTitle":")" + std::string(sorted) + "\"}",
                      {"245"});
    };
    EXPECT_EQ(title("The cat : a story / J. Doe ; R. Roe.", "Cat : a story /"),
              "=245  04$aThe cat :$ba story /$cJ. Doe ; R. Roe.\n");
    EXPECT_EQ(title("... Cat", "Cat"), "=245  04$a... Cat\n");
    EXPECT_EQ(title("Cats", "Cats"), "=245  00$aCats\n");
    EXPECT_EQ(title("Cats [microform] : a / b", "Cats a /"), "=245  00$aCats$h[microform] :$ba /$cb\n");
    EXPECT_EQ(title("Cats [a / b].", "Cats [a /"), "=245  00$aCats [a /$cb].\n");
    EXPECT_EQ(title("Cats [sic] and dogs", "Cats [sic] and dogs"), "=245  00$aCats [sic] and dogs\n");
    EXPECT_EQ(convert("{}"), "=LDR  00000nam\\a2200000\\i\\4500\n=008  |||||||||||||||xx\\||||||||||||||\\||\\\\\\||");
}

TEST(crosswalk_from_folio, identifiers) {
    EXPECT_EQ(fields(R"json({"identifiers":[
        {"value":"9780306406157 (pbk.)","identifierTypeId":"8261054f-be78-422d-bd51-4ed9f33c3422"},
        {"value":"0306406153","identifierTypeId":"fcca2643-406a-482a-b760-7a7f8aec640e"},
        {"value":"0028-0836","identifierTypeId":"913300b2-03ed-469a-8179-c1092c991227"},
        {"value":"84641839","identifierTypeId":"c858e4f2-2b6b-4385-842b-60732ee14abb"},
        {"value":"12345","identifierTypeId":"439bfbae-75bc-4f74-9fc7-b2a2d47ce3ef"},
        {"value":"10.1000/182","identifierTypeId":"39554f54-d0bb-4f0a-89a4-e422f6136316"},
        {"value":"10.1000/183 doi","identifierTypeId":"2e8b3b6c-0e7d-4e48-bca2-b0b23b376af5"},
        {"value":"x","identifierTypeId":"00000000-0000-0000-0000-000000000000"}]
})json",
                     {"010", "020", "022", "024", "035"}),
              "=010  \\\\$a84641839\n=020  \\\\$a9780306406157$q(pbk.)\n=020  \\\\$z0306406153\n"
              "=022  \\\\$a0028-0836\n=024  7\\$a10.1000/182$2doi\n=024  7\\$a10.1000/183$2doi\n=024  8\\$ax\n"
              "=035  \\\\$a(OCoLC)12345\n");
}

TEST(crosswalk_from_folio, names_and_subjects) {
    EXPECT_EQ(fields(R"({"contributors":[
        {"name":"Roe, R.","contributorNameTypeId":"2b94c631-fca9-4892-a730-03ee529ffe2a","contributorTypeText":"reader"},
        {"name":"Smith, John, 1950-2001","contributorNameTypeId":"2b94c631-fca9-4892-a730-03ee529ffe2a","primary":true,
         "contributorTypeId":"6e09d47d-95e2-4d8a-831b-f777b8ef6d81","authorityId":"a1"},
        {"name":"Cat Society","contributorNameTypeId":"2e48e713-17f3-4c13-a9f8-23845bb210aa","primary":true}],
        "subjects":[{"value":"Dogs--History--France","typeId":"d6488f88-1e74-40ce-81b5-b19a928ff5b7",
        "sourceId":"e894d0dc-621d-4b1d-98f6-6f7120eb0d40"},"pets"]})",
                     {"100", "700", "710", "650"}),
              "=100  1\\$aSmith, John,$d1950-2001$4aut$9a1\n=650  \\0$aDogs$xHistory$xFrance\n=650  \\4$apets\n"
              "=700  1\\$aRoe, R.,$ereader\n=710  2\\$aCat Society\n");
}

TEST(crosswalk_from_folio, description) {
    EXPECT_EQ(
        fields(R"({"hrid":"in1","id":"u1","discoverySuppress":true,"editions":["2nd ed."],
        "publication":[{"publisher":"Pen","place":"Paris","dateOfPublication":"2002","role":"Publication"},
        {"publisher":"Ink","dateOfPublication":"2003"}],
        "physicalDescriptions":["xii, 345 p. : ill. ; 24 cm"],"publicationFrequency":["Monthly","Weekly"],
        "instanceTypeId":"6312d172-f0cf-40f6-b27d-9fa8feaf332f",
        "instanceFormatIds":["8d511d33-5e85-4c5d-9bce-6e3c9cd0c324"],"languages":["eng","fre"],
        "notes":[{"note":"One -- Two","instanceNoteTypeId":"5ba8e385-0e27-462e-a571-ffa1fa34ea54","staffOnly":false},
        {"note":"Secret","instanceNoteTypeId":"86c4bd09-16de-45ee-89d3-b6d32fae6de9","staffOnly":true}],
        "electronicAccess":[{"uri":"https://example.org","linkText":"Text",
        "relationshipId":"3b430592-2e09-4b48-9a0c-0636d66b9fb3"}],"tags":{"tagList":["urgent"]},
        "natureOfContentTermIds":["0abeee3d-8ad2-4b04-92ff-221b4fce1075"],"administrativeNotes":["Check"],
        "statusId":"9634a5ab-9228-4703-baf2-4d12ebc77d56","catalogedDate":"2019-04-05",
        "series":[{"value":"Cats ; 3"}],"succeedingTitles":[{"title":"New"}]})",
               {"001", "008", "041", "250", "260", "264", "300", "310", "321", "336", "337", "338",
                "490", "505", "541", "599", "655", "690", "785", "830", "856", "990", "999"}),
        "=001  in1\n=008  190405s2002\\\\\\\\xx\\||||||||||||||\\||eng||\n=041  \\\\$aeng$afre\n=250  \\\\$a2nd ed.\n"
        "=260  \\\\$bInk,$c2003\n=264  \\1$aParis :$bPen,$c2002\n=300  \\\\$axii, 345 p. :$bill. ;$c24 cm\n"
        "=310  \\\\$aMonthly\n=321  \\\\$aWeekly\n=336  \\\\$atext$btxt$2rdacontent\n"
        "=337  \\\\$aunmediated$bn$2rdamedia\n=338  \\\\$avolume$bnc$2rdacarrier\n=490  1\\$aCats$v3\n"
        "=505  0\\$aOne -- Two\n=541  0\\$aSecret\n=599  \\\\$aCheck\n=655  \\4$ajournal\n=690  \\\\$aurgent\n"
        "=785  00$tNew\n=830  \\0$aCats ;$v3\n=856  41$uhttps://example.org$yText\n"
        "=990  \\\\$aCataloged$c2019-04-05\n=999  ff$iu1$t1\n");
}

// ---- FOLIO's own samples

TEST(crosswalk_from_folio, samples) {
    const auto data = marc_test::shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    converter c(rules());
    validity problems;
    std::map<std::string, std::size_t> lost;
    std::size_t count = 0;
    std::size_t notes_count = 0;
    for (const char* folder :
         {"ils/folio/inventory/sample-data/instances", "ils/folio/oai-instance-storage/instances"}) {
        for (const auto& entry : std::filesystem::directory_iterator(*data / folder)) {
            const std::string json = marc_test::read_file(entry.path());
            if (json.find("\"instances\"") != std::string::npos || json.find("\"title\"") == std::string::npos) {
                continue; // answers with several
            }
            marc::builder made;
            std::pmr::vector<conversion_note> notes;
            c.document_to_marc(json, made, &notes);
            for (const conversion_note& note : notes) {
                std::printf("note: %s: %s\n", entry.path().filename().c_str(), note.text.c_str());
            }
            notes_count += notes.size();
            const marc::stored_record record = made.finish();
            problems.add(record.view(), entry.path().filename().string());
            std::pmr::vector<unmapped_text> rest;
            c.find_unmapped_texts(json, rest);
            for (const unmapped_text& one : rest) {
                std::string path(one.path);
                for (std::size_t open = path.find('['); open != std::string::npos; open = path.find('[')) {
                    path.erase(open, path.find(']', open) + 1 - open);
                }
                ++lost[path];
            }
            ++count;
        }
    }
    std::printf("%zu instances, %zu with errors\n", count, problems.records_with_errors());
    for (const auto& [path, n] : lost) {
        std::printf("%6zu unmapped %s\n", n, path.c_str());
    }
    problems.print();
    EXPECT_EQ(count, 32U);
    // An instance without any date of its making has none in 008; three of the ISBN are none.
    EXPECT_EQ(problems.errors_but({"patternMismatch 008/00-05", "invalidISBN"}), 0U);
    EXPECT_LE(problems.errors_but({"patternMismatch 008/00-05"}), 3U);
    for (const char* path : {"/title", "/contributors/name", "/identifiers/value", "/subjects/value", "/notes/note",
                             "/publication/publisher", "/physicalDescriptions", "/series/value", "/editions"}) {
        EXPECT_EQ(lost[path], 0U) << path;
    }
}

// ---- There and back

TEST(crosswalk_from_folio, round_trip) {
    const auto data = marc_test::shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    const shipped_rules_of there("folio");
    round_trip trip(there.set(), rules());
    const std::string file = marc_test::read_gzip(*data / "marc/gpo/gpo-20000-utf8.mrc.gz");
    marc::iso2709_splitter splitter(marc::as_bytes(file));
    marc::iso2709_piece piece;
    marc::builder read;
    std::size_t number = 0;
    while (splitter.next(piece)) {
        if (number++ % (20 * marc_test::one_in()) != 0) {
            continue;
        }
        marc::read_iso2709(piece.bytes, read);
        const marc::stored_record record = read.finish();
        trip.add(record.view(), std::to_string(number));
    }
    std::size_t kept = 0;
    std::size_t lost = 0;
    for (const auto& [path, counts] : trip.paths()) {
        std::printf("%8zu kept %6zu lost %s%s\n", counts.kept, counts.lost, path.c_str(),
                    counts.lost == 0 ? "" : ("   " + counts.example.substr(0, 100)).c_str());
        kept += counts.kept;
        lost += counts.lost;
    }
    std::printf("%zu instances: %zu kept, %zu lost\n", trip.documents(), kept, lost);
    // In thousandths of the texts of each member.
    const std::map<std::string, std::size_t> allowed = {{"/instance/contributors/name", 5},
                                                        {"/instance/electronicAccess/materialsSpecification", 5},
                                                        {"/instance/electronicAccess/publicNote", 5},
                                                        {"/instance/electronicAccess/relationshipId", 3},
                                                        {"/instance/identifiers/value", 2},
                                                        {"/instance/indexTitle", 10},
                                                        {"/instance/notes/note", 2},
                                                        {"/instance/publication/dateOfPublication", 3},
                                                        {"/instance/subjects/value", 2}};
    for (const auto& [path, counts] : trip.paths()) {
        const auto found = allowed.find(path);
        const std::size_t limit = found == allowed.end() ? 0 : found->second;
        EXPECT_LE(1000 * counts.lost, limit * (counts.kept + counts.lost)) << path << ": " << counts.example;
    }
    EXPECT_GT(kept, 60000U / marc_test::one_in());
    EXPECT_LE(1000 * lost, 2 * (kept + lost));
}

} // namespace
