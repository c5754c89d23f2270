// What the preservation database says of the sources and archives, read now and then, so that whoever asks the program
// is answered at once and the database is not asked for each of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pq/connection.hpp"

namespace everarchive::serve {

struct source_facts {
    std::string name;
    std::string state; // of everarchive.source, or paused
    std::optional<std::int64_t> lag_bytes;
    std::optional<double> lag_seconds;
    std::optional<std::int64_t> lag_transactions;
    std::optional<std::int64_t> retained_bytes;
    std::string log_state;
    std::optional<double> log_hours;
    std::int64_t waiting = 0;
    std::int64_t quarantined = 0;
    std::string grade; // report.source_health
    std::string what;
    std::string hint;
};

struct target_facts {
    std::string name;
    std::string state;
    std::int64_t versions = 0;
};

struct facts {
    std::string database;
    std::vector<source_facts> sources;
    std::vector<target_facts> targets; // a row for each state that has versions
};

facts read_facts(pq::connection& on);

} // namespace everarchive::serve
