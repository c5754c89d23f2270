// `everarchive source verify` and `everarchive source resync`: both ask the running program, by a row.
#pragma once

#include "cli/command.hpp"

namespace everarchive::cli {

void add_source_verify(CLI::App& source, context& context);

} // namespace everarchive::cli
