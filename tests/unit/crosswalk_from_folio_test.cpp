// FOLIO's instances -> MARC 21: small ones, those of FOLIO's own samples, and there and back again.
#include "../crosswalk/round_trip.hpp"
#include "crosswalk_made_record.hpp"

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

[[maybe_unused]] std::string fields(std::string_view json, const std::vector<std::string_view>& tags) {
    return lines_of(convert(json), tags);
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
    for (const char* folder : {"ils/folio/inventory/sample-data/instances", "ils/folio/oai-instance-storage/instances"}) {
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
    EXPECT_GE(count, 38U);
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
}

} // namespace
