// The ways of reading a PostgreSQL source: the rows at the beginning of a slot, the changes after a position, and rows
// in pieces at any time.
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

/// Opens a connection that reads rows in pieces. Throws error.
std::unique_ptr<chunk_reader> open_chunks(const std::string& conninfo, const adapter::adapter& adapter);

/// Makes publication and slot anew and returns the slot's beginning, when every transaction before it is visible to
/// whoever reads from now on. Throws error.
std::string renew_position(const std::string& conninfo, const source_names& names, const adapter::adapter& adapter);

/// Reads what pg_current_snapshot() prints into `point`.
void read_snapshot(std::string_view text, read_point& point);

/// Where the last record before the insert position `insert` ends. At the beginning of a page the next record begins
/// after the page's header, where no record ends: a stream would never get there (xlog.c, XLogBytePosToRecPtr).
lsn last_record_end(lsn insert, lsn block, lsn segment);

/// `snapshot` (the text of a pg_snapshot) as pg_snapshot_in() takes it. One that a slot has exported may say an xmin
/// after its xmax, when no transaction was under way (SnapBuildInitialSnapshot() of replication/logical/snapbuild.c):
/// everything before the xmin is visible to it, so the xmax can be as much.
std::string readable_snapshot(std::string_view snapshot);

} // namespace everarchive::capture::postgresql
