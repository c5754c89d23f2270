// Differences of records.
#include "diff_align.hpp"
#include "marc/diff.hpp"
#include "marc/poll.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>

using namespace marc;
using namespace marc_test;

namespace {

const std::string leader = "=LDR  00000nam\\a2200000\\a\\4500\n";

/// Changes as short text: "change 245 1>1".
std::string changes_of(const record_view& a, const record_view& b) {
    std::string all;
    for (const record_change& c : diff(a, b, std::pmr::get_default_resource())) {
        all += all.empty() ? "" : "; ";
        all += name_of(c.kind);
        if (c.leader != record_change::none) {
            all += " LDR/" + std::to_string(c.leader);
            continue;
        }
        all += ' ';
        all += c.b != record_change::none ? b.field(c.b).tag() : a.field(c.a).tag();
        all += c.a != record_change::none ? " " + std::to_string(c.a) : " ";
        all += ">" + (c.b != record_change::none ? std::to_string(c.b) : "");
    }
    return all;
}

std::string changes_of(const std::string& a, const std::string& b) {
    return changes_of(from_mrk(leader + a).view(), from_mrk(leader + b).view());
}

std::string text_of_diff(const std::string& a, const std::string& b, std::size_t context = 1) {
    std::pmr::string out;
    write_diff(from_mrk(a).view(), from_mrk(b).view(), out, {context, false});
    return std::string(out);
}

TEST(marc_diff, kinds) {
    EXPECT_EQ(changes_of("=001  1\n=245  10$aT", "=001  1\n=245  10$aT"), "");
    EXPECT_EQ(changes_of("=001  1", "=001  1\n=245  10$aT"), "add 245 >1");
    EXPECT_EQ(changes_of("=001  1\n=245  10$aT", "=001  1"), "delete 245 1>");
    EXPECT_EQ(changes_of("=001  1\n=245  10$aT", "=001  1\n=245  10$aU"), "change 245 1>1");
    EXPECT_EQ(changes_of("=500  \\\\$aA\n=500  \\\\$aB\n=500  \\\\$aC", "=500  \\\\$aB\n=500  \\\\$aC\n=500  \\\\$aA"),
              "move 500 0>2");
    EXPECT_EQ(changes_of("=500  \\\\$aA\n=650  \\\\$aB", "=650  \\\\$aB\n=500  \\\\$aA"), "move 500 0>1");
}

TEST(marc_diff, the_leader_counts_by_position_and_without_its_packing) {
    const stored_record a = from_mrk("=LDR  00123nam\\a2200045\\a\\4500\n=001  1");
    const stored_record b = from_mrk("=LDR  00999cam\\a2200055\\i\\4500\n=001  1");
    EXPECT_EQ(changes_of(a.view(), b.view()), "change LDR/5; change LDR/18");
    const stored_record c = from_mrk("=LDR  00001nam\\\\3300055\\a\\4555\n=001  \xC3\xA9");
    const stored_record d = from_mrk("=LDR  00001nam\\a3300055\\a\\4555\n=001  \xC3\xA9");
    EXPECT_EQ(changes_of(c.view(), d.view()), "");
}

TEST(marc_diff, similar_fields_of_a_tag_are_a_change_whatever_their_order) {
    EXPECT_EQ(changes_of("=650  \\0$aDogs$xTraining\n=650  \\0$aAstronomy",
                         "=650  \\0$aBotany\n=650  \\0$aDogs$xTraining$zMalta"),
              "change 650 1>0; change 650 0>1");
    // not alike, but in the place of each other
    EXPECT_EQ(changes_of("=500  \\\\$aX\n=650  \\0$aDosg\n=651  \\0$aZ\n=650  \\0$aQ",
                         "=500  \\\\$aX\n=650  \\0$aDogs\n=651  \\0$aZ\n=650  \\0$aQ"),
              "change 650 1>1");
    // the only one left of its tag, at another place
    EXPECT_EQ(changes_of("=100  1\\$aA\n=245  10$aT", "=245  10$aT\n=100  1\\$aB"), "change 100 0>1");
}

TEST(marc_diff, repeated_fields_give_the_shortest_difference) {
    EXPECT_EQ(changes_of("=500  \\\\$ap\n=500  \\\\$ax\n=500  \\\\$aq\n=501  \\\\$ar",
                         "=500  \\\\$ax\n=500  \\\\$ap\n=500  \\\\$ax\n=500  \\\\$aq\n=502  \\\\$ar"),
              "add 500 >0; delete 501 3>; add 502 >4");
}

TEST(marc_diff, details) {
    const auto details = [](const std::string& a, const std::string& b) {
        const stored_record ra = from_mrk(leader + a);
        const stored_record rb = from_mrk(leader + b);
        std::string all;
        for (const auto& line :
             describe_change(ra.view().field(0), rb.view().field(0), std::pmr::get_default_resource())) {
            all += "[" + std::string(line) + "]";
        }
        return all;
    };
    EXPECT_EQ(details("=008  850101s1985eng", "=008  850101s1985ger"), "[/11-13: eng > ger]" + std::string());
    EXPECT_EQ(details("=008  abc", "=008  abcd"), "");
    EXPECT_EQ(details("=008  \xC3\xA9y", "=008  \xC3\xA9z"), "[/1: y > z]");
    EXPECT_EQ(details("=650  \\0$aDogs$0fst1", "=650  \\7$aCats$xFiction"),
              "[ind2: 0 > 7][$a: Dogs > Cats][-$0: fst1][+$x: Fiction]");
    EXPECT_EQ(details("=245  10$aT$bB$cC", "=245  10$aT$cC$bB"), "[$b moved: B]");
    EXPECT_EQ(details("=245  10$aT$aT$aT", "=245  10$aT"), "[-$a: T][-$a: T]");
    EXPECT_EQ(details("=245  10$aT$aU", "=245  10$aU$aT$aT"), "[$a moved: T][+$a: T]");
}

TEST(marc_diff, text_for_people) {
    const std::string a = leader + "=001  1\n=005  x\n=100  1\\$aA\n=245  10$aT\n=500  \\\\$aN\n=650  \\0$aS";
    const std::string b =
        leader + "=001  1\n=005  x\n=100  1\\$aA\n=245  14$aT\n=500  \\\\$aN\n=650  \\0$aS\n=700  1\\$aB";
    EXPECT_EQ(text_of_diff(a, a), "");
    EXPECT_EQ(text_of_diff(a, b),
              "...\n =100  1\\$aA\n-=245  10$aT\n+=245  14$aT\n =500  \\\\$aN\n =650  \\0$aS\n+=700  1\\$aB");
    EXPECT_EQ(text_of_diff(a, b, 0), "...\n-=245  10$aT\n+=245  14$aT\n...\n+=700  1\\$aB");
    EXPECT_EQ(text_of_diff(b, a, 0), "...\n-=245  14$aT\n+=245  10$aT\n...\n-=700  1\\$aB");
    EXPECT_EQ(
        text_of_diff("=LDR  00000nam\\a2200000\\a\\4500\n=001  1", "=LDR  00000cam\\a2200000\\a\\4500\n=001  1"),
        "-=LDR  \\\\\\\\\\nam\\a\\\\\\\\\\\\\\\\a\\\\\\\\\\\n+=LDR  \\\\\\\\\\cam\\a\\\\\\\\\\\\\\\\a\\\\\\\\\\\n...");
}

/// Applies changes to a and demands b: rows are complete.
std::vector<std::string> apply(const record_view& a, const record_view& b) {
    std::vector<bool> gone(a.field_count());
    std::map<std::size_t, std::string> placed;
    for (const record_change& c : diff(a, b, std::pmr::get_default_resource())) {
        if (c.a != record_change::none) {
            EXPECT_FALSE(gone[c.a]);
            gone[c.a] = true;
        }
        if (c.b != record_change::none) {
            const field_view f = c.kind == change_kind::moved ? a.field(c.a) : b.field(c.b);
            EXPECT_TRUE(placed.emplace(c.b, std::string(f.tag()) + std::string(f.content())).second);
        }
        if (c.kind == change_kind::changed && c.leader == record_change::none) {
            EXPECT_EQ(a.field(c.a).tag(), b.field(c.b).tag());
            EXPECT_NE(a.field(c.a).content(), b.field(c.b).content());
        }
    }
    std::vector<std::string> result;
    std::size_t i = 0;
    for (std::size_t j = 0; j < b.field_count(); ++j) {
        if (const auto p = placed.find(j); p != placed.end()) {
            result.push_back(p->second);
            continue;
        }
        while (i < gone.size() && gone[i]) {
            ++i;
        }
        if (i == gone.size()) {
            ADD_FAILURE() << "too few fields are left";
            break;
        }
        result.push_back(std::string(a.field(i).tag()) + std::string(a.field(i).content()));
        ++i;
    }
    while (i < gone.size() && gone[i]) {
        ++i;
    }
    EXPECT_EQ(i, gone.size());
    return result;
}

TEST(marc_diff, applied_to_the_old_record_the_changes_give_the_new_one) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    for (int round = 0; round < 3'000; ++round) {
        const unsigned variety = 1 + pick(6);
        const auto make = [&] {
            builder b;
            for (unsigned n = pick(12); n > 0; --n) {
                std::string content = "  ";
                for (unsigned s = 1 + pick(3); s > 0; --s) {
                    content += std::string("\x1F") + static_cast<char>('a' + pick(2)) +
                               std::string(1 + pick(4), static_cast<char>('a' + pick(variety)));
                }
                b.add_field("50" + std::to_string(pick(2)), content);
            }
            return b.finish();
        };
        const stored_record a = make();
        const stored_record b = make();
        std::vector<std::string> expected;
        for (const field_view f : b.view()) {
            expected.push_back(std::string(f.tag()) + std::string(f.content()));
        }
        ASSERT_EQ(apply(a.view(), b.view()), expected);
        ASSERT_EQ(diff(a.view(), b.view(), std::pmr::get_default_resource()).empty(),
                  digest(a.view()) == digest(b.view()));
        std::pmr::string text;
        write_diff(a.view(), b.view(), text, {pick(3), false});
        ASSERT_EQ(text.empty(), digest(a.view()) == digest(b.view()));
        for (std::size_t i = 0; i < std::min(a.view().field_count(), b.view().field_count()); ++i) {
            const field_view fa = a.view().field(i);
            const field_view fb = b.view().field(i);
            ASSERT_EQ(describe_change(fa, fb, std::pmr::get_default_resource()).empty(), fa.content() == fb.content());
        }
    }
}

