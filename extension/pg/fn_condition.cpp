// everarchive_condition_problem(text): may this text be the condition of a policy?
// everarchive_condition_functions_problem(text): and do its names stand for nothing but harmless functions?
//
// A condition is pasted into `… WHERE (condition)`, so it must be one expression and nothing else. The backend's own
// parser decides, twice: as `SELECT (condition)`, which a trailing comment or an open string would swallow, and as
// `SELECT condition`, which `true) OR (true` would break. What the names stand for, the second function asks: a
// condition runs with the rights of the program, so a function that anybody could make must not be in it.
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

/// Functions of pg_catalog that are not volatile, and yet run what a name in an argument stands for: a view, or the
/// checks of a domain.
constexpr std::string_view indirect_functions[] = {
    "table_to_xml",        "table_to_xmlschema",    "table_to_xml_and_xmlschema",
    "schema_to_xml",       "schema_to_xmlschema",   "schema_to_xml_and_xmlschema",
    "database_to_xml",     "database_to_xmlschema", "database_to_xml_and_xmlschema",
    "query_to_xml",        "query_to_xmlschema",    "query_to_xml_and_xmlschema",
    "cursor_to_xml",       "cursor_to_xmlschema",   "pg_input_is_valid",
    "pg_input_error_info",
};

/// What the walk over an analysed condition looks for, and finds.
struct name_check {
    Oid marc;            // the extension
    const char* problem; // the sentence, or null
};

/// Whether an object is PostgreSQL's own or of the marc extension. May raise an error.
bool is_trusted(const name_check& check, Oid space, Oid catalog, Oid object) {
    return space == PG_CATALOG_NAMESPACE ||
           (OidIsValid(check.marc) && getExtensionOfObject(catalog, object) == check.marc);
}

/// For check_functions_in_node(): true stops the walk.
bool find_bad_function(Oid function, void* context) {
    auto& check = *static_cast<name_check*>(context);
    char* const name = get_func_name(function);
    if (name == nullptr) {
        return false;
    }
    Oid const space = get_func_namespace(function);
    if (!is_trusted(check, space, ProcedureRelationId, function)) {
        check.problem = psprintf("the function %s is neither PostgreSQL's own nor of the marc extension",
                                 quote_qualified_identifier(get_namespace_name(space), name));
    } else if (func_volatile(function) == PROVOLATILE_VOLATILE) {
        check.problem =
            psprintf("the function %s is volatile: it may answer differently each time, or change something", name);
    } else if (std::find(std::begin(indirect_functions), std::end(indirect_functions), name) !=
               std::end(indirect_functions)) {
        check.problem = psprintf("the function %s is not allowed in a condition: it may run other functions", name);
    }
    return check.problem != nullptr;
}

/// The operator of a node, or invalid.
Oid operator_of(Node* node) {
    switch (nodeTag(node)) {
    case T_OpExpr:
    case T_DistinctExpr:
    case T_NullIfExpr: // the same structure
        return reinterpret_cast<OpExpr*>(node)->opno;
    case T_ScalarArrayOpExpr:
        return reinterpret_cast<ScalarArrayOpExpr*>(node)->opno;
    default:
        return InvalidOid;
    }
}

/// Sets the problem when the operator or the type of the node is not trusted.
void check_operator_and_type(Node* node, name_check& check) {
    if (Oid const number = operator_of(node); OidIsValid(number)) {
        HeapTuple row = SearchSysCache1(OPEROID, ObjectIdGetDatum(number));
        if (HeapTupleIsValid(row)) {
            Oid const space = reinterpret_cast<Form_pg_operator>(GETSTRUCT(row))->oprnamespace;
            ReleaseSysCache(row);
            if (!is_trusted(check, space, OperatorRelationId, number)) {
                check.problem =
                    psprintf("the operator %s of the schema %s is neither PostgreSQL's own nor of the marc extension",
                             get_opname(number), quote_identifier(get_namespace_name(space)));
                return;
            }
        }
    }
    if (IsA(node, List)) {
        return;
    }
    Oid type = exprType(node);
    if (Oid const element = get_element_type(type); OidIsValid(element)) {
        type = element;
    }
    if (type == CSTRINGOID) {
        // domain_in(), record_in() and others take any type as a number.
        check.problem = "input functions and the type cstring are not allowed in a condition";
        return;
    }
    HeapTuple row = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
    if (HeapTupleIsValid(row)) {
        Oid const space = reinterpret_cast<Form_pg_type>(GETSTRUCT(row))->typnamespace;
        ReleaseSysCache(row);
        if (!is_trusted(check, space, TypeRelationId, type)) {
            check.problem =
                psprintf("the type %s is neither PostgreSQL's own nor of the marc extension", format_type_be(type));
        }
    }
}

/// Walks an analysed expression; true stops the walk.
bool find_bad_name(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    auto& check = *static_cast<name_check*>(context);
    if (IsA(node, Query)) {
        check.problem = "a subquery is not allowed in a condition";
        return true;
    }
    if (check_functions_in_node(node, find_bad_function, context)) {
        return true;
    }
    check_operator_and_type(node, check);
    return check.problem != nullptr || walk_expression(node, find_bad_name, context);
}

/// The sentence for the first function, operator or type in the condition that is not allowed, or null. Analysis runs
/// no function of the condition but the input functions of its constants' types, which only a superuser can make.
/// Raises what the parser and the analysis raise. Takes the schema of policy_subject.
const char* problem_of_names(const char* condition, Oid space) {
    if (const char* problem = problem_of_condition(condition)) {
        return problem;
    }
    char* const schema = get_namespace_name(space);
    if (schema == nullptr) {
        return "the schema of policy_subject does not exist: install the everarchive extension again";
    }
    const char* sql =
        psprintf("SELECT 1 FROM %s s WHERE (%s\n)", quote_qualified_identifier(schema, "policy_subject"), condition);
    List* statements = parse_statements(sql);
    if (list_length(statements) != 1) {
        return "a condition is one expression, without a second statement";
    }
    Query* query = analyze_statement(reinterpret_cast<RawStmt*>(linitial(statements)), sql);
    name_check check{get_extension_oid("marc", true), nullptr};
    find_bad_name(query->jointree->quals, &check);
    return check.problem;
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

MARC_SQL_FUNCTION(everarchive_condition_functions_problem) {
    char* condition = text_to_cstring(PG_GETARG_TEXT_PP(0));
    Oid const space = get_func_namespace(fcinfo->flinfo->fn_oid);
    return boundary(fcinfo, [&]() -> Datum {
        const char* problem = pg_call([&] { return problem_of_names(condition, space); });
        if (problem == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        return text_datum(problem);
    });
}

} // namespace marc_pg
