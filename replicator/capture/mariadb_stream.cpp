#include "capture/mariadb_stream.hpp"

#include <charconv>
#include <map>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "capture/binlog_decoder.hpp"
#include "capture/mariadb_dump.hpp"
#include "capture/mariadb_history.hpp"
#include "capture/mariadb_schema.hpp"

namespace everarchive::capture {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds side_timeout{20};
constexpr std::chrono::seconds lag_interval{10};
// How often transactions that touch none of our tables move the stored position.
constexpr std::chrono::seconds empty_interval{1};

std::uint64_t number(const std::string& digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

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
          decoder_(*settings_.adapter, schema(settings), confirmed_) {
        decoder_.pass_over(torn().of(settings_.name));
        decoder_.read_schema_with([this] { return schema(settings_); });
    }

    std::optional<batch> next(std::chrono::milliseconds wait) override {
        const auto deadline = steady_clock::now() + wait;
        while (true) {
            const bool ready =
                !decoder_.in_transaction() && moved_ &&
                (!building_.changes.empty() || !building_.troubles.empty() || steady_clock::now() >= next_empty_);
            if (ready && (is_full(1) || steady_clock::now() >= deadline)) {
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
            } else if (is_full(2)) {
                return hand_out(); // only a transaction that is itself about as large as a batch gets here
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
        const auto now = steady_clock::now();
        if (now >= next_lag_) {
            next_lag_ = now + lag_interval;
            lag_ = read_lag();
        }
        return lag_;
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

    bool is_full(std::size_t times) const {
        return building_.transactions >= limits_.transactions * times ||
               building_.changes.size() >= limits_.changes * times || building_.bytes >= limits_.bytes * times;
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

    log_lag read_lag() {
        log_lag lag;
        try {
            if (!side_) {
                side_.emplace(settings_.origin, side_timeout);
            }
            if (!lag_refused_) {
                lag.bytes = read_lag_bytes();
            }
            lag.log_hours = read_log_hours(lag.bytes);
            const binlog_position newest = current_position(*side_, confirmed_.by);
            lag.transactions = transactions_up_to(newest);
            if (newest.by != binlog_position::kind::file || !newest.place.file.empty()) {
                lag.newest = newest.text();
            } else if (!dump_.is_behind() && !decoder_.in_transaction()) {
                lag.newest = decoder_.position().text(); // nothing more has come
            }
        } catch (const error&) {
            side_.reset();
        }
        return lag;
    }

    /// Not everyone gives BINLOG MONITOR to a reader: then the bytes are not known, which is no fault.
    /// Between our position and the newest; nullopt where transactions have no numbers.
    std::optional<std::int64_t> transactions_up_to(const binlog_position& newest) const {
        if (confirmed_.by == binlog_position::kind::file) {
            return std::nullopt;
        }
        return static_cast<std::int64_t>(confirmed_.by == binlog_position::kind::mysql
                                             ? newest.executed.without(confirmed_.executed).count()
                                             : confirmed_.gtids.behind(newest.gtids));
    }

    std::optional<std::int64_t> read_lag_bytes() {
        try {
            const auto [newest, end] = side_->newest_log();
            const binlog_place& here = confirmed_.place;
            if (newest.empty() || here.file.empty()) {
                return std::nullopt;
            }
            if (newest == here.file) {
                return static_cast<std::int64_t>(end - std::min(end, here.offset));
            }
            const mariadb_rows files = side_->query("SHOW BINARY LOGS");
            std::uint64_t bytes = 0;
            bool after = false;
            for (std::size_t row = 0; row < files.rows.size(); ++row) {
                const std::string file = files.text(row, 0);
                const std::uint64_t size = file == newest ? end : number(files.text(row, 1));
                if (file == here.file) {
                    after = true;
                    bytes += size - std::min(size, here.offset);
                } else if (after) {
                    bytes += size;
                }
            }
            return after ? std::optional(static_cast<std::int64_t>(bytes)) : std::nullopt;
        } catch (const mariadb_error& refused) {
            if (refused.why() != cause::needs_person) {
                throw;
            }
            lag_refused_ = true;
            return std::nullopt;
        }
    }

    /// A file is purged when it is older than the expiry; what was written after our position is not older than the
    /// last transaction that we read. Nothing is lost to who has read all.
    std::optional<double> read_log_hours(std::optional<std::int64_t> behind) {
        const std::chrono::seconds kept = log_expiry(*side_);
        if (kept.count() == 0) {
            return std::nullopt;
        }
        const bool read_all = behind ? *behind == 0 : !dump_.is_behind();
        if (read_all || decoder_.commit_time() == 0) {
            return static_cast<double>(kept.count()) / 3600;
        }
        const auto now = static_cast<std::int64_t>(number(side_->value("SELECT UNIX_TIMESTAMP()").value_or("0")));
        const std::int64_t age = std::max<std::int64_t>(now - std::int64_t{decoder_.commit_time()}, 0);
        return static_cast<double>(kept.count() - age) / 3600;
    }

    mariadb_settings settings_;
    binlog_position confirmed_;
    mariadb_dump dump_;
    binlog_decoder decoder_;
    batch_limits limits_;
    batch building_;
    bool moved_ = false; // a transaction ended since the last batch
    steady_clock::time_point next_empty_;
    std::optional<mariadb_connection> side_;
    steady_clock::time_point next_lag_;
    log_lag lag_;
    bool lag_refused_ = false;
};

} // namespace

std::unique_ptr<stream> open_mariadb_stream(const mariadb_settings& settings, const std::string& position) {
    return std::make_unique<mariadb_stream>(settings, position);
}

} // namespace everarchive::capture
