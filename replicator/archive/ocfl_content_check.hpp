// The files of an OCFL object: what the inventories expect of them, and whether the disk agrees.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "archive/ocfl_inventory_check.hpp"

namespace everarchive::archive {

class content_check {
  public:
    content_check(std::filesystem::path object_root, problems& found) : root_(std::move(object_root)), found_(found) {}

    /// Notes every digest that `inventory` (the file `where`) gives for a content file.
    void expect(const checked_inventory& inventory, const std::string& where);

    /// Finds the files of one version's content directory, such as "v1/content"; reports links and empty directories.
    void find_files(const std::string& directory);

    /// Reports files of the versions up to `newest` that `inventory` does not name (E023).
    void require_named(const checked_inventory& inventory, const std::string& where, unsigned long newest);

    /// Reads every file once and compares it with all that was expected (E092, E093).
    void read_all();

  private:
    struct expectation {
        std::string algorithm, value;
        const char* code; // E092 manifest, E093 fixity
        std::string where;
        bool operator<(const expectation& o) const {
            return std::tie(algorithm, value, code) < std::tie(o.algorithm, o.value, o.code);
        }
    };

    void expect_block(const path_block& block, const std::string& algorithm, const char* code,
                      const std::string& where);
    void find_below(const std::filesystem::path& directory, const std::string& name, bool top);

    std::filesystem::path root_;
    problems& found_;
    std::map<std::string, std::set<expectation>> expected_; // content path -> what is said of it
    std::set<std::string> files_;                           // content paths on disk
};

} // namespace everarchive::archive
