// Items: reading them out of each layout, writing them into each, and what is lost between two.
#include "crosswalk/holdings.hpp"
#include "crosswalk/items.hpp"
#include "crosswalk_holdings_target.hpp"
#include "failing_memory.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace crosswalk;
using marc_test::from_mrk;

namespace {

std::string to_mrk(const marc::record_view& record) {
    return marc_test::to_mrk(record) + "\n";
}

std::string show(const item& one) {
    std::string out;
    for (std::size_t i = 0; i < item_column_count; ++i) {
        if (one.columns[i]) {
            out.append(out.empty() ? "" : "|").append(name_of(static_cast<item_column>(i))).append("=");
            out.append(*one.columns[i]);
        }
    }
    std::pmr::string rest;
    write_rest(one, rest, false);
    return out + " " + std::string(rest);
}

std::string items_in(const marc::record_view& record, std::string_view layout = "auto") {
    const auto from = layout == "auto" ? detect_layout(record) : find_layout(layout);
    if (!from) {
        return "none";
    }
    std::string out(name_of(*from));
    for (const item& one : read_items(record, *from)) {
        out += "\n" + show(one);
    }
    return out;
}
std::string items_in(std::string_view record, std::string_view layout = "auto") {
    return items_in(from_mrk(record).view(), layout);
}

/// What jsonb_agg(marc_items(…)) gives.
std::string to_json(const item_list& items) {
    std::string out = "[";
    for (const item& one : items) {
        out += out.size() > 1 ? "," : "";
        out += R"({"ord":1,"layout":")" + std::string(name_of(one.layout)) + "\"";
        for (std::size_t i = 0; i < item_column_count; ++i) {
            out += ",\"" + std::string(name_of(static_cast<item_column>(i))) + "\":";
            out += one.columns[i] ? "\"" + std::string(*one.columns[i]) + "\"" : "null";
        }
        std::pmr::string rest;
        write_rest(one, rest, false);
        out += ",\"other\":" + std::string(rest) + "}";
    }
    return out + "]";
}

std::string fields_of(const marc::record_view& record) {
    const std::string all = to_mrk(record);
    return all.substr(all.find('\n') + 1);
}

/// The record with these items in another layout.
marc::stored_record with_items(const marc::record_view& record, const item_list& items, item_layout layout) {
    // Through JSON, as in SQL.
    const item_list again = items_from_json(to_json(items));
    marc::builder b;
    write_items(record, again, layout, b);
    return b.finish();
}

std::vector<marc::stored_record> holdings_of(const marc::record_view& record) {
    std::vector<marc::stored_record> all;
    write_holdings_records(record, detect_layout(record).value(), [&](marc::builder& b) { all.push_back(b.finish()); });
    return all;
}

const std::string bib = "=LDR  00000nam\\a2200000\\a\\4500\n=001  1234\n=003  EVA\n"
                        "=008  990802s1999\\\\\\\\nyu\\\\\\\\\\\\\\\\\\\\\\000\\0\\eng\\d\n=245  10$aTitle\n";
const std::string koha_items =
    "=952  \\\\$00$10$2ddc$40$70$8REF$947$aCPL$bFPL$cGEN$d2014-09-04$eVendor$g12.50$hv.3 no.2$l5$o813.54 SMI$p3900001"
    "$r2020-01-01$tc.1$uhttp://x$v20.00$w2014-09-04$xstaff$xmore$yBK$zpublic\n"
    "=952  \\\\$11$2ddc$71$948$aCPL$bCPL$cGEN$o813.54 SMI$p3900002$uhttp://x$yBK\n"
    "=952  \\\\$949$aMPL$bMPL$oFIC$p3900003$yBK\n";

