#include "base/fault_point.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdlib>

#include "base/error.hpp"
#include "base/log.hpp"

namespace everarchive {

namespace {

asked_fault asked;
std::atomic<int> passages{0};

} // namespace

namespace detail {

bool fault_is_asked = false;

void pass_fault_point(std::string_view name) {
    if (name != asked.name || ++passages != asked.passage) {
        return;
    }
    switch (asked.what) {
    case asked_fault::action::kill:
        ::kill(::getpid(), SIGKILL);
        for (;;) { // the signal may reach another thread first
            ::pause();
        }
    case asked_fault::action::stop:
        ::kill(::getpid(), SIGSTOP);
        return;
    case asked_fault::action::error:
        throw error(exit_code::sink, cause::retry, "the fault point " + asked.name + " was asked to fail",
                    "run the program without EVERARCHIVE_FAULT");
    }
}

} // namespace detail

asked_fault parse_fault(std::string_view text) {
    const auto refuse = [&] {
        return error(exit_code::arguments, cause::needs_person,
                     "EVERARCHIVE_FAULT cannot be read: '" + std::string(text) + "'",
                     "EVERARCHIVE_FAULT=NAME[:N][=kill|stop|error], or unset it");
    };
    asked_fault fault;
    std::string_view rest = text;
    if (const auto equals = rest.find('='); equals != std::string_view::npos) {
        const std::string_view what = rest.substr(equals + 1);
        if (what == "stop") {
            fault.what = asked_fault::action::stop;
        } else if (what == "error") {
            fault.what = asked_fault::action::error;
        } else if (what != "kill") {
            throw refuse();
        }
        rest = rest.substr(0, equals);
    }
    if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
        const std::string_view digits = rest.substr(colon + 1);
        const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), fault.passage);
        if (bad != std::errc{} || end != digits.data() + digits.size() || fault.passage < 1) {
            throw refuse();
        }
        rest = rest.substr(0, colon);
    }
    if (rest.empty()) {
        throw refuse();
    }
    fault.name = rest;
    return fault;
}

void start_fault_points(asked_fault fault) {
    asked = std::move(fault);
    passages = 0;
    detail::fault_is_asked = true;
}

void start_fault_points() {
    const char* const text = std::getenv("EVERARCHIVE_FAULT");
    if (text == nullptr || *text == '\0') {
        return;
    }
    start_fault_points(parse_fault(text));
    log::write(log::severity::warning, "cli", "a fault is asked for by EVERARCHIVE_FAULT, as only tests should",
               {{"fault", text}});
}

} // namespace everarchive
