#include "capture/mariadb_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <charconv>
#include <mutex>

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

namespace everarchive::capture {

namespace {

/// The server ends the older of two readers with one server id with this number (ER_SLAVE_SAME_ID).
constexpr unsigned same_server_id = 4052;
constexpr unsigned connection_killed = 1927;   // ER_CONNECTION_KILLED
constexpr unsigned account_is_locked = 3118;   // ER_ACCOUNT_HAS_BEEN_LOCKED of MySQL; MariaDB's is 4151
constexpr unsigned source_purged_gtids = 1789; // ER_SOURCE_HAS_PURGED_REQUIRED_GTIDS of MySQL

constexpr const char* position_gone = "the server no longer has the changes after our position (expiry of the binary "
                                      "log, PURGE BINARY LOGS, RESET MASTER, "
                                      "or a crash with sync_binlog = 0): everarchive source resync NAME";

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
    // These end with what an administrator does at the server, or by themselves; nobody should have to tell us.
    case ER_HOST_NOT_PRIVILEGED:
        return {cause::retry,
                "the server lets nobody in from this machine: CREATE USER 'everarchive'@'HOST' IDENTIFIED "
                "BY '...'; GRANT REPLICATION SLAVE ON *.* TO 'everarchive'@'HOST'"};
    case ER_HOST_IS_BLOCKED:
        return {cause::retry, "the server shut this machine out after many connections that failed: FLUSH HOSTS"};
    case ER_SERVER_OFFLINE_MODE:
        return {cause::retry, "SET GLOBAL offline_mode = OFF, when the work at the server is done"};
    case ER_MUST_CHANGE_PASSWORD:
    case ER_MUST_CHANGE_PASSWORD_LOGIN:
        return {cause::retry,
                "the password has expired: ALTER USER 'everarchive'@'HOST' IDENTIFIED BY '...', and write "
                "it to the option file; PASSWORD EXPIRE NEVER keeps it"};
    case ER_ACCOUNT_HAS_BEEN_LOCKED:
    case account_is_locked:
        return {cause::retry, "ALTER USER 'everarchive'@'HOST' ACCOUNT UNLOCK"};
    case ER_USER_LIMIT_REACHED:
        return {cause::retry, "the user has a limit of connections or queries an hour: ALTER USER 'everarchive'@'HOST' "
                              "WITH MAX_CONNECTIONS_PER_HOUR 0 MAX_QUERIES_PER_HOUR 0"};
    case ER_DISK_FULL:
    case ER_OUT_OF_RESOURCES:
    case ER_OUTOFMEMORY:
    case ER_CANT_CREATE_THREAD:
        return {cause::retry, "the server is short of disk, memory or threads; its error log says more"};
    case ER_DBACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
        return {cause::needs_person, "everarchive source check prints the GRANT for each table"};
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
        return {cause::needs_person, "GRANT REPLICATION SLAVE ON *.* TO CURRENT_USER of the option file, as an "
                                     "administrator; everarchive source check prints it with the name"};
    case source_purged_gtids:
        return {cause::position_lost, position_gone};
    case ER_MASTER_FATAL_ERROR_READING_BINLOG:
        // MySQL ends the older of two readers with these words.
        if (message.find("with the same server_uuid/server_id") != std::string_view::npos) {
            return {cause::fenced, "another everarchive reads this source; or a replica has our server id: then give "
                                   "another one with server-id= in the origin"};
        }
        for (const std::string_view sign :
             {"Could not find GTID state", "not in the master's binlog", "purged", "Could not find first log file name",
              "Could not open log file", "is missing the GTID", "not found in binlog", "required binary log",
              "more GTIDs than", "Cannot replicate because", "position > file size", "impossible position"}) {
            if (message.find(sign) != std::string_view::npos) {
                return {cause::position_lost, position_gone};
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
    return {found.why, fmt::format("{}: {} (error {} of the server)", what, message, number), std::move(found.hint),
            number};
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
        fail("cannot connect to the server");
    }
    const mariadb_rows versions = query("SELECT @@version, @@version_comment");
    server_ = read_server_kind(versions.text(0, 0), versions.text(0, 1));
    run("SET NAMES utf8mb4");
    run("SET SESSION time_zone = '+00:00', sql_mode = ''");
    run(server_.is_mysql ? "SET SESSION max_execution_time = 0" : "SET SESSION max_statement_time = 0");
    database_ = value("SELECT DATABASE()").value_or("");
    if (database_.empty()) {
        throw error(exit_code::source, cause::needs_person, "neither the origin nor the option file names a database",
                    fmt::format("add database=NAME to the origin, or database = NAME under [{}] in the option file",
                                origin.defaults_group));
    }
}

server_kind read_server_kind(std::string_view version, std::string_view comment) {
    server_kind kind;
    kind.version = version;
    // A proxy may shorten the one or the other; MariaDB says its name in both.
    kind.is_mysql =
        version.find("MariaDB") == std::string_view::npos && comment.find("MariaDB") == std::string_view::npos;
    int major = 0;
    int minor = 0;
    const char* const end = version.data() + version.size();
    const char* const dot = std::from_chars(version.data(), end, major).ptr;
    if (dot != end) {
        std::from_chars(dot + 1, end, minor);
    }
    kind.number = major * 100 + minor;
    return kind;
}

std::string mariadb_connection::variable(std::string_view name) {
    const mariadb_rows found = query(fmt::format("SHOW GLOBAL VARIABLES LIKE {}", literal(name)));
    return found.rows.empty() ? std::string{} : found.text(0, 1);
}

std::pair<std::string, std::uint64_t> mariadb_connection::newest_log() {
    // MySQL renamed it in 8.2 and took the old name away in 8.4; MariaDB knows both since 10.5.
    const bool renamed = server_.is_mysql && server_.number >= 802;
    const mariadb_rows newest = query(renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
    if (newest.rows.empty()) {
        return {};
    }
    std::uint64_t end = 0;
    const std::string digits = newest.text(0, 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), end);
    return {newest.text(0, 0), end};
}

void mariadb_connection::fail(std::string_view what) {
    throw explain_mariadb_error(mysql_errno(handle_.get()), mysql_error(handle_.get()), what);
}

void mariadb_connection::send(const std::string& statement) {
    if (mysql_real_query(handle_.get(), statement.data(), statement.size()) != 0) {
        fail(statement.substr(0, 200));
    }
}

void mariadb_connection::hang_up() noexcept {
    ::shutdown(static_cast<int>(mysql_get_socket(handle_.get())), SHUT_RDWR);
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
