#include "crosswalk_document_target.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    crosswalk_fuzz::document({reinterpret_cast<const char*>(data), size});
    return 0;
}
