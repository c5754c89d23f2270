// Which names may become paths in an archive. What a package query returns is data from a library system: it is never
// trusted to stay inside the folder it is written to.
#pragma once

#include <string>
#include <string_view>

namespace everarchive::archive {

/// Why `path` may not be a logical path in an archive, or empty if it may: relative, `/` between elements, no empty
/// element, `.` or `..` (OCFL E052, E053; zip-slip), no backslash, drive letter or control character, valid UTF-8.
std::string why_unsafe(std::string_view path);

/// Throws everarchive::error (refused, needs_person) with why_unsafe()'s reason.
void require_safe(std::string_view path);

/// The name on disk for a logical path: bytes outside [A-Za-z0-9._/@+=,-] percent-encoded, so that no file system
/// normalises (NFC, NFD) or folds what the manifest says; an element longer than 255 bytes becomes its SHA-256.
std::string content_name(std::string_view logical_path);

} // namespace everarchive::archive
