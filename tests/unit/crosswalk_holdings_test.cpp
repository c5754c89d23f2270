// Textual holdings. The expected texts of real records are those that other systems show for them; where ours differ,
// the test says why.
#include "crosswalk/holdings.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace crosswalk;
using marc_test::from_mrk;

namespace {

/// One line for each statement: kind, link, text, note and problem where there are any.
std::string show(std::string_view fields) {
    const marc::stored_record record = from_mrk("=LDR  00000ny\\\\a22000004n\\4500\n" + std::string(fields));
    std::string out;
    for (const holdings_statement& s : holdings_text(record.view())) {
        out.append(out.empty() ? "" : "\n").append(name_of(s.kind)).append(" ");
        out.append(s.link.empty() ? "-" : s.link).append(" ").append(s.text);
        out.append(s.note.empty() ? "" : " | ").append(s.note);
        out.append(s.problem.empty() ? "" : " ! ").append(s.problem);
    }
    return out;
}

constexpr std::string_view monthly = "=853  20$81$av.$bno.$u12$vr$i(year)$j(month)$wm$x01\n";

std::string monthly_with(std::string_view fields) {
    return show(std::string(monthly) + std::string(fields));
}

TEST(holdings_text, compressed) {
    EXPECT_EQ(monthly_with("=863  40$81.1$a1-12$b1-4$i1990-2001$j01-12\n"),
              "basic 1 v.1:no.1(1990:Jan.)-v.12:no.4(2001:Dec.)");
    EXPECT_EQ(monthly_with("=863  40$81.1$a1$b6-8$i1990$j06-08\n"), "basic 1 v.1:no.6(1990:June)-v.1:no.8(1990:Aug.)");
    EXPECT_EQ(monthly_with("=863  40$81.2$a1-$b11-$i1990-$j11-\n"), "basic 1 v.1:no.11(1990:Nov.)-");
    EXPECT_EQ(monthly_with("=863  40$81.2$a-3$i-1992\n"), "basic 1 -v.3(1992)");
    EXPECT_EQ(monthly_with("=863  40$81.2$a5$b1$i1994$j01\n"), "basic 1 v.5:no.1(1994:Jan.)");
    // An end in some levels only is kept.
    EXPECT_EQ(monthly_with("=863  40$81.2$a5-$i1994-1996\n"), "basic 1 v.5(1994)-1996");
    // What cannot be taken apart stays as it is.
    EXPECT_EQ(monthly_with("=863  40$81.1$a1-3,5-7$i1990-1996\n"), "basic 1 v.1-3,5-7(1990-1996)");
    EXPECT_EQ(monthly_with("=863  40$81.1$a1-3-5$i1990\n"), "basic 1 v.1-3-5(1990)");
}

TEST(holdings_text, uncompressed) {
    EXPECT_EQ(monthly_with("=863  41$81.1$a1$b6$i1990$j06\n"), "basic 1 v.1:no.6(1990:June)");
    EXPECT_EQ(monthly_with("=863  41$81.1$a1$b1-2$i1990$j01\n"), "basic 1 v.1:no.1-2(1990:Jan.)");
    EXPECT_EQ(monthly_with("=863  \\\\$81.1$a1-2$i1990-1991\n"), "basic 1 v.1-2(1990-1991)");
}

TEST(holdings_text, gaps_and_breaks) {
    EXPECT_EQ(monthly_with("=863  40$81.1$a1-3$i1990-1992$wg\n=863  40$81.2$a5-6$i1994-1995$wn\n"
                           "=863  41$81.3$a7$i1996\n"),
              "basic 1 v.1(1990)-v.3(1992),v.5(1994)-v.6(1995);v.7(1996)");
    // By sequence number, which is no decimal fraction.
    EXPECT_EQ(monthly_with("=863  41$81.10$a10\n=863  41$81.9$a9\n=863  41$81.2$a2\n"), "basic 1 v.2,v.9,v.10");
    EXPECT_EQ(monthly_with("=863  41$81.1$a1$wx\n"), "basic 1 v.1 ! $w is neither g nor n");
}

TEST(holdings_text, dates) {
    EXPECT_EQ(show("=853  20$81$a(year)$b(season)\n=863  \\1$81.1$a2007$b21\n=863  \\1$81.2$a2007$b24\n"),
              "basic 1 2007:Spring,2007:Winter");
    EXPECT_EQ(show("=853  20$81$av.$i(year)$j(season)\n=863  41$81.1$a3$i2009$j22/23\n"),
              "basic 1 v.3(2009:Summer/Autumn)");
    EXPECT_EQ(monthly_with("=863  41$81.1$a24$b2/3$i2011/2012$j12/1\n"), "basic 1 v.24:no.2/3(2011/2012:Dec./Jan.)");
    EXPECT_EQ(monthly_with("=863  41$81.1$a1$b4$i1990$j[04]\n"), "basic 1 v.1:no.4(1990:[Apr.])");
    EXPECT_EQ(monthly_with("=863  41$81.1$a1$b4$i1990$j*\n"), "basic 1 v.1:no.4(1990:*)");
    EXPECT_EQ(monthly_with("=863  41$81.1$a1$i199u$j99\n"), "basic 1 v.1(199u:99)");
    EXPECT_EQ(show("=853  20$81$i(year)$j(month)\n=863  40$81.1$i1990-1991$j01-06\n"),
              "basic 1 1990:Jan.-1991:June"); // chronology alone has no parentheses
    EXPECT_EQ(show("=853  20$81$av.$i(year)\n=863  40$81.1$a1-3$i1410-1412$n1989-1992\n"),
              "basic 1 v.1(1410 [1989])-v.3(1412 [1992])");
    // A month without a caption is known by its place.
    EXPECT_EQ(show("=863  41$81.1$a2$b3$i1990$j05\n"), "basic 1 2:3(1990:May) ! no 853 with link 1");
    EXPECT_EQ(show("=853  20$81$av.$i(Jahr)$j(Monat)\n=863  41$81.1$a2$i1990$j5\n"), "basic 1 v.2(1990:May)");
}

TEST(holdings_text, captions) {
    EXPECT_EQ(show("=853  03$81$a(year)$b+qtr.\n=863  40$81.1$a1982$b1\n"), "basic 1 1982:1st qtr.");
    EXPECT_EQ(show("=853  03$81$a+\n=863  41$81.1$a11\n=863  41$81.2$a22\n=863  41$81.3$a3/4\n"),
              "basic 1 11th,22nd,3rd/4th");
    EXPECT_EQ(show("=853  20$81$a(*)$b((no.))\n=863  41$81.1$a5$b2\n"), "basic 1 5:2");
    EXPECT_EQ(show("=853  20$81$aHeft\n=863  40$81.1$a1-2\n"), "basic 1 Heft 1-Heft 2");
    EXPECT_EQ(show("=853  20$81$av.$bno.$gno.$i(year)$m(year)\n=863  40$81.1$a1-2$b1-6$g1-12$i1990-1991$m5750-5751\n"),
              "basic 1 v.1:no.1(1990)=no.1(5750)-v.2:no.6(1991)=no.12(5751)");
    EXPECT_EQ(show("=853  20$81$av.$i(year)$m(year)\n=863  41$81.1$a1$i1990$m5750\n"), "basic 1 v.1(1990=5750)");
    EXPECT_EQ(show("=853  20$81$av.\n=863  41$81.1$a1$b2\n"), "basic 1 v.1:2 ! no caption for $b");
    EXPECT_EQ(show("=853  20$81$av.\n=863  41$81.1$a1$a2\n"), "basic 1 v.1 ! more than one $a: 2");
}

TEST(holdings_text, notes_and_kinds) {
    EXPECT_EQ(monthly_with("=863  41$81.1$a1$zLacks cover$xstaff only$qbrittle$t2$p3900\n"),
              "basic 1 v.1 | Lacks cover; brittle; copy 2");
    EXPECT_EQ(monthly_with("=863  41$81.1$a1\n=863  41$81.2$a2$zLacks index\n=863  44$81.3$a3$i1992\n"),
              "basic 1 v.1,v.2 | v.2: Lacks index; not published: v.3(1992)");
    EXPECT_EQ(show("=854  20$82$av.$i(year)$oSupplement\n=855  20$83$av.$i(year)$oIndex\n"
                   "=864  41$82.1$a1$i1990$oBuyers' guide\n=864  41$82.2$a2$i1991\n=865  41$83.1$a1/10$i1990/1999\n"),
              "supplement 2 Supplement: Buyers' guide v.1(1990),v.2(1991)\nindex 3 Index v.1/10(1990/1999)");
}

TEST(holdings_text, textual_fields) {
    constexpr std::string_view pair = "=853  20$81$av.\n=863  41$81.1$a9\n";
    const auto with = [&](std::string_view more) { return show(std::string(pair) + std::string(more)); };
    EXPECT_EQ(with("=866  41$80$av.1-9$zv.3 lost\n"), "basic 0 v.1-9 | v.3 lost");           // in place of all
    EXPECT_EQ(with("=866  41$81$av.1-9\n"), "basic 1 v.1-9");                                // in place of this link
    EXPECT_EQ(with("=866  41$82$aSpecial issues\n"), "basic 1 v.9\nbasic 2 Special issues"); // besides
    EXPECT_EQ(with("=866  \\\\$a2000/2001 - 2003/2004\n"), "basic 1 v.9\nbasic - 2000/2001 - 2003/2004");
    EXPECT_EQ(with("=867  \\0$80$aSuppl. 1\n=868  \\0$80$aIndex\n=866  \\\\$a\n"),
              "basic 1 v.9\nsupplement 0 Suppl. 1\nindex 0 Index");
    EXPECT_EQ(show("=853  20$81$av.\n=863  43$81.1$a9\n=866  41$81$aSee the shelf list\n"),
              "basic 1 See the shelf list");
    EXPECT_EQ(show("=853  20$81$av.\n=863  43$81.1$a9\n"),
              "basic 1 v.9 ! textual holdings should be shown, and there are none");
    // One textual field for two captions.
    EXPECT_EQ(show("=853  20$81$av.\n=853  20$82$aBd.\n=863  41$81.1$a1\n=863  41$82.1$a2\n=866  41$81$82$aall\n"),
              "basic 1 all");
}

TEST(holdings_text, links) {
    EXPECT_EQ(show("=853  20$81$av.\n=853  20$81$aBd.\n=863  41$81.1$a9\n"),
              "basic 1 v.9 ! more than one 853 with link 1");
    EXPECT_EQ(show("=853  20$av.\n=863  41$a9\n"), "basic - v.9");
    EXPECT_EQ(show("=853  20$81$av.\n=863  41$a9\n"), "basic - v.9 ! no $8");
    EXPECT_EQ(show("=853  20$801$av.\n=863  41$81.001$a9\n"), "basic 1 v.9");
    EXPECT_EQ(show("=853  20$8one$av.\n=863  41$8one$a9\n"), "basic one v.9");
    EXPECT_EQ(show("=863  41$81.1\n"), "basic 1  ! no 853 with link 1");
    EXPECT_EQ(show("=853  20$81$av.\n"), "");
    EXPECT_EQ(show(""), "");
}

TEST(holdings_text, several_locations) {
    const marc::stored_record embedded =
        from_mrk("=852  \\\\$bMAIN\n=853  20$81$av.\n=863  41$81.1$a1\n=852  \\\\$bSCI\n=853  20$81$aBd.\n"
                 "=863  41$81.1$a2\n=852  \\\\$bART\n=866  \\\\$aall\n");
    const auto all = holdings_text(embedded.view());
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].text, "v.1");
    EXPECT_EQ(all[0].location, 0U);
    EXPECT_EQ(all[1].text, "Bd.2");
    EXPECT_EQ(all[1].location, 3U);
    EXPECT_EQ(all[2].location, 6U);
    // Sorted by tag: nothing says where they belong.
    const marc::stored_record sorted =
        from_mrk("=852  \\\\$bMAIN\n=852  \\\\$bSCI\n=853  20$81$av.\n=863  41$81.1$a1\n");
    const auto one = holdings_text(sorted.view());
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0].location, holdings_statement::nowhere);
}

