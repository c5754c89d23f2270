// Which encoding an ISO 2709 record is in, found or named, and writing MARC-8.
#include "marc/aleph.hpp"
#include "marc/error.hpp"
#include "marc/json.hpp"
#include "marc/line.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

TEST(marc_iso2709_charset, character_sets) {
    const auto record = [](char label, const std::string& value) {
        std::string leader = "00000nam  2200000 a 4500";
        leader[9] = label;
        return make_iso({{"001", "1"},
                         {"245", "10\x1F"
                                 "a" +
                                     value}},
                        leader);
    };
    EXPECT_EQ(from_iso(record(' ', "plain")).view().encoding(), source_encoding::ascii);
    report notes;
    const stored_record mislabelled = from_iso(record(' ', "\xC3\xA9"), &notes);
    EXPECT_EQ(mislabelled.view().encoding(), source_encoding::utf8_mislabelled);
    EXPECT_TRUE(notes.has(defect_code::encoding_mislabelled));
    EXPECT_EQ(mislabelled.view().leader()[9], ' ');
    EXPECT_EQ(to_iso(mislabelled.view())[9], 'a'); // what it is
    EXPECT_EQ(to_mrk(mislabelled.view()).substr(0, 16), "=LDR  00059nam\\a");
    EXPECT_EQ(to_mrk_of_type(mislabelled.view()).substr(0, 16), "=LDR  00059nam\\\\");
    EXPECT_EQ(to_xml(mislabelled.view()).substr(55, 10), "00059nam a");
    std::pmr::string text;
    write_json(mislabelled.view(), text);
    write_line(mislabelled.view(), text);
    write_aleph(mislabelled.view(), text);
    EXPECT_NE(text.find("\"00059nam a"), std::string::npos);
    EXPECT_NE(text.find("}00059nam a"), std::string::npos);
    EXPECT_NE(text.find("L 00059nam^a"), std::string::npos);
    const auto value = [](const stored_record& r) { return std::string(r.view().field(1).content().substr(4)); };
    const stored_record marc8 = from_iso(record(' ', "\xE2"
                                                     "e"));
    EXPECT_EQ(marc8.view().encoding(), source_encoding::marc8);
    EXPECT_EQ(value(marc8), "e\xCC\x81");
    EXPECT_FALSE(marc8.view().has(record_flag::residue)); // encoded again it is what came in
    EXPECT_EQ(value(from_iso(record(' ', "\x1B$1!0!\x1B(B"))), "一");
    EXPECT_EQ(value(from_iso(record(' ', "x&#x0416;"))), "xЖ");
    // Labelled UTF-8, and MARC-8 beyond doubt.
    notes.clear();
    const stored_record wrong = from_iso(record('a', "caf\xE2"
                                                     "e"),
                                         &notes);
    EXPECT_EQ(wrong.view().encoding(), source_encoding::marc8);
    EXPECT_EQ(value(wrong), "cafe\xCC\x81");
    EXPECT_TRUE(notes.has(defect_code::encoding_mislabelled));
    EXPECT_FALSE(wrong.view().has(record_flag::lossy));
    // Labelled UTF-8, and neither: Latin-1's e acute is no mark that goes with a b.
    notes.clear();
    const stored_record bad = from_iso(record('a', "Qu\xE9"
                                                   "bec"),
                                       &notes);
    EXPECT_EQ(bad.view().encoding(), source_encoding::utf8);
    EXPECT_EQ(value(bad), "Qu\xEF\xBF\xBD"
                          "bec");
    EXPECT_TRUE(bad.view().has(record_flag::lossy));
    ASSERT_EQ(notes.list().size(), 1U);
    EXPECT_EQ(notes.list()[0].code, defect_code::undecodable_bytes);
    EXPECT_EQ(std::string(notes.list()[0].tag.data(), 3), "245");
    EXPECT_EQ(record('a', "Qu\xE9"
                          "bec")[notes.list()[0].offset],
              '\xE9');
}

TEST(marc_iso2709_charset, encoding_that_the_caller_names) {
    const auto read = [](const std::string& value, iso2709_encoding encoding) {
        const std::string text = make_iso({{"245", "10\x1F"
                                                   "a" +
                                                       value}});
        builder b;
        read_iso2709(as_bytes(text), b, nullptr, encoding);
        const stored_record r = b.finish();
        EXPECT_NO_THROW(r.view().check());
        EXPECT_EQ(to_raw(r.view()), text);
        return std::string(r.view().field(0).content().substr(4));
    };
    EXPECT_EQ(read("Qu\xE9"
                   "bec",
                   iso2709_encoding::latin1),
              "Québec");
    EXPECT_EQ(read("\xC2"
                   "e",
                   iso2709_encoding::iso5426),
              "e\xCC\x81");
    EXPECT_EQ(read("\xE2"
                   "e",
                   iso2709_encoding::marc8),
              "e\xCC\x81");
    EXPECT_EQ(read("\xC3\xA9", iso2709_encoding::utf8), "é");
    EXPECT_EQ(read("\xC3\xA9", iso2709_encoding::latin1), "Ã©");
    for (const char* name : {"utf-8", "UTF8", "marc-8", "MARC8", "latin-1", "ISO-8859-1", "iso-5426"}) {
        EXPECT_TRUE(find_encoding(name)) << name;
    }
    EXPECT_FALSE(find_encoding("koi8-r"));
    EXPECT_FALSE(find_encoding("a name that is far too long for any encoding"));
}

