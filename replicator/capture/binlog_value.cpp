#include "capture/binlog_value.hpp"

#include <array>
#include <bit>

#include <fmt/format.h>

#include "capture/binlog_event.hpp"
#include "capture/binlog_json.hpp"

namespace everarchive::capture {

namespace {

// Bytes that hold 0 to 9 decimal digits (strings/decimal.c, dig2bytes).
constexpr std::array<std::size_t, 10> bytes_of_digits = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};

std::size_t decimal_size(std::size_t precision, std::size_t scale) {
    if (precision > 65 || scale > 38 || scale > precision || precision == 0) {
        throw malformed(fmt::format("has a DECIMAL({},{})", precision, scale));
    }
    const std::size_t whole = precision - scale;
    return whole / 9 * 4 + bytes_of_digits[whole % 9] + scale / 9 * 4 + bytes_of_digits[scale % 9];
}

std::size_t fraction_size(const mapped_column& column) {
    if (column.detail > 6) {
        throw malformed(fmt::format("has {} digits of a fraction of a second", column.detail));
    }
    return (column.detail + 1U) / 2;
}

/// The stored fraction, in hundredths, ten-thousandths or millionths, as microseconds.
int microseconds_of(std::uint64_t stored, std::size_t bytes) {
    return static_cast<int>(stored * (bytes == 1 ? 10'000 : bytes == 2 ? 100 : 1));
}

value_text time_text(std::string_view raw, const mapped_column& column, value_target into, value_room& room) {
    byte_reader in(raw);
    const std::size_t fraction = raw.size() - 3;
    // Seconds and fraction are one number with an offset, so that a negative time sorts before a positive one.
    const unsigned shift = static_cast<unsigned>(fraction) * 8;
    std::int64_t packed = static_cast<std::int64_t>(in.big_endian(raw.size())) - (std::int64_t{0x800000} << shift);
    clock_time clock;
    clock.negative = packed < 0;
    packed = clock.negative ? -packed : packed;
    const std::int64_t whole = packed >> shift;
    clock.hours = static_cast<int>(whole >> 12 & 0x3ff);
    clock.minutes = static_cast<int>(whole >> 6 & 0x3f);
    clock.seconds = static_cast<int>(whole & 0x3f);
    clock.microseconds =
        fraction == 0 ? 0 : microseconds_of(static_cast<std::uint64_t>(packed) & ((1U << shift) - 1U), fraction);
    clock.digits = column.detail;
    return text_of_time(clock, into, room.text);
}

value_text datetime_text(std::string_view raw, const mapped_column& column, value_target into, value_room& room) {
    byte_reader in(raw);
    const std::uint64_t packed = in.big_endian(5) - 0x8000000000U;
    const std::size_t fraction = in.left();
    const std::uint64_t day = packed >> 17U;
    const int months = static_cast<int>(day >> 5U);
    clock_time clock;
    clock.hours = static_cast<int>(packed >> 12U & 0x1fU);
    clock.minutes = static_cast<int>(packed >> 6U & 0x3fU);
    clock.seconds = static_cast<int>(packed & 0x3fU);
    clock.microseconds = fraction == 0 ? 0 : microseconds_of(in.big_endian(fraction), fraction);
    clock.digits = column.detail;
    return text_of_datetime(months / 13, months % 13, static_cast<int>(day & 0x1fU), clock, false, into, room.text);
}

value_text label_text(std::uint64_t value, const mapped_column& column, const text_encoding& from, value_target into,
                      value_room& room) {
    room.bytes.clear();
    if (column.type == column_type::enumeration) {
        if (value > column.labels.size()) {
            return {"", "is a number that its ENUM has no label for"};
        }
        if (value > 0) { // 0 is the empty text that an invalid value became
            room.bytes = column.labels[value - 1];
        }
    } else {
        for (std::size_t at = 0; at < 64; ++at) {
            if ((value >> at & 1U) != 0) {
                if (at >= column.labels.size()) {
                    return {"", "has a member that its SET has no label for"};
                }
                room.bytes += room.bytes.empty() ? "" : ",";
                room.bytes += column.labels[at];
            }
        }
    }
    return text_of_string(room.bytes, from, into, room.text);
}

std::int64_t with_sign(std::uint64_t value, std::size_t bytes) {
    const unsigned unused = static_cast<unsigned>(8 - bytes) * 8;
    return static_cast<std::int64_t>(value << unused) >> unused;
}

} // namespace

std::string decimal_digits(std::string_view raw, unsigned precision, unsigned scale) {
    if (raw.size() != decimal_size(precision, scale)) {
        throw malformed("has a DECIMAL of another size than its digits need");
    }
    // The first bit says the sign: set is positive; negative numbers have all bits inverted (strings/decimal.c).
    std::string bytes(raw);
    const bool negative = (static_cast<unsigned char>(raw[0]) & 0x80) == 0;
    bytes[0] = static_cast<char>(static_cast<unsigned char>(bytes[0]) ^ 0x80U);
    if (negative) {
        for (char& byte : bytes) {
            byte = static_cast<char>(~static_cast<unsigned char>(byte));
        }
    }
    byte_reader in(bytes);
    std::string digits(negative ? "-" : "");
    const auto group = [&](std::size_t count) {
        const std::uint64_t value = in.big_endian(bytes_of_digits[count]);
        if (std::string text = fmt::format("{:0{}}", value, count); text.size() == count) {
            digits += text;
        } else {
            throw malformed("has a DECIMAL with more digits than its type");
        }
    };
    const std::size_t whole = precision - scale;
    if (whole == 0) {
        digits += '0';
    }
    if (whole % 9 != 0) {
        group(whole % 9);
    }
    for (std::size_t nine = 0; nine < whole / 9; ++nine) {
        group(9);
    }
    if (scale > 0) {
        digits += '.';
        for (std::size_t nine = 0; nine < scale / 9; ++nine) {
            group(9);
        }
        if (scale % 9 != 0) {
            group(scale % 9);
        }
    }
    return digits;
}

std::string_view take_value(byte_reader& in, const mapped_column& column) {
    switch (column.type) {
    case column_type::null:
        return {};
    case column_type::tiny:
    case column_type::year:
        return in.take(1);
    case column_type::small:
        return in.take(2);
    case column_type::medium:
    case column_type::date:
    case column_type::newdate:
    case column_type::time_old:
        return in.take(3);
    case column_type::integer:
    case column_type::single:
    case column_type::timestamp_old:
        return in.take(4);
    case column_type::big:
    case column_type::real:
    case column_type::datetime_old:
        return in.take(8);
    case column_type::timestamp:
        return in.take(4 + fraction_size(column));
    case column_type::datetime:
        return in.take(5 + fraction_size(column));
    case column_type::time:
        return in.take(3 + fraction_size(column));
    case column_type::decimal:
        return in.take(decimal_size(column.detail >> 8U, column.detail & 0xffU));
    case column_type::bit:
        return in.take((column.detail >> 8U) + ((column.detail & 0xffU) != 0 ? 1U : 0U));
    case column_type::enumeration:
    case column_type::set:
        if (column.detail < 1 || column.detail > 8) {
            throw malformed("has an ENUM or SET of an impossible size");
        }
        return in.take(column.detail);
    case column_type::varchar:
    case column_type::varchar_compressed:
    case column_type::var_string:
    case column_type::string:
        return in.take(in.number(column.detail > 255 ? 2 : 1));
    case column_type::blob:
    case column_type::blob_compressed:
    case column_type::tiny_blob:
    case column_type::medium_blob:
    case column_type::long_blob:
    case column_type::geometry:
    case column_type::json:
    case column_type::vector:
        if (column.detail < 1 || column.detail > 4) {
            throw malformed("has a BLOB with an impossible size of its length");
        }
        return in.take(in.number(column.detail));
    case column_type::decimal_old:
    case column_type::typed_array:
        break;
    }
    throw malformed(
        fmt::format("has a column of type {}, which this program does not know", static_cast<int>(column.type)));
}

value_kind kind_of(const mapped_column& column) {
    switch (column.type) {
    case column_type::tiny:
    case column_type::small:
    case column_type::medium:
    case column_type::integer:
    case column_type::big:
        return value_kind::integer;
    case column_type::single:
        return value_kind::single;
    case column_type::real:
        return value_kind::real;
    case column_type::decimal:
        return value_kind::decimal;
    case column_type::date:
    case column_type::newdate:
        return value_kind::date;
    case column_type::time:
    case column_type::time_old:
        return value_kind::time;
    case column_type::datetime:
    case column_type::datetime_old:
        return value_kind::datetime;
    case column_type::timestamp:
    case column_type::timestamp_old:
        return value_kind::timestamp;
    case column_type::year:
        return value_kind::year;
    case column_type::bit:
        return value_kind::bit;
    case column_type::enumeration:
        return value_kind::enumeration;
    case column_type::set:
        return value_kind::set;
    case column_type::json:
        return value_kind::json;
    case column_type::vector:
        return value_kind::binary;
    default:
        return column.collation == 63 ? value_kind::binary : value_kind::text;
    }
}

value_text text_of_value(std::string_view raw, const mapped_column& column, value_kind kind, const text_encoding& from,
                         value_target into, value_room& room) {
    byte_reader in(raw);
    switch (kind) {
    case value_kind::integer: {
        const std::uint64_t value = in.number(raw.size());
        return column.is_unsigned ? text_of_unsigned(value, into, room.text)
                                  : text_of_integer(with_sign(value, raw.size()), into, room.text);
    }
    case value_kind::single:
        return text_of_single(std::bit_cast<float>(in.u32()), room.text);
    case value_kind::real:
        return text_of_real(std::bit_cast<double>(in.number(8)), room.text);
    case value_kind::decimal:
        return text_of_decimal(decimal_digits(raw, column.detail >> 8U, column.detail & 0xffU), room.text);
    case value_kind::date: {
        const std::uint64_t packed = in.number(3);
        return text_of_date(static_cast<int>(packed >> 9U), static_cast<int>(packed >> 5U & 15U),
                            static_cast<int>(packed & 31U), into, room.text);
    }
    case value_kind::time:
        if (column.type == column_type::time_old) { // HHMMSS as a number
            const std::int64_t packed = with_sign(in.number(3), 3);
            const int clock = static_cast<int>(packed < 0 ? -packed : packed);
            return text_of_time({packed < 0, clock / 10'000, clock / 100 % 100, clock % 100, 0, 0}, into, room.text);
        }
        return time_text(raw, column, into, room);
    case value_kind::datetime:
        if (column.type == column_type::datetime_old) { // YYYYMMDDHHMMSS as a number
            const std::uint64_t packed = in.number(8);
            const int date = static_cast<int>(packed / 1'000'000 % 100'000'000);
            const int clock = static_cast<int>(packed % 1'000'000);
            return text_of_datetime(date / 10'000, date / 100 % 100, date % 100,
                                    {false, clock / 10'000, clock / 100 % 100, clock % 100, 0, 0}, false, into,
                                    room.text);
        }
        return datetime_text(raw, column, into, room);
    case value_kind::timestamp: {
        const std::int64_t seconds =
            static_cast<std::int64_t>(column.type == column_type::timestamp_old ? in.number(4) : in.big_endian(4));
        const std::size_t fraction = in.left();
        const int micro = fraction == 0 ? 0 : microseconds_of(in.big_endian(fraction), fraction);
        return text_of_timestamp(seconds, micro, fraction == 0 ? 0 : column.detail, into, room.text);
    }
    case value_kind::year: {
        const int value = in.u8();
        room.text = fmt::format("{:04}", value == 0 ? 0 : 1900 + value);
        return {room.text, {}};
    }
    case value_kind::bit: {
        const unsigned width = (column.detail >> 8U) * 8U + (column.detail & 0xffU);
        if (width > 64) {
            throw malformed(fmt::format("has a bit column of {} bits", width));
        }
        return text_of_bits(in.big_endian(raw.size()), static_cast<int>(width), into, room.text);
    }
    case value_kind::json:
        return text_of_json(raw, into, room.text);
    case value_kind::enumeration:
    case value_kind::set:
        return label_text(in.number(raw.size()), column, from, into, room);
    default:
        break;
    }
    if (column.type == column_type::varchar_compressed || column.type == column_type::blob_compressed) {
        raw = uncompress_column(raw, room.bytes);
    } else if (column.type == column_type::string && column.collation == 63 && raw.size() < column.detail) {
        // BINARY, UUID and INET come without their trailing zero bytes.
        room.bytes.assign(raw);
        room.bytes.resize(column.detail, '\0');
        raw = room.bytes;
    }
    switch (kind) {
    case value_kind::uuid:
    case value_kind::uuid_swapped:
        return text_of_uuid(raw, kind == value_kind::uuid_swapped, room.text);
    case value_kind::inet6:
    case value_kind::inet4:
        return text_of_address(raw, room.text);
    default:
        return text_of_string(raw, from, into, room.text);
    }
}

} // namespace everarchive::capture
