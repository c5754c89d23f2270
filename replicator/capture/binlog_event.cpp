#include "capture/binlog_event.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>
#include <zlib.h>

#include "capture/binlog_bytes.hpp"

namespace everarchive::capture {

namespace {

constexpr std::size_t header_size = 19;
constexpr std::size_t checksum_size = 4;
constexpr std::uint64_t largest_event = std::uint64_t{1} << 30; // MAX_MAX_ALLOWED_PACKET

bool checksum_matches(std::string_view bytes) {
    const std::string_view covered = bytes.substr(0, bytes.size() - checksum_size);
    const auto computed = crc32_z(0, reinterpret_cast<const unsigned char*>(covered.data()), covered.size());
    return byte_reader(bytes.substr(covered.size())).u32() == computed;
}

/// Inflates all of `packed` into exactly `size` bytes.
void inflate_into(std::string_view packed, std::size_t size, int window, std::string& room) {
    // A deflate stream grows at most 1032-fold, so a size beyond that is a lie and gets no memory.
    if (size > largest_event || size / 1032 > packed.size() + 1) {
        throw malformed(fmt::format("{} packed bytes cannot unpack to {}", packed.size(), size));
    }
    room.resize(size);
    z_stream stream{};
    if (inflateInit2(&stream, window) != Z_OK) {
        throw std::bad_alloc();
    }
    stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(packed.data())); // zlib only reads there
    stream.avail_in = static_cast<unsigned>(packed.size());
    stream.next_out = reinterpret_cast<unsigned char*>(room.data());
    stream.avail_out = static_cast<unsigned>(size);
    const int outcome = inflate(&stream, Z_FINISH);
    const auto made = stream.total_out;
    inflateEnd(&stream);
    if (outcome != Z_STREAM_END || made != size) {
        throw malformed("its compressed part cannot be unpacked");
    }
}

} // namespace

binlog_event parse_event(std::string_view bytes, event_checksum checksum) {
    byte_reader in(bytes);
    binlog_event event;
    event.time = in.u32();
    event.type = static_cast<event_type>(in.u8());
    event.server = in.u32();
    const std::uint32_t size = in.u32();
    event.end = in.u32();
    event.flags = in.u16();
    if (size != bytes.size()) {
        throw malformed(fmt::format("says it has {} bytes and has {}", size, bytes.size()));
    }
    std::size_t tail = 0;
    if (bytes.size() >= header_size + checksum_size) {
        if (checksum == event_checksum::crc32) {
            if (!checksum_matches(bytes)) {
                throw malformed("its checksum does not match its bytes");
            }
            tail = checksum_size;
        } else if (checksum == event_checksum::unknown && checksum_matches(bytes)) {
            tail = checksum_size;
        }
    } else if (checksum == event_checksum::crc32) {
        throw malformed("is too short for its checksum");
    }
    event.body = bytes.substr(header_size, bytes.size() - header_size - tail);
    return event;
}

format_description parse_format_description(std::string_view bytes) {
    byte_reader in(bytes);
    in.skip(header_size);
    if (in.u16() != 4) {
        throw malformed("the binary log is not of version 4");
    }
    format_description description;
    const std::string_view version = in.take(50);
    description.server_version = version.substr(0, version.find('\0'));
    in.skip(4);
    if (in.u8() != header_size) {
        throw malformed("event headers are not of 19 bytes");
    }
    // The algorithm stands before the checksum, which this event always has.
    const std::string_view rest = in.rest();
    if (rest.size() < 1 + checksum_size) {
        throw malformed("has no checksum algorithm");
    }
    const auto algorithm = static_cast<unsigned char>(rest[rest.size() - checksum_size - 1]);
    if (algorithm > 1) {
        throw malformed(fmt::format("checksum algorithm {} is not known", algorithm));
    }
    description.checksum = algorithm == 1 ? event_checksum::crc32 : event_checksum::none;
    return description;
}

gtid_event parse_gtid(const binlog_event& event) {
    byte_reader in(event.body);
    gtid_event out;
    out.id.sequence = in.number(8);
    out.id.domain = in.u32();
    out.id.server = event.server;
    out.flags = in.u8();
    return out;
}

