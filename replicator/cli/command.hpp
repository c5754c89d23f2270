// What every subcommand has in common.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

#include "base/error.hpp"
#include "pq/connection.hpp"

namespace everarchive::cli {

struct context {
    std::string database; // libpq connection string; empty: PGHOST and friends
    bool verbose = false;
    /// What the command line asked for, run once it is parsed.
    std::function<exit_code()> chosen;
};

void add_init(CLI::App& app, context& context);
void add_adapters(CLI::App& app, context& context);
void add_source(CLI::App& app, context& context);
void add_target(CLI::App& app, context& context);
void add_policy(CLI::App& app, context& context);
void add_quarantine(CLI::App& app, context& context);
void add_run(CLI::App& app, context& context);
void add_status(CLI::App& app, context& context);
void add_import(CLI::App& app, context& context);
void add_import_vocabulary(CLI::App& app, context& context);
void add_version(CLI::App& app, context& context);

/// Connects to the preservation database. Throws error (state) if the extension is not there.
pq::connection open_database(const context& context);

/// Calls the SQL function everarchive.FUNCTION(NAME) and says what was done: `DONE NAME`. `function` is ours, never
/// input.
exit_code run_function(const context& context, const std::string& function, const std::string& name,
                       const std::string& done);

} // namespace everarchive::cli
