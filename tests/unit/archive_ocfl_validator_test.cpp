// The validator against the fixtures of the OCFL editors: 22 good, 27 that deserve a warning, 107 bad objects.
#include "archive/ocfl_validator.hpp"

#include <set>

#include "archive/ocfl_root.hpp"
#include "archive_scratch.hpp"

using namespace everarchive::archive;
namespace fs = std::filesystem;

namespace {

/// The codes in a directory name such as E092_E093_content_path_does_not_exist.
std::set<std::string> expected_codes(const std::string& name) {
    std::set<std::string> codes;
    for (std::size_t at = 0;
         at + 4 < name.size() && (name[at] == 'E' || name[at] == 'W') && std::isdigit(name[at + 1]) != 0; at += 5) {
        codes.insert(name.substr(at, 4));
    }
    return codes;
}

std::set<std::string> codes_of(const problems& found) {
    std::set<std::string> codes;
    for (const problem& one : found) {
        codes.insert(one.code);
    }
    return codes;
}

} // namespace

TEST(archive_validator, fixtures) {
    const fs::path fixtures = archive_test::shared_data() / "preservation" / "ocfl-fixtures";
    if (!fs::is_directory(fixtures)) {
        GTEST_SKIP() << "no OCFL fixtures: set EVERARCHIVE_SHARED";
    }
    int seen = 0, with_codes = 0, right_codes = 0;
    for (const char* spec : {"1.0", "1.1"}) {
        for (const char* group : {"good-objects", "warn-objects", "bad-objects"}) {
            for (const auto& entry : fs::directory_iterator(fixtures / spec / group)) {
                const std::string name = entry.path().filename().string();
                const problems found = validate_object(entry.path());
                const bool bad = std::string_view(group) == "bad-objects";
                EXPECT_EQ(is_valid(found), !bad) << spec << ' ' << name << '\n' << archive_test::list(found);
                ++seen;
                const std::set<std::string> expected = expected_codes(name);
                if (!expected.empty()) {
                    const std::set<std::string> codes = codes_of(found);
                    ++with_codes;
                    right_codes += std::includes(codes.begin(), codes.end(), expected.begin(), expected.end()) ? 1 : 0;
                }
            }
        }
    }
    EXPECT_EQ(seen, 156);
    EXPECT_EQ(with_codes, 134);
    EXPECT_EQ(right_codes, 134); // preservation.md 7, row 10 asks for 90 %
}

TEST(archive_validator, root_problems) {
    const archive_test::scratch here;
    EXPECT_EQ(codes_of(validate_root(here.path())), std::set<std::string>{"E069"});
    ocfl_root::create(here.path());
    EXPECT_EQ(archive_test::list(validate_root(here.path())), "");
    fs::create_directories(here.path() / "abc" / "def");
    EXPECT_EQ(codes_of(validate_root(here.path())), std::set<std::string>{"E073"});
    std::ofstream(here.path() / "abc" / "def" / "stray") << "x";
    fs::create_directory(here.path() / "extensions" / "mine");
    std::ofstream(here.path() / "extensions" / "file") << "x";
    fs::create_symlink("abc", here.path() / "link");
    EXPECT_EQ(codes_of(validate_root(here.path())), (std::set<std::string>{"E072", "E090", "E112", "W016"}));
    std::ofstream(here.path() / "0=ocfl_1.1") << "ocfl_1.0\n";
    EXPECT_TRUE(codes_of(validate_root(here.path())).contains("E080"));
}

TEST(archive_validator, hostile_inventories_are_problems_not_crashes) {
    for (const std::string& text :
         {std::string(), std::string("[]"), std::string("{\"id\": \"\xff\"}"), std::string(100'000, '['),
          std::string("{\"id\":1,\"id\":2}"),
          std::string(
              "{\"head\":{},\"versions\":[],\"manifest\":7,\"fixity\":3,\"contentDirectory\":[],\"type\":null}"),
          std::string("{\"versions\":{\"v1\":7,\"x\":1,\"v99999999999999999999\":{}}}"),
          std::string("{\"manifest\":{\"ab\":[1,null,\"../../"
                      "etc\"]},\"versions\":{\"v1\":{\"state\":{\"q\":\"x\"},\"user\":[],\"message\":{}}}}")}) {
        problems found;
        check_inventory(text, "inventory.json", found);
        EXPECT_FALSE(is_valid(found)) << text.substr(0, 60);
    }
}
