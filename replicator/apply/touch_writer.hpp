// What is done with the keys that a run touches: they wait for the mapping workers, or are mapped at once.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapter/adapter.hpp"
#include "apply/coalesce.hpp"
#include "apply/row_writer.hpp"
#include "apply/taken_source.hpp"
#include "apply/touched_keys.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

class touch_writer {
  public:
    /// `mirror` names the mirror tables; `touched` is what rows have touched themselves.
    touch_writer(pq::connection& on, const adapter::adapter& adapter, const taken_source& source,
                 const row_writer& mirror, touched_keys& touched);

    /// Touches what rows of other tables say that the changes concern, when all of them are written.
    void through();

    /// The same for every row of a table, of which nothing is left.
    void all_through(const adapter::table& table);

    /// Puts the touched keys where they need no memory of ours: into the queue of the mapping workers, or with every
    /// commit aside, until refresh().
    void write();

    /// True if refresh() has nothing to map.
    bool is_empty() const { return touched_.empty() && !aside_; }

    /// Maps the touched keys in the open transaction. `position`: of the source transaction; empty if it goes on.
    void refresh(const std::string& position);

    /// The transaction was rolled back, and with it what it had put aside.
    void forget() { aside_ = false; }

  private:
    void through(const adapter::touch_through& touch, std::span<const std::string> values);
    void by_way_of(const adapter::touch_through& touch, std::optional<std::span<const std::string>> values);
    void refresh_keys(const std::string& kind, const std::vector<std::string>& keys, const std::string& position);

    pq::connection& on_;
    const adapter::adapter& adapter_;
    const std::string source_id_;
    const bool every_commit_;
    const row_writer& mirror_;
    touched_keys& touched_;
    bool aside_ = false; // keys may have been put aside in this transaction
};

} // namespace everarchive::apply
