// Runs every input in tests/fuzz/corpus/crosswalk_… through its fuzz target.
#include "crosswalk_document_target.hpp"
#include "crosswalk_targets.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

namespace {

template <class Take>
void each_input(const char* name, Take take) {
    std::size_t inputs = 0;
    const std::filesystem::path folder = std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "tests/fuzz/corpus" / name;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        SCOPED_TRACE(file.path().string());
        take(marc_test::read_file(file.path()));
        ++inputs;
    }
    EXPECT_GT(inputs, 0U);
}

TEST(crosswalk_fuzz_replay, record) {
    each_input("crosswalk_record", marc_fuzz::crosswalk_record);
}
TEST(crosswalk_fuzz_replay, rules) {
    each_input("crosswalk_rules", marc_fuzz::crosswalk_rules);
}
TEST(crosswalk_fuzz_replay, document) {
    each_input("crosswalk_document", crosswalk_fuzz::document);
}

/// Every input, cut and with a byte changed: nothing crashes.
TEST(crosswalk_fuzz_replay, damaged_documents) {
    each_input("crosswalk_document", [](const std::string& whole) {
        for (std::size_t i = 0; i < whole.size(); i += 3 * marc_test::one_in()) {
            crosswalk_fuzz::document(std::string_view(whole).substr(0, i));
            std::string changed = whole;
            changed[i] = static_cast<char>(changed[i] ^ 0x11);
            crosswalk_fuzz::document(changed);
        }
    });
}

} // namespace