TEST(items, koha) {
    EXPECT_EQ(items_in(bib + koha_items),
              "koha\n"
              "library=CPL|location=FPL|shelving=GEN|call_number=813.54 SMI|call_number_scheme=ddc|copy=c.1|"
              "enumeration=v.3 no.2|barcode=3900001|item_type=BK|price=12.50|note_public=public|note_staff=staff|"
              "uri=http://x "
              R"({"952$0":["0"],"952$1":["0"],"952$4":["0"],"952$7":["0"],"952$8":["REF"],"952$9":["47"],)"
              R"("952$d":["2014-09-04"],"952$e":["Vendor"],"952$l":["5"],"952$r":["2020-01-01"],"952$v":["20.00"],)"
              R"("952$w":["2014-09-04"],"952$x":["more"]})"
              "\nlibrary=CPL|location=CPL|shelving=GEN|call_number=813.54 SMI|call_number_scheme=ddc|barcode=3900002|"
              "item_type=BK|status=lost 1, not for loan 1|uri=http://x {\"952$9\":[\"48\"]}"
              "\nlibrary=MPL|location=MPL|call_number=FIC|barcode=3900003|item_type=BK {\"952$9\":[\"49\"]}");
    // NYPL's own 952 is no item of Koha.
    EXPECT_EQ(items_in("=952  \\\\$hJFL 95-141\n"), "none");
    EXPECT_EQ(items_in(bib), "none");
}

TEST(items, unimarc) {
    const std::string record = "=LDR  00000nam0\\2200000\\\\\\450\\\n=001  9\n=100  \\\\$a20000101\n=200  1\\$aTitre\n"
                               "=995  \\\\$21$bMAIN$cANNEX$eSALLE$f3900$kR 12$o0$rLIV$unote$vt. 2$93\n";
    EXPECT_EQ(items_in(record),
              "koha_unimarc\nlibrary=MAIN|location=ANNEX|shelving=SALLE|call_number=R 12|enumeration=t. 2|"
              "barcode=3900|item_type=LIV|status=lost 1|note_public=note "
              R"({"995$9":["3"],"995$o":["0"]})");
}

const std::string evergreen_items =
    "=852  4\\$aINST$bBR1$bBR2$cStacks$kREF$jQA 76$mv.2$gbook$p3900$sAvailable$y{dollar}12.00$t2"
    "$xreference$xhidden$uhttp://x$ztag$znote\n";

TEST(items, evergreen) {
    EXPECT_EQ(
        items_in(bib + evergreen_items),
        "evergreen\nlibrary=BR1|location=BR2|shelving=Stacks|call_number=REF QA 76 v.2|copy=2|barcode=3900|"
        "item_type=book|status=Available|price=$12.00|note_public=tag|note_staff=reference|uri=http://x "
        R"({"852$a":["INST"],"852$j":["QA 76"],"852$k":["REF"],"852$m":["v.2"],"852$x":["hidden"],"852$z":["note"]})");
}

