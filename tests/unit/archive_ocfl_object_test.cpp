// What the writer puts into a storage root: valid by our validator, deterministic, never overwritten, and whole after a
// kill at every step that touches the disk.
#include "archive/ocfl_object.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "archive/entity_object.hpp"
#include "archive/read_back.hpp"
#include "archive_scratch.hpp"
#include "base/error.hpp"

using namespace everarchive::archive;
using namespace archive_test;
namespace durable = everarchive::durable;

namespace {

constexpr int killed = 42;

/// Runs `work` in a child process that ends without clean-up before its step number `step`. True if it got that far.
bool killed_at(int step, const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        int left = step;
        durable::set_fail_point([&left](std::string_view, const fs::path&) {
            if (--left == 0) {
                ::_exit(killed);
            }
        });
        int status = 0;
        try {
            work();
        } catch (const std::exception&) {
            status = 1;
        }
        ::_exit(status);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == killed)) << "step " << step;
    return WIFEXITED(status) && WEXITSTATUS(status) == killed;
}

written_version write(const fs::path& directory, const archive_object& about, const package_files& files) {
    ocfl_root root(directory);
    EXPECT_TRUE(root.try_lock());
    return about.packing == "segment" ? write_segment(root, about, files) : write_entity_version(root, about, files);
}

std::optional<std::string> read(const fs::path& directory, const archive_object& about, const std::string& sha512) {
    const ocfl_root root(directory);
    return read_back(root, about.ocfl_id, about.ocfl_version, sha512, about.packing == "segment", [] {});
}

const package_files first = entity_files(1, {{"record.xml", "<a/>"}, {"entity.json", "{}"}});
const package_files second = entity_files(2, {{"record.xml", "<b/>"}, {"entity.json", "{}"}, {"new/ä.txt", "x"}});
const package_files deleted = entity_files(3, {{"tombstone.json", "{\"gone\": true}"}});

} // namespace

TEST(archive_object, entity_versions_keep_only_what_changed) {
    const scratch here;
    ocfl_root::create(here.path());
    for (const auto& [n, files] : {std::pair{1U, first}, {2U, second}, {3U, deleted}}) {
        const archive_object about = entity_object(n);
        const written_version written = write(here.path(), about, files);
        EXPECT_FALSE(written.was_there);
        EXPECT_EQ(written.location, layout_path(about.ocfl_id).string());
        EXPECT_EQ(read(here.path(), about, written.sha512), std::nullopt);
    }
    EXPECT_EQ(list(validate_root(here.path())), "");
    const fs::path object = here.path() / layout_path(entity_object(1).ocfl_id);
    EXPECT_TRUE(fs::exists(object / "v1" / "content" / "entity.json"));
    EXPECT_FALSE(fs::exists(object / "v2" / "content" / "entity.json")) << "the same bytes twice";
    EXPECT_TRUE(fs::exists(object / "v2" / "content" / "new" / "%C3%A4.txt"));
    const inventory read_again = parse_inventory(slurp(object / "inventory.json"), "inventory.json");
    EXPECT_TRUE(read_again.versions.at(2).files.contains("new/ä.txt"));
    EXPECT_EQ(read_again.versions.at(3).files.size(), 1U);
}

TEST(archive_object, several_versions_of_an_entity_in_one_delivery) {
    const scratch here;
    ocfl_root::create(here.path());
    const package_files both = [](const std::function<void(const package_file&)>& each) {
        first([&](package_file one) {
            one.newest = false;
            each(one);
        });
        second(each);
    };
    write(here.path(), entity_object(1), both);
    EXPECT_EQ(list(validate_root(here.path())), "");
    const fs::path object = here.path() / layout_path(entity_object(1).ocfl_id);
    const inventory all = parse_inventory(slurp(object / "inventory.json"), "inventory.json");
    EXPECT_EQ(all.versions.at(1).files.at("record.xml"), digest_of("sha512", "<b/>"));
    EXPECT_EQ(all.versions.at(1).files.at("earlier/v1/record.xml"), digest_of("sha512", "<a/>"));
}

TEST(archive_object, version_folder) {
    EXPECT_EQ(below_version_folder("koha/bib/v3/v3/record.xml", 3), "record.xml");
    EXPECT_EQ(below_version_folder("v2/a/b", 2), "a/b");
    EXPECT_EQ(below_version_folder("a/b", 2), "a/b");
}

TEST(archive_object, written_twice_is_found_not_overwritten) {
    const scratch here;
    ocfl_root::create(here.path());
    const written_version once = write(here.path(), segment_object(), sample(20));
    const written_version again = write(here.path(), segment_object(), sample(20));
    EXPECT_TRUE(again.was_there);
    EXPECT_EQ(again.sha512, once.sha512);
    EXPECT_EQ(again.bytes, once.bytes);
    const std::string before = slurp(here.path() / once.location / "inventory.json");
    try {
        write(here.path(), segment_object(), sample(21));
        FAIL() << "other content under the same id was accepted";
    } catch (const everarchive::error& e) {
        EXPECT_EQ(e.why(), everarchive::cause::needs_person);
        EXPECT_NE(std::string(e.what()).find("never overwritten"), std::string::npos);
    }
    EXPECT_EQ(slurp(here.path() / once.location / "inventory.json"), before);
    EXPECT_EQ(list(validate_root(here.path())), "");
}

