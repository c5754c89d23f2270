// The program `everarchive`: reads the command line, runs one subcommand, tells errors in one line with what mends
// them.
#include <cstdio>
#include <iostream>

#include "base/fault_point.hpp"
#include "base/log.hpp"
#include "cli/command.hpp"

namespace {

using everarchive::exit_code;

/// What the database refuses because of what was asked is not an error of the database.
exit_code code_of(const everarchive::error& failed) {
    const auto* reported = dynamic_cast<const everarchive::pq::error*>(&failed);
    if (reported == nullptr || failed.code() != exit_code::sink) {
        return failed.code();
    }
    const std::string& sqlstate = reported->sqlstate();
    if (sqlstate == "22023") {
        return exit_code::arguments;
    }
    if (sqlstate == "42704" || sqlstate == "42710" || sqlstate == "42P06" || sqlstate == "55000") {
        return exit_code::state;
    }
    return failed.code();
}

/// Without secrets, and in one line: libpq's messages have several.
std::string shown(const std::string& text) {
    std::string line = everarchive::log::redact(text);
    for (char& c : line) {
        if (c == '\n' || c == '\t') {
            c = ' ';
        }
    }
    return line;
}

void tell(const std::string& message, const std::string& hint) {
    std::cout.flush();
    std::cerr << "everarchive: " << shown(message) << '\n';
    if (!hint.empty()) {
        std::cerr << "hint: " << shown(hint) << '\n';
    }
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Preserves what a library catalogues: follows its system's database, keeps versions, fills archives.",
                 "everarchive");
    everarchive::cli::context context;
    app.add_option("--database", context.database,
                   "connection string of the preservation database, such as service=preservation; without it PGHOST, "
                   "PGDATABASE and so on count");
    app.add_flag("--verbose", context.verbose, "log more");
    app.require_subcommand(1);
    app.fallthrough();
    everarchive::cli::add_init(app, context);
    everarchive::cli::add_adapters(app, context);
    everarchive::cli::add_source(app, context);
    everarchive::cli::add_target(app, context);
    everarchive::cli::add_policy(app, context);
    everarchive::cli::add_quarantine(app, context);
    everarchive::cli::add_run(app, context);
    everarchive::cli::add_status(app, context);
    everarchive::cli::add_import(app, context);
    everarchive::cli::add_import_vocabulary(app, context);
    everarchive::cli::add_version(app, context);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        if (wrong.get_exit_code() == 0) {
            return app.exit(wrong); // --help
        }
        tell(wrong.what(), "everarchive --help");
        return static_cast<int>(exit_code::arguments);
    }
    try {
        using everarchive::log::severity;
        everarchive::log::start(context.verbose ? severity::debug : severity::info);
        everarchive::start_fault_points();
        return static_cast<int>(context.chosen());
    } catch (const everarchive::error& failed) {
        tell(failed.what(), failed.hint());
        return static_cast<int>(code_of(failed));
    } catch (const std::exception& failed) {
        tell(failed.what(), "this is a fault of the program: please report it with the command that you gave");
        return static_cast<int>(exit_code::bug);
    }
}
