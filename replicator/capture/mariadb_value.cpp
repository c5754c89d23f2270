#include "capture/mariadb_value.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <chrono>
#include <limits>

#include <fmt/format.h>

namespace everarchive::capture {

namespace {

constexpr std::string_view no_date = "is not a date that PostgreSQL can hold";
constexpr std::string_view out_of_range = "is out of the range of the mirror's column";

template <typename... Arguments>
void print(std::string& room, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    room.clear();
    fmt::format_to(std::back_inserter(room), format, std::forward<Arguments>(arguments)...);
}

void append_fraction(std::string& room, int microseconds, int digits) {
    if (digits <= 0) {
        return;
    }
    std::array<char, 8> six{};
    fmt::format_to_n(six.data(), six.size(), "{:06}", microseconds);
    room += '.';
    room.append(six.data(), static_cast<std::size_t>(std::min(digits, 6)));
}

bool is_day(int year, int month, int day) {
    // PostgreSQL has no year 0; MariaDB's years end at 9999.
    return year > 0 &&
           std::chrono::year_month_day{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                       std::chrono::day{static_cast<unsigned>(day)}}
               .ok();
}

bool dated(value_target into) {
    return into != value_target::text;
}

void append_hex(std::string& room, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::size_t start = room.size();
    room.resize(start + bytes.size() * 2);
    char* out = room.data() + start;
    for (const char byte : bytes) {
        *out++ = digits[static_cast<unsigned char>(byte) >> 4U];
        *out++ = digits[static_cast<unsigned char>(byte) & 15U];
    }
}

} // namespace

value_text text_of_integer(std::int64_t value, value_target into, std::string& room) {
    if (into == value_target::boolean) {
        return {value != 0 ? "t" : "f", {}};
    }
    print(room, "{}", value);
    const bool fits = into == value_target::smallint ? value >= std::numeric_limits<std::int16_t>::min() &&
                                                           value <= std::numeric_limits<std::int16_t>::max()
                      : into == value_target::integer ? value >= std::numeric_limits<std::int32_t>::min() &&
                                                            value <= std::numeric_limits<std::int32_t>::max()
                                                      : true;
    return {room, fits ? std::string_view{} : out_of_range};
}

value_text text_of_unsigned(std::uint64_t value, value_target into, std::string& room) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return text_of_integer(static_cast<std::int64_t>(value), into, room);
    }
    print(room, "{}", value);
    const bool narrow = into == value_target::smallint || into == value_target::integer || into == value_target::bigint;
    return {into == value_target::boolean ? std::string_view("t") : room, narrow ? out_of_range : std::string_view{}};
}

value_text text_of_decimal(std::string_view digits, std::string& room) {
    const bool negative = !digits.empty() && digits.front() == '-';
    std::string_view rest = digits.substr(negative ? 1 : 0);
    while (rest.size() > 1 && rest[0] == '0' && rest[1] != '.') {
        rest.remove_prefix(1);
    }
    print(room, "{}{}", negative ? "-" : "", rest);
    return {room, {}};
}

value_text text_of_single(float value, std::string& room) {
    std::array<char, 48> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    room.assign(digits.data(), end);
    return {room, {}};
}

value_text text_of_real(double value, std::string& room) {
    std::array<char, 48> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    room.assign(digits.data(), end);
    return {room, {}};
}

value_text text_of_date(int year, int month, int day, value_target into, std::string& room) {
    print(room, "{:04}-{:02}-{:02}", year, month, day);
    return {room, is_day(year, month, day) || !dated(into) ? std::string_view{} : no_date};
}

value_text text_of_time(const clock_time& value, value_target into, std::string& room) {
    print(room, "{}{:02}:{:02}:{:02}", value.negative ? "-" : "", value.hours, value.minutes, value.seconds);
    append_fraction(room, value.microseconds, value.digits);
    const bool fits = into != value_target::time || (!value.negative && value.hours < 24);
    return {room, fits ? std::string_view{} : "is not a time of day: PostgreSQL holds it in an interval only"};
}

value_text text_of_datetime(int year, int month, int day, const clock_time& clock, bool utc, value_target into,
                            std::string& room) {
    print(room, "{:04}-{:02}-{:02} {:02}:{:02}:{:02}", year, month, day, clock.hours, clock.minutes, clock.seconds);
    append_fraction(room, clock.microseconds, clock.digits);
    const bool good = is_day(year, month, day);
    if (utc && good) {
        room += "+00";
    }
    return {room, good || !dated(into) ? std::string_view{} : no_date};
}