// The records of Evergreen's sample serials (Open-ILS/tests/datasets/serials_mfhd.xml) and tests of its MFHD module.
// Evergreen shows each field by itself and " - " in a range, knows months and seasons by the subfield instead of the
// caption, and abbreviates Jun., Jul. and Sep. where AACR2 has June, July and Sept.
TEST(holdings_text, evergreen) {
    EXPECT_EQ(show("=852  \\\\$bDESMARAIS$cDESM-PER\n=853  2\\$81$av.$bno.$u4$vr$i(year)\n"
                   "=853  2\\$82$av.$bno.$u2$vr$i(year)\n=863  \\1$81.1$a9$b1$i2006\n=863  \\1$81.2$a9$b2$i2006\n"
                   "=863  \\1$82.1$a10/11$b2/1$i2007/2008\n"),
              "basic 1 v.9:no.1(2006),v.9:no.2(2006)\nbasic 2 v.10/11:no.2/1(2007/2008)");
    EXPECT_EQ(show("=853  2\\$81$av.$bno.$u4$vr$i(year)$j(month)\n=863  \\1$81.1$a18$b4$i2007$j02\n"
                   "=863  \\1$81.2$a19$b1$i2007$j05\n=863  \\1$81.3$a19$b2$i2007$j09\n"),
              "basic 1 v.18:no.4(2007:Feb.),v.19:no.1(2007:May),v.19:no.2(2007:Sept.)");
    EXPECT_EQ(show("=853  2\\$81$a(year)\n=863  \\1$81.1$a2004/2005\n=866  \\\\$a2000/2001 - 2003/2004\n"),
              "basic 1 2004/2005\nbasic - 2000/2001 - 2003/2004");
    EXPECT_EQ(show("=853  20$822$av.$bno.$u12$vr$i(year)$j(month)$k(day)$wm$x01$ypw02we\n"
                   "=863  41$822.1$a1$b4$i2009$j04$k09\n"),
              "basic 22 v.1:no.4(2009:Apr. 9)");
    EXPECT_EQ(show("=853  20$830$av.$bno.$u4$vr$i(year)$j(season)$w4$yps24,21,22,23\n"
                   "=863  41$830.1$a1$b4$i2010$j23\n"),
              "basic 30 v.1:no.4(2010:Autumn)");
    EXPECT_EQ(monthly_with("=863  40$81.1$a1$b1-4$i1990$j01-04\n=863  40$81.2$a1$b6-8$i1990$j06-08\n"
                           "=863  40$81.3$a1-$b10-$i1990-$j10-\n"),
              "basic 1 v.1:no.1(1990:Jan.)-v.1:no.4(1990:Apr.),v.1:no.6(1990:June)-v.1:no.8(1990:Aug.),"
              "v.1:no.10(1990:Oct.)-");
}

