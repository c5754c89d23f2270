// Row events: images of rows, bound to the adapter's tables. Columns that the adapter does not name are stepped over
// here and never leave: this is the privacy wall of the stream.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapter/adapter.hpp"
#include "capture/binlog_event.hpp"
#include "capture/binlog_position.hpp"
#include "capture/binlog_table.hpp"
#include "capture/binlog_value.hpp"
#include "capture/change.hpp"

namespace everarchive::capture {

/// A column as information_schema has it.
struct layout_column {
    mapped_column map; // name, and what a table map should say of it
    value_kind kind = value_kind::unknown;
    /// What a row gets that leaves the column out: nothing when that cannot be known here.
    enum class fallback : std::uint8_t { unknown, null, text } otherwise = fallback::unknown;
    std::string otherwise_text; // as the server prints it
};

/// What the stream has to know of the server's schema beyond the binary log.
struct binlog_schema {
    std::string database; // of adapter tables without a schema
    collations character_sets;
    /// Servers without binlog_row_metadata (MariaDB before 10.5, MySQL before 8.0) never name columns in a table map:
    /// then the layouts do, if they fit. Where the setting exists it has to be FULL.
    bool never_named = false;
    /// All columns of each table of the adapter, in the server's order; empty: the table was not there.
    std::vector<std::vector<layout_column>> layouts;
    /// Where the binary log stood after this was read: tables may have looked differently before.
    binlog_position read_at;
};

/// Whether rows that have no value for a column get NULL. False where it cannot be known.
bool defaults_to_null(const binlog_schema& schema, std::uint32_t table, std::string_view column);

/// A column of a row event.
struct bound_column {
    mapped_column map;
    int cell = -1;         // index into adapter::table::columns; -1: not captured
    bool identity = false; // part of the key, of a touched key or of a foreign key: what is known of old rows
    value_kind kind = value_kind::unknown;
    value_target into = value_target::other;
    text_encoding from;
    layout_column::fallback otherwise = layout_column::fallback::unknown; // for a row that leaves the column out
    std::string otherwise_text;                                           // as PostgreSQL text
};

/// A table of the server as its last table map described it.
struct bound_table {
    std::optional<std::uint32_t> table; // index into adapter::tables; none: not captured, its rows are passed over
    bool by_layout = false;             // names or kinds of captured columns are those of information_schema
    std::string raw;                    // the table map it was made of
    std::vector<bound_column> columns;
    std::vector<std::size_t> lacking; // cells of optional columns that the server's table does not have: NULL
};

/// The columns of `table` that say which entities and rows a change concerns.
std::vector<bool> identity_columns(const adapter::adapter& adapter, const adapter::table& table);

/// A captured table is no longer what the adapter says. The decoder reports it and goes on without the table.
class not_followable : public not_capturable {
  public:
    using not_capturable::not_capturable;
};

/// Binds a table map to table number `table` of the adapter. Throws not_capturable if the table map has no names and
/// should have, not_followable if a column of the adapter is missing or the names cannot be told.
bound_table bind_table(const table_map& map, const adapter::adapter& adapter, std::uint32_t table,
                       const binlog_schema& schema);

/// The parts of a row event.
struct rows_event {
    operation what = operation::insert;
    bool keeps_children = false; // the session had foreign_key_checks = 0, or MySQL logs what foreign keys change
    std::size_t columns = 0;
    std::string_view first_image;  // bitmap of the columns in the old row, or in the only one
    std::string_view second_image; // update: of the columns in the new row
    bool partial = false;          // MySQL: columns of JSON in the new row may be changes of the old value
    std::string_view rows;
};

/// Whether events of this type carry rows.
bool is_rows(event_type type) noexcept;

/// What a row event says before its rows.
struct rows_head {
    std::uint64_t table_id = 0;
    bool ends_statement = false; // no rows of the statement follow
};
rows_head parse_rows_head(const binlog_event& event);

/// Throws malformed. `room` keeps what was compressed.
rows_event parse_rows(const binlog_event& event, std::string& room);

/// Appends the changes of a row event to `into`. Throws malformed, and not_capturable for an insert whose image
/// leaves out a captured column with a default that cannot be known, and for parts of JSON values. Returns whether
/// defaults of the layout were used.
bool append_changes(const rows_event& event, const bound_table& bound, const adapter::table& table, value_room& room,
                    batch& into);

} // namespace everarchive::capture
