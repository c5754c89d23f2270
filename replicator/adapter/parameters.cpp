#include "adapter/parameters.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "adapter/sql_text.hpp"

namespace everarchive::adapter {

namespace {

constexpr std::size_t longest_identifier = 63; // NAMEDATALEN - 1 (PostgreSQL, src/include/pg_config_manual.h)

bool is_identifier(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    return !text.empty() && text.size() <= longest_identifier && letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// `text` with each {name} replaced by what `value_of(name)` says.
template <typename ValueOf>
std::string replaced(std::string_view text, const ValueOf& value_of) {
    std::string out;
    for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
        const std::size_t close = text.find('}', open);
        out += text.substr(0, open);
        out += value_of(text.substr(open + 1, close - open - 1));
        text.remove_prefix(close == std::string_view::npos ? text.size() : close + 1);
    }
    return out += text;
}

} // namespace

void read_parameters(const sql_file& file, adapter& made) {
    for (const std::string& line : header_values(file.text(), "parameter")) {
        const std::size_t space = std::min(line.find(' '), line.size());
        const std::string name = line.substr(0, space);
        if (!is_identifier(name) || space == line.size()) {
            throw file.refusal(0,
                               fmt::format("a parameter is said as -- parameter: NAME WHAT IT IS, not \"{}\"", line));
        }
        made.parameters.emplace_back(name, line.substr(space + 1));
    }
}

std::string read_schema_parameters(const adapter& made, table& t) {
    if (t.schema.find_first_of("{}") == std::string::npos) {
        return {};
    }
    std::string unknown;
    std::string prefix = replaced(t.schema, [&](std::string_view name) {
        const bool known = std::any_of(made.parameters.begin(), made.parameters.end(),
                                       [&](const auto& parameter) { return parameter.first == name; });
        unknown = known ? unknown : std::string(name);
        return std::string();
    });
    if (!unknown.empty()) {
        return fmt::format("{} names the parameter {}, which no line -- parameter: declares", t.schema, unknown);
    }
    prefix.erase(0, prefix.find_first_not_of('_'));
    if (!is_identifier(prefix)) {
        return fmt::format("{} without its parameters is \"{}\", which is no name for the mirror", t.schema, prefix);
    }
    t.mirror_prefix = std::move(prefix);
    return {};
}

parameter_values parameters_from_json(std::string_view json) {
    parameter_values values;
    try {
        node::parse(json).get_to(values);
    } catch (const node::exception&) {
        throw error(exit_code::state, cause::needs_person,
                    "the parameters of the source are no object of texts: " + std::string(json),
                    "remove the source and add it again with --set");
    }
    return values;
}

std::string parameters_as_json(const parameter_values& values) {
    return node(values).dump();
}

adapter adapter::with(const parameter_values& values) const {
    std::string needed;
    for (const auto& [parameter, what] : parameters) {
        needed += fmt::format("{}--set {}=… ({})", needed.empty() ? "" : ", ", parameter, what);
    }
    const auto refuse = [&](const std::string& why) {
        return error(exit_code::arguments, cause::needs_person, fmt::format("the adapter {} {}", name, why),
                     parameters.empty() ? "leave --set out" : "give " + needed);
    };
    for (const auto& [parameter, value] : values) {
        if (std::none_of(parameters.begin(), parameters.end(), [&](const auto& p) { return p.first == parameter; })) {
            throw refuse(fmt::format("has no parameter \"{}\"", parameter));
        }
        if (!is_identifier(value)) {
            throw refuse(fmt::format(
                "cannot take \"{}\" for {}: letters a to z, digits and underscores, no digit first", value, parameter));
        }
    }
    for (const auto& parameter : parameters) {
        if (!values.contains(parameter.first)) {
            throw refuse(fmt::format("needs {}", parameter.first));
        }
    }
    adapter made = *this;
    for (table& t : made.tables) {
        const auto value_of = [&](std::string_view parameter) { return values.find(parameter)->second; };
        t.schema = replaced(t.schema, value_of);
        for (foreign_key& key : t.foreign_keys) {
            key.parent = replaced(key.parent, value_of);
        }
        if (t.schema.size() > longest_identifier) {
            throw refuse(fmt::format("would read the schema {}, whose name is too long", t.schema));
        }
    }
    return made;
}

} // namespace everarchive::adapter
