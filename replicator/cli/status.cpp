// `everarchive status`: one screen of the report views.
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "base/installation.hpp"
#include "base/log.hpp"
#include "base/progress_bar.hpp"
#include "base/stop.hpp"
#include "cli/command.hpp"
#include "cli/text_table.hpp"

namespace everarchive::cli {

namespace {

std::string duration(std::int64_t seconds) {
    if (seconds < 120) {
        return fmt::format("{} s", seconds);
    }
    if (seconds < 7'200) {
        return fmt::format("{} min", seconds / 60);
    }
    return seconds < 172'800 ? fmt::format("{} h", seconds / 3'600) : fmt::format("{} days", seconds / 86'400);
}

std::string size(std::int64_t bytes) {
    if (bytes < 10'240) {
        return fmt::format("{} B", bytes);
    }
    return bytes < 10'485'760 ? fmt::format("{} kB", bytes / 1'024) : fmt::format("{} MB", bytes / 1'048'576);
}

void append_notes(std::string& out, const pq::result& rows, int message, int hint) {
    for (int row = 0; row < rows.rows(); ++row) {
        if (!rows.is_null(row, message) && !rows.text(row, message).empty()) {
            out += fmt::format("  {}: {}\n", rows.text(row, 0), rows.text(row, message));
            if (!rows.text(row, hint).empty()) {
                out += fmt::format("    hint: {}\n", rows.text(row, hint));
            }
        }
    }
}

std::string sources(pq::connection& on) {
    const pq::result rows =
        on.run("SELECT source, adapter, CASE WHEN paused THEN 'paused' ELSE state END, behind_seconds, behind_bytes, "
               "snapshot_rows, snapshot_expected, waiting, entities, versions, quarantined, message, hint "
               "FROM report.status_by_source WHERE state <> 'removed' ORDER BY source");
    if (rows.rows() == 0) {
        return "no sources: everarchive source add NAME --adapter ADAPTER --from ORIGIN\n";
    }
    text_table table(
        {"SOURCE", "ADAPTER", "STATE", "BEHIND", "ROWS COPIED", "TO MAP", "ENTITIES", "VERSIONS", "QUARANTINE"});
    for (int row = 0; row < rows.rows(); ++row) {
        std::string behind = rows.is_null(row, 3) ? "-" : duration(rows.number(row, 3));
        if (rows.number(row, 4) > 0) {
            behind += ", " + size(rows.number(row, 4));
        }
        std::string copied = grouped(rows.number(row, 5));
        if (rows.text(row, 2) == "snapshot" && rows.number(row, 6) > 0) {
            copied += " of " + grouped(rows.number(row, 6));
        }
        table.add({std::string(rows.text(row, 0)), std::string(rows.text(row, 1)), std::string(rows.text(row, 2)),
                   behind, copied, grouped(rows.number(row, 7)), grouped(rows.number(row, 8)),
                   grouped(rows.number(row, 9)), grouped(rows.number(row, 10))});
    }
    std::string out = table.text();
    append_notes(out, rows, 11, 12);
    return out;
}

/// Comparisons under way, and tables that are not followed; nothing when there are none.
std::string checks(pq::connection& on) {
    std::string out;
    const pq::result runs = on.run("SELECT source, what, coalesce(at_table, 'waits'), coalesce(percent, 0), rows, "
                                   "differences, repaired FROM report.source_check WHERE state IN ('requested', "
                                   "'running') ORDER BY run_id");
    for (int row = 0; row < runs.rows(); ++row) {
        out += fmt::format("  {}: {}, {} %, {}, {} rows, {} differ, {} repaired\n", runs.text(row, 0), runs.text(row, 1),
                           runs.text(row, 3), runs.text(row, 2), grouped(runs.number(row, 4)),
                           grouped(runs.number(row, 5)), grouped(runs.number(row, 6)));
    }
    const pq::result tables = on.run("SELECT source, table_name, state, coalesce(message, ''), coalesce(hint, '') FROM "
                                     "report.source_table ORDER BY source, table_name");
    for (int row = 0; row < tables.rows(); ++row) {
        out += fmt::format("  {}: table {} is {}{}{}\n", tables.text(row, 0), tables.text(row, 1),
                           tables.text(row, 2) == "stopped" ? "not followed" : "being repaired",
                           tables.text(row, 3).empty() ? "" : ": ", tables.text(row, 3));
        if (!tables.text(row, 4).empty()) {
            out += fmt::format("    hint: {}\n", tables.text(row, 4));
        }
    }
    return out;
}

std::string targets(pq::connection& on) {
    const pq::result rows =
        on.run("SELECT t.name, t.uri, CASE WHEN t.paused THEN 'paused' ELSE 'on' END, "
               "coalesce(sum(b.versions) FILTER (WHERE b.state = 'queued'), 0), "
               "coalesce(sum(b.versions) FILTER (WHERE b.state = 'packaged'), 0), "
               "coalesce(sum(b.versions) FILTER (WHERE b.state = 'accepted'), 0), "
               "coalesce(sum(b.versions) FILTER (WHERE b.state = 'failed'), 0), "
               "coalesce(sum(b.versions) FILTER (WHERE b.state = 'quarantined'), 0), t.message, t.hint "
               "FROM everarchive.target t LEFT JOIN report.backlog b ON b.target = t.name GROUP BY t.target_id ORDER "
               "BY t.name");
    if (rows.rows() == 0) {
        return "no archives: everarchive target add NAME dir:/path\n";
    }
    text_table table({"TARGET", "URI", "STATE", "QUEUED", "PACKAGED", "ACCEPTED", "FAILED", "QUARANTINE"});
    for (int row = 0; row < rows.rows(); ++row) {
        std::vector<std::string> values;
        for (int column = 0; column < 3; ++column) {
            values.emplace_back(rows.text(row, column));
        }
        for (int column = 3; column < 8; ++column) {
            values.push_back(grouped(rows.number(row, column)));
        }
        table.add(std::move(values));
    }
    std::string out = table.text();
    append_notes(out, rows, 8, 9);
    return out;
}

std::string screen(pq::connection& on) {
    const pq::result facts =
        on.run("SELECT pg_catalog.current_database(), pg_catalog.to_char(pg_catalog.now(), 'YYYY-MM-DD HH24:MI:SS'), "
               "(SELECT pg_catalog.count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL)");
    std::string out = fmt::format("everarchive {}, database {}, {}\n\n", version(), facts.text(0, 0), facts.text(0, 1));
    out += sources(on) + checks(on) + '\n' + targets(on);
    if (facts.number(0, 2) > 0) {
        out += fmt::format("\n{} in quarantine: SELECT * FROM report.quarantine\n", grouped(facts.number(0, 2)));
    }
    return log::redact(out);
}

std::string json(pq::connection& on) {
    const pq::result row = on.run(
        "SELECT pg_catalog.json_build_object('sources', (SELECT coalesce(pg_catalog.json_agg(s ORDER BY s.source), "
        "'[]') FROM report.status_by_source s WHERE s.state <> 'removed'), 'backlog', (SELECT "
        "coalesce(pg_catalog.json_agg(b ORDER BY b.target, b.state), '[]') FROM report.backlog b), 'quarantined', "
        "(SELECT pg_catalog.count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL))");
    return log::redact(row.text(0, 0)) + "\n";
}

} // namespace

void add_status(CLI::App& app, context& context) {
    CLI::App* status = app.add_subcommand("status", "one screen: how far each source is, what waits, what went wrong");
    auto watch = std::make_shared<bool>(false);
    auto as_json = std::make_shared<bool>(false);
    status->add_flag("--watch", *watch, "repeat every two seconds");
    status->add_flag("--json", *as_json, "for monitoring");
    status->callback([&context, watch, as_json] {
        context.chosen = [&context, watch, as_json] {
            pq::connection on = open_database(context);
            catch_stop_signals();
            do {
                const std::string shown = *as_json ? json(on) : screen(on);
                if (*watch && !*as_json && isatty(STDOUT_FILENO) == 1) {
                    std::cout << "\033[H\033[2J";
                }
                std::cout << shown << std::flush;
            } while (*watch && sleep_unless_stopped(std::chrono::seconds{2}));
            return exit_code::ok;
        };
    });
}

} // namespace everarchive::cli
