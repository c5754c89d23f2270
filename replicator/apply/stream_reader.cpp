#include "apply/stream_reader.hpp"

#include "base/fault_point.hpp"

namespace everarchive::apply {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds patience{100};
constexpr std::chrono::seconds lag_interval{5};

} // namespace

stream_reader::stream_reader(capture::source& source, std::string position, source_meters& meters)
    : source_(source), position_(std::move(position)), meters_(meters), handed_(position_), thread_([this] { run(); }) {
}

stream_reader::~stream_reader() {
    stop_ = true;
}

void stream_reader::is_safe(const std::string& position) {
    const std::lock_guard lock(mutex_);
    safe_ = position;
}

void stream_reader::expect(const std::string& position) {
    const std::lock_guard lock(mutex_);
    expected_ = position;
}

capture::log_lag stream_reader::lag() const {
    const std::lock_guard lock(mutex_);
    capture::log_lag lag = lag_;
    // The queue last: what was handed out is in it, or was taken.
    lag.at_newest = !lag.newest.empty() && source_.has_passed(handed_, lag.newest) && queue_.bytes() == 0;
    return lag;
}

std::optional<capture::stream_notice> stream_reader::notice() const {
    const std::lock_guard lock(mutex_);
    return notice_;
}

void stream_reader::confirm(capture::stream& stream) {
    std::string safe;
    std::string expected;
    {
        const std::lock_guard lock(mutex_);
        safe = safe_;
        expected.swap(expected_);
    }
    if (!expected.empty()) {
        stream.expect(expected);
    }
    if (!safe.empty() && safe != confirmed_) {
        fault_point("capture.before_confirm");
        stream.confirm(safe);
        fault_point("capture.after_confirm");
        confirmed_ = std::move(safe);
    }
}

void stream_reader::run() {
    try {
        const std::unique_ptr<capture::stream> stream = source_.open_stream(position_);
        open_ = true;
        meters_.streams.add();
        fault_point("capture.stream_opened");
        auto next_lag = steady_clock::now();
        while (!stop_) {
            meters_.read_pulse.beat();
            if (queue_.has_room()) {
                if (std::optional<capture::batch> batch = stream->next(patience)) {
                    fault_point("capture.batch_read");
                    const std::string position = batch->ends_transaction ? batch->position : std::string();
                    queue_.put(std::move(*batch));
                    if (!position.empty()) {
                        const std::lock_guard lock(mutex_);
                        handed_ = position;
                    }
                }
            } else {
                stream->idle();
                queue_.wait_for_room(patience);
            }
            confirm(*stream);
            if (steady_clock::now() >= next_lag) {
                capture::log_lag lag = stream->lag();
                meters_.spool_bytes.set(stream->spool_bytes());
                {
                    const std::lock_guard lock(mutex_);
                    lag_ = std::move(lag);
                }
                next_lag = steady_clock::now() + lag_interval;
                std::optional<capture::stream_notice> notice = stream->notice();
                const std::lock_guard lock(mutex_);
                notice_ = std::move(notice);
            }
        }
        confirm(*stream);
        queue_.close(nullptr);
    } catch (...) {
        queue_.close(std::current_exception());
    }
    meters_.read_pulse.rest();
    meters_.spool_bytes.set(0);
}

} // namespace everarchive::apply
