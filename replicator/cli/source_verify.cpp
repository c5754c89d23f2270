#include "cli/source_verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <thread>

#include "adapter/adapter.hpp"
#include "apply/lease.hpp"
#include "base/installation.hpp"
#include "base/log.hpp"
#include "base/progress_bar.hpp"
#include "base/stop.hpp"

namespace everarchive::cli {

namespace {

struct arguments {
    std::string name;
    std::string table;
    std::string from;
    std::string to;
    bool wait = false;
    bool copy = false;
};

constexpr std::chrono::milliseconds look_interval{300};
/// Differences that are printed; all are in the view.
constexpr int most_shown = 20;

pq::parameter given(const std::string& text) {
    return text.empty() ? pq::parameter() : text;
}

/// The table as the mirror calls it, by its name there or in the source: biblio.record_entry is biblio_record_entry,
/// and diku_mod_inventory_storage.item is mod_inventory_storage_item, without the tenant.
std::string mirror_name(pq::connection& on, const std::string& source, std::string name) {
    if (name.find('.') == std::string::npos) {
        return name;
    }
    const pq::result row = on.run("SELECT (s).adapter, (s).parameters FROM everarchive.source_named($1) s", {source});
    const adapter::adapter adapter = adapter::load(adapters_directory(), std::string(row.text(0, 0)))
                                         .with(adapter::parameters_from_json(row.text(0, 1)));
    if (const adapter::table* const table = adapter.find(name)) {
        return table->mirror_name();
    }
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
}

/// A source that was stopped is taken up again within a few seconds.
constexpr int patience_seconds = 5;

bool has_program(pq::connection& on, const std::string& source) {
    return on
        .run("SELECT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND classid = $1::oid AND "
             "objid "
             "= (everarchive.source_named($2)).source_id::oid AND granted)",
             {std::to_string(apply::follow_lock_class), source})
        .truth(0, 0);
}

bool is_followed(pq::connection& on, const std::string& source) {
    for (int second = 0; second < patience_seconds; ++second) {
        if (has_program(on, source)) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::seconds{1});
    }
    return has_program(on, source);
}

void show_differences(pq::connection& on, const std::string& run) {
    const pq::result rows =
        on.run("SELECT kind, table_name, key, coalesce(pg_catalog.array_to_string(columns, ', '), ''), repaired FROM "
               "report.source_difference WHERE run_id = $1::bigint ORDER BY seen_at, table_name, key LIMIT $2::integer",
               {run, std::to_string(most_shown)});
    for (int row = 0; row < rows.rows(); ++row) {
        std::cout << fmt::format("{:<9}  {} {}{}{}{}\n", rows.text(row, 0), rows.text(row, 1),
                                 log::redact(rows.text(row, 2)), rows.text(row, 3).empty() ? "" : ": ",
                                 rows.text(row, 3), rows.truth(row, 4) ? " (repaired)" : "");
    }
    if (rows.rows() == most_shown) {
        std::cout << "all of them: SELECT * FROM report.source_difference WHERE run_id = " << run << ";\n";
    }
}

/// Shows how far the run is until it has ended, then what it found.
exit_code follow_run(pq::connection& on, const std::string& run, bool repairs) {
    catch_stop_signals();
    {
        progress_bar bar("comparing", "rows");
        for (;;) {
            const pq::result row =
                on.run_prepared("SELECT r.state, r.rows, r.rows_expected, s.state, s.message, s.hint FROM "
                                "everarchive.source_check_run r JOIN everarchive.source s USING (source_id) WHERE "
                                "r.run_id = $1::bigint",
                                {run});
            bar.show(row.number(0, 1), std::max(row.number(0, 1), row.number(0, 2)));
            if (row.text(0, 0) != "requested" && row.text(0, 0) != "running") {
                break;
            }
            if (row.text(0, 3) == "stopped" || row.text(0, 3) == "position_lost") {
                throw error(exit_code::source, cause::needs_person,
                            fmt::format("the source is {}: {}", row.text(0, 3), row.text(0, 4)),
                            std::string(row.text(0, 5)));
            }
            if (!sleep_unless_stopped(look_interval)) {
                std::cerr << "everarchive: the comparison goes on: SELECT * FROM report.source_check;\n";
                return exit_code::ok;
            }
        }
    }
    const pq::result row = on.run("SELECT state, rows, differences, repaired, unsettled, message, hint FROM "
                                  "everarchive.source_check_run WHERE run_id = $1::bigint",
                                  {run});
    if (row.text(0, 0) != "finished") {
        throw error(
            exit_code::source, cause::needs_person,
            fmt::format("the comparison is {}{}{}", row.text(0, 0), row.text(0, 5).empty() ? "" : ": ", row.text(0, 5)),
            std::string(row.text(0, 6)));
    }
    show_differences(on, run);
    std::cout << fmt::format(
        "compared {} rows: {} differ{}{}\n", grouped(row.number(0, 1)), grouped(row.number(0, 2)),
        repairs ? fmt::format(", {} repaired", grouped(row.number(0, 3))) : "",
        row.number(0, 4) == 0 ? "" : fmt::format(", {} change too often to be compared", grouped(row.number(0, 4))));
    if (!row.is_null(0, 5)) {
        std::cout << "not compared: " << log::redact(row.text(0, 5)) << '\n';
    }
    return !repairs && row.number(0, 2) > 0 ? exit_code::refused : exit_code::ok;
}

exit_code run_check(const context& context, const arguments& asked, const std::string& what) {
    pq::connection on = open_database(context);
    const pq::result made =
        on.run("SELECT everarchive.source_check($1, $2, $3, $4, $5)",
               {asked.name, what, given(mirror_name(on, asked.name, asked.table)), given(asked.from), given(asked.to)});
    const std::string run(made.text(0, 0));
    std::cout << fmt::format("asked for, as run {}\n", run) << std::flush;
    if (asked.wait) {
        if (!is_followed(on, asked.name)) {
            throw error(exit_code::state, cause::needs_person,
                        "no program follows source " + asked.name + " now: the run begins when one does",
                        "everarchive run");
        }
        return follow_run(on, run, what == "resync");
    }
    if (!has_program(on, asked.name)) {
        std::cout << "no program follows source " << asked.name << " at this moment: it begins when one does\n";
    }
    std::cout << "how far it is: SELECT * FROM report.source_check; what it finds: SELECT * FROM "
                 "report.source_difference;\n";
    return exit_code::ok;
}

/// The position goes, the epoch is raised: the program that follows the source notices and copies it again. Unchanged
/// records get no new version; what is gone gets a tombstone.
exit_code run_copy(const context& context, const std::string& name) {
    pq::connection on = open_database(context);
    pq::transaction transaction(on);
    const pq::result id = on.run("SELECT (everarchive.source_named($1)).source_id", {name});
    on.run(
        "UPDATE everarchive.source_progress SET epoch = epoch + 1, position = NULL, identity = NULL, snapshot_rows = "
        "0 WHERE source_id = $1::integer",
        {std::string(id.text(0, 0))});
    on.run(
        "UPDATE everarchive.source_check_run SET state = 'cancelled', finished_at = pg_catalog.now() WHERE source_id = "
        "$1::integer AND state IN ('requested', 'running')",
        {std::string(id.text(0, 0))});
    on.run(
        "UPDATE everarchive.source_table SET state = 'ok', message = NULL, hint = NULL, since = pg_catalog.now() WHERE "
        "source_id = $1::integer AND state <> 'ok'",
        {std::string(id.text(0, 0))});
    on.run("SELECT everarchive.source_set_state($1, 'new')", {name});
    transaction.commit();
    std::cout << "everarchive run copies " << name << " again; unchanged records get no new version\n";
    return exit_code::ok;
}

exit_code run_resync(const context& context, const arguments& asked) {
    if (asked.copy) {
        return run_copy(context, asked.name);
    }
    {
        pq::connection on = open_database(context);
        const pq::result row = on.run("SELECT p.position IS NULL FROM everarchive.source_named($1) s JOIN "
                                      "everarchive.source_progress p USING (source_id)",
                                      {asked.name});
        if (row.rows() == 1 && row.truth(0, 0)) {
            return run_copy(context, asked.name); // there is nothing yet to compare
        }
    }
    return run_check(context, asked, "resync");
}

} // namespace

