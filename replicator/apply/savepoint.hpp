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

/// Does `work` under a savepoint. An error of the data undoes it and is given back; any other one is thrown, and one of
/// the table leaves the caller's savepoint the innermost again, because the caller goes on after it.
template <class Work>
std::optional<pq::error> data_error_of(pq::connection& on, const Work& work) {
    savepoint before(on);
    try {
        work();
        before.release();
        return std::nullopt;
    } catch (const pq::error& failed) {
        const bool of_data = is_data_error(failed.sqlstate());
        if (of_data || is_table_error(failed.sqlstate())) {
            before.roll_back();
        }
        if (!of_data) {
            throw;
        }
        return failed;
    }
}

} // namespace everarchive::apply
