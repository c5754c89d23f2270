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

written_version write(const fs::path& directory, const archive_object& object, const package_files& files,
                      publish how = publish::once) {
    ocfl_root root(directory);
    EXPECT_TRUE(root.try_lock());
    const archive_object about = submitted(object, files);
    return about.packing == "segment" ? write_segment(root, about, files, how)
                                      : write_entity_version(root, about, files, how);
}

std::vector<fs::path> kept(const fs::path& directory) {
    std::vector<fs::path> found;
    if (fs::exists(directory / "extensions" / "everarchive-bad")) {
        for (const auto& entry : fs::directory_iterator(directory / "extensions" / "everarchive-bad")) {
            found.push_back(entry.path());
        }
    }
    return found;
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
        EXPECT_EQ(errors(validate_root(here.path())), "") << "killed at step " << step;
        EXPECT_EQ(read(here.path(), entity_object(1), v1), std::nullopt) << "killed at step " << step;
        EXPECT_EQ(read(here.path(), entity_object(2), written.sha512), std::nullopt) << "killed at step " << step;
        // The mended object is the same as one that was never disturbed.
        const scratch calm;
        ocfl_root::create(calm.path());
        write(calm.path(), entity_object(1), first);
        write(calm.path(), entity_object(2), second);
        EXPECT_EQ(shell("diff -r -x everarchive-bad " + here.path().string() + " " + calm.path().string()), 0)
            << "killed at step " << step;
    }
    EXPECT_GT(step, 20);
}

TEST(archive_object, a_version_without_files_is_refused) {
    const scratch here;
    ocfl_root::create(here.path());
    ocfl_root root(here.path());
    ASSERT_TRUE(root.try_lock());
    archive_object segment = submitted(segment_object(), sample(3));
    segment.versions = 4;
    archive_object entity = submitted(entity_object(1), first);
    entity.versions = 2;
    archive_object none = segment_object();
    for (const auto& work : {std::function<void()>([&] { write_segment(root, segment, sample(3)); }),
                             std::function<void()>([&] { write_entity_version(root, entity, first); }),
                             std::function<void()>([&] { write_segment(root, none, sample(0)); })}) {
        try {
            work();
            ADD_FAILURE() << "written";
        } catch (const everarchive::error& e) {
            EXPECT_EQ(e.code(), everarchive::exit_code::refused) << e.what();
            EXPECT_EQ(e.why(), everarchive::cause::needs_person);
            EXPECT_NE(e.hint().find("everarchive.package("), std::string::npos) << e.hint();
        }
    }
    EXPECT_EQ(list(validate_root(here.path())), "") << "nothing of it is there";
}

TEST(archive_replace, the_bad_copy_stays_until_the_good_one_is_whole) {
    const scratch here;
    ocfl_root::create(here.path());
    const written_version once = write(here.path(), segment_object(), sample(5));
    const fs::path zip = here.path() / once.location / "v1" / "content" / "records.zip";
    std::ofstream(zip, std::ios::binary | std::ios::app) << "rot";
    // The package cannot be read any more: what is there must not be touched.
    const package_files gone = [](const std::function<void(const package_file&)>& each) {
        sample(1)(each);
        throw std::runtime_error("the database is gone");
    };
    ocfl_root root(here.path());
    ASSERT_TRUE(root.try_lock());
    EXPECT_THROW(write_segment(root, submitted(segment_object(), sample(5)), gone, publish::replace),
                 std::runtime_error);
    EXPECT_TRUE(slurp(zip).ends_with("rot"));
    EXPECT_TRUE(kept(here.path()).empty());
    const written_version again =
        write_segment(root, submitted(segment_object(), sample(5)), sample(5), publish::replace);
    EXPECT_FALSE(again.was_there);
    EXPECT_EQ(again.sha512, once.sha512);
    EXPECT_EQ(read(here.path(), segment_object(), again.sha512), std::nullopt);
    ASSERT_EQ(kept(here.path()), std::vector<fs::path>{again.set_aside});
    EXPECT_TRUE(slurp(again.set_aside / "v1" / "content" / "records.zip").ends_with("rot")) << "kept for a person";
    EXPECT_EQ(errors(validate_root(here.path())), "");
}

