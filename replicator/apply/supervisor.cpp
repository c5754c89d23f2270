#include "apply/supervisor.hpp"

#include <set>

#include "apply/source_state.hpp"
#include "base/log.hpp"
#include "base/stop.hpp"

namespace everarchive::apply {

supervisor::supervisor(std::string conninfo, std::filesystem::path adapters, int mappers, progress shown)
    : conninfo_(std::move(conninfo)), adapters_(std::move(adapters)), progress_(std::move(shown)),
      mappers_(conninfo_, mappers, wakeup_, meters_) {}

supervisor::~supervisor() {
    for (auto& [id, one] : pipelines_) {
        one->stop(); // all at once, so that they end beside each other
    }
    pipelines_.clear();
}

/// A source of files has rows only while `everarchive import` runs: there is nothing to follow.
bool supervisor::follows_files(const std::string& adapter) {
    const auto [place, is_new] = file_adapters_.try_emplace(adapter, false);
    if (is_new) {
        try {
            place->second = adapter::load(adapters_, adapter).runs_on == adapter::system::file;
        } catch (const error&) {
            file_adapters_.erase(place); // the pipeline says what is wrong with it
            return false;
        }
    }
    return place->second;
}

void supervisor::step(pq::connection& on) {
    if (std::chrono::steady_clock::now() - renewed_ >= lease_renewal) {
        renew_leases(on);
        renewed_ = std::chrono::steady_clock::now();
    }
    const pq::result rows = on.run_prepared(
        "SELECT s.source_id, s.name, s.adapter, s.origin, s.parameters, coalesce((SELECT pg_catalog.string_agg(v.name "
        "|| '=' || "
        "v.value, "
        "' ' ORDER BY v.name) FROM everarchive.source_setting v WHERE v.source_id = s.source_id), ''), s.state FROM "
        "everarchive.source s WHERE " +
            std::string(is_followed) + " ORDER BY s.source_id",
        {});
    std::set<int> wanted;
    for (int row = 0; row < rows.rows(); ++row) {
        source_row source{rows.number<int>(row, 0),       std::string(rows.text(row, 1)),
                          std::string(rows.text(row, 2)), std::string(rows.text(row, 3)),
                          std::string(rows.text(row, 4)), std::string(rows.text(row, 5))};
        if (follows_files(source.adapter)) {
            continue;
        }
        wanted.insert(source.id);
        const auto place = pipelines_.find(source.id);
        if (place != pipelines_.end()) {
            const source_row& old = place->second->source();
            if (old.origin != source.origin || old.adapter != source.adapter || old.name != source.name ||
                old.parameters != source.parameters) {
                place->second->stop(); // a source that was removed and added again: begins anew below
            } else if (old.settings != source.settings && rows.text(row, 6) == "streaming") {
                place->second->stop(); // not while it is copied: the copy would begin again
            }
            if (!place->second->is_done()) {
                continue;
            }
            pipelines_.erase(place);
        }
        log::write(log::severity::info, "apply", "starting", {{"source", source.name}, {"adapter", source.adapter}});
        const int id = source.id;
        source_meters& meters = meters_.of(source.name);
        pipelines_.emplace(
            id, std::make_unique<pipeline>(conninfo_, std::move(source), adapters_, wakeup_, meters, progress_));
    }
    for (auto place = pipelines_.begin(); place != pipelines_.end();) {
        if (!wanted.contains(place->first)) {
            place->second->stop();
            if (place->second->is_done()) {
                log::write(log::severity::info, "apply", "ended", {{"source", place->second->source().name}});
                place = pipelines_.erase(place);
                continue;
            }
        }
        ++place;
    }
}

bool supervisor::is_idle(pq::connection& on, std::chrono::milliseconds quiet) {
    for (const auto& [id, one] : pipelines_) {
        if (!one->is_idle(quiet)) {
            return false;
        }
    }
    const pq::result rows = on.run_prepared("SELECT EXISTS (SELECT 1 FROM everarchive.touched t JOIN "
                                            "everarchive.source_progress p USING (source_id) WHERE p.position IS NOT "
                                            "NULL)",
                                            {});
    return !rows.truth(0, 0);
}

} // namespace everarchive::apply
