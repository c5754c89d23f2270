// The net effect of a run of row changes. Between two flushes only the last state of each row matters, so a record that
// was saved five times is written once; what must not be folded (a truncation, a cascade that a later row depends on)
// ends the run.
#pragma once

#include <deque>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "adapter/adapter.hpp"
#include "apply/cascade_graph.hpp"
#include "apply/touched_keys.hpp"
#include "capture/change.hpp"
#include "capture/chunk.hpp"

namespace everarchive::apply {

/// The values of `columns` of `row`, each with its length in front, so that ("a","bc") and ("ab","c") differ.
std::string joined_values(const std::vector<std::size_t>& columns, std::span<const capture::cell> row);

/// The values of the primary key, each empty that is none.
capture::row_key key_values(const adapter::table& table, std::span<const capture::cell> row);

/// The primary key as a person reads it: parts joined by a colon.
std::string key_text(const adapter::table& table, std::span<const capture::cell> row);

/// True if no cell of `row` is absent.
bool is_full(std::span<const capture::cell> row);

/// True if all `columns` of `row` have a value.
bool has_values(const std::vector<std::size_t>& columns, std::span<const capture::cell> row);

/// What one row of a mirror table comes to.
struct net_change {
    enum class effect : std::uint8_t { upsert, patch, remove };

    std::uint32_t table = 0;
    effect what = effect::upsert;
    bool read_old = false; // the row before touches entities that only the mirror knows: read it before the change
    bool cascades = false; // a remove whose children go as well
    bool inserted = false; // the source says that it had no such row before the run
    std::span<const capture::cell> row; // upsert: full; patch: the key and what changes; remove: at least the key
};

class run {
  public:
    enum class verdict {
        taken,       // is part of the run
        flush_first, // write the run, clear it, then add this change again
        alone,       // write the run, clear it, then apply this change by itself (truncate, changed key, problem)
    };

    run(const adapter::adapter& adapter, const cascade_graph& cascades) : adapter_(adapter), cascades_(cascades) {}

    /// Adds a change. Its cells must live until clear(). `why` says what is wrong with a change that is `alone` because
    /// it cannot be applied; empty otherwise.
    verdict add(const capture::change& change, std::string& why);

    bool empty() const { return changes_.empty(); }
    std::size_t size() const { return changes_.size(); }
    const std::deque<net_change>& changes() const { return changes_; }
    touched_keys& touched() { return touched_; }

    /// Forgets the changes; the touched keys stay until they are written.
    void clear();

  private:
    std::span<capture::cell> cells(std::size_t count);
    void remove_row(std::uint32_t table, std::span<const capture::cell> row, bool cascades);
    verdict write_row(const capture::change& change, std::span<const capture::cell> row);
    bool add_old_touches(const adapter::table& table, std::span<const capture::cell> old,
                         std::span<const capture::cell> row);
    bool depends_on_cascade(const capture::change& change) const;
    bool moves_children(const capture::change& change, std::span<const capture::cell> row) const;
    bool is_pending(std::size_t parent, const adapter::foreign_key& link, const std::vector<std::size_t>& columns,
                    std::span<const capture::cell> row) const;
    std::string pending_name(std::size_t parent, const adapter::foreign_key& link,
                             const std::vector<std::size_t>& columns, std::span<const capture::cell> row) const;

    const adapter::adapter& adapter_;
    const cascade_graph& cascades_;
    std::pmr::monotonic_buffer_resource arena_;
    std::deque<net_change> changes_;
    std::unordered_map<std::string, net_change*> by_key_; // table index and key
    std::unordered_set<std::string> pending_;             // parent values whose children go at the flush
    touched_keys touched_;
};

} // namespace everarchive::apply
