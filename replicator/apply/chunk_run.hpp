// The rows in which a comparison keeps what it was asked for, how far it is and what it found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/chunk.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

/// A row of everarchive.source_check_run. Number 0: rows of the quarantine are read again, which has no row of its own.
struct check_run {
    std::int64_t id = 0;
    bool repairs = false;
    std::string table; // as the mirror calls it; empty: all
    std::string from;
    std::string to;
    bool new_position = false;
    bool requested = false; // and not begun
    // Everything before this is done.
    std::string at_table;
    int at_pass = 0;
    capture::row_key at_key;
    // Done since the row was last written.
    std::int64_t chunks = 0;
    std::int64_t rows = 0;
    std::int64_t unsettled = 0;
};

/// One row that is not what the source has.
struct difference {
    std::string key;
    std::string kind; // missing, extra, different
    std::vector<std::string> columns;
};

/// The oldest run of a source that is asked for or under way.
std::optional<check_run> next_run(pq::connection& on, int source_id);

void begin_run(pq::connection& on, const check_run& run, std::int64_t expected);

/// Writes how far a run is. Returns false if it was cancelled.
bool save_progress(pq::connection& on, check_run& run);

void end_run(pq::connection& on, const check_run& run, const std::string& state, const std::string& message,
             const std::string& hint);

/// Names differences, and counts those that were not named before.
void add_differences(pq::connection& on, const check_run& run, const std::string& table,
                     const std::vector<difference>& found);

/// A run that renews the position of its source has done so.
void position_renewed(pq::connection& on, const check_run& run);

} // namespace everarchive::apply
