#include "apply/chunk_feed.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/retry.hpp"

namespace everarchive::apply {

using capture::chunk_request;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

chunk_feed::chunk_feed(capture::source& source, std::size_t rows_per_second)
    : source_(source), rows_per_second_(rows_per_second), thread_([this] { run(); }) {}

chunk_feed::~chunk_feed() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
}

const std::vector<capture::chunk_table>* chunk_feed::tables() const {
    const std::lock_guard lock(mutex_);
    if (failed_) {
        std::rethrow_exception(failed_);
    }
    return tables_ ? &*tables_ : nullptr; // set once
}

void chunk_feed::walk(chunk_request range) {
    {
        const std::lock_guard lock(mutex_);
        walk_ = std::move(range);
    }
    changed_.notify_all();
}

void chunk_feed::ask(chunk_request piece) {
    {
        const std::lock_guard lock(mutex_);
        asked_.push_back(std::move(piece));
    }
    changed_.notify_all();
}

const chunk_feed::answer* chunk_feed::next_of_walk() const {
    const std::lock_guard lock(mutex_);
    return walked_answers_.empty() ? nullptr : &walked_answers_.front();
}

const chunk_feed::answer* chunk_feed::next_asked() const {
    const std::lock_guard lock(mutex_);
    return asked_answers_.empty() ? nullptr : &asked_answers_.front();
}

void chunk_feed::pop_walk() {
    {
        const std::lock_guard lock(mutex_);
        walked_answers_.pop_front();
    }
    changed_.notify_all();
}

void chunk_feed::pop_asked() {
    const std::lock_guard lock(mutex_);
    asked_answers_.pop_front();
}

std::optional<capture::read_point> chunk_feed::oldest_point() const {
    const std::lock_guard lock(mutex_);
    const answer* oldest = walked_answers_.empty() ? nullptr : &walked_answers_.front();
    if (!asked_answers_.empty() && (oldest == nullptr || asked_answers_.front().number < oldest->number)) {
        oldest = &asked_answers_.front();
    }
    return oldest == nullptr || oldest->refused ? std::nullopt : std::optional(oldest->chunk.point);
}

/// Waits for something to read; nullopt: the end.
std::optional<chunk_request> chunk_feed::next_request() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stop_ || !asked_.empty() || (walk_ && walked_answers_.size() < most_ahead); });
    if (stop_) {
        return std::nullopt;
    }
    walk_under_way_ = asked_.empty();
    if (walk_under_way_) {
        return walk_;
    }
    chunk_request piece = std::move(asked_.front());
    asked_.pop_front();
    return piece;
}

void chunk_feed::put(answer done) {
    const std::lock_guard lock(mutex_);
    done.number = ++read_;
    if (!walk_under_way_) {
        asked_answers_.push_back(std::move(done));
        return;
    }
    const chunk_request& asked = done.asked;
    if (done.refused || done.chunk.up_to.empty() || done.chunk.up_to == asked.up_to) {
        walk_.reset();
    } else {
        walk_->after = done.chunk.up_to;
        walk_->after_is_part = false;
    }
    walked_answers_.push_back(std::move(done));
}

/// Rests until so many rows were allowed since `began`.
void chunk_feed::pace(std::size_t rows, steady_clock::time_point began) {
    if (rows_per_second_ == 0) {
        return;
    }
    const auto due = began + std::chrono::microseconds{rows * 1'000'000 / rows_per_second_};
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, due, [&] { return stop_; });
}

void chunk_feed::run() {
    std::unique_ptr<capture::chunk_reader> reader;
    backoff pause;
    std::optional<chunk_request> request;
    for (;;) {
        try {
            if (!reader) {
                reader = source_.open_chunks();
                const std::lock_guard lock(mutex_);
                if (!tables_) {
                    tables_ = reader->tables();
                }
            }
            if (!request) {
                request = next_request();
                if (!request) {
                    return;
                }
            }
            const auto began = steady_clock::now();
            answer done{*request, reader->read(*request), 0, nullptr};
            const std::size_t rows = done.chunk.rows;
            put(std::move(done));
            request.reset();
            pause.reset();
            pace(rows, began);
        } catch (const everarchive::error& failed) {
            reader.reset();
            if (failed.why() == cause::retry) {
                const milliseconds wait = pause.next();
                log::write(log::severity::warning, "apply",
                           "cannot read rows to compare: " + std::string(failed.what()),
                           {{"retry_ms", std::to_string(wait.count())}});
                std::unique_lock lock(mutex_);
                if (changed_.wait_for(lock, wait, [&] { return stop_; })) {
                    return;
                }
                continue;
            }
            if (!request) {
                const std::lock_guard lock(mutex_);
                failed_ = std::current_exception();
                return;
            }
            put({*request, {}, 0, std::current_exception()});
            request.reset();
        } catch (const std::exception&) {
            const std::lock_guard lock(mutex_);
            failed_ = std::current_exception();
            return;
        }
    }
}

} // namespace everarchive::apply
