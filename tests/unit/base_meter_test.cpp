// What the program counts about itself.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/meter.hpp"
#include "base/pulse.hpp"

namespace everarchive {
namespace {

TEST(meter, counts_from_several_threads) {
    counter counted;
    histogram<2> seen({1.0, 10.0});
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 10'000; ++n) {
                    counted.add();
                    seen.observe(n % 20);
                }
            });
        }
    }
    EXPECT_EQ(counted.value(), 40'000U);
    // 0 and 1 of 20, 0 to 10 of 20, all.
    EXPECT_EQ(seen.cumulative(), (std::array<std::uint64_t, 3>{4'000, 22'000, 40'000}));
    EXPECT_DOUBLE_EQ(seen.sum(), 4 * 10'000 * 9.5);
}

TEST(meter, an_observation_on_a_bound_is_under_it) {
    histogram<1> seen({5.0});
    seen.observe(5);
    seen.observe(5.0001);
    EXPECT_EQ(seen.cumulative(), (std::array<std::uint64_t, 2>{1, 2}));
}

TEST(pulse, has_an_age_only_while_it_beats) {
    pulse one;
    EXPECT_FALSE(one.age());
    one.beat();
    ASSERT_TRUE(one.age());
    EXPECT_GE(one.age()->count(), 0);
    one.rest();
    EXPECT_FALSE(one.age());
}

} // namespace
} // namespace everarchive
