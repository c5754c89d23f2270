// One delivery worker for each archive: claims packages, writes them, reads them back, tells the database.
#pragma once

#include <functional>
#include <string>

namespace everarchive::archive {

struct target {
    int id = 0;
    std::string name;
    std::string uri; // dir:/path of an OCFL storage root
};

/// Delivers to one archive until `stop` returns true (asked at least once a second and after each archive object) or
/// the program is asked to stop. Never throws for what an archive or the database does: failures are recorded with
/// everarchive.archive_object_fail(), logged, and retried with back-off; other archives are not affected.
void deliver(const std::string& database_conninfo, const target& to, const std::function<bool()>& stop);

/// For `target add`: makes sure that `uri` can take archive objects. Makes an empty directory an OCFL storage root.
/// Throws everarchive::error (sink or arguments, needs_person) with the command that mends it when the directory is
/// missing, no directory, not writable, or neither empty nor a storage root of our layout.
void check_target(const std::string& uri);

/// The directory of a `dir:` URI. Throws everarchive::error (arguments, needs_person) for another one.
std::string directory_of(const std::string& uri);

} // namespace everarchive::archive
