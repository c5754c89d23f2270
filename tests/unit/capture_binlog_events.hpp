// Events of a binary log made by the layouts of sql/log_event.h, for the tests of the decoder.
#pragma once

#include <gtest/gtest.h>

#include <zlib.h>

#include <cstdint>
#include <memory>
#include <string>

#include "adapter/adapter.hpp"
#include "base/error.hpp"
#include "capture/binlog_decoder.hpp"

namespace everarchive::capture {

inline std::string little(std::uint64_t value, int bytes) {
    std::string out;
    for (int at = 0; at < bytes; ++at) {
        out += static_cast<char>(value >> (8 * at) & 0xff);
    }
    return out;
}

inline std::string sized(const std::string& text) {
    return little(text.size(), 1) + text;
}

/// One event with its header, and a CRC32 if `checksum`.
inline std::string event(int type, const std::string& body, bool checksum = false, int flags = 0) {
    const std::size_t size = 19 + body.size() + (checksum ? 4 : 0);
    std::string out = little(1'700'000'000, 4) + little(static_cast<std::uint64_t>(type), 1) + little(1, 4) +
                      little(size, 4) + little(4711, 4) + little(static_cast<std::uint64_t>(flags), 2) + body;
    if (checksum) {
        out +=
            little(crc32(0, reinterpret_cast<const unsigned char*>(out.data()), static_cast<unsigned>(out.size())), 4);
    }
    return out;
}

inline std::string format_description_event(int algorithm) {
    std::string version = "10.11.19-MariaDB-log";
    version.resize(50, '\0');
    return event(15, little(4, 2) + version + little(0, 4) + little(19, 1) + std::string(171, '\0') +
                         little(static_cast<std::uint64_t>(algorithm), 1) + little(0, 4));
}

inline std::string gtid_body(std::uint64_t sequence, int flags) {
    return little(sequence, 8) + little(0, 4) + little(static_cast<std::uint64_t>(flags), 1) + std::string(6, '\0');
}

inline std::string query_body(const std::string& database, const std::string& text) {
    return little(9, 4) + little(0, 4) + little(database.size(), 1) + little(0, 2) + little(0, 2) + database +
           std::string(1, '\0') + text;
}

inline std::string metadata(int type, const std::string& value) {
    return little(static_cast<std::uint64_t>(type), 1) + sized(value);
}

/// koha.biblio (secret varchar(40), biblionumber int, big bigint unsigned, title longtext latin1, kind enum('a','b')).
inline std::string table_map_body(bool named = true) {
    std::string body = little(18, 6) + little(1, 2) + sized("koha") + std::string(1, '\0') + sized("biblio") +
                       std::string(1, '\0') + little(5, 1) + std::string("\x0f\x03\x08\xfc\xfe");
    body += sized(little(40, 2) + little(4, 1) + std::string("\xf7\x01"));
    body += little(0x1f, 1);
    body += metadata(1, "\x40");                                  // signs: biblionumber has one, big has none
    body += metadata(2, little(45, 1) + std::string("\x01\x08")); // utf8mb4; the second text column latin1
    if (named) {
        body += metadata(4, sized("secret") + sized("biblionumber") + sized("big") + sized("title") + sized("kind"));
        body += metadata(10, little(45, 1));
        body += metadata(6, little(2, 1) + sized("a") + sized("b"));
    }
    return body;
}

/// koha.borrowers, which the adapter does not name, as table 19.
inline std::string other_table_map_body() {
    return little(19, 6) + little(1, 2) + sized("koha") + std::string(1, '\0') + sized("borrowers") +
           std::string(1, '\0') + little(1, 1) + std::string("\x03") + sized("") + little(0, 1);
}

inline std::string other_rows_body(int flags) {
    return little(19, 6) + little(static_cast<std::uint64_t>(flags), 2) + little(1, 1) + "\x01" + std::string(1, '\0') +
           little(7, 4);
}

inline std::string row(std::int32_t id, std::uint64_t big, const std::string& title, int kind) {
    return std::string(1, '\0') + sized("patron-secret") + little(static_cast<std::uint32_t>(id), 4) + little(big, 8) +
           little(title.size(), 4) + title + little(static_cast<std::uint64_t>(kind), 1);
}

inline std::string rows_body(const std::string& images, const std::string& rows, int flags = 1) {
    return little(18, 6) + little(static_cast<std::uint64_t>(flags), 2) + little(5, 1) + images + rows;
}

inline adapter::adapter koha() {
    adapter::adapter made;
    made.name = "koha";
    made.runs_on = adapter::system::mariadb;
    adapter::table bib;
    bib.name = "biblio";
    bib.columns = {{"biblionumber", "integer", true}, {"title", "text"}, {"big", "bigint"}, {"kind", "text"}};
    bib.key = {0};
    made.tables = {bib};
    return made;
}

} // namespace everarchive::capture
