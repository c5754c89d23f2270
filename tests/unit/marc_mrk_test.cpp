// The mnemonic form: what it looks like, that it is exact, what it refuses.
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc_support.hpp"

#include <algorithm>
#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

errc error_of(const std::string& text) {
    try {
        from_mrk(text);
    } catch (const parse_error& e) {
        return e.code();
    }
    ADD_FAILURE() << "accepted: " << text;
    return errc::corrupt;
}

TEST(marc_mrk, reads_files_of_marcmaker_and_marcedit) {
    const auto value = [](const std::string& text, report* notes = nullptr) {
        const stored_record r = from_mrk("=LDR  x\n=245  10$a" + text + "$bx", notes);
        return std::string(r.view().field(0).content().substr(4));
    };
    const std::string end = "\x1F"
                            "bx";
    EXPECT_EQ(value("T{eacute} {copy} {aelig} {AElig} {szlig} {C3} {bsol} {amp}"), "Té © æ Æ ß © \\ &" + end);
    EXPECT_EQ(value("{acute}e {dotb}{macr}a {llig}t{rlig}s"), "e\xCC\x81 a\xCC\xA3\xCC\x84 t\xCD\xA1s" + end);
    EXPECT_EQ(value("{uml}{inodot} {acute}{U+0416}"), "ı\xCC\x88 Ж\xCC\x81" + end);
    EXPECT_EQ(value("x{acute}"), "x\xCC\x81" + end); // nothing that it could stand on
    report notes;
    EXPECT_EQ(value("{nosuchname} {us}", &notes), "{nosuchname} {us}" + end);
    EXPECT_EQ(notes.count(), 3U); // and the leader is too short
    EXPECT_TRUE(notes.has(defect_code::bad_escape));
    EXPECT_EQ(content(from_mrk("=000  00000nam\\\\2200000\\a\\4500\n=001  1").view()),
              "00000nam  2200000 a 4500|001 1");
    EXPECT_EQ(content(from_mrk("=LDR  00000nam\\\\2200000\\a\\4500\n=000  1").view()),
              "00000nam  2200000 a 4500|000 1");
}

TEST(marc_mrk, looks_as_catalogers_know_it) {
    const std::string text = "=LDR  00000nam\\a2200000\\a\\4500\n"
                             "=001  ocm1\n"
                             "=008  020221s1988\\\\\\\\xxu\n"
                             "=020  \\\\$a0394800168$c{dollar}7.99 (pbk) \\U+00a7\\\n"
                             "=245  10$aGreen {lcub}eggs{rcub} /$cDr. Seuss.\n"
                             "=FMT  BK";
    report notes;
    const stored_record r = from_mrk(text, &notes);
    EXPECT_EQ(notes.count(), 0U);
    EXPECT_EQ(r.view().leader(), "00000nam a2200000 a 4500");
    EXPECT_EQ(r.view().field(1).content(), "020221s1988    xxu");
    EXPECT_EQ(r.view().field(2).content(), "  \x1F"
                                           "a0394800168\x1F"
                                           "c$7.99 (pbk) \\U+00a7\\");
    EXPECT_EQ(to_mrk(r.view()), text);
    EXPECT_EQ(content(from_mrk("\n" + text + "\r\n\r\n").view()), content(r.view()));
}

TEST(marc_mrk, is_exact_for_anything) {
    const std::string nul(1, '\0');
    const std::vector<std::string> contents = {"",
                                               "1",
                                               "10",
                                               "  ",
                                               "10\x1F",
                                               "10\x1F\x1F"
                                               "a\x1F",
                                               "\x1F"
                                               "aT",
                                               "1\x1F"
                                               "aT",
                                               "10lead\x1F"
                                               "aT",
                                               "10\x1F"
                                               "aline\nbreak\r\n\ttab",
                                               "10\x1F$x\x1F{y\x1F}z\x1F\\w\x1F q",
                                               "$\\\x1F"
                                               "a",
                                               "{}\x1F"
                                               "a",
                                               "10\x1F"
                                               "a" +
                                                   nul + "\x01\x1D\x1E\x7F",
                                               "10\x1F\xC3\xA9v\xC3\xA9\xF0\x9F\x98\x80\xC2\x85",
                                               "10\x1F"
                                               "a{dollar}",
                                               "{hex:41}",
                                               "{U+0041}",
                                               "\\\\",
                                               "a b$c",
                                               nul,
                                               "\n\x1F"
                                               "a",
                                               "\xC3\xA9\x1F"
                                               "ax"};
    const std::vector<std::string> tags = {"001", "245", "FMT",        "LDR", "lkr",
                                           "1 0", "{}=", "\xFF\x01\n", "=  ", "00\x1F"};
    for (const std::string& tag : tags) {
        builder b;
        b.set_leader("0\\$ {}=\n\x01nam a2200000 a 4");
        for (const std::string& c : contents) {
            b.add_field(tag, c);
        }
        const stored_record r = b.finish();
        for (const bool ascii_only : {false, true}) {
            const std::string text = to_mrk(r.view(), ascii_only);
            EXPECT_EQ(find_invalid_utf8(text), std::string::npos);
            EXPECT_EQ(text.find_first_of("\r\t\x7F\x1F"), std::string::npos);
            EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), contents.size());
            if (ascii_only) {
                EXPECT_EQ(find_non_ascii(text), std::string::npos);
            }
            const stored_record back = from_mrk(text);
            EXPECT_EQ(content(back.view()), content_in_unicode(r.view())) << text;
            EXPECT_EQ(digest(back.view()), digest(r.view()));
        }
    }
}

