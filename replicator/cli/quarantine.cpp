// everarchive quarantine list|show|retry|drop: what could not be applied or mapped, and what to do with it.
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iostream>
#include <memory>
#include <vector>

#include "cli/command.hpp"
#include "cli/text_table.hpp"

namespace everarchive::cli {

namespace {

struct arguments {
    std::vector<std::int64_t> ids;
    std::string source;
    std::string stage;
    std::string file;
    bool all = false;
    int limit = 100;
};

/// Open cases by source and stage, oldest first; an empty text stands for any.
constexpr const char* open_cases = "FROM everarchive.quarantine q JOIN everarchive.source s USING (source_id) "
                                   "WHERE (s.name = $1 OR $1 = '') AND (q.stage = $2 OR $2 = '')";

exit_code run_list(const context& context, const arguments& asked) {
    pq::connection on = open_database(context);
    const std::string state = asked.all ? "coalesce(q.resolution, 'open')" : "'open'";
    const std::string which = asked.all ? "" : " AND q.resolved_at IS NULL";
    const std::vector<pq::parameter> by{asked.source, asked.stage};
    const pq::result rows = on.run(
        fmt::format("SELECT q.quarantine_id, s.name, q.stage, coalesce(q.kind, q.table_name), q.key, {}, q.attempts, "
                    "to_char(q.first_at, 'YYYY-MM-DD HH24:MI'), left(q.message, 100) {}{} "
                    "ORDER BY q.quarantine_id LIMIT {}",
                    state, open_cases, which, asked.limit),
        by);
    const pq::result counted = on.run(fmt::format("SELECT count(*) {}{}", open_cases, which), by);
    text_table table({"ID", "SOURCE", "STAGE", "OF", "KEY", "STATE", "TRIES", "SINCE", "REASON"});
    for (int row = 0; row < rows.rows(); ++row) {
        table.add(rows, row);
    }
    std::cout << table.text();
    if (counted.number(0, 0) > rows.rows()) {
        std::cout << fmt::format("the oldest {} of {}: --limit shows more\n", rows.rows(), counted.number(0, 0));
    }
    return exit_code::ok;
}

void write_bytes(pq::connection& on, std::int64_t id, const std::string& file) {
    const pq::result kept = on.run("SELECT q.bytes FROM everarchive.quarantine q WHERE q.quarantine_id = $1",
                                   {std::to_string(id)}, pq::connection::value_form::binary);
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << kept.text(0, 0);
    out.close();
    if (!out) {
        throw error(exit_code::state, cause::needs_person, "the bytes cannot be written to " + file,
                    "is there room, and may you write there?");
    }
}

exit_code run_show(const context& context, const arguments& asked) {
    if (!asked.file.empty() && asked.ids.size() > 1) {
        throw error(exit_code::arguments, cause::needs_person, "--bytes writes the bytes of one case",
                    "give one number, or leave --bytes out");
    }
    pq::connection on = open_database(context);
    for (const std::int64_t id : asked.ids) {
        const pq::result found = on.run(
            "SELECT s.name, q.stage, q.table_name, q.operation, q.kind, q.key, q.position, q.sqlstate, q.message, "
            "q.hint, q.attempts, q.first_at, q.last_at, q.retry_at, q.resolution, q.resolved_at, "
            "octet_length(q.bytes) "
            "FROM everarchive.quarantine q JOIN everarchive.source s USING (source_id) WHERE q.quarantine_id = $1",
            {std::to_string(id)});
        if (found.rows() == 0) {
            throw error(exit_code::state, cause::needs_person, fmt::format("there is no quarantine row {}", id),
                        "everarchive quarantine list --all");
        }
        constexpr std::array names{"source",   "stage",     "table",    "operation",  "kind",      "key",
                                   "position", "sqlstate",  "reason",   "what mends", "tries",     "first",
                                   "last",     "asked for", "resolved", "at",         "bytes kept"};
        std::cout << fmt::format("{:<12}{}\n", "id", id);
        for (int column = 0; column < found.columns(); ++column) {
            if (!found.is_null(0, column)) {
                std::cout << fmt::format("{:<12}{}\n", names.at(static_cast<std::size_t>(column)),
                                         printable(found.text(0, column)));
            }
        }
        if (!asked.file.empty()) {
            write_bytes(on, id, asked.file);
            std::cout << fmt::format("{:<12}{}\n", "written to", asked.file);
        }
        std::cout << '\n';
    }
    return exit_code::ok;
}

/// The cases that the command line names: by number, else all open ones of a source.
std::vector<std::int64_t> chosen_cases(pq::connection& on, const arguments& asked) {
    if (!asked.ids.empty()) {
        return asked.ids;
    }
    if (asked.source.empty()) {
        throw error(exit_code::arguments, cause::needs_person,
                    "which ones? give numbers, or --source NAME for all of it", "everarchive quarantine list");
    }
    const pq::result rows =
        on.run(fmt::format("SELECT q.quarantine_id {} AND q.resolved_at IS NULL ORDER BY q.quarantine_id", open_cases),
               {asked.source, asked.stage});
    std::vector<std::int64_t> all;
    for (int row = 0; row < rows.rows(); ++row) {
        all.push_back(rows.number(row, 0));
    }
    return all;
}

/// Each case in a transaction of its own: what one raises stops no other.
exit_code run_each(const context& context, const arguments& asked, const std::string& statement,
                   const std::string& done) {
    pq::connection on = open_database(context);
    const std::vector<std::int64_t> cases = chosen_cases(on, asked);
    exit_code worst = exit_code::ok;
    for (const std::int64_t id : cases) {
        try {
            const pq::result said = on.run(statement, {std::to_string(id)});
            std::cout << fmt::format("{}: {}\n", id, done.empty() ? std::string(said.text(0, 0)) : done);
        } catch (const pq::error& refused) {
            std::cout << fmt::format("{}: {}\n", id, refused.what());
            worst = exit_code::state;
        }
    }
    if (cases.empty()) {
        std::cout << "nothing is in quarantine there\n";
    }
    return worst;
}

} // namespace

void add_quarantine(CLI::App& app, context& context) {
    CLI::App* quarantine = app.add_subcommand("quarantine", "what could not be applied or mapped, and why");
    quarantine->require_subcommand(1);
    auto asked = std::make_shared<arguments>();
    const auto choose = [&context](CLI::App* command, const std::function<exit_code()>& what) {
        command->callback([&context, what] { context.chosen = what; });
    };
    const auto some = [asked](CLI::App* command) {
        command->add_option("--source", asked->source, "of this source only");
        command->add_option("--stage", asked->stage, "apply, map or policy")
            ->check(CLI::IsMember({"apply", "map", "policy"}));
    };

    CLI::App* list = quarantine->add_subcommand("list", "what is in quarantine, oldest first");
    some(list);
    list->add_flag("--all", asked->all, "also what was mended or dropped");
    list->add_option("--limit", asked->limit, "how many rows")->check(CLI::PositiveNumber)->capture_default_str();
    choose(list, [&context, asked] { return run_list(context, *asked); });

    CLI::App* show = quarantine->add_subcommand("show", "all that is known of some, and their bytes");
    show->add_option("ID", asked->ids, "numbers as list shows them")->required();
    show->add_option("--bytes", asked->file, "write the bytes that were kept to this file")
        ->needs(show->get_option("ID"));
    choose(show, [&context, asked] { return run_show(context, *asked); });

    CLI::App* retry = quarantine->add_subcommand("retry", "try again");
    retry->add_option("ID", asked->ids, "numbers as list shows them");
    some(retry);
    choose(retry,
           [&context, asked] { return run_each(context, *asked, "SELECT everarchive.quarantine_retry($1)", ""); });

    CLI::App* drop = quarantine->add_subcommand("drop", "give up; the bytes stay in the table, as discarded");
    drop->add_option("ID", asked->ids, "numbers as list shows them")->required();
    choose(drop, [&context, asked] {
        return run_each(context, *asked, "SELECT everarchive.quarantine_discard($1)", "given up");
    });
}

} // namespace everarchive::cli
