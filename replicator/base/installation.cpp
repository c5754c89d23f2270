#include "base/installation.hpp"

#include <cstdlib>

namespace everarchive {

std::string_view version() noexcept {
    return EVERARCHIVE_VERSION;
}

std::filesystem::path adapters_directory() {
    // Read once before any thread starts, so that getenv is safe here.
    if (const char* named = std::getenv("EVERARCHIVE_ADAPTERS");
        named != nullptr && *named != '\0') { // NOLINT(concurrency-mt-unsafe)
        return named;
    }
    const std::filesystem::path installed = std::filesystem::path(EVERARCHIVE_DATADIR) / "adapters";
    if (std::filesystem::is_directory(installed)) {
        return installed;
    }
    return std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "adapters";
}

} // namespace everarchive
