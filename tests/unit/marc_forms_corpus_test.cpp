// Real records through the newer forms: every record of every file under data/marc and data/ils that a reader accepts,
// to JSON in both forms, line mode and Aleph sequential, and back to the same digest.
#include "marc/error.hpp"
#include "marc/json.hpp"
#include "marc/split.hpp"
#include "marc_json_target.hpp"
#include "marc_lines_target.hpp"
#include "marc_support.hpp"

#include <cstdio>
#include <gtest/gtest.h>
#include <map>

using namespace marc;
using namespace marc_test;

namespace {

struct counts {
    std::size_t files = 0;
    std::size_t records = 0;
    std::size_t unread = 0;
    std::size_t beyond_iso2709 = 0;
};

void through_all_forms(const record_view& r) {
    marc_fuzz::check_json(r);
    marc_fuzz::check_lines(r);
}

/// Reads whatever is in the file; a file of none of the forms counts as none.
void read_all(const std::string& file, counts& n, std::size_t step) {
    const form found = detect(file);
    if (found == form::unknown || found == form::html || found == form::zip || found == form::gzip) {
        return;
    }
    file_splitter splitter(as_bytes(file), found, std::pmr::get_default_resource());
    file_piece piece;
    builder b;
    bool any = false;
    for (std::size_t i = 0; splitter.next(piece); ++i) {
        if (i % step != 0) {
            continue;
        }
        try {
            splitter.read(b);
            const stored_record r = b.finish();
            through_all_forms(r.view());
            n.records += 1;
            n.beyond_iso2709 += r.view().data().size() > limits::iso2709_record_bytes ? 1U : 0U;
            any = true;
        } catch (const parse_error&) {
            n.unread += 1;
        }
    }
    n.files += any ? 1U : 0U;
}

TEST(marc_forms_corpus, every_record_comes_back_from_every_form) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    std::map<std::string, counts> by_folder;
    for (const char* root : {"marc", "ils"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(*data / root)) {
            if (!entry.is_regular_file()) {
                continue;
            }
            SCOPED_TRACE(entry.path().string());
            const std::filesystem::path folder = std::filesystem::relative(entry.path().parent_path(), *data);
            const bool is_gzip = entry.path().extension() == ".gz" && entry.path().stem().extension() != ".tar";
            std::string name = folder.string();
            name.resize(std::min(name.find('/', name.find('/') + 1), name.size()));
            read_all(is_gzip ? read_gzip(entry.path()) : read_file(entry.path()), by_folder[name],
                     name == "marc/gpo" ? one_in() : 1);
        }
    }
    counts all;
    for (const auto& [name, n] : by_folder) {
        if (n.records > 0) {
            std::printf(
                "%-22s %4zu files, %6zu records in all forms and back, %4zu pieces not read, %zu over 99,999 bytes\n",
                name.c_str(), n.files, n.records, n.unread, n.beyond_iso2709);
        }
        all.records += n.records;
    }
    EXPECT_GT(all.records, 700 + 23'000 / one_in());
    EXPECT_GE(by_folder["marc/gpo"].records, 23'000 / one_in());
}

/// MARC-in-JSON of others against the same records in ISO 2709.
TEST(marc_forms_corpus, pymarc_json_is_the_record) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    const auto digests = [&](const char* name) {
        const std::string file = read_file(*data / "marc/damaged/pymarc" / name);
        file_splitter splitter(as_bytes(file), detect(file), std::pmr::get_default_resource());
        file_piece piece;
        builder b;
        std::vector<digest_bytes> all;
        while (splitter.next(piece)) {
            splitter.read(b);
            all.push_back(digest(b.finish().view()));
        }
        return all;
    };
    EXPECT_EQ(digests("one.json"), digests("one.dat"));
    EXPECT_EQ(digests("batch.json").size(), 2U);
    EXPECT_EQ(digests("batch.json"), digests("batch.xml"));
    EXPECT_EQ(digests("test.json").size(), 1U); // with line ends in its strings
}

/// FOLIO's parsed records: the content member, as an object or as a string.
TEST(marc_forms_corpus, folio_content) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    std::size_t records = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(*data / "ils/folio")) {
        if (!entry.is_regular_file()) {
            continue;
        }
        SCOPED_TRACE(entry.path().string());
        const std::string file = read_file(entry.path());
        constexpr std::string_view key = "\"content\"";
        for (std::size_t at = file.find(key); at != std::string::npos; at = file.find(key, at + 1)) {
            const std::size_t start = file.find_first_not_of(" :", at + key.size());
            if (start == std::string::npos || (file[start] != '"' && file[start] != '{')) {
                continue;
            }
            // The value: a string to its end, or an object as the splitter cuts it.
            std::string value;
            if (file[start] == '"') {
                std::size_t end = start + 1;
                while (end < file.size() && file[end] != '"') {
                    end += file[end] == '\\' ? 2U : 1U;
                }
                value = file.substr(start, end + 1 - start);
            } else {
                const std::string rest = file.substr(start);
                file_splitter splitter(as_bytes(rest), form::json, std::pmr::get_default_resource());
                file_piece piece;
                splitter.next(piece);
                value = piece.bytes;
            }
            if (value.find("leader") == std::string::npos) {
                continue; // EDIFACT and such
            }
            builder b;
            ASSERT_NO_THROW(read_json(value, b)) << value.substr(0, 100);
            const stored_record r = b.finish();
            EXPECT_GT(r.view().field_count(), 0U);
            through_all_forms(r.view());
            ++records;
        }
    }
    std::printf("%zu records of FOLIO\n", records);
    EXPECT_GT(records, 20U);
}

} // namespace
