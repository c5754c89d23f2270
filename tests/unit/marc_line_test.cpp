// Line mode and Aleph sequential: what they look like, that they are exact, what they refuse.
#include "marc/aleph.hpp"
#include "marc/error.hpp"
#include "marc/line.hpp"
#include "marc_lines_target.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

stored_record from_line(std::string_view text, report* notes = nullptr) {
    builder b;
    read_line(text, b, notes);
    return b.finish();
}
stored_record from_aleph(std::string_view text, report* notes = nullptr) {
    builder b;
    read_aleph(text, b, notes);
    return b.finish();
}
std::string to_line(const record_view& r) {
    std::pmr::string out;
    write_line(r, out);
    return std::string(out);
}
std::string to_aleph(const record_view& r, aleph_options options = {}) {
    std::pmr::string out;
    write_aleph(r, out, options);
    return std::string(out);
}
template <typename Read>
errc error_of(Read read, const std::string& text) {
    try {
        builder b;
        read(text, b, nullptr);
        b.finish();
    } catch (const parse_error& e) {
        return e.code();
    }
    ADD_FAILURE() << "accepted: " << text;
    return errc::corrupt;
}

TEST(marc_line, looks_as_yaz_writes_it) {
    const std::string text = "00755cam  22002414a 4500\n"
                             "001 fol05731351 \n"
                             "010    $a    00020737 \n"
                             "020    $a 0152038655 : $c $15.95 {alk. paper}\n"
                             "245 10 $a ActivePerl with ASP and ADO / $c Tobias Martinsson.\n"
                             "FMT BK";
    report notes;
    const stored_record r = from_line(text, &notes);
    EXPECT_EQ(notes.count(), 0U);
    EXPECT_EQ(r.view().format(), source_format::line);
    EXPECT_EQ(content(r.view()), "00755cam  22002414a 4500|001 fol05731351 |010   \x1F"
                                 "a   00020737 |020   \x1F"
                                 "a0152038655 :\x1F"
                                 "c$15.95 {alk. paper}|245 10\x1F"
                                 "aActivePerl with ASP and ADO /\x1F"
                                 "cTobias Martinsson.|FMT BK");
    EXPECT_EQ(to_line(r.view()), text);
    EXPECT_EQ(content(from_line("\r\n" + text + "\r\n\r\n").view()), content(r.view()));
}

TEST(marc_line, aleph_looks_as_aleph_writes_it) {
    const std::string text = "000000042 LDR   L 00755cam^^22002414a^4500\n"
                             "000000042 001   L 42\n"
                             "000000042 008   L 930331s1963^^^^nyuppn\n"
                             "000000042 020   L $$a0152038655 :$$c$15.95 2^4\n"
                             "000000042 24510 L $$aActivePerl with ASP$$cTobias.\n"
                             "000000042 FMT   L BK";
    report notes;
    const stored_record r = from_aleph(text, &notes);
    EXPECT_EQ(notes.count(), 0U);
    EXPECT_EQ(content(r.view()), "00755cam  22002414a 4500|001 42|008 930331s1963    nyuppn|020   \x1F"
                                 "a0152038655 :\x1F"
                                 "c$15.95 2^4|245 10\x1F"
                                 "aActivePerl with ASP\x1F"
                                 "cTobias.|FMT BK");
    EXPECT_EQ(to_aleph(r.view()), text);
    EXPECT_EQ(to_aleph(r.view(), {.system_number = 7}).substr(0, 14), "000000007 LDR ");
    // The number is the only one there is: it becomes 001.
    EXPECT_EQ(content(from_aleph("000000042 LDR   L x\n000000042 FMT   L BK").view()),
              "x                       |001 000000042|FMT BK");
    EXPECT_EQ(content(from_aleph("000000000 LDR   L x\n").view()), "x                       ");
}

