// Rows of a PostgreSQL source in pieces, each in a transaction of its own that is as short as the piece.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <span>
#include <thread>

#include "base/log.hpp"
#include "base/stop.hpp"
#include "capture/keyed_rows.hpp"
#include "capture/postgresql_catalog.hpp"
#include "capture/postgresql_publication.hpp"
#include "capture/postgresql_readers.hpp"
#include "capture/row_digest.hpp"

namespace everarchive::capture::postgresql {

namespace {

/// A piece is small; a server that takes longer for it hangs, or waits for a lock of the library's.
constexpr std::chrono::seconds patience{120};
constexpr std::size_t most_bytes = std::size_t{8} * 1024 * 1024;
constexpr std::size_t keys_at_once = 50; // rows of a megabyte each still fit in memory

/// A type name as a cast takes it: without its length, `character` and `bit` would mean one character and one bit.
std::string cast_name(const std::string& type) {
    return type == "character" ? "pg_catalog.bpchar" : type == "bit" ? "pg_catalog.\"bit\"" : type;
}

bool orders_alike(std::string_view type) {
    return type == "smallint" || type == "integer" || type == "bigint" || type == "uuid";
}

/// A table's names and expressions for the statements.
struct readable_table : keyed_table {
    std::string oid;
    bool partitioned = false;
    std::string digest;
    std::string columns; // as text
};

class table_chunks final : public chunk_reader {
  public:
    table_chunks(const std::string& conninfo, const adapter::adapter& adapter)
        : adapter_(adapter), on_(connect(conninfo, patience)) {
        const pq::result sizes =
            on_.run("SELECT name, setting FROM pg_settings WHERE name IN ('wal_block_size', 'wal_segment_size')");
        for (int row = 0; row < sizes.rows(); ++row) {
            (sizes.text(row, 0) == "wal_block_size" ? block_ : segment_) = sizes.number<lsn>(row, 1);
        }
        utf8_ = on_.run("SELECT getdatabaseencoding()").text(0, 0) == "UTF8";
        const std::vector<source_table> found = look_up(on_, adapter);
        for (const source_table& table : found) {
            add(table);
        }
    }

    const std::vector<chunk_table>& tables() const override { return tables_; }

