#include <fmt/format.h>

#include <iostream>

#include "adapter/adapter.hpp"
#include "base/installation.hpp"
#include "cli/command.hpp"

namespace everarchive::cli {

namespace {

std::string_view name_of(adapter::system runs_on) {
    switch (runs_on) {
    case adapter::system::postgresql:
        return "postgresql";
    case adapter::system::mariadb:
        return "mariadb";
    case adapter::system::file:
        return "file";
    }
    return "file";
}

} // namespace

void add_adapters(CLI::App& app, context& context) {
    CLI::App* command = app.add_subcommand("adapters", "list the adapters: which library systems can be followed");
    command->callback([&context] {
        context.chosen = [] {
            for (const std::string& name : adapter::list(adapters_directory())) {
                const adapter::adapter one = adapter::load(adapters_directory(), name);
                std::cout << fmt::format("{:<12} {:<11} {}\n", name, name_of(one.runs_on), one.title);
            }
            return exit_code::ok;
        };
    });
}

} // namespace everarchive::cli
