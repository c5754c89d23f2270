// Writes net changes into the mirror: larger runs through a staging table or arrays, a handful of rows as pipelined
// statements.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "apply/cascade_graph.hpp"
#include "apply/coalesce.hpp"
#include "apply/mirror_table.hpp"
#include "apply/pipelined.hpp"
#include "apply/touched_keys.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

using net_changes = std::span<const net_change* const>;

class row_writer {
  public:
    using row_list = std::span<const std::span<const capture::cell>>;

    /// Writes over `on` into `mirror_schema`. Keys that only the mirror knows are added to `touched`.
    row_writer(pq::connection& on, const adapter::adapter& adapter, const cascade_graph& cascades,
               std::string_view mirror_schema, touched_keys& touched);

    /// Reads what the rows that are about to change touched before, where the source does not say so.
    void read_old(net_changes changes, const std::function<bool(std::size_t)>& in_doubt = {});

    /// Writes changes of one table and one effect. `missing` gets the patches whose row is not in the mirror.
    void write(net_changes changes, std::vector<const net_change*>& missing);

    /// Writes rows into a table that is known to hold none of them (a snapshot).
    void load(std::size_t table, row_list rows);

    /// Moves a row to another key, and the children that name it. Returns false if there is no such row.
    bool rename(const capture::change& change);

    /// A row has left its key, and what it became cannot be written: removes what the mirror has under the old key.
    void remove_old(const capture::change& change);

    /// Columns of a parent changed that foreign keys with ON UPDATE name: the rows that name it follow, or no longer
    /// name it.
    void move_children(const capture::change& change);

    /// The rows that cascades have deleted since the last call: index of the table and key as key_text() writes it.
    /// They are only collected while `collect` was last called with true.
    std::vector<std::pair<std::size_t, std::string>> take_cascaded() { return std::exchange(cascaded_, {}); }
    void collect_cascaded(bool collect) {
        collect_ = collect;
        cascaded_.clear();
    }

    /// Touches all keys of a table, then empties it.
    void truncate(std::size_t table, int source_id);

    /// The staging tables hold no rows: always so when a transaction has ended.
    void stages_are_empty() {
        staged_.clear();
        staged_rows_ = 0;
    }

    const mirror_table& table(std::size_t index) const { return tables_[index]; }

  private:
    void upsert(const mirror_table& table, net_changes changes);
    bool insert(const mirror_table& table, net_changes changes);
    void merge(const mirror_table& table, net_changes changes);
    void copy(const std::string& statement, row_list rows, std::string_view run);
    void patch(const mirror_table& table, net_changes changes, std::vector<const net_change*>& missing);
    void remove(const mirror_table& table, net_changes changes);
    void cascade_children(std::size_t parent, net_changes removed);
    void cascade_child(const cascade_graph::child& child, const std::vector<std::vector<std::string>>& parents);
    std::vector<std::vector<std::string>> cascade_step(const cascade_graph::child& child,
                                                       const std::vector<pq::parameter>& arrays,
                                                       const std::vector<std::size_t>& wanted);
    void move_child(const cascade_graph::child& child, const std::vector<std::size_t>& changed,
                    const std::vector<std::string>& from, const std::vector<std::string>& to, int depth);
    void touch_row(const mirror_table& table, const pq::result& rows, int row, int first = 0);

    pq::connection& on_;
    const adapter::adapter& adapter_;
    const cascade_graph& cascades_;
    touched_keys& touched_;
    std::vector<mirror_table> tables_;
    pipelined pipelined_;
    std::int64_t run_ = 0;
    std::set<const mirror_table*> staged_; // whose staging table this transaction has filled
    std::size_t staged_rows_ = 0;
    std::string buffer_;
    bool collect_ = false;
    std::vector<std::pair<std::size_t, std::string>> cascaded_;
};

} // namespace everarchive::apply
