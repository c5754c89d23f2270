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
#include "capture/binlog_table.hpp"
#include "capture/binlog_value.hpp"
#include "capture/change.hpp"

namespace everarchive::capture {

/// What the stream has to know of the server's schema beyond the binary log.
struct binlog_schema {
    std::string database; // of adapter tables without a schema
    collations character_sets;
    /// Kinds that a table map does not show (UUID, INET6, INET4, BINARY(16) that is not a UUID), by index of the
    /// adapter's table and column name.
    std::map<std::pair<std::uint32_t, std::string>, value_kind> kinds;
};

/// A column of a row event.
struct bound_column {
    mapped_column map;
    int cell = -1;         // index into adapter::table::columns; -1: not captured
    bool identity = false; // part of the key, of a touched key or of a foreign key: what is known of old rows
    value_kind kind = value_kind::unknown;
    value_target into = value_target::other;
    text_encoding from;
};

/// A table of the server as its last table map described it.
struct bound_table {
    std::optional<std::uint32_t> table; // index into adapter::tables; none: not captured, its rows are passed over
    std::string raw;                    // the table map it was made of
    std::vector<bound_column> columns;
    std::vector<std::size_t> lacking; // cells of optional columns that the server's table does not have: NULL
};

/// The columns of `table` that say which entities and rows a change concerns.
std::vector<bool> identity_columns(const adapter::adapter& adapter, const adapter::table& table);

/// Binds a table map to table number `table` of the adapter. Throws error (needs_person) if the table map has no names,
/// or a column of the adapter is missing.
bound_table bind_table(const table_map& map, const adapter::adapter& adapter, std::uint32_t table,
                       const binlog_schema& schema);

/// The parts of a row event.
struct rows_event {
    operation what = operation::insert;
    std::uint64_t table_id = 0;
    bool ends_statement = false;
    bool keeps_children = false; // the session had foreign_key_checks = 0
    std::size_t columns = 0;
    std::string_view first_image;  // bitmap of the columns in the old row, or in the only one
    std::string_view second_image; // update: of the columns in the new row
    std::string_view rows;
};

/// Whether events of this type carry rows.
bool is_rows(event_type type) noexcept;

/// The table id of a row event, without reading more.
std::uint64_t rows_table_id(const binlog_event& event);

/// Throws malformed. `room` keeps what was compressed.
rows_event parse_rows(const binlog_event& event, std::string& room);

/// Appends the changes of a row event to `into`. Throws malformed, and not_capturable for an insert whose image
/// leaves out a captured column: what value it got cannot be known.
void append_changes(const rows_event& event, const bound_table& bound, const adapter::table& table, value_room& room,
                    batch& into);

} // namespace everarchive::capture
