#include "capture/mariadb_lag.hpp"

#include <algorithm>
#include <charconv>

#include "capture/mariadb_history.hpp"

namespace everarchive::capture {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds side_timeout{20};
constexpr std::chrono::seconds interval{10};

std::uint64_t number(const std::string& digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

} // namespace

mariadb_lag::~mariadb_lag() {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    if (interrupter_) {
        interrupter_->interrupt();
    }
}

bool mariadb_lag::is_due() {
    if (asking_.valid()) {
        if (asking_.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
            return false;
        }
        last_ = asking_.get();
    }
    return steady_clock::now() >= next_;
}

void mariadb_lag::ask(place now) {
    next_ = steady_clock::now() + interval;
    asking_ = std::async(std::launch::async, [this, now = std::move(now)] { return read(now); });
}

log_lag mariadb_lag::read(const place& now) {
    log_lag lag;
    try {
        open();
        if (!refused_) {
            lag.bytes = read_bytes(now.confirmed.place);
        }
        lag.log_hours = read_hours(now, lag.bytes);
        const binlog_position newest = current_position(*side_, now.confirmed.by);
        lag.transactions = read_transactions(now.confirmed, newest);
        const bool told = newest.by != binlog_position::kind::file || !newest.place.file.empty();
        lag.newest = told ? newest.text() : now.read; // where the server does not tell: nothing more has come
    } catch (const error&) {
        close(); // what is wrong with the server, the stream itself tells
    }
    return lag;
}

void mariadb_lag::open() {
    if (side_) {
        return;
    }
    auto made = std::make_unique<mariadb_connection>(origin_, side_timeout);
    const std::lock_guard lock(mutex_);
    if (ending_) {
        throw error(exit_code::ok, cause::retry, "the stream was closed");
    }
    side_ = std::move(made);
    interrupter_ = std::make_unique<mariadb_interrupter>(*side_);
}

void mariadb_lag::close() {
    const std::lock_guard lock(mutex_);
    interrupter_.reset();
    side_.reset();
}

/// Between our position and the newest; nullopt where transactions have no numbers.
std::optional<std::int64_t> mariadb_lag::read_transactions(const binlog_position& confirmed,
                                                           const binlog_position& newest) const {
    if (confirmed.by == binlog_position::kind::file) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(confirmed.by == binlog_position::kind::mysql
                                         ? newest.executed.without(confirmed.executed).count()
                                         : confirmed.gtids.behind(newest.gtids));
}

/// Not everyone gives BINLOG MONITOR to a reader: then the bytes are not known, which is no fault.
std::optional<std::int64_t> mariadb_lag::read_bytes(const binlog_place& here) {
    try {
        const auto [newest, end] = side_->newest_log();
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
        refused_ = true;
        return std::nullopt;
    }
}

/// A file is purged when it is older than the expiry; what was written after our position is not older than the last
/// transaction that we read. Nothing is lost to who has read all.
std::optional<double> mariadb_lag::read_hours(const place& now, std::optional<std::int64_t> behind) {
    const std::chrono::seconds kept = log_expiry(*side_);
    if (kept.count() == 0) {
        return std::nullopt;
    }
    const bool read_all = behind ? *behind == 0 : !now.is_behind;
    if (read_all || now.commit_time == 0) {
        return static_cast<double>(kept.count()) / 3600;
    }
    const auto clock = static_cast<std::int64_t>(number(side_->value("SELECT UNIX_TIMESTAMP()").value_or("0")));
    const std::int64_t age = std::max<std::int64_t>(clock - std::int64_t{now.commit_time}, 0);
    return static_cast<double>(kept.count() - age) / 3600;
}

} // namespace everarchive::capture
