// The pages that the program serves: metrics for Prometheus, health for a person or a balancer.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apply/meters.hpp"
#include "serve/facts.hpp"
#include "serve/http_server.hpp"

namespace everarchive::serve {

/// What is known at the moment.
struct outlook {
    std::optional<facts> last;        // what the database said last
    std::chrono::seconds age{0};      // how long ago that was
    std::string database_problem;     // why it says nothing now; empty: it does
    std::string stuck;                // which thread does not turn; empty: none
    std::chrono::seconds main_age{0}; // since the main loop turned
};

using measured_sources = std::vector<std::pair<std::string, const apply::source_meters*>>;

/// Prometheus' text format.
page metrics_page(const outlook& now, const measured_sources& measured);

/// 200 if the preservation database answers, no thread is stuck and no source is critical; else 503. JSON that says
/// which source is unwell, and why.
page health_page(const outlook& now);

/// 200 once the preservation database has answered and while the program turns: it can take work.
page ready_page(const outlook& now);

} // namespace everarchive::serve
