// Named places at which the fault harness (tests/faults) can end, stop or fail the program. Without EVERARCHIVE_FAULT
// in the environment a fault point is one test of a flag that never changes.
//
//   EVERARCHIVE_FAULT=apply.before_commit            the first passage ends the process as kill -9 would
//   EVERARCHIVE_FAULT=apply.before_commit:3=stop     the third one stops it (SIGSTOP) until it gets SIGCONT
//   EVERARCHIVE_FAULT=apply.before_commit:3=error    the third one throws an error that is tried again (cause::retry)
//
// The names are listed in tests/faults/points.txt, which tests/faults/05_points.sh compares with the sources.
#pragma once

#include <string>
#include <string_view>

namespace everarchive {

/// What EVERARCHIVE_FAULT asks for.
struct asked_fault {
    enum class action { kill, stop, error };
    std::string name;
    int passage = 1; // counted from 1 over all threads; happens once
    action what = action::kill;
    friend bool operator==(const asked_fault&, const asked_fault&) = default;
};

/// Reads `NAME[:N][=kill|stop|error]`. Throws error (arguments) if it is something else.
asked_fault parse_fault(std::string_view text);

/// Reads EVERARCHIVE_FAULT, once, before other threads begin; what it asks for is logged as a warning.
/// Throws error (arguments) if it cannot be read.
void start_fault_points();

/// The same without the environment, for tests.
void start_fault_points(asked_fault fault);

namespace detail {
extern bool fault_is_asked; // written before other threads begin
void pass_fault_point(std::string_view name);
} // namespace detail

/// A place of the pipeline. Throws error (retry) when it was asked to.
inline void fault_point(std::string_view name) {
    if (detail::fault_is_asked) [[unlikely]] {
        detail::pass_fault_point(name);
    }
}

} // namespace everarchive
