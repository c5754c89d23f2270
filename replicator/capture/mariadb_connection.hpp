// A connection to MariaDB or MySQL over Connector/C: connecting, plain queries, raw packets. One belongs to one thread
// at a time.
#pragma once

#include <mysql.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "capture/mariadb_origin.hpp"

namespace everarchive::capture {

/// An error that the server or the client library reported.
class mariadb_error : public error {
  public:
    mariadb_error(cause why, const std::string& message, std::string hint, unsigned number)
        : error(exit_code::source, why, message, std::move(hint)), number_(number) {}

    /// MariaDB's error number, such as 1045.
    unsigned number() const noexcept { return number_; }

  private:
    unsigned number_;
};

/// All rows of a query, copied. For the small ones.
struct mariadb_rows {
    std::vector<std::vector<std::optional<std::string>>> rows;

    /// The value, empty for NULL.
    std::string text(std::size_t row, std::size_t column) const { return rows[row][column].value_or(""); }
};

struct server_kind {
    bool is_mysql = false;
    int number = 0;      // 1011 is 10.11, 800 is 8.0
    std::string version; // as the server writes it

    std::string name() const { return (is_mysql ? "MySQL " : "MariaDB ") + version; }
    bool operator==(const server_kind&) const = default;
};

/// What @@version and @@version_comment say.
server_kind read_server_kind(std::string_view version, std::string_view comment);

class mariadb_connection {
  public:
    /// Connects; text is UTF-8, the session's time zone UTC. `read_timeout`: how long the server may be silent while we
    /// wait for it. Throws mariadb_error.
    mariadb_connection(const mariadb_origin& origin, std::chrono::seconds read_timeout);

    /// Runs a statement and drops what it returns. Throws mariadb_error that begins with what was tried.
    void run(const std::string& statement);

    mariadb_rows query(const std::string& statement);

    /// The first value of the first row; nullopt for NULL or no row.
    std::optional<std::string> value(const std::string& statement);

    /// Begins a query of which rows are fetched as they come: then mysql_use_result().
    void send(const std::string& statement);

    /// `text` as an SQL string with its quotes.
    std::string literal(std::string_view text);

    /// What the server says that it is.
    const server_kind& server() const noexcept { return server_; }

    /// A global variable's value, empty if the server has none of the name.
    std::string variable(std::string_view name);

    /// The newest file of the binary log and its end; empty file: the server writes none. Needs BINLOG MONITOR
    /// (MariaDB) or REPLICATION CLIENT (MySQL). Throws mariadb_error.
    std::pair<std::string, std::uint64_t> newest_log();

    MYSQL* raw() noexcept { return handle_.get(); }
    const std::string& database() const noexcept { return database_; }

    /// Ends the conversation: whoever waits for the server wakes. The descriptor stays open until we are gone, and the
    /// connection is of no more use.
    void hang_up() noexcept;

    /// Throws what the library last reported.
    [[noreturn]] void fail(std::string_view what);

  private:
    struct closer {
        void operator()(MYSQL* handle) const noexcept { mysql_close(handle); }
    };
    std::unique_ptr<MYSQL, closer> handle_;
    std::string database_;
    server_kind server_;
};

/// `name` as an SQL identifier with its quotes.
std::string mariadb_identifier(std::string_view name);

/// What an error number means for the program, with what mends it.
mariadb_error explain_mariadb_error(unsigned number, std::string_view message, std::string_view what);

} // namespace everarchive::capture
