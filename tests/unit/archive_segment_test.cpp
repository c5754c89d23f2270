// Segments: what is in them, that others can read it, and that damage of any file is found when it is read back.
#include "archive/segment.hpp"

#include <nlohmann/json.hpp>

#include "archive/premis.hpp"
#include "archive/read_back.hpp"
#include "archive_scratch.hpp"
#include "base/error.hpp"

using namespace everarchive::archive;
using namespace archive_test;

namespace {

/// A root with one segment of `count` records.
struct one_segment {
    explicit one_segment(int count = 50) {
        ocfl_root::create(here.path());
        ocfl_root root(here.path());
        root.try_lock();
        written = write_segment(root, submitted(segment_object(), sample(count)), sample(count));
        content = here.path() / written.location / "v1" / "content";
    }
    std::optional<std::string> read() const {
        return read_back(ocfl_root(here.path()), segment_object().ocfl_id, 1, written.sha512, true, [] {});
    }
    scratch here;
    written_version written;
    fs::path content;
};

} // namespace

TEST(archive_segment, holds_what_it_says) {
    const one_segment s;
    EXPECT_EQ(s.read(), std::nullopt);
    EXPECT_EQ(list(validate_root(s.here.path())), "");
    const auto summary = nlohmann::json::parse(slurp(s.content / "segment.json"));
    EXPECT_EQ(summary["versions"], 50);
    EXPECT_EQ(summary["files"], 100);
    EXPECT_EQ(summary["policies"], (nlohmann::json{"all", "others"}));
    EXPECT_EQ(summary["recordsZipSha512"], digest_of("sha512", slurp(s.content / "records.zip")));
    std::istringstream index(slurp(s.content / "index.tsv"));
    std::string header, line;
    std::getline(index, header);
    EXPECT_EQ(header, "path\tversion_id\tsource\tkind\tkey\tn\tdigest\tsha512\tbytes");
    std::getline(index, line);
    EXPECT_TRUE(line.starts_with("koha_main/bib/1001/v1/entity.json\t1\tkoha_main\tbib\t1001\t1\taaaa")) << line;
}

TEST(archive_segment, others_read_it) {
    const one_segment s;
    if (has_program("unzip")) {
        EXPECT_EQ(shell("unzip -t " + (s.content / "records.zip").string()), 0);
    }
    const std::string object = (s.here.path() / s.written.location).string();
    EXPECT_EQ(shell("cd " + object + " && sha512sum -c inventory.json.sha512"), 0);
    // An outside OCFL validator, such as ocfl-py's: called with the object, 0 means valid.
    if (const char* validator = std::getenv("OCFL_VALIDATOR"); validator != nullptr) {
        EXPECT_EQ(shell(std::string(validator) + " " + object), 0);
    }
}

TEST(archive_segment, premis_is_valid_against_the_schema) {
    const fs::path xsd = shared_data() / "preservation" / "xsd";
    if (!fs::exists(xsd / "premis3" / "premis.xsd") || !has_program("xmllint")) {
        GTEST_SKIP() << "no PREMIS schema (set EVERARCHIVE_SHARED) or no xmllint";
    }
    const scratch here;
    const fs::path file = here.path() / "premis.xml";
    std::ofstream(file) << premis_xml(
        {"tag:a,2026:x?<&>\"'", "2026-01-31T12:00:00Z", 1, 2, 3, std::string(128, 'a'), "0.1.0"});
    const std::string check = "XML_CATALOG_FILES=" + (xsd / "catalog.xml").string() +
                              " xmllint --nonet --noout --schema " + (xsd / "premis3" / "premis.xsd").string() + " ";
    EXPECT_EQ(shell(check + file.string()), 0);
    EXPECT_NE(shell(check + (xsd / "premis3" / "bad-event-no-type.xml").string()), 0) << "the check cannot fail";
}

TEST(archive_segment, tsv_fields_stay_in_their_column) {
    EXPECT_EQ(tsv_field("a\tb\nc\\d\re"), "a\\tb\\nc\\\\d\\re");
}

TEST(archive_segment, one_flipped_bit_anywhere_is_found) {
    const one_segment s;
    const fs::path object = s.here.path() / s.written.location;
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(object)) {
        if (!entry.is_regular_file()) {
            continue;
        }
        ++files;
        const std::string good = slurp(entry.path());
        std::string bad = good;
        bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
        std::ofstream(entry.path(), std::ios::binary) << bad;
        EXPECT_FALSE(is_valid(validate_object(object))) << entry.path();
        // The declaration and the root's copy of the inventory are not part of the version that is read back.
        if (entry.path().filename() != "0=ocfl_object_1.1") {
            EXPECT_NE(s.read(), std::nullopt) << entry.path();
        }
        std::ofstream(entry.path(), std::ios::binary) << good;
    }
    EXPECT_EQ(files, 9);
    EXPECT_EQ(s.read(), std::nullopt);
}

TEST(archive_segment, a_zip_that_disagrees_with_its_index_is_found) {
    const one_segment one(3);
    const one_segment other(4);
    fs::copy_file(other.content / "records.zip", one.content / "records.zip", fs::copy_options::overwrite_existing);
    EXPECT_NE(check_segment_content(one.content), std::nullopt);
    fs::copy_file(other.content / "index.tsv", one.content / "index.tsv", fs::copy_options::overwrite_existing);
    EXPECT_EQ(check_segment_content(one.content), std::nullopt);
}
