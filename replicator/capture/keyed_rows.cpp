#include "capture/keyed_rows.hpp"

#include <fmt/format.h>

#include "capture/row_digest.hpp"

namespace everarchive::capture {

void keyed_table::add_key(const std::string& name, const std::string& type, const std::string& cast) {
    key.push_back(name);
    key_types.push_back(cast);
    key_list += (key_list.empty() ? "" : ", ") + name;
    key_texts += (key_texts.empty() ? "" : ", ") + text_sql(name, type);
}

std::string range_sql(const keyed_table& table, const chunk_request& request, const row_key& up_to,
                      std::vector<pq::parameter>& values) {
    std::string condition = table.condition.empty() ? "" : " WHERE " + table.condition;
    const auto bound = [&](const row_key& key, std::string_view sign) {
        std::string right;
        for (std::size_t i = 0; i < key.size(); ++i) {
            values.emplace_back(key[i]);
            right += fmt::format("{}${}::{}", i == 0 ? "" : ", ", values.size(), table.key_types[i]);
        }
        condition +=
            fmt::format("{}({}) {} ({})", condition.empty() ? " WHERE " : " AND ", table.key_list, sign, right);
    };
    if (!request.after.empty()) {
        bound(request.after, request.after_is_part ? ">=" : ">");
    }
    if (!up_to.empty()) {
        bound(up_to, "<=");
    }
    return " FROM " + table.from + condition;
}

std::string keys_sql(const keyed_table& table, std::span<const row_key> keys, std::vector<pq::parameter>& values) {
    std::string arrays;
    std::string names;
    std::string matches;
    for (std::size_t i = 0; i < table.key.size(); ++i) {
        std::vector<std::string> part;
        part.reserve(keys.size());
        for (const row_key& key : keys) {
            part.push_back(key[i]);
        }
        values.emplace_back(pq::array_literal(part));
        arrays += fmt::format("{}${}::{}[]", i == 0 ? "" : ", ", values.size(), table.key_types[i]);
        names += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
        matches += fmt::format("{}{} = k.c{}", i == 0 ? "" : " AND ", table.key[i], i);
    }
    return fmt::format(" FROM {} JOIN unnest({}) AS k({}) ON {}{}{}", table.from, arrays, names, matches,
                       table.condition.empty() ? "" : " WHERE ", table.condition);
}

std::string sum_sql(const keyed_table& table, const std::string& digest) {
    return fmt::format("count(*), md5(coalesce(string_agg({}, '' ORDER BY {}), ''))", digest, table.key_list);
}

row_key key_of(const pq::result& rows, int row, std::size_t parts) {
    row_key key;
    for (std::size_t i = 0; i < parts; ++i) {
        key.emplace_back(rows.text(row, static_cast<int>(i)));
    }
    return key;
}

std::vector<row_digest> read_digests(const pq::result& rows, std::size_t parts) {
    std::vector<row_digest> found;
    found.reserve(static_cast<std::size_t>(rows.rows()));
    for (int row = 0; row < rows.rows(); ++row) {
        found.push_back({key_of(rows, row, parts), std::string(rows.text(row, static_cast<int>(parts)))});
    }
    return found;
}

} // namespace everarchive::capture
