// An entity object: one OCFL object for one record, one of its versions for each delivery.
#pragma once

#include <string>
#include <string_view>

#include "archive/ocfl_object.hpp"
#include "archive/package_rows.hpp"

namespace everarchive::archive {

/// Writes the OCFL version `about` of an entity. The newest version's files get paths without their version folder, so
/// that the head state always shows the newest; earlier versions in the same delivery go to `earlier/v<n>/`.
/// Throws everarchive::error (refused) before anything is published when a submitted version has no files.
written_version write_entity_version(const ocfl_root& root, const archive_object& about, const package_files& files,
                                     publish how = publish::once);

/// `path` without everything up to its folder v<n>; the whole path when it has none.
std::string_view below_version_folder(std::string_view path, std::int64_t n);

} // namespace everarchive::archive
