// Fields and their 880s.
#include "marc/linked.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

std::string links(const char* record) {
    const stored_record r = from_mrk(record);
    std::string all;
    const auto number = [](std::size_t n) { return n == linked_field::npos ? std::string("-") : std::to_string(n); };
    for (const linked_field& link : linked_fields(r.view(), std::pmr::get_default_resource())) {
        all += "[" + number(link.field) + " " + number(link.linked) + " " + std::to_string(link.occurrence) + " " +
               std::string(link.script) + "]";
    }
    return all;
}

TEST(marc_linked, pairs) {
    EXPECT_EQ(links("=LDR  x\n=001  1\n=100  1\\$6880-01$aA\n=245  10$6880-02$aT\n=880  10$6245-02/(2/r$aB\n"
                    "=880  1\\$6100-01/{dollar}1$aC"),
              "[1 4 1 $1][2 3 2 (2]");
}

TEST(marc_linked, one_side_missing) {
    EXPECT_EQ(links("=LDR  x\n=100  1\\$6880-01$aA\n=880  \\\\$6500-00/Cyrl$aN\n=880  \\\\$6245-01$aT"),
              "[0 - 1 ][- 1 0 Cyrl][- 2 1 ]");
}

TEST(marc_linked, the_same_number_twice) {
    EXPECT_EQ(links("=LDR  x\n=500  \\\\$6880-01$aA\n=500  \\\\$6880-01$aB\n=880  \\\\$6500-01$aC"),
              "[0 2 1 ][1 - 1 ]");
}

TEST(marc_linked, damage_is_left_out) {
    EXPECT_EQ(links("=LDR  x\n=100  1\\$6880\n=100  1\\$6880-x\n=100  1\\$6880-123456\n=100  1\\$6700-01\n"
                    "=880  1\\$a$b\n=880  1\\$6\n=880  1\\$6100-01x"),
              "");
}

} // namespace
