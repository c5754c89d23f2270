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
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

class failing_memory : public std::pmr::memory_resource {
  public:
    explicit failing_memory(std::size_t fail_at) : left_(fail_at) {}
    ~failing_memory() override { EXPECT_EQ(live_, 0U); }
    failing_memory(const failing_memory&) = delete;
    failing_memory& operator=(const failing_memory&) = delete;

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        EXPECT_LE(alignment, 8U);
        if (left_ == 0) {
            throw std::bad_alloc();
        }
        --left_;
        ++live_;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        --live_;
        std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::size_t left_;
    std::size_t live_ = 0;
};

template <typename Work>
void sweep(Work work) {
    // Whatever the code takes from elsewhere than from the resource that it was given would not fail here, but in
    // PostgreSQL.
    std::pmr::memory_resource* const before = std::pmr::set_default_resource(std::pmr::null_memory_resource());
    bool done = false;
    for (std::size_t n = 0; n < 2'000 && !done; ++n) {
        failing_memory memory(n);
        try {
            work(&memory);
            done = n > 0;
            EXPECT_GT(n, 0U);
        } catch (const std::bad_alloc&) {}
    }
    std::pmr::set_default_resource(before);
    EXPECT_TRUE(done);
}

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
    sweep([&](std::pmr::memory_resource* memory) { query(asked, memory); });
    sweep([&](std::pmr::memory_resource* memory) { query_evaluator(memory).matches(q.view(), r.view()); });
    sweep([&](std::pmr::memory_resource* memory) { query_terms(q.view(), {}, memory); });
    sweep([&](std::pmr::memory_resource* memory) { query_terms("245$a", {}, memory); });
    sweep([&](std::pmr::memory_resource* memory) { term_collector(memory).collect(r.view(), {}); });
    sweep([&](std::pmr::memory_resource* memory) { isbns(r.view(), memory); });
    sweep([&](std::pmr::memory_resource* memory) { oclc_numbers(r.view(), memory); });
    sweep([&](std::pmr::memory_resource* memory) { title(r.view(), memory); });
    sweep([&](std::pmr::memory_resource* memory) { sort_title(r.view(), memory); });
    sweep([&](std::pmr::memory_resource* memory) { author(r.view(), memory); });
    sweep([&](std::pmr::memory_resource* memory) { match_key(r.view(), memory); });
    sweep([&](std::pmr::memory_resource* memory) { heading_key(r.view(), memory); });
    sweep([&](std::pmr::memory_resource* memory) { heading_keys(r.view(), memory); });
    const stored_record linked = from_mrk(
        "=LDR  00000nam a2200000 a 4500\n=100  1\\$6880-01$aA name longer than the buffer of a string,$eauthor"
        "$0(ORGANISATION)1234567890123456789$1http://id.worldcat.org/fast/801397$9a number that is longer than a buffer"
        "\n=653  \\\\$aOne term of several here$aAnother\n=880  1\\$6100-01$aAnother script, longer than a buffer");
    sweep([&](std::pmr::memory_resource* memory) {
        heading_reader reader(linked.view(), memory);
        for (heading h(memory); reader.next(h);) {}
    });
    sweep([&](std::pmr::memory_resource* memory) { authority_references(linked.view(), memory); });
    const stored_record authority =
        from_mrk("=LDR  00000nz  a2200000n  4500\n=001  a number longer than a buffer 4711\n"
                 "=003  ORGANISATION\n=010  \\\\$ash 85038796 and more\n=035  \\\\$a(DLC)sh 85038796");
    sweep([&](std::pmr::memory_resource* memory) { authority_numbers(authority.view(), memory); });
    sweep([](std::pmr::memory_resource* memory) {
        std::pmr::string key(memory);
        append_subject_key("A heading of several parts--Subdivision--Another, that is long", key);
    });
    sweep([&](std::pmr::memory_resource* memory) {
        std::array<std::pmr::string, 4> weights{std::pmr::string(memory), std::pmr::string(memory),
                                                std::pmr::string(memory), std::pmr::string(memory)};
        collect_fulltext(r.view(), weights);
    });
    sweep([&](std::pmr::memory_resource* memory) {
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
