#include "apply/followed_tables.hpp"

#include <algorithm>

#include "apply/row_quarantine.hpp"
#include "apply/source_state.hpp"
#include "base/log.hpp"

namespace everarchive::apply {

std::string table_hint(std::string_view source, const adapter::table& table, std::string_view mend) {
    const std::string resync = "everarchive source resync " + std::string(source);
    const std::string option = " --table ";
    std::string hint = with_name(mend, source);
    const std::string theirs = option + table.source_name();
    if (hint.ends_with(theirs)) {
        hint.replace(hint.size() - theirs.size(), theirs.size(), option + table.mirror_name());
    }
    if (hint.find(resync) != std::string::npos) {
        return hint;
    }
    return (hint.empty() ? "" : hint + "; then: ") + resync + option + table.mirror_name();
}

namespace {

void set_state(pq::connection& on, const std::string& source_id, const std::vector<std::string>& mirror_names,
               const std::string& state, const std::string& message, const std::string& hint) {
    on.run_prepared("INSERT INTO everarchive.source_table (source_id, table_name, state, message, hint) SELECT "
                    "$1::integer, t, $3, $4, $5 FROM pg_catalog.unnest($2::text[]) t ON CONFLICT (source_id, "
                    "table_name) DO UPDATE SET state = EXCLUDED.state, message = EXCLUDED.message, hint = "
                    "EXCLUDED.hint, since = pg_catalog.now()",
                    {source_id, pq::array_literal(mirror_names), state, log::redact(message), log::redact(hint)});
}

} // namespace

void doubt_all_tables(pq::connection& on, const adapter::adapter& adapter, const taken_source& source) {
    std::vector<std::string> names;
    for (const adapter::table& table : adapter.tables) {
        names.push_back(table.mirror_name());
    }
    set_state(on, std::to_string(source.id), names, "resync", "the source no longer had its changes",
              "everarchive source resync " + source.name);
    on.run("UPDATE everarchive.source_table SET absent = NULL WHERE source_id = $1::integer",
           {std::to_string(source.id)});
}

followed_tables::followed_tables(pq::connection& on, const adapter::adapter& adapter, const taken_source& source)
    : on_(on), adapter_(adapter), source_id_(std::to_string(source.id)), source_(source.name),
      stopped_(adapter.tables.size(), false), in_doubt_(adapter.tables.size(), false) {
    read();
}

void followed_tables::read() {
    stopped_.assign(adapter_.tables.size(), false);
    in_doubt_.assign(adapter_.tables.size(), false);
    const pq::result rows = on_.run("SELECT table_name, state = 'stopped' FROM everarchive.source_table WHERE "
                                    "source_id = $1::integer AND state <> 'ok'",
                                    {source_id_});
    for (int row = 0; row < rows.rows(); ++row) {
        if (const std::optional<std::size_t> table = adapter_.index_of_mirror(rows.text(row, 0))) {
            (rows.truth(row, 1) ? stopped_ : in_doubt_)[*table] = true;
        }
    }
}

void followed_tables::stop(std::size_t table, const std::string& what, const std::string& mend) {
    const std::string name = adapter_.tables[table].mirror_name();
    const std::string hint = table_hint(source_, adapter_.tables[table], mend);
    set_state(on_, source_id_, {name}, "stopped", printable(what), printable(hint));
    stopped_[table] = true;
    log::write(log::severity::error, "apply", "a table is not followed any more: " + what,
               {{"source", source_}, {"table", name}, {"hint", hint}});
    for (std::size_t i = 0; i < stopped_.size(); ++i) {
        if (!stopped_[i] && belongs_to(i, table)) {
            stop(i, "its rows belong to those of " + name + ", which is not followed", hint);
        }
    }
}

void followed_tables::note_optional_columns(const std::vector<capture::optional_columns>& now) {
    std::vector<std::string> names;
    std::vector<std::string> tables; // of the columns
    std::vector<std::string> columns;
    std::vector<std::string> there; // whether the source has them
    for (std::size_t i = 0; i < now.size(); ++i) {
        names.push_back(adapter_.tables[i].mirror_name());
        for (const auto* list : {&now[i].present, &now[i].absent}) {
            tables.insert(tables.end(), list->size(), names.back());
            columns.insert(columns.end(), list->begin(), list->end());
            there.insert(there.end(), list->size(), list == &now[i].present ? "true" : "false");
        }
    }
    pq::transaction transaction(on_);
    // unnest() of several arrays is grammar, not a function of pg_catalog (parse_clause.c, transformRangeFunction).
    const pq::result came =
        on_.run("SELECT t.table_name, pg_catalog.string_agg(n.c, ', ') FROM everarchive.source_table t JOIN "
                "unnest($2::text[], $3::text[], $4::boolean[]) n(t, c, there) ON n.t = t.table_name AND n.there AND "
                "n.c = ANY (t.absent) WHERE t.source_id = $1::integer GROUP BY t.table_name",
                {source_id_, pq::array_literal(tables), pq::array_literal(columns), pq::array_literal(there)});
    for (int row = 0; row < came.rows(); ++row) {
        const std::optional<std::size_t> table = adapter_.index_of_mirror(came.text(row, 0));
        if (table && !stopped_[*table]) {
            stop(*table,
                 adapter_.tables[*table].source_name() + " has got the column " + std::string(came.text(row, 1)) +
                     " while nobody followed it: what it holds in rows that were there before is in no message",
                 {});
        }
    }
    // What came stays noted until a resync has seen to it.
    on_.run(
        "INSERT INTO everarchive.source_table (source_id, table_name, state, absent) SELECT $1::integer, o.t, 'ok', "
        "ARRAY(SELECT n.c FROM unnest($3::text[], $4::text[], $5::boolean[]) n(t, c, there) WHERE n.t = "
        "o.t AND NOT n.there ORDER BY 1) FROM pg_catalog.unnest($2::text[]) o(t) ON CONFLICT (source_id, "
        "table_name) DO UPDATE SET absent = ARRAY(SELECT pg_catalog.unnest(source_table.absent) UNION SELECT "
        "pg_catalog.unnest(EXCLUDED.absent) ORDER BY 1) WHERE (source_table.absent @> EXCLUDED.absent) IS NOT TRUE",
        {source_id_, pq::array_literal(names), pq::array_literal(tables), pq::array_literal(columns),
         pq::array_literal(there)});
    transaction.commit();
}

bool followed_tables::belongs_to(std::size_t table, std::size_t owner) const {
    const std::optional<adapter::row_owner>& rule = adapter_.tables[table].owner;
    return rule && std::find(rule->tables.begin(), rule->tables.end(), adapter_.tables[owner].mirror_name()) !=
                       rule->tables.end();
}

bool followed_tables::owner_is_stopped(std::size_t table, std::size_t except) const {
    for (std::size_t i = 0; i < stopped_.size(); ++i) {
        if (i != except && stopped_[i] && belongs_to(table, i)) {
            return true;
        }
    }
    return false;
}

bool followed_tables::follow_again(const std::string& mirror_name) {
    if (mirror_name.empty()) {
        return take_up(mirror_name);
    }
    const std::optional<std::size_t> table = adapter_.index_of_mirror(mirror_name);
    if (!table || owner_is_stopped(*table, *table) || !take_up(mirror_name)) {
        return false;
    }
    for (std::size_t i = 0; i < stopped_.size(); ++i) {
        if (belongs_to(i, *table) && !owner_is_stopped(i, *table) && take_up(adapter_.tables[i].mirror_name())) {
            on_.run_prepared("INSERT INTO everarchive.source_check_run (source_id, what, table_name) VALUES "
                             "($1::integer, 'resync', $2)",
                             {source_id_, adapter_.tables[i].mirror_name()});
        }
    }
    return true;
}

/// Sets the state of what was stopped. Returns true if something was.
bool followed_tables::take_up(const std::string& mirror_name) {
    return on_.run_prepared("UPDATE everarchive.source_table SET state = 'resync', since = pg_catalog.now(), absent = "
                            "NULL WHERE source_id = $1::integer AND state = 'stopped' AND ($2 = '' OR table_name = $2)",
                            {source_id_, mirror_name})
               .affected() > 0;
}

void followed_tables::is_repaired(std::size_t table, const std::vector<std::size_t>& columns) {
    std::vector<std::string> names;
    for (const std::size_t column : columns) {
        names.push_back(adapter_.tables[table].columns[column].name);
    }
    on_.run_prepared("UPDATE everarchive.source_table SET state = CASE state WHEN 'resync' THEN 'ok' ELSE state END, "
                     "message = CASE state WHEN 'resync' THEN NULL ELSE message END, hint = CASE state WHEN 'resync' "
                     "THEN NULL ELSE hint END, since = CASE state WHEN 'resync' THEN pg_catalog.now() ELSE since END, "
                     "absent = CASE WHEN absent IS NOT NULL THEN ARRAY(SELECT c FROM pg_catalog.unnest(absent) c WHERE "
                     "c <> ALL ($3::text[])) END WHERE "
                     "source_id = $1::integer AND table_name = $2",
                     {source_id_, adapter_.tables[table].mirror_name(), pq::array_literal(names)});
    in_doubt_[table] = false;
}

} // namespace everarchive::apply
