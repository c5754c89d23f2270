// Whether a server's binary log is the one that a position was read from, and goes on from there without a gap.
#pragma once

#include <string>

#include "capture/binlog_position.hpp"
#include "capture/mariadb_connection.hpp"

namespace everarchive::capture {

/// Who the server is, as it is stored with a source: `mariadb server_id=1 gtid_domain_id=0` or `mysql server_uuid=…`.
std::string identity_of(mariadb_connection& side);

/// Its server_id, which says whose files a place is in.
std::uint32_t server_id_of(mariadb_connection& side);

/// By what a new source of this server is followed: by GTID, or by file and offset where MySQL has none or the origin
/// says so.
binlog_position::kind position_kind(mariadb_connection& side, const mariadb_origin& origin);

/// Where the binary log stands now, in positions of `kind`. By file the place is empty if the user may not see it.
binlog_position current_position(mariadb_connection& side, binlog_position::kind kind);

/// Where the snapshot that is open on `side` lies in the binary log, exactly (START TRANSACTION WITH CONSISTENT
/// SNAPSHOT; MariaDB only). Throws error (needs_person) if there is no binary log.
binlog_place snapshot_place(mariadb_connection& side);

/// What is wrong with a server without a binary log.
error no_binary_log();

/// Throws error (position_lost) if the server's binary log has another history than the one `position` was read from,
/// by what can be seen without reading the log.
void check_history(mariadb_connection& side, const binlog_position& position);

/// Whether another server may be followed from `position`: its binary log holds the transactions up to there. Whether
/// it still has those after it, the server itself says when it is asked for them.
bool continues_history(mariadb_connection& side, const binlog_position& position);

/// Which changes the server has no longer, for the message of a lost position; empty if that cannot be told.
std::string missing_changes(mariadb_connection& side, const binlog_position& position);

/// For how long the server keeps the files of its binary log; zero: for ever.
std::chrono::seconds log_expiry(mariadb_connection& side);

} // namespace everarchive::capture