TEST(marc_mrk, needs_eight_characters_for_a_byte_at_most) {
    const std::string tags[] = {"001", "245", "FMT", "\x01\x02\x03"};
    const std::string contents[] = {
        "", "$", "10\x1F", "$$\x1F$$", "\x1F", "\x01", "\\", "Ö", "$$$$$$$$$$$$$$$$$$$$$$$$$$"};
    builder b;
    for (const std::string& tag : tags) {
        for (const std::string& content : contents) {
            for (int i = 0; i < 100; ++i) {
                b.add_field(tag, content);
            }
            b.set_leader(std::string(24, '$'));
            const stored_record r = b.finish();
            EXPECT_LE(to_mrk(r.view(), true).size(), limits::mrk_growth * r.bytes().size()) << tag << content;
        }
    }
    static_assert(limits::mrk_growth * limits::record_bytes <= limits::text_bytes);
}

TEST(marc_mrk, ascii_only_writes_code_points) {
    const stored_record r = from_mrk("=LDR  x\n=245  10$a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80");
    EXPECT_NE(to_mrk(r.view(), true).find("$a{U+00E9}{U+4E2D}{U+1F600}"), std::string::npos);
}

TEST(marc_mrk, reads_leniently_where_it_is_clear) {
    EXPECT_EQ(content(from_mrk("=LDR  x\n=245  1 $aT").view()).substr(24), "|245 1 \x1F"
                                                                           "aT");
    EXPECT_EQ(content(from_mrk("=LDR  x\n=008  a b").view()).substr(24), "|008 a b");
    EXPECT_EQ(content(from_mrk("=LDR  x\n=001").view()).substr(24), "|001 ");
    EXPECT_EQ(content(from_mrk("=LDR  x\n=LKR  \\\\$aUP").view()).substr(24), "|LKR   \x1F"
                                                                              "aUP");
    report notes;
    EXPECT_EQ(content(from_mrk("=245  $aT", &notes).view()).substr(24), "|245 \x1F"
                                                                        "aT");
    EXPECT_TRUE(notes.has(defect_code::leader_missing));
    EXPECT_TRUE(notes.has(defect_code::indicators_missing));
}

TEST(marc_mrk, refuses_with_place) {
    EXPECT_EQ(error_of(""), errc::not_marc);
    EXPECT_EQ(error_of("=LDR  x\n=245 10$aT"), errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  x\n245  10$aT"), errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  x\n=245  10$aT}"), errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  x\n=245  10$aT{e acute}"), errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  x\n=245  10$aT{}"), errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  x\n=245  10$aT{U+D800}"), errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  x\n=245  10$aT{U+001F}b"), errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  x\n=245  {hex:4}"), errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  x\n=245  {hex:41}x"), errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  x\n=245  10$a\x1F"
                       "b"),
              errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  x\n=24"), errc::bad_tag);
    EXPECT_EQ(error_of("=LDR  x\n#iso2709"), errc::bad_mnemonic);
    EXPECT_EQ(error_of("=LDR  00040nam\\\\2200037\\a\\4500\n=001  \xC3\xA9\n#iso2709 ascii"), errc::false_provenance);
    // Without leader/09 'a' it is UTF-8 when the caller of the reader said so.
    EXPECT_EQ(from_mrk("=LDR  00040nam\\\\2200037\\a\\4500\n=001  1\n#iso2709 utf-8").view().encoding(),
              source_encoding::utf8);
    EXPECT_EQ(error_of("=LDR  00040nam\\\\2200037\\a\\4500\n=001  12\n#iso2709 utf-8"), errc::false_provenance);
    EXPECT_EQ(error_of("=LDR  00039nam\\\\2200037\\a\\4500\n=001  1\n#iso2709 ascii AA=="), errc::false_provenance);
    EXPECT_EQ(error_of("=LDR  x\n=001  1\n\n=LDR  y\n=001  2"), errc::many_records);
    EXPECT_EQ(error_of("=LDR  x\n=245  {hex:1F61FF}"), errc::bad_utf8);
    EXPECT_EQ(error_of("=LDR  x\n=245  10$a\xFF"), errc::bad_utf8);
    try {
        from_mrk("=LDR  x\n=245  10$aT{eacute}");
    } catch (const parse_error& e) {
        EXPECT_EQ(e.offset(), 19U);
        EXPECT_EQ(e.tag(), "245");
        EXPECT_STREQ(e.what(), "the mnemonic text cannot be read: \"{eacute}\" (field 245, byte 19)");
    }
}

} // namespace
