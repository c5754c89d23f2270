// A row change as a frame of a spool. Only what the adapter names is in a change, so nothing else of a row, no patron's
// data, ever touches our disk, although some servers send whole rows.
#pragma once

#include <string>
#include <string_view>

#include "capture/change.hpp"

namespace everarchive::capture {

/// Appends `one` to `into`.
void write_change(const change& one, std::string& into);

/// Reads what write_change() wrote; the values are copied into `into`, and the change is not added to it.
change read_change(std::string_view bytes, batch& into);

} // namespace everarchive::capture