TEST(items, marc21) {
    // The records of ReCAP (ResearchCollectionsAndPreservation/scsb-etl): one location, several items.
    EXPECT_EQ(items_in("=852  \\8$brc2ma$hJFL 95-141\n=866  \\\\$av. 5\n"
                       "=876  \\\\$p33433002853152$hIn Library Use$a.i100748715$jAvailable$t1$3v. 13 (Oct-Dec 1986)\n"
                       "=876  \\\\$p33433002853160$a.i100748727$jAvailable$t1$3v. 14\n"),
              "marc21\nlibrary=rc2ma|call_number=JFL 95-141|copy=1|enumeration=v. 13 (Oct-Dec 1986)|"
              "barcode=33433002853152|status=Available "
              R"({"852^2":["8"],"876$a":[".i100748715"],"876$h":["In Library Use"]})"
              "\nlibrary=rc2ma|call_number=JFL 95-141|copy=1|enumeration=v. 14|barcode=33433002853160|status=Available "
              R"({"852^2":["8"],"876$a":[".i100748727"]})");
    // Joined by the 852 before, by link, by materials; linked to an 863.
    EXPECT_EQ(items_in("=852  0\\$bA\n=876  \\\\$p1\n=852  0\\$bB\n=876  \\\\$p2\n"),
              "marc21\nlibrary=A|call_number_scheme=lcc|barcode=1 {}\nlibrary=B|call_number_scheme=lcc|barcode=2 {}");
    EXPECT_EQ(items_in("=852  \\\\$81$bA\n=852  \\\\$82$bB\n=876  \\\\$82$p2\n=876  \\\\$81$p1\n"),
              "marc21\nlibrary=B|barcode=2 {\"852$8\":[\"2\"],\"876$8\":[\"2\"]}\n"
              "library=A|barcode=1 {\"852$8\":[\"1\"],\"876$8\":[\"1\"]}");
    EXPECT_EQ(items_in("=852  \\\\$3v.1$bA\n=852  \\\\$3v.2$bB\n=876  \\\\$3v.2$p2\n"),
              "marc21\nlibrary=A {\"852$3\":[\"v.1\"]}\n"
              "library=B|enumeration=v.2|barcode=2 {\"852$3\":[\"v.2\"]}");
    EXPECT_EQ(items_in("=852  \\\\$bA\n=852  \\\\$bB\n=876  \\\\$p2\n"),
              "marc21\nlibrary=A {}\nlibrary=B {}\nbarcode=2 {}"); // nothing says where
    EXPECT_EQ(items_in("=852  \\\\$bA\n=853  20$81$av.$i(year)$j(month)\n=863  41$81.1$a3$i1990$j05\n"
                       "=863  41$81.2$a4$i1991$j06\n=876  \\\\$81.2$p4\n=877  \\\\$aidx\n"),
              "marc21\nlibrary=A|enumeration=v.4|chronology=1991:June|barcode=4 {\"876$8\":[\"1.2\"]}\n"
              "library=A {\"877$a\":[\"idx\"],\"877^2\":[\" \"]}");
    // An 852 that says of the item itself.
    EXPECT_EQ(
        items_in("=LDR  00000nx\\\\a22000001n\\4500\n=852  72$2kssb$bA$hPq$iX$p9$t2$zsee$xwe\n"),
        "marc21\nlibrary=A|call_number=Pq X|call_number_scheme=kssb|copy=2|barcode=9|note_public=see|note_staff=we "
        R"({"852$h":["Pq"],"852$i":["X"],"852^2":["2"]})");
    EXPECT_EQ(items_in("=876  \\\\$p2\n"), "marc21\nbarcode=2 {}");
    // Damaged fields are left alone.
    EXPECT_EQ(items_in("=852  \\\\$bA$p1\n=876  x\n"), "evergreen\nlibrary=A|barcode=1 {\"852^1\":[\" \"]}");
}

TEST(items, same_layout_keeps_everything) {
    const std::string circulation = "$l5$r2020-01-01";
    for (const std::string& fields :
         {koha_items, evergreen_items,
          std::string("=852  72$81$3all$aCSt$bA$cS$kREF$hPq$iX$lT$2kssb$q3\n"
                      "=876  \\\\$81.1$3v.1$aid$bold$cUSD 5$d2020$evendor$hno$jlost$lB$p1$t2$xs$xt$zp\n"),
          std::string("=852  71$bA$hX$2lcc\n=876  \\\\$p1\n"), std::string("=852  4\\$bA$jshelf 9\n=877  12$p1$t2\n"),
          std::string("=852  \\\\$bA$jx$jy$?$8\n=852  0\\$bB$hQ\n")}) {
        std::string expected = fields;
        if (const std::size_t at = expected.find(circulation.substr(0, 3));
            at != std::string::npos && expected[1] == '9') {
            expected.erase(at, 3);
            expected.erase(expected.find("$r2020-01-01"), 12);
        }
        const marc::stored_record record = from_mrk(bib + fields);
        const item_layout layout = detect_layout(record.view()).value();
        const marc::stored_record after = with_items(record.view(), read_items(record.view(), layout), layout);
        EXPECT_EQ(items_in(after.view()), items_in(from_mrk(bib + expected).view())) << fields;
        const marc::stored_record again = with_items(after.view(), read_items(after.view(), layout), layout);
        EXPECT_EQ(to_mrk(again.view()), to_mrk(after.view()));
    }
    const marc::stored_record record = from_mrk(bib + evergreen_items);
    const item_list items = read_items(record.view(), item_layout::evergreen);
    EXPECT_EQ(to_mrk(with_items(record.view(), items, item_layout::evergreen).view()), to_mrk(record.view()));
}

