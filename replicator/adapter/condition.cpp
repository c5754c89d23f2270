// Policy conditions: one SQL expression, of harmless nodes and functions only.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "adapter/adapter.hpp"
#include "adapter/parse_tree.hpp"
#include "adapter/sql_text.hpp"

namespace everarchive::adapter {

namespace {

constexpr std::string_view hint =
    "a condition is one SQL expression over the columns of everarchive.policy_subject, with the functions of "
    "docs/operate.md; try it with: SELECT everarchive.policy_check('…')";

/// The condition is parsed as the argument of a function of this name: `a) OR (b` then shows as what it is, an
/// expression that would change the meaning of the query around it.
constexpr std::string_view before = "SELECT policy_condition(";

constexpr std::array<std::string_view, 21> allowed_nodes{
    "A_Const",  "A_Expr",   "BoolExpr", "ColumnRef",    "FuncCall",    "NullTest",      "BooleanTest",
    "TypeCast", "CaseExpr", "CaseWhen", "CoalesceExpr", "A_ArrayExpr", "A_Indirection", "A_Indices",
    "List",     "String",   "Integer",  "Float",        "Boolean",     "BitString",     "MinMaxExpr",
};

constexpr std::array<std::string_view, 52> allowed_functions{
    "abs",
    "age",
    "array_length",
    "array_position",
    "array_to_string",
    "btrim",
    "cardinality",
    "ceil",
    "char_length",
    "date_part",
    "date_trunc",
    "extract",
    "floor",
    "initcap",
    "jsonb_array_length",
    "jsonb_exists",
    "jsonb_exists_all",
    "jsonb_exists_any",
    "jsonb_extract_path",
    "jsonb_extract_path_text",
    "jsonb_typeof",
    "left",
    "length",
    "like_escape",
    "lower",
    "ltrim",
    "marc_digest",
    "marc_exists",
    "marc_leader",
    "marc_value",
    "marc_values",
    "mod",
    "now",
    "octet_length",
    "overlay",
    "position",
    "regexp_replace",
    "replace",
    "reverse",
    "right",
    "round",
    "rtrim",
    "similar_to_escape",
    "split_part",
    "starts_with",
    "strpos",
    "substr",
    "substring",
    "timezone",
    "to_date",
    "translate",
    "upper",
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> in_words{{
    {"SubLink", "a subquery is not allowed in a condition"},
    {"SelectStmt", "a subquery is not allowed in a condition"},
    {"ParamRef", "a condition has no parameters"},
    {"SQLValueFunction",
     "CURRENT_DATE, CURRENT_USER and their like are not allowed in a condition; write now() for the time"},
    {"WindowDef", "OVER is not allowed in a condition"},
    {"A_Star", "* is not allowed in a condition"},
    {"CollateClause", "COLLATE is not allowed in a condition"},
    {"RowExpr", "a row is not allowed in a condition"},
}};

template <typename List>
bool holds(const List& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

class condition_check {
  public:
    explicit condition_check(std::string_view condition) : condition_(condition) {}

    void run() const {
        look_at_text();
        std::vector<statement> statements;
        try {
            statements = parse(fmt::format("{}{}\n)", before, condition_));
        } catch (const syntax_fault& fault) {
            refuse(fault.offset, fault.message);
        }
        // A second statement or a FROM needs the closing parenthesis, which look_at_text() refused; this is the second
        // lock on the same door.
        if (statements.size() != 1 || statements.front().kind != "SelectStmt") {
            refuse(before.size(), "a condition is one expression, not several statements");
        }
        const node& targets = child(statements.front().body, "targetList");
        if (targets.size() != 1 || statements.front().body.size() != 3) { // targetList, limitOption, op
            refuse(before.size(), "a condition is one expression");
        }
        const node& value = child(targets.front().at("ResTarget"), "val");
        if (!value.contains("FuncCall") ||
            strings(value.at("FuncCall").at("funcname")) != std::vector<std::string>{"policy_condition"}) {
            refuse(before.size(), "a condition is one expression");
        }
        const node& outer = value.at("FuncCall");
        plain_call(outer, before.size());
        if (child(outer, "args").size() != 1) {
            refuse(before.size(), "a condition is one expression, without commas outside of parentheses");
        }
        walk(outer.at("args"), before.size(),
             [this](const std::string& key, const node& n, std::size_t place) { see(key, n, place); });
    }

  private:
    [[noreturn]] void refuse(std::size_t place, std::string_view reason) const {
        const std::size_t offset = place > before.size() ? place - before.size() : 0;
        throw error(
            exit_code::settings, cause::needs_person,
            fmt::format("the condition is refused at character {}: {}", character_at(condition_, offset), reason),
            std::string(hint));
    }

    void look_at_text() const {
        const sql_outline seen = outline(condition_, {.bytes = 16 * 1024, .depth = 64, .tokens = 2000});
        if (seen.fault) {
            refuse(before.size() + seen.fault->offset, seen.fault->reason);
        }
        if (skip_blank(condition_, 0) == condition_.size()) {
            refuse(before.size(), "it is empty; write true for everything");
        }
        if (seen.first_comment) {
            refuse(before.size() + *seen.first_comment, "a comment is not allowed in a condition");
        }
        if (!seen.balanced) {
            refuse(before.size(), "a closing parenthesis has no opening one");
        }
    }

    void see(const std::string& key, const node& n, std::size_t place) const {
        if (key == "typeName") {
            check_type(n, place);
            return;
        }
        if (key.empty() || key.front() < 'A' || key.front() > 'Z') {
            return;
        }
        for (const auto& [kind, words] : in_words) {
            if (key == kind) {
                refuse(place, words);
            }
        }
        if (!holds(allowed_nodes, key)) {
            refuse(place, fmt::format("{} is not allowed in a condition", key));
        }
        if (key == "FuncCall") {
            check_function(n, place);
        } else if (key == "ColumnRef" && n.at("fields").size() != 1) {
            // t.f could also call the function f with the row t.
            refuse(place, "name a column by itself, without a table");
        } else if (key == "A_Expr" && child(n, "name").size() > 1) {
            refuse(place, "OPERATOR(schema.…) is not allowed in a condition");
        } else if (key == "A_Indirection") {
            for (const node& step : n.at("indirection")) {
                if (!step.contains("A_Indices")) {
                    refuse(location(n.at("arg").begin().value(), place), "(…).field is not allowed in a condition");
                }
            }
        }
    }

    void check_function(const node& call, std::size_t place) const {
        std::vector<std::string> name = strings(call.at("funcname"));
        if (name.size() == 2 && name.front() == "pg_catalog") {
            name.erase(name.begin());
        }
        if (name.size() != 1 || !holds(allowed_functions, name.front())) {
            refuse(place, fmt::format("the function {} is not allowed in a condition", fmt::join(name, ".")));
        }
        plain_call(call, place);
    }

    void plain_call(const node& call, std::size_t place) const {
        for (const char* refused :
             {"agg_order", "agg_filter", "over", "agg_within_group", "agg_star", "agg_distinct", "func_variadic"}) {
            if (call.contains(refused)) {
                refuse(place,
                       "only a plain call is allowed in a condition: no DISTINCT, ORDER BY, FILTER, OVER, VARIADIC "
                       "or *");
            }
        }
    }

    void check_type(const node& type, std::size_t place) const {
        std::string why;
        if (strings(child(type, "names")).back() != "interval" && type_name(type, why).empty()) {
            refuse(place,
                   "a condition casts only to interval and the types that a mirror column may have, without length");
        }
    }

    std::string_view condition_;
};

} // namespace

std::span<const std::string_view> condition_functions() {
    return allowed_functions;
}

void check_condition(std::string_view condition) {
    condition_check(condition).run();
}

} // namespace everarchive::adapter
