// The one door to PostgreSQL: no other file of this project includes postgres.h. Version differences are named shims
// here, each with its reason, and nowhere else.
#pragma once

// Standard headers come first: port.h of the server redefines snprintf and others as macros, which breaks <cstdio>.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory_resource>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// PGXS passes the server's include folder by -I, so its headers would be judged by our warning flags. The server's
// C headers are written for C (casts, register, extra semicolons in macros): treat all that follows as system headers.
#pragma GCC system_header

extern "C" {
#include "postgres.h"

#include "access/detoast.h"
#include "access/gin.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "tsearch/ts_type.h"
#include "tsearch/ts_utils.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

// varatt.h left postgres.h in 16.
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#include "varatt.h"
#endif

#include "access/xact.h"
}

#if PG_VERSION_NUM < 130000
#error "PostgreSQL 13 is the oldest version that these extensions support"
#endif

// Before 16 PGDLLEXPORT is empty on ELF, so that -fvisibility=hidden would hide every function from the server.
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

namespace marc_pg {

/// Parses SQL text into raw statements. Since 14 raw_parser() has a mode argument. May raise an error.
inline List* parse_statements(const char* sql) {
#if PG_VERSION_NUM >= 140000
    return raw_parser(sql, RAW_PARSE_DEFAULT);
#else
    return raw_parser(sql);
#endif
}

using node_walker = bool (*)(Node* node, void* context);

/// Visits the children of a raw parse node. Before 16 the server's prototype has `bool (*walker)()`, which in C++ is a
/// function without arguments; the detour through void(*)(void) is the cast that compilers accept for that.
inline bool walk_children(Node* node, node_walker walker, void* context) {
#if PG_VERSION_NUM >= 160000
    return raw_expression_tree_walker(node, walker, context);
#else
    return raw_expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)(void)>(walker)),
                                      context);
#endif
}

/// Visits the children of an analysed node; see walk_children() for the cast.
inline bool walk_expression(Node* node, node_walker walker, void* context) {
#if PG_VERSION_NUM >= 160000
    return expression_tree_walker(node, walker, context);
#else
    return expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)(void)>(walker)),
                                  context);
#endif
}

/// Looks up the names and types of a statement without parameters. parse_analyze() got this name in 15. May raise an
/// error.
inline Query* analyze_statement(RawStmt* statement, const char* sql) {
#if PG_VERSION_NUM >= 150000
    return parse_analyze_fixedparams(statement, sql, nullptr, 0, nullptr);
#else
    return parse_analyze(statement, sql, nullptr, 0, nullptr);
#endif
}

/// True when the caller asked for soft errors (pg_input_is_valid, COPY … ON_ERROR): they came with 16.
inline bool wants_soft_errors([[maybe_unused]] FunctionCallInfo fcinfo) {
#if PG_VERSION_NUM >= 160000
    return fcinfo->context != nullptr && IsA(fcinfo->context, ErrorSaveContext);
#else
    return false;
#endif
}

/// The role whose members may read files of the server. It got this name in 14.
inline Oid role_that_reads_server_files() {
#if PG_VERSION_NUM >= 140000
    return ROLE_PG_READ_SERVER_FILES;
#else
    return DEFAULT_ROLE_READ_SERVER_FILES;
#endif
}

/// A detoasted argument. May raise an error. It may have a short header: read it with varlena_bytes().
inline struct varlena* varlena_argument(FunctionCallInfo fcinfo, int number) {
    return PG_DETOAST_DATUM_PACKED(fcinfo->args[number].value);
}

/// The bytes of a detoasted value, whichever header it has.
inline std::span<const std::byte> varlena_bytes(const struct varlena* value) {
    return {reinterpret_cast<const std::byte*>(VARDATA_ANY(value)), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

} // namespace marc_pg
