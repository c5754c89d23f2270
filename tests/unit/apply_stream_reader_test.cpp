// What the reader's thread says of the lag: nothing is behind only where all that the source had was handed out and
// taken.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "apply/stream_reader.hpp"
#include "base/error.hpp"

namespace everarchive::apply {
namespace {

using std::chrono::milliseconds;

/// Positions are numbers; hands out those up to `written`, of which `newest` is told.
class numbered_stream : public capture::stream {
  public:
    explicit numbered_stream(const std::atomic<int>& written) : written_(written) {}

    std::optional<capture::batch> next(milliseconds) override {
        if (at_ == written_) {
            std::this_thread::sleep_for(milliseconds{1});
            return std::nullopt;
        }
        capture::batch one;
        one.position = std::to_string(++at_);
        return one;
    }
    void idle() override {}
    void confirm(const std::string&) override {}
    capture::log_lag lag() override {
        capture::log_lag lag;
        lag.newest = "2";
        return lag;
    }

  private:
    const std::atomic<int>& written_;
    int at_ = 0;
};

class numbered_source : public capture::source {
  public:
    std::atomic<int> written{0};

    std::vector<capture::finding> check() override { return {}; }
    std::string identity() override { return {}; }
    std::unique_ptr<capture::snapshot> open_snapshot() override { return nullptr; }
    std::unique_ptr<capture::stream> open_stream(const std::string&) override {
        return std::make_unique<numbered_stream>(written);
    }
    std::unique_ptr<capture::chunk_reader> open_chunks() override { return nullptr; }
    bool has_passed(const std::string& position, const std::string& point) const override {
        return std::stoi(position) >= std::stoi(point);
    }
    std::string renew_position() override { return {}; }
    void remove() override {}
};

std::string taken(stream_reader& reader) {
    const std::optional<capture::batch> one = reader.queue().take(std::chrono::seconds{60});
    return one ? one->position : "";
}

TEST(stream_reader, says_that_it_stands_at_the_newest_only_when_all_was_taken) {
    numbered_source source;
    source_meters meters;
    stream_reader reader(source, "0", meters);
    EXPECT_FALSE(reader.lag().at_newest);
    while (reader.lag().newest.empty()) {
        std::this_thread::sleep_for(milliseconds{1});
    }
    EXPECT_FALSE(reader.lag().at_newest) << "the source has 2, and nothing was handed out";
    source.written = 1;
    EXPECT_EQ(taken(reader), "1");
    EXPECT_FALSE(reader.lag().at_newest) << "1 of 2 is here";
    source.written = 2;
    while (reader.queue().bytes() == 0) {
        std::this_thread::sleep_for(milliseconds{1});
    }
    EXPECT_FALSE(reader.lag().at_newest) << "2 waits in the queue";
    EXPECT_EQ(taken(reader), "2");
    for (int look = 0; look < 60'000 && !reader.lag().at_newest; ++look) {
        std::this_thread::sleep_for(milliseconds{1});
    }
    EXPECT_TRUE(reader.lag().at_newest);
}

} // namespace
} // namespace everarchive::apply
