// The publication: exactly the adapter's tables and columns, never FOR ALL TABLES, never a row filter (ils.md 1.0,
// cdc.md fact 3). Whoever owns the tables makes it; we compare, and print the statement.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapter/adapter.hpp"
#include "capture/postgresql_catalog.hpp"
#include "capture/postgresql_session.hpp"

namespace everarchive::capture::postgresql {

/// How a publication differs from what the adapter needs.
struct publication_difference {
    bool missing = false; // there is no publication of that name
    bool loses = false;   // some change that we need is not sent, or the library's own UPDATE would fail
    /// As `loses`, but not for an optional table that came after the snapshot: all is lost, or the changes of these
    /// tables (indexes into adapter::adapter::tables).
    bool breaks_all = false;
    std::vector<std::size_t> breaks_tables;
    bool owned = false; // we may alter it
    std::string what;
    std::string mend; // the statements that mend it
};

/// Compares the source's publication with the adapter; nullopt: it fits. `tables` is look_up()'s answer.
std::optional<publication_difference> compare_publication(pq::connection& on, const source_names& names,
                                                          const adapter::adapter& adapter,
                                                          const std::vector<source_table>& tables);

/// Makes or alters the publication if it does not fit. Throws error (needs_person) with the statement for the DBA when
/// that needs more rights than we have.
void ensure_publication(pq::connection& on, const source_names& names, const adapter::adapter& adapter,
                        const std::vector<source_table>& tables);

/// True if the server's publications can list columns (PostgreSQL 15 and newer).
bool has_column_lists(pq::connection& on);

/// The columns of `table` to publish; empty: the whole table. The replica identity's columns are always among them,
/// else the library system's own UPDATE would fail (execReplication.c, CheckCmdReplicaIdentity).
std::vector<std::string> published_columns(const adapter::table& wanted, const source_table& table, bool lists);

} // namespace everarchive::capture::postgresql
