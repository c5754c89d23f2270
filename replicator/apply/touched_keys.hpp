// Which entities the rows of a run touch: what the mapping workers will look at again.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>

#include "adapter/adapter.hpp"
#include "capture/change.hpp"

namespace everarchive::apply {

/// What can be said of one touch of one row.
struct touch_answer {
    bool known = true;              // false: a part of the key is absent from the row
    std::optional<std::string> key; // nullopt although known: a part is NULL, nothing is touched
};

/// The key that `row` (cells in the order of the table's columns) touches by `touch`.
touch_answer touch_of(const adapter::touch& touch, std::span<const capture::cell> row);

/// Distinct keys by kind.
class touched_keys {
  public:
    void add(const std::string& kind, std::string key) {
        if (by_kind_[kind].insert(std::move(key)).second) {
            ++size_;
        }
    }

    /// What rows say of the way to the entities that they touch through other tables, by way.
    using ways = std::map<const adapter::touch_through*, std::unordered_set<std::string>>;

    /// Adds all keys that `row` touches, and its ways. Returns false if some is not known because a cell is absent.
    bool add(const adapter::table& table, std::span<const capture::cell> row);

    /// Takes out the keys that only rows with the key of `row` touch.
    void forget_own(const adapter::table& table, std::span<const capture::cell> row);

    /// The ways that were added since the last call.
    ways take_ways() { return std::exchange(ways_, {}); }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    void clear() {
        by_kind_.clear();
        ways_.clear();
        size_ = 0;
    }
    const std::map<std::string, std::unordered_set<std::string>>& by_kind() const { return by_kind_; }

  private:
    std::map<std::string, std::unordered_set<std::string>> by_kind_;
    ways ways_;
    std::size_t size_ = 0; // of by_kind_
};

} // namespace everarchive::apply