// Records of Stanford (tests of searchworks_traject_indexer), which writes a blank before the parenthesis and the names
// of months in full.
TEST(holdings_text, stanford) {
    EXPECT_EQ(show("=853  2\\$82$av.$bno.$u4$vr$i(year)$j(unit)\n=863  \\1$82.57$a54$b1$i2013$j1_TRIMESTRE\n"
                   "=866  31$81$av.25(1984)-\n"),
              "basic 1 v.25(1984)-\nbasic 2 v.54:no.1(2013:1_TRIMESTRE)");
    EXPECT_EQ(show("=853  2\\$83$av.$bpt.$u3$vr$cno.$vc$i(year)$j(season)\n=863  \\1$83.36$a106$b3$c482$i2010$jWIN\n"),
              "basic 3 v.106:pt.3:no.482(2010:WIN)");
    EXPECT_EQ(show("=853  2\\$81$av.$bno.$u52$vr$i(year)$j(month)$k(day)\n=863  \\1$81.569$a205$b10$i2011$j03$k9\n"),
              "basic 1 v.205:no.10(2011:Mar. 9)");
    EXPECT_EQ(show("=853  2\\$83$a(year)$bpt.$u2$vr\n=863  \\1$83.1$a2006$b1\n"), "basic 3 2006:pt.1");
    EXPECT_EQ(show("=866  \\0$81$apt.1-4$z<v.3,16,27-28 in series>\n=866  81$81$apt.2$z<v.16 in series>\n"),
              "basic 1 pt.1-4 | <v.3,16,27-28 in series>\nbasic 1 pt.2 | <v.16 in series>");
    // A whole statement in $a of an 863, with link 0 like the textual field that stands for all.
    EXPECT_EQ(show("=866  31$av.5(1982)-v.7(1983);v.8(1983)-v.13(1988)$80\n"
                   "=863  31$ano.182/183(1994:Jan.)-no.191(1994:Oct.)$80$cNo content$dA fund\n"),
              "basic 0 v.5(1982)-v.7(1983);v.8(1983)-v.13(1988)");
}

TEST(holdings_text, five_thousand) {
    std::string fields(monthly);
    std::string without;
    for (int i = 1; i <= 5'000; ++i) {
        fields += "=863  41$81." + std::to_string(i) + "$a" + std::to_string(i) + "$b1$i1990$j01\n";
        without += "=863  41$8" + std::to_string(i) + ".1$a" + std::to_string(i) + "\n";
    }
    const marc::stored_record one = from_mrk(fields);
    const auto all = holdings_text(one.view());
    ASSERT_EQ(all.size(), 1U);
    EXPECT_TRUE(all[0].text.ends_with(",v.5000:no.1(1990:Jan.)"));
    EXPECT_TRUE(all[0].problem.empty());
    const marc::stored_record many = from_mrk(without);
    EXPECT_EQ(holdings_text(many.view()).size(), 5'000U);
}

} // namespace
