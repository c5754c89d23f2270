// The position in a binary log that is stored with a source. Its text form has three shapes:
//
// `0-1-1234,1-1-55|binlog.000003:4711@1`: MariaDB by GTID. The first part, one id for each replication domain, is what
// the stream starts from; it may be empty when nothing was ever written to the binary log.
// `mysql:UUID:1-5|binlog.000003:4711@1`: MySQL by GTID. The first part is the set of executed transactions.
// `file:binlog.000003:4711@1`: by file and offset, for servers without GTIDs: of no use on any other server.
//
// The part after `|` says where the same point lies in the files of the server that it was read from: for messages,
// for the lag and for noticing another history, never for starting. The number behind `@` is that server's server_id:
// after a fail-over the files are others. It may be left out.
//
// A further part, `|until UUID:1-9` or `|until binlog.000003:9000`, says that the tables were read at a later point
// than this one, which is not known exactly but not after `until`: the changes up to there are applied as one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "capture/gtid.hpp"
#include "capture/gtid_set.hpp"

namespace everarchive::capture {

/// A place in the files of one server.
struct binlog_place {
    std::string file;
    std::uint64_t offset = 0;
    std::uint32_t server = 0; // server_id of whose file it is; 0: not known

    std::string text() const;
    friend bool operator==(const binlog_place&, const binlog_place&) = default;
};

/// A file's name without the number at its end.
std::string_view base_name(std::string_view file);

/// The number at the end of a file's name; 0 if it has none.
std::uint64_t file_number(std::string_view file);

/// Whether `one` lies at or behind `other` in the files of the same server.
bool reaches(const binlog_place& one, const binlog_place& other);

struct binlog_position {
    enum class kind : std::uint8_t { mariadb, mysql, file };

    kind by = kind::mariadb;
    gtid_list gtids;       // MariaDB
    gtid_set executed;     // MySQL
    binlog_place place;    // empty file: not known
    gtid_set until;        // MySQL; empty: the tables were read at this position
    binlog_place until_at; // by file; likewise

    /// Whether the snapshot may hold changes after this position.
    bool overlaps() const;

    /// The changes up to `until` were read.
    void end_overlap();

    /// Reads the text form above. Throws error (source, needs_person) when it is not that.
    static binlog_position parse(std::string_view text);
    std::string text() const;

    /// What the server starts from, for messages.
    std::string start() const;
    friend bool operator==(const binlog_position&, const binlog_position&) = default;
};

} // namespace everarchive::capture
