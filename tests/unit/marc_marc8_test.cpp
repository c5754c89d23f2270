// MARC-8 and ISO 5426: decoding, encoding, and pairs of texts that others converted.
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/marc8.hpp"
#include "marc/nfc.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

using notes_of = std::vector<std::pair<defect_code, std::size_t>>;

std::string decoded(std::string_view text, notes_of* notes = nullptr, marc8_options options = {}) {
    std::pmr::string out;
    decode_marc8(
        text, out,
        [&](defect_code code, std::size_t at) {
            if (notes != nullptr) {
                notes->emplace_back(code, at);
            }
        },
        options);
    return std::string(out);
}

std::string encoded(std::string_view text, unencodable_character policy = unencodable_character::error) {
    std::pmr::string out;
    encode_marc8(text, out, policy);
    return std::string(out);
}

std::string nfc(std::string_view text) {
    std::pmr::string out;
    append_nfc(text, out);
    return std::string(out);
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::istringstream in(read_file(file));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

TEST(marc_marc8, every_set) {
    EXPECT_EQ(decoded("plain"), "plain");
    EXPECT_EQ(decoded("\xA1\xB5\xC7\xC8"), "Łæß€");
    EXPECT_EQ(decoded("\x1Bg"
                      "abc\x1Bs"
                      "abc"),
              "αβγabc");
    EXPECT_EQ(decoded("H\x1B"
                      "b2\x1BsO 10\x1Bp3\x1Bs"),
              "H₂O 10³");
    EXPECT_EQ(decoded("\x1B(2`abc\x1B(B"), "אבגד");
    EXPECT_EQ(decoded("\x1B(NaBC\x1B(B"), "Абц");
    EXPECT_EQ(decoded("\x1B(N\x1B)Q\xC0"), "ґ");
    EXPECT_EQ(decoded("\x1B(3GHI\x1B(B"), "ابة");
    EXPECT_EQ(decoded("\x1B)4\xA1"), "\xDB\xBD"); // U+06FD
    EXPECT_EQ(decoded("\x1B(Sabd\x1B(B"), "αβγ");
    EXPECT_EQ(decoded("\x1B$1!0!\x1B(B"), "一");
    EXPECT_EQ(decoded("\x1B$)1\xA1\xB0\xA1"), "一");
    EXPECT_EQ(decoded("\x1B,B\x1B-!Ea\xE2"
                      "e"),
              "ae\xCC\x81");
    EXPECT_EQ(decoded("\x1B(!E5\x1B(B"), "æ"); // B5, in G0
    EXPECT_EQ(decoded("\x88The \x89X\x8D\x8E"), "\xC2\x98The \xC2\x9CX\xE2\x80\x8D\xE2\x80\x8C");
}

TEST(marc_marc8, marks_stand_before_their_base) {
    EXPECT_EQ(decoded("\xE2"
                      "e"),
              "e\xCC\x81");
    EXPECT_EQ(decoded("\xE3\xE2"
                      "e"),
              "e\xCC\x82\xCC\x81");
    // Ligature and double tilde span two letters: U+0361 and U+0360 between them.
    EXPECT_EQ(decoded("\xEBt\xECs"), "t\xCD\xA1s");
    EXPECT_EQ(decoded("\xFAn\xFBg"), "n\xCD\xA0g");
    EXPECT_EQ(encoded("t\xCD\xA1s n\xCD\xA0g"), "\xEBt\xECs \xFAn\xFBg");
    EXPECT_EQ(decoded("t\xECs"), "ts\xEF\xB8\xA1"); // a second half alone stays one
    notes_of notes;
    EXPECT_EQ(decoded("  \x1F"
                      "aab\xE2\x1F"
                      "bc",
                      &notes),
              "  \x1F"
              "aab\xCC\x81\x1F"
              "bc");
    EXPECT_EQ(notes, (notes_of{{defect_code::mark_without_base, 6}}));
    // Across an escape sequence.
    EXPECT_EQ(decoded("\xE2\x1B(Na"), "А\xCC\x81");
}

TEST(marc_marc8, lost_characters_and_what_looks_like_them) {
    EXPECT_EQ(decoded("a\xEF\xBF\xBD"
                      "b"),
              "a\xEF\xBF\xBD"
              "b"); // U+FFFD in UTF-8: no three characters of the extended Latin set
    EXPECT_EQ(decoded("\x1B)4\xEF\xBF\xBD"), "\xDB\x84\xDA\x93\xDA\x91"); // three of the extended Arabic set
}

TEST(marc_marc8, what_cannot_be_read_is_noted) {
    notes_of notes;
    EXPECT_EQ(decoded("a\xFF"
                      "b\xAF",
                      &notes),
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD");
    EXPECT_EQ(notes, (notes_of{{defect_code::undecodable_bytes, 1}, {defect_code::undecodable_bytes, 3}}));
    notes.clear();
    EXPECT_EQ(decoded("x\x1B?y", &notes), "x\x1B?y");
    EXPECT_EQ(decoded("x\x1B", &notes), "x\x1B");
    EXPECT_EQ(notes, (notes_of{{defect_code::bad_escape, 1}, {defect_code::bad_escape, 1}}));
    notes.clear();
    // Three bytes of EACC that a delimiter cuts; sets last until the next sequence, and codes belong to none.
    EXPECT_EQ(decoded("\x1B$1!0\x1F"
                      "a!0!\x1B(B",
                      &notes),
              "\xEF\xBF\xBD\x1F"
              "a一");
    EXPECT_EQ(notes, (notes_of{{defect_code::undecodable_bytes, 3}}));
    notes.clear();
    EXPECT_EQ(decoded("\x1B"
                      "b2O",
                      &notes),
              "₂O"); // no way back from the subscripts
    EXPECT_EQ(notes, (notes_of{{defect_code::bad_escape, 3}}));
}

TEST(marc_marc8, character_references) {
    EXPECT_EQ(decoded("a&#x0416;&#x1F4DA;"), "aЖ📚");
    EXPECT_EQ(decoded("\xE2&#x0416;"), "Ж\xCC\x81");
    // No delimiter comes in this way, and ASCII needs no reference.
    for (const char* text :
         {"&#x1F;", "&#x001F;", "&#x0041;", "&#xD800;", "&#x110000;", "&#x0416", "&#1046;", "&", "&#x"}) {
        EXPECT_EQ(decoded(text), text);
    }
    EXPECT_EQ(encoded("Ж📚", unencodable_character::reference), "\x1B(Nv\x1B(B&#x1F4DA;");
    try {
        encoded("ab📚");
        FAIL();
    } catch (const parse_error& e) {
        EXPECT_EQ(e.code(), errc::unencodable);
        EXPECT_EQ(e.offset(), 2U);
    }
}

TEST(marc_marc8, encodes_with_the_right_sets) {
    EXPECT_EQ(encoded("plain"), "plain");
    EXPECT_EQ(encoded("é"), "\xE2"
                            "e");
    EXPECT_EQ(encoded("ab é"), "ab \xE2"
                               "e");
    EXPECT_EQ(encoded("Ớ"), "\xE2\xAC"); // O with horn and acute
    EXPECT_EQ(encoded("O\xCC\x9B\xCC\x81"), "\xE2\xAC");
    EXPECT_EQ(encoded("H₂O"), "H\x1B"
                              "b2\x1BsO");
    EXPECT_EQ(encoded("  \x1F"
                      "aАбц 12.\x1F"
                      "bx"),
              "  \x1F"
              "a\x1B(NaBC 12.\x1B(B\x1F"
              "bx");
    EXPECT_EQ(encoded("一 一,"), "\x1B$1!0!\x1B(B \x1B$1!0!\x1B(B,");
    EXPECT_EQ(encoded("αβ"), "\x1B(Sab\x1B(B");
    EXPECT_EQ(encoded("ڊ"), "\x1B)4" + encoded("ڊ").substr(3, 1) + "\x1B)!E");
    EXPECT_EQ(encoded("\xC2\x98The \xC2\x9CX"), "\x88The \x89X");
    // A mark that has nothing before it would go to what follows.
    EXPECT_THROW(encoded("\x1F"
                         "a\xCC\x81"
                         "b"),
                 parse_error);
    EXPECT_THROW(encoded("a\x1B(B"), parse_error);
}

TEST(marc_marc8, every_character_comes_back) {
    std::size_t characters = 0;
    for (char32_t c = 0x20; c < 0x30000; ++c) {
        char bytes[4];
        const std::size_t length = encode_character(c, bytes);
        const bool is_mark = nfc(std::string("e") + std::string(bytes, length)).size() < 1 + length || c == 0x345;
        if (length == 0) {
            continue;
        }
        // Marks need a letter before them.
        const std::string text = (is_mark || (c >= 0x300 && c < 0x370) ? "a" : "") + std::string(bytes, length);
        std::string marc8;
        try {
            marc8 = encoded(text);
        } catch (const parse_error&) {
            continue; // not in MARC-8, or a mark that is none of Latin
        }
        notes_of notes;
        ASSERT_EQ(nfc(decoded(marc8, &notes)), nfc(text)) << "U+" << std::hex << static_cast<unsigned>(c);
        ASSERT_TRUE(notes.empty()) << "U+" << std::hex << static_cast<unsigned>(c);
        ++characters;
    }
    std::printf("MARC-8: %zu characters there and back\n", characters);
    EXPECT_GT(characters, 15'500U);
}

TEST(marc_marc8, lines_of_pymarc_and_ruby_marc) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    std::size_t lines = 0;
    std::size_t back = 0;
    for (const char* folder : {"marc/damaged/pymarc", "marc/damaged/ruby-marc/marc8/data"}) {
        const std::vector<std::string> marc8 = lines_of(*data / folder / "test_marc8.txt");
        const std::vector<std::string> utf8 = lines_of(*data / folder / "test_utf8.txt");
        ASSERT_EQ(marc8.size(), utf8.size());
        for (std::size_t i = 0; i < marc8.size(); ++i) {
            EXPECT_EQ(nfc(decoded(marc8[i])), nfc(utf8[i])) << folder << " line " << i + 1;
            back += encoded(decoded(marc8[i]), unencodable_character::reference) == marc8[i] ? 1U : 0U;
            ++lines;
        }
    }
    std::printf("MARC-8 lines: %zu, of which %zu are the same bytes again\n", lines, back);
    EXPECT_GT(lines, 0U);
}

TEST(marc_marc8, iso5426) {
    const auto read = [](std::string_view text) {
        std::pmr::string out;
        decode_iso5426(text, out, [](defect_code, std::size_t) {});
        return std::string(out);
    };
    EXPECT_EQ(read("\xC2"
                   "e\xC8o\xC9u \xE1\xEA\xFB \xA7\xAB\xBB"),
              "e\xCC\x81o\xCC\x88u\xCC\x88 ÆŒß §«»");
    EXPECT_EQ(read("\xDDt\xDEs"), "t\xCD\xA1s");
    EXPECT_EQ(read("\xDDn\xDFg"), "n\xCD\xA0g");
    EXPECT_EQ(read("a\x1B(B"), "a\x1B(B"); // no escape sequences here
    std::pmr::string out;
    encode_iso5426(read("\xC2"
                        "e\xC9u \xE1 \xDDt\xDEs"),
                   out);
    EXPECT_EQ(out, "\xC2"
                   "e\xC9u \xE1 \xDDt\xDEs");
}

} // namespace
