// Runs every input in tests/fuzz/corpus through its fuzz target.
#include "marc_edit_target.hpp"
#include "marc_query_target.hpp"
#include "marc_json_target.hpp"
#include "marc_lines_target.hpp"
#include "marc_split_target.hpp"
#include "marc_support.hpp"
#include "marc_charset_target.hpp"
#include "marc_avram_target.hpp"
#include "marc_targets.hpp"

#include <gtest/gtest.h>

namespace {

void replay(const char* name, void (*target)(std::string_view)) {
    std::size_t inputs = 0;
    const std::filesystem::path folder = std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "tests/fuzz/corpus" / name;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        SCOPED_TRACE(file.path().string());
        target(marc_test::read_file(file.path()));
        ++inputs;
    }
    EXPECT_GT(inputs, 0U);
}

TEST(marc_fuzz_replay, charset) {
    replay("marc_charset", marc_fuzz::charset);
}
TEST(marc_fuzz_replay, iso2709) {
    replay("marc_iso2709", marc_fuzz::iso2709);
}
TEST(marc_fuzz_replay, marcxml) {
    replay("marc_marcxml", marc_fuzz::marcxml);
}
TEST(marc_fuzz_replay, mrk) {
    replay("marc_mrk", marc_fuzz::mrk);
}
TEST(marc_fuzz_replay, path) {
    replay("marc_path", marc_fuzz::path);
}
TEST(marc_fuzz_replay, edit) {
    replay("marc_edit", marc_fuzz::edit);
}
TEST(marc_fuzz_replay, avram) {
    replay("marc_avram", marc_fuzz::avram);
}
TEST(marc_fuzz_replay, query) {
    replay("marc_query", marc_fuzz::query);
}
TEST(marc_fuzz_replay, record_check) {
    replay("marc_record_check", marc_fuzz::record_check);
}
TEST(marc_fuzz_replay, json) {
    replay("marc_json", marc_fuzz::json);
}
TEST(marc_fuzz_replay, lines) {
    replay("marc_lines", marc_fuzz::lines);
}
TEST(marc_fuzz_replay, split) {
    replay("marc_split", marc_fuzz::split);
}

} // namespace
