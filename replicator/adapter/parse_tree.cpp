#include "adapter/parse_tree.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <pg_query.h>

#include "adapter/sql_text.hpp"

namespace everarchive::adapter {

namespace {

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in.is_open() || in.bad()) {
        throw error(exit_code::settings, cause::needs_person, fmt::format("{}: the file cannot be read", path),
                    "an adapter needs mirror.sql and mapping.sql, readable by this user");
    }
    return content;
}

struct free_result {
    void operator()(PgQueryParseResult* result) const {
        pg_query_free_parse_result(*result);
        delete result; // NOLINT(cppcoreguidelines-owning-memory): the deleter of the unique_ptr below
    }
};

/// The parser's name of a type and the name that format_type() gives it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> scalar_types{{
    {"int2", "smallint"},
    {"int4", "integer"},
    {"int8", "bigint"},
    {"numeric", "numeric"},
    {"float4", "real"},
    {"float8", "double precision"},
    {"bool", "boolean"},
    {"text", "text"},
    {"date", "date"},
    {"timestamp", "timestamp without time zone"},
    {"timestamptz", "timestamp with time zone"},
    {"uuid", "uuid"},
    {"jsonb", "jsonb"},
    {"bytea", "bytea"},
}};

} // namespace

std::vector<statement> parse(std::string_view text) {
    const std::string terminated(text);
    const std::unique_ptr<PgQueryParseResult, free_result> result(
        new PgQueryParseResult(pg_query_parse(terminated.c_str()))); // NOLINT(cppcoreguidelines-owning-memory)
    if (result->error != nullptr) {
        // cursorpos counts characters from 1; 0 when the parser names no place.
        const int cursor = result->error->cursorpos;
        throw syntax_fault{cursor > 0 ? byte_of(text, static_cast<std::size_t>(cursor)) : 0, result->error->message};
    }
    node tree = node::parse(result->parse_tree);
    std::vector<statement> statements;
    for (node& raw : tree["stmts"]) {
        node& wrapped = raw.at("stmt");
        if (wrapped.empty()) {
            continue;
        }
        statement s;
        s.kind = wrapped.begin().key();
        s.body = std::move(wrapped.begin().value());
        const std::size_t from = raw.value("stmt_location", std::size_t{0});
        const std::size_t length = raw.value("stmt_len", std::size_t{0});
        s.begin = skip_blank(text, from);
        s.end = length == 0 ? text.size() : from + length;
        while (s.end > s.begin && std::string_view(" \t\r\n").find(text[s.end - 1]) != std::string_view::npos) {
            --s.end;
        }
        statements.push_back(std::move(s));
    }
    return statements;
}

sql_file::sql_file(std::string path) : path_(std::move(path)), text_(read_file(path_)) {
    if (const sql_outline seen = outline(text_, {}); seen.fault) {
        throw refusal(seen.fault->offset, seen.fault->reason);
    }
    try {
        statements_ = parse(text_);
    } catch (const syntax_fault& fault) {
        throw refusal(fault.offset, fault.message);
    }
}

error sql_file::refusal(std::size_t offset, const std::string& reason) const {
    return {exit_code::settings, cause::needs_person, fmt::format("{}:{}: {}", path_, line_at(text_, offset), reason),
            "what an adapter may say is in docs/architecture.md, \"Contracts\""};
}

std::size_t location(const node& n, std::size_t otherwise) {
    // The parser leaves out a location of 0, and writes -1 for unknown.
    const auto found = n.find("location");
    if (found == n.end() || !found->is_number_integer() || found->get<std::int64_t>() < 0) {
        return otherwise;
    }
    return found->get<std::size_t>();
}

std::vector<std::string> strings(const node& list) {
    std::vector<std::string> names;
    for (const node& item : list) {
        if (item.is_object() && item.contains("String")) {
            names.push_back(text_at(item.at("String"), "sval"));
        }
    }
    return names;
}

const node& child(const node& n, const char* field) {
    static const node nothing;
    const auto found = n.find(field);
    return found != n.end() ? *found : nothing;
}

std::string text_at(const node& n, const char* field) {
    const auto found = n.find(field);
    return found != n.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_at(const node& n, const char* field) {
    const auto found = n.find(field);
    return found != n.end() && found->is_boolean() && found->get<bool>();
}

std::string type_name(const node& type, std::string& reason) {
    std::vector<std::string> names = strings(child(type, "names"));
    if (names.size() == 2 && names.front() == "pg_catalog") {
        names.erase(names.begin());
    }
    const std::size_t dimensions = child(type, "arrayBounds").size();
    std::string name;
    if (names.size() == 1) {
        for (const auto& [parsed, written] : scalar_types) {
            name = names.front() == parsed ? std::string(written) : name;
        }
    }
    std::string said = fmt::format("{}", fmt::join(names, "."));
    for (std::size_t i = 0; i < dimensions; ++i) {
        said += "[]";
    }
    const bool array = dimensions == 1 && (name == "text" || name == "integer");
    if (name.empty() || (dimensions > 0 && !array) || flag_at(type, "setof") || flag_at(type, "pct_type")) {
        reason = fmt::format("{} is no type of a mirror column: use smallint, integer, bigint, numeric, real, double "
                             "precision, boolean, text, date, timestamp, timestamptz, uuid, jsonb, bytea, text[] or "
                             "integer[]",
                             said);
        return {};
    }
    if (type.contains("typmods")) {
        reason = fmt::format("{} has a length or precision: a mirror keeps what the source has, write the type without",
                             said);
        return {};
    }
    return array ? name + "[]" : name;
}

void walk(const node& root, std::size_t place,
          const std::function<void(const std::string&, const node&, std::size_t)>& see) {
    struct open_node {
        const node* n;
        std::size_t place;
    };
    std::vector<open_node> open{{&root, place}};
    while (!open.empty()) {
        const open_node here = open.back();
        open.pop_back();
        const std::size_t at = here.n->is_object() ? location(*here.n, here.place) : here.place;
        if (here.n->is_object()) {
            for (const auto& [key, value] : here.n->items()) {
                see(key, value, value.is_object() ? location(value, at) : at);
            }
        }
        if (here.n->is_structured()) {
            for (auto child = here.n->rbegin(); child != here.n->rend(); ++child) {
                if (child->is_structured()) {
                    open.push_back({&*child, at});
                }
            }
        }
    }
}

} // namespace everarchive::adapter
