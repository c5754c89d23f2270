#include "apply/source_state.hpp"

#include <algorithm>
#include <cctype>

#include "base/log.hpp"

namespace everarchive::apply {

void let_server_notice_loss(pq::connection& on, int transaction_seconds) {
    // Settings of the session (documentation, "Connection Settings"): without effect on a Unix socket, whose end the
    // server sees at once. client_connection_check_interval came with 14 and is refused where the system cannot poll
    // for it; tcp_user_timeout likewise.
    for (const auto& [name, value] : {std::pair{"tcp_keepalives_idle", "10"},
                                      {"tcp_keepalives_interval", "5"},
                                      {"tcp_keepalives_count", "3"},
                                      {"tcp_user_timeout", "30000"},
                                      {"client_connection_check_interval", "10000"}}) {
        try {
            on.run(std::string("SET ") + name + " = " + value);
        } catch (const pq::error& failed) {
            if (failed.why() == cause::retry) {
                throw;
            }
        }
    }
    on.run("SET idle_in_transaction_session_timeout = '" + std::to_string(transaction_seconds) + "s'");
}

pq::connection open_applier_connection(const std::string& conninfo, const std::string& source) {
    pq::connection on(conninfo, pq::connection::side::sink, "everarchive apply " + source);
    // The source is told that it may forget a change as soon as our commit returns, so it must be on disk by then.
    on.run("SET synchronous_commit = on");
    on.run("SET search_path = pg_catalog");
    on.run("SET statement_timeout = 0; SET lock_timeout = 0; SET jit = off"); // it compiles anew for each chunk
    let_server_notice_loss(on, 0); // a source transaction may take long; who hangs in one loses its lease
    // Values have the text form that a source's sessions give them, so that rows can be compared.
    on.run(
        "SET datestyle = 'ISO, YMD'; SET intervalstyle = postgres; SET extra_float_digits = 3; SET bytea_output = hex; "
        "SET timezone = 'UTC'");
    try {
        on.run("SET default_toast_compression = lz4");
    } catch (const pq::error&) {
        // PostgreSQL 13, or a server built without lz4: its own compression will do.
    }
    return on;
}

taken_source take(pq::connection& on, lease& held, const std::string& name) {
    const pq::result row = on.run("SELECT source_id, mirror_schema, state, epoch, \"position\", identity "
                                  "FROM everarchive.source_take($1)",
                                  {name});
    if (row.rows() == 0) {
        throw error(exit_code::state, cause::needs_person,
                    "source " + name + " has no row in everarchive.source_progress",
                    "everarchive source remove " + name + ", then add it again");
    }
    taken_source taken;
    taken.id = row.number<int>(0, 0);
    taken.name = name;
    taken.mirror_schema = row.text(0, 1);
    taken.state = row.text(0, 2);
    taken.epoch = row.number(0, 3);
    taken.position = row.text(0, 4);
    taken.identity = row.text(0, 5);
    std::map<std::string, std::string, std::less<>> values;
    const pq::result settings = on.run("SELECT setting, value FROM report.source_settings WHERE source = $1", {name});
    for (int one = 0; one < settings.rows(); ++one) {
        values.emplace(settings.text(one, 0), settings.text(one, 1));
    }
    taken.settings = capture::source_settings(std::move(values));
    taken.taken_over = held.announce(taken.epoch);
    taken.every_commit = taken.settings.text("versions") == "every commit";
    return taken;
}

void update_progress(pq::connection& on, const taken_source& taken, const std::string& set,
                     const std::vector<pq::parameter>& values) {
    std::vector<pq::parameter> parameters{std::to_string(taken.id), std::to_string(taken.epoch)};
    parameters.insert(parameters.end(), values.begin(), values.end());
    const pq::result answer = on.run_prepared("UPDATE everarchive.source_progress SET " + set +
                                                  ", seen_at = pg_catalog.now() WHERE source_id = $1::integer "
                                                  "AND epoch = $2::bigint",
                                              parameters);
    if (answer.affected() == 0) {
        throw error(exit_code::state, cause::fenced,
                    "another program has taken source " + taken.name + " over, or it was removed",
                    "run one everarchive program for a source");
    }
}

void note_identity(pq::connection& on, const taken_source& taken, const std::string& identity) {
    on.run("UPDATE everarchive.source_progress SET identity = $3 WHERE source_id = $1::integer AND epoch = $2::bigint",
           {std::to_string(taken.id), std::to_string(taken.epoch), identity});
}

std::string with_name(std::string_view hint, std::string_view source) {
    constexpr std::string_view command = "everarchive source ";
    constexpr std::string_view placeholder = " NAME"; // database=NAME and the like are other names
    std::string text;
    for (std::size_t at = hint.find(command); at != std::string_view::npos; at = hint.find(command)) {
        const std::size_t verb_end = hint.find(' ', at + command.size());
        const std::size_t named = std::min(verb_end, hint.size());
        text += hint.substr(0, named);
        hint.remove_prefix(named);
        const std::string_view after = hint.substr(std::min(placeholder.size(), hint.size()));
        if (hint.starts_with(placeholder) && (after.empty() || !std::isalnum(static_cast<unsigned char>(after[0])))) {
            (text += ' ') += source;
            hint = after;
        }
    }
    return text += hint;
}

void tell_state(const std::string& conninfo, const taken_source& source, const std::string& state,
                const std::string& message, const std::string& hint) noexcept {
    try {
        pq::connection on(conninfo, pq::connection::side::sink, "everarchive run");
        on.run("SET lock_timeout = '10s'"); // a batch that another session has open may take any time
        on.run("SELECT everarchive.source_set_state($1, $2, $3, $4, $5::bigint)",
               {source.name, state, message.empty() ? pq::parameter() : log::redact(message),
                hint.empty() ? pq::parameter() : log::redact(with_name(hint, source.name)),
                source.epoch == 0 ? pq::parameter() : std::to_string(source.epoch)});
    } catch (const std::exception& failed) {
        log::write(log::severity::warning, "apply", std::string("cannot tell the state of a source: ") + failed.what(),
                   {{"source", source.name}, {"state", state}});
    }
}

} // namespace everarchive::apply
