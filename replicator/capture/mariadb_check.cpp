// `source check` for MariaDB: what capture needs, looked at one by one, each with the statement that mends it.
#include "capture/mariadb_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <fmt/format.h>
#include <mysqld_error.h>

#include "capture/mariadb_connection.hpp"
#include "capture/mariadb_schema.hpp"
#include "capture/mariadb_stream.hpp"

namespace everarchive::capture {

namespace {

using grade = finding::grade;

constexpr std::chrono::seconds side_timeout{60};

int version_number(const std::string& version) {
    int major = 0;
    int minor = 0;
    const char* const end = version.data() + version.size();
    const char* const dot = std::from_chars(version.data(), end, major).ptr;
    if (dot != end) {
        std::from_chars(dot + 1, end, minor);
    }
    return major * 100 + minor;
}

/// `name@host` as CURRENT_USER() has it, quoted for a GRANT.
std::string account(mariadb_connection& connection) {
    const std::string who = connection.value("SELECT CURRENT_USER()").value_or("");
    const auto at = who.rfind('@');
    return fmt::format("{}@{}", connection.literal(who.substr(0, at)),
                       connection.literal(at == std::string::npos ? "%" : who.substr(at + 1)));
}

class checker {
  public:
    checker(const mariadb_settings& settings, mariadb_connection& connection)
        : adapter_(*settings.adapter), connection_(connection), account_(account(connection)) {}

    std::vector<finding> run() {
        check_version();
        check_variables();
        check_replication_grant();
        const std::vector<schema_table> schema = read_schema(connection_, adapter_);
        for (std::size_t at = 0; at < schema.size(); ++at) {
            check_table(adapter_.tables[at], schema[at]);
        }
        check_foreign_keys(adapter_, connection_, findings_);
        return std::move(findings_);
    }

  private:
    void add(grade is, std::string what, std::string mend = {}) {
        findings_.push_back({is, std::move(what), std::move(mend)});
    }

    void check_version() {
        const std::string version = connection_.value("SELECT VERSION()").value_or("");
        const int number = version_number(version);
        if (number < 1005) {
            add(grade::missing, fmt::format("MariaDB {}: binlog_row_metadata came with 10.5", version),
                "upgrade the server to MariaDB 10.5 or later, or capture from a replica of it that is "
                "(log_slave_updates = ON)");
        } else if (number >= 1200) {
            add(grade::warning, fmt::format("MariaDB {} is newer than what was tried (10.5 to 11)", version),
                "an event that is not known stops the stream with its number, nothing is passed over");
        } else {
            add(grade::good, fmt::format("MariaDB {}", version));
        }
    }

    std::string variable(const char* name) {
        const mariadb_rows found =
            connection_.query(fmt::format("SHOW GLOBAL VARIABLES LIKE {}", connection_.literal(name)));
        return found.rows.empty() ? std::string{} : found.text(0, 1);
    }

    /// A variable that has to have a value.
    void demand(const char* name, std::string_view wanted, grade otherwise, std::string_view why) {
        const std::string found = variable(name);
        if (found == wanted) {
            add(grade::good, fmt::format("{} = {}", name, found));
        } else {
            add(otherwise,
                fmt::format("{} = {}{}{}", name, found.empty() ? "(none)" : found, why.empty() ? "" : ": ", why),
                fmt::format("SET GLOBAL {} = {}; and in my.cnf under [mysqld]: {} = {}", name, quoted(wanted), name,
                            wanted));
        }
    }

    static std::string quoted(std::string_view value) {
        const bool digits =
            std::all_of(value.begin(), value.end(), [](char each) { return each >= '0' && each <= '9'; });
        return digits ? std::string(value) : fmt::format("'{}'", value);
    }