TEST(items, changed_call_number) {
    const marc::stored_record record = from_mrk(bib + evergreen_items);
    item_list items = read_items(record.view(), item_layout::evergreen);
    items[0].at(item_column::call_number)->assign("QA 77");
    const std::string fields = fields_of(with_items(record.view(), items, item_layout::evergreen).view());
    EXPECT_NE(fields.find("$jQA 77$g"), std::string::npos) << fields;
    EXPECT_EQ(fields.find("$kREF"), std::string::npos);
    EXPECT_EQ(fields.find("$mv.2"), std::string::npos);
}

TEST(items, holdings_records) {
    const marc::stored_record record = from_mrk(bib + koha_items);
    const auto all = holdings_of(record.view());
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(to_mrk(all[0].view()),
              "=LDR  00000nv\\\\a22000001i\\4500\n=003  EVA\n=004  1234\n"
              "=008  9908020u\\\\\\\\0\\\\\\0002uu\\\\\\1000000\n"
              "=852  1\\$bCPL$cGEN$h813.54 SMI$uhttp://x\n"
              "=876  \\\\$3v.3 no.2$a47$c12.50$d2014-09-04$eVendor$lFPL$p3900001$tc.1$xstaff$xmore$zpublic$9BK\n"
              "=876  \\\\$a48$jlost 1, not for loan 1$lCPL$p3900002$9BK\n");
    EXPECT_EQ(fields_of(all[1].view()), "=003  EVA\n=004  1234\n=008  9908020u\\\\\\\\0\\\\\\4001uu\\\\\\0000000\n"
                                        "=852  \\\\$bMPL$hFIC\n=876  \\\\$a49$lMPL$p3900003$9BK\n");
    for (const marc::stored_record& one : all) {
        one.view().check();
    }
}

TEST(items, koha_and_back) {
    const marc::stored_record record = from_mrk(bib + koha_items);
    item_list items(std::pmr::get_default_resource());
    for (const marc::stored_record& one : holdings_of(record.view())) {
        for (item& i : read_items(one.view(), item_layout::marc21)) {
            items.push_back(std::move(i));
        }
    }
    // All but the codes 0, circulation, collection, replacement price and its date.
    EXPECT_EQ(fields_of(with_items(from_mrk(bib).view(), items, item_layout::koha).view())
                  .substr(fields_of(from_mrk(bib).view()).size()),
              "=952  \\\\$2ddc$947$aCPL$bFPL$cGEN$d2014-09-04$eVendor$g12.50$hv.3 no.2$o813.54 SMI$p3900001$tc.1"
              "$uhttp://x$xstaff$xmore$yBK$zpublic\n"
              "=952  \\\\$11$2ddc$71$948$aCPL$bCPL$cGEN$o813.54 SMI$p3900002$uhttp://x$yBK\n"
              "=952  \\\\$949$aMPL$bMPL$oFIC$p3900003$yBK\n");
    std::string unheld;
    for (const item_unheld& u : find_unheld(read_items(record.view(), item_layout::koha), item_layout::marc21)) {
        unheld += std::to_string(u.item) + " " + std::string(u.place) + " " + std::string(u.value) + "\n";
    }
    EXPECT_EQ(unheld, "0 952$8 REF\n0 952$l 5\n0 952$r 2020-01-01\n0 952$v 20.00\n0 952$w 2014-09-04\n");
}

