#include "capture/mariadb_select.hpp"

#include <fmt/format.h>

namespace everarchive::capture {

mariadb_select::mariadb_select(const adapter::table& table, const schema_table& schema,
                               const std::vector<std::size_t>& wanted)
    : table_(table) {
    for (const std::size_t index : wanted) {
        const schema_column& found = schema.columns.at(table.columns[index].name);
        columns_.push_back({index, found.kind, found.width, target_of(table.columns[index].type), {}});
        // The text protocol prints a FLOAT with six digits only, and a BIT as bytes.
        fmt::format_to(std::back_inserter(list_), "{}{}{}", list_.empty() ? "" : ", ",
                       mariadb_identifier(table.columns[index].name),
                       found.kind == value_kind::single ? " + 0e0"
                       : found.kind == value_kind::bit  ? " + 0"
                                                        : "");
    }
}

mariadb_select::~mariadb_select() {
    if (result_) {
        // The client library would read the rest of the table before it lets go of it, and the library's server send
        // it.
        connection_->hang_up();
    }
}

void mariadb_select::begin(mariadb_connection& connection, const collations& character_sets) {
    connection_ = &connection;
    result_.reset(mysql_use_result(connection.raw()));
    if (!result_) {
        connection.fail(fmt::format("cannot read the table {}", table_.source_name()));
    }
    const MYSQL_FIELD* fields = mysql_fetch_fields(result_.get());
    for (std::size_t at = 0; at < columns_.size(); ++at) {
        columns_[at].from = character_sets.find(fields[at].charsetnr);
    }
}

bool mariadb_select::next() {
    row_ = mysql_fetch_row(result_.get());
    if (row_ == nullptr) {
        if (mysql_errno(connection_->raw()) != 0) {
            connection_->fail(fmt::format("reading the table {}", table_.source_name()));
        }
        result_.reset();
        return false;
    }
    sizes_ = mysql_fetch_lengths(result_.get());
    problem_.clear();
    return true;
}

std::optional<std::string_view> mariadb_select::value(std::size_t at) {
    if (row_[at] == nullptr) {
        return std::nullopt;
    }
    const column& wanted = columns_[at];
    const value_text text =
        text_of_result({row_[at], sizes_[at]}, wanted.kind, wanted.from, wanted.width, wanted.into, scratch_);
    if (!text.problem.empty()) {
        fmt::format_to(std::back_inserter(problem_), "{}{}.{}: '{}' {}", problem_.empty() ? "" : "; ",
                       table_.source_name(), table_.columns[wanted.index].name, text.text.substr(0, 80), text.problem);
    }
    return text.text;
}

} // namespace everarchive::capture
