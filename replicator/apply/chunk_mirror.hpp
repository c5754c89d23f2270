// The mirror as a comparison reads it: the same pieces with the same digests as the source gives.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapter/adapter.hpp"
#include "capture/chunk.hpp"
#include "capture/keyed_rows.hpp"
#include "pq/connection.hpp"

namespace everarchive::apply {

class chunk_mirror {
  public:
    /// Reads over `on`, the connection of the apply step, so that it sees what that has written.
    chunk_mirror(pq::connection& on, const adapter::adapter& adapter, std::string_view mirror_schema);

    struct sum {
        std::size_t rows = 0;
        std::string digest;
    };
    /// Of the rows between request.after and `up_to`, over the columns `columns`.
    sum sum_of(const capture::chunk_request& range, const capture::row_key& up_to,
               const std::vector<std::size_t>& columns);
    std::vector<capture::row_digest> digests_of(const capture::chunk_request& range, const capture::row_key& up_to,
                                                const std::vector<std::size_t>& columns);
    std::vector<capture::row_digest> digests_of(std::uint32_t table, const std::vector<capture::row_key>& keys,
                                                const std::vector<std::size_t>& columns);

    /// The values of all columns of a row.
    using row = std::vector<std::optional<std::string>>;
    /// The rows of these keys that are there, by joined_key().
    std::map<std::string, row> rows_of(std::uint32_t table, const std::vector<capture::row_key>& keys);

    /// The next keys after `after` in the mirror's own order; the first of all if it is empty.
    std::vector<capture::row_key> keys_after(std::uint32_t table, const capture::row_key& after, std::size_t most);

    /// What becomes of `text` in a column: a jsonb orders its keys, a numeric(4,2) pads. nullopt: it does not fit.
    std::optional<std::string> in_column(std::uint32_t table, std::size_t column, std::string_view text);

    /// Whether the row that a foreign key of a child row names is there; true if the key is NULL.
    bool has_parent(std::size_t parent, const adapter::foreign_key& link, std::span<const capture::cell> child);

  private:
    struct table_text : capture::keyed_table {
        const adapter::table* definition = nullptr;
        std::string all_texts; // all columns as text
    };
    std::string digest(std::uint32_t table, const std::vector<std::size_t>& columns) const;
    capture::row_key bound_of(std::uint32_t table, capture::row_key key) const;
    std::string range_from(const capture::chunk_request& range, const capture::row_key& up_to,
                           std::vector<pq::parameter>& values) const;
    pq::result rows_with(const std::string& select, std::uint32_t table, std::vector<capture::row_key> keys);

    pq::connection& on_;
    std::vector<table_text> tables_;
};

/// A key as one string, as joined_values() writes that of a row.
std::string joined_key(const capture::row_key& key);

/// A key as a person reads it, as key_text() writes that of a row; and back. The last part may hold colons.
std::string readable_key(const capture::row_key& key);
capture::row_key key_from_text(std::string_view text, std::size_t parts);

} // namespace everarchive::apply
