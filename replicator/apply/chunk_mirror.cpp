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
        text.from = sql_identifier(mirror_schema) + "." + sql_identifier(table.mirror_name()) + " m";
        for (const std::size_t column : table.key) {
            const std::string& type = table.columns[column].type;
            text.add_key("m." + sql_identifier(table.columns[column].name), type, type);
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

chunk_mirror::sum chunk_mirror::sum_of(const chunk_request& request, const row_key& up_to,
                                       const std::vector<std::size_t>& columns) {
    std::vector<pq::parameter> values;
    const table_text& table = tables_[request.table];
    const std::string from = range_sql(table, request, up_to, values);
    const pq::result found =
        on_.run_prepared("SELECT " + sum_sql(table, digest(request.table, columns)) + from, values);
    return {found.number<std::size_t>(0, 0), std::string(found.text(0, 1))};
}

std::vector<row_digest> chunk_mirror::digests_of(const chunk_request& request, const row_key& up_to,
                                                 const std::vector<std::size_t>& columns) {
    std::vector<pq::parameter> values;
    const table_text& table = tables_[request.table];
    const std::string from = range_sql(table, request, up_to, values);
    return capture::read_digests(
        on_.run_prepared("SELECT " + table.key_texts + ", " + digest(request.table, columns) + from, values),
        table.key.size());
}

std::vector<row_digest> chunk_mirror::digests_of(std::uint32_t table, const std::vector<row_key>& wanted,
                                                 const std::vector<std::size_t>& columns) {
    std::vector<pq::parameter> values;
    const std::string from = keys_sql(tables_[table], wanted, values);
    return capture::read_digests(
        on_.run_prepared("SELECT " + tables_[table].key_texts + ", " + digest(table, columns) + from, values),
        tables_[table].key.size());
}

std::map<std::string, chunk_mirror::row> chunk_mirror::rows_of(std::uint32_t table,
                                                               const std::vector<row_key>& wanted) {
    std::vector<pq::parameter> values;
    const std::string from = keys_sql(tables_[table], wanted, values);
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
    const std::string from = range_sql(tables_[table], request, {}, values);
    const pq::result rows = on_.run_prepared("SELECT " + tables_[table].key_texts + from + " ORDER BY " +
                                                 tables_[table].key_list + " LIMIT " + std::to_string(most),
                                             values);
    std::vector<row_key> found;
    for (int at = 0; at < rows.rows(); ++at) {
        found.push_back(capture::key_of(rows, at, tables_[table].key.size()));
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
    return on_.run_prepared("SELECT EXISTS (SELECT FROM " + tables_[parent].from + " WHERE " + condition + ")", values)
        .truth(0, 0);
}

} // namespace everarchive::apply
