// The one exception of the program. Errors are for the person who must act: what happened, to which source or record,
// and the command or SQL that mends it.
#pragma once

#include <stdexcept>
#include <string>

namespace everarchive {

/// The program's exit codes (docs/operate.md).
enum class exit_code {
    ok = 0,        // asked to stop, or done
    arguments = 1, // the command line
    settings = 2,  // a setting or an adapter file
    state = 3,     // the preservation database is not in the state that the command needs
    source = 4,    // the library system's database
    sink = 5,      // the preservation database or an archive
    refused = 6,   // data refused
    bug = 70,
};

/// What the program does about an error.
enum class cause {
    retry,         // a connection or a server that will come back: try again with back-off
    needs_person,  // a setting, a grant, a schema: stop this source or target, say what mends it, go on with the others
    position_lost, // the source no longer has the changes after our position: only a resync, decided by a person, mends
                   // it
    fenced,        // another program has taken over this source
};

class error : public std::runtime_error {
  public:
    /// `message`: what happened, to what. `hint`: the command or SQL that mends it, may be empty.
    error(exit_code code, cause why, const std::string& message, std::string hint = {})
        : std::runtime_error(message), code_(code), cause_(why), hint_(std::move(hint)) {}

    exit_code code() const noexcept { return code_; }
    everarchive::cause why() const noexcept { return cause_; }
    const std::string& hint() const noexcept { return hint_; }

  private:
    exit_code code_;
    everarchive::cause cause_;
    std::string hint_;
};

} // namespace everarchive
