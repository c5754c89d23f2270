// Which rows vanish with which, where the source's engine deletes child rows without writing them to its log.
#pragma once

#include <vector>

#include "adapter/adapter.hpp"

namespace everarchive::apply {

/// The declared foreign keys of an adapter, seen from the parent. Empty for PostgreSQL: there each cascaded row is in
/// the stream. MariaDB writes only the parent's deletion to its binary log.
class cascade_graph {
  public:
    struct child {
        std::size_t table;                // index of the child table
        const adapter::foreign_key* link; // its columns and the parent's
    };

    explicit cascade_graph(const adapter::adapter& adapter);

    /// The children of the table with this index.
    const std::vector<child>& children(std::size_t table) const { return children_[table]; }
    /// The foreign keys of the table with this index whose parent is captured as well.
    const std::vector<std::pair<std::size_t, const adapter::foreign_key*>>& parents(std::size_t table) const {
        return parents_[table];
    }

  private:
    std::vector<std::vector<child>> children_;
    std::vector<std::vector<std::pair<std::size_t, const adapter::foreign_key*>>> parents_;
};

} // namespace everarchive::apply
