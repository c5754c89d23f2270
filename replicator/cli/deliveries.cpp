#include "cli/deliveries.hpp"

#include <set>

#include "archive/delivery.hpp"

namespace everarchive::cli {

deliveries::~deliveries() {
    for (auto& [id, one] : workers_) {
        one->stop = true; // all at once, so that they end beside each other
    }
}

void deliveries::step(pq::connection& on) {
    const pq::result rows =
        on.run_prepared("SELECT target_id, name, uri FROM everarchive.target WHERE NOT paused ORDER BY target_id", {});
    std::set<int> wanted;
    for (int row = 0; row < rows.rows(); ++row) {
        const archive::target target{rows.number<int>(row, 0), std::string(rows.text(row, 1)),
                                     std::string(rows.text(row, 2))};
        wanted.insert(target.id);
        if (workers_.contains(target.id)) {
            continue;
        }
        auto one = std::make_unique<worker>();
        worker& started = *one;
        started.thread = std::jthread([this, target, &started] {
            archive::deliver(conninfo_, target, [&started] { return started.stop.load(); });
            started.done = true;
        });
        workers_.emplace(target.id, std::move(one));
    }
    for (auto place = workers_.begin(); place != workers_.end();) {
        if (!wanted.contains(place->first)) {
            place->second->stop = true;
        }
        place = place->second->done ? workers_.erase(place) : std::next(place);
    }
}

bool deliveries::is_idle(pq::connection& on) {
    const pq::result rows =
        on.run_prepared("SELECT EXISTS (SELECT 1 FROM report.backlog WHERE state <> 'quarantined' AND NOT paused)", {});
    return !rows.truth(0, 0);
}

} // namespace everarchive::cli
