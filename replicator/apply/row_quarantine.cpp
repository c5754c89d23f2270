#include "apply/row_quarantine.hpp"

#include <nlohmann/json.hpp>

#include "base/log.hpp"

namespace everarchive::apply {

using capture::cell;

bool is_data_error(std::string_view sqlstate) noexcept {
    const std::string_view cls = sqlstate.substr(0, 2);
    return cls == "22" || cls == "23" || cls == "MR" || sqlstate == "42804" || sqlstate == "0A000" ||
           sqlstate == "54000";
}

bool is_table_error(std::string_view sqlstate) noexcept {
    return sqlstate.starts_with("42") && !is_data_error(sqlstate);
}

namespace {

std::string hexadecimal(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

/// The JSON library is the judge of what is UTF-8: it refuses what it could not write.
bool is_utf8(std::string_view text) {
    try {
        (void)nlohmann::json(std::string(text)).dump();
        return true;
    } catch (const nlohmann::json::type_error&) {
        return false;
    }
}

nlohmann::json cells_as_json(const adapter::table& table, std::span<const cell> row) {
    nlohmann::json cells = nlohmann::json::object();
    for (std::size_t i = 0; i < row.size() && i < table.columns.size(); ++i) {
        const std::string& column = table.columns[i].name;
        if (row[i].is == cell::state::null) {
            cells[column] = nullptr;
        } else if (row[i].is == cell::state::value) {
            if (is_utf8(row[i].text)) {
                cells[column] = std::string(row[i].text);
            } else {
                cells[column] = {{"hex", hexadecimal(row[i].text)}};
            }
        }
    }
    return cells;
}

std::string_view name_of_effect(net_change::effect what) {
    switch (what) {
    case net_change::effect::upsert:
        return "upsert";
    case net_change::effect::patch:
        return "update";
    case net_change::effect::remove:
        return "delete";
    }
    return "upsert";
}

} // namespace

std::string printable(std::string_view text) {
    return is_utf8(text) && text.find('\0') == std::string_view::npos ? std::string(text) : "\\x" + hexadecimal(text);
}

std::string change_as_json(const adapter::table& table, std::string_view operation, std::span<const cell> row,
                           std::span<const cell> old, bool keeps_children) {
    nlohmann::json change{
        {"table", table.mirror_name()}, {"operation", operation}, {"cells", cells_as_json(table, row)}};
    if (!old.empty()) {
        change["old"] = cells_as_json(table, old);
    }
    if (keeps_children) {
        change["keeps_children"] = true;
    }
    return change.dump();
}

namespace {

std::string bytes_of(std::string_view hexadecimal_text) {
    std::string bytes;
    const auto digit = [](char c) { return c >= 'a' ? c - 'a' + 10 : c - '0'; };
    for (std::size_t i = 0; i + 1 < hexadecimal_text.size(); i += 2) {
        bytes += static_cast<char>(digit(hexadecimal_text[i]) * 16 + digit(hexadecimal_text[i + 1]));
    }
    return bytes;
}

/// Reads cells into `row`. Returns false if a column is not in the table.
bool read_cells(const adapter::table& table, const nlohmann::json& cells, std::vector<cell>& row,
                std::deque<std::string>& texts) {
    row.assign(table.columns.size(), cell::absent());
    for (const auto& [name, value] : cells.items()) {
        const std::optional<std::size_t> column = table.find(name);
        if (!column) {
            return false;
        }
        if (value.is_null()) {
            row[*column] = cell::null();
        } else if (value.is_string()) {
            row[*column] = cell::of(texts.emplace_back(value.get<std::string>()));
        } else {
            row[*column] = cell::of(texts.emplace_back(bytes_of(value.at("hex").get<std::string>())));
        }
    }
    return true;
}

} // namespace

std::optional<kept_change> change_from_json(const adapter::adapter& adapter, const std::string& json) {
    try {
        const nlohmann::json kept = nlohmann::json::parse(json);
        kept_change read;
        read.operation = kept.at("operation").get<std::string>();
        read.keeps_children = kept.value("keeps_children", false);
        for (; read.table < adapter.tables.size(); ++read.table) {
            const adapter::table& table = adapter.tables[read.table];
            if (table.mirror_name() == kept.at("table").get<std::string>()) {
                if (!read_cells(table, kept.at("cells"), read.row, read.texts) ||
                    (kept.contains("old") && !read_cells(table, kept.at("old"), read.old, read.texts))) {
                    return std::nullopt;
                }
                return read;
            }
        }
    } catch (const nlohmann::json::exception&) {
        // Not ours, or from another version: the caller says so.
    }
    return std::nullopt;
}

std::string row_quarantine::name_of(const adapter::table& table, std::string_view key) {
    return table.mirror_name() + '\n' + printable(key);
}

void row_quarantine::load() {
    open_.clear();
    tables_.clear();
    keys_.clear();
    const pq::result rows = on_.run("SELECT table_name, key FROM everarchive.quarantine WHERE source_id = $1::integer "
                                    "AND stage = 'apply' AND resolved_at IS NULL",
                                    {std::to_string(source_id_)});
    for (int row = 0; row < rows.rows(); ++row) {
        open_.insert(std::string(rows.text(row, 0)) + '\n' + std::string(rows.text(row, 1)));
    }
}

void row_quarantine::put(const adapter::table& table, std::string_view operation, std::span<const cell> row,
                         std::span<const cell> old, const std::string& position, const reason& why,
                         bool keeps_children) {
    resolve(); // what is noted until now is not about the case that comes
    const std::string key = printable(key_text(table, row));
    // Rows whose key has no value all have the same text in its place.
    if (has_values(table.key, row) && is_whole_change(operation, row) && holds(table, row)) {
        on_.run_prepared("UPDATE everarchive.quarantine SET resolved_at = pg_catalog.now(), resolution = 'superseded' "
                         "WHERE source_id = $1::integer AND stage = 'apply' AND resolved_at IS NULL AND table_name = "
                         "$2 AND key = $3",
                         {std::to_string(source_id_), table.mirror_name(), key});
    }
    on_.run_prepared(
        "INSERT INTO everarchive.quarantine (source_id, stage, table_name, operation, key, position, bytes, "
        "sqlstate, message, hint) VALUES ($1::integer, 'apply', $2, $3, $4, $5, $6::bytea, $7, $8, $9)",
        {std::to_string(source_id_), table.mirror_name(), std::string(operation), key,
         position.empty() ? pq::parameter() : position,
         "\\x" + hexadecimal(change_as_json(table, operation, row, old, keeps_children)),
         why.sqlstate.empty() ? pq::parameter() : why.sqlstate, printable(why.message),
         why.hint.empty() ? pq::parameter() : printable(why.hint)});
    open_.insert(name_of(table, key));
    // The table has all of it; a line of the log need not repeat the row that PostgreSQL quotes.
    const std::string_view message = std::string_view(why.message).substr(0, why.message.find(" (Failing row"));
    log::write(log::severity::warning, "apply", "a row went to quarantine: " + std::string(message),
               {{"source", source_name_},
                {"table", table.mirror_name()},
                {"key", key},
                {"position", position},
                {"sqlstate", why.sqlstate}});
}

void row_quarantine::put(const adapter::table& table, const net_change& change, const std::string& position,
                         const reason& why) {
    const bool keeps_children = change.what == net_change::effect::remove && !change.cascades;
    put(table, name_of_effect(change.what), change.row, {}, position, why, keeps_children);
}

bool row_quarantine::holds(const adapter::table& table, std::span<const cell> row) const {
    return !open_.empty() && open_.contains(name_of(table, key_text(table, row)));
}

void row_quarantine::supersede(const adapter::table& table, std::span<const cell> row) {
    if (!open_.empty()) {
        supersede(table, key_text(table, row));
    }
}

void row_quarantine::supersede(const adapter::table& table, const std::string& key) {
    if (open_.erase(name_of(table, key)) != 0) {
        tables_.push_back(table.mirror_name());
        keys_.push_back(printable(key));
    }
}

void row_quarantine::supersede_all(const adapter::table& table) {
    const std::string prefix = table.mirror_name() + '\n';
    if (std::erase_if(open_, [&](const std::string& name) { return name.starts_with(prefix); }) != 0) {
        on_.run("UPDATE everarchive.quarantine SET resolved_at = pg_catalog.now(), resolution = 'superseded' WHERE "
                "source_id = $1::integer AND stage = 'apply' AND resolved_at IS NULL AND table_name = $2",
                {std::to_string(source_id_), table.mirror_name()});
    }
}

void row_quarantine::resolve() {
    if (keys_.empty()) {
        return;
    }
    on_.run("UPDATE everarchive.quarantine q SET resolved_at = pg_catalog.now(), resolution = 'superseded' "
            "FROM unnest($2::text[], $3::text[]) AS k(table_name, key) WHERE q.source_id = $1::integer "
            "AND q.stage = 'apply' AND q.resolved_at IS NULL AND q.table_name = k.table_name AND q.key = k.key",
            {std::to_string(source_id_), pq::array_literal(tables_), pq::array_literal(keys_)});
    tables_.clear();
    keys_.clear();
}

std::vector<std::pair<std::string, std::string>> row_quarantine::requested() {
    std::vector<std::pair<std::string, std::string>> found;
    if (open_.empty()) {
        return found;
    }
    const pq::result rows = on_.run_prepared(
        "SELECT quarantine_id, pg_catalog.convert_from(bytes, 'UTF8') FROM everarchive.quarantine WHERE source_id = "
        "$1::integer AND stage = 'apply' AND resolved_at IS NULL AND retry_at IS NOT NULL ORDER BY quarantine_id LIMIT "
        "100",
        {std::to_string(source_id_)});
    for (int row = 0; row < rows.rows(); ++row) {
        found.emplace_back(rows.text(row, 0), rows.text(row, 1));
    }
    return found;
}

row_quarantine::neighbours row_quarantine::beside(const std::string& id) {
    const pq::result rows = on_.run_prepared(
        "SELECT o.quarantine_id - q.quarantine_id, CASE WHEN o.quarantine_id > q.quarantine_id THEN "
        "pg_catalog.convert_from(o.bytes, 'UTF8') END FROM everarchive.quarantine q JOIN everarchive.quarantine o ON "
        "o.source_id = q.source_id AND o.stage = 'apply' AND o.resolved_at IS NULL AND o.table_name = q.table_name AND "
        "o.key = q.key WHERE q.quarantine_id = $1::bigint",
        {id});
    neighbours found;
    for (int row = 0; row < rows.rows(); ++row) {
        const auto distance = rows.number(row, 0);
        found.is_open = found.is_open || distance == 0;
        found.older = found.older || distance < 0;
        if (distance > 0) {
            found.newer.emplace_back(rows.text(row, 1));
        }
    }
    return found;
}

void row_quarantine::outdated(const std::string& id) {
    on_.run_prepared(
        "UPDATE everarchive.quarantine SET resolved_at = pg_catalog.now(), resolution = 'superseded' WHERE "
        "quarantine_id = $1::bigint AND resolved_at IS NULL",
        {id});
}

void row_quarantine::retried(const std::string& id, const adapter::table& table, const kept_change& kept,
                             const std::optional<reason>& why) {
    if (why) {
        refuse(id, *why);
        return;
    }
    on_.run_prepared(
        "UPDATE everarchive.quarantine SET resolved_at = pg_catalog.now(), resolution = 'retried', attempts = "
        "attempts + 1, last_at = pg_catalog.now() WHERE quarantine_id = $1::bigint",
        {id});
    if (kept.is_whole()) {
        on_.run_prepared(
            "UPDATE everarchive.quarantine o SET resolved_at = pg_catalog.now(), resolution = 'superseded' FROM "
            "everarchive.quarantine q WHERE q.quarantine_id = $1::bigint AND o.source_id = q.source_id AND o.stage = "
            "'apply' AND o.resolved_at IS NULL AND o.table_name = q.table_name AND o.key = q.key AND o.quarantine_id < "
            "q.quarantine_id",
            {id});
    }
    const neighbours left = beside(id);
    if (!left.older && left.newer.empty()) {
        open_.erase(name_of(table, key_text(table, kept.row)));
    }
}

void row_quarantine::refuse(const std::string& id, const reason& why) {
    on_.run_prepared(
        "UPDATE everarchive.quarantine SET attempts = attempts + 1, last_at = pg_catalog.now(), retry_at = "
        "NULL, sqlstate = $2, message = $3, hint = $4 WHERE quarantine_id = $1::bigint",
        {id, why.sqlstate.empty() ? pq::parameter() : why.sqlstate, printable(why.message),
         why.hint.empty() ? pq::parameter() : printable(why.hint)});
}

std::vector<std::string> row_quarantine::next_missing_rows(std::size_t most) {
    std::vector<std::string> found;
    if (!open_.empty()) {
        const pq::result rows = on_.run_prepared(
            "SELECT table_name, quarantine_id, pg_catalog.convert_from(bytes, 'UTF8') FROM everarchive.quarantine "
            "WHERE source_id = $1::integer AND stage = 'apply' AND resolved_at IS NULL AND sqlstate IS NULL AND "
            "message = $2 AND (table_name, quarantine_id) > ($3, $4::bigint) ORDER BY table_name, quarantine_id "
            "LIMIT " +
                std::to_string(most),
            {std::to_string(source_id_), row_missing().message, missing_table_, missing_id_});
        for (int row = 0; row < rows.rows() && rows.text(row, 0) == rows.text(0, 0); ++row) {
            missing_table_ = rows.text(row, 0);
            missing_id_ = rows.text(row, 1);
            found.emplace_back(rows.text(row, 2));
        }
    }
    if (found.empty()) {
        missing_table_.clear();
        missing_id_ = "0";
    }
    return found;
}

row_quarantine::reason row_quarantine::row_missing() const {
    return {"", "the source sent only what changed of a row whose rest the mirror does not have",
            "everarchive source resync " + source_name_};
}

} // namespace everarchive::apply
