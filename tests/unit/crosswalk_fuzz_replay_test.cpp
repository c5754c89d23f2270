// Runs every input in tests/fuzz/corpus of a crosswalk's fuzz target through it.
#include "../fuzz/crosswalk_document_target.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

namespace {

TEST(crosswalk_fuzz_replay, document) {
    std::size_t inputs = 0;
    const auto folder = std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "tests/fuzz/corpus/crosswalk_document";
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        SCOPED_TRACE(file.path().string());
        crosswalk_fuzz::document(marc_test::read_file(file.path()));
        ++inputs;
    }
    EXPECT_GT(inputs, 0U);
}

/// Every input, cut and with a byte changed: nothing crashes.
TEST(crosswalk_fuzz_replay, damaged_documents) {
    const auto folder = std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "tests/fuzz/corpus/crosswalk_document";
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        SCOPED_TRACE(file.path().string());
        const std::string whole = marc_test::read_file(file.path());
        for (std::size_t i = 0; i < whole.size(); i += 3 * marc_test::one_in()) {
            crosswalk_fuzz::document(std::string_view(whole).substr(0, i));
            std::string changed = whole;
            changed[i] = static_cast<char>(changed[i] ^ 0x11);
            crosswalk_fuzz::document(changed);
        }
    }
}

} // namespace
