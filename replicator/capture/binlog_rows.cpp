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
              std::string& problem) const {
        const std::size_t columns = bound.columns.size();
        const std::string_view nulls = in.take((count_bits(present, columns) + 7) / 8);
        for (const std::size_t at : bound.lacking) {
            cells[at] = cell::null();
        }
        std::size_t at_null = 0;
        for (std::size_t at = 0; at < columns; ++at) {
            if (!bit_of(present, at)) {
                continue;
            }
            const bound_column& column = bound.columns[at];
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
            const value_text value = text_of_value(raw, column.map, column.kind, column.from, column.into, room);
            cells[static_cast<std::size_t>(column.cell)] = cell::of(into.keep(value.text));
            if (!value.problem.empty() && !identity_only) {
                fmt::format_to(std::back_inserter(problem), "{}{}.{}: '{}' {}", problem.empty() ? "" : "; ",
                               table.source_name(), column.map.name, value.text.substr(0, 80), value.problem);
            }
        }
    }
};

[[noreturn]] void refuse_partial_insert(const adapter::table& table, std::size_t column) {
    throw not_capturable(
        fmt::format("a new row of {} came without its column {}: binlog_row_image is not FULL, and what default the "
                    "server wrote is not in the binary log",
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

bound_table bind_table(const table_map& map, const adapter::adapter& adapter, std::uint32_t table_index,
                       const binlog_schema& schema) {
    const adapter::table& table = adapter.tables[table_index];
    if (!map.named && !map.columns.empty()) {
        throw not_capturable(
            fmt::format("a change of {}.{} came without the names of its columns: binlog_row_metadata is not FULL",
                        map.database, map.table),
            "SET GLOBAL binlog_row_metadata = 'FULL'; also in my.cnf under [mysqld]: binlog_row_metadata = FULL; "
            "then, because changes written before that stay nameless: everarchive source resync NAME");
    }
    bound_table bound;
    bound.table = table_index;
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
        const auto known = schema.kinds.find({table_index, mapped.name});
        if (mapped.type == column_type::string && mapped.collation == 63) {
            if (known != schema.kinds.end()) {
                column.kind = known->second;
            } else if (table.columns[*index].type == "uuid" && mapped.detail == 16) {
                column.kind = value_kind::uuid; // a table made after the stream was opened
            }
        }
    }
    for (std::size_t at = 0; at < seen.size(); ++at) {
        if (!seen[at] && table.may_lack(at)) {
            bound.lacking.push_back(at);
        } else if (!seen[at]) {
            throw not_capturable(
                fmt::format("{}.{} has no column {} any more, which the adapter {} captures", map.database, map.table,
                            table.columns[at].name, adapter.name),
                fmt::format("bring the column back (ALTER TABLE {}.{} ADD COLUMN ...), or use an adapter for this "
                            "version of the library system, then: everarchive source resync NAME",
                            map.database, map.table));
        }
    }
    return bound;
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
        return true;
    default:
        return false;
    }
}

std::uint64_t rows_table_id(const binlog_event& event) {
    return byte_reader(event.body).number(6);
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
    out.table_id = in.number(6);
    // sql/log_event.h: STMT_END_F and NO_FOREIGN_KEY_CHECKS_F.
    const std::uint16_t flags = in.u16();
    out.ends_statement = (flags & 1U) != 0;
    out.keeps_children = (flags & 2U) != 0;
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

void append_changes(const rows_event& event, const bound_table& bound, const adapter::table& table, value_room& room,
                    batch& into) {
    if (event.columns != bound.columns.size()) {
        throw malformed(
            fmt::format("has rows of {} columns, and its table map {}", event.columns, bound.columns.size()));
    }
    if (event.what == operation::insert) {
        for (std::size_t at = 0; at < event.columns; ++at) {
            if (bound.columns[at].cell >= 0 && !bit_of(event.first_image, at)) {
                refuse_partial_insert(table, static_cast<std::size_t>(bound.columns[at].cell));
            }
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
        each.row = first;
        if (event.what == operation::update) {
            const std::span<cell> second = into.cells(table.columns.size());
            images.read(in, event.second_image, false, second, problem);
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
        if (!problem.empty()) {
            each.problem = into.keep(problem);
        }
        into.changes.push_back(each);
    }
}

} // namespace everarchive::capture
