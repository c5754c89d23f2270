// Edits of records.
#include "edit_order.hpp"
#include "marc/edit.hpp"
#include "marc/error.hpp"
#include "marc/path.hpp"
#include "marc/poll.hpp"
#include "marc_support.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <random>

using namespace marc;
using namespace marc_test;

namespace {

const std::string leader = "=LDR  00000nam\\a2200000\\a\\4500";

using edit_function = std::function<edit_outcome(const record_view&, builder&)>;

/// The fields after an edit, or a word for another outcome.
std::string after(const std::string& fields, const edit_function& edit) {
    const stored_record r = from_mrk(leader + "\n" + fields);
    builder into;
    into.add_field("999", "left over");
    const edit_outcome outcome = edit(r.view(), into);
    if (outcome != edit_outcome::changed) {
        EXPECT_EQ(into.field_count(), 0U);
        constexpr const char* names[] = {"unchanged", "changed",   "no_place", "wrong_length",
                                         "delimiter", "indicator", "wildcard"};
        return names[static_cast<int>(outcome)];
    }
    const stored_record changed = into.finish();
    changed.view().check();
    EXPECT_NE(digest(changed.view()), digest(r.view()));
    const std::string text = to_mrk(changed.view());
    return text.size() > leader.size() ? text.substr(leader.size() + 1) : "";
}

std::string set(const std::string& fields, std::string_view path, std::string_view value) {
    return after(fields, [&](const record_view& r, builder& b) { return set_values(r, parse_path(path), value, b); });
}
std::string remove(const std::string& fields, std::string_view path) {
    return after(fields, [&](const record_view& r, builder& b) { return delete_values(r, parse_path(path), b); });
}
std::string replace(const std::string& fields, std::string_view path, std::string_view from, std::string_view to) {
    return after(fields,
                 [&](const record_view& r, builder& b) { return replace_in_values(r, parse_path(path), from, to, b); });
}

TEST(marc_edit, set_changes_every_value_of_the_path) {
    const std::string fields = "=001  x\n=650  \\0$aA$xB$xC\n=650  \\7$aD";
    EXPECT_EQ(set(fields, "650$a", "N"), "=001  x\n=650  \\0$aN$xB$xC\n=650  \\7$aN");
    EXPECT_EQ(set(fields, "650[1]$a", "N"), "=001  x\n=650  \\0$aA$xB$xC\n=650  \\7$aN");
    EXPECT_EQ(set(fields, "650$x[1]", ""), "=001  x\n=650  \\0$aA$xB$x\n=650  \\7$aD");
    EXPECT_EQ(set(fields, "650$x$x", "N"), "=001  x\n=650  \\0$aA$xN$xN\n=650  \\7$aD");
    EXPECT_EQ(set(fields, "650$x/0", "long"), "=001  x\n=650  \\0$aA$xlong$xlong\n=650  \\7$aD");
    EXPECT_EQ(set(fields, "650^2", "4"), "=001  x\n=650  \\4$aA$xB$xC\n=650  \\4$aD");
    EXPECT_EQ(set(fields, "001", "y"), "=001  y\n=650  \\0$aA$xB$xC\n=650  \\7$aD");
    EXPECT_EQ(set(fields, "001", "x"), "unchanged");
    EXPECT_EQ(set("=245  10$a\xC3\xA9t\xC3\xA9", "245$a/2", "\xC3\xA8"), "=245  10$a\xC3\xA9t\xC3\xA8");
}

TEST(marc_edit, set_makes_what_is_named_exactly) {
    EXPECT_EQ(set("=245  10$aT", "245$c", "C"), "=245  10$aT$cC");
    EXPECT_EQ(set("=245  10", "245$c", "C"), "=245  10$cC");
    EXPECT_EQ(set("=001  x\n=500  \\\\$aN", "245$a", "T"), "=001  x\n=245  \\\\$aT\n=500  \\\\$aN");
    EXPECT_EQ(set("=650  \\0$aA\n=650  \\0$aB", "650[1]$2", "fast"), "=650  \\0$aA\n=650  \\0$aB$2fast");
    EXPECT_EQ(set("=001  x\n=245  10$aT", "003", "DLC"), "=001  x\n=003  DLC\n=245  10$aT");
    for (const char* path : {"650$2", "650[2]$2", "6..$2", "650$2[0]", "651[0]$a", "001$a", "006$a", "245$p/0", "FMT",
                             "245$c-d", "245$c$d", "245[#]$c", "245[0-1]$c", "003[0]", "003/0", "245$c{$a}"}) {
        EXPECT_EQ(set("=001  x\n=245  10$aT\n=650  \\0$aA\n=650  \\0$aB", path, "N"), "unchanged") << path;
    }
}

TEST(marc_edit, set_refuses_what_has_no_place) {
    const std::string fields = "=001  abc\n=245  10$aT";
    for (const char* path : {"999", "99.", "9..", "650[5]", "650{$a}", "650/0"}) { // whether there is one or not
        EXPECT_EQ(set(fields, path, "N"), "no_place") << path;
    }
    EXPECT_EQ(set(fields, "650[5]$a", "N"), "unchanged");
    EXPECT_EQ(set(fields, "245[5]^1", "1"), "unchanged");
    EXPECT_EQ(set(fields, "006/0", "a"), "unchanged");
    EXPECT_EQ(set(fields, "245", "N"), "no_place");
    EXPECT_EQ(set(fields, "245/0", "N"), "no_place");
    EXPECT_EQ(set(fields, "001/1-2", "N"), "wrong_length");
    EXPECT_EQ(set(fields, "001/1-2", "\xC3\xA9y"), "=001  a\xC3\xA9y\n=245  10$aT");
    EXPECT_EQ(set(fields, "LDR/5", "cc"), "wrong_length");
    EXPECT_EQ(set(fields, "LDR/5", "\xC3\xA9"), "wrong_length");
    EXPECT_EQ(set(fields, "245^1", "\xC3\xA9"), "indicator");
    EXPECT_EQ(set(fields, "245$a",
                  "a\x1F"
                  "b"),
              "delimiter");
    EXPECT_EQ(set(fields, "001",
                  "a\x1E"
                  "b"),
              "delimiter");
    EXPECT_THROW(set(fields, "24", "x"), parse_error);
}

TEST(marc_edit, the_leader) {
    const stored_record r = from_mrk(leader + "\n=001  x");
    builder b;
    ASSERT_EQ(set_values(r.view(), parse_path("LDR/5-6"), "ca", b), edit_outcome::changed);
    EXPECT_EQ(b.finish().view().leader(), "00000cam a2200000 a 4500");
    ASSERT_EQ(set_values(r.view(), parse_path("LDR"), "00000cas a2200000 i 4500", b), edit_outcome::changed);
    EXPECT_EQ(b.finish().view().leader(), "00000cas a2200000 i 4500");
    EXPECT_EQ(set_leader(r.view(), r.view().leader(), b), edit_outcome::unchanged);
    EXPECT_EQ(set_leader(r.view(), "short", b), edit_outcome::wrong_length);
    EXPECT_EQ(set_leader(r.view(), "00000\xC3\xA9m a2200000 i 4500", b), edit_outcome::wrong_length);
    EXPECT_EQ(set_leader(r.view(), "00000nam a2200000 i 450\x1E", b), edit_outcome::delimiter);
    for (const char* kind : {"bibliographic", "authority", "holdings", "classification", "community"}) {
        EXPECT_EQ(leader_for(kind).size(), 24U) << kind;
    }
    EXPECT_EQ(leader_for("book"), "");
}

TEST(marc_edit, delete_takes_subfields_and_fields) {
    const std::string fields = "=001  x\n=650  \\0$aA$xB$xC\n=650  \\7$aD";
    EXPECT_EQ(remove(fields, "650"), "=001  x");
    EXPECT_EQ(remove(fields, "650$x"), "=001  x\n=650  \\0$aA\n=650  \\7$aD");
    EXPECT_EQ(remove(fields, "650$a"), "=001  x\n=650  \\0$xB$xC");
    EXPECT_EQ(remove(fields, "650$a-z"), "=001  x");
    EXPECT_EQ(remove(fields, "650$x[0]"), "=001  x\n=650  \\0$aA$xC\n=650  \\7$aD");
    EXPECT_EQ(remove(fields, "650$x$x[0]$a"), "=001  x");
    EXPECT_EQ(remove(fields, "00."), "=650  \\0$aA$xB$xC\n=650  \\7$aD");
    EXPECT_EQ(remove(fields, "651"), "unchanged");
    EXPECT_EQ(remove(fields, "LDR"), "no_place");
    EXPECT_EQ(remove(fields, "650^1"), "no_place");
    EXPECT_EQ(remove(fields, "001/0"), "no_place");
    EXPECT_EQ(remove(fields, "650$x/0"), "no_place");
    EXPECT_EQ(remove("=245  {hex:31306C6561641F6178}", "245$a"), "=245  {hex:31306C656164}"); // bytes before $a stay
}

TEST(marc_edit, replace_is_literal) {
    const std::string fields = "=001  aa\n=245  10$aa.a$bb$aca";
    EXPECT_EQ(replace(fields, "245$a", "a", "aa"), "=001  aa\n=245  10$aaa.aa$bb$acaa");
    EXPECT_EQ(replace(fields, "245$a", ".", ""), "=001  aa\n=245  10$aaa$bb$aca");
    EXPECT_EQ(replace(fields, "...", "a", ""), "=001  \n=245  10$a.$bb$ac");
    EXPECT_EQ(replace(fields, "245$a/0", "a", "X"), "=001  aa\n=245  10$aX.a$bb$aca");
    EXPECT_EQ(replace(fields, "001/1", "a", "b"), "=001  ab\n=245  10$aa.a$bb$aca");
    EXPECT_EQ(replace(fields, "001/1", "a", "bc"), "wrong_length");
    EXPECT_EQ(replace(fields, "245^1", "1", "0"), "=001  aa\n=245  00$aa.a$bb$aca");
    EXPECT_EQ(replace(fields, "245^1", "1", "00"), "indicator");
    EXPECT_EQ(replace(fields, "245", "z", "a"), "unchanged");
    EXPECT_EQ(replace(fields, "245", "", "a"), "unchanged");
    EXPECT_EQ(replace(fields, "245", "a", "\x1F"), "delimiter");
    EXPECT_EQ(replace(fields, "245/0", "a", "b"), "no_place");
}

TEST(marc_edit, fields_are_added_in_place_or_at_the_end) {
    const stored_record more = from_mrk("=650  \\0$aN\n=500  \\\\$aM\n=CAT  \\\\$az\n=650  \\0$aO");
    const auto add = [&](const std::string& fields, field_place place) {
        return after(fields, [&](const record_view& r, builder& b) { return add_fields(r, more.view(), place, b); });
    };
    EXPECT_EQ(add("=001  x\n=650  \\0$aA\n=700  1\\$aB", field_place::by_tag),
              "=001  x\n=500  \\\\$aM\n=650  \\0$aA\n=650  \\0$aN\n=650  \\0$aO\n=700  1\\$aB\n=CAT  \\\\$az");
    EXPECT_EQ(add("=FMT  BK\n=700  1\\$aB\n=035  \\\\$a1", field_place::by_tag),
              "=FMT  BK\n=500  \\\\$aM\n=650  \\0$aN\n=650  \\0$aO\n=700  1\\$aB\n=035  \\\\$a1\n=CAT  \\\\$az");
    EXPECT_EQ(add("=700  1\\$aB", field_place::end),
              "=700  1\\$aB\n=650  \\0$aN\n=500  \\\\$aM\n=CAT  \\\\$az\n=650  \\0$aO");
    EXPECT_EQ(add("=001  x", field_place::by_tag), "=001  x\n=500  \\\\$aM\n=650  \\0$aN\n=650  \\0$aO\n=CAT  \\\\$az");
}

TEST(marc_edit, sort_and_keep) {
    const auto sort = [](const std::string& fields) { return after(fields, sort_fields); };
    EXPECT_EQ(sort("=CAT  \\\\$az\n=880  \\\\$6245-01$ax\n=500  \\\\$ab\n=500  \\\\$aa\n=001  x"),
              "=001  x\n=500  \\\\$ab\n=500  \\\\$aa\n=880  \\\\$6245-01$ax\n=CAT  \\\\$az");
    EXPECT_EQ(sort("=001  x\n=500  \\\\$ab\n=500  \\\\$aa"), "unchanged");
    const auto keep = [](const std::string& fields, std::string_view tag) {
        tag_pattern pattern;
        EXPECT_TRUE(read_tag_pattern(tag, pattern));
        return after(fields, [&](const record_view& r, builder& b) { return keep_fields(r, {&pattern, 1}, b); });
    };
    EXPECT_EQ(keep("=001  x\n=500  \\\\$ab\n=650  \\0$aa", "X0."), "=001  x\n=500  \\\\$ab");
    EXPECT_EQ(keep("=001  x\n=500  \\\\$ab", "..."), "unchanged");
    tag_pattern pattern;
    EXPECT_FALSE(read_tag_pattern("65", pattern));
    EXPECT_FALSE(read_tag_pattern("65*", pattern));
}

TEST(marc_edit, an_edited_record_forgets_its_form_but_not_what_was_lost) {
    builder b;
    b.set_source(source_format::iso2709, source_encoding::marc8);
    b.mark(record_flag::lossy | record_flag::defects);
    b.set_residue(residue_kind::iso2709_difference, "raw");
    b.add_field("001", "x");
    const stored_record r = b.finish();
    ASSERT_EQ(set_values(r.view(), parse_path("001"), "y", b), edit_outcome::changed);
    const stored_record edited = b.finish();
    EXPECT_EQ(edited.view().format(), source_format::other);
    EXPECT_EQ(edited.view().encoding(), source_encoding::unicode);
    EXPECT_EQ(edited.view().flags(), record_flag::lossy);
    EXPECT_EQ(edited.view().residue(), "");
}

TEST(marc_edit, subspecs_choose_what_is_edited) {
    const std::string fields = "=650  \\0$aA$2lcsh\n=650  \\7$aB$2fast\n=650  \\7$aC$0(x)1$2fast";
    EXPECT_EQ(remove(fields, "650{$2=\\fast}"), "=650  \\0$aA$2lcsh");
    EXPECT_EQ(remove(fields, "650$2{$2=\\fast}"), "=650  \\0$aA$2lcsh\n=650  \\7$aB\n=650  \\7$aC$0(x)1");
    EXPECT_EQ(remove(fields, "650{$0}"), "=650  \\0$aA$2lcsh\n=650  \\7$aB$2fast");
    EXPECT_EQ(remove(fields, "650{!$0}"), "=650  \\7$aC$0(x)1$2fast");
    EXPECT_EQ(remove(fields, "650{^2=\\0}"), "=650  \\7$aB$2fast\n=650  \\7$aC$0(x)1$2fast");
    EXPECT_EQ(remove(fields, "650{$2=\\gnd}"), "unchanged");
    // Only where there is a $0: nothing is made where a path has a condition.
    EXPECT_EQ(set(fields, "650$0{$2=\\fast}", "N"), "=650  \\0$aA$2lcsh\n=650  \\7$aB$2fast\n=650  \\7$aC$0N$2fast");
    EXPECT_EQ(set(fields, "650$9{$2=\\fast}", "N"), "unchanged");
    EXPECT_EQ(set("=245  10$aT", "003{245}", "N"), "unchanged");
    EXPECT_EQ(set(fields, "650^2{$2=\\fast}", "4"), "=650  \\0$aA$2lcsh\n=650  \\4$aB$2fast\n=650  \\4$aC$0(x)1$2fast");
    EXPECT_EQ(replace(fields, "650$a{$2=\\fast}", "C", "D"),
              "=650  \\0$aA$2lcsh\n=650  \\7$aB$2fast\n=650  \\7$aD$0(x)1$2fast");
    EXPECT_EQ(remove(fields, "650$a/0{$2=\\fast}"), "no_place");
    // A subspec stands behind what it is about (MARCspec, "Form of MARCspec").
    EXPECT_THROW(set(fields, "650{$2=\\fast}$0", "N"), parse_error);
}

TEST(marc_edit, edits_and_paths_agree) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    const char* const paths[] = {"001",   "245", "245$a",   "245$a-b", "245[0]$a", "245[#]$b", "245$a[#]",  "...$b",
                                 "245^1", "...", "001/0-1", "245$b/#", "245$c",    "LDR/5",    "245$a$b[0]"};
    for (int round = 0; round < 5'000; ++round) {
        builder b;
        for (unsigned n = pick(5); n > 0; --n) {
            if (pick(3) == 0) {
                b.add_field("001", std::string(pick(4), 'x'));
                continue;
            }
            std::string content = pick(8) == 0 ? "" : "10";
            for (unsigned s = pick(4); s > 0; --s) {
                content += std::string("\x1F") + (pick(2) == 0 ? "a" : "b") + std::string(pick(3), 'x');
            }
            b.add_field(pick(3) == 0 ? "246" : "245", content);
        }
        const stored_record r = b.finish();
        const char* const path = paths[pick(std::size(paths))];
        const bool piece_of_value = std::string_view(path).find_first_of("^/") != std::string_view::npos;
        const auto values = [&](const record_view& v) {
            std::vector<std::string> found;
            std::pmr::string scratch;
            evaluate(parse_path(path), v, scratch, [&](std::string_view value) { found.emplace_back(value); });
            return found;
        };
        const auto before = values(r.view());
        SCOPED_TRACE(std::string(path) + "\n" + to_mrk(r.view()));

        if (set_values(r.view(), parse_path(path), "y", b) == edit_outcome::changed) {
            const stored_record edited = b.finish();
            edited.view().check();
            const auto now = values(edited.view());
            ASSERT_EQ(now.size(), std::max<std::size_t>(before.size(), 1));
            ASSERT_EQ(std::count(now.begin(), now.end(), "y"), static_cast<std::ptrdiff_t>(now.size()));
            ASSERT_EQ(set_values(edited.view(), parse_path(path), "y", b), edit_outcome::unchanged);
        }
        b.clear();
        const edit_outcome deleted = delete_values(r.view(), parse_path(path), b);
        if (piece_of_value) {
            ASSERT_NE(deleted, edit_outcome::changed);
        } else {
            ASSERT_EQ(deleted == edit_outcome::changed, !before.empty());
        }
        if (deleted == edit_outcome::changed && std::string_view(path).find('[') == std::string_view::npos) {
            ASSERT_TRUE(values(b.finish().view()).empty());
        }
    }
}

