// A library system's database as the rest of the program sees it. One implementation for PostgreSQL, one for MariaDB
// and MySQL.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapter/adapter.hpp"
#include "capture/change.hpp"

namespace everarchive::capture {

/// One line of `source check`.
struct finding {
    enum class grade { good, warning, missing };
    grade is;
    std::string what; // what was looked at and found
    std::string mend; // the statement or setting that mends it; empty when good
};

/// The rows of the source at one consistent point, table after table.
class snapshot {
  public:
    virtual ~snapshot() = default;

    /// The position from which the stream goes on after this snapshot.
    virtual const std::string& position() const = 0;

    /// Rows to expect, by the source's own statistics, for a progress bar. 0: unknown.
    virtual std::int64_t estimated_rows() const = 0;

    /// The next rows, all inserts of one table; nullopt at the end.
    virtual std::optional<batch> next() = 0;
};

/// What a person should know of a source although its stream goes on.
struct stream_notice {
    std::string what;
    std::string mend; // the command or SQL that mends it
    friend bool operator==(const stream_notice&, const stream_notice&) = default;
};

/// The changes after a position.
class stream {
  public:
    virtual ~stream() = default;

    /// Waits up to `wait` for something to arrive and returns the whole transactions that are there, up to the limits;
    /// nullopt if nothing arrived. Answers the server's keepalives. A batch without changes may come: it moves the
    /// position over transactions that touch none of our tables.
    /// Throws error: retry (connection lost), position_lost, needs_person (what cannot be decoded), fenced.
    virtual std::optional<batch> next(std::chrono::milliseconds wait) = 0;

    /// Called instead of next() while the queue to the apply step is full: keeps the connection alive.
    virtual void idle() = 0;

    /// Everything up to `position` is committed in the preservation database: the source may forget it.
    /// Same thread as next().
    virtual void confirm(const std::string& position) = 0;

    /// Bytes of log between our position and the source's newest, for `status`; nullopt: unknown.
    virtual std::optional<std::int64_t> lag_bytes() = 0;

    /// What stands against the source at the moment; nullopt: nothing.
    virtual std::optional<stream_notice> notice() { return std::nullopt; }
};

class source {
  public:
    virtual ~source() = default;

    /// What is there and what is missing for capture; never throws for what it can name in a finding.
    virtual std::vector<finding> check() = 0;

    /// Who the server is: system identifier (PostgreSQL) or server id and domain (MariaDB), stored with the position so
    /// that another server behind the same name is noticed.
    virtual std::string identity() = 0;

    /// Whether the server is still the one of `known`, an identity that was stored with `position`, or one that goes on
    /// from there, as a promoted standby does. Returns the identity to store from now on. Throws error (position_lost).
    virtual std::string recognize(const std::string& known, const std::string& position);

    /// Makes what the stream needs (slot and publication for exactly the adapter's tables and columns) and opens a
    /// snapshot at the stream's beginning. A slot of ours that an interrupted snapshot left is dropped first.
    virtual std::unique_ptr<snapshot> open_snapshot() = 0;

    /// Opens the stream after `position`.
    virtual std::unique_ptr<stream> open_stream(const std::string& position) = 0;

    /// Removes what open_snapshot() made in the source.
    virtual void remove() = 0;
};

/// `origin` is what --from says, such as `mariadb:defaults-group=koha` or `postgresql:service=evergreen`.
/// `name` is the source's name: slot and publication are `everarchive_NAME`.
/// Throws error (arguments) if the origin cannot be understood, holds a password, or does not fit the adapter's system.
std::unique_ptr<source> open_source(const std::string& origin, const std::string& name,
                                    const adapter::adapter& adapter);

/// The kinds of origin, each in one file.
std::unique_ptr<source> open_postgresql(const std::string& conninfo, const std::string& name,
                                        const adapter::adapter& adapter);
std::unique_ptr<source> open_mariadb(const std::string& options, const std::string& name,
                                     const adapter::adapter& adapter);

} // namespace everarchive::capture
