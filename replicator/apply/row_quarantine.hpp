// Rows that cannot be applied: kept in everarchive.quarantine with their content and the reason, in the transaction
// that would have applied them.
#pragma once

#include <deque>
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

/// `text` if a PostgreSQL text can hold it, else its bytes in hexadecimal with \x in front.
std::string printable(std::string_view text);

/// A row change as JSON: {"table":…,"operation":…,"cells":{column: text | null | {"hex":…}}, "old":{…}}. Absent cells
/// are left out.
std::string change_as_json(const adapter::table& table, std::string_view operation, std::span<const capture::cell> row,
                           std::span<const capture::cell> old);

/// A change as change_as_json() wrote it. Its cells point into `texts`.
struct kept_change {
    std::size_t table = 0; // index into adapter::tables
    std::string operation;
    std::vector<capture::cell> row;
    std::vector<capture::cell> old; // empty: not known
    std::deque<std::string> texts;
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

    /// Writes one row, in the open transaction.
    void put(const adapter::table& table, std::string_view operation, std::span<const capture::cell> row,
             std::span<const capture::cell> old, const std::string& position, const reason& why);
    void put(const adapter::table& table, const net_change& change, const std::string& position, const reason& why);

    /// True if an earlier change of this row is in quarantine: what the row is now is not known.
    bool holds(const adapter::table& table, std::span<const capture::cell> row) const;
    bool empty() const { return open_.empty(); }

    /// Notes that a later change of this row was applied whole; written by resolve().
    void supersede(const adapter::table& table, std::span<const capture::cell> row);

    /// Writes the resolutions, in the open transaction.
    void resolve();

    /// The rows that quarantine_retry() asked to apply again: id and JSON.
    std::vector<std::pair<std::string, std::string>> requested();
    /// What came of one of them, in the open transaction: nullopt, it was applied.
    void retried(const std::string& id, const adapter::table& table, std::span<const capture::cell> row,
                 const std::optional<reason>& why);
    /// One of them that cannot even be read.
    void refuse(const std::string& id, const reason& why);

    /// What a partial change is told whose row is not (rightly) in the mirror.
    reason row_missing() const;

  private:
    static std::string name_of(const adapter::table& table, std::span<const capture::cell> row);

    pq::connection& on_;
    int source_id_;
    std::string source_name_;
    std::unordered_set<std::string> open_; // mirror table, line feed, key
    std::vector<std::string> tables_;      // superseded
    std::vector<std::string> keys_;
};

} // namespace everarchive::apply
