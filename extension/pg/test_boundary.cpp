// marc_boundary_test.so: functions that misuse the boundary on purpose. Built for tests only, never installed.
#include "module.hpp"
#include "text.hpp"

extern "C" {
MARC_MODULE("marc_boundary_test");
}

namespace marc_pg {
namespace {

int live_objects = 0;

/// Counts itself: after any error the count must be 0 again, or a destructor was skipped.
class counted {
  public:
    counted() { ++live_objects; }
    ~counted() { --live_objects; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
};

[[noreturn]] void throw_kind(std::string_view kind) {
    counted const object;
    if (kind == "runtime_error") {
        throw std::runtime_error{"thrown on purpose"};
    }
    if (kind == "bad_alloc") {
        throw std::bad_alloc{};
    }
    if (kind == "int") {
        throw 42;
    }
    if (kind == "sql_error") {
        throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "bad argument", "The detail.", "The hint."};
    }
    throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "unknown kind of exception: " + std::string{kind}};
}

} // namespace

// boundary_throw(kind text): throws a C++ exception over a live object.
MARC_SQL_FUNCTION(marc_boundary_throw) {
    struct varlena* kind = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&]() -> Datum { throw_kind(text_view(kind)); });
}

// boundary_server_error(): a server function fails over a live object.
MARC_SQL_FUNCTION(marc_boundary_server_error) {
    return boundary(fcinfo, [&]() -> Datum {
        counted const object;
        pg_call(
            [] { ereport(ERROR, (errcode(ERRCODE_DIVISION_BY_ZERO), errmsg("division by zero"), errhint("kept"))); });
        return Datum{0};
    });
}

// boundary_attempt(): an error in a subtransaction is swallowed; returns its message.
MARC_SQL_FUNCTION(marc_boundary_attempt) {
    return boundary(fcinfo, [&]() -> Datum {
        counted const object;
        ErrorData* error = pg_attempt([] { DirectFunctionCall2(int4div, Int32GetDatum(1), Int32GetDatum(0)); });
        return text_datum(error != nullptr ? error->message : "no error");
    });
}

// boundary_loop(seconds float8): a C++ loop that polls for interrupts; returns the number of turns.
MARC_SQL_FUNCTION(marc_boundary_loop) {
    float8 const seconds = PG_GETARG_FLOAT8(0);
    return boundary(fcinfo, [&]() -> Datum {
        counted const object;
        auto const end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
        std::int64_t turns = 0;
        while (std::chrono::steady_clock::now() < end) {
            poll_interrupts();
            ++turns;
        }
        return Int64GetDatum(turns);
    });
}

// boundary_huge(): asks the palloc resource for more than 1 GB, and for an alignment that palloc does not give.
MARC_SQL_FUNCTION(marc_boundary_huge) {
    return boundary(fcinfo, [&]() -> Datum {
        counted const object;
        palloc_resource memory;
        bool refused = false;
        try {
            memory.deallocate(memory.allocate(64, 64), 64, 64);
        } catch (const std::bad_alloc&) {
            refused = true;
        }
        std::pmr::vector<char> small{&memory};
        small.resize(1000);
        std::pmr::vector<char> big{&memory};
        big.resize(refused ? std::size_t{2} << 30 : 1);
        return Datum{0};
    });
}

// boundary_live_objects(): how many counted objects are alive: 0, or a destructor was skipped.
MARC_SQL_FUNCTION(marc_boundary_live_objects) {
    return boundary(fcinfo, [] { return Int32GetDatum(live_objects); });
}

} // namespace marc_pg
