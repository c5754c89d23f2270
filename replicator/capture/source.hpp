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
#include "capture/chunk.hpp"
#include "capture/source_settings.hpp"

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

    /// So many threads may call next_of(), each with a number of its own below it; each gets a part of the rows.
    virtual std::size_t readers() const { return 1; }
    virtual std::optional<batch> next_of(std::size_t reader) {
        static_cast<void>(reader);
        return next();
    }

    /// Called from any thread: whoever waits for rows is given error (retry) soon, as when the program is asked to
    /// stop, and nothing more can be read.
    virtual void interrupt() noexcept {}
};

/// What a person should know of a source although its stream goes on.
struct stream_notice {
    std::string what;
    std::string mend; // the command or SQL that mends it
    friend bool operator==(const stream_notice&, const stream_notice&) = default;
};

/// How far the stream is behind, and how long the server will keep the log that comes next. What a server does not tell
/// stays empty.
struct log_lag {
    std::optional<std::int64_t> bytes;          // between our position and the newest
    std::optional<std::int64_t> transactions;   // likewise
    std::optional<std::int64_t> retained_bytes; // kept by the server because we have not read it
    std::string log_state;                      // PostgreSQL: wal_status of the slot
    std::optional<double> log_hours;            // MariaDB, MySQL: until the log that comes next is purged
    std::string newest = {};                    // position, as has_passed() takes it
    bool at_newest = false;                     // all that the source had then is here; told by who knows what is here
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

    /// A comparison waits for the stream to pass `position`: it is handed out as soon as it is passed, changes or not.
    /// Same thread as next(). A stream that hands positions out within a second anyway need not care.
    virtual void expect(const std::string& position) { static_cast<void>(position); }

    /// How far the stream is behind and what else the server tells of it, for `status` and monitoring. Same thread as
    /// next(); asked every few seconds, and must not wait for the server.
    virtual log_lag lag() = 0;

    /// Bytes of large transactions that lie on our disk. Same thread as next().
    virtual std::int64_t spool_bytes() const { return 0; }

    /// What stands against the source at the moment; nullopt: nothing.
    virtual std::optional<stream_notice> notice() { return std::nullopt; }
};

/// Of one table; of a table that the source does not have, none.
struct optional_columns {
    std::vector<std::string> present;
    std::vector<std::string> absent;
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

    /// By table, which of the adapter's optional columns the source has. nullopt: its stream itself tells of every
    /// column that comes, however long nobody has read it.
    virtual std::optional<std::vector<capture::optional_columns>> optional_columns() { return std::nullopt; }

    /// The settings of the source, before it is read. Without them the defaults hold.
    virtual void configure(const source_settings& settings) { static_cast<void>(settings); }

    /// Makes what the stream needs (slot and publication for exactly the adapter's tables and columns) and opens a
    /// snapshot at the stream's beginning. A slot of ours that an interrupted snapshot left is dropped first.
    virtual std::unique_ptr<snapshot> open_snapshot() = 0;

    /// Opens the stream after `position`.
    virtual std::unique_ptr<stream> open_stream(const std::string& position) = 0;

    /// Ends the session of a reader that is left of another program, which has lost the source to this one and can
    /// apply nothing any more: it may hang, and the server would wait for it. Does nothing where the server ends it by
    /// itself when a second one comes (MariaDB, MySQL).
    virtual void end_reader() {}

    /// Opens a connection of its own that reads rows in pieces, for comparison with the mirror.
    virtual std::unique_ptr<chunk_reader> open_chunks() = 0;

    /// Whether what the stream had handed out at `position` is all that it hands out up to `point`, a position that a
    /// read_point names. Called from any thread.
    virtual bool has_passed(const std::string& position, const std::string& point) const = 0;

    /// Makes what the stream needs, as open_snapshot() does, without a snapshot, and returns a position: rows that are
    /// read from now on hold every change that the stream after it does not give. For a position that was lost: what
    /// lies between the old one and this is found by comparison.
    virtual std::string renew_position() = 0;

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
