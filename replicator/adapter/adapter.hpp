// What an adapter says about a library system: the tables and columns that may be captured (the privacy wall), and the
// entities that the mapping views make of them. Read from adapters/NAME/mirror.sql and mapping.sql with libpg_query.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapter/json_members.hpp"

namespace everarchive::adapter {

enum class system { postgresql, mariadb, file };

struct column {
    std::string name;
    std::string type; // PostgreSQL type as mirror.sql has it: bigint, text, timestamp with time zone, …
    bool not_null = false;
    std::string comment = {};
    bool optional = false;     // may be missing in the source: its comment begins with Optional.
    json_members members = {}; // of a jsonb column: what of it may leave the library system; empty: all
};

/// One part of the key of a touched entity: a column of the row, or a constant where two tables make one kind and their
/// numbers would collide (Evergreen's volumes and MFHD records are both holdings).
struct touch_part {
    bool is_constant = false;
    std::size_t column = 0; // index into table::columns, unless is_constant
    std::string constant;   // when is_constant; holds no colon
};

/// A change of a row touches the entity `kind` whose key is these parts of the row, as text, joined by ':'.
/// A row whose key has a NULL column touches nothing by this touch.
struct touch {
    std::string kind;
    std::vector<touch_part> parts;
    std::optional<std::size_t> when = {}; // only a row whose column `when`
    std::string when_is = {};             // says this touches anything
};

/// One step from a row to the entities that it concerns: what `key` says in the rows of a mirror table whose column
/// `where` has the value that the step before gave.
struct touch_step {
    std::string table; // name in the mirror schema
    std::size_t key = 0;
    std::size_t where = 0;
};

/// A change of a row touches the entities that rows of other mirror tables name: a purchase order its lines, an item
/// the files in its bundles.
struct touch_through {
    std::string kind;
    std::vector<touch_step> steps; // the last one gives the entity's key
    std::size_t value = 0;         // of this table: where the first step begins
};

/// A row belongs to the mirror only while its column names a row of one of these tables by their key: DSpace keeps the
/// metadata of its items and of its users in one table.
struct row_owner {
    std::size_t column = 0;
    std::vector<std::string> tables; // mirror names; they stand above in mirror.sql, and their key is one column
};

/// A foreign key of the source, of which the source's engine changes the child rows by itself. MariaDB writes none of
/// those changes to its binary log, so the apply step repeats them.
struct foreign_key {
    /// none: the engine refuses the change of a parent that has children.
    enum class action { none, cascade, set_null };
    std::vector<std::size_t> columns;        // of this table
    std::string parent;                      // source name of the parent table, as table::source_name()
    std::vector<std::size_t> parent_columns; // indexes into the parent's columns
    action on_delete = action::none;
    action on_update = action::none; // where the columns of the parent that it names change
};

/// `CASCADE`, `SET NULL`, `NO ACTION`.
std::string_view in_words(foreign_key::action action);

struct table {
    std::string schema; // in the source; empty: the database that the connection names
    std::string name;   // in the source
    std::vector<column> columns;
    std::vector<std::size_t> key; // primary key, indexes into columns
    std::vector<touch> touches;   // may be empty: `Touches: nothing.`
    std::vector<foreign_key> foreign_keys;
    bool optional = false; // may be missing in the source: an older version of the library system
    std::vector<std::vector<std::size_t>> indexes = {}; // further indexes of the mirror table, each a list of columns
    std::string comment = {};
    std::string mirror_prefix = {}; // of the mirror name where it is not `schema`: that without its parameters
    std::vector<touch_through> touches_through = {};
    std::optional<row_owner> owner = {};

    /// `biblio.record_entry` or `biblio`.
    std::string source_name() const { return schema.empty() ? name : schema + "." + name; }
    /// The table in the mirror schema: `biblio_record_entry` or `biblio`.
    std::string mirror_name() const {
        const std::string& prefix = mirror_prefix.empty() ? schema : mirror_prefix;
        return prefix.empty() ? name : prefix + "_" + name;
    }
    std::optional<std::size_t> find(std::string_view column_name) const;
    /// Whether the source may lack this column, which is then NULL in the mirror: an older or a newer version.
    bool may_lack(std::size_t column) const {
        return (optional || columns[column].optional) && !columns[column].not_null;
    }
};

/// An entity kind that a mapping view (of the same name) makes.
struct kind {
    std::string name;                   // bib, authority, holding, item, order, object
    std::vector<std::string> key_types; // PostgreSQL types of key1, key2, … of the view
};

/// What the operator says with --set, such as tenant = diku.
using parameter_values = std::map<std::string, std::string, std::less<>>;

/// As `everarchive.source.parameters` holds them: {"tenant": "diku"}. Names and values are identifiers.
parameter_values parameters_from_json(std::string_view json);
std::string parameters_as_json(const parameter_values& values);

struct adapter {
    std::string name;
    everarchive::adapter::system runs_on;
    std::string title;         // one line for `everarchive adapters`
    std::vector<table> tables; // parents before the tables that refer to them
    std::vector<kind> kinds;
    std::vector<std::string> mapping; // the statements of mapping.sql, checked: only CREATE VIEW and COMMENT ON VIEW
    /// Names in the schemas of the tables, as {tenant}, and what they are.
    std::vector<std::pair<std::string, std::string>> parameters = {};

    const table* find(std::string_view source_name) const;
    const table* find_mirror(std::string_view mirror_name) const;
    /// Its index in `tables`.
    std::optional<std::size_t> index_of_mirror(std::string_view mirror_name) const;

    /// The adapter with `values` put into its schemas. Throws error (arguments) that names what is missing, unknown, or
    /// no identifier.
    adapter with(const parameter_values& values) const;

    /// The value of a column of `t` as it may leave the library system, as an expression of PostgreSQL over the row
    /// `alias`; `column` is the column's quoted name.
    std::string source_expression(const table& t, std::size_t index, const std::string& alias,
                                  const std::string& column) const;

    /// Which rows of `t` belong to the mirror, as a condition of PostgreSQL over the row `alias` in the source; empty:
    /// all.
    std::string source_condition(const table& t, std::string_view alias) const;

    /// The statements that make the mirror tables, indexes, comments and mapping views in `mirror_schema`, to be run in
    /// one transaction with search_path = mirror_schema, pg_catalog, the schema of the marc extension, pg_temp.
    std::vector<std::string> create_statements(std::string_view mirror_schema) const;
};

/// The names of the adapters in `directory`, sorted.
std::vector<std::string> list(const std::filesystem::path& directory);

/// Reads adapters/NAME. Throws error (settings) that names file, line and reason when the adapter says what it may not,
/// or when there is none of that name (the hint lists those there are).
adapter load(const std::filesystem::path& directory, std::string_view name);

/// Checks that `condition` is one SQL expression that a policy may use: no subquery, no second statement, only the node
/// kinds and functions of docs/operate.md. Throws error (settings) with the position of what is refused.
void check_condition(std::string_view condition);

/// The functions that a condition may call, sorted.
std::span<const std::string_view> condition_functions();

} // namespace everarchive::adapter
