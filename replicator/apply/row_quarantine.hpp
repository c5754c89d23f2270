// Rows that cannot be applied: kept in everarchive.quarantine with their content and the reason, in the transaction
// that would have applied them.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "adapter/adapter.hpp"
#include "apply/coalesce.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

/// True for what one row can be guilty of: SQLSTATE classes 22 (data exception) and 23 (constraint), a type that does
/// not fit (42804), a value too large for an index (54000), what the server does not support (0A000), MARC (MR).
bool is_data_error(std::string_view sqlstate) noexcept;

/// What a mirror table can be guilty of that is not as the adapter has it any more: SQLSTATE class 42, except for what
/// one value may cause.
bool is_table_error(std::string_view sqlstate) noexcept;

/// `text` if a PostgreSQL text can hold it, else its bytes in hexadecimal with \x in front.
std::string printable(std::string_view text);

/// A row change as JSON: {"table":…,"operation":…,"cells":{column: text | null | {"hex":…}}, "old":{…}}. Absent cells
/// are left out.
/// `keeps_children` (of a change whose source was told not to follow foreign keys) stands in it only when true.
std::string change_as_json(const adapter::table& table, std::string_view operation, std::span<const capture::cell> row,
                           std::span<const capture::cell> old, bool keeps_children = false);

/// True if a change says all of its row, so that earlier changes of the row no longer matter.
inline bool is_whole_change(std::string_view operation, std::span<const capture::cell> row) {
    return operation == "delete" || is_full(row);
}

/// A change as change_as_json() wrote it. Its cells point into `texts`.
struct kept_change {
    kept_change() = default;
    kept_change(kept_change&&) = default; // a deque that is moved keeps its elements where they are
    kept_change& operator=(kept_change&&) = default;
    kept_change(const kept_change&) = delete;
    kept_change& operator=(const kept_change&) = delete;

    std::size_t table = 0; // index into adapter::tables
    std::string operation;
    std::vector<capture::cell> row;
    std::vector<capture::cell> old; // empty: not known
    bool keeps_children = false;
    std::deque<std::string> texts;

    bool is_whole() const { return is_whole_change(operation, row); }
};

/// Reads it again; nullopt if it is of a table or column that the adapter no longer has, or no such JSON.
std::optional<kept_change> change_from_json(const adapter::adapter& adapter, const std::string& json);

class row_quarantine {
  public:
    struct reason {
        std::string sqlstate;
        std::string message;
        std::string hint;
    };

    row_quarantine(pq::connection& on, int source_id, std::string source_name)
        : on_(on), source_id_(source_id), source_name_(std::move(source_name)) {}

    /// Reads which keys are in quarantine now.
    void load();

    /// Writes one row, in the open transaction. A whole change closes the row's older cases.
    void put(const adapter::table& table, std::string_view operation, std::span<const capture::cell> row,
             std::span<const capture::cell> old, const std::string& position, const reason& why,
             bool keeps_children = false);
    void put(const adapter::table& table, const net_change& change, const std::string& position, const reason& why);

    /// True if an earlier change of this row is in quarantine: what the row is now is not known.
    bool holds(const adapter::table& table, std::span<const capture::cell> row) const;
    bool empty() const { return open_.empty(); }

    /// Notes that a later change of this row was applied whole, or that the row is gone; written by resolve(), or
    /// before the next case of whatever row is put in.
    void supersede(const adapter::table& table, std::span<const capture::cell> row);
    void supersede(const adapter::table& table, const std::string& key);
    /// The table was emptied: none of its cases matters any more. In the open transaction.
    void supersede_all(const adapter::table& table);

    /// Writes the resolutions, in the open transaction. They are of all cases up to now.
    void resolve();

    /// What stands beside one case, of the same row.
    struct neighbours {
        bool is_open = false;           // the case itself
        bool older = false;             // an open case that came before it
        std::vector<std::string> newer; // the changes, as JSON, of open cases that came after it
    };
    neighbours beside(const std::string& id);
    /// A newer change of the row waits in quarantine and says all of it: this one is not applied any more.
    void outdated(const std::string& id);

    /// The rows that quarantine_retry() asked to apply again: id and JSON.
    std::vector<std::pair<std::string, std::string>> requested();
    /// What came of one of them, in the open transaction: nullopt, it was applied. A whole change closes the older
    /// cases of its row.
    void retried(const std::string& id, const adapter::table& table, const kept_change& kept,
                 const std::optional<reason>& why);
    /// One of them that cannot even be read.
    void refuse(const std::string& id, const reason& why);

    /// What a partial change is told whose row is not (rightly) in the mirror.
    reason row_missing() const;

    /// The changes of the next open cases that row_missing() is the reason of, of one table. Each call goes on where
    /// the last one ended, so that cases that stay do not hold up others; empty: that was the end of the walk, and the
    /// next call begins another.
    std::vector<std::string> next_missing_rows(std::size_t most);
    /// The walk leaves out what is left of the table that it is in.
    void skip_missing_table() { missing_id_ = std::to_string(std::numeric_limits<std::int64_t>::max()); }
    /// True while such a walk is under way.
    bool walks_missing_rows() const { return !missing_table_.empty(); }

  private:
    static std::string name_of(const adapter::table& table, std::string_view key);

    pq::connection& on_;
    int source_id_;
    std::string source_name_;
    std::unordered_set<std::string> open_; // mirror table, line feed, key
    std::vector<std::string> tables_;      // superseded
    std::vector<std::string> keys_;
    std::string missing_table_; // where the walk of next_missing_rows() stands
    std::string missing_id_ = "0";
};

} // namespace everarchive::apply
