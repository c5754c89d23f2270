// Disks that are full, read-only or not ours: nothing half-written stays, the message says what to do, and the same
// work succeeds once the disk is mended.
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "archive/delivery.hpp"
#include "archive/ocfl_root.hpp"
#include "archive_scratch.hpp"
#include "base/error.hpp"

using namespace everarchive::archive;
using namespace archive_test;
using everarchive::cause;
using everarchive::exit_code;

namespace {

/// A file system of one megabyte, where the test may mount one.
class small_disk {
  public:
    small_disk() {
        mounted_ = ::geteuid() == 0 && ::mount("none", here_.path().c_str(), "tmpfs", 0, "size=1m,mode=755") == 0;
    }
    ~small_disk() {
        if (mounted_) {
            ::umount2(here_.path().c_str(), MNT_DETACH);
        }
    }
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;
    bool mounted() const { return mounted_; }
    const fs::path& path() const { return here_.path(); }
    void remount(unsigned long flags) const {
        ASSERT_EQ(::mount("none", path().c_str(), "tmpfs", MS_REMOUNT | flags, "size=1m"), 0);
    }

  private:
    scratch here_;
    bool mounted_ = false;
};

written_version write(const fs::path& directory, int count, std::size_t bytes) {
    ocfl_root root(directory);
    EXPECT_TRUE(root.try_lock());
    return write_segment(root, submitted(segment_object(), sample(count, bytes)), sample(count, bytes));
}

/// The error of `work`; fails the test when there is none.
everarchive::error error_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const everarchive::error& e) {
        return e;
    }
    ADD_FAILURE() << "no error";
    return {exit_code::ok, cause::retry, ""};
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Runs `work` as a user without rights; the child's exit status.
int as_nobody(const std::function<bool()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(::seteuid(65534) == 0 && work() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST(archive_disk, full) {
    const small_disk disk;
    if (!disk.mounted()) {
        GTEST_SKIP() << "needs the right to mount a tmpfs";
    }
    ocfl_root::create(disk.path());
    const auto e = error_of([&] { write(disk.path(), 2000, 2000); });
    EXPECT_EQ(e.why(), cause::retry);
    EXPECT_EQ(e.code(), exit_code::sink);
    EXPECT_TRUE(holds(e.what(), "No space left")) << e.what();
    EXPECT_TRUE(holds(e.hint(), "df -h")) << e.hint();
    EXPECT_EQ(list(validate_root(disk.path())), "");
    EXPECT_LT(fs::space(disk.path()).capacity - fs::space(disk.path()).free, 100'000U)
        << "what was half-written is gone";
    EXPECT_FALSE(write(disk.path(), 20, 2000).was_there);
    EXPECT_EQ(list(validate_root(disk.path())), "");
}

TEST(archive_disk, read_only) {
    const small_disk disk;
    if (!disk.mounted()) {
        GTEST_SKIP() << "needs the right to mount a tmpfs";
    }
    ocfl_root::create(disk.path());
    disk.remount(MS_RDONLY);
    const auto e = error_of([&] { write(disk.path(), 2, 100); });
    EXPECT_EQ(e.why(), cause::retry);
    EXPECT_TRUE(holds(e.what(), "Read-only file system")) << e.what();
    EXPECT_TRUE(holds(e.hint(), "remount,rw")) << e.hint();
    EXPECT_TRUE(holds(error_of([&] { check_target("dir:" + disk.path().string()); }).what(), "Read-only"));
    disk.remount(0);
    write(disk.path(), 2, 100);
    EXPECT_EQ(list(validate_root(disk.path())), "");
}

TEST(archive_disk, file_size_limit) {
    const scratch here;
    ocfl_root::create(here.path());
    struct rlimit before {};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small { 50'000, before.rlim_max };
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto e = error_of([&] { write(here.path(), 500, 2000); });
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    EXPECT_TRUE(holds(e.what(), "File too large")) << e.what();
    EXPECT_EQ(list(validate_root(here.path())), "");
    write(here.path(), 500, 2000);
    EXPECT_EQ(list(validate_root(here.path())), "");
}

TEST(archive_disk, not_ours) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "needs root, to become somebody else";
    }
    const scratch here;
    fs::permissions(here.path(), fs::perms(0755));
    ocfl_root::create(here.path());
    EXPECT_EQ(as_nobody([&] {
                  const auto e = error_of([&] { write(here.path(), 2, 100); });
                  return holds(e.what(), "Permission denied") && holds(e.hint(), "chown") && holds(e.hint(), "65534");
              }),
              0);
    EXPECT_EQ(list(validate_root(here.path())), "");
}

TEST(archive_target, makes_an_empty_directory_a_root) {
    const scratch here;
    const std::string uri = "dir:" + here.path().string();
    check_target(uri);
    EXPECT_EQ(list(validate_root(here.path())), "");
    EXPECT_EQ(slurp(here.path() / "0=ocfl_1.1"), "ocfl_1.1\n");
    check_target(uri); // a root that is there already is taken as it is
    EXPECT_EQ(list(validate_root(here.path())), "");
}

TEST(archive_target, says_what_is_wrong_and_the_command) {
    const scratch here;
    const std::string directory = here.path().string();
    const auto missing = error_of([&] { check_target("dir:" + directory + "/none"); });
    EXPECT_EQ(missing.why(), cause::needs_person);
    EXPECT_TRUE(holds(missing.what(), "does not exist"));
    EXPECT_TRUE(holds(missing.hint(), "mkdir -p '" + directory + "/none'; chown")) << missing.hint();

    std::ofstream(here.path() / "file") << "x";
    EXPECT_TRUE(holds(error_of([&] { check_target("dir:" + directory + "/file"); }).what(), "not a directory"));
    const auto full = error_of([&] { check_target("dir:" + directory); });
    EXPECT_TRUE(holds(full.what(), "not empty")) << full.what();
    EXPECT_TRUE(holds(full.hint(), "mkdir -p")) << full.hint();
    EXPECT_FALSE(fs::exists(here.path() / "extensions"));

    EXPECT_EQ(error_of([&] { check_target("s3://bucket"); }).code(), exit_code::arguments);
    EXPECT_EQ(error_of([&] { check_target("dir:relative"); }).code(), exit_code::arguments);
    EXPECT_EQ(directory_of("dir:///srv/archive"), "/srv/archive");
}

TEST(archive_target, refuses_another_layout) {
    const scratch here;
    ocfl_root::create(here.path());
    std::ofstream(here.path() / "ocfl_layout.json")
        << R"({"extension": "0002-flat-direct-storage-layout", "description": "flat"})";
    const auto e = error_of([&] { check_target("dir:" + here.path().string()); });
    EXPECT_TRUE(holds(e.what(), "another layout")) << e.what();
}
