// What the stream has changed of late, so that rows which were read from the source at some point can be compared with
// a mirror that is ahead of that point: the keys that later transactions changed are left out.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "adapter/adapter.hpp"
#include "apply/cascade_graph.hpp"
#include "capture/chunk.hpp"

namespace everarchive::apply {

/// What a table's rows were read without.
struct unseen_changes {
    bool whole_table = false;             // it was emptied
    std::unordered_set<std::string> keys; // as joined_values() writes them
    std::unordered_set<std::string>
        parents; // parent values whose child rows the source's engine changed: see link_name()
};

/// The name under which unseen_changes::parents holds the values `row` has in `columns`: of the parent's row its parent
/// columns, of a child's row its foreign key.
std::string link_name(const adapter::foreign_key& link, const std::vector<std::size_t>& columns,
                      std::span<const capture::cell> row);

class recent_changes {
  public:
    /// Whether a stream that stands at the first position has passed the second: capture::source::has_passed().
    using passed = std::function<bool(const std::string&, const std::string&)>;

    /// `begin`: everything up to there was applied before.
    recent_changes(const adapter::adapter& adapter, const cascade_graph& cascades, passed has_passed, std::string begin)
        : adapter_(adapter), cascades_(cascades), passed_(std::move(has_passed)),
          forgotten_position_(std::move(begin)) {}

    /// Keys are kept while something is compared; without that, only which transactions came.
    void watch(bool on);

    /// A batch is being applied.
    void note(const capture::batch& batch);

    /// What was applied and is not in rows read at `point`; nullopt if that was more than is remembered: then the rows
    /// must be read again. Only between source transactions.
    std::optional<unseen_changes> unseen(std::uint32_t table, const capture::read_point& point) const;

    /// Rows that will be asked about were read at `point` or later: what that has seen can be forgotten.
    void forget_seen(const capture::read_point& point);

    /// Bytes of keys after which the oldest transactions are forgotten.
    static constexpr std::size_t most_bytes = std::size_t{32} * 1024 * 1024;
    /// Ids of forgotten transactions that are remembered nevertheless.
    static constexpr std::size_t most_forgotten = 8'192;

  private:
    struct transaction {
        std::uint32_t xid = 0;
        std::string position; // end of its batch; empty while its end has not come
        std::vector<std::pair<std::uint32_t, std::string>> keys;
        std::vector<std::uint32_t> emptied;
        std::vector<std::string> parents;
        std::size_t bytes = 0;
    };

    void note(const capture::change& change, transaction& into) const;
    void close(transaction& done, std::uint32_t xid, const std::string& position);
    bool has_seen(const capture::read_point& point, std::uint32_t xid, const std::string& position) const;
    void forget(const transaction& old);

    const adapter::adapter& adapter_;
    const cascade_graph& cascades_;
    passed passed_;
    bool watching_ = false;
    bool open_ = false; // the last transaction goes on in the next batch
    std::deque<transaction> transactions_;
    std::size_t bytes_ = 0;
    std::deque<std::uint32_t> forgotten_; // ids, the newest last
    std::string forgotten_position_;
};

} // namespace everarchive::apply
