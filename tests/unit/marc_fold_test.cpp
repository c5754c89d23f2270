#include "marc/charset.hpp"
#include "marc/fold.hpp"
#include "marc/naco.hpp"

#include <gtest/gtest.h>

using namespace marc;

namespace {

std::string folded(std::string_view text) {
    std::pmr::string out;
    fold(text, out);
    return std::string(out);
}

std::string naco_of(std::string_view text) {
    std::pmr::string out;
    naco(text, out);
    return std::string(out);
}

std::string words(std::string_view text) {
    std::string all;
    word_cursor cursor(text);
    for (std::string_view word = cursor.next(); !word.empty(); word = cursor.next()) {
        all += '<' + std::string(word) + '>';
    }
    return all;
}

TEST(marc_fold, case_punctuation_and_blanks) {
    EXPECT_EQ(folded("  The Cat:  a--STORY / by O'Neil [ed.].  "), "the cat a story by oneil ed");
    EXPECT_EQ(folded("AT&T, C++, C#, user@host, $5"), "at&t c++ c# user@host $5");
    EXPECT_EQ(folded(""), "");
    EXPECT_EQ(folded(" ./ :"), "");
    EXPECT_EQ(folded(std::string_view("a\0b\tc\x01"
                                      "d",
                                      7)),
              "ab cd");
}

TEST(marc_fold, composed_and_decomposed_are_the_same) {
    EXPECT_EQ(folded("\xC3\x89t\xC3\xA9"), "ete"); // Été
    EXPECT_EQ(folded("E\xCC\x81te\xCC\x81"), "ete");
    EXPECT_EQ(folded("\xE1\xBA\xAF"), folded("a\xCC\x86\xCC\x81"));                    // two marks
    EXPECT_EQ(folded("\xED\x95\x9C"), folded("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB")); // Hangul
    EXPECT_EQ(folded("\xE3\x81\x8C"), folded("\xE3\x81\x8B\xE3\x82\x99"));             // ga
    EXPECT_NE(folded("\xE3\x81\x8C"), folded("\xE3\x81\x8B"));                         // is not ka
    EXPECT_EQ(folded("\xD0\xB9"), folded("\xD0\xB8\xCC\x86"));
}

TEST(marc_fold, letters_that_unicode_does_not_decompose) {
    EXPECT_EQ(folded("\xC3\x86sop \xC5\x92uvre \xC3\x98re \xC4\x90\xC3\x90 \xC3\x9Eorn \xC5\x81\xC3\xB3\x64\xC5\xBA "
                     "I\xC4\xB1\xC4\xB0 "
                     "Stra\xC3\x9F\x65 \xE2\x84\x93"),
              "aesop oeuvre ore dd thorn lodz iii strasse l");
    EXPECT_EQ(folded("\xC6\xA0\xC6\xAF"), "ou");
    EXPECT_EQ(folded("\xEF\xAC\x81"), "fi"); // ligature
    EXPECT_EQ(folded("\xCE\xA3\xCE\xAF\xCF\x83\xCF\x85\xCF\x86\xCE\xBF\xCF\x82"),
              "\xCF\x83\xCE\xB9\xCF\x83\xCF\x85\xCF\x86\xCE\xBF\xCF\x83");
}

TEST(marc_fold, signs_beyond_ascii) {
    EXPECT_EQ(folded("don\xE2\x80\x99t \xCA\xBB\x61li \xE2\x80\x9Cquoted\xE2\x80\x9D \xE2\x80\x93 x"),
              "dont ali quoted x");
    EXPECT_EQ(folded("co\xC2\xADoperate a\xE2\x80\x8D\x62"), "cooperate ab");
    EXPECT_EQ(folded("\xC2\x98The \xC2\x9C\x63\x61t"), "the cat");
    EXPECT_EQ(folded("B\xE2\x99\xAD"), "b\xE2\x99\xAD");
    EXPECT_EQ(folded("\xD9\xA1\xD9\xA9"), "19"); // Arabic digits
    EXPECT_EQ(folded("x\xC2\xB2"), "x2");
}

// The same loop over Python's unicodedata gives this number: extension/marc/tables/fold_reference.py.
TEST(marc_fold, every_code_point_as_python_has_it) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    std::size_t characters = 0;
    for (char32_t c = 1; c < 0x110000; ++c) {
        char bytes[4];
        const std::size_t n = encode_character(c, bytes);
        if (n == 0) {
            continue;
        }
        ++characters;
        const std::string text = "x" + std::string(bytes, n) + "y";
        for (const char b : folded(text) + "\n") {
            hash = (hash ^ static_cast<unsigned char>(b)) * 0x100000001B3U;
        }
    }
    EXPECT_EQ(characters, 1'112'063U);
    EXPECT_EQ(hash, 0xE676AECE8B108AD4U);
}

TEST(marc_fold, a_folded_text_folds_to_itself) {
    std::pmr::string all;
    for (char32_t c = 0x80; c < 0x30000; ++c) {
        char bytes[4];
        const std::size_t n = encode_character(c, bytes);
        std::pmr::string once;
        fold({bytes, n}, once);
        std::pmr::string twice;
        fold(once, twice);
        ASSERT_EQ(once, twice) << std::hex << static_cast<unsigned>(c);
    }
}

TEST(marc_fold, damaged_utf8_stays_inside) {
    for (const std::string_view text :
         {"\xC3", "a\xE2\x80", "\xF4\x90\x80\x80", "\xFF\xFF", "\x80\x80", "\xF8\x80\x80\x80\x80"}) {
        std::pmr::string out;
        fold(text, out);
        EXPECT_LE(out.size(), 40U);
    }
}

TEST(marc_fold, words_stand_between_blanks_and_cjk_alone) {
    EXPECT_EQ(words("hot dogs"), "<hot><dogs>");
    EXPECT_EQ(words(folded("\xE6\x9D\xB1\xE4\xBA\xAC tower\xE7\x89\xA9")),
              "<\xE6\x9D\xB1><\xE4\xBA\xAC><tower><\xE7\x89\xA9>");
    EXPECT_EQ(words(folded("\xE3\x81\x8C\xE3\x81\x8B")), "<\xE3\x81\x8B\xE3\x82\x99><\xE3\x81\x8B>");
    EXPECT_EQ(words(folded("\xEC\x84\x9C\xEC\x9A\xB8")).front(), '<'); // one word
    EXPECT_EQ(words(""), "");
}

TEST(marc_naco, keeps_the_first_comma_and_drops_marks) {
    EXPECT_EQ(naco_of("Twain, Mark, 1835-1910."), "twain, mark 1835 1910");
    EXPECT_EQ(naco_of("Smith,"), "smith");
    EXPECT_EQ(naco_of("M\xC3\xBCller,Hans"), "muller, hans");
    EXPECT_EQ(naco_of("\xC2\x98The \xC2\x9CHague"), "hague");
    EXPECT_EQ(naco_of("\xE0\xA4\xB9\xE0\xA4\xBF"), "\xE0\xA4\xB9"); // vowel signs are marks
    EXPECT_EQ(naco_of("Rock & roll [music]"), "rock & roll music");
}

} // namespace
