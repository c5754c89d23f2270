// An OCFL 1.0 and 1.1 validator: reads every byte and reports each violation under the specification's own code.
#pragma once

#include <filesystem>
#include <functional>

#include "archive/ocfl_inventory_check.hpp"

namespace everarchive::archive {

/// Validates one OCFL object and reads all its files. Paths in the answer are relative to `object_root`.
/// Throws everarchive::error only when the disk cannot be read.
problems validate_object(const std::filesystem::path& object_root);

/// Validates a storage root and every object in it. Paths in the answer are relative to `root`. `after_object`, if set,
/// is called after each object with the number of objects so far and returns false to stop early.
problems validate_root(const std::filesystem::path& root,
                       const std::function<bool(std::size_t objects)>& after_object = {});

/// True if nothing in `found` is an error; warnings do not make an archive invalid.
bool is_valid(const problems& found);

} // namespace everarchive::archive
