#include <iostream>

#include "base/installation.hpp"
#include "cli/command.hpp"

namespace everarchive::cli {

void add_version(CLI::App& app, context& context) {
    CLI::App* command = app.add_subcommand("version", "print the version");
    command->callback([&context] {
        context.chosen = [] {
            std::cout << "everarchive " << version() << '\n';
            return exit_code::ok;
        };
    });
}

} // namespace everarchive::cli
