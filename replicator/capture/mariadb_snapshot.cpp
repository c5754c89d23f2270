// The rows at one point of the binary log, without a lock. MariaDB: START TRANSACTION WITH CONSISTENT SNAPSHOT makes
// InnoDB and the binary log agree on a point, which Binlog_snapshot_file and Binlog_snapshot_position then tell.
// MySQL has no such thing: there a position before the snapshot is taken, and one behind it; the stream applies the
// changes between the two as one transaction (binlog_position::until).
#include "capture/mariadb_stream.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "capture/mariadb_history.hpp"
#include "capture/mariadb_schema.hpp"
#include "capture/mysql_snapshot_point.hpp"

namespace everarchive::capture {

namespace {

constexpr std::size_t most_rows = 20'000;
constexpr std::size_t most_bytes = std::size_t{8} * 1024 * 1024;
// A slow row of the query may take that long; a server that is gone is noticed by TCP before.
constexpr std::chrono::seconds silence{600};

struct result_column {
    std::size_t cell = 0;
    value_kind kind = value_kind::unknown;
    int width = 0;
    value_target into = value_target::other;
    text_encoding from;
};

constexpr const char* begin_snapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

class mariadb_snapshot final : public snapshot {
  public:
    explicit mariadb_snapshot(const mariadb_settings& settings)
        : settings_(settings), connection_(settings.origin, silence), character_sets_(read_collations(connection_)),
          schema_(read_schema(connection_, *settings_.adapter)) {
        for (std::size_t at = 0; at < schema_.size(); ++at) {
            check_table(at);
            estimate_ += schema_[at].rows;
        }
        connection_.run("SET SESSION net_write_timeout = 3600");
        connection_.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        if (connection_.server().is_mysql) {
            mysql_snapshot_point point(connection_, position_kind(connection_, settings_.origin));
            point.narrow(settings_.origin, reader_of(settings_.origin, settings_.name));
            connection_.run(begin_snapshot);
            position_ = point.position().text();
        } else {
            connection_.run(begin_snapshot);
            position_ = read_position().text();
        }
        // Text comes as the column has it, as in the binary log, and is converted by the same rules.
        connection_.run("SET character_set_results = NULL");
    }

    const std::string& position() const override { return position_; }
    std::int64_t estimated_rows() const override { return estimate_; }

    std::optional<batch> next() override {
        batch out;
        while (out.changes.empty()) {
            if (!result_ && !begin_table()) {
                return std::nullopt;
            }
            read_rows(out);
        }
        out.position = position_;
        return out;
    }

  private:
    const adapter::table& table(std::size_t at) const { return settings_.adapter->tables[at]; }

    void check_table(std::size_t at) const {
        const adapter::table& wanted = table(at);
        if (wanted.optional && !schema_[at].exists) {
            return;
        }
        const std::string name = database_of(wanted, connection_) + "." + wanted.name;
        if (!schema_[at].exists) {
            throw error(
                exit_code::source, cause::needs_person,
                fmt::format("the table {} is not there, or may not be read", name),
                fmt::format("GRANT SELECT ON {} TO the user of the option file; everarchive source check says more",
                            name));
        }
        for (std::size_t column = 0; column < wanted.columns.size(); ++column) {
            if (!schema_[at].columns.contains(wanted.columns[column].name) && !wanted.may_lack(column)) {
                throw error(
                    exit_code::source, cause::needs_person,
                    fmt::format("{} has no column {}, which the adapter {} captures", name, wanted.columns[column].name,
                                settings_.adapter->name),
                    "use an adapter for this version of the library system; everarchive source check says more");
            }
        }
    }

    binlog_position read_position() {
        const mariadb_rows status = connection_.query("SHOW STATUS LIKE 'binlog_snapshot_%'");
        std::string file;
        std::string offset;
        for (std::size_t row = 0; row < status.rows.size(); ++row) {
            const std::string name = status.text(row, 0);
            (name == "Binlog_snapshot_file"       ? file
             : name == "Binlog_snapshot_position" ? offset
                                                  : scratch_) = status.text(row, 1);
        }
        if (file.empty() || file == "none") {
            throw error(
                exit_code::source, cause::needs_person, "the server writes no binary log",
                "in my.cnf under [mysqld]: log_bin = binlog, and restart the server; everarchive source check says "
                "more");
        }
        if (settings_.origin.by_file) {
            return binlog_position::parse(fmt::format("file:{}:{}@{}", file, offset, server_id_of(connection_)));
        }
        const auto gtids =
            connection_.value(fmt::format("SELECT BINLOG_GTID_POS({}, {})", connection_.literal(file), offset));
        if (!gtids) {
            throw error(exit_code::source, cause::retry,
                        fmt::format("the server does not tell the GTID at {}:{}: was the file purged?", file, offset));
        }
        return binlog_position::parse(fmt::format("{}|{}:{}@{}", *gtids, file, offset, server_id_of(connection_)));
    }

