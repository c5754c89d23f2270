// Which tables of a source are followed (everarchive.source_table): one that the capture or the mirror can no longer
// follow stops alone, and the others go on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapter/adapter.hpp"
#include "apply/taken_source.hpp"
#include "capture/source.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

/// What mends a table of a source that is not followed: `mend`, told by with_name(), with the table as the mirror calls
/// it, and the resync that has to follow where it does not say so itself.
std::string table_hint(std::string_view source, const adapter::table& table, std::string_view mend);

/// The position of a source was renewed: until a resync has compared a table, changes of it may be missing. In the open
/// transaction, before anything is followed.
void doubt_all_tables(pq::connection& on, const adapter::adapter& adapter, const taken_source& source);

class followed_tables {
  public:
    followed_tables(pq::connection& on, const adapter::adapter& adapter, const taken_source& source);

    /// Reads the states that are stored: at first, and when the transaction that changed them was rolled back.
    void read();

    /// True if the changes of a table are left out.
    bool is_stopped(std::size_t table) const { return stopped_[table]; }

    /// True if the rows of the mirror may be other ones than those that the source changes, until is_repaired().
    bool is_in_doubt(std::size_t table) const { return in_doubt_[table]; }

    /// From now on the changes of a table are left out. `what`: why; `mend`: the command or SQL that mends it, to which
    /// the resync that has to follow is added. Tables whose rows belong to those of this one are left out with it,
    /// because what belongs to a row that is not known is not let in (privacy_wall). In the open transaction.
    void stop(std::size_t table, const std::string& what, const std::string& mend);

    /// Stores which optional columns the source does not have. A table that has got one since that was stored stops: a
    /// DEFAULT may have given its rows values that no message tells of. Between transactions.
    void note_optional_columns(const std::vector<capture::optional_columns>& now);

    /// A resync of this table, or of all (empty), begins: what was stopped is followed again by whoever reads the
    /// states next. With a table goes what was left out with it, for which a resync is asked for; a table stays stopped
    /// while one that its rows belong to is. Returns true if something is followed again. Between transactions.
    bool follow_again(const std::string& mirror_name);

    /// The table equals its source again, in these columns. Between transactions.
    void is_repaired(std::size_t table, const std::vector<std::size_t>& columns);

  private:
    /// Whether the rows of `table` belong to those of `owner`.
    bool belongs_to(std::size_t table, std::size_t owner) const;
    /// Whether a table is left out that the rows of `table` belong to, other than `except`.
    bool owner_is_stopped(std::size_t table, std::size_t except) const;
    bool take_up(const std::string& mirror_name);

    pq::connection& on_;
    const adapter::adapter& adapter_;
    const std::string source_id_;
    const std::string source_;
    std::vector<bool> stopped_; // by table
    std::vector<bool> in_doubt_;
};

} // namespace everarchive::apply
