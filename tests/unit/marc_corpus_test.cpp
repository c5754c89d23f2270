// Real records: every form of the 20,000 GPO records, the damaged files, and MARCXML of library systems.
#include "marc/detect.hpp"
#include "marc/error.hpp"
#include "marc/nfc.hpp"
#include "marc_support.hpp"
#include "marc_targets.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

std::vector<std::filesystem::path> files_under(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.path().filename() != "LICENSE") {
            files.push_back(entry.path());
        }
    }
    return files;
}

TEST(marc_corpus, gpo_records_are_the_same_in_every_form) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    const std::string file = read_gzip(*data / "marc/gpo/gpo-20000-utf8.mrc.gz");
    iso2709_splitter splitter(as_bytes(file));
    iso2709_piece piece;
    std::size_t records = 0;
    std::size_t changed = 0;
    std::size_t inexpressible = 0;
    builder b;
    while (splitter.next(piece)) {
        ++records;
        ASSERT_FALSE(piece.problem) << "at " << piece.offset;
        if (records % one_in() != 0) {
            continue;
        }
        read_iso2709(piece.bytes, b);
        const stored_record stored = b.finish();
        const record_view r = stored.view();
        ASSERT_NO_THROW(r.check());
        const digest_bytes wanted = digest(r);

        const std::string iso = to_iso(r);
        ASSERT_EQ(iso.size(), piece.bytes.size()) << "at " << piece.offset;
        // Only the leader may differ: 10-11 and 20-23 are set right.
        ASSERT_EQ(iso.substr(24), as_text(piece.bytes).substr(24)) << "at " << piece.offset;
        changed += iso == as_text(piece.bytes) ? 0U : 1U;
        ASSERT_EQ(digest(from_iso(iso).view()), wanted);

        for (const bool ascii_only : {false, true}) {
            if (ascii_only && !r.has(record_flag::non_ascii)) {
                continue;
            }
            const stored_record back = from_mrk(to_mrk(r, ascii_only));
            ASSERT_EQ(content(back.view()), content_in_unicode(r)) << "at " << piece.offset;
            ASSERT_EQ(digest(back.view()), wanted);
        }
        try {
            const std::string xml = to_xml(r);
            for (const xml_parser parser : {xml_parser::automatic, xml_parser::full}) {
                if (parser == xml_parser::full && records % (10 * one_in()) != 0) {
                    continue; // slower; one in ten will do
                }
                const stored_record back = from_xml(xml, nullptr, parser);
                ASSERT_EQ(content(back.view()), content_in_unicode(r)) << "at " << piece.offset;
                ASSERT_EQ(digest(back.view()), wanted);
            }
        } catch (const parse_error& e) {
            ASSERT_EQ(e.code(), errc::inexpressible) << e.what();
            ++inexpressible;
            ASSERT_NO_THROW(from_xml(to_xml(r, inexpressible_content::replace)));
        }
    }
    EXPECT_EQ(records, 20'000U);
    if (one_in() == 1) {
        EXPECT_EQ(changed, 439U);      // 432 with 45e0 and 7 with "450 " in leader/20-23
        EXPECT_EQ(inexpressible, 10U); // those with a control character that XML 1.0 forbids
    }
}

/// Reads all records of a file; each gives its bytes back, as it is, from the text form of the type and from the binary
/// form.
struct raw_counts {
    std::size_t records = 0;
    std::size_t residues = 0;
    std::size_t residue_bytes = 0;
    std::size_t marc8 = 0;
    std::size_t mislabelled = 0;
    std::size_t lossy = 0;
    std::size_t refused = 0;
    std::vector<stored_record> stored;
};

raw_counts read_all(const std::string& file, bool keep = false, std::size_t step = 1) {
    raw_counts n;
    iso2709_splitter splitter(as_bytes(file));
    iso2709_piece piece;
    builder b;
    for (std::size_t i = 0; splitter.next(piece); ++i) {
        if (i % step != 0) {
            continue;
        }
        try {
            report notes;
            read_iso2709(piece.bytes, b, &notes);
            stored_record r = b.finish();
            const record_view v = r.view();
            EXPECT_NO_THROW(v.check()) << "at " << piece.offset;
            EXPECT_EQ(to_raw(v), as_text(piece.bytes)) << "at " << piece.offset;
            EXPECT_EQ(notes.has(defect_code::undecodable_bytes) && !v.has(record_flag::lossy), false);
            const stored_record back = from_mrk(to_mrk_of_type(v));
            EXPECT_EQ(as_text(back.bytes()), as_text(r.bytes())) << "at " << piece.offset;
            ++n.records;
            n.residues += v.has(record_flag::residue) ? 1U : 0U;
            n.residue_bytes += v.residue().size();
            n.marc8 += v.encoding() == source_encoding::marc8 ? 1U : 0U;
            n.mislabelled += v.encoding() == source_encoding::utf8_mislabelled ? 1U : 0U;
            n.lossy += v.has(record_flag::lossy) ? 1U : 0U;
            if (keep) {
                n.stored.push_back(std::move(r));
            }
        } catch (const parse_error&) {
            ++n.refused;
        }
    }
    return n;
}

void print(const char* name, const raw_counts& n) {
    std::printf(
        "suite: %s: %zu records, raw bytes exact for all; %zu need a residue, %zu bytes together; %zu refused\n", name,
        n.records, n.residues, n.residue_bytes, n.refused);
}