TEST(marc_diff, a_common_subsequence_is_the_longest) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 2'000; ++round) {
        std::vector<std::uint32_t> a(random() % 10);
        std::vector<std::uint32_t> b(random() % 10);
        for (auto* s : {&a, &b}) {
            for (auto& n : *s) {
                n = static_cast<std::uint32_t>(random() % 6);
            }
        }
        const auto most = [](const std::vector<std::uint32_t>& s) {
            std::size_t n = 0;
            for (std::uint32_t x = 0; x < 6; ++x) {
                n = std::max(n, static_cast<std::size_t>(std::count(s.begin(), s.end(), x)));
            }
            return n;
        };
        std::vector<std::vector<std::size_t>> best(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
        for (std::size_t i = 1; i <= a.size(); ++i) {
            for (std::size_t j = 1; j <= b.size(); ++j) {
                best[i][j] = a[i - 1] == b[j - 1] ? best[i - 1][j - 1] + 1 : std::max(best[i - 1][j], best[i][j - 1]);
            }
        }
        const auto partner = align::common(a, b, 6, std::pmr::get_default_resource());
        std::size_t length = 0;
        std::uint32_t before = 0;
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (partner[i] != align::none) {
                ASSERT_EQ(a[i], b[partner[i]]);
                ASSERT_TRUE(length == 0 || partner[i] > before);
                before = partner[i];
                ++length;
            }
        }
        if (most(a) * most(b) <= align::exact_pairs) {
            ASSERT_EQ(length, best[a.size()][b.size()]);
        }
    }
}

