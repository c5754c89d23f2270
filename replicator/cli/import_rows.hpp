// The records of a file on their way into the mirror of a source of files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "apply/applier.hpp"
#include "pq/connection.hpp"

namespace everarchive::cli {

struct import_counts {
    std::int64_t read = 0;
    std::int64_t added = 0;
    std::int64_t changed = 0;
    std::int64_t unchanged = 0;
    std::int64_t repeated = 0;    // again in the same file, with the same bytes
    std::int64_t quarantined = 0; // cannot be read, or another record of the file has the same control number
};

class import_rows {
  public:
    /// `on` is the applier's connection of the source that was taken; `file` is the name that records without a control
    /// number are called by.
    import_rows(pq::connection& on, const apply::taken_source& source, std::string file);

    /// Takes whole records, in one transaction with their touched keys.
    void add(std::string_view chunk);

    /// Maps what was taken and counts.
    import_counts finish();

  private:
    pq::connection& on_;
    const apply::taken_source& source_;
    const std::string file_;
    std::string statement_;
    std::string begin_; // when the import began, by the server's clock
    import_counts counts_;
};

} // namespace everarchive::cli