    void check_variables() {
        if (variable("log_bin") == "ON") {
            add(grade::good, "log_bin = ON");
        } else {
            add(grade::missing, "log_bin = OFF: the server writes no binary log",
                "in my.cnf under [mysqld]: log_bin = binlog, and restart the server");
        }
        if (variable("server_id") == "0") {
            add(grade::missing, "server_id = 0: the server serves no replica",
                "SET GLOBAL server_id = 1; and in my.cnf under [mysqld]: server_id = 1");
        } else {
            add(grade::good, fmt::format("server_id = {}", variable("server_id")));
        }
        demand("binlog_format", "ROW", grade::missing,
               "changes are logged as statements; sessions take over a new value when they connect anew");
        if (variable("binlog_row_image") == "FULL_NODUP") {
            add(grade::good, "binlog_row_image = FULL_NODUP");
        } else {
            demand("binlog_row_image", "FULL", grade::missing, "new rows come without the columns that got a default");
        }
        demand("binlog_row_metadata", "FULL", grade::missing, "row changes come without the names of the columns");
        demand("gtid_strict_mode", "ON", grade::warning, "transactions may be logged out of the order of their GTIDs");
        demand("sync_binlog", "1", grade::warning,
               "after a crash the server may have lost transactions that were captured; the position is lost then");
        if (variable("encrypt_binlog") == "ON") {
            add(grade::warning, "encrypt_binlog = ON: the server sends its log decrypted",
                "use ssl-ca= in the origin, so that it is encrypted on the way");
        }
        check_expiry();
    }

    void check_expiry() {
        const std::string days = variable("expire_logs_days");
        double kept = 0;
        std::from_chars(days.data(), days.data() + days.size(), kept);
        if (kept == 0) {
            add(grade::warning, "expire_logs_days = 0: binary logs are kept for ever, until the disk is full",
                "SET GLOBAL expire_logs_days = 7; and in my.cnf under [mysqld]: expire_logs_days = 7");
        } else if (kept < 3) {
            add(grade::warning,
                fmt::format("expire_logs_days = {}: if everarchive stands still for longer, its position is lost",
                            days),
                "SET GLOBAL expire_logs_days = 7; and in my.cnf under [mysqld]: expire_logs_days = 7");
        } else {
            add(grade::good, fmt::format("expire_logs_days = {}", days));
        }
    }

    void check_replication_grant() {
        const mariadb_rows grants = connection_.query("SHOW GRANTS");
        for (std::size_t row = 0; row < grants.rows.size(); ++row) {
            const std::string grant = grants.text(row, 0);
            const bool global = grant.find(" ON *.* TO ") != std::string::npos;
            if (global && (grant.find("REPLICATION SLAVE") != std::string::npos ||
                           grant.find("ALL PRIVILEGES") != std::string::npos)) {
                add(grade::good, fmt::format("{} may read the binary log", account_));
                return;
            }
        }
        add(grade::missing, fmt::format("{} may not read the binary log", account_),
            fmt::format("GRANT REPLICATION SLAVE ON *.* TO {}", account_));
    }

    void check_table(const adapter::table& table, const schema_table& found) {
        const std::string database = database_of(table, connection_);
        const std::string name = database + "." + table.name;
        const std::string quoted_name = mariadb_identifier(database) + "." + mariadb_identifier(table.name);
        std::string columns;
        bool whole = true;
        for (const adapter::column& column : table.columns) {
            if (found.columns.contains(column.name)) {
                columns += (columns.empty() ? "" : ", ") + mariadb_identifier(column.name);
            } else {
                whole = false;
            }
        }
        if (const unsigned refused = try_read(quoted_name, columns.empty() ? "1" : columns); refused != 0) {
            report_unreadable(table, refused, name, quoted_name);
            return;
        }
        if (!whole) {
            report_columns(table, found, name, quoted_name);
        }
        check_types(table, found, name);
        if (found.engine != "InnoDB") {
            add(grade::warning,
                fmt::format("{} is a table of {}: the snapshot is exact for InnoDB only", name, found.engine),
                fmt::format("ALTER TABLE {} ENGINE = InnoDB", quoted_name));
        } else if (whole) {
            add(grade::good, fmt::format("{}: {} columns, about {} rows", name, table.columns.size(), found.rows));
        }
    }

    void report_unreadable(const adapter::table& table, unsigned refused, const std::string& name,
                           const std::string& quoted_name) {
        const std::string grant = fmt::format("GRANT SELECT ON {} TO {}", quoted_name, account_);
        if (refused == ER_NO_SUCH_TABLE) {
            if (table.optional) {
                add(grade::good, fmt::format("{} is not there, and need not be", name));
            } else {
                add(grade::missing, fmt::format("there is no table {}", name),
                    "name the library system's database with database= in the origin, or use an adapter for its "
                    "version");
            }
        } else if (table.optional) {
            // To who has no privilege on a table, the server does not say whether it is there.
            add(grade::warning, fmt::format("{} is not there, which is fine, or {} may not read it", name, account_),
                "if it is there: " + grant);
        } else {
            add(grade::missing, fmt::format("{} may not read {}", account_, name), grant);
        }
    }

