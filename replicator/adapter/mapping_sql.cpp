#include "adapter/mapping_sql.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "adapter/sql_text.hpp"
#include "adapter/touches.hpp"

namespace everarchive::adapter {

namespace {

using names = std::set<std::string, std::less<>>;

/// Functions that reach beyond the rows of a view: files, the server, other databases, large objects, SQL given as
/// text.
bool reaches_out(std::string_view function) {
    constexpr std::array<std::string_view, 10> beginnings{"pg_",       "lo_",     "dblink", "query_to_", "table_to_",
                                                          "schema_to", "cursor_", "txid_",  "currval",   "database_to"};
    constexpr std::array<std::string_view, 7> whole{"set_config", "current_setting", "nextval",     "setval",
                                                    "lastval",    "ts_stat",         "postgres_fdw"};
    return std::any_of(beginnings.begin(), beginnings.end(), [&](auto b) { return function.starts_with(b); }) ||
           std::find(whole.begin(), whole.end(), function) != whole.end();
}

/// The leftmost SELECT of a UNION: its columns name the view's.
const node& first_select(const node& select) {
    const node* here = &select;
    while (here->contains("larg")) {
        here = &here->at("larg");
    }
    return *here;
}

/// Checks what the query of one view may do.
class query_check {
  public:
    query_check(const sql_file& file, const statement& view, const names& readable)
        : file_(file), begin_(view.begin), readable_(readable) {}

    void run(const node& query) {
        walk(query, begin_, [this](const std::string& key, const node& value, std::size_t) {
            if (key == "CommonTableExpr") {
                inner_.insert(text_at(value, "ctename"));
            }
        });
        walk(query, begin_,
             [this](const std::string& key, const node& value, std::size_t place) { see(key, value, place); });
    }

  private:
    void see(const std::string& key, const node& value, std::size_t place) const {
        if (key == "intoClause" || key == "lockingClause") {
            throw file_.refusal(place, "a mapping view only reads: INTO and FOR UPDATE are not allowed");
        }
        if (key.ends_with("Stmt") && key != "SelectStmt") {
            throw file_.refusal(place, fmt::format("a mapping view only reads: {} is not allowed", key));
        }
        if (key == "ParamRef") {
            throw file_.refusal(place, "a view has no parameters");
        }
        if (key == "RangeVar") {
            const std::string name = text_at(value, "relname");
            if (value.contains("schemaname")) {
                throw file_.refusal(
                    place, fmt::format("{}.{}: name mirror tables without a schema, such as biblio_record_entry",
                                       text_at(value, "schemaname"), name));
            }
            if (!readable_.contains(name) && !inner_.contains(name)) {
                throw file_.refusal(place, fmt::format("{} is neither a table of mirror.sql nor a view above", name));
            }
        }
        if (key == "FuncCall") {
            const std::vector<std::string> name = strings(child(value, "funcname"));
            if (name.size() > 1 && name.front() != "pg_catalog") {
                throw file_.refusal(place,
                                    fmt::format("{}: functions are named without a schema", fmt::join(name, ".")));
            }
            if (!name.empty() && reaches_out(name.back())) {
                throw file_.refusal(place,
                                    fmt::format("the function {} is not allowed in a mapping view", name.back()));
            }
        }
    }

