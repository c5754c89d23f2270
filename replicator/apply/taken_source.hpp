// A source as the program that follows it knows it.
#pragma once

#include <cstdint>
#include <string>

#include "capture/source_settings.hpp"

namespace everarchive::apply {

/// A source as this program has taken it over (everarchive.source_take).
struct taken_source {
    int id = 0;
    std::string name;
    std::string mirror_schema;
    std::string state;
    std::int64_t epoch = 0;
    std::string position;      // empty: never captured, or a snapshot was interrupted
    std::string identity;      // empty: never captured
    bool every_commit = false; // the setting `versions`
    capture::source_settings settings;
    bool taken_over = false; // another program had it before
};

} // namespace everarchive::apply
