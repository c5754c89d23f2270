// Capture from a real MariaDB server. The server is named by EVERARCHIVE_TEST_MARIADB_SOCKET (root without a password,
// log_bin on, binlog_row_metadata = FULL); the tests make databases and users of their own in it, and change global
// settings, so it must be a private one. EVERARCHIVE_TEST_MARIADB_RESTART is a shell command that restarts it.
// Without the first everything is skipped.
#include <gtest/gtest.h>

#include <csignal>

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "capture/binlog_position.hpp"
#include "capture/mariadb_connection.hpp"
#include "capture/source.hpp"

namespace everarchive::capture {

using namespace std::chrono_literals;

inline std::string test_socket() {
    const char* socket = std::getenv("EVERARCHIVE_TEST_MARIADB_SOCKET");
    return socket == nullptr ? "" : socket;
}

/// A row as the preservation database would have it.
using row_values = std::vector<std::optional<std::string>>;

/// What the apply step does, as strictly as it can be done: an insert must be new, an update or delete must find its
/// row.
class strict_mirror {
  public:
    explicit strict_mirror(const adapter::adapter& adapter) : adapter_(adapter) {}

    void apply(const batch& from) {
        for (const change& each : from.changes) {
            const adapter::table& table = adapter_.tables.at(each.table);
            auto& rows = tables_[table.name];
            if (!each.problem.empty()) {
                problems.emplace_back(each.problem);
            }
            switch (each.what) {
            case operation::insert:
                if (lenient) {
                    rows[key(table, each.row)] = values(each.row);
                    break;
                }
                EXPECT_TRUE(rows.emplace(key(table, each.row), values(each.row)).second)
                    << table.name << " doubled " << key(table, each.row);
                break;
            case operation::update: {
                const auto found = rows.find(key(table, each.old.empty() ? each.row : each.old));
                if (found == rows.end() && lenient) {
                    rows[key(table, each.row)] = values(each.row);
                    break;
                }
                if (found == rows.end()) {
                    ADD_FAILURE() << table.name << " lost " << key(table, each.row);
                    break;
                }
                row_values merged = found->second;
                for (std::size_t at = 0; at < each.row.size(); ++at) {
                    if (each.row[at].is != cell::state::absent) {
                        merged[at] = each.row[at].is == cell::state::null
                                         ? std::nullopt
                                         : std::optional(std::string(each.row[at].text));
                    }
                }
                rows.erase(found);
                rows[key(table, each.row)] = merged;
                break;
            }
            case operation::remove:
                if (lenient) {
                    rows.erase(key(table, each.row));
                    break;
                }
                EXPECT_EQ(rows.erase(key(table, each.row)), 1U) << table.name << " lost " << key(table, each.row);
                break;
            case operation::truncate:
                rows.clear();
                break;
            }
        }
        transactions += from.transactions;
        batches += 1;
        for (const table_trouble& each : from.troubles) {
            EXPECT_FALSE(each.mend.empty());
            troubles.push_back(adapter_.tables.at(each.table).name + ": " + each.what);
        }
    }

    static std::string key(const adapter::table& table, std::span<const cell> row) {
        std::string text;
        for (const std::size_t column : table.key) {
            EXPECT_EQ(row[column].is, cell::state::value) << "key of " << table.name;
            text += std::string(row[column].text) + ":";
        }
        return text;
    }

    static row_values values(std::span<const cell> row) {
        row_values out;
        for (const cell& each : row) {
            out.push_back(each.is == cell::state::value ? std::optional(std::string(each.text)) : std::nullopt);
        }
        return out;
    }

    const std::map<std::string, row_values>& table(const std::string& name) { return tables_[name]; }
    const auto& tables() const { return tables_; }

    /// The changes may be in the snapshot already (MySQL): what is applied again must do no harm.
    bool lenient = false;
    std::vector<std::string> problems;
    std::vector<std::string> troubles;
    std::size_t transactions = 0;
    std::size_t batches = 0;

  private:
    const adapter::adapter& adapter_;
    std::map<std::string, std::map<std::string, row_values>> tables_;
};

class mariadb_capture : public testing::Test {
  protected:
    /// The server's socket, empty to skip; MySQL has another.
    virtual std::string socket() const { return test_socket(); }
    virtual const char* socket_variable() const { return "EVERARCHIVE_TEST_MARIADB_SOCKET"; }

    virtual std::map<std::string, std::string> defaults() const {
        return {{"binlog_format", "'ROW'"},
                {"binlog_row_metadata", "'FULL'"},
                {"binlog_row_image", "'FULL'"},
                {"binlog_checksum", "'CRC32'"},
                {"log_bin_compress", "0"},
                {"gtid_strict_mode", "1"},
                {"expire_logs_days", "7"},
                {"sync_binlog", "1"},
                {"innodb_flush_log_at_trx_commit", "1"}};
    }

    void SetUp() override {
        if (socket().empty()) {
            GTEST_SKIP() << socket_variable() << " names no server";
        }
        std::signal(SIGPIPE, SIG_IGN);
        database_ = fmt::format("ea_test_{}", ::getpid());
        files_ = testing::TempDir() + database_;
        option_file("root", "user = root\n");
        mariadb_origin origin = parse_mariadb_origin(origin_of("root", "mysql"));
        root_ = std::make_unique<mariadb_connection>(origin, 60s);
        reset_settings();
        root_ = std::make_unique<mariadb_connection>(origin, 60s); // sessions keep what was global when they began
        root_->run("DROP DATABASE IF EXISTS " + database_);
        root_->run("CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4");
        root_->run("DROP USER IF EXISTS ea_reader@localhost");
        root_->run("CREATE USER ea_reader@localhost IDENTIFIED BY 'not-for-ps'");
        root_->run("GRANT REPLICATION SLAVE ON *.* TO ea_reader@localhost");
        option_file("reader", "user = ea_reader\npassword = not-for-ps\n");
        root_->run("USE " + database_);
    }

