#include "capture/mariadb_stream.hpp"

#include <map>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "capture/binlog_decoder.hpp"
#include "capture/mariadb_dump.hpp"
#include "capture/mariadb_history.hpp"
#include "capture/mariadb_lag.hpp"
#include "capture/mariadb_schema.hpp"

namespace everarchive::capture {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds side_timeout{20};
// How often transactions that touch none of our tables move the stored position.
constexpr std::chrono::seconds empty_interval{1};

/// Transactions that the server died in, by source: a stream that meets one of which a part is gone already is given
/// up, and the next stream of the source has to know of it.
class torn_transactions {
  public:
    std::set<std::string> of(const std::string& source) {
        const std::lock_guard lock(mutex_);
        return places_[source];
    }

    void add(const std::string& source, const std::string& place) {
        const std::lock_guard lock(mutex_);
        places_[source].insert(place);
    }

  private:
    std::mutex mutex_;
    std::map<std::string, std::set<std::string>> places_;
};

torn_transactions& torn() {
    static torn_transactions known;
    return known;
}

class mariadb_stream final : public stream {
  public:
    mariadb_stream(const mariadb_settings& settings, const std::string& position)
        : settings_(settings), confirmed_(checked(settings, position)),
          dump_(settings.origin, reader_of(settings.origin, settings.name), confirmed_),
          decoder_(*settings_.adapter, schema(settings), confirmed_), lag_(settings.origin) {
        decoder_.pass_over(torn().of(settings_.name));
        decoder_.read_schema_with([this] { return schema(settings_); });
        ask_for_lag();
    }

    std::optional<batch> next(std::chrono::milliseconds wait) override {
        const auto deadline = steady_clock::now() + wait;
        while (true) {
            const bool ready =
                !decoder_.in_transaction() && moved_ &&
                (!building_.changes.empty() || !building_.troubles.empty() || steady_clock::now() >= next_empty_);
            if (ready && (limits_.are_reached(building_) || steady_clock::now() >= deadline)) {
                return hand_out();
            }
            std::string_view event;
            if (!decoder_.has_more()) {
                const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
                event = next_event(ready ? std::chrono::milliseconds{0} : std::max(left, std::chrono::milliseconds{0}));
                if (event.empty()) {
                    // Within a transaction the rest is under way: what is there waits for it.
                    return ready ? std::optional(hand_out()) : std::nullopt;
                }
            }
            if (read(event) == binlog_decoder::outcome::transaction_ended) {
                moved_ = true;
            } else if (is_part()) {
                return hand_out(); // only a transaction that is itself larger than a batch gets here
            } else if (!ready && building_.changes.empty() && steady_clock::now() >= deadline) {
                return std::nullopt; // others keep the server busy
            }
        }
    }

    // The thread of the dump goes on reading; there is nothing to do.
    void idle() override {}

    // MariaDB keeps nothing for a reader and needs no word from it.
    void confirm(const std::string& position) override { confirmed_ = binlog_position::parse(position); }

    log_lag lag() override {
        if (lag_.is_due()) {
            ask_for_lag();
        }
        return lag_.last();
    }

  private:
    static binlog_position checked(const mariadb_settings& settings, const std::string& text) {
        binlog_position position = binlog_position::parse(text);
        mariadb_connection side(settings.origin, side_timeout);
        check_history(side, position);
        position.place.server = server_id_of(side);
        return position;
    }

    /// Throws what ended the dump; of a lost position it says which changes are missing.
    std::string_view next_event(std::chrono::milliseconds wait) {
        try {
            return dump_.next(wait);
        } catch (const error& ended) {
            if (ended.why() != cause::position_lost) {
                throw;
            }
            std::string missing;
            try {
                mariadb_connection side(settings_.origin, side_timeout);
                missing = missing_changes(side, decoder_.position());
            } catch (const error&) {
                // then without
            }
            throw error(ended.code(), ended.why(),
                        missing.empty() ? std::string(ended.what()) : fmt::format("{}; {}", ended.what(), missing),
                        ended.hint());
        }
    }

    binlog_decoder::outcome read(std::string_view event) {
        try {
            return event.empty() ? decoder_.read_more(building_) : decoder_.read(event, building_);
        } catch (const torn_transaction& met) {
            torn().add(settings_.name, met.place());
            throw;
        }
    }

    static binlog_schema schema(const mariadb_settings& settings) {
        mariadb_connection side(settings.origin, side_timeout);
        binlog_schema read = read_binlog_schema(side, *settings.adapter);
        read.read_at = current_position(side, position_kind(side, settings.origin));
        return read;
    }

    void ask_for_lag() {
        lag_.ask({confirmed_,
                  dump_.is_behind() || decoder_.in_transaction() ? std::string() : decoder_.position().text(),
                  decoder_.commit_time(), dump_.is_behind()});
    }

    /// Whether an open transaction is to leave in parts. As late as memory allows: what has left cannot be taken back
    /// when the log says that the transaction was rolled back in part.
    bool is_part() const {
        return building_.changes.size() >= limits_.changes * 2 || building_.weight() >= limits_.bytes * 4;
    }

    batch hand_out() {
        building_.ends_transaction = !decoder_.in_transaction();
        if (building_.ends_transaction) {
            building_.position = decoder_.position().text();
            building_.commit_time_us = std::int64_t{decoder_.commit_time()} * 1'000'000;
        }
        decoder_.handed_out();
        moved_ = false;
        next_empty_ = steady_clock::now() + empty_interval;
        batch out = std::move(building_);
        building_ = batch();
        return out;
    }

    mariadb_settings settings_;
    binlog_position confirmed_;
    mariadb_dump dump_;
    binlog_decoder decoder_;
    batch_limits limits_;
    batch building_;
    bool moved_ = false; // a transaction ended since the last batch
    steady_clock::time_point next_empty_;
    mariadb_lag lag_;
};

} // namespace

std::unique_ptr<stream> open_mariadb_stream(const mariadb_settings& settings, const std::string& position) {
    return std::make_unique<mariadb_stream>(settings, position);
}

} // namespace everarchive::capture
