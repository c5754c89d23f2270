#include <iostream>

#include "cli/command.hpp"

namespace everarchive::cli {

namespace {

/// Creates an extension unless it is there. Returns its version.
void create_extension(pq::connection& on, const std::string& name, const std::string& schema) {
    const auto installed = [&] {
        return on.run("SELECT e.extversion, n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON "
                      "n.oid = e.extnamespace WHERE e.extname = $1",
                      {name});
    };
    if (const pq::result there = installed(); there.rows() > 0) {
        std::cout << "extension " << name << ' ' << there.text(0, 0) << " is there already, in schema "
                  << there.text(0, 1) << '\n';
        return;
    }
    if (!schema.empty()) {
        on.run("CREATE SCHEMA IF NOT EXISTS " + on.identifier(schema));
    }
    on.run("CREATE EXTENSION " + on.identifier(name) + (schema.empty() ? "" : " SCHEMA " + on.identifier(schema)));
    const pq::result made = installed();
    std::cout << "created extension " << name << ' ' << made.text(0, 0) << " in schema " << made.text(0, 1) << '\n';
}

} // namespace

void add_init(CLI::App& app, context& context) {
    CLI::App* command = app.add_subcommand("init", "create the extensions and roles in the preservation database");
    auto schema = std::make_shared<std::string>("public");
    command->add_option("--marc-schema", *schema, "schema for the types and functions of the extension marc")
        ->capture_default_str();
    command->callback([&context, schema] {
        context.chosen = [&context, schema] {
            pq::connection on(context.database, pq::connection::side::sink, "everarchive");
            pq::transaction transaction(on);
            create_extension(on, "marc", *schema);
            create_extension(on, "everarchive", {});
            transaction.commit();
            std::cout << "roles: everarchive_reader, everarchive_operator, everarchive_replicator\n"
                         "next: everarchive source check NAME --adapter ADAPTER --from ORIGIN\n";
            return exit_code::ok;
        };
    });
}

} // namespace everarchive::cli
