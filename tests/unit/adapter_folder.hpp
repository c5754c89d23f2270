// An adapter in a scratch directory, for tests that load one that is good or bad.
#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include <fmt/format.h>

#include "adapter/adapter.hpp"
#include "base/error.hpp"

namespace everarchive::test {

/// A mirror.sql and mapping.sql that load, as the ground for what is then broken.
inline const std::string good_mirror = R"sql(-- title: a test
-- system: mariadb

CREATE TABLE book (
    id integer PRIMARY KEY,
    branch text,
    title text NOT NULL
);
CREATE INDEX ON book (branch, id);
COMMENT ON TABLE book IS 'books. Touches: bib (id).';
COMMENT ON COLUMN book.title IS 'it''s the title';
)sql";

inline const std::string good_mapping = R"sql(-- views
CREATE VIEW bib AS
SELECT id AS key1, NULL::text AS parent_key, NULL::marc AS record, NULL::text AS problem,
       convert_to(title, 'UTF8') AS captured, 'json'::text AS format, NULL::jsonb AS attributes, false AS deleted
FROM book;
COMMENT ON VIEW bib IS 'books; all of them';
)sql";

class adapter_folder {
  public:
    adapter_folder() {
        std::random_device random;
        directory_ = std::filesystem::temp_directory_path() /
                     fmt::format("everarchive-adapter-{:08x}{:08x}", random(), random());
        std::filesystem::create_directories(directory_ / "try");
        write(good_mirror, good_mapping);
    }
    ~adapter_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    adapter_folder(const adapter_folder&) = delete;
    adapter_folder& operator=(const adapter_folder&) = delete;

    void write(const std::string& mirror, const std::string& mapping) const {
        write_mirror(mirror);
        std::ofstream(directory_ / "try" / "mapping.sql", std::ios::binary) << mapping;
    }
    void write_mirror(const std::string& mirror) const {
        std::ofstream(directory_ / "try" / "mirror.sql", std::ios::binary) << mirror;
    }
    adapter::adapter load() const { return adapter::load(directory_, "try"); }

    /// What loading says against the files, without the directory; empty when it says nothing.
    std::string refusal() const {
        try {
            load();
        } catch (const error& e) {
            if (e.code() != exit_code::settings || e.hint().empty()) {
                return "not an error of settings with a hint: " + std::string(e.what());
            }
            std::string said = e.what();
            const std::string folder = (directory_ / "try").string() + "/";
            if (const std::size_t at = said.find(folder); at != std::string::npos) {
                said.erase(at, folder.size());
            }
            return said;
        }
        return {};
    }
    const std::filesystem::path& directory() const { return directory_; }

  private:
    std::filesystem::path directory_;
};

} // namespace everarchive::test
