#include "base/log.hpp"
#include "cli/command.hpp"

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

} // namespace everarchive::cli