TEST(marc_edit, x_is_no_wildcard_and_says_so) {
    const stored_record r = from_mrk("=LDR  00000nam a2200000 a 4500\n=001  x\n=952  \\\\$aT\n=65X  \\\\$aT");
    builder b;
    for (const char* path : {"9XX", "95X", "XXX", "9XX$a", "9XX[0]$a"}) {
        EXPECT_EQ(delete_values(r.view(), parse_path(path), b), edit_outcome::wildcard) << path;
        EXPECT_EQ(set_values(r.view(), parse_path(path), "y", b), edit_outcome::wildcard) << path;
        EXPECT_EQ(replace_in_values(r.view(), parse_path(path), "T", "y", b), edit_outcome::wildcard) << path;
    }
    EXPECT_EQ(delete_values(r.view(), parse_path("65X$b"), b), edit_outcome::unchanged); // there is such a field
    EXPECT_EQ(delete_values(r.view(), parse_path("65X"), b), edit_outcome::changed);
    for (const char* path : {"X00", "9X9", "AXX", "953", "94."}) {
        EXPECT_EQ(delete_values(r.view(), parse_path(path), b), edit_outcome::unchanged) << path;
    }
}

TEST(marc_edit, a_long_pattern_takes_no_quadratic_time) {
    builder b;
    b.add_field("500", "  \x1F"
                       "a" +
                           std::string(8'000'000, 'a'));
    const stored_record r = b.finish();
    // Byte by byte these were 16 million million comparisons.
    EXPECT_EQ(replace_in_values(r.view(), parse_path("500$a"), std::string(4'000'000, 'a') + "b", "x", b),
              edit_outcome::unchanged);
    EXPECT_EQ(replace_in_values(r.view(), parse_path("500$a"), std::string(4'000'000, 'a'), "x", b),
              edit_outcome::changed);
    EXPECT_EQ(b.finish().view().field(0).content(), "  \x1F"
                                                    "axx");
    EXPECT_THROW(replace_in_values(r.view(), parse_path("500$a"), "a", std::string(1'000, 'x'), b), parse_error);
}

std::size_t polls = 0;

TEST(marc_edit, ten_thousand_fields_and_subfields_are_no_trouble) {
    builder b;
    std::string many = "  ";
    for (int i = 0; i < 10'000; ++i) {
        b.add_field("500", "  \x1F"
                           "ax\x1F"
                           "by");
        many += "\x1F"
                "ax\x1F"
                "by";
    }
    b.add_field("600", many);
    const stored_record r = b.finish();
    const std::vector<edit_function> edits = {
        [](const record_view& v, builder& into) { return set_values(v, parse_path("...$a"), "z", into); },
        [](const record_view& v, builder& into) { return delete_values(v, parse_path("...$b"), into); },
        [](const record_view& v, builder& into) { return replace_in_values(v, parse_path("..."), "x", "zz", into); },
        [](const record_view& v, builder& into) { return add_fields(v, v, field_place::by_tag, into); },
        [](const record_view& v, builder& into) { return set_values(v, parse_path("600$c"), "z", into); }};
    for (std::size_t i = 0; i < edits.size(); ++i) {
        polls = 0;
        set_poll_hook([] { ++polls; });
        EXPECT_EQ(edits[i](r.view(), b), edit_outcome::changed);
        set_poll_hook(nullptr);
        EXPECT_LT(polls, 30U) << i; // of 65,536 bytes each; the record has 200,000
    }
}

} // namespace
