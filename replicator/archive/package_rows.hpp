// The files of an archive object, as the package view of its target has them, streamed row by row.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "pq/connection.hpp"

namespace everarchive::archive {

/// One archive object that is to be written, as the database has it.
struct archive_object {
    std::int64_t id = 0;
    int target_id = 0;
    std::int64_t versions = 0; // submitted with it: each must have at least one file
    std::string ocfl_id;
    unsigned ocfl_version = 1;
    std::string packing;  // segment, object
    std::string state;    // packaged, accepted, failed
    std::string created;  // RFC 3339, UTC
    std::string policies; // names, separated by commas
    std::string sha512;   // of the accepted inventory, empty before
    std::string location; // as accepted
};

/// One file of one version. The views live only during the call.
struct package_file {
    std::int64_t version_id = 0;
    std::string_view source, kind, key;
    std::int64_t n = 0;
    bool newest = false;     // of this entity in this archive object
    std::string_view digest; // of the version, hex
    std::string_view path, media_type, content;
};

/// Calls its argument with each file, ordered by version and then path (in byte order).
using package_files = std::function<void(const std::function<void(const package_file&)>&)>;

/// Reads the archive object's row. Throws everarchive::error (state) when there is none.
archive_object read_archive_object(pq::connection& database, std::int64_t id);

/// Streams its files in libpq's single-row mode: memory holds one file at a time.
/// What `file` throws ends the query and is passed on. Throws everarchive::error (refused, needs_person) for a version
/// without a file, or a file without a path or content: nothing may be called preserved that is not there.
void stream_package_files(pq::connection& database, const archive_object& about,
                          const std::function<void(const package_file&)>& file);

/// Throws everarchive::error (refused, needs_person) unless `packed`, the number of versions of which files came, is
/// the number of versions that were submitted with the archive object.
void require_complete(const archive_object& about, std::int64_t packed);

} // namespace everarchive::archive
