// Reads what was archived again, from the disk and not from the page cache, before anyone calls it preserved.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "archive/ocfl_root.hpp"

namespace everarchive::archive {

/// Reads every file of version `number` of the object `id` and compares it with the inventory, and the inventory with
/// `sha512`, which the database recorded when the version was accepted. A segment is unpacked too, and each file in it
/// compared with its index. `alive` is called between files. Returns what is wrong, or nothing; a file that the disk
/// cannot read is wrong too. Throws everarchive::error (sink, retry) when the archive cannot be reached at all.
std::optional<std::string> read_back(const ocfl_root& root, const std::string& id, unsigned number,
                                     const std::string& sha512, bool segment, const std::function<void()>& alive);

} // namespace everarchive::archive
