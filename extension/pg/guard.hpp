// The guard between C++ and PostgreSQL. Every SQL-callable function goes through it.
//
// Two rules make it necessary. A C++ exception that leaves a function of the server calls std::terminate, and the
// postmaster then ends every session. A PostgreSQL error is a longjmp: it skips the destructors of C++ frames.
//
//     MARC_SQL_FUNCTION(marc_digest) {
//         struct varlena* value = varlena_argument(fcinfo, 0);   // may raise: no C++ object is alive here
//         return boundary(fcinfo, [&] {                          // in here: exceptions; the server only by pg_call()
//             return bytea_datum(digest_of(view_of(value)));
//         });
//     }
//
// The body's type `guarded` can only be made by boundary(), so a function without the guard does not compile.
#pragma once

#include "pg.hpp"

namespace marc_pg {

/// A PostgreSQL error that was caught by pg_call() and must go on; its data lives in a memory context of the server.
/// Not a std::exception: nothing but the guard may swallow it.
struct pg_error {
    ErrorData* data;
};

/// An error of these extensions that is not a parse error: what happened, where, what to do.
struct sql_error {
    int sqlstate;
    std::string message;
    std::string detail = {};
    std::string hint = {};
};

/// The Datum of a function that went through the guard.
class guarded {
  public:
    Datum datum() const { return datum_; }

  private:
    explicit guarded(Datum datum) : datum_{datum} {}
    Datum datum_;

    template <class Body>
    friend guarded boundary(FunctionCallInfo fcinfo, Body&& body);
};

namespace detail {

/// What an exception said, in memory that needs no destructor: the error is reported after the catch block.
struct failure {
    ErrorData* postgres; // set: rethrow this, all other members are unused
    int sqlstate;
    bool soft; // about the input's value: may become a soft error
    char message[512];
    char detail[512];
    char hint[512];
};
static_assert(std::is_trivially_destructible_v<failure>);

/// Copies the exception being handled. To be called in a catch block only; never raises.
void describe_current_exception(failure& why) noexcept;

/// Raises the failure as a PostgreSQL error; returns only when the caller wanted a soft error.
Datum report(FunctionCallInfo fcinfo, const failure& why);

/// Names the memory that errors of the server are copied to, and gives back the one before. An error passes destructors
/// that reset or delete the context in which it happened (row_memory), so it must not lie there.
MemoryContext exchange_error_memory(MemoryContext memory) noexcept;

/// While it lives, errors of the server are kept in the memory context that was current when it began.
class error_memory {
  public:
    error_memory() : before_{exchange_error_memory(CurrentMemoryContext)} {}
    ~error_memory() { exchange_error_memory(before_); }
    error_memory(const error_memory&) = delete;
    error_memory& operator=(const error_memory&) = delete;

  private:
    MemoryContext before_;
};

[[noreturn]] void throw_caught_error(MemoryContext context);

} // namespace detail

/// Runs the C++ part of an SQL function. Takes the call and a body that returns Datum; the body may throw anything.
/// After an exception all its frames are gone before the error is raised.
template <class Body>
guarded boundary(FunctionCallInfo fcinfo, Body&& body) {
    static_assert(std::is_trivially_destructible_v<std::remove_reference_t<Body>>,
                  "the error is raised over the body: it may hold references only");
    MemoryContext const caller = CurrentMemoryContext;
    detail::failure why;
    try {
        detail::error_memory const outlives_the_body;
        return guarded{body()};
    } catch (...) {
        detail::describe_current_exception(why);
    }
    MemoryContextSwitchTo(caller);
    return guarded{detail::report(fcinfo, why)};
}

/// Calls the server from C++. Takes a function that makes no C++ object with a destructor; returns what it returns.
/// A PostgreSQL error inside becomes a pg_error exception, which boundary() raises again unchanged. Inside boundary().
template <class Call>
auto pg_call(Call&& call) -> std::invoke_result_t<Call&> {
    using result = std::invoke_result_t<Call&>;
    sigjmp_buf* const handler = PG_exception_stack;
    ErrorContextCallback* const callbacks = error_context_stack;
    MemoryContext const context = CurrentMemoryContext;
    sigjmp_buf here;
    if (sigsetjmp(here, 0) == 0) {
        PG_exception_stack = &here;
        if constexpr (std::is_void_v<result>) {
            call();
            PG_exception_stack = handler;
            error_context_stack = callbacks;
            return;
        } else {
            static_assert(std::is_trivially_copyable_v<result>);
            result const value = call();
            PG_exception_stack = handler;
            error_context_stack = callbacks;
            return value;
        }
    }
    PG_exception_stack = handler;
    error_context_stack = callbacks;
    detail::throw_caught_error(context);
}

namespace detail {
ErrorData* attempt(void (*call)(void* argument), void* argument);
}

/// Calls the server in a subtransaction, so that its error may be swallowed. Takes a function as pg_call() does;
/// returns null, or the error after rolling back. Not for parallel safe functions.
template <class Call>
ErrorData* pg_attempt(Call&& call) {
    using function = std::remove_reference_t<Call>;
    return detail::attempt([](void* argument) { (*static_cast<function*>(argument))(); }, &call);
}

/// Lets a long C++ loop be cancelled: throws pg_error when the statement is to end, else returns at once. A pending
/// interrupt that is not a cancellation (a log request, a barrier) is served and the loop goes on.
inline void poll_interrupts() {
    if (InterruptPending) [[unlikely]] {
        pg_call([] { CHECK_FOR_INTERRUPTS(); });
    }
}

/// Raises a warning, which reaches the client and the log and lets the statement go on. Takes a message and a detail,
/// both in the database's encoding. Inside boundary().
void warn(const std::string& message, const std::string& detail);

/// Memory for a result: `bytes` from the context; throws std::bad_alloc, also when over 1 GB.
void* allocate(std::size_t bytes, MemoryContext context = CurrentMemoryContext);

/// Memory for std::pmr from the memory context that is current when the resource is made: throws std::bad_alloc, never
/// longjmps, and the context frees what a lost destructor would have freed. palloc aligns to MAXIMUM_ALIGNOF (8), less
/// than C++'s max_align_t (16): give the alignment, as std::pmr containers do.
///
/// All in the header: where gcc 16 cannot see the functions, it guesses that a call goes to monotonic_buffer_resource,
/// inlines that too, and warns that it would reach behind this smaller object (-Warray-bounds).
class palloc_resource final : public std::pmr::memory_resource {
  public:
    palloc_resource() : context_{CurrentMemoryContext} {}

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (alignment > MAXIMUM_ALIGNOF) {
            throw std::bad_alloc{};
        }
        return marc_pg::allocate(bytes, context_);
    }
    void do_deallocate(void* memory, std::size_t, std::size_t) override { pfree(memory); }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    MemoryContext context_;
};

} // namespace marc_pg

/// Defines an SQL-callable function: exported under this name and entered through boundary() only.
#define MARC_SQL_FUNCTION(name)                                                                                        \
    static ::marc_pg::guarded name##_guarded(FunctionCallInfo fcinfo);                                                 \
    extern "C" {                                                                                                       \
    PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);                                                                          \
    PG_FUNCTION_INFO_V1(name);                                                                                         \
    Datum name(PG_FUNCTION_ARGS) {                                                                                     \
        return name##_guarded(fcinfo).datum();                                                                         \
    }                                                                                                                  \
    }                                                                                                                  \
    static ::marc_pg::guarded name##_guarded([[maybe_unused]] FunctionCallInfo fcinfo)
