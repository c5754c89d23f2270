// Capture from a real PostgreSQL server: snapshot, stream, faults, and what the source is told to forget.
// The server is named by PGHOST, PGPORT, PGUSER (a superuser, wal_level = logical); the tests make a database of their
// own in it. Without PGHOST everything is skipped.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <numeric>
#include <thread>

#include "base/error.hpp"
#include "capture/postgresql_lsn.hpp"
#include "capture/source.hpp"
#include "pq/connection.hpp"

namespace everarchive::capture {

using namespace std::chrono_literals;

inline adapter::adapter small_library() {
    adapter::adapter made;
    made.name = "small";
    made.runs_on = adapter::system::postgresql;
    adapter::table bib;
    bib.schema = "biblio";
    bib.name = "record_entry";
    bib.columns = {{"id", "bigint", true},
                   {"edit_date", "timestamp with time zone", true},
                   {"deleted", "boolean", true},
                   {"marc", "text", false}};
    bib.key = {0};
    adapter::table item;
    item.schema = "asset";
    item.name = "copy";
    item.columns = {{"id", "bigint", true}, {"record", "bigint", true}, {"barcode", "text", true}};
    item.key = {0};
    adapter::table later;
    later.schema = "asset";
    later.name = "not_yet";
    later.columns = {{"id", "bigint", true}};
    later.key = {0};
    later.optional = true;
    made.tables = {bib, item, later};
    return made;
}

inline constexpr const char* library_ddl = R"(
    CREATE SCHEMA biblio; CREATE SCHEMA asset; CREATE SCHEMA actor;
    CREATE TABLE biblio.record_entry (id bigserial PRIMARY KEY, creator text NOT NULL DEFAULT 'patron-secret',
        edit_date timestamptz NOT NULL DEFAULT now(), deleted boolean NOT NULL DEFAULT false, marc text,
        vis int[] DEFAULT '{1,2}');
    CREATE TABLE asset.copy (id bigserial PRIMARY KEY, record bigint NOT NULL, barcode text NOT NULL);
    CREATE TABLE asset.unit (extra text) INHERITS (asset.copy);
    CREATE TABLE actor.usr (id serial PRIMARY KEY, passwd text);
    CREATE TABLE actor.log (line text);
)";

/// Rows as the apply step would hold them. Strict: a double insert or a change of a missing row fails the test.
class mirror {
  public:
    explicit mirror(const adapter::adapter& adapter) : adapter_(adapter), tables_(adapter.tables.size()) {}

    void apply(const batch& rows) {
        for (const change& one : rows.changes) {
            const adapter::table& table = adapter_.tables[one.table];
            auto& mine = tables_[one.table];
            const auto key = [&](std::span<const cell> row) { return std::stoll(std::string(row[table.key[0]].text)); };
            switch (one.what) {
            case operation::insert:
                ASSERT_TRUE(mine.emplace(key(one.row), values({}, one.row)).second) << "inserted twice";
                break;
            case operation::update: {
                const auto at = mine.find(key(one.old.empty() ? one.row : one.old));
                ASSERT_NE(at, mine.end()) << "update of a missing row";
                auto now = values(at->second, one.row);
                mine.erase(at);
                mine[key(one.row)] = std::move(now);
                break;
            }
            case operation::remove:
                ASSERT_EQ(mine.erase(key(one.row)), 1U) << "delete of a missing row";
                break;
            case operation::truncate:
                mine.clear();
                break;
            }
        }
    }

    std::string text(std::size_t table) const {
        std::string all;
        for (const auto& [key, row] : tables_[table]) {
            for (const auto& value : row) {
                all += (value ? *value : "NULL") + "|";
            }
            all += '\n';
        }
        return all;
    }
    void clear() { tables_.assign(tables_.size(), {}); }
    std::size_t rows(std::size_t table) const { return tables_[table].size(); }
    const std::optional<std::string>& at(std::size_t table, long long key, std::size_t column) const {
        return tables_[table].at(key)[column];
    }

  private:
    using stored = std::vector<std::optional<std::string>>;
    static stored values(stored before, std::span<const cell> cells) {
        before.resize(cells.size());
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (cells[i].is == cell::state::null) {
                before[i].reset();
            } else if (cells[i].is == cell::state::value) {
                before[i] = std::string(cells[i].text);
            }
        }
        return before;
    }

    const adapter::adapter& adapter_;
    std::vector<std::map<long long, stored>> tables_;
};

class capture_postgresql : public ::testing::Test {
  protected:
    void SetUp() override {
        if (std::getenv("PGHOST") == nullptr) {
            GTEST_SKIP() << "PGHOST is not set";
        }
        static int number = 0;
        name_ = fmt::format("t{}_{}", ::getpid(), ++number);
        admin_.emplace("dbname=postgres", pq::connection::side::sink, "test");
        admin_->run("CREATE DATABASE " + name_);
        conninfo_ = "dbname=" + name_;
        library_.emplace(conninfo_, pq::connection::side::sink, "test");
        library_->run(library_ddl);
        source_ = open_source("postgresql:" + conninfo_, name_, adapter_);
    }

