#include "rows.hpp"

namespace marc_pg {

row_set row_set::begin(FunctionCallInfo fcinfo) {
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    if (result == nullptr || !IsA(result, ReturnSetInfo)) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("set-valued function called in context that cannot accept a set"),
                        errhint("Call it in FROM.")));
    }
    if ((result->allowedModes & SFRM_Materialize) == 0) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("materialize mode required, but it is not allowed in this context"),
                        errhint("Call it in FROM.")));
    }
    TupleDesc description = nullptr;
    MemoryContext const caller = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
    if (result->expectedDesc != nullptr) {
        // The executor looked it up once for the query. It frees the one that it is given.
        description = CreateTupleDescCopy(result->expectedDesc);
    } else if (get_call_result_type(fcinfo, nullptr, &description) != TYPEFUNC_COMPOSITE) {
        elog(ERROR, "return type must be a row type");
    }
    bool const random_access = (result->allowedModes & SFRM_Materialize_Random) != 0;
    Tuplestorestate* store = tuplestore_begin_heap(random_access, false, work_mem);
    result->returnMode = SFRM_Materialize;
    result->setResult = store;
    result->setDesc = description;
    MemoryContextSwitchTo(caller);
    MemoryContext memory = AllocSetContextCreate(caller, "values of one marc row", ALLOCSET_DEFAULT_SIZES);
    return row_set{store, description, memory};
}

TupleDesc new_row_type(FunctionCallInfo fcinfo) {
    TupleDesc description = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &description) != TYPEFUNC_COMPOSITE) {
        elog(ERROR, "return type must be a row type");
    }
    return BlessTupleDesc(CreateTupleDescCopy(description));
}

TupleDesc row_type(FunctionCallInfo fcinfo) {
    if (fcinfo->flinfo->fn_extra == nullptr) {
        MemoryContext const caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
        fcinfo->flinfo->fn_extra = new_row_type(fcinfo);
        MemoryContextSwitchTo(caller);
    }
    return static_cast<TupleDesc>(fcinfo->flinfo->fn_extra);
}

} // namespace marc_pg
