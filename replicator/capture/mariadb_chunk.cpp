// Rows of a MariaDB source in pieces, each in a transaction of its own that is as short as the piece. The rows are
// digested here: MariaDB has no text form of its values that is that of PostgreSQL.
#include <algorithm>

#include <fmt/format.h>

#include "capture/mariadb_history.hpp"
#include "capture/mariadb_interrupter.hpp"
#include "capture/mariadb_schema.hpp"
#include "capture/mariadb_select.hpp"
#include "capture/mariadb_stream.hpp"
#include "capture/mysql_snapshot_point.hpp"
#include "capture/row_digest.hpp"

namespace everarchive::capture {

namespace {

/// A piece is small; a server that is silent for longer hangs, or waits for a lock of the library's.
constexpr std::chrono::seconds silence{120};
constexpr std::size_t most_bytes = std::size_t{8} * 1024 * 1024;
constexpr std::size_t keys_at_once = 50;

bool is_number(std::string_view text) {
    std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

class mariadb_chunks final : public chunk_reader {
  public:
    explicit mariadb_chunks(const mariadb_settings& settings)
        : settings_(settings), connection_(settings.origin, silence), interrupter_(connection_),
          character_sets_(read_collations(connection_)), schema_(read_schema(connection_, *settings_.adapter)) {
        for (std::size_t at = 0; at < schema_.size(); ++at) {
            add(at);
        }
        connection_.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        // Text comes as the column has it, as in the binary log, and is converted by the same rules.
        connection_.run("SET character_set_results = NULL");
    }

    const std::vector<chunk_table>& tables() const override { return tables_; }

    chunk read(const chunk_request& request) override {
        chunk piece;
        if (connection_.server().is_mysql) {
            mysql_snapshot_point point(connection_, position_kind(connection_, settings_.origin));
            connection_.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
            piece.point = mysql_read_point(point.position());
        } else {
            connection_.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
            piece.point = read_point_now();
        }
        if (request.keys.empty()) {
            read_range(request, piece);
        } else {
            read_keys(request, piece);
        }
        connection_.run("COMMIT");
        return piece;
    }

  private:
    const adapter::table& table(std::size_t at) const { return settings_.adapter->tables[at]; }

    void add(std::size_t at) {
        const adapter::table& wanted = table(at);
        chunk_table& made = tables_.emplace_back();
        made.exists = schema_[at].exists;
        made.estimated_rows = schema_[at].rows;
        made.ordered = true;
        for (std::size_t i = 0; i < wanted.columns.size(); ++i) {
            const auto found = schema_[at].columns.find(wanted.columns[i].name);
            const bool keyed = std::find(wanted.key.begin(), wanted.key.end(), i) != wanted.key.end();
            if (found != schema_[at].columns.end()) {
                made.columns.push_back(i);
                const value_target into = target_of(wanted.columns[i].type);
                made.ordered =
                    made.ordered && (!keyed || (found->second.kind == value_kind::integer &&
                                                (into == value_target::smallint || into == value_target::integer ||
                                                 into == value_target::bigint)));
            } else if (keyed) {
                made.exists = false; // nothing of the table can be captured; the stream says so
            }
        }
        if (made.exists) {
            made.indexed = has_index(wanted);
        }
    }

    /// Whether an index gives the rows in the order of the key.
    bool has_index(const adapter::table& wanted) {
        const mariadb_rows parts = connection_.query(fmt::format(
            "SELECT INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {} "
            "AND "
            "TABLE_NAME = {} AND INDEX_TYPE = 'BTREE' AND SUB_PART IS NULL ORDER BY INDEX_NAME, SEQ_IN_INDEX",
            connection_.literal(database_of(wanted, connection_)), connection_.literal(wanted.name)));
        std::size_t matched = 0;
        for (std::size_t row = 0; row < parts.rows.size(); ++row) {
            const std::string place = parts.text(row, 1);
            matched = place == "1" ? 0 : matched;
            const bool follows = matched < wanted.key.size() && place == std::to_string(matched + 1) &&
                                 parts.text(row, 2) == wanted.columns[wanted.key[matched]].name;
            matched = follows ? matched + 1 : wanted.key.size() + 1;
            if (matched == wanted.key.size()) {
                return true;
            }
        }
        return false;
    }

    /// Between what a snapshot of MySQL lies.
    static read_point mysql_read_point(binlog_position position) {
        read_point point;
        binlog_position high = position;
        if (!position.until.empty()) {
            high.executed = position.until;
        } else if (!position.until_at.file.empty()) {
            high.place = position.until_at;
        }
        high.end_overlap();
        position.end_overlap();
        point.low = position.text();
        point.high = high.text();
        return point;
    }

    /// Where the snapshot lies in the binary log, exactly (see mariadb_snapshot.cpp). The GTIDs are read after it and
    /// may name a later place: they only serve to know that the stream is past it when the files do not tell, and the
    /// exact ones would cost the server a walk through its file for every piece.
    read_point read_point_now() {
        const binlog_place place = snapshot_place(connection_);
        const std::string gtids = connection_.value("SELECT @@GLOBAL.gtid_binlog_pos").value_or("");
        read_point point;
        point.low = fmt::format("|{}:{}", place.file, place.offset);
        point.high = fmt::format("{}|{}:{}", gtids, place.file, place.offset);
        return point;
    }

    std::string name_of(std::size_t at) const {
        return fmt::format("{}.{}", mariadb_identifier(database_of(table(at), connection_)),
                           mariadb_identifier(table(at).name));
    }

    std::string key_list(const adapter::table& wanted) const {
        std::string list;
        for (const std::size_t column : wanted.key) {
            list += (list.empty() ? "" : ", ") + mariadb_identifier(wanted.columns[column].name);
        }
        return list;
    }

    std::string literal(std::size_t at, std::size_t part, const std::string& value) {
        const adapter::column& column = table(at).columns[table(at).key[part]];
        // A number in quotes would be compared as a float.
        if (schema_[at].columns.at(column.name).kind == value_kind::integer && is_number(value)) {
            return value;
        }
        if (target_of(column.type) == value_target::bytea && value.starts_with("\\x")) {
            return fmt::format("x'{}'", value.substr(2));
        }
        return connection_.literal(value);
    }

    /// `a > 1 OR (a = 1 AND b > 2)`: of a comparison of rows, (a, b) > (1, 2), MariaDB makes no range of an index.
    std::string bound(std::size_t at, const row_key& key, std::string_view sign, bool with_end) {
        std::string condition;
        std::string equal;
        for (std::size_t part = 0; part < key.size(); ++part) {
            const std::string name = mariadb_identifier(table(at).columns[table(at).key[part]].name);
            const std::string value = literal(at, part, key[part]);
            const bool last = part + 1 == key.size();
            condition += fmt::format("{}({}{} {}{} {})", part == 0 ? "" : " OR ", equal, name, sign,
                                     last && with_end ? "=" : "", value);
            equal += fmt::format("{} = {} AND ", name, value);
        }
        return "(" + condition + ")";
    }

    void read_range(const chunk_request& request, chunk& piece) {
        const adapter::table& wanted = table(request.table);
        mariadb_select select(wanted, schema_[request.table], tables_[request.table].columns);
        std::string where;
        if (!request.after.empty()) {
            where = " WHERE " + bound(request.table, request.after, ">", request.after_is_part);
        }
        if (!request.up_to.empty()) {
            where += (where.empty() ? " WHERE " : " AND ") + bound(request.table, request.up_to, "<", true);
        }
        connection_.send(fmt::format("SELECT {} FROM {}{} ORDER BY {} LIMIT {}", select.list(), name_of(request.table),
                                     where, key_list(wanted), request.most_rows));
        take(select, request, piece);
        piece.up_to = piece.rows < request.most_rows ? request.up_to : piece.digests.back().key;
    }

    void read_keys(const chunk_request& request, chunk& piece) {
        const adapter::table& wanted = table(request.table);
        const bool digests = request.as != chunk_request::form::rows;
        while (piece.keys_read < request.keys.size() && piece.content.weight() < most_bytes) {
            const std::size_t count =
                std::min(digests ? request.keys.size() : keys_at_once, request.keys.size() - piece.keys_read);
            std::string list;
            for (std::size_t i = 0; i < count; ++i) {
                const row_key& key = request.keys[piece.keys_read + i];
                std::string one;
                for (std::size_t part = 0; part < key.size(); ++part) {
                    one += fmt::format("{}{} = {}", part == 0 ? "" : " AND ",
                                       mariadb_identifier(wanted.columns[wanted.key[part]].name),
                                       literal(request.table, part, key[part]));
                }
                list += (list.empty() ? "(" : " OR (") + one + ")";
            }
            mariadb_select select(wanted, schema_[request.table], tables_[request.table].columns);
            // Not (a, b) IN ((1, 'x'), …): in such a list the server does not convert a string to the character set of
            // a column that is not Unicode (seen in 10.11), and finds nothing.
            connection_.send(fmt::format("SELECT {} FROM {} WHERE {}", select.list(), name_of(request.table), list));
            piece.keys_read += count;
            take(select, request, piece);
        }
    }

    /// The rows of a query that was sent.
    void take(mariadb_select& select, const chunk_request& request, chunk& piece) {
        const adapter::table& wanted = table(request.table);
        const std::vector<std::size_t>& columns = tables_[request.table].columns;
        const bool keep = request.as == chunk_request::form::rows;
        select.begin(connection_, character_sets_);
        batch passing; // rows of which only the digest is kept
        while (select.next()) {
            batch& into = keep ? piece.content : passing;
            const std::span<cell> cells = into.cells(wanted.columns.size());
            std::fill(cells.begin(), cells.end(), cell::null());
            for (std::size_t at = 0; at < columns.size(); ++at) {
                if (const auto value = select.value(at)) {
                    cells[columns[at]] = cell::of(into.keep(*value));
                }
            }
            ++piece.rows;
            if (keep) {
                change found;
                found.table = request.table;
                found.row = cells;
                if (!select.problem().empty()) {
                    found.problem = into.keep(select.problem());
                }
                into.changes.push_back(found);
                continue;
            }
            row_digest& made = piece.digests.emplace_back();
            for (const std::size_t key : wanted.key) {
                made.key.emplace_back(cells[key].text);
            }
            made.digest = digest_of(cells, columns);
            if (passing.weight() > most_bytes) {
                passing = batch();
            }
        }
    }

    mariadb_settings settings_;
    mariadb_connection connection_;
    mariadb_interrupter interrupter_;
    collations character_sets_;
    std::vector<schema_table> schema_;
    std::vector<chunk_table> tables_;
};

} // namespace

bool has_passed_binlog(const std::string& position, const std::string& point) {
    const binlog_position ours = binlog_position::parse(position);
    const binlog_position wanted = binlog_position::parse(point);
    if (wanted.by == binlog_position::kind::mysql) {
        return ours.executed.contains(wanted.executed);
    }
    const binlog_place& here = ours.place;
    const binlog_place& there = wanted.place;
    if (!here.file.empty() && base_name(here.file) == base_name(there.file) && reaches(here, there)) {
        return true;
    }
    // After a rotation the stream stands at the end of the old file until something is written, and after a fail-over
    // the files are another server's.
    return !wanted.gtids.empty() &&
           std::all_of(wanted.gtids.domains().begin(), wanted.gtids.domains().end(), [&](const gtid& one) {
               return std::any_of(ours.gtids.domains().begin(), ours.gtids.domains().end(), [&](const gtid& own) {
                   return own.domain == one.domain && own.sequence >= one.sequence;
               });
           });
}

std::unique_ptr<chunk_reader> open_mariadb_chunks(const mariadb_settings& settings) {
    return std::make_unique<mariadb_chunks>(settings);
}

} // namespace everarchive::capture
