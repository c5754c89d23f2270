// Rows of one table as a query gives them, converted as the stream converts them: by the same rules to the same text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapter/adapter.hpp"
#include "capture/mariadb_connection.hpp"
#include "capture/mariadb_schema.hpp"

namespace everarchive::capture {

class mariadb_select {
  public:
    /// The columns `wanted` (indexes) of `table`, as `schema` has them.
    mariadb_select(const adapter::table& table, const schema_table& schema, const std::vector<std::size_t>& wanted);

    /// Rows that were not fetched are not waited for: then the connection is of no more use.
    ~mariadb_select();
    mariadb_select(const mariadb_select&) = delete;
    mariadb_select& operator=(const mariadb_select&) = delete;

    /// What stands between SELECT and FROM.
    const std::string& list() const { return list_; }

    /// The query was sent: its rows come one by one. The session's character_set_results is NULL.
    void begin(mariadb_connection& connection, const collations& character_sets);

    /// Fetches the next row; false at the end. Throws error.
    bool next();

    /// The value of a column of the row, by its place in `wanted`; NULL is nullopt. The view lives until the next call.
    /// What PostgreSQL cannot hold is added to problem().
    std::optional<std::string_view> value(std::size_t at);

    const std::string& problem() const { return problem_; }

  private:
    struct column {
        std::size_t index = 0; // in the adapter's table
        value_kind kind = value_kind::unknown;
        int width = 0;
        value_target into = value_target::other;
        text_encoding from;
    };
    struct closer {
        void operator()(MYSQL_RES* result) const noexcept { mysql_free_result(result); }
    };

    const adapter::table& table_;
    std::vector<column> columns_;
    std::string list_;
    mariadb_connection* connection_ = nullptr;
    std::unique_ptr<MYSQL_RES, closer> result_;
    MYSQL_ROW row_ = nullptr;
    const unsigned long* sizes_ = nullptr;
    std::string problem_;
    std::string scratch_;
};

} // namespace everarchive::capture