TEST(marc_iso2709_charset, fields_of_one_record_in_two_encodings) {
    report notes;
    const std::string text = make_iso({{"100", "1 \x1F"
                                               "a\xE2"
                                               "e"},
                                       {"245", "10\x1F"
                                               "a\xC3\xA9"},
                                       {"255", "  \x1F"
                                               "a10\x1Bp0\x1Bs \xEF\xBF\xBD"}},
                                      "00000nam  2200000 a 4500");
    const stored_record r = from_iso(text, &notes);
    EXPECT_EQ(r.view().encoding(), source_encoding::marc8);
    EXPECT_EQ(r.view().field(0).content().substr(4), "e\xCC\x81");
    EXPECT_EQ(r.view().field(1).content().substr(4), "é");
    EXPECT_EQ(r.view().field(2).content().substr(4), "10⁰ \xEF\xBF\xBD");
    EXPECT_EQ(std::string(notes.list()[0].tag.data(), 3), "245");
    EXPECT_EQ(notes.list()[0].code, defect_code::encoding_mislabelled);
    EXPECT_EQ(to_raw(r.view()), text);
}

TEST(marc_iso2709_charset, unimarc_says_its_encoding_in_field_100) {
    const auto record = [](const std::string& sets, const std::string& value) {
        return make_iso({{"001", "1"},
                         {"100", "  \x1F"
                                 "a" +
                                     std::string(26, 'x') + sets + "    ba"},
                         {"200", "1 \x1F"
                                 "a" +
                                     value}},
                        "00000nam  2200000   4500");
    };
    report notes;
    const stored_record iso5426 = from_iso(record("0103", "\xC2"
                                                          "e"),
                                           &notes);
    EXPECT_EQ(iso5426.view().encoding(), source_encoding::iso5426);
    EXPECT_EQ(iso5426.view().field(2).content().substr(4), "e\xCC\x81");
    EXPECT_EQ(notes.count(), 0U);
    EXPECT_EQ(from_iso(record("50  ", "é"), &notes).view().encoding(), source_encoding::utf8);
    EXPECT_EQ(notes.count(), 0U);
    EXPECT_EQ(from_iso(record("0103", "é"), &notes).view().encoding(), source_encoding::utf8_mislabelled);
    EXPECT_TRUE(notes.has(defect_code::encoding_mislabelled));
    // ISO 5428 (Greek) is not known here.
    const stored_record greek = from_iso(record("0105", "\xC1"));
    EXPECT_TRUE(greek.view().has(record_flag::lossy));
    EXPECT_EQ(to_raw(greek.view()), record("0105", "\xC1"));
}

TEST(marc_iso2709_charset, writes_marc8) {
    const stored_record r =
        from_mrk("=LDR  00000nam\\a2200000\\a\\4500\n=001  1\n=245  10$aCafé Ж$b日\n=500  \\\\$a©Ł");
    std::pmr::string out;
    write_iso2709(r.view(), out, iso2709_encoding::marc8);
    EXPECT_EQ(out[9], ' ');
    report notes;
    const stored_record back = from_iso(out, &notes);
    EXPECT_EQ(notes.count(), 0U);
    EXPECT_EQ(back.view().encoding(), source_encoding::marc8);
    EXPECT_EQ(back.view().field(1).content(), "10\x1F"
                                              "aCafe\xCC\x81 Ж\x1F"
                                              "b日");
    EXPECT_EQ(back.view().field(2).content(), "  \x1F"
                                              "a©Ł"); // C3 A1, which would be UTF-8
    const stored_record book = from_mrk("=LDR  00000nam\\a2200000\\a\\4500\n=245  10$a\xF0\x9F\x93\x9A");
    try {
        write_iso2709(book.view(), out, iso2709_encoding::marc8);
        FAIL();
    } catch (const parse_error& e) {
        EXPECT_EQ(e.code(), errc::unencodable);
        EXPECT_EQ(e.tag(), "245");
        EXPECT_NE(std::string(e.what()).find("U+1F4DA"), std::string::npos);
    }
    out.clear();
    write_iso2709(book.view(), out, iso2709_encoding::marc8, unencodable_character::reference);
    EXPECT_NE(out.find("&#x1F4DA;"), std::string::npos);
}

TEST(marc_iso2709_charset, unimarc_keeps_leader_09) {
    const std::string text = make_iso({{"001", "1"},
                                       {"200", "1 \x1F"
                                               "a\xC3\xA9"}},
                                      "00000nam  2200000   4500");
    const stored_record r = from_iso(text);
    EXPECT_EQ(r.view().get_flavour(), flavour::unimarc);
    EXPECT_EQ(to_iso(r.view()), text);
}

} // namespace
