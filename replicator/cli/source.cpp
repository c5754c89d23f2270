#include <fmt/format.h>

#include <iostream>
#include <thread>

#include "base/installation.hpp"
#include "base/log.hpp"
#include "capture/source.hpp"
#include "cli/command.hpp"
#include "cli/source_add.hpp"
#include "cli/source_set.hpp"
#include "cli/source_verify.hpp"
#include "cli/text_table.hpp"

namespace everarchive::cli {

namespace {

struct arguments {
    std::string name;
    std::string adapter;
    std::string origin;
    std::string schema;
    bool every_commit = false;
    std::vector<std::string> set; // PARAMETER=VALUE

    adapter::adapter load_adapter() const { return adapter::load(adapters_directory(), adapter).with(parameters()); }
    adapter::parameter_values parameters() const {
        adapter::parameter_values values;
        for (const std::string& one : set) {
            const std::size_t equals = one.find('=');
            if (equals == std::string::npos || !values.emplace(one.substr(0, equals), one.substr(equals + 1)).second) {
                throw error(exit_code::arguments, cause::needs_person, "not a parameter, or there twice: " + one,
                            "write --set NAME=VALUE, such as --set tenant=diku");
            }
        }
        return values;
    }
};

std::string_view word_of(capture::finding::grade grade) {
    switch (grade) {
    case capture::finding::grade::good:
        return "ok";
    case capture::finding::grade::warning:
        return "warning";
    case capture::finding::grade::missing:
        return "missing";
    }
    return "missing";
}

/// Looks at the library system and prints what was found. Returns how many things are missing.
std::size_t check(const adapter::adapter& adapter, const arguments& asked, bool only_bad) {
    const std::unique_ptr<capture::source> source = capture::open_source(asked.origin, asked.name, adapter);
    std::size_t missing = 0;
    for (const capture::finding& finding : source->check()) {
        const bool good = finding.is == capture::finding::grade::good;
        missing += finding.is == capture::finding::grade::missing ? 1 : 0;
        if (only_bad && good) {
            continue;
        }
        std::cout << fmt::format("{:<8} {}\n", word_of(finding.is), log::redact(finding.what));
        if (!finding.mend.empty()) {
            std::string mend = log::redact(finding.mend);
            for (std::size_t at = mend.find('\n'); at != std::string::npos; at = mend.find('\n', at + 1)) {
                mend.insert(at + 1, "         "); // under the first line
            }
            std::cout << "         " << mend << '\n';
        }
    }
    return missing;
}

/// Of a source that is known, what is not given is what its row says.
arguments with_row(const context& context, arguments asked) {
    if (!asked.adapter.empty() && !asked.origin.empty()) {
        return asked;
    }
    pq::connection on = open_database(context);
    const pq::result row =
        on.run("SELECT adapter, origin, parameters FROM everarchive.source WHERE name = $1 AND state <> 'removed'",
               {asked.name});
    if (row.rows() == 0) {
        throw error(exit_code::arguments, cause::needs_person,
                    "there is no source " + asked.name + " yet: say what it is and how to reach it",
                    "everarchive source check " + asked.name + " --adapter ADAPTER --from ORIGIN");
    }
    if (asked.adapter.empty()) {
        asked.adapter = row.text(0, 0);
    }
    if (asked.origin.empty()) {
        asked.origin = row.text(0, 1);
    }
    if (asked.set.empty() && asked.adapter == row.text(0, 0)) {
        for (const auto& [name, value] : adapter::parameters_from_json(row.text(0, 2))) {
            asked.set.push_back(name + '=' + value);
        }
    }
    if (asked.origin.starts_with("file:")) {
        throw error(exit_code::arguments, cause::needs_person,
                    "source " + asked.name + " was imported from files: there is nothing to check", {});
    }
    return asked;
}

exit_code run_check(const context& context, const arguments& given) {
    const arguments asked = with_row(context, given);
    const adapter::adapter adapter = asked.load_adapter();
    const std::size_t missing = check(adapter, asked, false);
    if (missing > 0) {
        std::cout.flush();
        std::cerr << fmt::format("everarchive: {} thing{} missing in the library system\n", missing,
                                 missing == 1 ? " is" : "s are")
                  << "hint: run what stands under each line that says missing, then check again\n";
        return exit_code::source;
    }
    std::cout << "nothing is missing\n";
    return exit_code::ok;
}

exit_code run_add(const context& context, const arguments& asked) {
    const adapter::adapter adapter = asked.load_adapter();
    if (adapter.runs_on == adapter::system::file) {
        throw error(exit_code::arguments, cause::needs_person, "the adapter " + adapter.name + " is for files",
                    "everarchive import FILE --source " + asked.name);
    }
    pq::connection on = open_database(context);
    if (check(adapter, asked, true) > 0) {
        throw error(exit_code::source, cause::needs_person, "source " + asked.name + " was not added",
                    "run what stands under each line that says missing, then add it again");
    }
    const new_source source{asked.name, asked.origin, asked.schema.empty() ? asked.name : asked.schema,
                            asked.every_commit, asked.parameters()};
    add_source_rows(on, adapter, source);
    std::cout << fmt::format("added source {}: adapter {}, {} tables, mirror schema {}\n", asked.name, adapter.name,
                             adapter.tables.size(), source.schema)
              << "everarchive run copies and follows it\n";
    return exit_code::ok;
}

exit_code run_list(const context& context) {
    pq::connection on = open_database(context);
    text_table table({"SOURCE", "ADAPTER", "STATE", "VERSIONS", "MIRROR", "ORIGIN"});
    const pq::result rows = on.run("SELECT name, adapter, CASE WHEN paused THEN 'paused' ELSE state END, "
                                   "everarchive.source_setting(source_id, 'versions'), mirror_schema, origin "
                                   "FROM everarchive.source WHERE state <> 'removed' ORDER BY name");
    for (int row = 0; row < rows.rows(); ++row) {
        table.add(rows, row);
    }
    std::cout << table.text();
    return exit_code::ok;
}

/// What we made in the library system goes first, while its row still says how to reach it.
exit_code run_remove(const context& context, const std::string& name) {
    pq::connection on = open_database(context);
    const pq::result row =
        on.run("SELECT (s).adapter, (s).origin, (s).parameters FROM everarchive.source_named($1) s", {name});
    const std::string adapter_name(row.text(0, 0));
    const std::string origin(row.text(0, 1));
    const adapter::parameter_values parameters = adapter::parameters_from_json(row.text(0, 2));
    on.run("SELECT everarchive.source_pause($1)", {name});
    if (!origin.starts_with("file:")) {
        // A running program ends the stream within seconds of the pause; a slot in use cannot be dropped.
        constexpr int attempts = 10;
        for (int attempt = 1;; ++attempt) {
            try {
                capture::open_source(origin, name, adapter::load(adapters_directory(), adapter_name).with(parameters))
                    ->remove();
                std::cout << "removed what was made in the library system\n";
                break;
            } catch (const error& failed) {
                if (failed.why() == cause::retry && attempt < attempts) {
                    std::this_thread::sleep_for(std::chrono::seconds{1});
                    continue;
                }
                std::cerr << "everarchive: could not clean up in the library system: " << log::redact(failed.what())
                          << '\n'
                          << "hint: "
                          << (failed.hint().empty() ? "a PostgreSQL source keeps its log for us until: SELECT "
                                                      "pg_drop_replication_slot('everarchive_" +
                                                          name + "'); DROP PUBLICATION everarchive_" + name + ";"
                                                    : log::redact(failed.hint()))
                          << '\n';
                break;
            }
        }
    }
    on.run("SELECT everarchive.source_remove($1)", {name});
    std::cout << "removed source " << name << "; its entities, versions and archives stay\n";
    return exit_code::ok;
}

CLI::App* named(CLI::App& parent, const std::string& command, const std::string& help, arguments& asked) {
    CLI::App* sub = parent.add_subcommand(command, help);
    sub->add_option("NAME", asked.name, "name of the source")->required();
    return sub;
}

} // namespace

void add_source(CLI::App& app, context& context) {
    CLI::App* source = app.add_subcommand("source", "the library systems that are followed");
    source->require_subcommand(1);
    auto asked = std::make_shared<arguments>();
    const auto choose = [&context, asked](CLI::App* command, const std::function<exit_code()>& what) {
        command->callback([&context, what] { context.chosen = what; });
    };
    const auto with_origin = [asked](CLI::App* command, bool required) {
        command->add_option("--adapter", asked->adapter, "which library system it is: everarchive adapters")
            ->required(required);
        command
            ->add_option("--from", asked->origin,
                         "how to reach it, such as mariadb:defaults-group=koha or postgresql:service=evergreen")
            ->required(required);
        command->add_option("--set", asked->set,
                            "what the adapter leaves open, such as tenant=diku; once for each parameter");
    };

    CLI::App* check_command =
        named(*source, "check",
              "what is missing in a library system, and what mends it; of a source that was added, its NAME is enough",
              *asked);
    with_origin(check_command, false);
    choose(check_command, [&context, asked] { return run_check(context, *asked); });

    CLI::App* add = named(*source, "add", "check a library system and add it", *asked);
    with_origin(add, true);
    add->add_option("--schema", asked->schema, "schema for its mirror; without it the name of the source");
    add->add_flag("--every-commit", asked->every_commit,
                  "a version for every source transaction, none folded away; slower");
    choose(add, [&context, asked] { return run_add(context, *asked); });

    add_source_set(*source, context);
    choose(source->add_subcommand("list", "list the sources"), [&context] { return run_list(context); });
    choose(named(*source, "pause", "stop following a source until resume", *asked),
           [&context, asked] { return run_function(context, "source_pause", asked->name, "paused"); });
    choose(named(*source, "resume", "let a paused or stopped source go on", *asked),
           [&context, asked] { return run_function(context, "source_resume", asked->name, "resumed"); });
    add_source_verify(*source, context);
    choose(named(*source, "remove", "stop following a source for good; what was preserved stays", *asked),
           [&context, asked] { return run_remove(context, asked->name); });
}

} // namespace everarchive::cli
