// `source check` for MariaDB and MySQL: what capture needs, looked at one by one, each with the statement that mends
// it.
#include "capture/mariadb_check.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>
#include <mysqld_error.h>

#include "capture/mariadb_connection.hpp"
#include "capture/mariadb_history.hpp"
#include "capture/mariadb_schema.hpp"
#include "capture/mariadb_stream.hpp"

namespace everarchive::capture {

namespace {

using grade = finding::grade;

constexpr std::chrono::seconds side_timeout{60};

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
        : adapter_(*settings.adapter), origin_(settings.origin), connection_(connection),
          mysql_(connection.server().is_mysql), never_named_(connection.variable("binlog_row_metadata").empty()),
          account_(account(connection)) {}

    std::vector<finding> run() {
        check_version();
        check_variables();
        check_grants();
        check_encryption();
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
        const server_kind& server = connection_.server();
        const int oldest = mysql_ ? 507 : 1004;
        const int newest = mysql_ ? 907 : 1108; // what was tried
        if (server.number < oldest) {
            add(grade::missing,
                fmt::format("{} is too old: {} is the oldest that can be captured", server.name(),
                            mysql_ ? "MySQL 5.7" : "MariaDB 10.4"),
                "upgrade the server, or capture from a replica of it that is newer (log_slave_updates = ON)");
        } else if (server.number > newest) {
            add(grade::warning, fmt::format("{} is newer than what was tried", server.name()),
                "an event that is not known stops the stream with its number, nothing is passed over");
        } else {
            add(grade::good, server.name());
        }
    }

