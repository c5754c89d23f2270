// The program's one way to talk to PostgreSQL: libpq with RAII, parameters instead of pasted SQL, and errors that keep
// SQLSTATE, DETAIL and HINT. One connection belongs to one thread.
#pragma once

#include <libpq-fe.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace everarchive::pq {

/// An error that PostgreSQL or libpq reported.
class error : public everarchive::error {
  public:
    error(exit_code code, cause why, const std::string& message, std::string hint, std::string sqlstate)
        : everarchive::error(code, why, message, std::move(hint)), sqlstate_(std::move(sqlstate)) {}

    /// Five characters, or empty when the connection itself failed.
    const std::string& sqlstate() const noexcept { return sqlstate_; }

  private:
    std::string sqlstate_;
};

/// Rows of a query. Views into it live as long as it does.
class result {
  public:
    explicit result(PGresult* raw) : raw_(raw, &PQclear) {}

    int rows() const { return PQntuples(raw_.get()); }
    int columns() const { return PQnfields(raw_.get()); }
    bool is_null(int row, int column) const { return PQgetisnull(raw_.get(), row, column) != 0; }

    /// The value as text; empty for NULL.
    std::string_view text(int row, int column) const {
        return {PQgetvalue(raw_.get(), row, column), static_cast<std::size_t>(PQgetlength(raw_.get(), row, column))};
    }

    /// The value as a number; 0 for NULL.
    template <typename Integer = std::int64_t>
    Integer number(int row, int column) const {
        Integer value{};
        const std::string_view digits = text(row, column);
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }

    bool truth(int row, int column) const { return text(row, column) == "t"; }

    /// Rows that an INSERT, UPDATE or DELETE changed.
    std::int64_t affected() const;

    const PGresult* raw() const { return raw_.get(); }

  private:
    std::unique_ptr<PGresult, decltype(&PQclear)> raw_;
};

/// A parameter in text form; nullopt is NULL.
using parameter = std::optional<std::string>;

class connection {
  public:
    /// Which side this connection is, so that an error gets the right exit code: the preservation database (sink) or a
    /// library system's (source).
    enum class side { sink, source };

    /// Connects. `conninfo` follows libpq's rules (`service=…`, a URI, or empty for PGHOST and friends).
    /// `application` is shown in pg_stat_activity. Keepalives and tcp_user_timeout are set, client_encoding is UTF8.
    /// Throws pq::error (retry) if the server cannot be reached or refuses us, since both mend without us;
    /// (needs_person) if libpq cannot make sense of `conninfo` or does not know its service.
    connection(const std::string& conninfo, side which, const std::string& application,
               const std::vector<std::pair<std::string, std::string>>& extra = {});

    /// From now on run() waits for an answer no longer than this, and gives up as well when the program is asked to
    /// stop: for servers that hang while their machine still answers. It throws pq::error (retry), and the connection
    /// is of no more use. Without it run() waits for ever.
    void be_patient_for(std::chrono::milliseconds most) { patience_ = most; }

    /// Sends `sql`, one statement, and waits for its last result as PQexec does, but no longer than be_patient_for()
    /// says. The result may be an error, or the beginning of a COPY.
    result execute(const std::string& sql);

    /// Runs one statement without parameters, or several separated by semicolons.
    result run(const std::string& sql);

    /// How the values of a result come. In binary a text is its characters, a bytea its bytes.
    enum class value_form { text, binary };

    /// Runs one statement with parameters $1, $2, … in text form.
    result run(const std::string& sql, const std::vector<parameter>& parameters, value_form form = value_form::text);

    /// As run(), prepared once per connection and text.
    result run_prepared(const std::string& sql, const std::vector<parameter>& parameters);

    /// COPY … FROM STDIN: begin, put any number of times, end. After an error in copy_end the connection is usable.
    void copy_in_begin(const std::string& sql);
    void copy_in_put(std::string_view data);
    /// Returns the number of rows.
    std::int64_t copy_in_end();
    /// Gives the COPY up: the server discards what was sent.
    void copy_in_abort(const std::string& reason);

    /// COPY … TO STDOUT. `row` gets each line with its newline. Returns the number of lines.
    std::int64_t copy_out(const std::string& sql, const std::function<void(std::string_view)>& row);

    /// `name` quoted as an SQL identifier; `text` as an SQL literal. For what cannot be a parameter.
    std::string identifier(std::string_view name) const;
    std::string literal(std::string_view text) const;

    PGconn* raw() { return raw_.get(); }
    const std::string& conninfo() const { return conninfo_; }
    bool in_transaction() const;

    /// An answer was waited for in vain (be_patient_for): the connection is of no more use.
    bool was_given_up() const { return given_up_; }

    /// The last error of this connection as an exception.
    error last_error(const std::string& what) const;
    /// The error of a result as an exception.
    error error_of(const PGresult* bad, const std::string& what) const;

  private:
    result check(PGresult* raw, std::string_view what);
    PGresult* last_result();
    void await(std::chrono::steady_clock::time_point deadline);
    std::string literal_hint() const;

    std::string conninfo_;
    side side_;
    std::optional<std::chrono::milliseconds> patience_;
    bool given_up_ = false;
    std::unique_ptr<PGconn, decltype(&PQfinish)> raw_;
    std::vector<std::string> prepared_;
};

/// BEGIN … COMMIT, rolled back when it goes out of scope uncommitted. After a statement whose answer was not waited for
/// (be_patient_for) nothing is sent: that would wait for it after all. The server rolls back when the connection, which
/// is of no more use, is closed.
class transaction {
  public:
    explicit transaction(connection& on, const std::string& begin = "BEGIN");
    ~transaction();
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;

    /// Throws pq::error when the commit fails; cause retry when its outcome is unknown.
    void commit();

  private:
    connection& on_;
    bool open_ = true;
};

/// A text array literal, such as {"a","b"}, for a parameter of type text[].
std::string array_literal(std::span<const std::string> elements);

/// True for SQLSTATE classes that say "try again": 08 connection, 53 resources, 57 operator, 40 rollback, 55006, 55P03.
bool is_transient(std::string_view sqlstate) noexcept;

} // namespace everarchive::pq
