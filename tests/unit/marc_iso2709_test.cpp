// Lenient reading, canonical writing and cutting of ISO 2709.
#include "marc/error.hpp"
#include "marc/poll.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

const std::vector<std::pair<std::string, std::string>> fields = {{"001", "ocm1"},
                                                                 {"245", "10\x1F"
                                                                         "aGreen eggs and ham /\x1F"
                                                                         "cDr. Seuss."},
                                                                 {"650", " 0\x1F"
                                                                         "aEggs"}};
const std::string good = make_iso(fields);

errc error_of(std::string_view text) {
    try {
        from_iso(text);
    } catch (const parse_error& e) {
        return e.code();
    }
    ADD_FAILURE() << "accepted";
    return errc::corrupt;
}

/// Reads a damaged twin of `good`, which must give the same fields, and the note.
void expect_mended(std::string_view text, defect_code code) {
    report notes;
    const stored_record r = from_iso(text, &notes);
    EXPECT_EQ(r.view().data(), from_iso(good).view().data());
    EXPECT_TRUE(notes.has(code)) << name_of(code);
    EXPECT_TRUE(r.view().has(record_flag::defects));
    EXPECT_NO_THROW(r.view().check());
}

std::string changed(std::size_t at, std::string_view bytes) {
    return std::string(good).replace(at, bytes.size(), bytes);
}

TEST(marc_iso2709, sound_record) {
    report notes;
    const stored_record r = from_iso(good, &notes);
    EXPECT_EQ(notes.count(), 0U);
    EXPECT_FALSE(r.view().has(record_flag::defects));
    EXPECT_EQ(r.view().encoding(), source_encoding::utf8);
    EXPECT_EQ(r.view().format(), source_format::iso2709);
    EXPECT_EQ(r.view().field(1).content(), fields[1].second);
    EXPECT_EQ(to_iso(r.view()), good);
}

TEST(marc_iso2709, leader_numbers_are_not_believed) {
    expect_mended(changed(0, "99999"), defect_code::record_length);
    expect_mended(changed(0, "00030"), defect_code::record_length);
    expect_mended(changed(0, "0x1 9"), defect_code::record_length);
    expect_mended(changed(0, "     "), defect_code::record_length);
    expect_mended("\r\n" + changed(0, "     "), defect_code::record_length);
    expect_mended(changed(12, "00000"), defect_code::base_address);
    expect_mended(changed(12, "  a  "), defect_code::base_address);
    expect_mended(changed(20, "45e0"), defect_code::leader_constants);
    expect_mended(changed(10, "  "), defect_code::leader_constants);
}

TEST(marc_iso2709, directory_is_mended_from_terminators) {
    expect_mended(changed(24 + 3, "x"), defect_code::directory_entry);
    expect_mended(changed(24 + 12 + 3, "0002"), defect_code::directory_entry);  // length too small
    expect_mended(changed(24 + 24 + 7, "00003"), defect_code::directory_entry); // position inside another field
    expect_mended(changed(24 + 24 + 7, "99999"), defect_code::directory_entry); // position outside
    expect_mended(std::string(good).insert(24 + 36, "00"), defect_code::directory_length);
}