value_text text_of_timestamp(std::int64_t seconds, int microseconds, int digits, value_target into, std::string& room) {
    if (seconds == 0 && microseconds == 0) {
        return text_of_datetime(0, 0, 0, {false, 0, 0, 0, 0, digits}, true, into, room);
    }
    const auto since = std::chrono::sys_seconds{std::chrono::seconds{seconds}};
    const auto midnight = std::chrono::floor<std::chrono::days>(since);
    const std::chrono::year_month_day day{midnight};
    const std::chrono::hh_mm_ss clock{since - midnight};
    return text_of_datetime(static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
                            static_cast<int>(static_cast<unsigned>(day.day())),
                            {false, static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                             static_cast<int>(clock.seconds().count()), microseconds, digits},
                            true, into, room);
}

value_text text_of_bits(std::uint64_t value, int width, value_target into, std::string& room) {
    if (width < 0 || width > 64) {
        room = fmt::format("{}", value);
        return {room, "comes from a bit column of an impossible width"};
    }
    if (into == value_target::bit) {
        room.clear();
        for (int at = width; at > 0; --at) {
            room += (value >> (at - 1) & 1U) != 0 ? '1' : '0';
        }
        return {room, {}};
    }
    if (into == value_target::bytea) {
        std::string bytes;
        for (int at = (width + 7) / 8; at > 0; --at) {
            bytes += static_cast<char>(value >> ((at - 1) * 8) & 0xff);
        }
        room = "\\x";
        append_hex(room, bytes);
        return {room, {}};
    }
    return text_of_unsigned(value, into, room);
}

value_text text_of_string(std::string_view raw, const text_encoding& from, value_target into, std::string& room) {
    if (into == value_target::bytea) {
        room = "\\x";
        append_hex(room, raw);
        return {room, {}};
    }
    const auto converted = to_utf8(raw, from, room);
    std::string_view problem;
    if (converted && converted->find('\0') == std::string_view::npos) {
        return {*converted, {}};
    }
    if (converted) {
        problem = "holds a NUL character, which PostgreSQL's text cannot hold";
    } else if (from.is == text_encoding::kind::unknown) {
        problem = "is in a character set that this program cannot convert";
    } else if (from.is == text_encoding::kind::binary) {
        problem = "holds bytes that are not UTF-8, and the mirror's column is not bytea";
    } else {
        problem = "holds bytes that its character set does not have";
    }
    room = "\\x";
    append_hex(room, raw);
    return {room, problem};
}

value_text text_of_uuid(std::string_view raw, bool swapped, std::string& room) {
    if (raw.size() != 16) {
        room = "\\x";
        append_hex(room, raw);
        return {room, "is not the 16 bytes of a UUID"};
    }
    // Versions 1 to 5 are stored with the node first, so that they sort by time; the bits of version and variant, which
    // then lie in each other's place, tell (sql/sql_type_uuid.h, rec_need_swap).
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(raw[at]); };
    std::string memory(raw);
    if (swapped || ((byte(6) & 0x80) != 0 && byte(8) >= 0x01 && byte(8) < 0x80)) {
        memory.assign(raw.substr(12, 4));
        memory.append(raw.substr(10, 2)).append(raw.substr(8, 2)).append(raw.substr(6, 2)).append(raw.substr(0, 6));
    }
    room.clear();
    const std::string_view parts = memory;
    append_hex(room, parts.substr(0, 4));
    for (const std::size_t at : {std::size_t{4}, std::size_t{6}, std::size_t{8}}) {
        room += '-';
        append_hex(room, parts.substr(at, 2));
    }
    room += '-';
    append_hex(room, parts.substr(10));
    return {room, {}};
}

value_text text_of_address(std::string_view raw, std::string& room) {
    std::array<char, INET6_ADDRSTRLEN> printed{};
    const std::string bytes(raw); // with the alignment that inet_ntop() asks for
    if ((raw.size() != 16 && raw.size() != 4) ||
        inet_ntop(raw.size() == 4 ? AF_INET : AF_INET6, bytes.data(), printed.data(), printed.size()) == nullptr) {
        room = "\\x";
        append_hex(room, raw);
        return {room, "is not the bytes of an address"};
    }
    room = printed.data();
    return {room, {}};
}

} // namespace everarchive::capture
