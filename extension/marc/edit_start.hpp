// Inside of the library: what every edited record takes over before its fields.
#pragma once

#include "marc/builder.hpp"
#include "marc/record.hpp"

namespace marc {

/// Empties the builder and gives it the record's leader, and the mark of what was lost when the record was read. The
/// form it was read from and the residue do not go with it: they are no longer true.
inline void start_edit(const record_view& record, builder& into) {
    into.clear();
    into.set_leader(record.leader());
    into.mark(static_cast<std::uint8_t>(record.flags() & record_flag::lossy));
}

} // namespace marc
