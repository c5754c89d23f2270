#include "capture/spool.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "capture/spooled_change.hpp"

namespace everarchive::capture {

namespace {

std::string frame_of(int number) {
    return fmt::format("{}:", number) +
           std::string(static_cast<std::size_t>(number % 997) * 3, static_cast<char>('a' + number % 26));
}

std::vector<std::string> all_of(spool& from) {
    std::vector<std::string> frames;
    from.rewind();
    for (std::string frame; from.read(frame);) {
        frames.push_back(frame);
    }
    from.rewind();
    return frames;
}

std::shared_ptr<spool_budget> budget_of(std::uint64_t bytes) {
    return std::make_shared<spool_budget>(bytes);
}

/// An environment variable for the time of a test.
class variable {
  public:
    variable(const char* name, const char* value) : name_(name) {
        if (const char* before = std::getenv(name); before != nullptr) {
            before_ = before;
        }
        set(value);
    }
    ~variable() { set(before_ ? before_->c_str() : nullptr); }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

  private:
    void set(const char* value) {
        if (value == nullptr) {
            ::unsetenv(name_);
        } else {
            ::setenv(name_, value, 1);
        }
    }
    const char* name_;
    std::optional<std::string> before_;
};

} // namespace

TEST(spool, gives_frames_back_in_their_order) {
    const auto budget = budget_of(64U << 20U);
    {
        spool frames(budget);
        std::vector<std::string> expected;
        for (int i = 0; i < 4000; ++i) {
            expected.push_back(frame_of(i));
            ASSERT_TRUE(frames.append(expected.back()));
        }
        expected.emplace_back();
        ASSERT_TRUE(frames.append(""));
        expected.emplace_back(1U << 20U, 'x'); // larger than what is written at once
        ASSERT_TRUE(frames.append(expected.back()));
        EXPECT_EQ(budget->used(), frames.end());
        EXPECT_EQ(all_of(frames), expected);
        EXPECT_EQ(all_of(frames), expected);
    }
    EXPECT_EQ(budget->used(), 0U);
}

TEST(spool, an_empty_one_has_no_frame) {
    spool frames(budget_of(1));
    std::string frame;
    EXPECT_FALSE(frames.read(frame));
}

TEST(spool, forgets_what_was_rolled_back_in_memory_and_on_disk) {
    const auto budget = budget_of(64U << 20U);
    spool frames(budget);
    std::vector<std::string> kept;
    for (int i = 0; i < 3000; ++i) {
        kept.push_back(frame_of(i));
        ASSERT_TRUE(frames.append(kept.back()));
        if (i % 7 == 0) { // short: mostly still in memory
            const spool::mark before = frames.end();
            ASSERT_TRUE(frames.append("rolled back"));
            frames.truncate(before);
        }
        if (i % 500 == 0) { // long: has reached the disk
            const spool::mark before = frames.end();
            for (int j = 0; j < 2000; ++j) {
                ASSERT_TRUE(frames.append(frame_of(j)));
            }
            frames.truncate(before);
            EXPECT_EQ(frames.end(), before);
            EXPECT_EQ(budget->used(), before);
        }
    }
    EXPECT_EQ(all_of(frames), kept);
    frames.truncate(0);
    EXPECT_EQ(budget->used(), 0U);
    EXPECT_TRUE(all_of(frames).empty());
}

TEST(spool, goes_on_after_it_was_moved) {
    const auto budget = budget_of(64U << 20U);
    spool first(budget);
    ASSERT_TRUE(first.append("one"));
    spool second(std::move(first));
    ASSERT_TRUE(second.append(std::string(1U << 20U, 'x')));
    spool third(budget);
    ASSERT_TRUE(third.append("lost"));
    third = std::move(second);
    EXPECT_EQ(all_of(third).size(), 2U);
    EXPECT_EQ(budget->used(), third.end());
}

TEST(spool, the_limit_counts_for_all_of_a_source) {
    const auto budget = budget_of(1000);
    spool one(budget);
    std::optional<spool> other(budget);
    ASSERT_TRUE(one.append(std::string(600, 'a')));
    EXPECT_FALSE(other->append(std::string(600, 'b')));
    ASSERT_TRUE(other->append(std::string(300, 'b')));
    EXPECT_FALSE(one.append(std::string(600, 'c')));
    EXPECT_EQ(all_of(one).size(), 1U);
    other.reset();
    EXPECT_EQ(budget->used(), one.end());
    EXPECT_TRUE(one.append(std::string(300, 'c')));
}

TEST(spool, leaves_no_file_in_its_folder) {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("spool-{}", ::getpid());
    std::filesystem::create_directory(folder);
    {
        spool frames(budget_of(64U << 20U), folder);
        ASSERT_TRUE(frames.append(std::string(1U << 20U, 'x')));
        EXPECT_TRUE(std::filesystem::is_empty(folder));
    }
    std::filesystem::remove(folder);
}

// What lies there has not passed the privacy wall yet.
TEST(spool, nobody_can_read_what_lies_on_disk) {
    const std::string canary = "Canary, Patricia; patron 4711";
    spool frames(budget_of(64U << 20U), std::filesystem::temp_directory_path());
    for (int i = 0; i < 40'000; ++i) {
        ASSERT_TRUE(frames.append(canary));
    }
    std::string on_disk; // the file has no name, but we have it open
    for (const auto& open : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const std::string target = std::filesystem::read_symlink(open.path(), gone).string();
        if (!gone && target.ends_with("(deleted)")) {
            std::ifstream file(open.path(), std::ios::binary);
            on_disk.append(std::istreambuf_iterator<char>(file), {});
        }
    }
    EXPECT_GT(on_disk.size(), 1'000'000U);
    EXPECT_EQ(on_disk.find("Patricia"), std::string::npos);
    EXPECT_EQ(on_disk.find("4711"), std::string::npos);
    EXPECT_EQ(all_of(frames), std::vector<std::string>(40'000, canary));
}

TEST(spool, names_the_folder_that_cannot_be_written_to) {
    spool frames(budget_of(64U << 20U), "/nonexistent/spool");
    ASSERT_TRUE(frames.append("small")); // needs no file
    try {
        (void)frames.append(std::string(1U << 20U, 'x'));
        FAIL() << "no error";
    } catch (const error& refused) {
        EXPECT_EQ(refused.why(), cause::retry);
        EXPECT_NE(std::string(refused.what()).find("/nonexistent/spool"), std::string::npos) << refused.what();
    }
}

TEST(spool, says_that_the_disk_is_full) {
    // A file system so small needs root.
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("full-{}", ::getpid());
    std::filesystem::create_directory(folder);
    if (std::system(fmt::format("mount -t tmpfs -o size=512k tmpfs '{}' 2>/dev/null", folder.string()).c_str()) != 0) {
        std::filesystem::remove(folder);
        GTEST_SKIP() << "a small file system cannot be mounted here";
    }
    {
        spool frames(budget_of(64U << 20U), folder);
        try {
            for (int i = 0; i < 32; ++i) {
                (void)frames.append(std::string(64U << 10U, 'x'));
            }
            ADD_FAILURE() << "no error";
        } catch (const error& refused) {
            EXPECT_EQ(refused.why(), cause::retry);
            EXPECT_NE(std::string(refused.what()).find(folder.string()), std::string::npos) << refused.what();
            EXPECT_NE(refused.hint().find("free space"), std::string::npos) << refused.hint();
        }
    }
    EXPECT_EQ(std::system(fmt::format("umount '{}'", folder.string()).c_str()), 0);
    std::filesystem::remove(folder);
}

TEST(spool, its_folder_is_the_first_that_is_named) {
    const variable own("EVERARCHIVE_SPOOL", "/a");
    const variable state("STATE_DIRECTORY", "/b:/c");
    const variable temporary("TMPDIR", "/d");
    EXPECT_EQ(spool_folder(), "/a");
    {
        const variable none("EVERARCHIVE_SPOOL", nullptr);
        EXPECT_EQ(spool_folder(), "/b");
        const variable no_state("STATE_DIRECTORY", "");
        EXPECT_EQ(spool_folder(), "/d");
        const variable no_temporary("TMPDIR", nullptr);
        EXPECT_EQ(spool_folder(), "/var/tmp");
    }
}

TEST(spooled_change, comes_back_as_it_was) {
    const std::vector<cell> row{cell::of("1"), cell::null(), cell::absent(), cell::of("")};
    const std::vector<cell> old{cell::of("0"), cell::absent(), cell::absent(), cell::of("a\0b")};
    change one;
    one.table = 7;
    one.what = operation::update;
    one.row = row;
    one.old = old;
    one.problem = "cannot be read";
    one.keeps_children = true;
    std::string frame;
    write_change(one, frame);
    batch into;
    const change back = read_change(frame, into);
    frame.clear();
    EXPECT_EQ(back.table, 7U);
    EXPECT_EQ(back.what, operation::update);
    EXPECT_EQ(back.problem, "cannot be read");
    EXPECT_TRUE(back.keeps_children);
    EXPECT_TRUE(std::equal(back.row.begin(), back.row.end(), row.begin(), row.end()));
    EXPECT_TRUE(std::equal(back.old.begin(), back.old.end(), old.begin(), old.end()));

    change gone;
    gone.what = operation::truncate;
    write_change(gone, frame);
    EXPECT_EQ(read_change(frame, into).what, operation::truncate);
    EXPECT_TRUE(read_change(frame, into).row.empty());
}

} // namespace everarchive::capture