    void TearDown() override {
        if (!admin_) {
            return;
        }
        stream_.reset();
        source_.reset();
        library_.reset();
        admin_->run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name_ + "'");
        // A walsender of PostgreSQL 13 that decodes a large transaction takes a while to hear that it has to end.
        for (int attempt = 0;; ++attempt) {
            try {
                admin_->run("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = "
                            "'everarchive_" +
                            name_ + "'");
                admin_->run("DROP DATABASE " + name_ + " WITH (FORCE)");
                return;
            } catch (const pq::error&) {
                if (attempt == 100) {
                    throw;
                }
                std::this_thread::sleep_for(50ms);
            }
        }
    }

    /// The settings of the source: the defaults, but for these.
    void configure(std::map<std::string, std::string, std::less<>> settings) {
        settings.insert({{"spool_limit_bytes", "17179869184"},
                         {"snapshot_workers", "2"},
                         {"wal_warn_bytes", "0"},
                         {"wal_limit_bytes", "0"},
                         {"on_wal_limit", "pause"}});
        source_->configure(source_settings(std::move(settings)));
    }

    /// A snapshot of everything into `into`; the position is kept.
    void take_snapshot(mirror& into) {
        const auto all = source_->open_snapshot();
        position_ = all->position();
        while (const auto rows = all->next()) {
            into.apply(*rows);
        }
    }

    /// Opens the stream at position_; waits while the server still holds the slot for the last reader.
    void open_stream() {
        stream_.reset();
        for (int attempt = 0;; ++attempt) {
            try {
                stream_ = source_->open_stream(position_);
                return;
            } catch (const error& busy) {
                if (busy.why() != cause::retry || attempt == 100) {
                    throw;
                }
                std::this_thread::sleep_for(50ms);
            }
        }
    }

    /// The next batch that has changes; position_ follows.
    batch next_changes() {
        for (int attempt = 0; attempt < 600; ++attempt) {
            if (auto rows = stream_->next(100ms)) {
                if (rows->ends_transaction) {
                    position_ = rows->position;
                }
                if (!rows->changes.empty()) {
                    return std::move(*rows);
                }
            }
        }
        ADD_FAILURE() << "no change within a minute";
        return {};
    }

    /// Applies until a marker row, inserted last, has come, then removes it.
    void catch_up(mirror& into) {
        library_->run("INSERT INTO asset.copy VALUES (999999999, 0, 'marker')");
        while (!(into.rows(1) > 0 && into.text(1).find("marker") != std::string::npos) && !HasFailure()) {
            into.apply(next_changes());
        }
        library_->run("DELETE FROM asset.copy WHERE barcode = 'marker'");
        while (into.text(1).find("marker") != std::string::npos && !HasFailure()) {
            into.apply(next_changes());
        }
    }

    std::string rows_of_source(const std::string& sql) {
        const pq::result rows = library_->run("SET datestyle = 'ISO'; SET timezone = 'UTC'; " + sql);
        std::string all;
        for (int row = 0; row < rows.rows(); ++row) {
            for (int column = 0; column < rows.columns(); ++column) {
                all += rows.is_null(row, column) ? "NULL" : std::string(rows.text(row, column));
                all += '|';
            }
            all += '\n';
        }
        return all;
    }

    void expect_equal(const mirror& mine) {
        EXPECT_TRUE(mine.text(0) ==
                    rows_of_source("SELECT id, edit_date, deleted, marc FROM biblio.record_entry ORDER BY id"));
        EXPECT_TRUE(mine.text(1) ==
                    rows_of_source("SELECT id, record, barcode FROM asset.copy WHERE barcode <> 'child' "
                                   "ORDER BY id"));
    }

    /// What opening the stream at position_ fails with.
    std::optional<error> opening_error() {
        try {
            stream_ = source_->open_stream(position_);
            return std::nullopt;
        } catch (const error& bad) {
            return bad;
        }
    }

    /// What a library's DBA does before an upgrade: from 15 on, a publication that lists columns makes ALTER COLUMN
    /// TYPE and DROP COLUMN of those columns fail.
    void lift_column_lists() {
        if (PQserverVersion(library_->raw()) >= 150000) {
            library_->run("ALTER PUBLICATION everarchive_" + name_ +
                          " SET TABLE ONLY biblio.record_entry, ONLY asset.copy");
        }
    }

    std::string slot_value(const std::string& column) {
        return std::string(
            admin_->run("SELECT " + column + " FROM pg_replication_slots WHERE slot_name = 'everarchive_" + name_ + "'")
                .text(0, 0));
    }

    void wait_until_slot_is_free() {
        for (int attempt = 0; attempt < 100 && !slot_value("active_pid").empty(); ++attempt) {
            std::this_thread::sleep_for(50ms);
        }
    }

    adapter::adapter adapter_ = small_library();
    std::string name_;
    std::string conninfo_;
    std::optional<pq::connection> admin_;
    std::optional<pq::connection> library_;
    std::unique_ptr<source> source_;
    std::unique_ptr<stream> stream_;
    std::string position_;
};

} // namespace everarchive::capture
