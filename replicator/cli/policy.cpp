#include <fmt/format.h>

#include <iostream>

#include "adapter/adapter.hpp"
#include "cli/command.hpp"
#include "cli/text_table.hpp"

namespace everarchive::cli {

namespace {

struct arguments {
    std::string name;
    std::string target;
    std::string condition;
    std::string packing = "segment";
};

exit_code run_add(const context& context, const arguments& asked) {
    adapter::check_condition(asked.condition);
    pq::connection on = open_database(context);
    on.run("SELECT everarchive.policy_add($1, $2, $3, $4)", {asked.name, asked.target, asked.condition, asked.packing});
    std::cout << fmt::format("added policy {}: what fulfils {} goes to {}\n", asked.name, asked.condition,
                             asked.target);
    return exit_code::ok;
}

exit_code run_list(const context& context) {
    pq::connection on = open_database(context);
    text_table table({"POLICY", "TARGET", "STATE", "PACKING", "CONDITION"});
    const pq::result rows = on.run("SELECT p.name, t.name, CASE WHEN p.enabled THEN 'on' ELSE 'off' END, p.packing, "
                                   "p.condition FROM everarchive.policy p JOIN everarchive.target t USING (target_id) "
                                   "ORDER BY p.name");
    for (int row = 0; row < rows.rows(); ++row) {
        table.add(rows, row);
    }
    std::cout << table.text();
    return exit_code::ok;
}

exit_code run_enable(const context& context, const std::string& name, bool on_or_off) {
    pq::connection on = open_database(context);
    on.run("SELECT everarchive.policy_enable($1, $2::boolean)", {name, on_or_off ? "true" : "false"});
    std::cout << (on_or_off ? "enabled " : "disabled ") << name << '\n';
    return exit_code::ok;
}

} // namespace

void add_policy(CLI::App& app, context& context) {
    CLI::App* policy = app.add_subcommand("policy", "which versions go to which archive");
    policy->require_subcommand(1);
    auto asked = std::make_shared<arguments>();
    const auto named = [policy, asked](const std::string& command, const std::string& help) {
        CLI::App* sub = policy->add_subcommand(command, help);
        sub->add_option("NAME", asked->name, "name of the policy")->required();
        return sub;
    };
    const auto choose = [&context](CLI::App* command, const std::function<exit_code()>& what) {
        command->callback([&context, what] { context.chosen = what; });
    };

    CLI::App* add = named("add", "add a policy and queue what it selects");
    add->add_option("--target", asked->target, "name of the archive")->required();
    add->add_option("--only", asked->condition, "SQL condition over everarchive.policy_subject")->required();
    add->add_option("--packing", asked->packing, "segment: many versions in one object; object: one for each entity")
        ->check(CLI::IsMember({"segment", "object"}))
        ->capture_default_str();
    choose(add, [&context, asked] { return run_add(context, *asked); });
    choose(policy->add_subcommand("list", "list the policies"), [&context] { return run_list(context); });
    choose(named("enable", "let a policy queue again, and queue what it selects"),
           [&context, asked] { return run_enable(context, asked->name, true); });
    choose(named("disable", "let a policy queue nothing more"),
           [&context, asked] { return run_enable(context, asked->name, false); });
}

} // namespace everarchive::cli