    const sql_file& file_;
    std::size_t begin_;
    const names& readable_;
    names inner_;
};

/// The names of the columns of a query, in order.
std::vector<std::string> output_columns(const sql_file& file, const node& query, std::size_t begin) {
    std::vector<std::string> columns;
    for (const node& wrapped : child(first_select(query), "targetList")) {
        const node& target = wrapped.at("ResTarget");
        const std::size_t place = location(target, begin);
        std::string name = text_at(target, "name");
        const node& value = child(target, "val");
        if (name.empty() && value.contains("ColumnRef")) {
            const node& fields = value.at("ColumnRef").at("fields");
            if (fields.back().contains("A_Star")) {
                throw file.refusal(place, "a mapping view names its columns: * is not allowed");
            }
            name = strings(fields).back();
        }
        if (name.empty()) {
            throw file.refusal(place, "a column of a mapping view has no name: write … AS NAME");
        }
        columns.push_back(std::move(name));
    }
    return columns;
}

/// A view of a kind has the columns of docs/architecture.md, "Mapping views": no more and no fewer.
void check_columns(const sql_file& file, const kind& of, std::vector<std::string> found, std::size_t begin) {
    std::vector<std::string> wanted;
    for (std::size_t i = 1; i <= of.key_types.size(); ++i) {
        wanted.push_back(fmt::format("key{}", i));
    }
    for (const char* name : {"parent_key", "record", "problem", "captured", "format", "attributes", "deleted"}) {
        wanted.emplace_back(name);
    }
    std::vector<std::string> sorted = wanted;
    std::sort(sorted.begin(), sorted.end());
    std::sort(found.begin(), found.end());
    if (found != sorted) {
        throw file.refusal(begin, fmt::format("the view {} must have the columns {}; it has {}", of.name,
                                              fmt::join(wanted, ", "), fmt::join(found, ", ")));
    }
}

std::string read_view(const sql_file& file, const statement& s, const adapter& made, const names& readable) {
    const node& view = s.body.at("view");
    std::string name = text_at(view, "relname");
    if (flag_at(s.body, "replace") || s.body.contains("aliases") || s.body.contains("options") ||
        text_at(s.body, "withCheckOption") != "NO_CHECK_OPTION" || text_at(view, "relpersistence") != "p") {
        throw file.refusal(s.begin, "a mapping view is plain: CREATE VIEW NAME AS SELECT …");
    }
    if (view.contains("schemaname")) {
        throw file.refusal(s.begin, fmt::format("{}: a mapping view is named without a schema", name));
    }
    if (readable.contains(name)) {
        throw file.refusal(s.begin, fmt::format("{} is there already", name));
    }
    const node& query = s.body.at("query");
    if (!query.contains("SelectStmt")) {
        throw file.refusal(s.begin, "a mapping view is plain: CREATE VIEW NAME AS SELECT …");
    }
    query_check(file, s, readable).run(query);
    if (name.starts_with('_')) {
        return name;
    }
    const auto of = std::find_if(made.kinds.begin(), made.kinds.end(), [&](const kind& k) { return k.name == name; });
    if (of == made.kinds.end()) {
        throw file.refusal(s.begin, is_kind(name) ? fmt::format("no table of mirror.sql touches {}", name)
                                                  : fmt::format("the view {} is no kind of entity; a view that others "
                                                                "read has a name that begins with _",
                                                                name));
    }
    check_columns(file, *of, output_columns(file, query.at("SelectStmt"), s.begin), s.begin);
    return name;
}

} // namespace

void read_mapping(const sql_file& file, adapter& made) {
    names readable;
    names views;
    for (const table& t : made.tables) {
        readable.insert(t.mirror_name());
    }
    for (const statement& s : file.statements()) {
        if (s.kind == "ViewStmt") {
            std::string name = read_view(file, s, made, readable);
            readable.insert(name);
            views.insert(std::move(name));
        } else if (s.kind == "CommentStmt" && text_at(s.body, "objtype") == "OBJECT_VIEW") {
            const std::vector<std::string> on = strings(s.body.at("object").at("List").at("items"));
            if (on.size() != 1 || !views.contains(on.front())) {
                throw file.refusal(s.begin, fmt::format("there is no view {} above", fmt::join(on, ".")));
            }
        } else {
            throw file.refusal(
                s.begin, fmt::format("mapping.sql holds only CREATE VIEW and COMMENT ON VIEW; this is a {}", s.kind));
        }
        made.mapping.emplace_back(file.text_of(s));
    }
    for (const kind& k : made.kinds) {
        if (!views.contains(k.name)) {
            throw file.refusal(0, fmt::format("mirror.sql touches {}, but there is no view {}", k.name, k.name));
        }
    }
}

} // namespace everarchive::adapter
