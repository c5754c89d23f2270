// What `--from mariadb:…` or `mysql:…` says. User and password never stand there: they come from a MariaDB option file,
// so that they are in no process list and no table.
#pragma once

#include <string>
#include <string_view>

namespace everarchive::capture {

struct mariadb_origin {
    std::string defaults_group = "everarchive"; // read besides [client]
    std::string defaults_file;                  // empty: the usual ones, ~/.my.cnf last
    std::string database;                       // empty: as the option file has it
    std::string host;
    unsigned port = 0;
    std::string socket;
    std::string ssl_ca; // given: the connection must be encrypted, and the server must show a certificate of it
    unsigned long server_id = 0; // of our reader, as a replica; 0: made of the source's name
    bool by_file = false;        // positions by file and offset although the server has GTIDs
};

/// Reads `defaults-group=koha,database=koha_main,…`: options with commas between them, all optional.
/// Throws error (arguments) that names the option that is not known, not a number, or a secret.
mariadb_origin parse_mariadb_origin(std::string_view options);

/// As which replica a source reads.
struct binlog_reader {
    unsigned long server_id = 0;
    std::string uuid; // MySQL looks at this one
};

/// The replica as which the source `name` reads; its server id lies between 3,000,000,000 and 3,999,999,999. The same
/// for every daemon of the source, so that the server itself ends the older of two readers, and another for each other
/// source.
binlog_reader reader_of(const mariadb_origin& origin, std::string_view name);

} // namespace everarchive::capture
