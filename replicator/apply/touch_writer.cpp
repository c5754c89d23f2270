#include "apply/touch_writer.hpp"

#include <algorithm>

#include "apply/savepoint.hpp"
#include "base/fault_point.hpp"

namespace everarchive::apply {

namespace {

/// Keys that are mapped at once in a source set to every commit.
constexpr std::size_t most_refreshed = 2'000;

/// Values that are followed at once.
constexpr std::size_t most_ways = 5'000;

/// Keys that one row of another table concerns, which may pass through our memory.
constexpr int most_concerned = 10'000;

} // namespace

touch_writer::touch_writer(pq::connection& on, const adapter::adapter& adapter, const taken_source& source,
                           const row_writer& mirror, touched_keys& touched)
    : on_(on), adapter_(adapter), source_id_(std::to_string(source.id)), every_commit_(source.every_commit),
      mirror_(mirror), touched_(touched) {
    if (every_commit_) {
        // The keys of a transaction of millions of rows, all of which are mapped at its end.
        on_.run(
            "CREATE TEMPORARY TABLE everarchive_aside (kind text COLLATE \"C\", key text COLLATE \"C\", PRIMARY KEY "
            "(kind, key)) ON COMMIT DELETE ROWS");
    }
}

void touch_writer::through() {
    for (const auto& [touch, values] : touched_.take_ways()) {
        const std::vector<std::string> all(values.begin(), values.end());
        for (std::size_t begin = 0; begin < all.size(); begin += most_ways) {
            through(*touch, std::span(all).subspan(begin, std::min(most_ways, all.size() - begin)));
        }
    }
}

/// A value that is none of its type is that of a row in quarantine, and leads nowhere.
void touch_writer::through(const adapter::touch_through& touch, std::span<const std::string> values) {
    if (data_error_of(on_, [&] { by_way_of(touch, values); }) && values.size() > 1) {
        through(touch, values.first(values.size() / 2));
        through(touch, values.subspan(values.size() / 2));
    }
}

void touch_writer::all_through(const adapter::table& table) {
    for (const adapter::touch_through& touch : table.touches_through) {
        by_way_of(touch, std::nullopt);
    }
}

/// Without values: whatever the other tables name. The keys go into the queue without passing through our memory,
/// because one row may concern very many (a location of half a million holdings).
void touch_writer::by_way_of(const adapter::touch_through& touch, std::optional<std::span<const std::string>> values) {
    std::string from;
    std::string before; // the column that gives the value of the step
    std::vector<pq::parameter> parameters;
    for (std::size_t i = 0; i < touch.steps.size(); ++i) {
        const adapter::touch_step& step = touch.steps[i];
        const mirror_table& mirror = mirror_.table(*adapter_.index_of_mirror(step.table));
        const std::string row = "m" + std::to_string(i);
        const std::string where = row + "." + sql_identifier(mirror.definition->columns[step.where].name);
        if (i > 0) {
            from += " JOIN " + mirror.name + " " + row + " ON " + where + " = " + before;
        } else if (values) {
            from += " FROM pg_catalog.unnest($1::" + mirror.definition->columns[step.where].type + "[]) k JOIN " +
                    mirror.name + " " + row + " ON " + where + " = k";
            parameters.emplace_back(pq::array_literal(*values));
        } else {
            from += " FROM " + mirror.name + " " + row;
        }
        before = row + "." + sql_identifier(mirror.definition->columns[step.key].name);
    }
    const std::string distinct =
        "SELECT DISTINCT " + before + "::text AS k" + from + " WHERE " + before + " IS NOT NULL";
    if (!every_commit_) {
        const std::string id = "$" + std::to_string(parameters.size() + 1);
        const std::string kind = "$" + std::to_string(parameters.size() + 2);
        parameters.emplace_back(source_id_);
        parameters.emplace_back(touch.kind);
        on_.run_prepared("INSERT INTO everarchive.touched (source_id, kind, key) SELECT " + id + "::integer, " + kind +
                             ", d.k FROM (" + distinct + ") d",
                         parameters);
        return;
    }
    const pq::result rows = on_.run_prepared(distinct + " LIMIT " + std::to_string(most_concerned + 1), parameters);
    if (rows.rows() > most_concerned) {
        const std::string kind = "$" + std::to_string(parameters.size() + 1);
        parameters.emplace_back(touch.kind);
        on_.run_prepared("INSERT INTO pg_temp.everarchive_aside (kind, key) SELECT " + kind + ", d.k FROM (" +
                             distinct + ") d ON CONFLICT DO NOTHING",
                         parameters);
        aside_ = true;
        return;
    }
    for (int row = 0; row < rows.rows(); ++row) {
        touched_.add(touch.kind, std::string(rows.text(row, 0)));
    }
}

void touch_writer::write() {
    if (touched_.empty()) {
        return;
    }
    for (const auto& [kind, keys] : touched_.by_kind()) {
        const std::string array = pq::array_literal(std::vector<std::string>(keys.begin(), keys.end()));
        if (every_commit_) {
            on_.run_prepared("INSERT INTO pg_temp.everarchive_aside (kind, key) SELECT $1, k FROM "
                             "pg_catalog.unnest($2::text[]) AS k ON CONFLICT DO NOTHING",
                             {kind, array});
            aside_ = true;
        } else {
            on_.run_prepared("INSERT INTO everarchive.touched (source_id, kind, key) "
                             "SELECT $1::integer, $2, k FROM pg_catalog.unnest($3::text[]) AS k",
                             {source_id_, kind, array});
        }
    }
    touched_.clear();
}

void touch_writer::refresh(const std::string& position) {
    if (aside_) {
        write();
        const pq::result kinds = on_.run_prepared("SELECT DISTINCT kind FROM pg_temp.everarchive_aside", {});
        for (int row = 0; row < kinds.rows(); ++row) {
            const std::string kind(kinds.text(row, 0));
            std::vector<std::string> keys;
            do {
                const std::string after = keys.empty() ? std::string() : keys.back();
                const pq::result next = on_.run_prepared(
                    std::string("SELECT a.key FROM pg_temp.everarchive_aside a WHERE a.kind = $1 AND a.key ") +
                        (keys.empty() ? ">=" : ">") + " $2 ORDER BY a.key LIMIT $3::bigint",
                    {kind, after, std::to_string(most_refreshed)});
                keys.clear();
                for (int key = 0; key < next.rows(); ++key) {
                    keys.emplace_back(next.text(key, 0));
                }
                refresh_keys(kind, keys, position);
            } while (keys.size() == most_refreshed);
        }
        on_.run_prepared("TRUNCATE pg_temp.everarchive_aside", {});
        aside_ = false;
        return;
    }
    std::vector<std::string> piece;
    for (const auto& [kind, keys] : touched_.by_kind()) {
        for (const std::string& key : keys) {
            piece.push_back(key);
            if (piece.size() == most_refreshed) {
                refresh_keys(kind, piece, position);
                piece.clear();
            }
        }
        refresh_keys(kind, piece, position);
        piece.clear();
    }
    touched_.clear();
}

/// The locks are those of everarchive.map_touched(): a mapping worker that still reads an older state of the same keys
/// is waited for, and none begins.
void touch_writer::refresh_keys(const std::string& kind, const std::vector<std::string>& keys,
                                const std::string& position) {
    if (keys.empty()) {
        return;
    }
    const std::string array = pq::array_literal(keys);
    on_.run_prepared("SELECT pg_catalog.pg_advisory_xact_lock(1163280722, $1::integer * 16 + p.part) FROM (SELECT "
                     "DISTINCT pg_catalog.hashtext(k) & 15 AS part FROM pg_catalog.unnest($2::text[]) k ORDER BY 1) p",
                     {source_id_, array});
    fault_point("apply.before_refresh");
    on_.run_prepared("SELECT * FROM everarchive.refresh($1::integer, $2, $3::text[], $4)",
                     {source_id_, kind, array, position.empty() ? pq::parameter() : position});
}

} // namespace everarchive::apply
