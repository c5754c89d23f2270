#include "apply/followed_tables.hpp"

#include "apply/row_quarantine.hpp"
#include "base/log.hpp"

namespace everarchive::apply {

followed_tables::followed_tables(pq::connection& on, const adapter::adapter& adapter, const taken_source& source)
    : on_(on), adapter_(adapter), source_id_(std::to_string(source.id)), source_(source.name),
      stopped_(adapter.tables.size(), false) {
    read();
}

void followed_tables::read() {
    stopped_.assign(adapter_.tables.size(), false);
    const pq::result rows = on_.run("SELECT table_name FROM everarchive.source_table WHERE source_id = $1::integer AND "
                                    "state = 'stopped'",
                                    {source_id_});
    for (int row = 0; row < rows.rows(); ++row) {
        for (std::size_t i = 0; i < adapter_.tables.size(); ++i) {
            stopped_[i] = stopped_[i] || adapter_.tables[i].mirror_name() == rows.text(row, 0);
        }
    }
}

void followed_tables::stop(std::size_t table, const std::string& what, const std::string& mend) {
    const std::string name = adapter_.tables[table].mirror_name();
    const std::string resync = "everarchive source resync " + source_ + " --table " + name;
    const std::string hint = mend.empty() || mend == resync ? resync : mend + "; then: " + resync;
    on_.run_prepared("INSERT INTO everarchive.source_table (source_id, table_name, state, message, hint) VALUES "
                     "($1::integer, $2, 'stopped', $3, $4) ON CONFLICT (source_id, table_name) DO UPDATE SET state = "
                     "EXCLUDED.state, message = EXCLUDED.message, hint = EXCLUDED.hint, since = pg_catalog.now()",
                     {source_id_, name, log::redact(printable(what)), log::redact(printable(hint))});
    stopped_[table] = true;
    log::write(log::severity::error, "apply", "a table is not followed any more: " + what,
               {{"source", source_}, {"table", name}, {"hint", hint}});
}

bool followed_tables::follow_again(const std::string& mirror_name) {
    return on_.run_prepared("UPDATE everarchive.source_table SET state = 'resync', since = pg_catalog.now() WHERE "
                            "source_id = $1::integer AND state = 'stopped' AND ($2 = '' OR table_name = $2)",
                            {source_id_, mirror_name})
               .affected() > 0;
}

void followed_tables::is_repaired(std::size_t table) {
    on_.run_prepared("UPDATE everarchive.source_table SET state = 'ok', message = NULL, hint = NULL, since = "
                     "pg_catalog.now() WHERE source_id = $1::integer AND table_name = $2 AND state = 'resync'",
                     {source_id_, adapter_.tables[table].mirror_name()});
}

} // namespace everarchive::apply
