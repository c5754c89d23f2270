// MariaDB's global transaction ids: `DOMAIN-SERVER-SEQUENCE`, one after another in each replication domain.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace everarchive::capture {

struct gtid {
    std::uint32_t domain = 0;
    std::uint32_t server = 0;
    std::uint64_t sequence = 0;

    std::string text() const;
    friend bool operator==(const gtid&, const gtid&) = default;
};

/// The last transaction of each replication domain, sorted by domain.
class gtid_list {
  public:
    /// Reads `0-1-1234,1-1-55`; spaces are allowed. Throws error (source, needs_person) when it is not that.
    static gtid_list parse(std::string_view text);

    /// The transaction is done: it becomes its domain's last. Other domains stay.
    void advance(const gtid& done);

    /// How many transactions `newest` is ahead: within a domain they are numbered one after the other.
    std::uint64_t behind(const gtid_list& newest) const;

    bool empty() const noexcept { return domains_.empty(); }
    const std::vector<gtid>& domains() const noexcept { return domains_; }
    std::string text() const;
    friend bool operator==(const gtid_list&, const gtid_list&) = default;

  private:
    std::vector<gtid> domains_;
};

} // namespace everarchive::capture
