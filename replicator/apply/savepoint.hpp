// What a data error undoes of an open transaction.
#pragma once

#include "pq/connection.hpp"

namespace everarchive::apply {

/// A savepoint that is rolled back to when the work under it fails with an error of the data.
class savepoint {
  public:
    explicit savepoint(pq::connection& on) : on_(on) { on_.run("SAVEPOINT everarchive_rows"); }
    void release() { on_.run("RELEASE SAVEPOINT everarchive_rows"); }
    void roll_back() { on_.run("ROLLBACK TO SAVEPOINT everarchive_rows; RELEASE SAVEPOINT everarchive_rows"); }

  private:
    pq::connection& on_;
};

} // namespace everarchive::apply
