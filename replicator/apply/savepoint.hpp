// What a data error undoes of an open transaction.
#pragma once

#include <optional>

#include "apply/row_quarantine.hpp"
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

/// Does `work` under a savepoint. An error of the data undoes it and is given back; any other one is thrown.
template <class Work>
std::optional<pq::error> data_error_of(pq::connection& on, const Work& work) {
    savepoint before(on);
    try {
        work();
        before.release();
        return std::nullopt;
    } catch (const pq::error& failed) {
        if (!is_data_error(failed.sqlstate())) {
            throw;
        }
        before.roll_back();
        return failed;
    }
}

} // namespace everarchive::apply