TEST(items, between_layouts) {
    const marc::stored_record record = from_mrk(bib + koha_items);
    const item_list items = read_items(record.view(), item_layout::koha);
    const marc::stored_record unimarc = with_items(from_mrk("=200  1\\$aT\n").view(), items, item_layout::koha_unimarc);
    EXPECT_EQ(fields_of(unimarc.view()),
              "=200  1\\$aT\n"
              "=995  \\\\$00$10$20$52014-09-04$6c.1$7http://x$947$aVendor$bCPL$cFPL$eGEN$f3900001$g20.00$hREF"
              "$i2014-09-04$k813.54 SMI$o0$p12.50$rBK$upublic$vv.3 no.2$zstaff$zmore\n"
              "=995  \\\\$21$7http://x$948$bCPL$cCPL$eGEN$f3900002$k813.54 SMI$o1$rBK\n"
              "=995  \\\\$949$bMPL$cMPL$f3900003$kFIC$rBK\n");
    const marc::stored_record evergreen = with_items(from_mrk(bib).view(), items, item_layout::evergreen);
    EXPECT_NE(fields_of(evergreen.view())
                  .find("=852  1\\$bCPL$bFPL$cGEN$j813.54 SMI$gBK$p3900001$y12.50$tc.1$xstaff$xmore"
                        "$uhttp://x$zpublic\n"),
              std::string::npos)
        << fields_of(evergreen.view());
    // Chronology goes with enumeration; another system's status is no code of Koha.
    const marc::stored_record serial =
        from_mrk("=852  \\\\$bA\n=853  20$81$av.$i(year)\n=863  41$81.2$a4$i1991\n=876  \\\\$81.2$jAvailable$p4\n");
    const item_list parts = read_items(serial.view(), item_layout::marc21);
    EXPECT_EQ(fields_of(with_items(from_mrk("=245  00$aT\n").view(), parts, item_layout::koha).view()),
              "=245  00$aT\n=952  \\\\$aA$hv.4(1991)$p4\n");
    const auto unheld = find_unheld(parts, item_layout::koha);
    ASSERT_EQ(unheld.size(), 2U);
    EXPECT_EQ(unheld[0].place, "status");
    EXPECT_EQ(unheld[1].place, "876$8");
}

TEST(items, split_by_location) {
    const marc::stored_record record = from_mrk(
        bib + "=852  \\\\$bA\n=853  20$81$av.\n=863  41$81.1$a1\n=876  \\\\$p1\n=852  \\\\$bB\n=866  41$aall\n");
    const auto all = holdings_of(record.view());
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(to_mrk(all[0].view()),
              "=LDR  00000nv\\\\a22000004i\\4500\n=003  EVA\n=004  1234\n"
              "=008  9908020u\\\\\\\\0\\\\\\0001uu\\\\\\0000000\n=852  \\\\$bA\n=853  20$81$av.\n=863  41$81.1$a1\n"
              "=876  \\\\$p1\n");
    EXPECT_TRUE(fields_of(all[1].view()).ends_with("=852  \\\\$bB\n=866  41$aall\n"));
    // A holdings record with one location is what it is.
    const marc::stored_record one =
        from_mrk("=LDR  00000ny\\\\a22000004n\\4500\n=001  h1\n=004  1234\n=852  \\\\$bA\n=583  \\\\$ax\n");
    const auto same = holdings_of(one.view());
    ASSERT_EQ(same.size(), 1U);
    EXPECT_EQ(to_mrk(same[0].view()), to_mrk(one.view()));
}

TEST(items, wrong_json) {
    const auto problem = [](std::string_view json) -> std::string {
        try {
            items_from_json(json);
            return "none";
        } catch (const items_error& e) {
            return e.what();
        }
    };
    EXPECT_EQ(problem("[]"), "none");
    EXPECT_EQ(problem(R"([{"library": "A", "copy": 2, "other": {"952$9": "1", "952^1": [" "]}}])"), "none");
    EXPECT_EQ(problem("{}"), "items are a JSON array of objects, as jsonb_agg() makes it from marc_items()");
    EXPECT_EQ(problem("[1]"), "item 0 is not an object");
    EXPECT_EQ(problem(R"([{"libary": "A"}])"), "item 1 has the key libary, which is no column of marc_items()");
    EXPECT_EQ(problem(R"([{"library": ["A"]}])"), "item 1 has something else than a text for library");
    EXPECT_EQ(problem(R"([{"other": {"9": "1"}}])"), "item 1 has the place 9 in other, which should be like 952$9");
    EXPECT_EQ(problem(R"([{"other": {"952$9": {}}}])"), "item 1 has something else than texts for 952$9");
    EXPECT_EQ(problem(R"([{"layout": "symphony"}])"), "item 1 has the layout symphony, which is none");
    EXPECT_EQ(problem("[{\"library\": \"a\\u001fb\"}]"),
              "item 1 has a character in library that separates records, fields or subfields");
    EXPECT_EQ(problem("[{"), "items are not JSON");
}

