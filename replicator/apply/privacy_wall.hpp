// What a change may bring into the preservation database. The capture drops tables and columns that the adapter does
// not name; here go the members of JSON that it does not name, and the rows of a table that belong to nothing it names.
// Before a change is coalesced, touched, written or put in quarantine.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "adapter/adapter.hpp"
#include "capture/change.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

class privacy_wall {
  public:
    privacy_wall(pq::connection& on, const adapter::adapter& adapter, std::string_view mirror_schema);

    /// Takes out of a batch of the stream what must not be stored. Reads the mirror in the open transaction for rows
    /// whose owner is not in the batch.
    void pass(capture::batch& batch);

    /// The same for rows that were copied: the source's server has left out those that belong to nothing
    /// (adapter::source_condition), and the tables of their owners may not be copied yet.
    void pass_copied(capture::batch& batch) const;

    /// What was passed is written to the mirror, or was rolled back.
    void forget() { unwritten_.clear(); }

  private:
    void keep_members(capture::batch& batch, capture::change& change) const;
    void gather_owners(const capture::batch& batch);
    std::unordered_set<std::string> owners_named(const capture::batch& batch, std::size_t table);
    void drop_rows(capture::batch& batch);

    pq::connection& on_;
    const adapter::adapter& adapter_;
    std::vector<bool> has_members_; // by table
    std::vector<bool> is_owner_;    // by table
    std::vector<std::string> ask_;  // by table: which of the keys $1 are owners; empty: every row belongs
    std::vector<std::vector<std::size_t>> owners_; // by table: the tables that its rows may belong to
    bool idle_ = true;                             // the adapter has no such rules
    std::unordered_set<std::string> unwritten_;    // table and key of owners that are not in the mirror yet
};

} // namespace everarchive::apply
