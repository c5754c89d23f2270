// The first copy of a source into its mirror.
#pragma once

#include <atomic>
#include <functional>

#include "apply/applier.hpp"
#include "capture/source.hpp"

namespace everarchive::apply {

/// Rows copied so far, and rows expected (0: unknown).
using snapshot_progress = std::function<void(std::int64_t, std::int64_t)>;

/// Empties the mirror, copies the source's snapshot into it and sets the position from which the stream goes on.
/// Nothing is mapped meanwhile: half a record would become a version. In the last transaction every key of the mirror
/// and every living entity is touched. A source that can be read by several connections at once is also written by as
/// many: `conninfo` is the preservation database, for the others beside `on`. Returns the position, or nullopt if
/// `stop` was set; the next call begins again. Throws error, cause as for applying.
std::optional<std::string> load_snapshot(pq::connection& on, const std::string& conninfo,
                                         const adapter::adapter& adapter, const taken_source& taken,
                                         capture::source& source, const std::function<bool()>& stop,
                                         const snapshot_progress& progress);

} // namespace everarchive::apply
