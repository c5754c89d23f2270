// What an adapter says about a library system: the tables and columns that may be captured (the privacy wall), and the
// entities that the mapping views make of them. Read from adapters/NAME/mirror.sql and mapping.sql with libpg_query.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace everarchive::adapter {

enum class system { postgresql, mariadb, file };

struct column {
    std::string name;
    std::string type; // PostgreSQL type as mirror.sql has it: bigint, text, timestamp with time zone, …
    bool not_null = false;
    std::string comment = {};
    bool optional = false; // may be missing in the source: its comment begins with Optional.
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

    /// `biblio.record_entry` or `biblio`.
    std::string source_name() const { return schema.empty() ? name : schema + "." + name; }
    /// The table in the mirror schema: `biblio_record_entry` or `biblio`.
    std::string mirror_name() const { return schema.empty() ? name : schema + "_" + name; }
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

struct adapter {
    std::string name;
    everarchive::adapter::system runs_on;
    std::string title;         // one line for `everarchive adapters`
    std::vector<table> tables; // parents before the tables that refer to them
    std::vector<kind> kinds;
    std::vector<std::string> mapping; // the statements of mapping.sql, checked: only CREATE VIEW and COMMENT ON VIEW

    const table* find(std::string_view source_name) const;

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