TEST(marc_corpus, raw_bytes_of_the_gpo_records) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    const raw_counts utf8 = read_all(read_gzip(*data / "marc/gpo/gpo-20000-utf8.mrc.gz"), false, one_in());
    print("gpo-20000-utf8", utf8);
    EXPECT_EQ(utf8.records, 20'000 / one_in());
    EXPECT_EQ(utf8.residues, 0U); // the leaders with 45e0 are stored as they came
    const raw_counts marc8 = read_all(read_gzip(*data / "marc/gpo/gpo-3000-marc8.mrc.gz"));
    print("gpo-3000-marc8", marc8);
    EXPECT_EQ(marc8.records, 3'000U);
    EXPECT_EQ(marc8.refused, 0U);
    // 116 records have bytes over 7F, 45 of them are valid UTF-8; MARC-8 escapes stand in 6 of those 45 and in 12
    // others.
    EXPECT_EQ(marc8.mislabelled, 45U - 6U);
    EXPECT_EQ(marc8.marc8, 116U - 45U + 6U + 12U);
    EXPECT_EQ(marc8.lossy, 1U); // two codes of EACC that the tables do not have
    EXPECT_EQ(marc8.residues, 9U);
    EXPECT_EQ(marc8.residue_bytes, 1'081U);
}

TEST(marc_corpus, marc8_pairs_are_the_same_records) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    const raw_counts marc8 = read_all(read_file(*data / "marc/marc8-pairs/marc8_pairs.marc8.mrc"), true);
    const raw_counts utf8 = read_all(read_file(*data / "marc/marc8-pairs/marc8_pairs.utf8.mrc"), true);
    print("marc8-pairs (MARC-8)", marc8);
    print("marc8-pairs (UTF-8)", utf8);
    ASSERT_EQ(marc8.records, 563U);
    ASSERT_EQ(utf8.records, 563U);
    EXPECT_EQ(marc8.marc8, 563U);
    EXPECT_EQ(marc8.lossy, 0U);
    EXPECT_EQ(utf8.residues, 0U);
    EXPECT_EQ(marc8.residues, 1U);
    EXPECT_EQ(marc8.residue_bytes, 10U);
    std::size_t equal = 0;
    std::size_t written_back = 0;
    builder b;
    for (std::size_t i = 0; i < marc8.stored.size(); ++i) {
        build_nfc(marc8.stored[i].view(), b);
        const stored_record one = b.finish();
        build_nfc(utf8.stored[i].view(), b);
        const stored_record other = b.finish();
        equal += digest(one.view()) == digest(other.view()) ? 1U : 0U;
        // The UTF-8 one written as MARC-8 and read again.
        std::pmr::string iso;
        write_iso2709(utf8.stored[i].view(), iso, iso2709_encoding::marc8, unencodable_character::reference);
        build_nfc(from_iso(iso).view(), b);
        written_back += digest(b.finish().view()) == digest(other.view()) ? 1U : 0U;
    }
    std::printf("suite: marc8-pairs: %zu of 563 have the same digest in NFC; %zu after writing MARC-8\n", equal,
                written_back);
    EXPECT_EQ(equal, 563U);
    EXPECT_EQ(written_back, 563U);
}

TEST(marc_corpus, damaged_files_never_break_a_promise) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    std::size_t files = 0;
    raw_counts all;
    for (const std::filesystem::path& path : files_under(*data / "marc/damaged")) {
        SCOPED_TRACE(path.string());
        const std::string file = read_file(path);
        if (detect(file) == form::marcxml) {
            marc_fuzz::marcxml(file);
            continue;
        }
        if (path.extension() == ".txt" || path.extension() == ".json") {
            continue;
        }
        ++files;
        const raw_counts n = read_all(file, true);
        for (const stored_record& r : n.stored) {
            marc_fuzz::check_record(r.view());
        }
        all.records += n.records;
        all.residues += n.residues;
        all.residue_bytes += n.residue_bytes;
        all.lossy += n.lossy;
        all.refused += n.refused;
    }
    std::printf("suite: damaged cases: %zu files, %zu records, %zu lossy\n", files, all.records, all.lossy);
    print("damaged", all);
    // Refused: the pieces of a record cut at a 1D in its leader (badldr.usmarc), and a line of text (farsi.marc).
    EXPECT_EQ(all.refused, 3U);
    EXPECT_EQ(all.records, 162U);
    EXPECT_EQ(all.residues, 28U);
    EXPECT_EQ(all.residue_bytes, 4'473U);
}

TEST(marc_corpus, marcxml_of_library_systems) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    std::size_t records = 0;
    for (const std::filesystem::path& path : files_under(*data / "ils/marc")) {
        SCOPED_TRACE(path.string());
        const std::string file = read_file(path);
        if (detect(file) != form::marcxml) {
            continue;
        }
        try {
            report notes;
            const stored_record r = from_xml(file, &notes);
            EXPECT_GT(r.view().field_count(), 0U);
            EXPECT_EQ(as_text(from_xml(file, nullptr, xml_parser::full).bytes()), as_text(r.bytes()));
            ++records;
        } catch (const parse_error& e) {
            const bool cut_off = path.filename() == "SCSB-9879349.mrx"; // has no </collection>
            EXPECT_EQ(e.code(), cut_off ? errc::bad_xml : errc::many_records) << e.what();
        }
    }
    EXPECT_GT(records, 0U);
}

} // namespace
