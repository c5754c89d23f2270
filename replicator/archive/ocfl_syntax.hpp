// The small words of OCFL: digests in hex, paths, URIs, names of versions.
#pragma once

#include <string>
#include <string_view>

namespace everarchive::archive {

/// ASCII letters in lower case: digests are compared without regard to case.
std::string lower(std::string_view text);

/// True if all of `text` is hexadecimal digits, of either case.
bool is_hex(std::string_view text);

/// scheme ":" and something (RFC 3986, section 3).
bool looks_like_uri(std::string_view text);

/// True if an element of `path` between slashes is empty, . or .. (OCFL E052, E099).
bool has_bad_element(std::string_view path);

/// Number of a version directory name such as v3 or v003; 0 if it is none.
unsigned long version_number(std::string_view name);

} // namespace everarchive::archive
