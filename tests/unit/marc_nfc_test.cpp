// Normalisation, against what Python's unicodedata gives (tests/data/normalization.txt).
#include "marc/charset.hpp"
#include "marc/nfc.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

std::string nfc(std::string_view text) {
    std::pmr::string out;
    append_nfc(text, out);
    return std::string(out);
}

std::string nfd(std::string_view text) {
    std::pmr::string out;
    append_nfd(text, out);
    return std::string(out);
}

std::string characters(const std::string& hexadecimal) {
    std::istringstream in(hexadecimal);
    std::string text;
    unsigned c = 0;
    while (in >> std::hex >> c) {
        char bytes[4];
        text.append(bytes, encode_character(c, bytes));
    }
    return text;
}

TEST(marc_nfc, agrees_with_python) {
    std::istringstream file(read_file(std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "tests/data/normalization.txt"));
    std::string line;
    std::size_t strings = 0;
    while (std::getline(file, line)) {
        if (line.empty() || line[0] == '#') {
            continue;
        }
        std::istringstream parts(line);
        std::string text;
        std::string c;
        std::string d;
        std::getline(parts, text, ';');
        std::getline(parts, c, ';');
        std::getline(parts, d, ';');
        ASSERT_EQ(nfc(characters(text)), characters(c)) << line;
        ASSERT_EQ(nfd(characters(text)), characters(d)) << line;
        ASSERT_EQ(nfc(characters(d)), characters(c)) << line;
        ASSERT_TRUE(is_nfc(characters(c))) << line;
        ASSERT_EQ(is_nfc(characters(text)), text == c) << line;
        // The same between other text.
        ASSERT_EQ(nfc("plain text, long enough " + characters(text) + " and more of it"),
                  nfc("plain text, long enough ") + characters(c) + " and more of it")
            << line;
        ++strings;
    }
    std::printf("normalisation: %zu strings\n", strings);
    EXPECT_GT(strings, 4'000U);
}

TEST(marc_nfc, composes_and_decomposes_one_step) {
    EXPECT_EQ(compose('e', 0x301), 0xE9U);
    EXPECT_EQ(compose('e', 'e'), 0U);
    EXPECT_EQ(compose(0x1100, 0x1161), 0xAC00U);
    EXPECT_EQ(compose(0xAC00, 0x11A8), 0xAC01U);
    EXPECT_EQ(decompose(0x1EDA).first, 0x1A0U); // the horn stays
    EXPECT_EQ(decompose(0x1EDA).second, 0x301U);
    EXPECT_EQ(decompose(0x212B).first, 0xC5U);
    EXPECT_EQ(decompose(0x212B).second, 0U);
    EXPECT_EQ(decompose('a').first, 0U);
}

TEST(marc_nfc, a_long_run_of_marks_is_sorted_in_time) {
    std::string text = "a";
    for (int i = 0; i < 200'000; ++i) {
        text += i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3"; // acute above, dot below
    }
    const std::string normal = nfc(text);
    EXPECT_EQ(normal.substr(0, 3), "\xE1\xBA\xA1"); // a with dot below
    EXPECT_EQ(normal.size(), text.size());          // both characters become one of three bytes
    EXPECT_TRUE(is_nfc(normal));
}

TEST(marc_nfc, values_are_normalised_each_for_itself) {
    builder b;
    b.add_field("001", "e\xCC\x81");
    b.add_field("245", "10\x1F"
                       "a\xCC\x81"
                       "e\xCC\x81\x1F"
                       "bo");
    const stored_record r = b.finish();
    EXPECT_FALSE(is_nfc(r.view()));
    build_nfc(r.view(), b);
    const stored_record n = b.finish();
    EXPECT_EQ(n.view().field(0).content(), "\xC3\xA9");
    EXPECT_EQ(n.view().field(1).content(), "10\x1F"
                                           "a\xCC\x81\xC3\xA9\x1F"
                                           "bo");
    EXPECT_TRUE(is_nfc(n.view()));
    EXPECT_EQ(n.view().format(), source_format::other);
}

} // namespace
