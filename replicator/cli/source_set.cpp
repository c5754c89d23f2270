#include "cli/source_set.hpp"

#include <fmt/format.h>

#include <iostream>

#include "cli/text_table.hpp"

namespace everarchive::cli {

namespace {

struct arguments {
    std::string name;
    std::string setting;
    std::string value;
    bool to_default = false;
};

exit_code run_set(const context& context, const arguments& asked, bool has_value) {
    if (has_value == asked.to_default) {
        throw error(exit_code::arguments, cause::needs_person,
                    asked.to_default ? "a value and --default do not go together" : "a value is missing",
                    fmt::format("everarchive source set {0} {1} VALUE, or everarchive source set {0} {1} --default",
                                asked.name, asked.setting));
    }
    pq::connection on = open_database(context);
    on.run("SELECT everarchive.source_set($1, $2, $3)",
           {asked.name, asked.setting, has_value ? pq::parameter(asked.value) : pq::parameter()});
    const pq::result now = on.run("SELECT value FROM report.source_settings WHERE source = $1 AND setting = $2",
                                  {asked.name, asked.setting});
    std::cout << fmt::format("{} of {} is {}\n", asked.setting, asked.name, now.text(0, 0));
    return exit_code::ok;
}

exit_code run_settings(const context& context, const std::string& name) {
    pq::connection on = open_database(context);
    on.run("SELECT everarchive.source_named($1)", {name}); // an error names the sources that there are
    text_table table({"SETTING", "VALUE", "DEFAULT", "WHAT IT DOES"});
    const pq::result rows = on.run(
        "SELECT setting, value, default_value, what FROM report.source_settings WHERE source = $1 ORDER BY setting",
        {name});
    for (int row = 0; row < rows.rows(); ++row) {
        table.add(rows, row);
    }
    std::cout << table.text();
    return exit_code::ok;
}

} // namespace

void add_source_set(CLI::App& source, context& context) {
    auto asked = std::make_shared<arguments>();
    CLI::App* set = source.add_subcommand("set", "change a setting of a source; a running program notices");
    set->add_option("NAME", asked->name, "name of the source")->required();
    set->add_option("SETTING", asked->setting, "name of the setting: everarchive source settings NAME")->required();
    const CLI::Option* value = set->add_option("VALUE", asked->value, "its new value");
    set->add_flag("--default", asked->to_default, "back to the default");
    set->callback([&context, asked, value] {
        context.chosen = [&context, asked, value] { return run_set(context, *asked, value->count() > 0); };
    });
    CLI::App* settings = source.add_subcommand("settings", "what can be set for a source, and how it is set");
    settings->add_option("NAME", asked->name, "name of the source")->required();
    settings->callback(
        [&context, asked] { context.chosen = [&context, asked] { return run_settings(context, asked->name); }; });
}

} // namespace everarchive::cli
