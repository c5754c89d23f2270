#include "cli/source_add.hpp"

#include "apply/mirror_table.hpp"

namespace everarchive::cli {

namespace {

/// [{"kind":"bib","key_types":["integer"]}]: kinds and types come from a checked adapter and hold no quotes.
std::string kinds_as_json(const adapter::adapter& adapter) {
    std::string json = "[";
    for (const adapter::kind& kind : adapter.kinds) {
        json += (json.size() > 1 ? ",{\"kind\":\"" : "{\"kind\":\"") + kind.name + "\",\"key_types\":[";
        for (std::size_t i = 0; i < kind.key_types.size(); ++i) {
            json += (i == 0 ? "\"" : ",\"") + kind.key_types[i] + "\"";
        }
        json += "]}";
    }
    return json + "]";
}

} // namespace

int add_source_rows(pq::connection& on, const adapter::adapter& adapter, const new_source& source) {
    pq::transaction transaction(on);
    const pq::result added = on.run("SELECT everarchive.source_add($1, $2, $3, $4::name, $5::jsonb)",
                                    {source.name, adapter.name, source.origin, source.schema, kinds_as_json(adapter)});
    const int id = added.number<int>(0, 0);
    // A source that was removed keeps its history, and the entities of two tenants must not share their keys.
    const pq::result parameters = on.run(
        "UPDATE everarchive.source s SET parameters = $2::jsonb WHERE s.source_id = $1::integer AND (s.parameters = "
        "$2::jsonb OR NOT EXISTS (SELECT FROM everarchive.entity e WHERE e.source_id = s.source_id))",
        {std::to_string(id), adapter::parameters_as_json(source.parameters)});
    if (parameters.affected() == 0) {
        throw error(exit_code::arguments, cause::needs_person,
                    "source " + source.name + " was removed but its history is kept, and that is of other parameters",
                    "give the --set that it had, or choose another name");
    }
    const pq::result marc = on.run("SELECT everarchive.marc_schema()");
    const std::string schema = on.identifier(source.schema);
    // The server's own names before those of marc's schema, where others may be allowed to create: a function made
    // there under a name of the server's must not get into a mapping view.
    on.run("SET LOCAL search_path = " + schema + ", pg_catalog, " + on.identifier(marc.text(0, 0)) + ", pg_temp");
    for (const std::string& statement : adapter.create_statements(source.schema)) {
        on.run(statement);
    }
    on.run("SET LOCAL search_path = pg_catalog");
    // The program gets its rights by the schema's default privileges (source_add); whoever reads, reads all.
    on.run("GRANT USAGE ON SCHEMA " + schema + " TO everarchive_reader; GRANT SELECT ON ALL TABLES IN SCHEMA " +
           schema + " TO everarchive_reader");
    if (source.every_commit) {
        on.run("SELECT everarchive.source_set($1, 'versions', 'every commit')", {source.name});
    }
    transaction.commit();
    return id;
}

} // namespace everarchive::cli
