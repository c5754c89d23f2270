#include "capture/postgresql_type.hpp"

#include <algorithm>
#include <array>

namespace everarchive::capture::postgresql {

bool fits(std::string_view from, std::string_view to) {
    if (from == to || (to == "text" && from != "bytea")) {
        return true;
    }
    if (from.ends_with("[]") && to.ends_with("[]")) {
        return fits(from.substr(0, from.size() - 2), to.substr(0, to.size() - 2));
    }
    // In the order in which each takes every value of those before it.
    static constexpr std::array<std::string_view, 4> numbers{"smallint", "integer", "bigint", "numeric"};
    const auto place = [](std::string_view type) { return std::find(numbers.begin(), numbers.end(), type); };
    if (place(from) != numbers.end() && place(to) != numbers.end()) {
        return place(from) < place(to);
    }
    return (to == "character varying" && (from == "text" || from == "character")) ||
           (to == "double precision" && from == "real") || (to == "jsonb" && from == "json") ||
           (to == "json" && from == "jsonb");
}

namespace {

struct type_names {
    std::uint32_t oid;
    std::string_view internal; // pg_type.typname
    std::string_view name;     // format_type()
};

constexpr std::array<type_names, 36> types{{
    {16, "bool", "boolean"},
    {17, "bytea", "bytea"},
    {18, "char", "\"char\""},
    {19, "name", "name"},
    {20, "int8", "bigint"},
    {21, "int2", "smallint"},
    {23, "int4", "integer"},
    {25, "text", "text"},
    {26, "oid", "oid"},
    {114, "json", "json"},
    {142, "xml", "xml"},
    {650, "cidr", "cidr"},
    {700, "float4", "real"},
    {701, "float8", "double precision"},
    {790, "money", "money"},
    {869, "inet", "inet"},
    {1000, "_bool", "boolean[]"},
    {1005, "_int2", "smallint[]"},
    {1007, "_int4", "integer[]"},
    {1009, "_text", "text[]"},
    {1015, "_varchar", "character varying[]"},
    {1016, "_int8", "bigint[]"},
    {1042, "bpchar", "character"},
    {1043, "varchar", "character varying"},
    {1082, "date", "date"},
    {1083, "time", "time without time zone"},
    {1114, "timestamp", "timestamp without time zone"},
    {1184, "timestamptz", "timestamp with time zone"},
    {1186, "interval", "interval"},
    {1266, "timetz", "time with time zone"},
    {1560, "bit", "bit"},
    {1562, "varbit", "bit varying"},
    {1700, "numeric", "numeric"},
    {2950, "uuid", "uuid"},
    {3614, "tsvector", "tsvector"},
    {3802, "jsonb", "jsonb"},
}};

} // namespace

std::string_view builtin_type(std::uint32_t oid) {
    const auto found = std::lower_bound(types.begin(), types.end(), oid,
                                        [](const type_names& type, std::uint32_t wanted) { return type.oid < wanted; });
    return found != types.end() && found->oid == oid ? found->name : std::string_view{};
}

std::string_view builtin_type(std::string_view internal_name) {
    const auto found = std::find_if(types.begin(), types.end(),
                                    [&](const type_names& type) { return type.internal == internal_name; });
    return found != types.end() ? found->name : std::string_view{};
}

std::string without_length(std::string_view type) {
    const std::size_t open = type.find('(');
    const std::size_t close = type.find(')', open);
    std::string bare(type.substr(0, open));
    if (close != std::string_view::npos) {
        bare += type.substr(close + 1);
    }
    return bare;
}

} // namespace everarchive::capture::postgresql
