// Transactions of a source that have begun to arrive before it is known how they end: each in a spool, with the places
// where its subtransactions begin, so that a rollback to a savepoint takes away exactly its changes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "capture/change.hpp"
#include "capture/spool.hpp"

namespace everarchive::capture {

class open_transactions {
  public:
    explicit open_transactions(std::shared_ptr<spool_budget> budget) : budget_(std::move(budget)) {}

    /// Appends the changes and troubles of `from`, of the subtransaction `part` (the transaction itself: its own xid).
    /// False when the source's limit is reached; then the transaction is not complete any more. Throws error (retry)
    /// when the disk is full.
    [[nodiscard]] bool append(std::uint32_t xid, std::uint32_t part, const batch& from);

    /// `part` is rolled back, with every subtransaction that began in it: they follow it, and it was the innermost one
    /// that was not done. The transaction itself: all of it.
    void abort(std::uint32_t xid, std::uint32_t part);

    /// Takes a transaction out that is committed; its spool is ready to be read. An empty one if nothing came of it.
    spool commit(std::uint32_t xid);

    void clear() { all_.clear(); }
    bool empty() const { return all_.empty(); }

    /// Reads the next frame of a spool: adds what it holds to `into`. False at the end.
    bool replay(spool& from, batch& into);

  private:
    struct subtransaction {
        std::uint32_t age; // its xid counted from the transaction's: these are younger, and xids wrap around
        spool::mark begin; // where its first frame is
    };
    struct transaction {
        spool frames;
        /// By age: there may be millions, one for each savepoint, and nearly always the newest is meant.
        std::vector<subtransaction> parts;
        std::vector<subtransaction>::iterator find(std::uint32_t age);
    };

    std::shared_ptr<spool_budget> budget_;
    std::unordered_map<std::uint32_t, transaction> all_; // by xid
    std::string frame_;                                  // kept for its memory
};

} // namespace everarchive::capture
