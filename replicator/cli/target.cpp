#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>

#include "adapter/adapter.hpp"
#include "archive/delivery.hpp"
#include "archive/ocfl_validator.hpp"
#include "base/progress_bar.hpp"
#include "base/stop.hpp"
#include "cli/command.hpp"
#include "cli/text_table.hpp"

namespace everarchive::cli {

namespace {

struct arguments {
    std::string name;
    std::string uri;
    std::string condition = "true";
    std::string packing = "segment";
    std::map<std::string, std::int64_t> settings;
};

exit_code run_add(const context& context, const arguments& asked) {
    adapter::check_condition(asked.condition);
    pq::connection on = open_database(context);
    archive::check_target(asked.uri);
    pq::transaction transaction(on);
    on.run("SELECT everarchive.target_add($1, $2, $3::jsonb)",
           {asked.name, asked.uri, nlohmann::json(asked.settings).dump()});
    on.run("SELECT everarchive.policy_add($1, $1, $2, $3)", {asked.name, asked.condition, asked.packing});
    transaction.commit();
    std::cout << fmt::format("added target {}: {} takes {}\n", asked.name, asked.uri,
                             asked.condition == "true" ? "everything" : "what fulfils " + asked.condition);
    return exit_code::ok;
}

exit_code run_list(const context& context) {
    pq::connection on = open_database(context);
    text_table table({"TARGET", "URI", "STATE", "SETTINGS", "MESSAGE"});
    const pq::result rows = on.run("SELECT name, uri, CASE WHEN paused THEN 'paused' ELSE 'on' END, settings, "
                                   "coalesce(message, '') FROM everarchive.target ORDER BY name");
    for (int row = 0; row < rows.rows(); ++row) {
        table.add(rows, row);
    }
    std::cout << table.text();
    return exit_code::ok;
}

/// Reads all of an archive again, by the standard alone: nothing of the database is used but where it lies.
exit_code run_check(const context& context, const std::string& name) {
    pq::connection on = open_database(context);
    const pq::result row = on.run("SELECT (everarchive.target_named($1)).uri", {name});
    const std::filesystem::path root = archive::directory_of(std::string(row.text(0, 0)));
    catch_stop_signals();
    progress_bar bar("reading " + root.string(), "objects");
    std::size_t objects = 0;
    const archive::problems found = archive::validate_root(root, [&](std::size_t read) {
        objects = read;
        bar.show(static_cast<std::int64_t>(read), 0);
        return !stop_requested();
    });
    std::size_t errors = 0;
    for (const archive::problem& problem : found) {
        errors += problem.is_error() ? 1 : 0;
        std::cout << fmt::format("{} {} {}\n", problem.code, problem.path, problem.message);
    }
    if (stop_requested()) {
        std::cout << fmt::format("stopped after {} objects\n", objects);
        return exit_code::ok;
    }
    if (errors > 0) {
        throw error(exit_code::sink, cause::needs_person,
                    fmt::format("the archive of {} has {} error{}", name, errors, errors == 1 ? "" : "s"),
                    "restore the files that are named above from another copy");
    }
    std::cout << fmt::format("{}: {} objects, every file read and as recorded (OCFL 1.1)\n", root.string(), objects);
    return exit_code::ok;
}

} // namespace

void add_target(CLI::App& app, context& context) {
    CLI::App* target = app.add_subcommand("target", "the archives that versions are delivered to");
    target->require_subcommand(1);
    auto asked = std::make_shared<arguments>();
    const auto named = [target, asked](const std::string& command, const std::string& help) {
        CLI::App* sub = target->add_subcommand(command, help);
        sub->add_option("NAME", asked->name, "name of the target")->required();
        return sub;
    };
    const auto choose = [&context](CLI::App* command, const std::function<exit_code()>& what) {
        command->callback([&context, what] { context.chosen = what; });
    };

    CLI::App* add = named("add", "add an archive and a policy of the same name that fills it");
    add->add_option("URI", asked->uri, "dir: and an absolute path, such as dir:/srv/archive")->required();
    add->add_option("--only", asked->condition, "SQL condition: which versions go there")->capture_default_str();
    add->add_option("--packing", asked->packing, "segment: many versions in one object; object: one for each entity")
        ->check(CLI::IsMember({"segment", "object"}))
        ->capture_default_str();
    const std::pair<const char*, const char*> settings[] = {
        {"segment_versions", "versions that close a segment (10000)"},
        {"segment_bytes", "bytes that close a segment (67108864)"},
        {"segment_seconds", "seconds after which what waits is made a segment (60)"}};
    for (const auto& [name, help] : settings) {
        std::string option = std::string("--") + name;
        std::replace(option.begin(), option.end(), '_', '-');
        add->add_option_function<std::int64_t>(
            option, [asked, key = std::string(name)](const std::int64_t& value) { asked->settings[key] = value; },
            help);
    }
    choose(add, [&context, asked] { return run_add(context, *asked); });
    choose(target->add_subcommand("list", "list the archives"), [&context] { return run_list(context); });
    choose(named("check", "read an archive again and compare every file with its checksum"),
           [&context, asked] { return run_check(context, asked->name); });
    choose(named("pause", "stop delivery until resume"),
           [&context, asked] { return run_function(context, "target_pause", asked->name, "paused"); });
    choose(named("resume", "let delivery go on, and try again what failed"),
           [&context, asked] { return run_function(context, "target_resume", asked->name, "resumed"); });
}

} // namespace everarchive::cli
