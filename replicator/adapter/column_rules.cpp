#include "adapter/column_rules.hpp"

#include <optional>

#include <fmt/format.h>

namespace everarchive::adapter {

namespace {

/// The text between `word` and the full stop that ends it (one before white space or the end); nullopt if the word is
/// not there, an empty text if no full stop follows.
std::optional<std::string> after(const std::string& comment, std::string_view word) {
    const std::size_t at = comment.find(word);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    const std::size_t begin = at + word.size();
    for (std::size_t end = comment.find('.', begin); end != std::string::npos; end = comment.find('.', end + 1)) {
        if (end + 1 == comment.size() || comment[end + 1] == ' ' || comment[end + 1] == '\n') {
            return comment.substr(begin, end - begin);
        }
    }
    return "";
}

} // namespace

std::string read_column_rules(table& t, std::size_t index, const std::string& comment, system runs_on,
                              pending_owner& owner) {
    column& c = t.columns[index];
    c.comment = comment;
    c.optional = comment.starts_with("Optional.");
    if (c.optional && c.not_null) {
        return fmt::format("{}.{} is Optional. and NOT NULL", t.source_name(), c.name);
    }
    if (const auto members = after(comment, "Keeps:")) {
        if (c.type != "jsonb" || runs_on != system::postgresql) {
            return fmt::format("Keeps: is for jsonb columns of PostgreSQL; {} is {}", c.name, c.type);
        }
        if (const std::string why = read_members(*members, c.members); !why.empty()) {
            return "Keeps: " + why;
        }
    }
    if (const auto tables = after(comment, "Only of:")) {
        if (runs_on != system::postgresql) {
            return "Only of: is for PostgreSQL, whose server leaves such rows out of the first copy";
        }
        owner.table = t.source_name();
        owner.column = index;
        std::string name;
        for (const char letter : *tables + ",") {
            if (letter == ',') {
                if (name.empty()) {
                    return "Only of: names the tables that the rows belong to, and ends with a full stop";
                }
                owner.tables.push_back(std::move(name));
                name.clear();
            } else if (letter != ' ' && letter != '\n') {
                name += letter;
            }
        }
    }
    return {};
}

} // namespace everarchive::adapter
