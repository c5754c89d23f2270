// Reading bytes that come from outside: every read is checked against the end, none can run over it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace everarchive::capture {

/// Bytes that are not what the format of the binary log says. The decoder adds the position.
class malformed : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Bytes that are understood and cannot be captured, with what a person can do. The decoder adds the position.
class not_capturable : public std::runtime_error {
  public:
    not_capturable(const std::string& what, std::string hint) : std::runtime_error(what), hint_(std::move(hint)) {}
    const std::string& hint() const noexcept { return hint_; }

  private:
    std::string hint_;
};

/// A cursor over bytes. Numbers are little-endian unless the name says otherwise, as in the MariaDB protocol.
class byte_reader {
  public:
    explicit byte_reader(std::string_view bytes) : bytes_(bytes) {}

    std::size_t left() const noexcept { return bytes_.size() - at_; }
    bool done() const noexcept { return at_ == bytes_.size(); }

    /// The next `count` bytes.
    std::string_view take(std::size_t count) {
        if (count > left()) {
            throw malformed("ends " + std::to_string(count - left()) + " bytes too early");
        }
        const std::string_view taken = bytes_.substr(at_, count);
        at_ += count;
        return taken;
    }

    std::string_view rest() { return take(left()); }
    void skip(std::size_t count) { take(count); }

    /// A number of 1 to 8 bytes, least significant byte first.
    std::uint64_t number(std::size_t width) {
        const std::string_view raw = take(width);
        std::uint64_t value = 0;
        for (std::size_t at = width; at > 0; --at) {
            value = value << 8 | static_cast<unsigned char>(raw[at - 1]);
        }
        return value;
    }

    /// A number of 1 to 8 bytes, most significant byte first.
    std::uint64_t big_endian(std::size_t width) {
        std::uint64_t value = 0;
        for (const char byte : take(width)) {
            value = value << 8 | static_cast<unsigned char>(byte);
        }
        return value;
    }

    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }

    /// A length-encoded integer of the client/server protocol: 1, 3, 4 or 9 bytes.
    std::uint64_t packed() {
        const std::uint8_t first = u8();
        switch (first) {
        case 0xfc:
            return number(2);
        case 0xfd:
            return number(3);
        case 0xfe:
            return number(8);
        case 0xfb:
        case 0xff:
            throw malformed("a length-encoded number starts with a byte that starts none");
        default:
            return first;
        }
    }

    /// A text that its packed length precedes.
    std::string_view packed_text() { return take(packed_size()); }

    /// A packed number that counts something in these bytes, so it cannot be larger than they are.
    std::size_t packed_size() {
        const std::uint64_t size = packed();
        if (size > left()) {
            throw malformed("a length runs over the end");
        }
        return static_cast<std::size_t>(size);
    }

  private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

/// Bits that stand least significant first in each byte, as column bitmaps do.
inline bool bit_of(std::string_view bits, std::size_t index) {
    return (static_cast<unsigned char>(bits[index / 8]) >> (index % 8) & 1U) != 0;
}

} // namespace everarchive::capture