namespace {

/// A number of MySQL's own serialization (libs/mysql/serialization/variable_length_integers.h): as many further bytes
/// as the first byte has ones at its lower end, the value in the bits above.
std::uint64_t variable_number(byte_reader& in) {
    const std::uint8_t first = in.u8();
    const auto more = static_cast<unsigned>(std::countr_one(first));
    if (more == 8) {
        return in.number(8);
    }
    const std::uint64_t high = in.number(more);
    const std::uint64_t low = static_cast<std::uint64_t>(first) >> (more + 1);
    return more == 7 ? high : low | high << (7 - more);
}

/// Fields 0 to 3 of a tagged GTID: flags, UUID, number, tag; the ones behind are not needed here.
mysql_gtid parse_tagged_gtid(const binlog_event& event) {
    byte_reader in(event.body);
    if (variable_number(in) != 1) {
        throw malformed("is of a serialization version that this program does not know");
    }
    variable_number(in); // size
    variable_number(in); // last field that must be understood
    mysql_gtid out;
    for (std::uint64_t field = 0; field < 4; ++field) {
        if (const std::uint64_t id = variable_number(in); id != field) {
            throw malformed(fmt::format("has field {} where field {} belongs", id, field));
        }
        switch (field) {
        case 0:
            variable_number(in);
            break;
        case 1:
            for (unsigned char& byte : out.origin.uuid) {
                byte = static_cast<unsigned char>(variable_number(in));
            }
            break;
        case 2:
            out.number = variable_number(in) >> 1U; // has a sign, in its lowest bit
            break;
        default:
            out.origin.tag = in.take(static_cast<std::size_t>(std::min<std::uint64_t>(variable_number(in), 64)));
            break;
        }
    }
    return out;
}

} // namespace

mysql_gtid parse_mysql_gtid(const binlog_event& event) {
    mysql_gtid out;
    if (event.type == event_type::tagged_gtid) {
        out = parse_tagged_gtid(event);
    } else {
        byte_reader in(event.body);
        in.skip(1); // flags
        const std::string_view uuid = in.take(out.origin.uuid.size());
        std::copy(uuid.begin(), uuid.end(), out.origin.uuid.begin());
        out.number = in.number(8);
    }
    if (out.number == 0) {
        throw malformed("has the GTID number 0");
    }
    return out;
}

bool is_one_phase(const binlog_event& event) {
    return byte_reader(event.body).u8() != 0;
}

query_event parse_query(const binlog_event& event, std::string& room) {
    byte_reader in(event.body);
    in.skip(4 + 4); // connection, seconds that it took
    const std::size_t database_size = in.u8();
    in.skip(2); // error code
    const std::size_t status_size = in.u16();
    in.skip(status_size);
    query_event out;
    out.database = in.take(database_size);
    in.skip(1); // the NUL after it
    out.statement = in.rest();
    if (event.type == event_type::query_compressed) {
        uncompress_event(out.statement, room);
        out.statement = room;
    }
    return out;
}

rotate_event parse_rotate(const binlog_event& event) {
    byte_reader in(event.body);
    rotate_event out;
    out.offset = in.number(8);
    out.file = in.rest();
    if (out.file.empty()) {
        throw malformed("names no file");
    }
    return out;
}

void uncompress_event(std::string_view packed, std::string& room) {
    byte_reader in(packed);
    const std::uint8_t head = in.u8();
    // 1 aaa 0 lll: algorithm (0 is zlib), bytes of the length (sql/log_event.cc, binlog_buf_uncompress).
    if ((head & 0x80) == 0 || (head & 0x70) != 0 || (head & 7) == 0 || (head & 7) > 4) {
        throw malformed("is compressed in a way that this program does not know");
    }
    const std::uint64_t size = in.big_endian(head & 7U);
    inflate_into(in.rest(), size, MAX_WBITS, room);
}

std::string_view uncompress_column(std::string_view packed, std::string& room) {
    if (packed.empty()) {
        return packed;
    }
    byte_reader in(packed);
    const std::uint8_t head = in.u8();
    // mmmm w lll: method (0 none, 8 zlib), w: no zlib header, bytes of the length (sql/field.cc, compress_zlib).
    if (head >> 4U == 0) {
        return in.rest();
    }
    if (head >> 4U != 8 || (head & 7) == 0 || (head & 7) > 4) {
        throw malformed("a column is compressed in a way that this program does not know");
    }
    const std::uint64_t size = in.big_endian(head & 7U);
    inflate_into(in.rest(), size, (head & 8) != 0 ? -MAX_WBITS : MAX_WBITS, room);
    return room;
}

} // namespace everarchive::capture