    void TearDown() override {
        if (root_) {
            reset_settings();
            root_->run("DROP DATABASE IF EXISTS " + database_);
            root_->run("DROP USER IF EXISTS ea_reader@localhost");
        }
    }

    void reset_settings() {
        for (const auto& [name, value] : defaults()) {
            root_->run(fmt::format("SET GLOBAL {} = {}", name, value));
        }
    }

    void option_file(const std::string& who, const std::string& lines) {
        std::ofstream(files_ + "." + who + ".cnf") << "[" << who << "]\nsocket = " << socket() << "\n" << lines;
    }

    std::string origin_of(const std::string& who, const std::string& database) const {
        return fmt::format("defaults-file={}.{}.cnf,defaults-group={},database={}", files_, who, who, database);
    }

    std::unique_ptr<source> open(const adapter::adapter& adapter, const std::string& name = "test",
                                 const std::string& more = "") {
        for (const adapter::table& table : adapter.tables) {
            if (!table.optional) {
                root_->run(fmt::format("GRANT SELECT ON {}.{} TO ea_reader@localhost", database_, table.name));
            }
        }
        return open_mariadb(origin_of("reader", database_) + more, name, adapter);
    }

    /// Leaves the newest file of the binary log alone. Files that a reader which has just gone still holds are kept,
    /// until the server notices. Returns its name.
    std::string purge_to_newest() {
        const mariadb_rows logs = root_->query("SHOW BINARY LOGS");
        const std::string last = logs.text(logs.rows.size() - 1, 0);
        for (int tries = 0; tries < 150 && root_->query("SHOW BINARY LOGS").text(0, 0) != last; ++tries) {
            root_->run(fmt::format("PURGE BINARY LOGS TO '{}'", last));
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
        }
        return last;
    }

    virtual std::string newest() { return root_->value("SELECT @@GLOBAL.gtid_binlog_pos").value_or(""); }

    /// Whether a position has reached what newest() said.
    virtual bool arrived(const binlog_position& position, const std::string& end) {
        return position.gtids == gtid_list::parse(end);
    }

    static void load(source& from, strict_mirror& into, std::string* position = nullptr) {
        const auto rows = from.open_snapshot();
        if (position != nullptr) {
            *position = rows->position();
        }
        while (const auto part = rows->next()) {
            into.apply(*part);
        }
    }

    /// Reads until the stream has everything that is in the binary log now. Returns the last position.
    std::string follow(stream& from, strict_mirror& into, const std::function<void(const batch&)>& also = {}) {
        const std::string end = newest();
        std::string position;
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (std::chrono::steady_clock::now() < deadline) {
            const auto part = from.next(200ms);
            if (!part) {
                continue;
            }
            into.apply(*part);
            if (also) {
                also(*part);
            }
            if (part->ends_transaction) {
                position = part->position;
                if (arrived(binlog_position::parse(position), end)) {
                    return position;
                }
            }
        }
        ADD_FAILURE() << "the stream did not arrive at " << end << " but at " << position;
        return position;
    }

    std::string database_;
    std::string files_;
    std::unique_ptr<mariadb_connection> root_;
};

/// Two tables, one the child of the other, and a column that must never leave.
inline adapter::adapter small_koha() {
    adapter::adapter made;
    made.name = "small";
    made.runs_on = adapter::system::mariadb;
    adapter::table bib;
    bib.name = "biblio";
    bib.columns = {{"biblionumber", "integer", true}, {"title", "text"}, {"timestamp", "timestamp with time zone"}};
    bib.key = {0};
    adapter::table record;
    record.name = "biblio_metadata";
    record.columns = {{"id", "integer", true}, {"biblionumber", "integer", true}, {"metadata", "text"}};
    record.key = {0};
    record.foreign_keys = {
        {{1}, "biblio", {0}, adapter::foreign_key::action::cascade, adapter::foreign_key::action::cascade}};
    adapter::table later;
    later.name = "holdings";
    later.columns = {{"holding_id", "integer", true}};
    later.key = {0};
    later.optional = true;
    made.tables = {bib, record, later};
    return made;
}

inline void make_small_koha(mariadb_connection& root) {
    root.run("CREATE TABLE biblio (biblionumber int AUTO_INCREMENT PRIMARY KEY, secret varchar(40) NOT NULL DEFAULT "
             "'patron-secret', title longtext, serial tinyint DEFAULT 7, timestamp timestamp NOT NULL DEFAULT "
             "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP) ENGINE = InnoDB");
    root.run("CREATE TABLE biblio_metadata (id int AUTO_INCREMENT PRIMARY KEY, biblionumber int NOT NULL, metadata "
             "longtext, "
             "CONSTRAINT metadata_of FOREIGN KEY (biblionumber) REFERENCES biblio (biblionumber) ON DELETE CASCADE ON "
             "UPDATE "
             "CASCADE) ENGINE = InnoDB");
    root.run("CREATE TABLE borrowers (id int AUTO_INCREMENT PRIMARY KEY, surname text) ENGINE = InnoDB");
}

} // namespace everarchive::capture
