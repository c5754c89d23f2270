#include "capture/postgresql_publication.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/log.hpp"

namespace everarchive::capture::postgresql {

namespace {

constexpr std::string_view publish_options =
    "publish = 'insert, update, delete, truncate', publish_via_partition_root = true";

std::string table_list(pq::connection& on, const adapter::adapter& adapter, const std::vector<source_table>& tables) {
    const bool lists = has_column_lists(on);
    std::string sql;
    for (const source_table& table : tables) {
        if (!table.exists) {
            continue;
        }
        sql += sql.empty() ? "TABLE ONLY " : ", ONLY ";
        sql += table.name;
        std::string columns;
        for (const std::string& column : published_columns(adapter.tables[table.table], table, lists)) {
            columns += columns.empty() ? "" : ", ";
            columns += table.find(column)->quoted;
        }
        if (!columns.empty()) {
            sql += " (" + columns + ")";
        }
    }
    return sql;
}

/// A table in pg_publication_rel.
struct published_table {
    std::string name;
    bool filtered = false;
    bool whole = true;
    std::set<std::string> columns;
};

std::unordered_map<std::string, published_table> read_tables(pq::connection& on, const source_names& names,
                                                             bool lists) {
    const pq::result rows =
        on.run(fmt::format("SELECT pr.prrelid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), {}, a.attname "
                           "FROM pg_publication p JOIN pg_publication_rel pr ON pr.prpubid = p.oid "
                           "JOIN pg_class c ON c.oid = pr.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
                           "LEFT JOIN pg_attribute a ON a.attrelid = pr.prrelid AND {} WHERE p.pubname = $1",
                           lists ? "pr.prqual IS NOT NULL" : "false", lists ? "a.attnum = ANY (pr.prattrs)" : "false"),
               {names.publication});
    std::unordered_map<std::string, published_table> found;
    for (int row = 0; row < rows.rows(); ++row) {
        published_table& table = found[std::string(rows.text(row, 0))];
        table.name = rows.text(row, 1);
        table.filtered = rows.truth(row, 2);
        if (!rows.is_null(row, 3)) {
            table.whole = false;
            table.columns.emplace(rows.text(row, 3));
        }
    }
    return found;
}

} // namespace

bool has_column_lists(pq::connection& on) {
    return PQserverVersion(on.raw()) >= 150000;
}

std::vector<std::string> published_columns(const adapter::table& wanted, const source_table& table, bool lists) {
    std::vector<std::string> columns;
    if (!lists || table.identity_full()) {
        return columns;
    }
    for (const source_column& column : table.columns) {
        const bool named = std::any_of(wanted.columns.begin(), wanted.columns.end(),
                                       [&](const adapter::column& candidate) { return candidate.name == column.name; });
        if (named || column.identity) {
            columns.push_back(column.name);
        }
    }
    return columns;
}

std::optional<publication_difference> compare_publication(pq::connection& on, const source_names& names,
                                                          const adapter::adapter& adapter,
                                                          const std::vector<source_table>& tables) {
    const bool lists = has_column_lists(on);
    const std::string publication = quoted(on, names.publication);
    publication_difference difference;
    const pq::result rows = on.run("SELECT puballtables, pubinsert AND pubupdate AND pubdelete AND pubtruncate, "
                                   "pubviaroot, pg_has_role(pubowner, 'USAGE') FROM pg_publication WHERE pubname = $1",
                                   {names.publication});
    if (rows.rows() == 0) {
        difference.missing = true;
        difference.loses = true;
        difference.breaks_all = true;
        difference.what = fmt::format("there is no publication {}", names.publication);
        difference.mend = fmt::format("CREATE PUBLICATION {} FOR {} WITH ({})", publication,
                                      table_list(on, adapter, tables), publish_options);
        return difference;
    }
    difference.owned = rows.truth(0, 3);
    if (rows.truth(0, 0)) {
        difference.loses = true;
        difference.breaks_all = true;
        difference.what = fmt::format("the publication {} is FOR ALL TABLES, which makes the library system's changes "
                                      "of tables without a primary key fail",
                                      names.publication);
        difference.mend = fmt::format("DROP PUBLICATION {0}; CREATE PUBLICATION {0} FOR {1} WITH ({2})", publication,
                                      table_list(on, adapter, tables), publish_options);
        return difference;
    }

    const auto note = [&](bool loses, const std::string& what) {
        difference.loses = difference.loses || loses;
        difference.what += difference.what.empty() ? "" : "; ";
        difference.what += what;
    };
    if (!rows.truth(0, 1)) {
        note(true, "it does not publish all of insert, update, delete and truncate");
        difference.breaks_all = true;
    }
    std::unordered_map<std::string, published_table> published = read_tables(on, names, lists);
    for (const source_table& table : tables) {
        if (!table.exists) {
            continue;
        }
        const auto found = published.find(table.oid);
        if (found == published.end()) {
            // Without its rows in the snapshot, an optional table is as absent as it was.
            note(true, table.name + " is not in it");
            if (!adapter.tables[table.table].optional) {
                difference.breaks_tables.push_back(table.table);
            }
            continue;
        }
        const auto note_loss = [&](const std::string& what) {
            note(true, what);
            difference.breaks_tables.push_back(table.table);
        };
        if (table.partitioned && !rows.truth(0, 2)) {
            note_loss("publish_via_partition_root is off and " + table.name + " is partitioned");
        }
        if (found->second.filtered) {
            note_loss(table.name + " has a row filter, which loses values");
        }
        const std::vector<std::string> wanted = published_columns(adapter.tables[table.table], table, lists);
        if (wanted.empty()) {
            if (!found->second.whole) {
                note_loss(table.name + " has a column list although its replica identity is FULL: its updates fail");
            }
        } else if (found->second.whole) {
            note(false, "it sends all columns of " + table.name);
        } else {
            for (const std::string& column : wanted) {
                if (found->second.columns.erase(column) == 0) {
                    note_loss(fmt::format("the column {} of {} is not in it", column, table.name));
                }
            }
            if (!found->second.columns.empty()) {
                note(false, fmt::format("it sends the column {} of {}, which the adapter does not name",
                                        *found->second.columns.begin(), table.name));
            }
        }
        published.erase(found);
    }
    for (const auto& [oid, extra] : published) {
        note(false, fmt::format("it sends {}, which the adapter does not name", extra.name));
    }
    if (lists && on.run("SELECT FROM pg_publication_namespace s JOIN pg_publication p ON p.oid = s.pnpubid "
                        "WHERE p.pubname = $1",
                        {names.publication})
                         .rows() > 0) {
        note(false, "it sends whole schemas");
    }
    if (difference.what.empty()) {
        return std::nullopt;
    }
    difference.what =
        fmt::format("the publication {} differs from the adapter: {}", names.publication, difference.what);
    difference.mend = fmt::format("ALTER PUBLICATION {0} SET {1}; ALTER PUBLICATION {0} SET ({2})", publication,
                                  table_list(on, adapter, tables), publish_options);
    return difference;
}

void ensure_publication(pq::connection& on, const source_names& names, const adapter::adapter& adapter,
                        const std::vector<source_table>& tables) {
    const std::optional<publication_difference> difference = compare_publication(on, names, adapter, tables);
    if (!difference) {
        return;
    }
    std::string problem;
    if (difference->missing || difference->owned) {
        try {
            pq::transaction whole(on);
            on.run(difference->mend);
            whole.commit();
            log::write(log::severity::info, "capture", "publication made", {{"source", names.source}});
            return;
        } catch (const pq::error& refused) {
            if (refused.sqlstate() != "42501") {
                throw;
            }
            problem = std::string(": ") + refused.what();
        }
    }
    if (difference->loses) {
        throw error(exit_code::source, cause::needs_person, difference->what + problem,
                    "as the owner of the tables: " + difference->mend);
    }
    log::write(log::severity::warning, "capture", difference->what,
               {{"source", names.source}, {"mend", difference->mend}});
}

} // namespace everarchive::capture::postgresql