TEST(items, many) {
    std::string fields = "=852  \\\\$bA\n";
    std::string one = "=952  \\\\$aA$p1";
    for (int i = 0; i < 5'000; ++i) {
        fields += "=876  \\\\$8" + std::to_string(i) + ".1$p" + std::to_string(i) + "\n";
        one += "$x" + std::to_string(i);
    }
    const marc::stored_record record = from_mrk(fields);
    const item_list items = read_items(record.view(), item_layout::marc21);
    ASSERT_EQ(items.size(), 5'000U);
    EXPECT_EQ(*items.back().at(item_column::barcode), "4999");
    const marc::stored_record notes = from_mrk(one + "\n");
    const item_list single = read_items(notes.view(), item_layout::koha);
    ASSERT_EQ(single.size(), 1U);
    EXPECT_EQ(single[0].rest.size(), 4'999U);
    EXPECT_EQ(to_mrk(with_items(notes.view(), single, item_layout::koha).view()), to_mrk(notes.view()));
}

using marc_test::sweep_alone;
constexpr std::size_t most_allocations = 5'000;

TEST(items, no_memory) {
    const marc::stored_record koha = from_mrk(bib + koha_items);
    const marc::stored_record holdings =
        from_mrk("=852  72$81$bA long name of a library$kREF$hPq$iX$2kssb\n=853  20$81$av.$bno.$gno.$i(year)$j(month)\n"
                 "=863  40$81.1$a1-2$b1-6$g1-12$i1990-1991$j01-06$zA note that is long enough to be allocated$oTitle\n"
                 "=863  44$81.2$a3$i1992$wx\n=863  41$82.1$a1\n=866  41$83$aA textual statement of holdings$zNote\n"
                 "=876  \\\\$81.1$a1$p2$t3$9A long item type of this library\n=852  \\\\$bB\n=876  \\\\$p3\n");
    const item_list items = read_items(koha.view(), item_layout::koha);
    const std::string json = to_json(items);
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { holdings_text(holdings.view(), memory); });
    sweep_alone(most_allocations,
                [&](std::pmr::memory_resource* memory) { read_items(holdings.view(), item_layout::marc21, memory); });
    sweep_alone(most_allocations,
                [&](std::pmr::memory_resource* memory) { read_items(koha.view(), item_layout::koha, memory); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { items_from_json(json, memory); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { item_subfields(memory); });
    for (std::size_t i = 0; i < item_layout_count; ++i) {
        const auto layout = static_cast<item_layout>(i);
        sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { find_unheld(items, layout, memory); });
        sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) {
            marc::builder b(memory);
            write_items(koha.view(), items, layout, b);
            b.finish();
        });
    }
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) {
        write_holdings_records(
            koha.view(), item_layout::koha, [](marc::builder& b) { b.finish(); }, memory);
    });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) {
        write_holdings_records(
            holdings.view(), item_layout::marc21, [](marc::builder& b) { b.finish(); }, memory);
    });
}

TEST(items, fuzz_replay) {
    std::size_t inputs = 0;
    const std::filesystem::path folder =
        std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "tests/fuzz/corpus/crosswalk_holdings";
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        SCOPED_TRACE(file.path().string());
        marc_fuzz::holdings(marc_test::read_file(file.path()));
        ++inputs;
    }
    EXPECT_GT(inputs, 0U);
}

} // namespace
