#include "capture/binlog_json.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include <fmt/format.h>

#include "capture/binlog_bytes.hpp"
#include "capture/binlog_value.hpp"

namespace everarchive::capture {

namespace {

constexpr int deepest = 100;      // JSON_DOCUMENT_MAX_DEPTH of the server
constexpr int most_decimals = 15; // MAX_DECPT_FOR_F_FORMAT: numbers with more are printed with an exponent

enum kind : std::uint8_t {
    small_object = 0,
    large_object = 1,
    small_array = 2,
    large_array = 3,
    literal = 4,
    int16 = 5,
    uint16 = 6,
    int32 = 7,
    uint32 = 8,
    int64 = 9,
    uint64 = 10,
    real = 11,
    string = 12,
    opaque = 15,
};

void append_quoted(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    for (const char each : text) {
        switch (each) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\b':
            out += "\\b";
            break;
        case '\f':
            out += "\\f";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            if (static_cast<unsigned char>(each) < 0x20) {
                out += "\\u00";
                out += digits[static_cast<unsigned char>(each) >> 4U];
                out += digits[static_cast<unsigned char>(each) & 15U];
            } else {
                out += each;
            }
        }
    }
    out += '"';
}

/// As my_gcvt() prints a double, with `.0` behind a whole number.
void append_real(std::string& out, double value) {
    std::array<char, 32> scientific{};
    const auto end =
        std::to_chars(scientific.data(), scientific.data() + scientific.size(), value, std::chars_format::scientific)
            .ptr;
    const std::string_view text(scientific.data(), static_cast<std::size_t>(end - scientific.data()));
    const auto e = text.find('e');
    if (e == std::string_view::npos) {
        throw malformed("has a number in JSON that is none");
    }
    int exponent = 0;
    const std::size_t digits = e + (text[e + 1] == '+' ? 2 : 1);
    std::from_chars(text.data() + digits, text.data() + text.size(), exponent);
    if (exponent + 1 > most_decimals || exponent + 1 < 1 - most_decimals) {
        fmt::format_to(std::back_inserter(out), "{}e{}", text.substr(0, e), exponent);
        return;
    }
    std::array<char, 64> fixed{};
    const auto fixed_end =
        std::to_chars(fixed.data(), fixed.data() + fixed.size(), value, std::chars_format::fixed).ptr;
    const std::string_view plain(fixed.data(), static_cast<std::size_t>(fixed_end - fixed.data()));
    out += plain;
    if (plain.find('.') == std::string_view::npos) {
        out += ".0";
    }
}

void append_base64(std::string& out, std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
        for (std::size_t byte = 0; byte < 3; ++byte) {
            group = group << 8U | (byte < count ? static_cast<unsigned char>(bytes[at + byte]) : 0U);
        }
        for (std::size_t letter = 0; letter < 4; ++letter) {
            out += letter <= count ? letters[group >> (18 - 6 * letter) & 63U] : '=';
        }
    }
}

class writer {
  public:
    writer(std::string_view document, std::string& out) : out_(out), most_(document.size() * 8 + 64) {}

    void write(std::uint8_t type, std::string_view value, int depth) {
        // Offsets may point to one value from many places; what was written by a server never unpacks to so much.
        if (out_.size() > most_ || depth > deepest) {
            throw malformed("has JSON that unpacks to more than a server writes");
        }
        byte_reader in(value);
        switch (type) {
        case small_object:
        case large_object:
        case small_array:
        case large_array:
            write_container(type, value, depth);
            break;
        case literal:
            write_literal(in.u8());
            break;
        case int16:
            number(static_cast<std::int16_t>(in.u16()));
            break;
        case uint16:
            number(in.u16());
            break;
        case int32:
            number(static_cast<std::int32_t>(in.u32()));
            break;
        case uint32:
            number(in.u32());
            break;
        case int64:
            number(static_cast<std::int64_t>(in.number(8)));
            break;
        case uint64:
            number(in.number(8));
            break;
        case real:
            append_real(out_, std::bit_cast<double>(in.number(8)));
            break;
        case string:
            append_quoted(out_, sized(in));
            break;
        case opaque:
            write_opaque(in);
            break;
        default:
            throw malformed(fmt::format("has a JSON value of type {}, which this program does not know", type));
        }
    }

  private:
    template <typename Number>
    void number(Number value) {
        fmt::format_to(std::back_inserter(out_), "{}", value);
    }

    /// Bytes behind their length: seven bits in a byte, the lowest first.
    static std::string_view sized(byte_reader& in) {
        std::uint64_t size = 0;
        for (unsigned at = 0; at < 5; ++at) {
            const std::uint8_t byte = in.u8();
            size |= std::uint64_t{byte & 0x7fU} << (7 * at);
            if ((byte & 0x80) == 0) {
                return in.take(static_cast<std::size_t>(size));
            }
        }
        throw malformed("has a length in JSON that does not end");
    }

