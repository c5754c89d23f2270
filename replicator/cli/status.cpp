// `everarchive status`: one screen of the report views.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <optional>

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

/// What was counted at the last look, for a rate.
struct last_look {
    std::chrono::steady_clock::time_point at;
    std::map<std::string, std::int64_t> rows; // by source: copied and changed
};

/// `rows` a second since the last look; empty at the first.
std::string rate(const std::optional<last_look>& last, const std::string& source, std::int64_t rows,
                 std::chrono::steady_clock::time_point now) {
    if (!last || !last->rows.contains(source)) {
        return "-";
    }
    const double seconds = std::chrono::duration<double>(now - last->at).count();
    const std::int64_t more = rows - last->rows.at(source);
    return more < 0 || seconds <= 0 ? "-" : grouped(std::llround(static_cast<double>(more) / seconds)) + "/s";
}

std::string sources(pq::connection& on, std::optional<last_look>& last, bool watched) {
    const pq::result rows =
        on.run("SELECT source, adapter, CASE WHEN paused THEN 'paused' ELSE state END, behind_seconds, behind_bytes, "
               "snapshot_rows, snapshot_expected, waiting, entities, versions, quarantined, message, hint, changes "
               "FROM report.status_by_source WHERE state <> 'removed' ORDER BY source");
    if (rows.rows() == 0) {
        return "no sources: everarchive source add NAME --adapter ADAPTER --from ORIGIN\n";
    }
    std::vector<std::string> head{"SOURCE", "ADAPTER", "STATE", "BEHIND", "ROWS COPIED"};
    if (watched) {
        head.emplace_back("ROWS");
    }
    head.insert(head.end(), {"TO MAP", "ENTITIES", "VERSIONS", "QUARANTINE"});
    text_table table(std::move(head));
    last_look now{std::chrono::steady_clock::now(), {}};
    for (int row = 0; row < rows.rows(); ++row) {
        std::string behind = rows.is_null(row, 3) ? "-" : duration(rows.number(row, 3));
        if (rows.number(row, 4) > 0) {
            behind += ", " + size(rows.number(row, 4));
        }
        std::string copied = grouped(rows.number(row, 5));
        if (rows.text(row, 2) == "snapshot" && rows.number(row, 6) > 0) {
            copied += " of " + grouped(rows.number(row, 6));
        }
        const std::string name(rows.text(row, 0));
        const std::int64_t done = rows.number(row, 5) + rows.number(row, 13);
        std::vector<std::string> line{name, std::string(rows.text(row, 1)), std::string(rows.text(row, 2)), behind,
                                      copied};
        if (watched) {
            line.push_back(rate(last, name, done, now.at));
        }
        for (int column = 7; column <= 10; ++column) {
            line.push_back(grouped(rows.number(row, column)));
        }
        now.rows.emplace(name, done);
        table.add(std::move(line));
    }
    last = std::move(now);
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
        out += fmt::format("  {}: {}, {} %, {}, {} rows, {} differ, {} repaired\n", runs.text(row, 0),
                           runs.text(row, 1), runs.text(row, 3), runs.text(row, 2), grouped(runs.number(row, 4)),
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

std::string screen(pq::connection& on, std::optional<last_look>& last, bool watched) {
    const pq::result facts =
        on.run("SELECT pg_catalog.current_database(), pg_catalog.to_char(pg_catalog.now(), 'YYYY-MM-DD HH24:MI:SS'), "
               "(SELECT pg_catalog.count(*) FROM everarchive.quarantine WHERE resolved_at IS NULL)");
    std::string out = fmt::format("everarchive {}, database {}, {}\n\n", version(), facts.text(0, 0), facts.text(0, 1));
    out += sources(on, last, watched) + checks(on) + '\n' + targets(on);
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

struct arguments {
    double watch_seconds = 0; // 0: once
    bool json = false;
};

/// What fits on the terminal: longer lines would wrap, and more lines would scroll. Each line is cleared to its end as
/// it is drawn over, so that nothing flickers.
std::string in_place(const std::string& text) {
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 && size.ws_col > 1;
    std::string out = "\033[H";
    std::size_t row = 0;
    for (std::size_t begin = 0; begin < text.size() && (!known || row + 1 < size.ws_row); ++row) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::size_t length = 0; // in bytes, of so many characters of UTF-8 as fit
        for (std::size_t shown = 0; begin + length < end; ++length) {
            if ((static_cast<unsigned char>(text[begin + length]) & 0xC0U) != 0x80U && known &&
                shown++ == size.ws_col) {
                break;
            }
        }
        out += text.substr(begin, length) + "\033[K\n";
        begin = end + 1;
    }
    return out + "\033[J";
}

exit_code run_status(const context& context, const arguments& asked) {
    catch_stop_signals();
    const bool watched = asked.watch_seconds > 0;
    const bool terminal = watched && !asked.json && isatty(STDOUT_FILENO) == 1;
    const std::chrono::milliseconds interval{std::llround(asked.watch_seconds * 1'000)};
    std::optional<pq::connection> on(open_database(context));
    std::optional<last_look> last;
    bool first = true;
    do {
        std::string shown;
        try {
            if (!on) {
                on.emplace(open_database(context));
            }
            shown = asked.json ? json(*on) : screen(*on, last, watched);
        } catch (const error& failed) {
            if (!watched || failed.why() != cause::retry) {
                throw;
            }
            on.reset(); // the screen stays on, and shows when the database is back
            shown = fmt::format("everarchive: {}\nhint: {}\n", log::redact(failed.what()), log::redact(failed.hint()));
        }
        if (terminal) {
            std::cout << (first ? "\033[2J" : "") << in_place(shown);
        } else {
            std::cout << (first || asked.json ? "" : "\n") << shown;
        }
        std::cout << std::flush;
        first = false;
    } while (watched && std::cout.good() && sleep_unless_stopped(interval));
    return exit_code::ok;
}

} // namespace

void add_status(CLI::App& app, context& context) {
    CLI::App* status = app.add_subcommand("status", "one screen: how far each source is, what waits, what went wrong");
    auto asked = std::make_shared<arguments>();
    status
        ->add_option("--watch", asked->watch_seconds,
                     "repeat: in place on a terminal, else one block after the other; every two seconds if not said")
        ->expected(0, 1)
        ->default_str("2")
        ->check(CLI::Range(0.2, 86'400.0));
    status->add_flag("--json", asked->json, "for monitoring");
    status->callback([&context, asked] { context.chosen = [&context, asked] { return run_status(context, *asked); }; });
}

} // namespace everarchive::cli