TEST(marc_iso2709, directory_entry_with_one_digit_more) {
    // A field over 9,999 bytes whose entry has a five-digit length, so that all later entries are shifted.
    const std::string big(11'000, 'x');
    const std::string data = "1\x1E  \x1F"
                             "a" +
                             big +
                             "\x1E  \x1F"
                             "ay\x1E\x1D";
    const std::string text = "11000nam a2200000 a 4500"
                             "001000200000"
                             "5201100500002"
                             "500000611007"
                             "\x1E" +
                             data;
    report notes;
    const stored_record r = from_iso(text, &notes);
    ASSERT_EQ(r.view().field_count(), 3U);
    EXPECT_EQ(r.view().field(1).tag(), "520");
    EXPECT_EQ(r.view().field(1).content().size(), 4 + big.size());
    EXPECT_EQ(r.view().field(2).tag(), "500");
    EXPECT_EQ(r.view().field(2).content(), "  \x1F"
                                           "ay");
}

TEST(marc_iso2709, directory_order_need_not_be_data_order) {
    const std::string text = "00000nam a2200061 a 4500"
                             "001000200006"
                             "500000600000"
                             "\x1E"
                             "  \x1F"
                             "ax\x1E"
                             "1\x1E\x1D";
    const stored_record r = from_iso(text);
    ASSERT_EQ(r.view().field_count(), 2U);
    EXPECT_EQ(r.view().field(0).tag(), "001");
    EXPECT_EQ(r.view().field(0).content(), "1");
    EXPECT_EQ(r.view().field(1).content(), "  \x1F"
                                           "ax");
}

TEST(marc_iso2709, directory_without_terminator) {
    std::string text = good;
    text.erase(24 + 36, 1);
    expect_mended(text, defect_code::base_address);
}

TEST(marc_iso2709, one_piece_of_data_becomes_one_field_at_most) {
    std::string text = "00000nam a2200000 a 4500";
    for (int i = 0; i < 1000; ++i) {
        text += "500000600000"; // all the same data
    }
    text += "\x1E  \x1F"
            "ax\x1E\x1D";
    report notes;
    const stored_record r = from_iso(text, &notes);
    EXPECT_EQ(r.view().field_count(), 1U);
    EXPECT_TRUE(notes.has(defect_code::directory_overlap));
}

// 1,200,000 entries that name the same 9,998 pieces of data, the last of which another entry has.
std::string overlapping_wide_entries() {
    std::string text = "00000nam a2200000 a 4500500000109997";
    for (int i = 0; i < 1'200'000; ++i) {
        text += "X00999800000";
    }
    return text + std::string(20'000, '\x1E') + '\x1D';
}

TEST(marc_iso2709, overlapping_wide_entries_take_linear_time) {
    // The reader counts its work and polls for each 64 KiB of it: a measure that no slow machine changes.
    static std::size_t polls;
    polls = 0;
    const std::string text = overlapping_wide_entries();
    report notes;
    set_poll_hook([] { ++polls; });
    const stored_record r = from_iso(text, &notes);
    set_poll_hook(nullptr);
    EXPECT_GT(polls, 0U);
    EXPECT_LT(polls, 16 * text.size() / 65'536);
    EXPECT_LE(r.view().field_count(), 20'000U);
    EXPECT_TRUE(notes.has(defect_code::directory_overlap));
}

TEST(marc_iso2709, of_overlapping_wide_entries_the_first_has_the_data) {
    // Pieces of one byte at 0 to 5; wide entries for 0-1, 1-2, 2-4, 4-5, and an exact one for 5.
    const std::string text = "00000nam a2200000 a 4500"
                             "501000400000"
                             "502000400002"
                             "503000600004"
                             "504000400008"
                             "505000200010"
                             "\x1E"
                             "a\x1E"
                             "b\x1E"
                             "c\x1E"
                             "d\x1E"
                             "e\x1E"
                             "f\x1E\x1D";
    const stored_record r = from_iso(text);
    EXPECT_EQ(content(r.view()).substr(24), "|501 a\x1E"
                                            "b|503 c\x1E"
                                            "d\x1E"
                                            "e|505 f");
}

TEST(marc_iso2709, data_without_entry_is_noted) {
    std::string text = good;
    text.insert(text.size() - 1, "  \x1F"
                                 "alost\x1E");
    report notes;
    const stored_record r = from_iso(text, &notes);
    EXPECT_TRUE(notes.has(defect_code::unreferenced_data));
    EXPECT_TRUE(r.view().has(record_flag::lossy));
    text = good;
    text.insert(24 + 36, "700000600999");
    notes.clear();
    EXPECT_EQ(from_iso(text, &notes).view().field_count(), 3U);
    EXPECT_TRUE(notes.has(defect_code::directory_surplus));
}

TEST(marc_iso2709, missing_terminators) {
    expect_mended(good.substr(0, good.size() - 1), defect_code::record_terminator_missing);
    expect_mended(good.substr(0, good.size() - 2), defect_code::field_terminator_missing);
}

TEST(marc_iso2709, bytes_around_the_record) {
    expect_mended(std::string("\0 \r\n", 4) + good, defect_code::surrounding_bytes);
    expect_mended(good + "\r\n\x1A", defect_code::surrounding_bytes);
    expect_mended("\xEF\xBB\xBF" + good, defect_code::surrounding_bytes);
    EXPECT_EQ(error_of(good + good), errc::many_records);
    EXPECT_EQ(error_of(good + "\n" + good), errc::many_records);
}

TEST(marc_iso2709, leader_of_the_wrong_length) {
    expect_mended(good.substr(0, 5) + good, defect_code::leader_length); // the length twice
    std::string shorter = good;
    shorter.erase(17, 3);
    expect_mended(shorter, defect_code::leader_length);
}

TEST(marc_iso2709, terminators_and_delimiters_inside_data) {
    const auto twin = [](const char* tag, const std::string& content, defect_code code) {
        report notes;
        const std::string text = make_iso({{"001", "1"},
                                           {tag, content},
                                           {"999", "  \x1F"
                                                   "ax"}});
        const stored_record r = from_iso(text, &notes);
        ASSERT_EQ(r.view().field_count(), 3U);
        EXPECT_EQ(r.view().field(1).content(), content);
        EXPECT_TRUE(notes.has(code)) << name_of(code);
        EXPECT_EQ(to_iso(r.view()), text);
    };
    twin("500",
         "  \x1F"
         "aone\x1D"
         "two",
         defect_code::record_terminator_in_data);
    twin("500",
         "  \x1F"
         "aone\x1E"
         "two",
         defect_code::field_terminator_in_data);
    twin("003",
         "a\x1F"
         "bc",
         defect_code::subfield_in_control_field);
    twin("500",
         "  \x1F\x1F"
         "ab\x1F",
         defect_code::empty_subfield_code);
    twin("500",
         "  \x1F"
         "aone\x07",
         defect_code::control_character);
    twin("500",
         std::string("  \x1F"
                     "aon\0e",
                     8),
         defect_code::nul_character);
    twin("500",
         "\x1F"
         "aone",
         defect_code::indicators_missing);
    twin("500",
         "  one\x1F"
         "atwo",
         defect_code::leading_value);
    twin("5\xD0"
         "0",
         "  \x1F"
         "aone",
         defect_code::tag_character);
}

TEST(marc_iso2709, defects_name_tag_and_occurrence) {
    report notes;
    from_iso(make_iso({{"500", "  \x1F"
                               "ax"},
                       {"500", "\x1F"
                               "ax"}}),
             &notes);
    ASSERT_EQ(notes.list().size(), 1U);
    EXPECT_EQ(std::string(notes.list()[0].tag.data(), 3), "500");
    EXPECT_EQ(notes.list()[0].occurrence, 1U);
    EXPECT_EQ(notes.list()[0].offset, 24U + 24U + 1U + 6U);
}

TEST(marc_iso2709, raw_bytes_of_damaged_records) {
    std::vector<std::string> inputs = {good,
                                       "\r\n" + good + "\x1A",
                                       good.substr(0, good.size() - 1),
                                       good.substr(0, good.size() - 2),
                                       good.substr(0, 5) + good,
                                       changed(20, "45e0"),
                                       changed(10, "  "),
                                       changed(0, "99999"),
                                       changed(24 + 24 + 7, "99999"),
                                       std::string(good).insert(24 + 36, "00"),
                                       changed(8, "\xC3")};
    std::string lost = good;
    inputs.push_back(lost.insert(lost.size() - 1, "  \x1F"
                                                  "alost\x1E"));
    std::size_t residues = 0;
    for (const std::string& input : inputs) {
        const stored_record r = from_iso(input);
        EXPECT_EQ(to_raw(r.view()), input);
        EXPECT_NO_THROW(r.view().check());
        const stored_record back = from_mrk(to_mrk_of_type(r.view()));
        EXPECT_EQ(as_text(back.bytes()), as_text(r.bytes())) << to_mrk_of_type(r.view());
        residues += r.view().has(record_flag::residue) ? 1U : 0U;
    }
    EXPECT_EQ(residues, inputs.size() - 4); // not: the sound one, and wrong numbers in the leader
}

TEST(marc_iso2709, other_files_are_refused) {
    EXPECT_EQ(error_of(""), errc::not_marc);
    EXPECT_EQ(error_of("   "), errc::not_marc);
    EXPECT_EQ(error_of(std::string("PK\x03\x04\x14\0\0\0\x08\0", 10) + std::string(100, '\x1E')), errc::not_marc);
    EXPECT_EQ(error_of("<html><body>" + std::string(50, '\x1E')), errc::not_marc);
    EXPECT_EQ(error_of("Lorem ipsum dolor sit amet, consectetur \x1E adipiscing"), errc::not_marc);
    EXPECT_EQ(error_of("00123nam a22"), errc::truncated);
    EXPECT_EQ(error_of(good.substr(0, 40)), errc::truncated);
}

TEST(marc_iso2709, writes_no_fields_and_ten_thousand) {
    const std::string none = make_iso({});
    EXPECT_EQ(to_iso(from_iso(none).view()), none);
    builder b;
    for (int i = 0; i < 10'000; ++i) {
        b.add_field("500", "  \x1F"
                           "ax");
    }
    const stored_record many = b.finish();
    EXPECT_EQ(record_view::checked(many.bytes()).field_count(), 10'000U);
    try {
        to_iso(many.view());
        FAIL();
    } catch (const parse_error& e) {
        EXPECT_EQ(e.code(), errc::record_too_long);
        EXPECT_NE(std::string(e.hint()).find("MARCXML"), std::string::npos);
    }
}

TEST(marc_iso2709, limits_are_exact) {
    builder b;
    b.add_field("500", "  \x1F"
                       "a" +
                           std::string(9'994, 'x')); // 9,999 with its terminator
    const std::string text = to_iso(b.finish().view());
    EXPECT_EQ(from_iso(text).view().field(0).content().size(), 9'998U);
    b.add_field("500", "  \x1F"
                       "a" +
                           std::string(9'995, 'x'));
    try {
        to_iso(b.finish().view());
        FAIL();
    } catch (const parse_error& e) {
        EXPECT_EQ(e.code(), errc::field_too_long);
        EXPECT_EQ(e.tag(), "500");
    }
}

TEST(marc_iso2709, reads_a_record_over_the_limit) {
    // Length and base address saturated, positions too: terminators decide.
    std::string directory;
    std::string data;
    for (int i = 0; i < 20; ++i) {
        directory += "520"
                     "9999" +
                     std::string(i == 0 ? "00000" : "99999");
        data += "  \x1F"
                "a" +
                std::string(12'000, static_cast<char>('a' + i)) + "\x1E";
    }
    const std::string text = "99999nam a2299999 a 4500" + directory + "\x1E" + data + "\x1D";
    const stored_record r = from_iso(text);
    ASSERT_EQ(r.view().field_count(), 20U);
    EXPECT_EQ(r.view().field(19).content()[4], 't');
}

TEST(marc_iso2709, splits_a_file) {
    const std::string broken = changed(0, "00099");
    const std::string junk = "garbage, not a record\x1D";
    const std::string file = "\r\n" + good + "\n" + broken + junk + good + good.substr(0, 50);
    iso2709_splitter splitter(as_bytes(file));
    iso2709_piece piece;
    std::vector<std::pair<std::size_t, std::size_t>> seen;
    std::vector<std::optional<errc>> problems;
    while (splitter.next(piece)) {
        seen.emplace_back(piece.offset, piece.bytes.size());
        problems.push_back(piece.problem);
    }
    const std::size_t n = good.size();
    const std::vector<std::pair<std::size_t, std::size_t>> wanted = {
        {2, n}, {3 + n, n}, {3 + 2 * n, junk.size()}, {3 + 2 * n + junk.size(), n}, {3 + 3 * n + junk.size(), 50}};
    // The broken record's end is not proven by what follows it, so it takes the junk along unless its length is right.
    ASSERT_EQ(problems.size(), seen.size());
    EXPECT_EQ(seen.front(), wanted.front());
    EXPECT_EQ(seen.back(), wanted.back());
    EXPECT_FALSE(problems.back()); // the reader says that it is cut
    EXPECT_EQ(seen[seen.size() - 2], wanted[3]);
    EXPECT_EQ(splitter.filler(), 3U);
}

TEST(marc_iso2709, splitter_gives_the_last_record_without_terminator_and_what_junk_hides) {
    const std::string last = good.substr(0, good.size() - 1);
    const std::string file = good + "GARBAGE 22 HERE" + good + "0123456789\x1D" + good + last;
    iso2709_splitter splitter(as_bytes(file));
    iso2709_piece piece;
    std::string seen;
    while (splitter.next(piece)) {
        const bool is_good = as_text(piece.bytes) == good || as_text(piece.bytes) == last;
        seen += piece.problem ? "junk " : is_good ? "good " : "other ";
    }
    EXPECT_EQ(seen, "good junk good other good good ");
    report notes;
    EXPECT_EQ(content(from_iso(last, &notes).view()), content(from_iso(good).view()));
    EXPECT_TRUE(notes.has(defect_code::record_terminator_missing));
}

TEST(marc_iso2709, directory_whose_terminator_is_another_byte) {
    // The first field is as long as an entry, so that all up to its end looks like a directory.
    const std::string sound = make_iso({{"001", "    2000932"},
                                        {"245", "10\x1F"
                                                "aGreen"}});
    std::string damaged = sound;
    damaged[24 + 2 * 12] = '\x1F';
    report notes;
    const stored_record r = from_iso(damaged, &notes);
    EXPECT_EQ(content(r.view()), content(from_iso(sound).view()));
    EXPECT_TRUE(notes.has(defect_code::field_terminator_missing));
    EXPECT_FALSE(notes.has(defect_code::base_address));
    EXPECT_EQ(to_raw(r.view()), damaged);
    // An entry that disagrees: terminators are believed.
    damaged[24 + 6] = '9';
    EXPECT_NE(content(from_iso(damaged).view()), content(r.view()));
}

TEST(marc_iso2709, splitter_resynchronises_behind_junk) {
    const std::string junk = "garbage, not a record\x1D";
    const std::string file = good + junk + good;
    iso2709_splitter splitter(as_bytes(file));
    iso2709_piece piece;
    ASSERT_TRUE(splitter.next(piece));
    EXPECT_FALSE(piece.problem);
    ASSERT_TRUE(splitter.next(piece));
    EXPECT_EQ(piece.problem, errc::not_marc);
    EXPECT_EQ(as_text(piece.bytes), junk);
    ASSERT_TRUE(splitter.next(piece));
    EXPECT_FALSE(piece.problem);
    EXPECT_EQ(piece.offset, good.size() + junk.size());
    EXPECT_FALSE(splitter.next(piece));
}

} // namespace
