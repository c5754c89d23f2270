// What of a table may leave the library system, as SQL that its server can run.
#include <fmt/format.h>

#include "adapter/adapter.hpp"
#include "adapter/sql_name.hpp"

namespace everarchive::adapter {

std::string adapter::source_expression(const table& t, std::size_t index, const std::string& alias,
                                       const std::string& column) const {
    const std::string value = alias + "." + column;
    return t.columns[index].members.empty() ? value : keep_members_sql(value, t.columns[index].members);
}

std::string adapter::source_condition(const table& t, std::string_view alias) const {
    if (!t.owner) {
        return {};
    }
    std::string condition;
    for (const std::string& owner_name : t.owner->tables) {
        const table& owner = *find_mirror(owner_name);
        condition += fmt::format("{}EXISTS (SELECT FROM {}.{} o WHERE o.{} = {}.{})", condition.empty() ? "" : " OR ",
                                 sql_identifier(owner.schema.empty() ? "public" : owner.schema),
                                 sql_identifier(owner.name), sql_identifier(owner.columns[owner.key.front()].name),
                                 alias, sql_identifier(t.columns[t.owner->column].name));
    }
    return "(" + condition + ")";
}

} // namespace everarchive::adapter
