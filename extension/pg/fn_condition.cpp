// everarchive_condition_problem(text): may this text be the condition of a policy?
//
// A condition is pasted into `… WHERE (condition)`, so it must be one expression and nothing else. The backend's own
// parser decides, twice: as `SELECT (condition)`, which a trailing comment or an open string would swallow, and as
// `SELECT condition`, which `true) OR (true` would break. Names and types are checked later by planning the query.
#include "guard.hpp"
#include "text.hpp"

namespace marc_pg {
namespace {

/// True when every function of this unqualified name is an aggregate or a window function: parsing alone cannot tell
/// `max(x)` from an ordinary call. May raise an error.
bool is_aggregate_name(const char* name) {
    CatCList* found = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
    bool all = found->n_members > 0;
    for (int i = 0; i < found->n_members && all; ++i) {
        auto* row = reinterpret_cast<Form_pg_proc>(GETSTRUCT(&found->members[i]->tuple));
        all = row->prokind == PROKIND_AGGREGATE || row->prokind == PROKIND_WINDOW;
    }
    ReleaseSysCacheList(found);
    return all;
}

const char* problem_of_call(const FuncCall* call) {
    if (call->over != nullptr) {
        return "a window function is not allowed in a condition";
    }
    if (call->agg_star || call->agg_distinct || call->agg_within_group || call->agg_order != NIL ||
        call->agg_filter != nullptr) {
        return "an aggregate is not allowed in a condition";
    }
    if (is_aggregate_name(strVal(llast(call->funcname)))) {
        return "an aggregate or window function is not allowed in a condition";
    }
    return nullptr;
}

/// Looks for what an expression may hold in SQL but a condition may not. The context is `const char**`, set to the
/// sentence; true stops the walk.
bool find_problem(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    auto** problem = static_cast<const char**>(context);
    switch (nodeTag(node)) {
    case T_SubLink:
    case T_SelectStmt:
        *problem = "a subquery is not allowed in a condition";
        return true;
    case T_GroupingFunc:
        *problem = "an aggregate is not allowed in a condition";
        return true;
    case T_ParamRef:
        *problem = "a parameter such as $1 is not allowed in a condition";
        return true;
    case T_CurrentOfExpr:
        *problem = "WHERE CURRENT OF is not allowed in a condition";
        return true;
    case T_SetToDefault:
        *problem = "DEFAULT is not allowed in a condition";
        return true;
    case T_A_Star:
        *problem = "* is not allowed in a condition: name the columns";
        return true;
    case T_FuncCall:
        *problem = problem_of_call(reinterpret_cast<FuncCall*>(node));
        if (*problem != nullptr) {
            return true;
        }
        break;
    case T_ColumnRef: {
        // The walker does not go into the fields of a column reference.
        ListCell* cell;
        foreach (cell, reinterpret_cast<ColumnRef*>(node)->fields) {
            if (IsA(lfirst(cell), A_Star)) {
                return find_problem(static_cast<Node*>(lfirst(cell)), context);
            }
        }
        return false;
    }
    default:
        break;
    }
    return walk_children(node, find_problem, context);
}

/// The sentence for what makes the statements more than `SELECT expression`, or null; gives the expression.
const char* problem_of_statements(List* statements, Node** expression) {
    if (list_length(statements) != 1) {
        return "a condition is one expression, without a second statement";
    }
    Node* statement = reinterpret_cast<RawStmt*>(linitial(statements))->stmt;
    if (!IsA(statement, SelectStmt)) {
        return "a condition is one expression, not a statement";
    }
    auto* select = reinterpret_cast<SelectStmt*>(statement);
    if (select->op != SETOP_NONE || select->valuesLists != NIL || select->withClause != nullptr) {
        return "a condition is one expression, without UNION, VALUES or WITH";
    }
    if (select->distinctClause != NIL || select->intoClause != nullptr || select->fromClause != NIL ||
        select->whereClause != nullptr || select->groupClause != NIL || select->havingClause != nullptr ||
        select->windowClause != NIL || select->sortClause != NIL || select->limitOffset != nullptr ||
        select->limitCount != nullptr || select->lockingClause != NIL) {
        return "a condition is one expression, without clauses such as FROM, WHERE, GROUP BY, ORDER BY or LIMIT";
    }
    if (list_length(select->targetList) != 1) {
        return "a condition is one expression: join several with AND or OR";
    }
    auto* target = reinterpret_cast<ResTarget*>(linitial(select->targetList));
    if (target->name != nullptr || target->indirection != NIL) {
        return "a condition is one expression, without a name (AS …)";
    }
    *expression = target->val;
    return nullptr;
}

/// The sentence for the condition, or null when it may be used. Raises what the parser raises.
const char* problem_of_condition(const char* condition) {
    for (const char* form : {"SELECT (%s)", "SELECT %s"}) {
        Node* expression = nullptr;
        if (const char* problem = problem_of_statements(parse_statements(psprintf(form, condition)), &expression)) {
            return problem;
        }
        const char* problem = nullptr;
        find_problem(expression, &problem);
        if (problem != nullptr) {
            return problem;
        }
    }
    return nullptr;
}

/// True for the errors by which the parser refuses a text; a cancellation or lack of memory is none of them.
bool is_about_the_text(int sqlstate) {
    switch (ERRCODE_TO_CATEGORY(sqlstate)) {
    case ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION:
    case ERRCODE_DATA_EXCEPTION:         // bad escape in a string
    case ERRCODE_PROGRAM_LIMIT_EXCEEDED: // nested too deeply
    case ERRCODE_FEATURE_NOT_SUPPORTED:
        return true;
    default:
        return false;
    }
}

} // namespace

MARC_SQL_FUNCTION(everarchive_condition_problem) {
    char* condition = text_to_cstring(PG_GETARG_TEXT_PP(0));
    return boundary(fcinfo, [&]() -> Datum {
        if (std::string_view{condition}.find_first_not_of(" \t\r\n\f") == std::string_view::npos) {
            return text_datum("a condition must not be empty; write true to take every entity");
        }
        if (!standard_conforming_strings) {
            return text_datum("conditions are read with standard_conforming_strings = on; set it and try again");
        }
        const char* problem = nullptr;
        ErrorData* error = pg_attempt([&] { problem = problem_of_condition(condition); });
        if (error != nullptr) {
            if (!is_about_the_text(error->sqlerrcode)) {
                throw pg_error{error};
            }
            return text_datum(std::string{"not an SQL expression: "} + error->message);
        }
        if (problem == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        return text_datum(problem);
    });
}

} // namespace marc_pg
