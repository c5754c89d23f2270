// The two ways of reading a PostgreSQL source: the rows at the beginning of a slot, and the changes after a position.
#pragma once

#include <memory>

#include "adapter/adapter.hpp"
#include "capture/postgresql_session.hpp"
#include "capture/source.hpp"
#include "capture/spool.hpp"

namespace everarchive::capture::postgresql {

/// What to do about log that the source keeps for us; bytes, 0: never.
struct log_guard {
    std::int64_t warn = 8LL << 30U;
    std::int64_t limit = 0;
    bool drop = false; // at the limit: give the slot up; else stop and tell
};

/// The settings of the source that concern its reading.
struct source_options {
    std::uint64_t spool_limit = spool_budget::default_limit;
    std::size_t snapshot_workers = 2;
    log_guard guard;
};

/// Makes publication and slot and opens the slot's exported snapshot, for as many readers as the options say. Throws
/// error.
std::unique_ptr<snapshot> open_snapshot(const std::string& conninfo, const source_names& names,
                                        const adapter::adapter& adapter, const source_options& options);

/// Opens the stream after `position`. Throws error (position_lost) when the slot cannot give every change after it.
std::unique_ptr<stream> open_stream(const std::string& conninfo, const source_names& names,
                                    const adapter::adapter& adapter, const std::string& position,
                                    const source_options& options);

} // namespace everarchive::capture::postgresql
