// Where this installation keeps what the program reads, and which version it is.
#pragma once

#include <filesystem>
#include <string_view>

namespace everarchive {

/// The version of the control files, such as "0.1.0".
std::string_view version() noexcept;

/// The folder of the adapters: EVERARCHIVE_ADAPTERS if set, else the installed one, else the source tree's.
std::filesystem::path adapters_directory();

} // namespace everarchive