void add_source_verify(CLI::App& source, context& context) {
    const auto add = [&](const std::string& command, const std::string& help) {
        auto asked = std::make_shared<arguments>();
        CLI::App* sub = source.add_subcommand(command, help);
        sub->add_option("NAME", asked->name, "name of the source")->required();
        CLI::Option* table =
            sub->add_option("--table", asked->table, "only this table, as the mirror or as the source calls it");
        sub->add_option("--from", asked->from, "first key; parts of a key are joined by colons")->needs(table);
        sub->add_option("--to", asked->to, "last key")->needs(table);
        sub->add_flag("--wait", asked->wait, "show how far it is, and what differs at the end");
        return std::pair(sub, asked);
    };
    const auto [verify, verify_asked] = add(
        "verify", "compare a source with its mirror and name what differs; with --wait exit code 6 if something does");
    verify->callback([&context, asked = verify_asked] {
        context.chosen = [&context, asked] { return run_check(context, *asked, "verify"); };
    });
    const auto [resync, resync_asked] = add("resync", "compare a source with its mirror and repair what differs");
    resync->add_flag("--copy", resync_asked->copy, "copy all of it again from the beginning instead");
    resync->callback([&context, asked = resync_asked] {
        context.chosen = [&context, asked] { return run_resync(context, *asked); };
    });
}

} // namespace everarchive::cli
