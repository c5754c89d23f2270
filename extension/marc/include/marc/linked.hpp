// Fields in another script: MARC 21 Appendix A, "Control Subfields", $6 (linkage).
//
// A field and its 880 name each other in $6: 245 $6 880-01 and 880 $6 245-01/(2/r. Occurrence 00 says that an 880 has
// no field to go with.
#pragma once

#include "marc/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace marc {

struct linked_field {
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);
    std::size_t field = npos;  ///< index in the record of the field; npos when the 880 has none
    std::size_t linked = npos; ///< index of its 880; npos when there is none
    std::uint32_t occurrence = 0;
    std::string_view
        script; ///< of the 880's $6, as it is there: (3, (B, (N, (2, (S, $1 or an ISO 15924 code; may be empty
};

/// The fields with a $6 and the 880s they go with, also those that lack the other one, in the order of the record.
/// @param memory of the result
/// @throws parse_error corrupt
std::pmr::vector<linked_field> linked_fields(const record_view& record, std::pmr::memory_resource* memory);

} // namespace marc
