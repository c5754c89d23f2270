#include "apply/chunk_mirror.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "apply/mirror_table.hpp"
#include "apply/row_quarantine.hpp"
#include "capture/row_digest.hpp"

namespace everarchive::apply {

using capture::chunk_request;
using capture::row_digest;
using capture::row_key;

namespace {

/// Of the types of keys that a source and the mirror have in the same order: integers and uuid.
std::string end_of(std::string_view type, bool first) {
    if (type == "uuid") {
        return first ? "00000000-0000-0000-0000-000000000000" : "ffffffff-ffff-ffff-ffff-ffffffffffff";
    }
    const auto of = [first](auto least, auto most) { return first ? std::to_string(least) : std::to_string(most); };
    return type == "smallint"  ? of(INT16_MIN, INT16_MAX)
           : type == "integer" ? of(INT32_MIN, INT32_MAX)
                               : of(INT64_MIN, INT64_MAX);
}

/// Whether `text` is a number that is too large for an integer type. Of what is no number the server tells.
bool is_beyond(std::string_view text, std::string_view type) {
    if (type != "smallint" && type != "integer" && type != "bigint") {
        return false;
    }
    std::int64_t value = 0;
    const std::errc read = std::from_chars(text.data(), text.data() + text.size(), value).ec;
    if (read == std::errc::invalid_argument) {
        return false;
    }
    const bool too_large = type == "smallint"  ? value < INT16_MIN || value > INT16_MAX
                           : type == "integer" ? value < INT32_MIN || value > INT32_MAX
                                               : false;
    return too_large || read == std::errc::result_out_of_range;
}

} // namespace

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

/// `key` as a bound among the keys of the mirror. A source may have keys beyond the type of the mirror's column, such
/// as of a bigint unsigned: they stand after all that the mirror has, or before.
row_key chunk_mirror::bound_of(std::uint32_t table, row_key key) const {
    const adapter::table& definition = *tables_[table].definition;
    const auto type_of = [&](std::size_t part) -> const std::string& {
        return definition.columns[definition.key[part]].type;
    };
    for (std::size_t part = 0; part < key.size(); ++part) {
        if (is_beyond(key[part], type_of(part))) {
            for (const bool first = key[part].starts_with('-'); part < key.size(); ++part) {
                key[part] = end_of(type_of(part), first);
            }
        }
    }
    return key;
}

std::string chunk_mirror::range_from(const chunk_request& request, const row_key& up_to,
                                     std::vector<pq::parameter>& values) const {
    chunk_request bounded = request;
    bounded.after = bound_of(request.table, request.after);
    return range_sql(tables_[request.table], bounded, bound_of(request.table, up_to), values);
}

/// `select` of the rows that have one of the keys. The mirror has no row of a key that its columns cannot hold, and its
/// server would refuse to look for it.
pq::result chunk_mirror::rows_with(const std::string& select, std::uint32_t table, std::vector<row_key> keys) {
    std::erase_if(keys, [](const row_key& key) {
        return std::any_of(key.begin(), key.end(),
                           [](const std::string& part) { return part.find('\0') != std::string::npos; });
    });
    const auto look = [&] {
        std::vector<pq::parameter> values;
        const std::string from = keys_sql(tables_[table], keys, values);
        return on_.run_prepared(select + from, values);
    };
    try {
        return look();
    } catch (const pq::error& failed) {
        if (!is_data_error(failed.sqlstate()) || on_.in_transaction()) {
            throw;
        }
    }
    std::erase_if(keys, [&](const row_key& key) { return !can_hold_key(on_, *tables_[table].definition, key); });
    return look();
}

chunk_mirror::sum chunk_mirror::sum_of(const chunk_request& request, const row_key& up_to,
                                       const std::vector<std::size_t>& columns) {
    std::vector<pq::parameter> values;
    const table_text& table = tables_[request.table];
    const std::string from = range_from(request, up_to, values);
    const pq::result found =
        on_.run_prepared("SELECT " + sum_sql(table, digest(request.table, columns)) + from, values);
    return {found.number<std::size_t>(0, 0), std::string(found.text(0, 1))};
}

std::vector<row_digest> chunk_mirror::digests_of(const chunk_request& request, const row_key& up_to,
                                                 const std::vector<std::size_t>& columns) {
    std::vector<pq::parameter> values;
    const table_text& table = tables_[request.table];
    const std::string from = range_from(request, up_to, values);
    return capture::read_digests(
        on_.run_prepared("SELECT " + table.key_texts + ", " + digest(request.table, columns) + from, values),
        table.key.size());
}

std::vector<row_digest> chunk_mirror::digests_of(std::uint32_t table, const std::vector<row_key>& wanted,
                                                 const std::vector<std::size_t>& columns) {
    return capture::read_digests(
        rows_with("SELECT " + tables_[table].key_texts + ", " + digest(table, columns), table, wanted),
        tables_[table].key.size());
}

std::map<std::string, chunk_mirror::row> chunk_mirror::rows_of(std::uint32_t table,
                                                               const std::vector<row_key>& wanted) {
    const adapter::table& definition = *tables_[table].definition;
    const pq::result rows = rows_with("SELECT " + tables_[table].all_texts, table, wanted);
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
    try {
        return on_
            .run_prepared("SELECT EXISTS (SELECT FROM " + tables_[parent].from + " WHERE " + condition + ")", values)
            .truth(0, 0);
    } catch (const pq::error& failed) {
        if (!is_data_error(failed.sqlstate()) || on_.in_transaction()) {
            throw;
        }
        return false; // what its column cannot hold it has not
    }
}

} // namespace everarchive::apply
