// The records of a file on their way into the mirror of a source of files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "apply/applier.hpp"
#include "pq/connection.hpp"

namespace everarchive::cli {

/// read = added + changed + unchanged + repeated.
struct import_counts {
    std::int64_t read = 0;
    std::int64_t added = 0;       // records that the source did not have
    std::int64_t changed = 0;     // records that it had with other content
    std::int64_t unchanged = 0;   // records that it had just so
    std::int64_t repeated = 0;    // further states of the same record in the same file
    std::int64_t quarantined = 0; // records of this import that cannot be read
};

/// Files come with several states of a record, one after the other: each becomes a version, in the order of the file. A
/// file that is imported again changes nothing.
class import_rows {
  public:
    /// `on` is the applier's connection of the source that was taken; `file` is the name that records without a control
    /// number are called by.
    import_rows(pq::connection& on, const apply::taken_source& source, std::string file);

    /// Takes whole records into a temporary table.
    void add(std::string_view chunk);

    /// Writes what is new into the mirror, in transactions of a few thousand records with their touched keys, maps it
    /// and counts.
    import_counts finish();

  private:
    void plan();
    void write_round(std::int64_t round);
    void write_batch(std::int64_t round, std::int64_t after, std::int64_t last);
    void refresh(std::int64_t round, std::int64_t after, std::int64_t last);
    void map();

    pq::connection& on_;
    const apply::taken_source& source_;
    const std::string file_;
    const std::string id_; // source_id, as a parameter
    std::string mirror_;
    std::string take_;
    std::string begin_; // when the import began, by the server's clock
    import_counts counts_;
};

} // namespace everarchive::cli
