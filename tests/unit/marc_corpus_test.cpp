// Real records: every form of the 20,000 GPO records, the damaged files, and MARCXML of library systems.
#include "marc/detect.hpp"
#include "marc/error.hpp"
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
            ASSERT_EQ(content(back.view()), content(r)) << "at " << piece.offset;
            ASSERT_EQ(digest(back.view()), wanted);
        }
        try {
            const std::string xml = to_xml(r);
            for (const xml_parser parser : {xml_parser::automatic, xml_parser::full}) {
                if (parser == xml_parser::full && records % 10 != 0) {
                    continue; // slower; one in ten will do
                }
                const stored_record back = from_xml(xml, nullptr, parser);
                ASSERT_EQ(content(back.view()), content(r)) << "at " << piece.offset;
                ASSERT_EQ(digest(back.view()), wanted);
            }
        } catch (const parse_error& e) {
            ASSERT_EQ(e.code(), errc::inexpressible) << e.what();
            ++inexpressible;
            ASSERT_NO_THROW(from_xml(to_xml(r, inexpressible_content::replace)));
        }
    }
    EXPECT_EQ(records, 20'000U);
    EXPECT_EQ(changed, 439U);      // 432 with 45e0 and 7 with "450 " in leader/20-23
    EXPECT_EQ(inexpressible, 10U); // those with a control character that XML 1.0 forbids
}

TEST(marc_corpus, marc8_file_is_refused_where_it_is_not_utf8) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    const std::string file = read_gzip(*data / "marc/gpo/gpo-3000-marc8.mrc.gz");
    iso2709_splitter splitter(as_bytes(file));
    iso2709_piece piece;
    std::size_t mislabelled = 0;
    std::size_t ascii = 0;
    std::size_t refused = 0;
    while (splitter.next(piece)) {
        report notes;
        try {
            const stored_record r = from_iso(as_text(piece.bytes), &notes);
            (r.view().encoding() == source_encoding::ascii ? ascii : mislabelled) += 1;
            EXPECT_EQ(notes.has(defect_code::encoding_mislabelled),
                      r.view().encoding() == source_encoding::utf8_mislabelled);
        } catch (const parse_error& e) {
            EXPECT_EQ(e.code(), errc::unsupported_charset);
            EXPECT_EQ(e.tag().size(), 3U);
            ++refused;
        }
    }
    // 116 records have bytes over 7F, 45 of them are valid UTF-8; MARC-8 escapes stand in 6 of those 45 and in 12
    // others.
    EXPECT_EQ(mislabelled, 45U - 6U);
    EXPECT_EQ(refused, 116U - 45U + 6U + 12U);
    EXPECT_EQ(ascii, 3'000U - 116U - 12U);
}

TEST(marc_corpus, damaged_files_never_break_a_promise) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    std::size_t records = 0;
    std::size_t refused = 0;
    for (const std::filesystem::path& path : files_under(*data / "marc/damaged")) {
        SCOPED_TRACE(path.string());
        const std::string file = read_file(path);
        if (detect(file) == form::marcxml) {
            marc_fuzz::marcxml(file);
            continue;
        }
        iso2709_splitter splitter(as_bytes(file));
        iso2709_piece piece;
        while (splitter.next(piece)) {
            try {
                builder b;
                read_iso2709(piece.bytes, b);
                marc_fuzz::check_record(b.finish().view());
                ++records;
            } catch (const parse_error& e) {
                EXPECT_STRNE(e.what(), "");
                ++refused;
            }
        }
    }
    RecordProperty("records", static_cast<int>(records));
    RecordProperty("refused", static_cast<int>(refused));
    EXPECT_GT(records, 100U);
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
