#include "pq/connection.hpp"

#include <algorithm>

#include "base/log.hpp"

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

/// Errors of connecting that time does not mend (SQLSTATE classes 28 and 3D are not passed on by libpq 15, so by text).
bool refused_by_server(const std::string& message) {
    constexpr std::string_view signs[] = {
        "password authentication failed", "no pg_hba.conf entry",      "does not exist", "no password supplied",
        "definition of service",          "invalid connection option", "missing \"=\"",  "permission denied"};
    return std::any_of(std::begin(signs), std::end(signs),
                       [&](std::string_view sign) { return message.find(sign) != std::string::npos; });
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
        const bool refused = refused_by_server(message);
        throw error(code_of(side_), refused ? cause::needs_person : cause::retry,
                    "cannot connect: " + log::redact(message),
                    "check the connection string and that the server is up: psql " + literal_hint(), "");
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

result connection::run(const std::string& sql) {
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

result connection::run(const std::string& sql, const std::vector<parameter>& parameters) {
    const auto values = pointers(parameters);
    return check(PQexecParams(raw_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                              nullptr, 0),
                 {});
}

result connection::run_prepared(const std::string& sql, const std::vector<parameter>& parameters) {
    auto found = std::find(prepared_.begin(), prepared_.end(), sql);
    const std::string name = "s" + std::to_string(found - prepared_.begin());
    if (found == prepared_.end()) {
        check(PQprepare(raw_.get(), name.c_str(), sql.c_str(), 0, nullptr), {});
        prepared_.push_back(sql);
    }
    const auto values = pointers(parameters);
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
    if (open_) {
        // A lost connection rolls back by itself; there is nothing more to do here.
        PQclear(PQexec(on_.raw(), "ROLLBACK"));
    }
}

void transaction::commit() {
    open_ = false;
    on_.run("COMMIT");
}

std::string array_literal(const std::vector<std::string>& elements) {
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
