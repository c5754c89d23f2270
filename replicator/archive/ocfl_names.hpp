// The fixed names of OCFL 1.1.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace everarchive::archive {

inline constexpr std::string_view root_declaration = "0=ocfl_1.1";
inline constexpr std::string_view object_declaration = "0=ocfl_object_1.1";
inline constexpr std::string_view inventory_type = "https://ocfl.io/1.1/spec/#inventory";
inline constexpr std::string_view layout_extension = "0004-hashed-n-tuple-storage-layout";
/// Where objects are built before they are moved into their place. A local extension: readers ignore it.
inline constexpr std::string_view staging_extension = "everarchive-staging";
/// Where copies that were found bad are kept for a person. We delete nothing there.
inline constexpr std::string_view bad_extension = "everarchive-bad";

/// True for a name in the registry of community extensions (github.com/OCFL/extensions, November 2024).
constexpr bool is_registered_extension(std::string_view name) {
    constexpr std::array<std::string_view, 12> registered = {"0001-digest-algorithms",
                                                             "0002-flat-direct-storage-layout",
                                                             "0003-hash-and-id-n-tuple-storage-layout",
                                                             "0004-hashed-n-tuple-storage-layout",
                                                             "0005-mutable-head",
                                                             "0006-flat-omit-prefix-storage-layout",
                                                             "0007-n-tuple-omit-prefix-storage-layout",
                                                             "0008-schema-registry",
                                                             "0009-digest-algorithms",
                                                             "0010-differential-n-tuple-omit-prefix-storage-layout",
                                                             "0011-direct-clean-path-layout",
                                                             "initial"};
    return std::find(registered.begin(), registered.end(), name) != registered.end();
}

} // namespace everarchive::archive
