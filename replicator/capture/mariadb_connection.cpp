#include "capture/mariadb_connection.hpp"

#include <array>
#include <mutex>

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

namespace everarchive::capture {

namespace {

/// The server ends the older of two readers with one server id with this number (ER_SLAVE_SAME_ID).
constexpr unsigned same_server_id = 4052;
constexpr unsigned connection_killed = 1927; // ER_CONNECTION_KILLED

void start_library() {
    static std::once_flag once;
    std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
}

struct meaning {
    cause why;
    std::string hint;
};

meaning mean(unsigned number, std::string_view message) {
    switch (number) {
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
        return {cause::retry, "is the server running, and are host, port or socket in the option file right?"};
    case CR_SSL_CONNECTION_ERROR:
        return {cause::retry, "ssl-ca= in the origin must name the certificate authority that signed the server's "
                              "certificate; has that expired?"};
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_MALFORMED_PACKET:
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
    case ER_SHUTDOWN_COMPLETE:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
    case ER_NET_READ_ERROR:
    case ER_NET_READ_INTERRUPTED:
    case ER_NET_WRITE_INTERRUPTED:
    case ER_NET_ERROR_ON_WRITE:
    case ER_QUERY_INTERRUPTED:
    case ER_TABLE_DEF_CHANGED: // the snapshot met a table that was altered: the next one sees it whole
    case connection_killed:
        return {cause::retry, ""};
    case same_server_id:
        return {cause::fenced,
                "another everarchive reads this source; or a replica has our server id: then give another "
                "one with server-id= in the origin"};
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
        // The password may be changed in the middle of the night: go on trying until somebody has written the new one.
        return {cause::retry, "check user and password in the option file (~/.my.cnf), or on the server: "
                              "CREATE USER 'everarchive'@'HOST' IDENTIFIED BY '...'; "
                              "GRANT REPLICATION SLAVE ON *.* TO 'everarchive'@'HOST'"};
    case ER_DBACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
        return {cause::needs_person, "everarchive source check prints the GRANT for each table"};
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
        return {cause::needs_person, "GRANT REPLICATION SLAVE ON *.* TO CURRENT_USER of the option file, as an "
                                     "administrator; everarchive source check prints it with the name"};
    case ER_MASTER_FATAL_ERROR_READING_BINLOG:
        for (const std::string_view sign :
             {"Could not find GTID state", "not in the master's binlog", "purged", "Could not find first log file name",
              "Could not open log file", "is missing the GTID", "not found in binlog"}) {
            if (message.find(sign) != std::string_view::npos) {
                return {cause::position_lost,
                        "the server no longer has the changes after our position (expire_logs_days, PURGE BINARY LOGS, "
                        "RESET "
                        "MASTER, or a crash with sync_binlog = 0): everarchive source resync NAME"};
            }
        }
        return {cause::needs_person,
                "the server's error log says more; everarchive source resync NAME takes the tables anew"};
    default:
        return {cause::needs_person, ""};
    }
}

} // namespace

mariadb_error explain_mariadb_error(unsigned number, std::string_view message, std::string_view what) {
    meaning found = mean(number, message);
    return {found.why, fmt::format("{}: {} (MariaDB error {})", what, message, number), std::move(found.hint), number};
}

mariadb_connection::mariadb_connection(const mariadb_origin& origin, std::chrono::seconds read_timeout) {
    start_library();
    handle_.reset(mysql_init(nullptr));
    if (!handle_) {
        throw std::bad_alloc();
    }
    MYSQL* mysql = handle_.get();
    const auto text_option = [&](enum mysql_option option, const std::string& value) {
        if (!value.empty()) {
            mysql_optionsv(mysql, option, value.c_str());
        }
    };
    const unsigned connect_seconds = 10;
    const auto read_seconds = static_cast<unsigned>(read_timeout.count());
    const unsigned write_seconds = 30;
    mysql_optionsv(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
    mysql_optionsv(mysql, MYSQL_OPT_READ_TIMEOUT, &read_seconds);
    mysql_optionsv(mysql, MYSQL_OPT_WRITE_TIMEOUT, &write_seconds);
    const unsigned forbidden = 0;
    mysql_optionsv(mysql, MYSQL_OPT_LOCAL_INFILE, &forbidden);
    mysql_optionsv(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "everarchive");
    text_option(MYSQL_READ_DEFAULT_FILE, origin.defaults_file);
    text_option(MYSQL_READ_DEFAULT_GROUP, origin.defaults_group);
    if (!origin.ssl_ca.empty()) {
        const my_bool yes = 1;
        text_option(MYSQL_OPT_SSL_CA, origin.ssl_ca);
        mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
        mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    }
    const auto given = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
    if (mysql_real_connect(mysql, given(origin.host), nullptr, nullptr, given(origin.database), origin.port,
                           given(origin.socket), 0) == nullptr) {
        fail("cannot connect to MariaDB");
    }
    const std::string version = mysql_get_server_info(mysql);
    if (mariadb_connection::value("SELECT VERSION()").value_or("").find("MariaDB") == std::string::npos) {
        throw error(exit_code::source, cause::needs_person,
                    fmt::format("the server is MySQL {}, and only MariaDB can be captured", version),
                    "MySQL has no exact snapshot without a lock; capture from a MariaDB 10.5 to 11 server");
    }
    run("SET NAMES utf8mb4");
    run("SET SESSION time_zone = '+00:00', sql_mode = '', max_statement_time = 0");
    database_ = value("SELECT DATABASE()").value_or("");
    if (database_.empty()) {
        throw error(exit_code::source, cause::needs_person, "neither the origin nor the option file names a database",
                    fmt::format("add database=NAME to the origin, or database = NAME under [{}] in the option file",
                                origin.defaults_group));
    }
}

void mariadb_connection::fail(std::string_view what) {
    throw explain_mariadb_error(mysql_errno(handle_.get()), mysql_error(handle_.get()), what);
}

void mariadb_connection::send(const std::string& statement) {
    if (mysql_real_query(handle_.get(), statement.data(), statement.size()) != 0) {
        fail(statement.substr(0, 200));
    }
}

void mariadb_connection::run(const std::string& statement) {
    query(statement);
}

mariadb_rows mariadb_connection::query(const std::string& statement) {
    send(statement);
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(handle_.get()),
                                                                          &mysql_free_result);
    mariadb_rows out;
    if (!result) {
        if (mysql_errno(handle_.get()) != 0) {
            fail(statement.substr(0, 200));
        }
        return out;
    }
    const unsigned columns = mysql_num_fields(result.get());
    while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
        const unsigned long* sizes = mysql_fetch_lengths(result.get());
        auto& copied = out.rows.emplace_back();
        for (unsigned at = 0; at < columns; ++at) {
            copied.push_back(row[at] == nullptr ? std::nullopt : std::optional(std::string(row[at], sizes[at])));
        }
    }
    return out;
}

std::optional<std::string> mariadb_connection::value(const std::string& statement) {
    const mariadb_rows found = query(statement);
    return found.rows.empty() ? std::nullopt : found.rows[0][0];
}

std::string mariadb_connection::literal(std::string_view text) {
    std::string out(text.size() * 2 + 3, '\0');
    const unsigned long size =
        mysql_real_escape_string(handle_.get(), out.data() + 1, text.data(), static_cast<unsigned long>(text.size()));
    out[0] = '\'';
    out[size + 1] = '\'';
    out.resize(size + 2);
    return out;
}

std::string mariadb_identifier(std::string_view name) {
    std::string out = "`";
    for (const char each : name) {
        out += each;
        if (each == '`') {
            out += each;
        }
    }
    return out + '`';
}

} // namespace everarchive::capture
