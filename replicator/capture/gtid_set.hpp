// MySQL's global transaction ids. A server's history is not one number for each domain, as MariaDB's, but a set: which
// transactions of which origin were executed.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace everarchive::capture {

/// Who gave a transaction its number: a server, or a tag of one (MySQL 8.3 and later).
struct gtid_origin {
    std::array<unsigned char, 16> uuid{};
    std::string tag; // empty: none
    friend auto operator<=>(const gtid_origin&, const gtid_origin&) = default;
};

/// One transaction, such as 3e11fa47-71ca-11e1-9e33-c80aa9429562:23 or …:tag:23.
struct mysql_gtid {
    gtid_origin origin;
    std::uint64_t number = 0;

    std::string text() const;
    friend bool operator==(const mysql_gtid&, const mysql_gtid&) = default;
};

class gtid_set {
  public:
    /// Reads what @@gtid_executed says: `UUID:1-5:7:tag:1-3,UUID:…`; spaces and line ends between the parts are
    /// allowed. Throws error (source, needs_person) when it is not that.
    static gtid_set parse(std::string_view text);

    void add(const mysql_gtid& done);
    void add(const gtid_set& others);

    bool contains(const mysql_gtid& wanted) const;
    bool contains(const gtid_set& others) const;

    /// What is here and not in `others`.
    gtid_set without(const gtid_set& others) const;

    bool empty() const noexcept { return origins_.empty(); }

    /// Transactions in the set.
    std::uint64_t count() const;

    /// In the order and form of the server.
    std::string text() const;

    /// As COM_BINLOG_DUMP_GTID wants it (sql/rpl_gtid_set.cc, Gtid_set::encode).
    std::string encoded() const;

    friend bool operator==(const gtid_set&, const gtid_set&) = default;

  private:
    struct interval {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        friend bool operator==(const interval&, const interval&) = default;
    };
    using intervals = std::vector<interval>; // ascending, apart from each other

    static void insert(intervals& into, interval more);

    std::map<gtid_origin, intervals> origins_;
};

} // namespace everarchive::capture