    std::string variable(const char* name) { return connection_.variable(name); }

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
            demand("binlog_row_image", "FULL", grade::warning,
                   "new rows come without the columns that got a default, which is then taken from information_schema");
        }
        check_metadata();
        check_gtids();
        demand("sync_binlog", "1", grade::warning,
               "after a crash the server may have lost transactions that were captured; the position is lost then");
        if (variable("encrypt_binlog") == "ON") {
            add(grade::warning, "encrypt_binlog = ON: the server sends its log decrypted",
                "use ssl-ca= in the origin, so that it is encrypted on the way");
        }
        check_expiry();
    }

    /// The names of columns in the binary log.
    void check_metadata() {
        if (!never_named_) {
            demand("binlog_row_metadata", "FULL", grade::missing, "row changes come without the names of the columns");
            return;
        }
        add(grade::warning,
            fmt::format("{} has no binlog_row_metadata: columns are known by their place, as information_schema has it "
                        "when the stream is opened",
                        connection_.server().name()),
            "after an ALTER TABLE of a captured table that was not read at once, that table has to be repaired: "
            "everarchive source resync NAME --table TABLE; from MariaDB 10.5 and MySQL 8.0 on it need not");
    }

    void check_gtids() {
        if (!mysql_) {
            demand("gtid_strict_mode", "ON", grade::warning,
                   "transactions may be logged out of the order of their GTIDs");
            return;
        }
        if (variable("gtid_mode") == "ON") {
            add(grade::good, "gtid_mode = ON");
        } else {
            add(grade::warning,
                fmt::format("gtid_mode = {}: the position is kept by file and offset, and lost with this server",
                            variable("gtid_mode")),
                "SET GLOBAL enforce_gtid_consistency = ON; SET GLOBAL gtid_mode = OFF_PERMISSIVE; SET GLOBAL gtid_mode "
                "= "
                "ON_PERMISSIVE; SET GLOBAL gtid_mode = ON; and both in my.cnf under [mysqld]; before source add, or "
                "with source resync after it");
        }
        if (variable("binlog_row_value_options").find("PARTIAL_JSON") != std::string::npos) {
            add(grade::missing, "binlog_row_value_options = PARTIAL_JSON: updates have only what changed within JSON",
                "SET GLOBAL binlog_row_value_options = ''; and in my.cnf under [mysqld]");
        }
    }

    void check_expiry() {
        using std::chrono::hours;
        const bool by_seconds = !variable("binlog_expire_logs_seconds").empty();
        const std::string setting = by_seconds ? "binlog_expire_logs_seconds = 604800" : "expire_logs_days = 7";
        const std::string mend = fmt::format("SET GLOBAL {0}; and in my.cnf under [mysqld]: {0}", setting);
        const std::chrono::seconds kept = log_expiry(connection_);
        if (kept.count() == 0) {
            add(grade::warning, "binary logs are kept for ever, until the disk is full", mend);
        } else if (kept < hours{48}) {
            add(grade::warning,
                fmt::format(
                    "binary logs are kept for {} hours: if everarchive stands still for longer, its position is "
                    "lost",
                    std::chrono::duration_cast<hours>(kept).count()),
                mend);
        } else {
            add(grade::good, fmt::format("binary logs are kept for {} days", kept / hours{24}));
        }
    }

    /// What SHOW GRANTS says of all databases.
    bool has_privilege(std::string_view name) {
        const mariadb_rows grants = connection_.query("SHOW GRANTS");
        for (std::size_t row = 0; row < grants.rows.size(); ++row) {
            const std::string grant = grants.text(row, 0);
            const auto scope = grant.find(" ON *.* TO ");
            if (scope != std::string::npos && (grant.find(name) < scope || grant.find("ALL PRIVILEGES") < scope)) {
                return true;
            }
        }
        return false;
    }

    void check_grants() {
        if (has_privilege("REPLICATION SLAVE")) {
            add(grade::good, fmt::format("{} may read the binary log", account_));
        } else {
            add(grade::missing, fmt::format("{} may not read the binary log", account_),
                fmt::format("GRANT REPLICATION SLAVE ON *.* TO {}", account_));
        }
        const bool renamed = !mysql_ && connection_.server().number >= 1005;
        const std::string_view monitor = renamed ? "BINLOG MONITOR" : "REPLICATION CLIENT";
        const bool by_file = position_kind(connection_, origin_) == binlog_position::kind::file && mysql_;
        if (has_privilege(monitor)) {
            add(grade::good, fmt::format("{} may see how far the binary log is", account_));
        } else {
            add(by_file ? grade::missing : grade::warning,
                fmt::format("{} may not see how far the binary log is: {}", account_,
                            by_file ? "without GTIDs the position is that" : "the lag in bytes will not be known"),
                fmt::format("GRANT {} ON *.* TO {}", monitor, account_));
        }
    }

    void check_encryption() {
        const mariadb_rows cipher = connection_.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
        const std::string used = cipher.rows.empty() ? "" : cipher.text(0, 1);
        const std::string_view way = mysql_get_host_info(connection_.raw());
        if (!used.empty()) {
            add(origin_.ssl_ca.empty() ? grade::warning : grade::good,
                fmt::format("the connection is encrypted ({}){}", used,
                            origin_.ssl_ca.empty() ? ", but whose certificate the server shows is not looked at" : ""),
                origin_.ssl_ca.empty() ? "add ssl-ca=FILE to the origin, the certificate of the authority that signed "
                                         "the server's"
                                       : "");
        } else if (way.find("TCP") != std::string_view::npos) {
            add(grade::warning, fmt::format("the connection to {} is not encrypted", way),
                "give the server a certificate (ssl_cert, ssl_key in my.cnf), and the origin ssl-ca=FILE");
        }
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
        if (never_named_ && try_read(quoted_name, "*") != 0) {
            add(grade::missing,
                fmt::format("{} may read some columns of {} only, and this server's binary log does not name columns: "
                            "then all of them have to be seen",
                            account_, name),
                fmt::format("GRANT SELECT ON {} TO {}", quoted_name, account_));
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
    const mariadb_origin& origin_;
    mariadb_connection& connection_;
    bool mysql_;
    bool never_named_;
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
