#include "capture/mariadb_origin.hpp"

#include <charconv>

#include <fmt/format.h>

#include "base/error.hpp"

namespace everarchive::capture {

namespace {

constexpr std::string_view known =
    "options: defaults-group, defaults-file, database, host, port, socket, ssl-ca, server-id, position; such as "
    "mariadb:defaults-group=koha,database=koha_main";

[[noreturn]] void refuse(const std::string& what, std::string hint = std::string(known)) {
    throw error(exit_code::arguments, cause::needs_person, what, std::move(hint));
}

unsigned long number(std::string_view key, std::string_view value, unsigned long most) {
    unsigned long parsed = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (failure != std::errc{} || end != value.data() + value.size() || parsed == 0 || parsed > most) {
        refuse(fmt::format("{}={} is not a number from 1 to {}", key, value, most));
    }
    return parsed;
}

void set(mariadb_origin& origin, std::string_view key, std::string_view value) {
    if (key == "defaults-group") {
        origin.defaults_group = value;
    } else if (key == "defaults-file") {
        origin.defaults_file = value;
    } else if (key == "database") {
        origin.database = value;
    } else if (key == "host") {
        origin.host = value;
    } else if (key == "port") {
        origin.port = static_cast<unsigned>(number(key, value, 65'535));
    } else if (key == "socket") {
        origin.socket = value;
    } else if (key == "ssl-ca") {
        origin.ssl_ca = value;
    } else if (key == "server-id") {
        origin.server_id = number(key, value, 4'294'967'295UL);
    } else if (key == "position") {
        if (value != "gtid" && value != "file") {
            refuse(fmt::format("position={} is neither gtid nor file", value));
        }
        origin.by_file = value == "file";
    } else if (key == "user" || key == "password" || key == "passwd" || key == "pass" || key == "pwd") {
        refuse(fmt::format("{} does not belong on a command line", key),
               fmt::format("write user and password under [{}] in ~/.my.cnf, readable by you alone (chmod 600)",
                           origin.defaults_group));
    } else {
        refuse(fmt::format("'{}' is not an option of a MariaDB or MySQL source", key));
    }
}

} // namespace

mariadb_origin parse_mariadb_origin(std::string_view options) {
    mariadb_origin origin;
    while (!options.empty()) {
        const auto comma = options.find(',');
        const std::string_view one = options.substr(0, comma);
        const auto equals = one.find('=');
        if (equals == std::string_view::npos || equals + 1 == one.size()) {
            refuse(fmt::format("'{}' is not option=value", one.substr(0, equals)));
        }
        set(origin, one.substr(0, equals), one.substr(equals + 1));
        options = comma == std::string_view::npos ? std::string_view{} : options.substr(comma + 1);
    }
    return origin;
}

binlog_reader reader_of(const mariadb_origin& origin, std::string_view name) {
    // FNV-1a: the numbers must be the same on every machine and in every version.
    std::uint32_t hash = 2'166'136'261U;
    for (const std::string_view part : {name, std::string_view("/"), std::string_view(origin.database)}) {
        for (const char byte : part) {
            hash = (hash ^ static_cast<unsigned char>(byte)) * 16'777'619U;
        }
    }
    binlog_reader reader;
    reader.server_id = origin.server_id != 0 ? origin.server_id : 3'000'000'000UL + hash % 1'000'000'000UL;
    // Two sources with one server id would end each other, so the UUID follows it. Version 8: of a kind of our own (RFC
    // 9562, section 5.8).
    reader.uuid = fmt::format("{:08x}-e4a7-8000-8000-{:012x}", reader.server_id, reader.server_id ^ 0xe4a7c41feULL);
    return reader;
}

} // namespace everarchive::capture
