// The rows at one point of the binary log, without a lock. MariaDB: START TRANSACTION WITH CONSISTENT SNAPSHOT makes
// InnoDB and the binary log agree on a point, which Binlog_snapshot_file and Binlog_snapshot_position then tell.
// MySQL has no such thing: there a position before the snapshot is taken, and one behind it; the stream applies the
// changes between the two as one transaction (binlog_position::until).
#include "capture/mariadb_stream.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "capture/mariadb_history.hpp"
#include "capture/mariadb_interrupter.hpp"
#include "capture/mariadb_schema.hpp"
#include "capture/mariadb_select.hpp"
#include "capture/mysql_snapshot_point.hpp"

namespace everarchive::capture {

namespace {

constexpr batch_limits limits;
// A slow row of the query may take that long; a server that is gone is noticed by TCP before.
constexpr std::chrono::seconds silence{600};

constexpr const char* begin_snapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

class mariadb_snapshot final : public snapshot {
  public:
    explicit mariadb_snapshot(const mariadb_settings& settings)
        : settings_(settings), connection_(settings.origin, silence), interrupter_(connection_),
          character_sets_(read_collations(connection_)), schema_(read_schema(connection_, *settings_.adapter)) {
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
        try {
            while (out.changes.empty()) {
                if (!select_ && !begin_table()) {
                    return std::nullopt;
                }
                read_rows(out);
            }
        } catch (const mariadb_error&) {
            interrupter_.check();
            throw;
        }
        out.position = position_;
        return out;
    }

    void interrupt() noexcept override { interrupter_.interrupt(); }

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
        binlog_place place = snapshot_place(connection_);
        place.server = server_id_of(connection_);
        binlog_position position;
        if (settings_.origin.by_file) {
            position.by = binlog_position::kind::file;
        } else {
            const auto gtids = connection_.value(
                fmt::format("SELECT BINLOG_GTID_POS({}, {})", connection_.literal(place.file), place.offset));
            if (!gtids) {
                throw error(exit_code::source, cause::retry,
                            fmt::format("the server does not tell the GTID at {}:{}: was the file purged?", place.file,
                                        place.offset));
            }
            position.gtids = gtid_list::parse(*gtids);
        }
        position.place = place;
        return position;
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
        for (std::size_t cell = 0; cell < wanted.columns.size(); ++cell) {
            if (schema_[at_].columns.contains(wanted.columns[cell].name)) {
                columns_.push_back(cell);
            }
        }
        select_.emplace(wanted, schema_[at_], columns_);
        std::string order;
        for (const std::size_t key : wanted.key) {
            order += (order.empty() ? " ORDER BY " : ", ") + mariadb_identifier(wanted.columns[key].name);
        }
        connection_.send(fmt::format("SELECT {} FROM {}.{}{}", select_->list(),
                                     mariadb_identifier(database_of(wanted, connection_)),
                                     mariadb_identifier(wanted.name), order));
        select_->begin(connection_, character_sets_);
        return true;
    }

    void read_rows(batch& out) {
        while (!limits.are_reached(out)) {
            if (!select_->next()) {
                select_.reset();
                ++at_;
                return;
            }
            const std::span<cell> cells = out.cells(table(at_).columns.size());
            for (std::size_t at = 0; at < columns_.size(); ++at) {
                const auto value = select_->value(at);
                cells[columns_[at]] = value ? cell::of(out.keep(*value)) : cell::null();
            }
            change each;
            each.table = static_cast<std::uint32_t>(at_);
            each.row = cells;
            if (!select_->problem().empty()) {
                each.problem = out.keep(select_->problem());
            }
            out.changes.push_back(each);
        }
    }

    mariadb_settings settings_;
    mariadb_connection connection_;
    mariadb_interrupter interrupter_;
    collations character_sets_;
    std::vector<schema_table> schema_;
    std::int64_t estimate_ = 0;
    std::string position_;
    std::size_t at_ = 0;               // table
    std::vector<std::size_t> columns_; // of the table, those that the source has
    std::optional<mariadb_select> select_;
};

} // namespace

std::unique_ptr<snapshot> open_mariadb_snapshot(const mariadb_settings& settings) {
    return std::make_unique<mariadb_snapshot>(settings);
}

} // namespace everarchive::capture
