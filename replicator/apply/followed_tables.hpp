// Which tables of a source are followed (everarchive.source_table): one that the capture or the mirror can no longer
// follow stops alone, and the others go on.
#pragma once

#include <string>
#include <vector>

#include "adapter/adapter.hpp"
#include "apply/taken_source.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

class followed_tables {
  public:
    followed_tables(pq::connection& on, const adapter::adapter& adapter, const taken_source& source);

    /// Reads the states that are stored: at first, and when the transaction that changed them was rolled back.
    void read();

    /// True if the changes of a table are left out.
    bool is_stopped(std::size_t table) const { return stopped_[table]; }

    /// From now on the changes of a table are left out. `what`: why; `mend`: the command or SQL that mends it, to which
    /// the resync that has to follow is added. In the open transaction.
    void stop(std::size_t table, const std::string& what, const std::string& mend);

    /// A resync of this table, or of all (empty), begins: what was stopped is followed again by whoever reads the
    /// states next. Returns true if something was. Between transactions.
    bool follow_again(const std::string& mirror_name);

    /// The table equals its source again. Between transactions.
    void is_repaired(std::size_t table);

  private:
    pq::connection& on_;
    const adapter::adapter& adapter_;
    const std::string source_id_;
    const std::string source_;
    std::vector<bool> stopped_; // by table
};

} // namespace everarchive::apply