    chunk read(const chunk_request& request) override {
        const readable_table& table = readable_[request.table];
        pq::transaction whole(on_, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        chunk piece;
        piece.point = read_point_now();
        if (!request.keys.empty()) {
            read_keys(table, request, piece);
        } else if (request.as == chunk_request::form::sum) {
            read_sum(table, request, piece);
        } else {
            read_digests(table, request, piece);
        }
        // The statements may have waited for the command that did it, and the snapshot is older.
        if (was_rewritten(on_, table.oid, table.partitioned)) {
            throw error(
                exit_code::source, cause::retry,
                fmt::format("{} was rewritten (ALTER TABLE, TRUNCATE, VACUUM FULL) while a part of it was read: "
                            "it is read again",
                            adapter_.tables[request.table].source_name()));
        }
        whole.commit();
        return piece;
    }

  private:
    void add(const source_table& from) {
        const adapter::table& wanted = adapter_.tables[from.table];
        chunk_table& table = tables_.emplace_back();
        readable_table& names = readable_.emplace_back();
        if (!from.exists) {
            return;
        }
        table.exists = true;
        table.ordered = true;
        table.sums = true;
        table.estimated_rows = from.estimated_rows;
        names.oid = from.oid;
        names.partitioned = from.partitioned;
        // As in the first copy: a child table is a relation of its own.
        names.from = fmt::format("{}{} m", from.partitioned ? "" : "ONLY ", from.name);
        std::vector<std::string> column_names;
        std::vector<std::string> column_types;
        for (std::size_t i = 0; i < wanted.columns.size(); ++i) {
            const source_column* column = from.find(wanted.columns[i].name);
            if (column == nullptr) {
                continue;
            }
            table.columns.push_back(i);
            // Of a document only what is named leaves the server, and only that is compared.
            column_names.push_back(adapter_.source_expression(wanted, i, "m", column->quoted));
            column_types.push_back(wanted.columns[i].members.empty() ? column->type : "jsonb");
            names.columns += (names.columns.empty() ? "" : ", ") + column_names.back();
        }
        names.condition = adapter_.source_condition(wanted, "m");
        names.digest = digest_sql(column_names, column_types, utf8_);
        for (const std::size_t key : wanted.key) {
            const source_column* column = from.find(wanted.columns[key].name);
            if (column == nullptr) { // then nothing of the table can be captured; the stream says so
                table.exists = false;
                return;
            }
            const std::string name = "m." + column->quoted;
            names.add_key(name, column->type, cast_name(column->type));
            table.ordered = table.ordered && orders_alike(column->type) && orders_alike(wanted.columns[key].type) &&
                            (column->type == "uuid") == (wanted.columns[key].type == "uuid");
        }
        table.indexed = has_index(from, wanted);
    }

    /// Whether a B-tree gives the rows in the order of the key.
    bool has_index(const source_table& from, const adapter::table& wanted) {
        std::vector<std::string> key;
        for (const std::size_t column : wanted.key) {
            key.push_back(wanted.columns[column].name);
        }
        return on_
            .run(
                "SELECT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = "
                "c.relam WHERE i.indrelid = $1::oid AND i.indisvalid AND i.indpred IS NULL AND a.amname = 'btree' AND "
                "(SELECT array_agg(t.attname::text ORDER BY k.ord) FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, "
                "ord) JOIN pg_attribute t ON t.attrelid = i.indrelid AND t.attnum = k.attnum WHERE k.ord <= "
                "cardinality($2::text[])) = $2::text[])",
                {from.oid, pq::array_literal(key)})
            .truth(0, 0);
    }

    /// The transaction's snapshot is taken by this statement, before it asks for the position: whatever the snapshot
    /// has seen had its commit in the log by then.
    read_point read_point_now() {
        const pq::result now =
            on_.run("SELECT pg_current_snapshot(), CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE "
                    "pg_current_wal_insert_lsn() END");
        read_point point;
        read_snapshot(now.text(0, 0), point);
        point.high = format_lsn(last_record_end(parse_lsn(now.text(0, 1)), block_, segment_));
        return point;
    }

    void read_sum(const readable_table& table, const chunk_request& request, chunk& piece) {
        piece.up_to = request.up_to;
        std::vector<pq::parameter> values;
        std::string from = range_sql(table, request, request.up_to, values);
        const pq::result last = on_.run(fmt::format("SELECT {}{} ORDER BY {} OFFSET {} LIMIT 1", table.key_texts, from,
                                                    table.key_list, request.most_rows - 1),
                                        values);
        if (last.rows() == 1) {
            piece.up_to = key_of(last, 0, table.key.size());
            values.clear();
            from = range_sql(table, request, piece.up_to, values);
        }
        const pq::result sum = on_.run("SELECT " + sum_sql(table, table.digest) + from, values);
        piece.rows = sum.number<std::size_t>(0, 0);
        piece.sum = sum.text(0, 1);
    }

    void read_digests(const readable_table& table, const chunk_request& request, chunk& piece) {
        std::vector<pq::parameter> values;
        const std::string from = range_sql(table, request, request.up_to, values);
        take_digests(table,
                     on_.run(fmt::format("SELECT {}, {}{} ORDER BY {} LIMIT {}", table.key_texts, table.digest, from,
                                         table.key_list, request.most_rows),
                             values),
                     piece);
        piece.up_to = piece.rows < request.most_rows ? request.up_to : piece.digests.back().key;
    }

    static void take_digests(const readable_table& table, const pq::result& rows, chunk& piece) {
        std::vector<row_digest> found = capture::read_digests(rows, table.key.size());
        piece.rows += found.size();
        std::move(found.begin(), found.end(), std::back_inserter(piece.digests));
    }

    void read_keys(const readable_table& table, const chunk_request& request, chunk& piece) {
        const bool digests = request.as != chunk_request::form::rows;
        while (piece.keys_read < request.keys.size() && piece.content.weight() < most_bytes) {
            const std::size_t count =
                std::min(digests ? request.keys.size() : keys_at_once, request.keys.size() - piece.keys_read);
            std::vector<pq::parameter> values;
            const std::string from = keys_sql(table, std::span(request.keys).subspan(piece.keys_read, count), values);
            piece.keys_read += count;
            const pq::result rows =
                on_.run("SELECT " + (digests ? table.key_texts + ", " + table.digest : table.columns) + from, values);
            if (digests) {
                take_digests(table, rows, piece);
            } else {
                take_rows(request.table, rows, piece);
            }
        }
    }

    void take_rows(std::uint32_t table, const pq::result& rows, chunk& piece) {
        batch& content = piece.content;
        const std::vector<std::size_t>& columns = tables_[table].columns;
        for (int row = 0; row < rows.rows(); ++row) {
            const std::span<cell> cells = content.cells(adapter_.tables[table].columns.size());
            std::fill(cells.begin(), cells.end(), cell::null());
            for (std::size_t i = 0; i < columns.size(); ++i) {
                const int column = static_cast<int>(i);
                if (!rows.is_null(row, column)) {
                    cells[columns[i]] = cell::of(content.keep(rows.text(row, column)));
                }
            }
            change found;
            found.table = table;
            found.row = cells;
            content.changes.push_back(found);
        }
        piece.rows += static_cast<std::size_t>(rows.rows());
    }

    adapter::adapter adapter_;
    pq::connection on_;
    lsn block_ = 8192;
    lsn segment_ = 16 * 1024 * 1024;
    bool utf8_ = true;
    std::vector<chunk_table> tables_;
    std::vector<readable_table> readable_;
};

} // namespace

void read_snapshot(std::string_view text, read_point& point) {
    // XMIN:XMAX:XIP,XIP…, ids of 64 bits; the stream's have 32.
    const std::size_t first = text.find(':');
    const std::size_t second = text.find(':', first + 1);
    const auto id = [](std::string_view digits) {
        std::uint64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return static_cast<std::uint32_t>(value);
    };
    point.xmax = id(text.substr(first + 1, second - first - 1));
    for (std::size_t at = second + 1; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        point.running.push_back(id(text.substr(at, end - at)));
        at = end + 1;
    }
    std::sort(point.running.begin(), point.running.end());
}

lsn last_record_end(lsn insert, lsn block, lsn segment) {
    constexpr lsn page_header = 24; // SizeOfXLogShortPHD and SizeOfXLogLongPHD of access/xlog_internal.h
    constexpr lsn segment_header = 40;
    const lsn in_block = insert % block;
    if ((in_block == page_header && insert % segment != page_header) || insert % segment == segment_header) {
        return insert - in_block;
    }
    return insert;
}

std::string readable_snapshot(std::string_view snapshot) {
    const std::size_t first = snapshot.find(':');
    const std::size_t second = snapshot.find(':', first + 1);
    std::uint64_t xmin = 0;
    std::uint64_t xmax = 0;
    std::from_chars(snapshot.data(), snapshot.data() + first, xmin);
    std::from_chars(snapshot.data() + first + 1, snapshot.data() + second, xmax);
    return xmin <= xmax ? std::string(snapshot) : fmt::format("{}:{}:", xmin, xmin);
}

std::unique_ptr<chunk_reader> open_chunks(const std::string& conninfo, const adapter::adapter& adapter) {
    return std::make_unique<table_chunks>(conninfo, adapter);
}

std::string renew_position(const std::string& conninfo, const source_names& names, const adapter::adapter& adapter) {
    pq::connection on = connect(conninfo, patience);
    ensure_publication(on, names, adapter, look_up(on, adapter));
    drop_slot(on, names);
    pq::connection maker = connect_replication(conninfo);
    const pq::result made = make_slot(maker, names);
    // What the slot counts as done may not be visible to others yet (see read_point); the exported snapshot knows it.
    std::string done;
    {
        pq::transaction exported(on, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        on.run("SET TRANSACTION SNAPSHOT " + on.literal(made.text(0, 2)));
        done = readable_snapshot(on.run("SELECT pg_current_snapshot()").text(0, 0));
        exported.commit();
    }
    while (on.run("SELECT FROM pg_snapshot_xip(pg_current_snapshot()) x WHERE pg_visible_in_snapshot(x, "
                  "$1::pg_snapshot)",
                  {done})
               .rows() > 0) {
        if (stop_requested()) {
            throw error(exit_code::ok, cause::retry, "asked to stop while waiting for the source");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return format_lsn(parse_lsn(made.text(0, 1)));
}

} // namespace everarchive::capture::postgresql
