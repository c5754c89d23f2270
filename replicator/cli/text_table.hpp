// Columns for a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pq/connection.hpp"

namespace everarchive::cli {

/// What came out of a library system, for a terminal: control characters, which it would obey, become question marks.
std::string printable(std::string_view text);

class text_table {
  public:
    explicit text_table(std::vector<std::string> head) : rows_{std::move(head)} {}

    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    /// All columns of a row of a query.
    void add(const pq::result& rows, int row);

    /// The rows, each column as wide as its widest value; numbers to the right.
    std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

} // namespace everarchive::cli
