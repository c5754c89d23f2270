// Who a PostgreSQL server is, and whether another one that took over has everything up to our position. A server that
// is restored from a backup or promoted keeps the system identifier and begins a new timeline; its history says where
// each one ended (documentation, "Timelines").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "capture/postgresql_session.hpp"

namespace everarchive::capture::postgresql {

/// Stored as `SYSTEM/DATABASE, timeline 3`; 0.1.0 stored no timeline.
struct server_identity {
    std::string server; // system identifier and database
    std::optional<std::uint32_t> timeline;

    static server_identity parse(std::string_view text);
    std::string text() const;
};

/// Where `timeline` ended, by a server's history file: lines of a timeline, the position where it ended, and why,
/// separated by blanks (timeline.c, readTimeLineHistory). nullopt: it is none of the server's forebears.
std::optional<lsn> end_of_timeline(std::string_view history, std::uint32_t timeline);

server_identity identify(const std::string& conninfo);

/// The identity to store for the server that is there now, if it goes on from `position` on the server `known`. Throws
/// error (position_lost) if it does not.
std::string recognize(const std::string& conninfo, const source_names& names, const std::string& known,
                      const std::string& position);

} // namespace everarchive::capture::postgresql