TEST(archive_replace, earlier_versions_are_copied_and_compared) {
    const scratch here;
    ocfl_root::create(here.path());
    const written_version v1 = write(here.path(), entity_object(1), first);
    const written_version v2 = write(here.path(), entity_object(2), second);
    const fs::path object = here.path() / v1.location;
    std::ofstream(object / "v2" / "content" / "record.xml") << "rot";
    std::ofstream(object / "inventory.json") << "rot"; // the one of v2 is whole
    EXPECT_EQ(write(here.path(), entity_object(2), second, publish::replace).sha512, v2.sha512);
    EXPECT_EQ(read(here.path(), entity_object(2), v2.sha512), std::nullopt);
    EXPECT_EQ(errors(validate_root(here.path())), "");
    // As if killed between two renames where directories cannot be exchanged: the object is only among the bad.
    fs::remove_all(object);
    EXPECT_EQ(write(here.path(), entity_object(2), second, publish::replace).sha512, v2.sha512);
    EXPECT_EQ(errors(validate_root(here.path())), "");
    std::ofstream(object / "v1" / "content" / "record.xml") << "rot";
    EXPECT_THROW(write(here.path(), entity_object(2), second, publish::replace), everarchive::error)
        << "a person must restore v1";
    EXPECT_EQ(slurp(object / "v1" / "content" / "record.xml"), "rot");
}

TEST(archive_replace, later_versions_are_not_given_up) {
    const scratch here;
    ocfl_root::create(here.path());
    write(here.path(), entity_object(1), first);
    const written_version v2 = write(here.path(), entity_object(2), second);
    EXPECT_THROW(write(here.path(), entity_object(1), first, publish::replace), everarchive::error);
    EXPECT_EQ(read(here.path(), entity_object(2), v2.sha512), std::nullopt);
}

TEST(archive_replace, a_file_that_cannot_be_read_is_this_objects_matter) {
    const scratch here;
    ocfl_root::create(here.path());
    const written_version once = write(here.path(), segment_object(), sample(5));
    const fs::path zip = here.path() / once.location / "v1" / "content" / "records.zip";
    // A directory opens and does not read (EISDIR), as a file on a bad sector (EIO).
    fs::remove(zip);
    fs::create_directory(zip);
    const std::optional<std::string> wrong = read(here.path(), segment_object(), once.sha512);
    ASSERT_TRUE(wrong);
    EXPECT_NE(wrong->find("records.zip"), std::string::npos) << *wrong;
    write(here.path(), segment_object(), sample(5), publish::replace);
    EXPECT_EQ(read(here.path(), segment_object(), once.sha512), std::nullopt);
    EXPECT_EQ(errors(validate_root(here.path())), "");
    const ocfl_root root(here.path());
    // What keeps the lease is passed on.
    EXPECT_THROW(read_back(root, segment_object().ocfl_id, 1, once.sha512, true,
                           []() -> void {
                               throw everarchive::error(everarchive::exit_code::bug, everarchive::cause::retry,
                                                        "lease");
                           }),
                 everarchive::error);
    // The whole archive has gone: nothing is said about the object.
    fs::rename(here.path() / "0=ocfl_1.1", here.path() / "gone");
    fs::remove(zip);
    EXPECT_THROW(read_back(root, segment_object().ocfl_id, 1, once.sha512, true, [] {}), everarchive::error);
}

TEST(archive_crash, replacing_a_bad_object) {
    for (const unsigned bad : {1U, 2U}) {
        int step = 1;
        for (bool more = true; more; ++step) {
            const scratch here;
            ocfl_root::create(here.path());
            std::string sha512 = write(here.path(), entity_object(1), first).sha512;
            if (bad == 2) {
                sha512 = write(here.path(), entity_object(2), second).sha512;
            }
            const fs::path object = here.path() / layout_path(entity_object(1).ocfl_id);
            const fs::path rotten = object / ("v" + std::to_string(bad)) / "content" / "record.xml";
            std::ofstream(rotten) << "rot";
            const auto replace = [&] {
                return write(here.path(), entity_object(bad), bad == 1 ? first : second, publish::replace);
            };
            more = killed_at(step, replace);
            // At once: the bad one or the good one is in the object's place, never neither; and the bad one is
            // somewhere.
            ASSERT_TRUE(fs::exists(rotten)) << "killed at step " << step;
            bool there = slurp(rotten) == "rot";
            for (const fs::path& copy : kept(here.path())) {
                there = there || slurp(copy / fs::relative(rotten, object)) == "rot";
            }
            EXPECT_TRUE(there) << "killed at step " << step;
            if (read(here.path(), entity_object(bad), sha512)) {
                replace();
            }
            ocfl_root(here.path()).try_lock(); // clears the staging area
            EXPECT_EQ(read(here.path(), entity_object(bad), sha512), std::nullopt) << "killed at step " << step;
            EXPECT_EQ(errors(validate_root(here.path())), "") << "killed at step " << step;
        }
        EXPECT_GT(step, 20);
    }
}