std::size_t polls = 0;

/// How often work that polls every 65,536 steps polled.
template <typename Work>
std::size_t polls_of(Work work) {
    polls = 0;
    set_poll_hook([] { ++polls; });
    work();
    set_poll_hook(nullptr);
    return polls;
}

TEST(marc_diff, ten_thousand_fields_of_a_tag_are_no_trouble) {
    const auto make = [](int first, int step) {
        builder b;
        for (int i = 0; i < 10'000; ++i) {
            b.add_field("500", "  \x1F"
                               "a" +
                                   std::to_string(first + i * step) +
                                   "\x1F"
                                   "xthe same");
        }
        return b.finish();
    };
    std::pmr::memory_resource* memory = std::pmr::get_default_resource();
    const stored_record a = make(0, 1);
    const stored_record all_new = make(1'000'000, 1);
    const stored_record backwards = make(9'999, -1);
    // n log n steps are about 20 times the fields; quadratic would be 1,500 polls and more
    EXPECT_LT(polls_of([&] { EXPECT_EQ(diff(a.view(), all_new.view(), memory).size(), 10'000U); }), 100U);
    EXPECT_LT(polls_of([&] { EXPECT_EQ(diff(a.view(), backwards.view(), memory).size(), 9'999U); }), 100U);
    builder b;
    for (int i = 0; i < 10'000; ++i) {
        b.add_field("500", "  \x1F"
                           "asame");
    }
    const stored_record same = b.finish();
    EXPECT_LT(polls_of([&] { EXPECT_EQ(diff(a.view(), same.view(), memory).size(), 10'000U); }), 100U);
    b.add_field("500", "  \x1F"
                       "bfirst");
    for (int i = 0; i < 9'000; ++i) {
        b.add_field("500", "  \x1F"
                           "asame");
    }
    const stored_record fewer = b.finish();
    EXPECT_LT(polls_of([&] { EXPECT_EQ(diff(same.view(), fewer.view(), memory).size(), 1'000U); }), 100U);
}

} // namespace
