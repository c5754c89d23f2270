#include "apply/cascade_graph.hpp"

namespace everarchive::apply {

cascade_graph::cascade_graph(const adapter::adapter& adapter)
    : children_(adapter.tables.size()), parents_(adapter.tables.size()) {
    if (adapter.runs_on != adapter::system::mariadb) {
        return;
    }
    for (std::size_t table = 0; table < adapter.tables.size(); ++table) {
        for (const adapter::foreign_key& link : adapter.tables[table].foreign_keys) {
            for (std::size_t parent = 0; parent < adapter.tables.size(); ++parent) {
                if (adapter.tables[parent].source_name() == link.parent) {
                    children_[parent].push_back({table, &link});
                    parents_[table].emplace_back(parent, &link);
                }
            }
        }
    }
}

} // namespace everarchive::apply
