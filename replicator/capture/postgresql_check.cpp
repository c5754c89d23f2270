#include "capture/postgresql_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/log.hpp"
#include "capture/postgresql_catalog.hpp"
#include "capture/postgresql_publication.hpp"
#include "capture/postgresql_type.hpp"

namespace everarchive::capture::postgresql {

namespace {

class check {
  public:
    check(pq::connection& on, const std::string& conninfo, const source_names& names, const adapter::adapter& adapter)
        : on_(on), conninfo_(conninfo), names_(names), adapter_(adapter),
          role_(on.run("SELECT quote_ident(current_user)").text(0, 0)),
          database_(on.run("SELECT quote_ident(current_database())").text(0, 0)) {}

    std::vector<finding> run() {
        server();
        role();
        room();
        foreign_publications();
        tables_ = look_up(on_, adapter_);
        canonical_types();
        for (const source_table& table : tables_) {
            table_findings(table);
        }
        publication();
        slot();
        failover();
        return std::move(findings_);
    }

  private:
    void good(std::string what) { findings_.push_back({finding::grade::good, std::move(what), {}}); }
    void warn(std::string what, std::string mend) {
        findings_.push_back({finding::grade::warning, std::move(what), std::move(mend)});
    }
    void missing(std::string what, std::string mend) {
        findings_.push_back({finding::grade::missing, std::move(what), std::move(mend)});
    }
    /// A setting of the server; nullopt if it has none of that name.
    std::optional<std::string> setting(const std::string& name) {
        const pq::result row = on_.run("SELECT setting FROM pg_settings WHERE name = $1", {name});
        return row.rows() == 0 ? std::nullopt : std::optional<std::string>(row.text(0, 0));
    }

    void server() {
        const int major = PQserverVersion(on_.raw()) / 10000;
        if (major < 13 || major > 18) {
            missing(fmt::format("the server is PostgreSQL {}; 13 to 18 can be captured", major), "update the server");
        } else {
            good(fmt::format("the server is PostgreSQL {}", major));
        }
        if (on_.run("SELECT pg_is_in_recovery()").truth(0, 0)) {
            missing("the server is a standby", "let the origin name the primary server");
        }
        if (const auto level = setting("wal_level"); level != "logical") {
            missing(fmt::format("wal_level is {}", level.value_or("unknown")),
                    "ALTER SYSTEM SET wal_level = 'logical'; then restart the server");
        } else {
            good("wal_level is logical");
        }
        if (const auto plugins = setting("output_plugin_libraries");
            plugins && plugins->find("pgoutput") == std::string::npos) {
            missing(fmt::format("output_plugin_libraries does not allow pgoutput: '{}'", *plugins),
                    fmt::format("ALTER SYSTEM SET output_plugin_libraries = '{}pgoutput'; SELECT pg_reload_conf();",
                                plugins->empty() ? "" : *plugins + ", "));
        }
        if (setting("max_slot_wal_keep_size") == "-1") {
            warn(
                "max_slot_wal_keep_size is -1: if everarchive stops for long, the log that is kept for it can fill the "
                "server's disk",
                "ALTER SYSTEM SET max_slot_wal_keep_size = '20GB'; SELECT pg_reload_conf(); (as much as the disk can "
                "spare)");
        }
        const std::string encoding(on_.run("SHOW server_encoding").text(0, 0));
        if (encoding == "SQL_ASCII") {
            warn("the database's encoding is SQL_ASCII: values that are not UTF-8 will go to quarantine",
                 "convert the database to UTF8 when the library system allows it");
        }
    }

