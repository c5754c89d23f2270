// The things that open_mariadb() makes, each in its own file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/mariadb_origin.hpp"
#include "capture/source.hpp"

namespace everarchive::capture {

/// The adapter is shared, because a snapshot or stream may outlive the source that opened it.
struct mariadb_settings {
    mariadb_origin origin;
    std::string name;
    std::shared_ptr<const adapter::adapter> adapter;
};

std::unique_ptr<snapshot> open_mariadb_snapshot(const mariadb_settings& settings);
std::unique_ptr<stream> open_mariadb_stream(const mariadb_settings& settings, const std::string& position);
std::unique_ptr<chunk_reader> open_mariadb_chunks(const mariadb_settings& settings);

/// Whether a stream that stands at `position` has given everything up to `point`, which may lack its GTIDs.
bool has_passed_binlog(const std::string& position, const std::string& point);
std::vector<finding> check_mariadb(const mariadb_settings& settings);

} // namespace everarchive::capture
