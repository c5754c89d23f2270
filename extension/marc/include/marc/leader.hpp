// The leader of a record that is written in another form than it came in.
#pragma once

#include "marc/limits.hpp"
#include "marc/record.hpp"

#include <array>
#include <string_view>

namespace marc {

/// The leader for a form whose text is Unicode: as it came, but 09 is `a` when the record holds non-ASCII. Without
/// that, a record that came in MARC-8 would go out labelled as MARC-8. UNIMARC has no such byte.
class unicode_leader {
  public:
    explicit unicode_leader(const record_view& record) noexcept;
    /// Borrows from this.
    std::string_view view() const noexcept { return {bytes_.data(), bytes_.size()}; }

  private:
    std::array<char, limits::leader_bytes> bytes_;
};

} // namespace marc