    void role() {
        const pq::result row =
            on_.run("SELECT rolsuper OR rolreplication OR EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g "
                    "ON g.oid = m.roleid WHERE m.member = r.oid AND g.rolname = 'rds_replication') "
                    "FROM pg_roles r WHERE rolname = current_user");
        if (!row.truth(0, 0)) {
            missing(fmt::format("the role {} may not replicate", role_),
                    fmt::format("ALTER ROLE {} REPLICATION", role_));
            return;
        }
        try {
            connect_replication(conninfo_).run("IDENTIFY_SYSTEM");
            good(fmt::format("the role {} may replicate", role_));
        } catch (const error& refused) {
            missing(fmt::format("a replication connection is refused: {}", refused.what()),
                    "max_wal_senders must have room, and pg_hba.conf must let the role into the database; then SELECT "
                    "pg_reload_conf()");
        }
    }

    void room() {
        const pq::result row =
            on_.run("SELECT (SELECT setting::int FROM pg_settings WHERE name = 'max_replication_slots') - count(*), "
                    "coalesce(bool_or(slot_name = $1), false), "
                    "(SELECT setting::int FROM pg_settings WHERE name = 'max_wal_senders') - "
                    "(SELECT count(*) FROM pg_stat_replication) FROM pg_replication_slots",
                    {names_.slot});
        if (row.number(0, 0) < 1 && !row.truth(0, 1)) {
            missing("no replication slot is free",
                    "ALTER SYSTEM SET max_replication_slots = (more than now); then restart the server; or drop an "
                    "unused one: SELECT slot_name, active FROM pg_replication_slots");
        } else {
            good("a replication slot is free");
        }
        if (row.number(0, 2) < 1) {
            warn("no WAL sender is free",
                 "ALTER SYSTEM SET max_wal_senders = (more than now); then restart the server");
        }
    }

    /// Somebody else's FOR ALL TABLES breaks the library system by itself (ils.md 1.0, point 1).
    void foreign_publications() {
        const pq::result row = on_.run(
            "SELECT p.pubname, (SELECT string_agg(c.oid::regclass::text, ', ') FROM (SELECT c.oid FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence = 'p' "
            "AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (c.relreplident = 'n' OR "
            "c.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)) "
            "ORDER BY c.oid LIMIT 3) c) FROM pg_publication p WHERE p.puballtables AND p.pubname <> $1",
            {names_.publication});
        for (int i = 0; i < row.rows(); ++i) {
            if (!row.is_null(i, 1)) {
                warn(
                    fmt::format("the publication {} is FOR ALL TABLES; changes of tables without a primary key ({}, …) "
                                "fail in the library system",
                                row.text(i, 0), row.text(i, 1)),
                    fmt::format("DROP PUBLICATION {}; or list its tables", quoted(on_, std::string(row.text(i, 0)))));
            }
        }
    }

    /// The names that the source's server gives the adapter's types.
    void canonical_types() {
        std::vector<std::string> types;
        for (const adapter::table& table : adapter_.tables) {
            for (const adapter::column& column : table.columns) {
                types.push_back(column.type);
            }
        }
        std::sort(types.begin(), types.end());
        types.erase(std::unique(types.begin(), types.end()), types.end());
        const pq::result rows =
            on_.run("SELECT t, coalesce(format_type(to_regtype(t), NULL), t) FROM unnest($1::text[]) AS t",
                    {pq::array_literal(types)});
        for (int i = 0; i < rows.rows(); ++i) {
            types_.emplace(rows.text(i, 0), rows.text(i, 1));
        }
    }

