#include "pq/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "base/stop.hpp"

namespace everarchive::pq {

namespace {

std::string trimmed(const char* text) {
    std::string s = text == nullptr ? "" : text;
    while (!s.empty() && (s.back() == '\n' || s.back() == ' ')) {
        s.pop_back();
    }
    return s;
}

exit_code code_of(connection::side which) {
    return which == connection::side::sink ? exit_code::sink : exit_code::source;
}

/// Whether libpq itself cannot make sense of the connection string (its texts in fe-connect.c; it gives no SQLSTATE).
/// What the server refuses, such as a password that is just being changed or a pg_hba.conf that is being mended, is not
/// among these: somebody mends that on the server, and nobody should have to tell us.
bool is_senseless(const std::string& message) {
    constexpr std::array<std::string_view, 10> signs = {"definition of service",     "service file",
                                                        "invalid connection option", "missing \"=\"",
                                                        "unterminated quoted",       "invalid URI",
                                                        "invalid percent-encoded",   "invalid port number",
                                                        "invalid integer value",     "extra key/value separator"};
    return std::any_of(signs.begin(), signs.end(),
                       [&](std::string_view sign) { return message.find(sign) != std::string::npos; }) ||
           (message.find("invalid ") != std::string::npos && message.find(" value: \"") != std::string::npos);
}

std::string connect_hint(const std::string& message) {
    const auto says = [&](std::string_view part) { return message.find(part) != std::string::npos; };
    if (says("password")) {
        return "check user and password in ~/.pgpass or the service file";
    }
    if (says("pg_hba.conf")) {
        return "let this machine and user in with a line in pg_hba.conf of the server, and SELECT pg_reload_conf()";
    }
    if (says("permission denied")) {
        return "GRANT CONNECT ON DATABASE to the user of the connection string";
    }
    return "check the connection string and that the server is up";
}

} // namespace

std::int64_t result::affected() const {
    std::int64_t count = 0;
    const std::string_view text = PQcmdTuples(raw_.get());
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

bool is_transient(std::string_view sqlstate) noexcept {
    const std::string_view cls = sqlstate.substr(0, 2);
    return sqlstate.empty() || cls == "08" || cls == "53" || cls == "57" || cls == "40" || sqlstate == "55006" ||
           sqlstate == "55P03";
}

connection::connection(const std::string& conninfo, side which, const std::string& application,
                       const std::vector<std::pair<std::string, std::string>>& extra)
    : conninfo_(conninfo), side_(which), raw_(nullptr, &PQfinish) {
    // expand_dbname lets a whole connection string stand in `dbname`; what follows it overrides. A half-open TCP
    // connection is noticed within about two minutes instead of the kernel's two hours.
    std::vector<const char*> keys{"dbname",           "fallback_application_name", "client_encoding",
                                  "connect_timeout",  "keepalives_idle",           "keepalives_interval",
                                  "keepalives_count", "tcp_user_timeout"};
    std::vector<const char*> values{conninfo_.c_str(), application.c_str(), "UTF8", "15", "30", "10", "6", "120000"};
    for (const auto& [key, value] : extra) {
        keys.push_back(key.c_str());
        values.push_back(value.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    raw_.reset(PQconnectdbParams(keys.data(), values.data(), 1));
    if (raw_ == nullptr || PQstatus(raw_.get()) != CONNECTION_OK) {
        const std::string message = raw_ == nullptr ? "out of memory" : trimmed(PQerrorMessage(raw_.get()));
        const bool senseless = is_senseless(message);
        throw error(code_of(side_), senseless ? cause::needs_person : cause::retry,
                    "cannot connect: " + log::redact(message), connect_hint(message) + ": psql " + literal_hint(), "");
    }
    // Notices of a library's server are not ours to print.
    PQsetNoticeProcessor(
        raw_.get(), [](void*, const char*) {}, nullptr);
}

std::string connection::literal_hint() const {
    return "'" + log::redact(conninfo_) + "' -c 'SELECT 1'";
}

error connection::error_of(const PGresult* bad, const std::string& what) const {
    const auto field = [&](int code) { return trimmed(bad == nullptr ? nullptr : PQresultErrorField(bad, code)); };
    const std::string sqlstate = field(PG_DIAG_SQLSTATE);
    std::string message = field(PG_DIAG_MESSAGE_PRIMARY);
    if (message.empty()) {
        message = trimmed(PQerrorMessage(raw_.get()));
    }
    if (const std::string detail = field(PG_DIAG_MESSAGE_DETAIL); !detail.empty()) {
        message += " (" + detail + ")";
    }
    if (!what.empty()) {
        message = what + ": " + message;
    }
    const bool lost = PQstatus(raw_.get()) == CONNECTION_BAD;
    return {code_of(side_), lost || is_transient(sqlstate) ? cause::retry : cause::needs_person, message,
            field(PG_DIAG_MESSAGE_HINT), lost ? "" : sqlstate};
}

error connection::last_error(const std::string& what) const {
    return error_of(nullptr, what);
}

result connection::check(PGresult* raw, std::string_view what) {
    result answer(raw);
    switch (PQresultStatus(raw)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        return answer;
    default:
        throw error_of(raw, std::string(what));
    }
}

/// Waits until a result can be taken without blocking.
void connection::await(std::chrono::steady_clock::time_point deadline) {
    using clock = std::chrono::steady_clock;
    while (PQisBusy(raw_.get()) != 0) {
        if (stop_requested()) {
            given_up_ = true;
            throw error(code_of(side_), cause::retry, "asked to stop while waiting for the server", "", "");
        }
        if (clock::now() >= deadline) {
            given_up_ = true;
            throw error(code_of(side_), cause::retry, "the server takes the connection and does not answer",
                        "is it overloaded, or does it wait for its disk? psql " + literal_hint(), "");
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
        pollfd socket{PQsocket(raw_.get()), POLLIN, 0};
        ::poll(&socket, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 200)));
        if (PQconsumeInput(raw_.get()) != 1) {
            throw last_error({});
        }
    }
}

/// The result of what was sent, as PQexec gives it: of the last statement, or of the one that begins a COPY.
PGresult* connection::last_result() {
    const auto deadline = std::chrono::steady_clock::now() + *patience_;
    std::unique_ptr<PGresult, decltype(&PQclear)> last(nullptr, &PQclear);
    while (true) {
        await(deadline);
        PGresult* const next = PQgetResult(raw_.get());
        if (next == nullptr) {
            return last.release();
        }
        const ExecStatusType before = last ? PQresultStatus(last.get()) : PGRES_EMPTY_QUERY;
        const bool failed_before = before == PGRES_FATAL_ERROR || before == PGRES_BAD_RESPONSE;
        if (failed_before) {
            PQclear(next); // the first error says why
            continue;
        }
        last.reset(next);
        const ExecStatusType status = PQresultStatus(next);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH ||
            PQstatus(raw_.get()) == CONNECTION_BAD) {
            return last.release();
        }
    }
}

result connection::execute(const std::string& sql) {
    if (!patience_) {
        return result(PQexec(raw_.get(), sql.c_str()));
    }
    if (PQsendQuery(raw_.get(), sql.c_str()) != 1) {
        throw last_error({});
    }
    return result(last_result());
}

result connection::run(const std::string& sql) {
    if (patience_) {
        if (PQsendQuery(raw_.get(), sql.c_str()) != 1) {
            throw last_error({});
        }
        return check(last_result(), {});
    }
    return check(PQexec(raw_.get(), sql.c_str()), {});
}

namespace {

std::vector<const char*> pointers(const std::vector<parameter>& parameters) {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const parameter& p : parameters) {
        values.push_back(p ? p->c_str() : nullptr);
    }
    return values;
}

} // namespace

result connection::run(const std::string& sql, const std::vector<parameter>& parameters, value_form form) {
    const int binary = form == value_form::binary ? 1 : 0;
    const auto values = pointers(parameters);
    if (patience_) {
        if (PQsendQueryParams(raw_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                              nullptr, binary) != 1) {
            throw last_error({});
        }
        return check(last_result(), {});
    }
    return check(PQexecParams(raw_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                              nullptr, binary),
                 {});
}

result connection::run_prepared(const std::string& sql, const std::vector<parameter>& parameters) {
    auto found = std::find(prepared_.begin(), prepared_.end(), sql);
    const std::string name = "s" + std::to_string(found - prepared_.begin());
    if (found == prepared_.end()) {
        if (patience_) {
            if (PQsendPrepare(raw_.get(), name.c_str(), sql.c_str(), 0, nullptr) != 1) {
                throw last_error({});
            }
            check(last_result(), {});
        } else {
            check(PQprepare(raw_.get(), name.c_str(), sql.c_str(), 0, nullptr), {});
        }
        prepared_.push_back(sql);
    }
    const auto values = pointers(parameters);
    if (patience_) {
        if (PQsendQueryPrepared(raw_.get(), name.c_str(), static_cast<int>(values.size()), values.data(), nullptr,
                                nullptr, 0) != 1) {
            throw last_error({});
        }
        return check(last_result(), {});
    }
    return check(
        PQexecPrepared(raw_.get(), name.c_str(), static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0),
        {});
}

void connection::copy_in_begin(const std::string& sql) {
    const result answer(PQexec(raw_.get(), sql.c_str()));
    if (PQresultStatus(answer.raw()) != PGRES_COPY_IN) {
        throw error_of(answer.raw(), {});
    }
}

void connection::copy_in_put(std::string_view data) {
    if (PQputCopyData(raw_.get(), data.data(), static_cast<int>(data.size())) != 1) {
        throw last_error("COPY");
    }
}

std::int64_t connection::copy_in_end() {
    if (PQputCopyEnd(raw_.get(), nullptr) != 1) {
        throw last_error("COPY");
    }
    result answer(PQgetResult(raw_.get()));
    while (PGresult* rest = PQgetResult(raw_.get())) {
        PQclear(rest);
    }
    if (PQresultStatus(answer.raw()) != PGRES_COMMAND_OK) {
        throw error_of(answer.raw(), {});
    }
    return answer.affected();
}

void connection::copy_in_abort(const std::string& reason) {
    PQputCopyEnd(raw_.get(), reason.c_str());
    while (PGresult* rest = PQgetResult(raw_.get())) {
        PQclear(rest);
    }
}

std::int64_t connection::copy_out(const std::string& sql, const std::function<void(std::string_view)>& row) {
    const result begin(PQexec(raw_.get(), sql.c_str()));
    if (PQresultStatus(begin.raw()) != PGRES_COPY_OUT) {
        throw error_of(begin.raw(), {});
    }
    std::int64_t lines = 0;
    for (;;) {
        char* data = nullptr;
        const int length = PQgetCopyData(raw_.get(), &data, 0);
        if (length < 0) {
            break;
        }
        const std::unique_ptr<char, decltype(&PQfreemem)> owner(data, &PQfreemem);
        row({data, static_cast<std::size_t>(length)});
        ++lines;
    }
    const result end(PQgetResult(raw_.get()));
    while (PGresult* rest = PQgetResult(raw_.get())) {
        PQclear(rest);
    }
    if (PQresultStatus(end.raw()) != PGRES_COMMAND_OK) {
        throw error_of(end.raw(), {});
    }
    return lines;
}

std::string connection::identifier(std::string_view name) const {
    const std::unique_ptr<char, decltype(&PQfreemem)> quoted(PQescapeIdentifier(raw_.get(), name.data(), name.size()),
                                                             &PQfreemem);
    if (quoted == nullptr) {
        throw last_error("cannot quote an identifier");
    }
    return quoted.get();
}

std::string connection::literal(std::string_view text) const {
    const std::unique_ptr<char, decltype(&PQfreemem)> quoted(PQescapeLiteral(raw_.get(), text.data(), text.size()),
                                                             &PQfreemem);
    if (quoted == nullptr) {
        throw last_error("cannot quote a value");
    }
    return quoted.get();
}

bool connection::in_transaction() const {
    return PQtransactionStatus(raw_.get()) != PQTRANS_IDLE;
}

transaction::transaction(connection& on, const std::string& begin) : on_(on) {
    on_.run(begin);
}

transaction::~transaction() {
    if (open_ && !on_.was_given_up()) {
        // A lost connection rolls back by itself; there is nothing more to do here.
        PQclear(PQexec(on_.raw(), "ROLLBACK"));
    }
}

void transaction::commit() {
    open_ = false;
    on_.run("COMMIT");
}

std::string array_literal(std::span<const std::string> elements) {
    std::string literal = "{";
    for (const std::string& element : elements) {
        if (literal.size() > 1) {
            literal += ',';
        }
        literal += '"';
        for (const char c : element) {
            if (c == '"' || c == '\\') {
                literal += '\\';
            }
            literal += c;
        }
        literal += '"';
    }
    literal += '}';
    return literal;
}

} // namespace everarchive::pq