TEST(marc_line, both_are_exact_for_anything) {
    builder b;
    const std::string nul(1, '\0');
    for (const std::string& c : {std::string(),
                                 std::string(" "),
                                 std::string("1"),
                                 std::string("10"),
                                 std::string("10\x1F"),
                                 std::string("10\x1F\x1F"),
                                 std::string("\x1F"
                                             "aT"),
                                 std::string("10lead\x1F"
                                             "aT"),
                                 nul +
                                     "0\x1F"
                                     "a" +
                                     nul,
                                 std::string("\x7F\x1D\x1E"),
                                 std::string("10\x1F"
                                             "aline\nbreak\r"),
                                 std::string("10\x1F"
                                             "a $b x $c"),
                                 std::string("10\x1F"
                                             "a$b x\x1F"
                                             "b $$a $\x1F"
                                             "c$\x1F"
                                             "d$$$$"),
                                 std::string("10\x1F$x\x1F$\x1F"
                                             "bz"),
                                 std::string("10\x1F"
                                             "a{dollar}{lcub}{U+0041}{hex:00}{x}{"),
                                 std::string("{hex:00}"),
                                 std::string("^ ^"),
                                 std::string(" $\x1F"
                                             "a1"),
                                 std::string("$ \x1F"
                                             "a $"),
                                 std::string("10\x1F \x1F  \x1F^x"),
                                 std::string("10\x1F{dollar}"),
                                 std::string("10\x1F"
                                             "a\xF0\x9F\x98\x80 $\xC3\xA9 x\x1F\xC3\xA9value"),
                                 std::string("10 $a x"),
                                 std::string("  $a"),
                                 std::string("$$aX")}) {
        for (const std::string_view tag : {std::string_view("001"), std::string_view("245"), std::string_view("FMT"),
                                           std::string_view("\xFF\xFE\x00", 3), std::string_view("a b"),
                                           std::string_view("LDR"), std::string_view("{he")}) {
            b.add_field(tag, c);
            b.set_leader("00000nam a2200000 a 4500");
        }
    }
    const stored_record r = b.finish();
    marc_fuzz::check_lines(r.view());
    for (const std::string_view leader :
         {std::string_view("001 345678901234567890123"), std::string_view("{hex:41}^{dollar} $a    "),
          std::string_view("\0\n\r\t{U+0041}      4500 ", 24), std::string_view("                        "),
          std::string_view("(am 345678901234567890123"), std::string_view("<!-- 5678901234567890123")}) {
        b.set_leader(leader);
        b.add_field("245", "10\x1F"
                           "aT");
        marc_fuzz::check_lines(b.finish().view());
    }
}

TEST(marc_line, notes_and_refuses) {
    const std::string leader = "00755cam  22002414a 4500\n";
    report notes;
    EXPECT_EQ(content(from_line("001 x\n245 10 $a T", &notes).view()), "00000    a2200000   4500|001 x|245 10\x1F"
                                                                       "aT");
    EXPECT_TRUE(notes.has(defect_code::leader_missing));
    EXPECT_EQ(error_of(read_line, ""), errc::not_marc);
    EXPECT_EQ(error_of(read_line, leader + "001 x\n\n" + leader), errc::many_records);
    EXPECT_EQ(error_of(read_line, leader + "24"), errc::bad_tag);
    // What yaz-marcdump says of damage.
    notes.clear();
    EXPECT_EQ(content(from_line("(Length implementation at offset 22 should hold a number. Assuming 0)\n" + leader +
                                    "(Separator but not at end of field length=89)\n001 x\n\n<!-- Skipping -->\n",
                                &notes)
                          .view()),
              "00755cam  22002414a 4500|001 x");
    EXPECT_EQ(notes.count(), 3U);
    EXPECT_TRUE(notes.has(defect_code::surrounding_bytes));
    EXPECT_EQ(error_of(read_line, "(Base address)\n"), errc::not_marc);
    EXPECT_EQ(error_of(read_line, leader + "245x"), errc::bad_line);
    EXPECT_EQ(error_of(read_line, leader + "245 10 $a T{U+001F}b"), errc::bad_line);
    EXPECT_EQ(error_of(read_line, leader + "245 10 $a \xFF"), errc::bad_utf8);
    EXPECT_EQ(error_of(read_aleph, ""), errc::not_marc);
    EXPECT_EQ(error_of(read_aleph, "000000001 LDR   L x\n000000002 LDR   L x"), errc::many_records);
    EXPECT_EQ(error_of(read_aleph, "00000000 LDR   L x"), errc::bad_line);
    EXPECT_EQ(error_of(read_aleph, "000000001 24510xL x"), errc::bad_line);
    EXPECT_EQ(error_of(read_aleph, "000000001 24510 L $$aT{U+001F}b"), errc::bad_line);
    notes.clear();
    from_aleph("000000000 LDR   L x\n000000000 LDR   L y", &notes);
    EXPECT_TRUE(notes.has(defect_code::duplicate_leader));
}

} // namespace