    void write_literal(std::uint8_t which) {
        switch (which) {
        case 0:
            out_ += "null";
            break;
        case 1:
            out_ += "true";
            break;
        case 2:
            out_ += "false";
            break;
        default:
            throw malformed("has a JSON literal that is none");
        }
    }

    void write_container(std::uint8_t type, std::string_view value, int depth) {
        const bool object = type == small_object || type == large_object;
        const std::size_t width = type == large_object || type == large_array ? 4 : 2;
        byte_reader in(value);
        const std::uint64_t count = in.number(width);
        const std::uint64_t size = in.number(width);
        if (size > value.size() || size < 2 * width) {
            throw malformed("has JSON of another size than its value");
        }
        const std::string_view whole = value.substr(0, size);
        byte_reader entries(whole.substr(2 * width));
        byte_reader keys(object ? entries.take(static_cast<std::size_t>(count * (width + 2))) : std::string_view{});
        out_ += object ? '{' : '[';
        for (std::uint64_t at = 0; at < count; ++at) {
            out_ += at == 0 ? "" : ", ";
            if (object) {
                const std::uint64_t offset = keys.number(width);
                const std::uint64_t length = keys.u16();
                append_quoted(out_, part(whole, offset).take(static_cast<std::size_t>(length)));
                out_ += ": ";
            }
            const std::uint8_t child = entries.u8();
            const bool inlined = child == literal || child == int16 || child == uint16 ||
                                 (width == 4 && (child == int32 || child == uint32));
            const std::string_view slot = entries.take(width);
            write(child, inlined ? slot : part(whole, byte_reader(slot).number(width)).rest(), depth + 1);
        }
        out_ += object ? '}' : ']';
    }

    static byte_reader part(std::string_view whole, std::uint64_t offset) {
        byte_reader in(whole);
        in.skip(static_cast<std::size_t>(offset));
        return in;
    }

    /// Values of SQL types within JSON; the number is that of the column type.
    void write_opaque(byte_reader& in) {
        const auto type = static_cast<column_type>(in.u8());
        const std::string_view bytes = sized(in);
        byte_reader value(bytes);
        switch (type) {
        case column_type::decimal: {
            const unsigned precision = value.u8();
            const unsigned scale = value.u8();
            std::string room;
            out_ += text_of_decimal(decimal_digits(value.rest(), precision, scale), room).text;
            break;
        }
        case column_type::date:
        case column_type::timestamp_old:
        case column_type::datetime_old: {
            const std::uint64_t packed = value.number(8);
            const std::uint64_t day = packed >> 41U;
            fmt::format_to(std::back_inserter(out_), "\"{:04}-{:02}-{:02}", (day >> 5U) / 13, (day >> 5U) % 13,
                           day & 31U);
            if (type != column_type::date) {
                const std::uint64_t clock = packed >> 24U & 0x1ffffU;
                fmt::format_to(std::back_inserter(out_), " {:02}:{:02}:{:02}.{:06}", clock >> 12U, clock >> 6U & 63U,
                               clock & 63U, packed & 0xffffffU);
            }
            out_ += '"';
            break;
        }
        case column_type::time_old: {
            const auto packed = static_cast<std::int64_t>(value.number(8));
            const auto size = packed < 0 ? 0 - static_cast<std::uint64_t>(packed) : static_cast<std::uint64_t>(packed);
            const std::uint64_t clock = size >> 24U;
            fmt::format_to(std::back_inserter(out_), "\"{}{:02}:{:02}:{:02}.{:06}\"", packed < 0 ? "-" : "",
                           clock >> 12U & 0x3ffU, clock >> 6U & 63U, clock & 63U, size & 0xffffffU);
            break;
        }
        default:
            fmt::format_to(std::back_inserter(out_), "\"base64:type{}:", static_cast<int>(type));
            append_base64(out_, bytes);
            out_ += '"';
        }
    }

    std::string& out_;
    std::size_t most_;
};

} // namespace

value_text text_of_json(std::string_view raw, value_target into, std::string& room) {
    std::string text;
    if (raw.empty()) {
        text = "null"; // what an empty value of a JSON column says
    } else {
        writer(raw, text).write(static_cast<std::uint8_t>(raw[0]), raw.substr(1), 1);
    }
    static const text_encoding utf8 = encoding_of("utf8mb4");
    const value_text made = text_of_string(text, utf8, into, room);
    if (made.text.data() == text.data()) {
        room = std::move(text);
        return {room, made.problem};
    }
    return made;
}

} // namespace everarchive::capture