    void table_findings(const source_table& table) {
        const adapter::table& wanted = adapter_.tables[table.table];
        if (!table.exists) {
            if (wanted.optional) {
                warn(fmt::format("{} is not there; it is optional and is left out", table.name), {});
            } else {
                missing(fmt::format("there is no table {}, which the adapter {} needs", table.name, adapter_.name),
                        "check that the origin names the library system's database: dbname=…");
            }
            return;
        }
        const std::size_t before = findings_.size();
        std::string unreadable;
        for (const adapter::column& column : wanted.columns) {
            const source_column* there = table.find(column.name);
            if (there == nullptr) {
                const std::string what = fmt::format("{} has no column {}", table.name, column.name);
                if ((wanted.optional || column.optional) && !column.not_null) {
                    good(what + ", and need not have it: it stays empty");
                } else {
                    missing(fmt::format("{}, which the adapter {} needs", what, adapter_.name),
                            "use the adapter for this version of the library system");
                }
                continue;
            }
            if (const std::string& type = types_.at(column.type); !fits(there->type, type)) {
                missing(fmt::format("{}.{} is {} and the adapter {} expects {}", table.name, column.name, there->type,
                                    adapter_.name, type),
                        "use the adapter for this version of the library system");
            }
            if (there->generated) {
                missing(fmt::format("{}.{} is a generated column, which is not replicated", table.name, column.name),
                        "leave it out of the adapter");
            }
            if (!there->readable) {
                unreadable += (unreadable.empty() ? "" : ", ") + there->quoted;
            }
        }
        if (!table.schema_usable) {
            missing(fmt::format("the role {} may not use the schema {}", role_, table.schema),
                    fmt::format("GRANT USAGE ON SCHEMA {} TO {}", table.schema, role_));
        }
        if (!unreadable.empty()) {
            missing(fmt::format("the role {} may not read {} of {}", role_, unreadable, table.name),
                    fmt::format("GRANT SELECT ({}) ON {} TO {}", unreadable, table.name, role_));
        }
        identity_findings(table, wanted);
        if (table.row_security) {
            warn(fmt::format("{} has row-level security; a policy that hides rows from us ends the snapshot",
                             table.name),
                 fmt::format("ALTER ROLE {} BYPASSRLS", role_));
        }
        if (findings_.size() == before) {
            good(fmt::format("{} can be captured: {} of its {} columns", table.name, wanted.columns.size(),
                             table.columns.size()));
        }
    }

    void identity_findings(const source_table& table, const adapter::table& wanted) {
        if (!table.has_identity()) {
            missing(fmt::format("{} has no primary key: publishing it would make its updates fail", table.name),
                    fmt::format("ALTER TABLE {} REPLICA IDENTITY FULL", table.name));
            return;
        }
        if (table.identity_full()) {
            if (has_column_lists(on_)) {
                warn(fmt::format("{} has REPLICA IDENTITY FULL: PostgreSQL then sends all its columns; those that the "
                                 "adapter does not name are dropped on arrival",
                                 table.name),
                     fmt::format("ALTER TABLE {} REPLICA IDENTITY DEFAULT", table.name));
            }
            return;
        }
        for (const std::size_t part : wanted.key) {
            const source_column* there = table.find(wanted.columns[part].name);
            if (there != nullptr && !there->identity) {
                missing(fmt::format("the replica identity of {} does not hold {}, the adapter's key", table.name,
                                    wanted.columns[part].name),
                        fmt::format("ALTER TABLE {} REPLICA IDENTITY DEFAULT", table.name));
            }
        }
    }

    void publication() {
        if (!has_column_lists(on_)) {
            warn("before PostgreSQL 15 a publication cannot list columns: the server sends whole rows, and what the "
                 "adapter does not name is dropped on arrival, never stored",
                 "PostgreSQL 15 or newer sends only the named columns");
        }
        const bool broken = std::any_of(tables_.begin(), tables_.end(), [&](const source_table& table) {
            return table.exists ? !table.has_identity() : !adapter_.tables[table.table].optional;
        });
        if (broken) {
            return; // the statement would be wrong; the tables come first
        }
        const auto difference = compare_publication(on_, names_, adapter_, tables_);
        if (!difference) {
            good(fmt::format("the publication {} fits the adapter", names_.publication));
            return;
        }
        const bool all_owned = std::all_of(tables_.begin(), tables_.end(),
                                           [](const source_table& table) { return !table.exists || table.owned; });
        const bool may_create =
            on_.run("SELECT has_database_privilege(current_database(), 'CREATE')").truth(0, 0) && all_owned;
        if (difference->missing && may_create) {
            good(fmt::format("{}; it will be made", difference->what));
        } else if (difference->loses) {
            missing(difference->missing ? fmt::format("{}, and the role {} may not make it (it needs CREATE on the "
                                                      "database {} and must own the tables)",
                                                      difference->what, role_, database_)
                                        : difference->what,
                    difference->mend + (find_slot(on_, names_) ? "; then " + names_.resync_hint() : ""));
        } else {
            warn(difference->what, difference->mend);
        }
    }

