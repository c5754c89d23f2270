#include "capture/postgresql_catalog.hpp"

#include <algorithm>
#include <unordered_map>

namespace everarchive::capture::postgresql {

const source_column* source_table::find(std::string_view column) const {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const source_column& candidate) { return candidate.name == column; });
    return found == columns.end() ? nullptr : &*found;
}

bool source_table::has_identity() const {
    return identity_full() ||
           std::any_of(columns.begin(), columns.end(), [](const source_column& column) { return column.identity; });
}

bool was_rewritten(pq::connection& on, const std::string& oid, bool partitions) {
    // The table pg_class is read in the snapshot, while pg_relation_filenode() says how things are now (syscache.c).
    return !on.run("WITH RECURSIVE part AS (SELECT $1::oid AS oid UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN "
                   "part ON i.inhparent = part.oid WHERE $2) SELECT bool_and(c.relfilenode IS NOT DISTINCT FROM "
                   "pg_relation_filenode(c.oid)) FROM part JOIN pg_class c ON c.oid = part.oid WHERE c.relkind = 'r'",
                   {oid, partitions ? "true" : "false"})
                .truth(0, 0);
}

std::vector<source_table> look_up(pq::connection& on, const adapter::adapter& adapter) {
    std::vector<std::string> schemas;
    std::vector<std::string> names;
    for (const adapter::table& table : adapter.tables) {
        schemas.push_back(table.schema.empty() ? "public" : table.schema);
        names.push_back(table.name);
    }
    const pq::result tables = on.run(
        "SELECT w.ord, c.oid, c.relkind = 'p', c.relreplident, c.relrowsecurity, "
        "has_schema_privilege(n.oid, 'USAGE'), pg_has_role(c.relowner, 'USAGE'), greatest(c.reltuples, 0)::bigint, "
        "quote_ident(w.schema), quote_ident(w.schema) || '.' || quote_ident(w.name) "
        "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (schema, name, ord) "
        "LEFT JOIN (pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p')) "
        "ON n.nspname = w.schema AND c.relname = w.name ORDER BY w.ord",
        {pq::array_literal(schemas), pq::array_literal(names)});

    std::vector<source_table> found(adapter.tables.size());
    std::unordered_map<std::string, source_table*> by_oid;
    std::vector<std::string> oids;
    for (int row = 0; row < tables.rows(); ++row) {
        source_table& table = found[static_cast<std::size_t>(row)];
        table.table = static_cast<std::size_t>(row);
        table.schema = tables.text(row, 8);
        table.name = tables.text(row, 9);
        if (tables.is_null(row, 1)) {
            continue;
        }
        table.exists = true;
        table.oid = tables.text(row, 1);
        table.partitioned = tables.truth(row, 2);
        table.replica_identity = tables.text(row, 3).front();
        table.row_security = tables.truth(row, 4);
        table.schema_usable = tables.truth(row, 5);
        table.owned = tables.truth(row, 6);
        table.estimated_rows = tables.number(row, 7);
        by_oid[table.oid] = &table;
        oids.push_back(table.oid);
    }

    // An index serves as replica identity only when it is valid and not deferrable (relcache.c, RelationGetIndexList).
    const pq::result columns =
        on.run("SELECT a.attrelid, a.attname, quote_ident(a.attname), format_type(coalesce(nullif(t.typbasetype, 0), "
               "t.oid), NULL), "
               "a.attgenerated <> '', has_column_privilege(a.attrelid, a.attnum, 'SELECT'), "
               "EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisvalid AND i.indimmediate "
               "AND ((c.relreplident = 'd' AND i.indisprimary) OR (c.relreplident = 'i' AND i.indisreplident)) "
               "AND a.attnum = ANY (i.indkey)) "
               "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid "
               "WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped "
               "ORDER BY a.attrelid, a.attnum",
               {pq::array_literal(oids)});
    for (int row = 0; row < columns.rows(); ++row) {
        by_oid.at(std::string(columns.text(row, 0)))
            ->columns.push_back({std::string(columns.text(row, 1)), std::string(columns.text(row, 2)),
                                 std::string(columns.text(row, 3)), columns.truth(row, 4), columns.truth(row, 5),
                                 columns.truth(row, 6)});
    }
    return found;
}

} // namespace everarchive::capture::postgresql