TEST(archive_object, a_newer_program_accepts_what_an_older_one_wrote) {
    const scratch here;
    ocfl_root::create(here.path());
    archive_object about = segment_object();
    const written_version once = write(here.path(), about, sample(5));
    about.policies = "renamed"; // segment.json differs, index.tsv does not
    EXPECT_TRUE(write(here.path(), about, sample(5)).was_there);
    EXPECT_EQ(read(here.path(), about, once.sha512), std::nullopt);
}

TEST(archive_object, two_roots_hold_the_same_bytes) {
    const scratch one, two;
    for (const scratch* here : {&one, &two}) {
        ocfl_root::create(here->path());
        write(here->path(), segment_object(), sample(20));
    }
    EXPECT_EQ(shell("diff -r " + one.path().string() + " " + two.path().string()), 0);
}

TEST(archive_object, an_earlier_version_must_be_there) {
    const scratch here;
    ocfl_root::create(here.path());
    EXPECT_THROW(write(here.path(), entity_object(2), second), everarchive::error);
    EXPECT_EQ(list(validate_root(here.path())), "");
}

TEST(archive_object, hostile_paths_leave_nothing_behind) {
    const scratch here;
    ocfl_root::create(here.path());
    EXPECT_THROW(write(here.path(), entity_object(1), entity_files(1, {{"../../../../evil", "x"}})),
                 everarchive::error);
    EXPECT_THROW(write(here.path(), entity_object(1), entity_files(1, {{"a", "x"}, {"a", "y"}})), everarchive::error);
    EXPECT_EQ(list(validate_root(here.path())), "");
    EXPECT_FALSE(fs::exists(here.path() / "extensions" / "everarchive-staging"));
}

TEST(archive_object, one_writer_at_a_time) {
    const scratch here;
    ocfl_root::create(here.path());
    ocfl_root mine(here.path());
    ASSERT_TRUE(mine.try_lock());
    ocfl_root other(here.path());
    EXPECT_FALSE(other.try_lock());
}

TEST(archive_crash, creating_a_root) {
    int step = 1;
    for (bool more = true; more; ++step) {
        const scratch here;
        more = killed_at(step, [&] { ocfl_root::create(here.path()); });
        if (!fs::exists(here.path() / "0=ocfl_1.1")) {
            ocfl_root::create(here.path());
        }
        EXPECT_EQ(list(validate_root(here.path())), "") << "killed at step " << step;
    }
    EXPECT_GT(step, 10);
}

TEST(archive_crash, new_object_never_makes_the_root_invalid) {
    int step = 1;
    for (bool more = true; more; ++step) {
        const scratch here;
        ocfl_root::create(here.path());
        write(here.path(), segment_object("segment/0"), sample(3));
        more = killed_at(step, [&] { write(here.path(), segment_object(), sample(3)); });
        // At once, before anyone mends anything: at most the staging area is left, which is a warning.
        for (const problem& one : validate_root(here.path())) {
            EXPECT_EQ(one.code, "W016") << "killed at step " << step << ": " << one.path;
        }
        const written_version written = write(here.path(), segment_object(), sample(3));
        EXPECT_EQ(read(here.path(), segment_object(), written.sha512), std::nullopt) << "killed at step " << step;
        EXPECT_EQ(list(validate_root(here.path())), "") << "killed at step " << step;
    }
    EXPECT_GT(step, 30);
}

TEST(archive_crash, later_version_is_whole_after_the_next_attempt) {
    int step = 1;
    for (bool more = true; more; ++step) {
        const scratch here;
        ocfl_root::create(here.path());
        const std::string v1 = write(here.path(), entity_object(1), first).sha512;
        more = killed_at(step, [&] { write(here.path(), entity_object(2), second); });
        const written_version written = write(here.path(), entity_object(2), second);
        EXPECT_EQ(list(validate_root(here.path())), "") << "killed at step " << step;
        EXPECT_EQ(read(here.path(), entity_object(1), v1), std::nullopt) << "killed at step " << step;
        EXPECT_EQ(read(here.path(), entity_object(2), written.sha512), std::nullopt) << "killed at step " << step;
        // The mended object is the same as one that was never disturbed.
        const scratch calm;
        ocfl_root::create(calm.path());
        write(calm.path(), entity_object(1), first);
        write(calm.path(), entity_object(2), second);
        EXPECT_EQ(shell("diff -r " + here.path().string() + " " + calm.path().string()), 0)
            << "killed at step " << step;
    }
    EXPECT_GT(step, 20);
}

TEST(archive_crash, taking_a_bad_version_back) {
    for (const unsigned bad : {1U, 2U}) {
        int step = 1;
        for (bool more = true; more; ++step) {
            const scratch here;
            ocfl_root::create(here.path());
            write(here.path(), entity_object(1), first);
            if (bad == 2) {
                write(here.path(), entity_object(2), second);
            }
            const auto discard = [&] {
                ocfl_root root(here.path());
                root.try_lock();
                discard_version(root, entity_object(1).ocfl_id, bad);
            };
            more = killed_at(step, discard);
            if (fs::exists(here.path() / layout_path(entity_object(1).ocfl_id))) {
                discard();
            }
            const written_version written = write(here.path(), entity_object(bad), bad == 1 ? first : second);
            EXPECT_EQ(read(here.path(), entity_object(bad), written.sha512), std::nullopt) << "killed at step " << step;
            EXPECT_EQ(list(validate_root(here.path())), "") << "killed at step " << step;
        }
        EXPECT_GT(step, 3);
    }
}
