#include "base/log.hpp"
#include "cli/command.hpp"

#include <iostream>

namespace everarchive::cli {

pq::connection open_database(const context& context) {
    pq::connection on(context.database, pq::connection::side::sink, "everarchive");
    const pq::result found = on.run("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'everarchive'");
    if (found.rows() == 0) {
        const std::string option =
            context.database.empty() ? "" : " --database '" + log::redact(context.database) + "'";
        throw error(exit_code::state, cause::needs_person,
                    std::string("the database ") + PQdb(on.raw()) + " has no extension everarchive",
                    "everarchive" + option + " init");
    }
    return on;
}

exit_code run_function(const context& context, const std::string& function, const std::string& name,
                       const std::string& done) {
    pq::connection on = open_database(context);
    on.run("SELECT everarchive." + function + "($1)", {name});
    std::cout << done << ' ' << name << '\n';
    return exit_code::ok;
}

} // namespace everarchive::cli
