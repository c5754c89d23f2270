// Prometheus' text format.
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "serve/exposition.hpp"
#include "serve/pages.hpp"

namespace everarchive::serve {
namespace {

TEST(exposition, families_samples_and_labels) {
    exposition out;
    out.family("a_total", exposition::type::counter, "Counts\\n things\nin two lines.");
    out.sample({{"source", std::string("k\"o\\h\na")}, {"kind", std::string("bib")}},
               std::uint64_t{18446744073709551615U});
    out.family("b", exposition::type::gauge, "Goes.");
    out.sample({}, -1.5);
    out.sample({}, std::numeric_limits<double>::infinity());
    out.sample({}, std::numeric_limits<double>::quiet_NaN());
    EXPECT_EQ(out.text(), "# HELP a_total Counts\\\\n things\\nin two lines.\n"
                          "# TYPE a_total counter\n"
                          "a_total{source=\"k\\\"o\\\\h\\na\",kind=\"bib\"} 18446744073709551615\n"
                          "# HELP b Goes.\n"
                          "# TYPE b gauge\n"
                          "b -1.5\n"
                          "b +Inf\n"
                          "b NaN\n");
}

TEST(exposition, a_histogram_ends_in_infinity) {
    exposition out;
    out.family("s", exposition::type::histogram, "Seconds.");
    out.histogram({{"source", std::string("k")}}, std::array{0.001, 5.0}, std::array<std::uint64_t, 3>{1, 2, 4}, 9.25);
    EXPECT_EQ(out.text(), "# HELP s Seconds.\n"
                          "# TYPE s histogram\n"
                          "s_bucket{source=\"k\",le=\"0.001\"} 1\n"
                          "s_bucket{source=\"k\",le=\"5\"} 2\n"
                          "s_bucket{source=\"k\",le=\"+Inf\"} 4\n"
                          "s_sum{source=\"k\"} 9.25\n"
                          "s_count{source=\"k\"} 4\n");
}

outlook well() {
    outlook now;
    facts known;
    known.database = "preservation";
    known.sources.push_back({});
    known.sources.back().name = "koha";
    known.sources.back().state = "streaming";
    known.sources.back().grade = "good";
    known.sources.back().what = "all is well";
    now.last = std::move(known);
    return now;
}

TEST(pages, healthy_while_no_source_is_critical) {
    outlook now = well();
    EXPECT_EQ(health_page(now).status, 200U);
    now.last->sources.front().grade = "warning";
    EXPECT_EQ(health_page(now).status, 200U);
    now.last->sources.front().grade = "critical";
    now.last->sources.front().what = "password=geheim \xff";
    const page unwell = health_page(now);
    EXPECT_EQ(unwell.status, 503U);
    EXPECT_NE(unwell.body.find("\"source\": \"koha\""), std::string::npos) << unwell.body;
    EXPECT_EQ(unwell.body.find("geheim"), std::string::npos) << unwell.body;
}

TEST(pages, unwell_without_database_or_with_a_stuck_thread) {
    EXPECT_EQ(health_page({}).status, 503U);
    EXPECT_EQ(ready_page({}).status, 503U);
    outlook now = well();
    EXPECT_EQ(ready_page(now).status, 200U);
    now.stuck = "the reader of source koha has stood still for 700 s";
    EXPECT_EQ(health_page(now).status, 503U);
    now = well();
    now.database_problem = "cannot connect";
    EXPECT_EQ(health_page(now).status, 503U);
    EXPECT_EQ(ready_page(now).status, 503U);
    now = well();
    now.main_age = std::chrono::seconds{200};
    EXPECT_EQ(ready_page(now).status, 503U);
}

TEST(pages, metrics_have_a_series_for_each_source_that_is_followed) {
    apply::meters meters;
    meters.of("koha").changes.add(7);
    outlook now = well();
    now.last->sources.front().lag_seconds = 0.25;
    const page shown = metrics_page(now, meters.all());
    EXPECT_EQ(shown.status, 200U);
    for (const char* line :
         {"everarchive_changes_total{source=\"koha\"} 7\n", "everarchive_lag_seconds{source=\"koha\"} 0.25\n",
          "everarchive_source_state{source=\"koha\",state=\"streaming\"} 1\n",
          "everarchive_source_state{source=\"koha\",state=\"stopped\"} 0\n",
          "everarchive_source_health{source=\"koha\"} 0\n", "everarchive_database_up 1\n"}) {
        EXPECT_NE(shown.body.find(line), std::string::npos) << line << shown.body;
    }
    // What the database does not tell has no series, rather than a made-up value.
    EXPECT_EQ(shown.body.find("everarchive_lag_bytes{"), std::string::npos);
    now.last.reset();
    EXPECT_NE(metrics_page(now, meters.all()).body.find("everarchive_database_up 0\n"), std::string::npos);
    // The meters of a source stay what they were when a pipeline begins again.
    meters.of("koha").changes.add(1);
    EXPECT_EQ(meters.of("koha").changes.value(), 8U);
}

} // namespace
} // namespace everarchive::serve
