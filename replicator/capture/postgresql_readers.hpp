// The two ways of reading a PostgreSQL source: the rows at the beginning of a slot, and the changes after a position.
#pragma once

#include <memory>

#include "adapter/adapter.hpp"
#include "capture/postgresql_session.hpp"
#include "capture/source.hpp"

namespace everarchive::capture::postgresql {

/// Makes publication and slot and opens the slot's exported snapshot. Throws error.
std::unique_ptr<snapshot> open_snapshot(const std::string& conninfo, const source_names& names,
                                        const adapter::adapter& adapter);

/// Opens the stream after `position`. Throws error (position_lost) when the slot cannot give every change after it.
std::unique_ptr<stream> open_stream(const std::string& conninfo, const source_names& names,
                                    const adapter::adapter& adapter, const std::string& position);

} // namespace everarchive::capture::postgresql
