#include "apply/chunk_mirror.hpp"

#include "apply/mirror_table.hpp"
#include "apply/row_quarantine.hpp"
#include "capture/row_digest.hpp"

namespace everarchive::apply {

using capture::chunk_request;
using capture::row_digest;
using capture::row_key;

std::string joined_key(const row_key& key) {
    std::string joined;
    for (const std::string& part : key) {
        joined += std::to_string(part.size()) + ':' + part;
    }
    return joined;
}

std::string readable_key(const row_key& key) {
    std::string text;
    for (const std::string& part : key) {
        text += (&part == key.data() ? "" : ":") + part;
    }
    return text;
}

row_key key_from_text(std::string_view text, std::size_t parts) {
    row_key key;
    while (key.size() + 1 < parts) {
        const std::size_t colon = std::min(text.find(':'), text.size());
        key.emplace_back(text.substr(0, colon));
        text.remove_prefix(std::min(colon + 1, text.size()));
    }
    key.emplace_back(text);
    return key;
}

chunk_mirror::chunk_mirror(pq::connection& on, const adapter::adapter& adapter, std::string_view mirror_schema)
    : on_(on) {
    for (const adapter::table& table : adapter.tables) {
        table_text& text = tables_.emplace_back();
        text.definition = &table;
        text.name = sql_identifier(mirror_schema) + "." + sql_identifier(table.mirror_name()) + " m";
        for (const std::size_t column : table.key) {
            const std::string name = "m." + sql_identifier(table.columns[column].name);
            text.key_list += (text.key_list.empty() ? "" : ", ") + name;
            text.key_texts +=
                (text.key_texts.empty() ? "" : ", ") + capture::text_sql(name, table.columns[column].type);
        }
        for (const adapter::column& column : table.columns) {
            const std::string name = "m." + sql_identifier(column.name);
            // concat() makes the empty string of NULL
            text.all_texts += (text.all_texts.empty() ? "" : ", ") + ("CASE WHEN " + name + " IS NOT NULL THEN ") +
                              capture::text_sql(name, column.type) + " END";
        }
    }
}

std::string chunk_mirror::digest(std::uint32_t table, const std::vector<std::size_t>& columns) const {
    std::vector<std::string> names;
    std::vector<std::string> types;
    for (const std::size_t column : columns) {
        names.push_back("m." + sql_identifier(tables_[table].definition->columns[column].name));
        types.push_back(tables_[table].definition->columns[column].type);
    }
    return capture::digest_sql(names, types, true); // the extension takes databases in UTF8 only
}

std::string chunk_mirror::range(const chunk_request& request, const row_key& up_to,
                                std::vector<pq::parameter>& values) const {
    const table_text& table = tables_[request.table];
    std::string condition;
    const auto bound = [&](const row_key& key, std::string_view sign) {
        std::string right;
        for (std::size_t i = 0; i < key.size(); ++i) {
            values.emplace_back(key[i]);
            right += (i == 0 ? "$" : ", $") + std::to_string(values.size()) +
                     "::" + table.definition->columns[table.definition->key[i]].type;
        }
        condition += (condition.empty() ? " WHERE (" : " AND (") + table.key_list + ") " + std::string(sign) + " (" +
                     right + ")";
    };
    if (!request.after.empty()) {
        bound(request.after, request.after_is_part ? ">=" : ">");
    }
    if (!up_to.empty()) {
        bound(up_to, "<=");
    }
    return condition;
}

chunk_mirror::sum chunk_mirror::sum_of(const chunk_request& request, const row_key& up_to,
                                       const std::vector<std::size_t>& columns) {
    std::vector<pq::parameter> values;
    const std::string condition = range(request, up_to, values);
    const table_text& table = tables_[request.table];
    const pq::result found =
        on_.run_prepared("SELECT count(*), md5(coalesce(string_agg(" + digest(request.table, columns) +
                             ", '' ORDER BY " + table.key_list + "), '')) FROM " + table.name + condition,
                         values);
    return {found.number<std::size_t>(0, 0), std::string(found.text(0, 1))};
}

std::vector<row_digest> chunk_mirror::read_digests(const pq::result& rows, std::size_t parts) {
    std::vector<row_digest> found;
    found.reserve(static_cast<std::size_t>(rows.rows()));
    for (int at = 0; at < rows.rows(); ++at) {
        row_digest& one = found.emplace_back();
        for (std::size_t part = 0; part < parts; ++part) {
            one.key.emplace_back(rows.text(at, static_cast<int>(part)));
        }
        one.digest = rows.text(at, static_cast<int>(parts));
    }
    return found;
}

std::vector<row_digest> chunk_mirror::digests_of(const chunk_request& request, const row_key& up_to,
                                                 const std::vector<std::size_t>& columns) {
    std::vector<pq::parameter> values;
    const std::string condition = range(request, up_to, values);
    const table_text& table = tables_[request.table];
    return read_digests(on_.run_prepared("SELECT " + table.key_texts + ", " + digest(request.table, columns) +
                                             " FROM " + table.name + condition,
                                         values),
                        table.definition->key.size());
}

/// `FROM mirror JOIN unnest(…)` for these keys.
std::string chunk_mirror::keys(std::uint32_t table, const std::vector<row_key>& keys,
                               std::vector<pq::parameter>& values) const {
    const adapter::table& definition = *tables_[table].definition;
    std::string arrays;
    std::string names;
    std::string matches;
    for (std::size_t i = 0; i < definition.key.size(); ++i) {
        std::vector<std::string> part;
        part.reserve(keys.size());
        for (const row_key& key : keys) {
            part.push_back(key[i]);
        }
        values.emplace_back(pq::array_literal(part));
        const std::string c = "c" + std::to_string(i);
        const adapter::column& column = definition.columns[definition.key[i]];
        arrays += (i == 0 ? "$" : ", $") + std::to_string(values.size()) + "::" + column.type + "[]";
        names += (i == 0 ? "" : ", ") + c;
        matches += (i == 0 ? "m." : " AND m.") + sql_identifier(column.name) + " = k." + c;
    }
    return " FROM " + tables_[table].name + " JOIN unnest(" + arrays + ") AS k(" + names + ") ON " + matches;
}

std::vector<row_digest> chunk_mirror::digests_of(std::uint32_t table, const std::vector<row_key>& wanted,
                                                 const std::vector<std::size_t>& columns) {
    std::vector<pq::parameter> values;
    const std::string from = keys(table, wanted, values);
    return read_digests(
        on_.run_prepared("SELECT " + tables_[table].key_texts + ", " + digest(table, columns) + from, values),
        tables_[table].definition->key.size());
}

std::map<std::string, chunk_mirror::row> chunk_mirror::rows_of(std::uint32_t table,
                                                               const std::vector<row_key>& wanted) {
    std::vector<pq::parameter> values;
    const std::string from = keys(table, wanted, values);
    const adapter::table& definition = *tables_[table].definition;
    const pq::result rows = on_.run_prepared("SELECT " + tables_[table].all_texts + from, values);
    std::map<std::string, row> found;
    for (int at = 0; at < rows.rows(); ++at) {
        row one;
        for (int column = 0; column < rows.columns(); ++column) {
            one.push_back(rows.is_null(at, column) ? std::nullopt : std::optional(std::string(rows.text(at, column))));
        }
        row_key key;
        for (const std::size_t column : definition.key) {
            key.push_back(one[column].value_or(""));
        }
        found.emplace(joined_key(key), std::move(one));
    }
    return found;
}

std::vector<row_key> chunk_mirror::keys_after(std::uint32_t table, const row_key& after, std::size_t most) {
    chunk_request request;
    request.table = table;
    request.after = after;
    std::vector<pq::parameter> values;
    const std::string condition = range(request, {}, values);
    const pq::result rows =
        on_.run_prepared("SELECT " + tables_[table].key_texts + " FROM " + tables_[table].name + condition +
                             " ORDER BY " + tables_[table].key_list + " LIMIT " + std::to_string(most),
                         values);
    std::vector<row_key> found;
    for (int at = 0; at < rows.rows(); ++at) {
        row_key& key = found.emplace_back();
        for (int part = 0; part < rows.columns(); ++part) {
            key.emplace_back(rows.text(at, part));
        }
    }
    return found;
}

std::optional<std::string> chunk_mirror::in_column(std::uint32_t table, std::size_t column, std::string_view text) {
    const std::string& type = tables_[table].definition->columns[column].type;
    try {
        return std::string(on_.run_prepared("SELECT concat($1::" + type + ")", {std::string(text)}).text(0, 0));
    } catch (const pq::error& failed) {
        if (!is_data_error(failed.sqlstate()) || on_.in_transaction()) {
            throw;
        }
        return std::nullopt;
    }
}

bool chunk_mirror::has_parent(std::size_t parent, const adapter::foreign_key& link,
                              std::span<const capture::cell> child) {
    std::vector<pq::parameter> values;
    std::string condition;
    for (std::size_t i = 0; i < link.columns.size(); ++i) {
        if (child[link.columns[i]].is != capture::cell::state::value) {
            return true;
        }
        values.emplace_back(child[link.columns[i]].text);
        const adapter::column& column = tables_[parent].definition->columns[link.parent_columns[i]];
        condition += (i == 0 ? "m." : " AND m.") + sql_identifier(column.name) + " = $" + std::to_string(i + 1) +
                     "::" + column.type;
    }
    return on_.run_prepared("SELECT EXISTS (SELECT FROM " + tables_[parent].name + " WHERE " + condition + ")", values)
        .truth(0, 0);
}

} // namespace everarchive::apply
