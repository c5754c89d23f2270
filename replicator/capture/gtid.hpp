// MariaDB's global transaction ids and the position in its binary log that is stored with a source.
//
// The text form is `DOMAIN-SERVER-SEQUENCE[,…]|FILE:OFFSET`, such as `0-1-1234,1-1-55|binlog.000003:4711`. The first
// part, one id for each replication domain, is what the stream starts from; it may be empty when nothing was ever
// written to the binary log. The part after `|` says where the same point lies in the files of the server that it was
// read from: for messages and for the lag, never for starting. It may be left out.
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

    bool empty() const noexcept { return domains_.empty(); }
    const std::vector<gtid>& domains() const noexcept { return domains_; }
    std::string text() const;
    friend bool operator==(const gtid_list&, const gtid_list&) = default;

  private:
    std::vector<gtid> domains_;
};

struct binlog_position {
    gtid_list gtids;
    std::string file;
    std::uint64_t offset = 0;

    /// Reads the text form above. Throws error (source, needs_person) when it is not that.
    static binlog_position parse(std::string_view text);
    std::string text() const;
    friend bool operator==(const binlog_position&, const binlog_position&) = default;
};

} // namespace everarchive::capture
