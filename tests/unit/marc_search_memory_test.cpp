// No memory: queries, index terms and keys throw bad_alloc at whichever allocation fails, and leak nothing. Cancelling
// likewise.
#include "marc/fulltext.hpp"
#include "marc/heading.hpp"
#include "marc/identifier.hpp"
#include "marc/index_terms.hpp"
#include "marc/match_key.hpp"
#include "marc/naco.hpp"
#include "marc/poll.hpp"
#include "marc/title.hpp"
#include "failing_memory.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

constexpr std::size_t most_allocations = 2'000;

const char* const text = "=LDR  00000nam\\a2200000\\a\\4500\n=001  ocm123456789\n=010  \\\\$a   85000002 \n=020  "
                         "\\\\$a0306406152 (a long remark)\n"
                         "=022  0\\$a0317-8471\n=100  1\\$aCort\xC3\xA1zar, Julio, with a long name$d1914-\n=245  "
                         "14$aThe title of it all, which is long$bthe rest\n"
                         "=250  \\\\$aSecond edition, revised and enlarged\n=300  \\\\$a345 pages\n=650  \\0$aOne$xtwo "
                         "words and more of them to fill the buffer";

TEST(marc_search_memory, sweep) {
    const stored_record r = from_mrk(text);
    const std::string asked = "245$a:\"title of it\" & (650$a=one | !900) & 650{$a:one & $x:two} & 020$a=9780306406157 "
                              "& 6..$a=\"a longer value than most\"*";
    const query q(asked);
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { query(asked, memory); });
    sweep_alone(most_allocations,
                [&](std::pmr::memory_resource* memory) { query_evaluator(memory).matches(q.view(), r.view()); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { query_terms(q.view(), {}, memory); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { query_terms("245$a", {}, memory); });
    sweep_alone(most_allocations,
                [&](std::pmr::memory_resource* memory) { term_collector(memory).collect(r.view(), {}); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { isbns(r.view(), memory); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { oclc_numbers(r.view(), memory); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { title(r.view(), memory); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { sort_title(r.view(), memory); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { author(r.view(), memory); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { match_key(r.view(), memory); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { heading_key(r.view(), memory); });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) { heading_keys(r.view(), memory); });
    const stored_record linked = from_mrk(
        "=LDR  00000nam a2200000 a 4500\n=100  1\\$6880-01$aA name longer than the buffer of a string,$eauthor"
        "$0(ORGANISATION)1234567890123456789$1http://id.worldcat.org/fast/801397$9a number that is longer than a buffer"
        "\n=653  \\\\$aOne term of several here$aAnother\n=880  1\\$6100-01$aAnother script, longer than a buffer");
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) {
        heading_reader reader(linked.view(), memory);
        for (heading h(memory); reader.next(h);) {}
    });
    sweep_alone(most_allocations,
                [&](std::pmr::memory_resource* memory) { authority_references(linked.view(), memory); });
    const stored_record authority =
        from_mrk("=LDR  00000nz  a2200000n  4500\n=001  a number longer than a buffer 4711\n"
                 "=003  ORGANISATION\n=010  \\\\$ash 85038796 and more\n=035  \\\\$a(DLC)sh 85038796");
    sweep_alone(most_allocations,
                [&](std::pmr::memory_resource* memory) { authority_numbers(authority.view(), memory); });
    sweep_alone(most_allocations, [](std::pmr::memory_resource* memory) {
        std::pmr::string key(memory);
        append_subject_key("A heading of several parts--Subdivision--Another, that is long", key);
    });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) {
        std::array<std::pmr::string, 4> weights{std::pmr::string(memory), std::pmr::string(memory),
                                                std::pmr::string(memory), std::pmr::string(memory)};
        collect_fulltext(r.view(), weights);
    });
    sweep_alone(most_allocations, [&](std::pmr::memory_resource* memory) {
        std::pmr::string out(memory);
        naco("\xC2\x98The \xC2\x9C"
             "Cort\xC3\xA1zar, Julio, with a long name",
             out);
    });
}

struct cancelled {};

TEST(marc_search_memory, the_poll_hook_stops_long_loops) {
    builder b;
    for (int i = 0; i < 20'000; ++i) {
        b.add_field("600", "  \x1F"
                           "asome text");
    }
    const stored_record r = b.finish();
    const query q("zebra");
    std::pmr::memory_resource* const memory = std::pmr::get_default_resource();
    set_poll_hook([] { throw cancelled(); });
    EXPECT_THROW(query_evaluator(memory).matches(q.view(), r.view()), cancelled);
    EXPECT_THROW(term_collector(memory).collect(r.view(), {}), cancelled);
    EXPECT_THROW(heading_keys(r.view(), memory), cancelled);
    std::array<std::pmr::string, 4> weights;
    EXPECT_THROW(collect_fulltext(r.view(), weights), cancelled);
    set_poll_hook(nullptr);
    EXPECT_FALSE(query_evaluator(memory).matches(q.view(), r.view()));
}

} // namespace
