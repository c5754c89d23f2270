// The ZIP files that segments hold: the same bytes each time, readable by others, no hostile names.
#include "archive/zip_writer.hpp"

#include "archive/digest.hpp"
#include "archive_scratch.hpp"
#include "base/error.hpp"

using namespace everarchive::archive;
using archive_test::shell;

namespace {

std::string make_zip() {
    std::string bytes;
    zip_writer zip([&](std::string_view part) { bytes += part; });
    zip.add("a/empty", "");
    zip.add("a/Größe \xE6\x97\xA5.xml", "<x>ä</x>");
    zip.add("b/large", std::string(300'000, 'z'));
    zip.finish();
    return bytes;
}

} // namespace

TEST(archive_zip, same_bytes_whatever_the_time_zone) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    const std::string utc = make_zip();
    ::setenv("TZ", "Pacific/Auckland", 1);
    ::tzset();
    EXPECT_EQ(make_zip(), utc);
    ::unsetenv("TZ");
    ::tzset();
    EXPECT_LT(utc.size(), 2000U);
}

TEST(archive_zip, others_read_it) {
    const archive_test::scratch here;
    const std::string file = (here.path() / "x.zip").string();
    std::ofstream(file, std::ios::binary) << make_zip();
    std::vector<std::string> names;
    read_zip(file, 1U << 20U, [&](std::string_view name, std::string_view) { names.emplace_back(name); });
    EXPECT_EQ(names, (std::vector<std::string>{"a/empty", "a/Größe \xE6\x97\xA5.xml", "b/large"}));
    if (archive_test::has_program("unzip")) {
        EXPECT_EQ(shell("unzip -t " + file), 0);
    }
    if (archive_test::has_program("python3")) {
        EXPECT_EQ(shell("python3 -c \"import zipfile; z = zipfile.ZipFile('" + file +
                        "'); assert z.testzip() is None; assert z.read('a/Größe 日.xml').decode() == '<x>ä</x>'\""),
                  0);
    }
}

TEST(archive_zip, refuses_names) {
    zip_writer zip([](std::string_view) {});
    zip.add("a", "1");
    EXPECT_THROW(zip.add("a", "2"), everarchive::error);
    EXPECT_THROW(zip.add("../a", "2"), everarchive::error);
    EXPECT_THROW(zip.add("/a", "2"), everarchive::error);
}

TEST(archive_zip, passes_the_error_of_its_sink_on) {
    zip_writer zip([](std::string_view) {
        throw everarchive::error(everarchive::exit_code::sink, everarchive::cause::retry, "full");
    });
    try {
        for (int i = 0; i < 1000; ++i) {
            zip.add(std::to_string(i), digest_of("sha512", std::to_string(i)));
        }
        zip.finish();
        FAIL() << "no error";
    } catch (const everarchive::error& e) {
        EXPECT_STREQ(e.what(), "full");
    }
}

TEST(archive_zip, an_error_at_the_very_end_is_not_lost) {
    zip_writer zip([](std::string_view) {
        throw everarchive::error(everarchive::exit_code::sink, everarchive::cause::retry, "full");
    });
    zip.add("a", "less than one block of libarchive's buffer");
    EXPECT_THROW(zip.finish(), everarchive::error);
}

TEST(archive_zip, damage_is_noticed) {
    const archive_test::scratch here;
    const std::string file = (here.path() / "x.zip").string();
    std::string bytes = make_zip();
    bytes.resize(bytes.size() / 2);
    std::ofstream(file, std::ios::binary) << bytes;
    EXPECT_THROW(read_zip(file, 1U << 20U, [](std::string_view, std::string_view) {}), everarchive::error);
}
