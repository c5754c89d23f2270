#include "capture/binlog_rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "capture/binlog_bytes.hpp"

namespace everarchive::capture {

namespace {

std::size_t count_bits(std::string_view bits, std::size_t columns) {
    std::size_t set = 0;
    for (std::size_t at = 0; at < columns; ++at) {
        set += bit_of(bits, at) ? 1 : 0;
    }
    return set;
}

struct image {
    const bound_table& bound;
    const adapter::table& table;
    value_room& room;
    batch& into;

    /// Reads one row into `cells`. With `identity_only` the other columns are stepped over, and a value that PostgreSQL
    /// cannot hold is no problem unless it is in the key.
    void read(byte_reader& in, std::string_view present, bool identity_only, std::span<cell> cells,
              std::string& problem, std::string_view partial = {}) const {
        const std::size_t columns = bound.columns.size();
        std::size_t at_json = 0;
        const std::string_view nulls = in.take((count_bits(present, columns) + 7) / 8);
        for (const std::size_t at : bound.lacking) {
            cells[at] = cell::null();
        }
        std::size_t at_null = 0;
        for (std::size_t at = 0; at < columns; ++at) {
            const bound_column& column = bound.columns[at];
            // The bits of `partial` count the columns of JSON, whether they are in the image or not.
            const bool is_part = !partial.empty() && column.map.type == column_type::json && bit_of(partial, at_json++);
            if (!bit_of(present, at)) {
                continue;
            }
            const bool wanted = column.cell >= 0 && (!identity_only || column.identity);
            if (bit_of(nulls, at_null++)) {
                if (wanted) {
                    cells[static_cast<std::size_t>(column.cell)] = cell::null();
                }
                continue;
            }
            const std::string_view raw = take_value(in, column.map);
            if (!wanted) {
                continue;
            }
            if (is_part) {
                throw not_capturable(
                    fmt::format("an update of {} has only what changed within the JSON of its column {}: "
                                "binlog_row_value_options is PARTIAL_JSON",
                                table.source_name(), column.map.name),
                    "SET GLOBAL binlog_row_value_options = ''; also in my.cnf under [mysqld]; let the library system "
                    "connect anew, then: everarchive source resync NAME");
            }
            const value_text value = text_of_value(raw, column.map, column.kind, column.from, column.into, room);
            cells[static_cast<std::size_t>(column.cell)] = cell::of(into.keep(value.text));
            if (!value.problem.empty() && !identity_only) {
                fmt::format_to(std::back_inserter(problem), "{}{}.{}: '{}' {}", problem.empty() ? "" : "; ",
                               table.source_name(), column.map.name, value.text.substr(0, 80), value.problem);
            }
        }
    }
};

/// A change must say which row it is of: with binlog_row_image = MINIMAL the image of the old row has the columns of
/// the source's primary key only, which may not be the adapter's.
void demand_key(const adapter::table& table, const change& of) {
    for (const std::size_t column : table.key) {
        if (of.row[column].is == cell::state::absent) {
            throw not_followable(
                fmt::format("a change of {} came without its column {}, by which the adapter knows its rows: "
                            "binlog_row_image is not FULL, and the table's primary key is another",
                            table.source_name(), table.columns[column].name),
                fmt::format("SET GLOBAL binlog_row_image = 'FULL'; also in my.cnf under [mysqld]: binlog_row_image = "
                            "FULL; then: everarchive source resync NAME --table {}",
                            table.source_name()));
        }
    }
}

[[noreturn]] void refuse_partial_insert(const adapter::table& table, std::size_t column) {
    throw not_capturable(
        fmt::format("a new row of {} came without its column {}: binlog_row_image is not FULL, and what default the "
                    "server wrote cannot be told",
                    table.source_name(), table.columns[column].name),
        "SET GLOBAL binlog_row_image = 'FULL'; also in my.cnf under [mysqld]: binlog_row_image = FULL; let the "
        "library system connect anew, then: everarchive source resync NAME");
}

} // namespace

std::vector<bool> identity_columns(const adapter::adapter& adapter, const adapter::table& table) {
    std::vector<bool> identity(table.columns.size());
    const auto mark = [&](const std::vector<std::size_t>& columns) {
        for (const std::size_t column : columns) {
            identity[column] = true;
        }
    };
    mark(table.key);
    for (const adapter::touch& touch : table.touches) {
        for (const adapter::touch_part& part : touch.parts) {
            if (!part.is_constant) {
                identity[part.column] = true;
            }
        }
    }
    for (const adapter::foreign_key& key : table.foreign_keys) {
        mark(key.columns);
    }
    for (const adapter::table& child : adapter.tables) {
        for (const adapter::foreign_key& key : child.foreign_keys) {
            if (key.parent == table.source_name()) {
                mark(key.parent_columns);
            }
        }
    }
    return identity;
}

namespace {

std::string resync_table(const adapter::table& table) {
    return fmt::format("everarchive source resync NAME --table {}", table.source_name());
}

/// Whether a table map of a server that never names columns is of the table that information_schema described.
bool fits(const table_map& map, const std::vector<layout_column>& layout) {
    if (map.columns.size() != layout.size()) {
        return false;
    }
    for (std::size_t at = 0; at < layout.size(); ++at) {
        if (map.columns[at].type != layout[at].map.type || map.columns[at].detail != layout[at].map.detail) {
            return false;
        }
    }
    return true;
}

/// Gives the columns of `map` the names, signs, character sets and labels of the layout. Throws not_capturable and
/// not_followable.
void name_columns(table_map& map, const adapter::table& table, const std::vector<layout_column>& layout,
                  const binlog_schema& schema) {
    if (!schema.never_named) {
        throw not_capturable(
            fmt::format("a change of {}.{} came without the names of its columns: binlog_row_metadata is not FULL",
                        map.database, map.table),
            "SET GLOBAL binlog_row_metadata = 'FULL'; also in my.cnf under [mysqld]: binlog_row_metadata = FULL; "
            "then, because changes written before that stay nameless: everarchive source resync NAME");
    }
    if (!fits(map, layout)) {
        throw not_followable(
            fmt::format("{}.{} has other columns in the binary log than in information_schema, and this server's "
                        "binary log does not name them: it was altered",
                        map.database, map.table),
            resync_table(table) + "; servers with binlog_row_metadata = FULL (MariaDB 10.5, MySQL 8.0) are followed "
                                  "through an ALTER TABLE");
    }
    for (std::size_t at = 0; at < layout.size(); ++at) {
        map.columns[at] = layout[at].map;
    }
    map.named = true;
}

const layout_column* in_layout(const std::vector<layout_column>& layout, std::string_view name) {
    const auto found =
        std::find_if(layout.begin(), layout.end(), [&](const layout_column& each) { return each.map.name == name; });
    return found == layout.end() ? nullptr : &*found;
}

/// What the column gets in a row that leaves it out, as PostgreSQL text.
void bind_fallback(bound_column& column, const layout_column& known) {
    column.otherwise = known.otherwise;
    if (known.otherwise == layout_column::fallback::text) {
        static const text_encoding utf8 = encoding_of("utf8mb4"); // information_schema's, whatever the column's is
        std::string room;
        const value_text value = text_of_result(known.otherwise_text, known.kind, utf8, 0, column.into, room);
        column.otherwise_text = value.text;
        if (!value.problem.empty()) {
            column.otherwise = layout_column::fallback::unknown;
        }
    }
}

} // namespace

bound_table bind_table(const table_map& given, const adapter::adapter& adapter, std::uint32_t table_index,
                       const binlog_schema& schema) {
    static const std::vector<layout_column> nothing;
    const adapter::table& table = adapter.tables[table_index];
    const std::vector<layout_column>& layout =
        table_index < schema.layouts.size() ? schema.layouts[table_index] : nothing;
    table_map map = given;
    bound_table bound;
    bound.table = table_index;
    if (!map.named && !map.columns.empty()) {
        name_columns(map, table, layout, schema);
        bound.by_layout = true;
    }
    const std::vector<bool> identity = identity_columns(adapter, table);
    std::vector<bool> seen(table.columns.size());
    bound.columns.reserve(map.columns.size());
    for (const mapped_column& mapped : map.columns) {
        bound_column& column = bound.columns.emplace_back();
        column.map = mapped;
        const auto index = table.find(mapped.name);
        if (!index) {
            column.map.labels.clear();
            continue;
        }
        seen[*index] = true;
        column.cell = static_cast<int>(*index);
        column.identity = identity[*index];
        column.into = target_of(table.columns[*index].type);
        column.from = schema.character_sets.find(mapped.collation);
        column.kind = kind_of(mapped);
        const layout_column* const known = in_layout(layout, mapped.name);
        if (mapped.type == column_type::string && mapped.collation == 63) {
            // UUID, INET6 and INET4 look like BINARY in a table map.
            if (known != nullptr) {
                column.kind = known->kind;
                bound.by_layout = true;
            } else if (table.columns[*index].type == "uuid" && mapped.detail == 16) {
                column.kind = value_kind::uuid; // a table made after the stream was opened
            }
        }
        if (known != nullptr) {
            bind_fallback(column, *known);
        }
    }
    for (std::size_t at = 0; at < seen.size(); ++at) {
        if (!seen[at] && table.may_lack(at)) {
            bound.lacking.push_back(at);
        } else if (!seen[at]) {
            throw not_followable(
                fmt::format("{}.{} has no column {} any more, which the adapter {} captures", map.database, map.table,
                            table.columns[at].name, adapter.name),
                fmt::format("bring the column back (ALTER TABLE {}.{} ADD COLUMN ...), or use an adapter for this "
                            "version of the library system, then: {}",
                            map.database, map.table, resync_table(table)));
        }
    }
    return bound;
}

bool defaults_to_null(const binlog_schema& schema, std::uint32_t table, std::string_view column) {
    const layout_column* const known =
        table < schema.layouts.size() ? in_layout(schema.layouts[table], column) : nullptr;
    return known != nullptr && known->otherwise == layout_column::fallback::null;
}

bool is_rows(event_type type) noexcept {
    switch (type) {
    case event_type::write_rows_v1:
    case event_type::update_rows_v1:
    case event_type::delete_rows_v1:
    case event_type::write_rows:
    case event_type::update_rows:
    case event_type::delete_rows:
    case event_type::write_rows_compressed_v1:
    case event_type::update_rows_compressed_v1:
    case event_type::delete_rows_compressed_v1:
    case event_type::write_rows_compressed:
    case event_type::update_rows_compressed:
    case event_type::delete_rows_compressed:
    case event_type::partial_update_rows:
        return true;
    default:
        return false;
    }
}

rows_head parse_rows_head(const binlog_event& event) {
    byte_reader in(event.body);
    rows_head head;
    head.table_id = in.number(6);
    head.ends_statement = (in.u16() & 1U) != 0; // STMT_END_F of sql/log_event.h
    return head;
}

rows_event parse_rows(const binlog_event& event, std::string& room) {
    bool compressed = false;
    bool second_version = false;
    rows_event out;
    switch (event.type) {
    case event_type::write_rows_compressed:
    case event_type::write_rows:
        second_version = true;
        [[fallthrough]];
    case event_type::write_rows_compressed_v1:
    case event_type::write_rows_v1:
        out.what = operation::insert;
        break;
    case event_type::partial_update_rows:
        out.partial = true;
        [[fallthrough]];
    case event_type::update_rows_compressed:
    case event_type::update_rows:
        second_version = true;
        [[fallthrough]];
    case event_type::update_rows_compressed_v1:
    case event_type::update_rows_v1:
        out.what = operation::update;
        break;
    case event_type::delete_rows_compressed:
    case event_type::delete_rows:
        second_version = true;
        [[fallthrough]];
    default:
        out.what = operation::remove;
        break;
    }
    compressed = event.type >= event_type::write_rows_compressed_v1;
    byte_reader in(event.body);
    in.skip(6); // the table's number
    // sql/log_event.h: NO_FOREIGN_KEY_CHECKS_F; of MySQL 9.6 and later also USE_SQL_FOREIGN_KEY_F: what foreign keys
    // change is in the log as rows of its own, and must not be repeated.
    const std::uint16_t flags = in.u16();
    out.keeps_children = (flags & (2U | 16U)) != 0;
    if (second_version) {
        const std::uint16_t extra = in.u16(); // counts its own two bytes
        if (extra < 2) {
            throw malformed("has extra row data of an impossible size");
        }
        in.skip(extra - 2U);
    }
    const std::uint64_t columns = in.packed();
    if (columns > 4096) {
        throw malformed(fmt::format("has rows of {} columns", columns));
    }
    out.columns = static_cast<std::size_t>(columns);
    out.first_image = in.take((out.columns + 7) / 8);
    if (out.what == operation::update) {
        out.second_image = in.take((out.columns + 7) / 8);
    }
    out.rows = in.rest();
    if (compressed) {
        uncompress_event(out.rows, room);
        out.rows = room;
    }
    return out;
}

bool append_changes(const rows_event& event, const bound_table& bound, const adapter::table& table, value_room& room,
                    batch& into) {
    if (event.columns != bound.columns.size()) {
        throw malformed(
            fmt::format("has rows of {} columns, and its table map {}", event.columns, bound.columns.size()));
    }
    // Columns that the new row has without being in its image.
    std::vector<const bound_column*> left_out;
    std::size_t json_columns = 0;
    for (std::size_t at = 0; at < event.columns; ++at) {
        const bound_column& column = bound.columns[at];
        json_columns += column.map.type == column_type::json ? 1U : 0U;
        if (event.what == operation::insert && column.cell >= 0 && !bit_of(event.first_image, at)) {
            if (column.otherwise == layout_column::fallback::unknown) {
                refuse_partial_insert(table, static_cast<std::size_t>(column.cell));
            }
            left_out.push_back(&column);
        }
    }
    const image images{bound, table, room, into};
    byte_reader in(event.rows);
    std::string problem;
    while (!in.done()) {
        change each;
        each.table = *bound.table;
        each.what = event.what;
        each.keeps_children = event.keeps_children;
        problem.clear();
        const std::span<cell> first = into.cells(table.columns.size());
        const std::size_t before = in.left();
        images.read(in, event.first_image, event.what != operation::insert, first, problem);
        for (const bound_column* const column : left_out) {
            first[static_cast<std::size_t>(column->cell)] = column->otherwise == layout_column::fallback::null
                                                                ? cell::null()
                                                                : cell::of(into.keep(column->otherwise_text));
        }
        each.row = first;
        if (event.what == operation::update) {
            std::string_view partial;
            // Value options, of which 1 says PARTIAL_JSON (MySQL's rows_event.h).
            if (event.partial && (in.packed() & 1U) != 0) {
                partial = in.take((json_columns + 7) / 8);
            }
            const std::span<cell> second = into.cells(table.columns.size());
            images.read(in, event.second_image, false, second, problem, partial);
            for (std::size_t at = 0; at < second.size(); ++at) {
                if (second[at].is == cell::state::absent) {
                    second[at] = first[at]; // outside the new image means unchanged
                }
            }
            each.old = first;
            each.row = second;
        }
        if (in.left() == before) {
            throw malformed("has rows of no bytes");
        }
        demand_key(table, each);
        if (!problem.empty()) {
            each.problem = into.keep(problem);
        }
        into.changes.push_back(each);
    }
    return !left_out.empty();
}

} // namespace everarchive::capture
