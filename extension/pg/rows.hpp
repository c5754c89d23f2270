// Results of set-returning and row-returning functions.
#pragma once

#include "guard.hpp"

namespace marc_pg {

/// The rows of a set-returning function, kept in the executor's tuplestore (in memory up to work_mem, then on disk).
/// Trivially destructible: the query's memory context owns what it points to.
class row_set {
  public:
    /// Prepares the caller's result for materialised rows. Takes the call of a function that RETURNS TABLE or SETOF
    /// record. To be called before boundary(): raises PostgreSQL errors.
    static row_set begin(FunctionCallInfo fcinfo);

    /// Adds a row with a value and a null flag for each column. Throws pg_error. The values are copied.
    template <std::size_t N>
    void put(std::array<Datum, N>& values, std::array<bool, N>& nulls) const {
        pg_call([&] { tuplestore_putvalues(store_, description_, values.data(), nulls.data()); });
    }

    /// The same inside of pg_call().
    template <std::size_t N>
    void put_inside(std::array<Datum, N>& values, std::array<bool, N>& nulls) const {
        tuplestore_putvalues(store_, description_, values.data(), nulls.data());
    }

    /// Memory for the values of one row: see row_memory.
    MemoryContext memory() const { return memory_; }

  private:
    row_set(Tuplestorestate* store, TupleDesc description, MemoryContext memory)
        : store_{store}, description_{description}, memory_{memory} {}
    Tuplestorestate* store_;
    TupleDesc description_;
    MemoryContext memory_;
};
static_assert(std::is_trivially_destructible_v<row_set>);

/// While it lives, values are allocated in the row set's own memory; at its end they are freed. So a set of any length
/// needs the memory of one row.
class row_memory {
  public:
    explicit row_memory(const row_set& rows) : rows_{rows}, outer_{MemoryContextSwitchTo(rows.memory())} {}
    ~row_memory() {
        MemoryContextSwitchTo(outer_);
        // While an exception passes, what it holds may lie here; the caller's memory, of which this is a part, goes
        // soon.
        if (std::uncaught_exceptions() == exceptions_) {
            MemoryContextReset(rows_.memory());
        }
    }
    row_memory(const row_memory&) = delete;
    row_memory& operator=(const row_memory&) = delete;

  private:
    const row_set& rows_;
    MemoryContext outer_;
    int exceptions_ = std::uncaught_exceptions();
};

/// The row type of a function with OUT arguments, looked up once for each call site. To be called before boundary();
/// raises PostgreSQL errors.
TupleDesc row_type(FunctionCallInfo fcinfo);

/// The same, made anew in the current memory context: for a function that keeps something else at its call site.
TupleDesc new_row_type(FunctionCallInfo fcinfo);

/// One row as a composite Datum. Throws pg_error.
template <std::size_t N>
Datum row_datum(TupleDesc description, std::array<Datum, N>& values, std::array<bool, N>& nulls) {
    return pg_call([&] { return HeapTupleGetDatum(heap_form_tuple(description, values.data(), nulls.data())); });
}

} // namespace marc_pg
