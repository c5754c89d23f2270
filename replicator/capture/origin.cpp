// What `--from` says: which kind of server, and how to reach it by reference. A password has no place in it, because
// the origin is stored in a table and printed.
#include <libpq-fe.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "base/log.hpp"
#include "capture/source.hpp"

namespace everarchive::capture {

namespace {

constexpr std::string_view usage = "an origin is postgresql:CONNINFO, such as postgresql:service=evergreen, or "
                                   "mariadb:OPTIONS, such as mariadb:defaults-group=koha";
constexpr std::string_view postgresql_secrets = "keep the password in ~/.pgpass, or the whole connection in "
                                                "~/.pg_service.conf (postgresql:service=NAME)";
constexpr std::string_view mariadb_secrets = "keep the password in a MariaDB option file, ~/.my.cnf, in a group of its "
                                             "own (mariadb:defaults-group=NAME)";

error wrong(const std::string& message, std::string_view hint) {
    return {exit_code::arguments, cause::needs_person, message, std::string(hint)};
}

/// True if the text has a password in it, as an option or before the `@` of a URI (RFC 3986, section 3.2.1).
bool names_a_password(const std::string& text) {
    if (log::redact(text) != text) {
        return true;
    }
    const std::size_t authority = text.find("//");
    if (authority == std::string::npos) {
        return false;
    }
    const std::string_view rest = std::string_view(text).substr(authority, text.find('?') - authority);
    // A password may hold a slash, so this looks up to the last `@`.
    const std::size_t at = rest.rfind('@');
    return at != std::string_view::npos && rest.substr(0, at).find(':') != std::string_view::npos;
}

/// Refuses a connection string with a secret in it, or that libpq cannot read.
void check_conninfo(const std::string& conninfo) {
    if (names_a_password(conninfo)) {
        throw wrong("the origin holds a password", postgresql_secrets);
    }
    char* problem = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(conninfo.c_str(), &problem), &PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> problem_owner(problem, &PQfreemem);
    if (options == nullptr) {
        std::string why = problem == nullptr ? "out of memory" : problem;
        why.erase(why.find_last_not_of(" \n") + 1);
        throw wrong(fmt::format("cannot understand the origin: {}", log::redact(why)), usage);
    }
    static constexpr std::array<std::string_view, 5> secrets{"password", "sslpassword", "oauth_client_secret",
                                                             "scram_client_key", "scram_server_key"};
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr && std::find(secrets.begin(), secrets.end(), option->keyword) != secrets.end()) {
            throw wrong("the origin holds a password", postgresql_secrets);
        }
    }
}

std::string_view system_name(adapter::system which) {
    switch (which) {
    case adapter::system::postgresql:
        return "PostgreSQL";
    case adapter::system::mariadb:
        return "MariaDB";
    case adapter::system::file:
        break;
    }
    return "files";
}

void demand_system(const adapter::adapter& adapter, adapter::system of_origin) {
    if (adapter.runs_on != of_origin) {
        throw wrong(fmt::format("the adapter {} is for a library system on {}, and the origin is {}", adapter.name,
                                system_name(adapter.runs_on), system_name(of_origin)),
                    "everarchive adapters lists the adapters; " + std::string(usage));
    }
}

} // namespace

std::string source::recognize(const std::string& known, const std::string&) {
    std::string now = identity();
    if (now != known) {
        throw error(exit_code::source, cause::position_lost,
                    fmt::format("the source is another server than before: {} instead of {}", now, known),
                    "if it should be: everarchive source resync NAME");
    }
    return now;
}

std::unique_ptr<source> open_source(const std::string& origin, const std::string& name,
                                    const adapter::adapter& adapter) {
    const std::size_t colon = origin.find(':');
    const std::string scheme = origin.substr(0, colon);
    std::string rest = colon == std::string::npos ? "" : origin.substr(colon + 1);
    if (colon != std::string::npos && (scheme == "postgresql" || scheme == "postgres")) {
        if (rest.starts_with("//")) {
            rest = "postgresql:" + rest; // a URI in whole
        }
        check_conninfo(rest);
        demand_system(adapter, adapter::system::postgresql);
        return open_postgresql(rest, name, adapter);
    }
    if (colon != std::string::npos && (scheme == "mariadb" || scheme == "mysql")) {
        if (names_a_password(rest)) {
            throw wrong("the origin holds a password", mariadb_secrets);
        }
        demand_system(adapter, adapter::system::mariadb);
        return open_mariadb(rest, name, adapter);
    }
    if (names_a_password(origin)) {
        throw wrong("cannot understand the origin", usage);
    }
    throw wrong(fmt::format("cannot understand the origin '{}'", log::redact(origin)), usage);
}

} // namespace everarchive::capture
