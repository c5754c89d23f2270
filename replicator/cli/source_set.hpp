// `everarchive source set` and `everarchive source settings`.
#pragma once

#include "cli/command.hpp"

namespace everarchive::cli {

/// Adds both subcommands to `source`.
void add_source_set(CLI::App& source, context& context);

} // namespace everarchive::cli