    void slot() {
        const std::optional<slot_state> slot = find_slot(on_, names_);
        if (!slot) {
            return;
        }
        if (slot->plugin != "pgoutput" || quoted(on_, slot->database) != database_) {
            missing(fmt::format("the replication slot {} belongs to another use: plugin '{}', database '{}'",
                                names_.slot, slot->plugin, slot->database),
                    "give this source another name");
        } else if (slot->wal_status == "lost") {
            missing(
                fmt::format("the replication slot {} is lost: the server removed the log that it needs", names_.slot),
                names_.resync_hint());
        } else if (slot->wal_status == "unreserved") {
            warn(fmt::format("the replication slot {} is about to be lost: it is further behind than "
                             "max_slot_wal_keep_size",
                             names_.slot),
                 "start everarchive run, or raise max_slot_wal_keep_size");
        } else {
            good(fmt::format("the replication slot {} is there{}", names_.slot,
                             slot->active_pid.empty() ? "" : " and is being read"));
        }
    }

    /// What a stand-by needs so that our slot goes on there (documentation, "Logical Replication Failover").
    void failover() {
        const pq::result standbys =
            on_.run("SELECT coalesce(string_agg(DISTINCT application_name, ', '), '?'), count(*) FROM "
                    "pg_stat_replication r WHERE application_name IS DISTINCT FROM 'pg_basebackup' AND NOT EXISTS "
                    "(SELECT FROM pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')");
        if (standbys.number(0, 1) == 0) {
            return;
        }
        const std::string names(standbys.text(0, 0));
        if (PQserverVersion(on_.raw()) < 170000) {
            warn(
                fmt::format("there is a stand-by ({}), and before PostgreSQL 17 a replication slot does not go over to "
                            "it: after a failover the source needs a resync, which compares and repairs",
                            names),
                "PostgreSQL 17 or newer keeps the slot; or do without");
            return;
        }
        const std::optional<std::string> keeps = setting("synchronized_standby_slots");
        if (keeps.value_or("").empty()) {
            warn(
                fmt::format("there is a stand-by ({}) that everarchive may be ahead of: after a failover changes could "
                            "be archived that the library system has lost",
                            names),
                "on this server: ALTER SYSTEM SET synchronized_standby_slots = 'PHYSICAL_SLOT_OF_THE_STANDBY'; "
                "SELECT "
                "pg_reload_conf(); on the stand-by: sync_replication_slots = on, hot_standby_feedback = on, and a "
                "dbname in primary_conninfo");
        } else {
            good(fmt::format(
                "the replication slot goes over to the stand-by ({}) if sync_replication_slots is on there", names));
        }
    }

    pq::connection& on_;
    const std::string& conninfo_;
    const source_names& names_;
    const adapter::adapter& adapter_;
    std::string role_;
    std::string database_;
    std::vector<finding> findings_;
    std::vector<source_table> tables_;
    std::unordered_map<std::string, std::string> types_;
};

} // namespace

std::vector<finding> check_source(const std::string& conninfo, const source_names& names,
                                  const adapter::adapter& adapter) {
    std::optional<pq::connection> on;
    try {
        on.emplace(connect(conninfo));
    } catch (const error& refused) {
        return {{finding::grade::missing, refused.what(), refused.hint()}};
    }
    try {
        return check(*on, conninfo, names, adapter).run();
    } catch (const error& broken) {
        return {{finding::grade::missing, fmt::format("the check could not be finished: {}", broken.what()),
                 broken.hint()}};
    }
}

} // namespace everarchive::capture::postgresql
