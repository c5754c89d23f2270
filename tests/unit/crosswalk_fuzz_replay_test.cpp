// Runs every input in tests/fuzz/corpus/crosswalk_… through its fuzz target.
#include "crosswalk_targets.hpp"
#include "marc_support.hpp"

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

TEST(crosswalk_fuzz_replay, record) {
    replay("crosswalk_record", marc_fuzz::crosswalk_record);
}
TEST(crosswalk_fuzz_replay, rules) {
    replay("crosswalk_rules", marc_fuzz::crosswalk_rules);
}

} // namespace