    unsigned try_read(const std::string& quoted_name, const std::string& columns) {
        try {
            connection_.run(fmt::format("SELECT {} FROM {} LIMIT 0", columns, quoted_name));
            return 0;
        } catch (const mariadb_error& refused) {
            return refused.number();
        }
    }

    void report_columns(const adapter::table& table, const schema_table& found, const std::string& name,
                        const std::string& quoted_name) {
        for (std::size_t at = 0; at < table.columns.size(); ++at) {
            const std::string& column = table.columns[at].name;
            if (found.columns.contains(column)) {
                continue;
            }
            const unsigned refused = try_read(quoted_name, mariadb_identifier(column));
            if (refused == ER_COLUMNACCESS_DENIED_ERROR) {
                const std::string grant =
                    fmt::format("GRANT SELECT ({}) ON {} TO {}", mariadb_identifier(column), quoted_name, account_);
                if (table.may_lack(at)) {
                    // To who may read single columns, the server does not say which others there are.
                    add(grade::warning,
                        fmt::format("{} has no column {}, which is fine, or {} may not read it", name, column,
                                    account_),
                        "if it has: " + grant);
                } else {
                    add(grade::missing, fmt::format("{} may not read {}.{}", account_, name, column), grant);
                }
            } else if (table.may_lack(at)) {
                add(grade::good, fmt::format("{} has no column {}, and need not have it", name, column));
            } else {
                add(grade::missing,
                    fmt::format("{} has no column {}, which the adapter {} captures", name, column, adapter_.name),
                    "use an adapter for this version of the library system");
            }
        }
    }

    void check_types(const adapter::table& table, const schema_table& found, const std::string& name) {
        for (const adapter::column& wanted : table.columns) {
            const auto column = found.columns.find(wanted.name);
            if (column == found.columns.end()) {
                continue;
            }
            const schema_column& has = column->second;
            const value_target into = target_of(wanted.type);
            const bool bytes = has.kind == value_kind::binary;
            const bool text = has.kind == value_kind::text;
            if (has.kind == value_kind::unknown) {
                add(grade::missing,
                    fmt::format("{}.{} is of type {}, which is not known", name, wanted.name, has.column_type),
                    "the adapter must leave this column out");
            } else if (into == value_target::bytea && !bytes && !text && has.kind != value_kind::bit) {
                add(grade::missing,
                    fmt::format("{}.{} is of type {}, and the mirror's column is bytea", name, wanted.name,
                                has.column_type),
                    "use an adapter for this version of the library system");
            } else if (!has.character_set.empty() &&
                       encoding_of(has.character_set).is == text_encoding::kind::unknown) {
                add(grade::missing,
                    fmt::format("{}.{} is in the character set {}, which cannot be converted", name, wanted.name,
                                has.character_set),
                    fmt::format("ALTER TABLE {} CONVERT TO CHARACTER SET utf8mb4", name));
            } else if (has.column_type.find("mariadb-5.3") != std::string::npos &&
                       has.column_type.find('(') != std::string::npos) {
                add(grade::missing,
                    fmt::format("{}.{} is a {}: its fraction cannot be read from the binary log", name, wanted.name,
                                has.column_type),
                    fmt::format("SET GLOBAL mysql56_temporal_format = ON; ALTER TABLE {} FORCE", name));
            }
        }
    }

    const adapter::adapter& adapter_;
    mariadb_connection& connection_;
    std::string account_;
    std::vector<finding> findings_;
};

} // namespace

std::vector<finding> check_mariadb(const mariadb_settings& settings) {
    try {
        mariadb_connection connection(settings.origin, side_timeout);
        return checker(settings, connection).run();
    } catch (const error& failed) {
        return {{grade::missing, failed.what(), failed.hint()}};
    }
}

} // namespace everarchive::capture