    /// Sends the query of the next table that is there. False when there is none.
    bool begin_table() {
        while (at_ < schema_.size() && !schema_[at_].exists) {
            ++at_;
        }
        if (at_ == schema_.size()) {
            return false;
        }
        const adapter::table& wanted = table(at_);
        columns_.clear();
        std::string list;
        for (std::size_t cell = 0; cell < wanted.columns.size(); ++cell) {
            const auto found = schema_[at_].columns.find(wanted.columns[cell].name);
            if (found == schema_[at_].columns.end()) {
                continue;
            }
            const schema_column& column = found->second;
            columns_.push_back({cell, column.kind, column.width, target_of(wanted.columns[cell].type), {}});
            const std::string name = mariadb_identifier(wanted.columns[cell].name);
            // The text protocol prints a FLOAT with six digits only, and a BIT as bytes.
            fmt::format_to(std::back_inserter(list), "{}{}{}", list.empty() ? "" : ", ", name,
                           column.kind == value_kind::single ? " + 0e0"
                           : column.kind == value_kind::bit  ? " + 0"
                                                             : "");
        }
        std::string order;
        for (const std::size_t key : wanted.key) {
            order += (order.empty() ? " ORDER BY " : ", ") + mariadb_identifier(wanted.columns[key].name);
        }
        connection_.send(fmt::format("SELECT {} FROM {}.{}{}", list,
                                     mariadb_identifier(database_of(wanted, connection_)),
                                     mariadb_identifier(wanted.name), order));
        result_.reset(mysql_use_result(connection_.raw()));
        if (!result_) {
            connection_.fail(fmt::format("cannot read the table {}", wanted.source_name()));
        }
        const MYSQL_FIELD* fields = mysql_fetch_fields(result_.get());
        for (std::size_t at = 0; at < columns_.size(); ++at) {
            columns_[at].from = character_sets_.find(fields[at].charsetnr);
        }
        return true;
    }

    void read_rows(batch& out) {
        const adapter::table& wanted = table(at_);
        std::string problem;
        while (out.changes.size() < most_rows && out.bytes < most_bytes) {
            MYSQL_ROW row = mysql_fetch_row(result_.get());
            if (row == nullptr) {
                if (mysql_errno(connection_.raw()) != 0) {
                    connection_.fail(fmt::format("reading the table {}", wanted.source_name()));
                }
                result_.reset();
                ++at_;
                return;
            }
            const unsigned long* sizes = mysql_fetch_lengths(result_.get());
            const std::span<cell> cells = out.cells(wanted.columns.size());
            problem.clear();
            for (std::size_t at = 0; at < columns_.size(); ++at) {
                const result_column& column = columns_[at];
                if (row[at] == nullptr) {
                    cells[column.cell] = cell::null();
                    continue;
                }
                const value_text value =
                    text_of_result({row[at], sizes[at]}, column.kind, column.from, column.width, column.into, scratch_);
                cells[column.cell] = cell::of(out.keep(value.text));
                if (!value.problem.empty()) {
                    fmt::format_to(std::back_inserter(problem), "{}{}.{}: '{}' {}", problem.empty() ? "" : "; ",
                                   wanted.source_name(), wanted.columns[column.cell].name, value.text.substr(0, 80),
                                   value.problem);
                }
            }
            change each;
            each.table = static_cast<std::uint32_t>(at_);
            each.row = cells;
            if (!problem.empty()) {
                each.problem = out.keep(problem);
            }
            out.changes.push_back(each);
        }
    }

    struct closer {
        void operator()(MYSQL_RES* result) const noexcept { mysql_free_result(result); }
    };

    mariadb_settings settings_;
    mariadb_connection connection_;
    collations character_sets_;
    std::vector<schema_table> schema_;
    std::int64_t estimate_ = 0;
    std::string position_;
    std::size_t at_ = 0; // table
    std::vector<result_column> columns_;
    std::unique_ptr<MYSQL_RES, closer> result_;
    std::string scratch_;
};

} // namespace

std::unique_ptr<snapshot> open_mariadb_snapshot(const mariadb_settings& settings) {
    return std::make_unique<mariadb_snapshot>(settings);
}

} // namespace everarchive::capture
