// No memory: compiling rules, converting, writing each form and describing rules throw bad_alloc at whichever
// allocation fails, and leak nothing of the memory that they are given.
#include "crosswalk/convert.hpp"
#include "crosswalk/describe.hpp"
#include "failing_memory.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace crosswalk;
using marc_test::from_mrk;

namespace {

using marc_test::sweep;
constexpr std::size_t most_allocations = 5'000;

/// Rules of a few lines that use all of the language that takes memory.
std::string rules_of(std::string_view output) {
    return "format test\noutput " + std::string(output) +
           "\nnamespace rdf \"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"\nroot rdf:RDF\ndistinct\n"
           "table t\n  a = b\nlet g = upper({245$a})\n"
           "# About it.\ntemplate made(x)\n  b = x ~ lookup(t, \"a\")\n"
           "rule r\n  for 245, 650+ where $a\n    a(k=g)\n      b = $a\n      b = $a\n      use made(join($*))\n"
           "      list(rdf:parseType=\"Collection\")\n        c(rdf:about=\"x\")\n          d = .\n          d = $a\n";
}

} // namespace

TEST(crosswalk_memory, convert_in_every_form) {
    const marc::stored_record record = from_mrk(
        "=LDR  00000nam a2200000 a 4500\n=245  00$aA title \"quoted\"$bb\n=650  \\0$aOne\n=650  \\0$aTwo$xx\n");
    for (const std::string_view output : {"xml", "json", "lines", "csv", "jsonld"}) {
        const std::string rules = rules_of(output);
        sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
            const rule_text text{"test", rules};
            const rule_set set({&text, 1}, memory);
            converter c(set, memory);
            std::pmr::string out(memory);
            c.convert(record.view(), out);
            EXPECT_FALSE(out.empty());
        });
    }
}

TEST(crosswalk_memory, describe) {
    const std::string rules = rules_of("xml");
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
        const rule_text text{"test", rules};
        const rule_set set({&text, 1}, memory);
        std::pmr::vector<mapping_row> rows(memory);
        describe_mapping(set, rows);
        EXPECT_GT(rows.size(), 5U);
    });
}
