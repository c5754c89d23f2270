// Inside of the library: 16 bytes at a time. One bit for each byte that has a property, the first byte lowest.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace marc {

using byte_mask = std::uint32_t;

/// With the instructions that every 64-bit processor has: two words of eight bytes. The tests compare it with the
/// other.
class portable_block {
  public:
    static constexpr std::size_t bytes = 16;

    /// @param at 16 readable bytes
    explicit portable_block(const char* at) noexcept {
        std::memcpy(words_, at, bytes);
        if constexpr (std::endian::native == std::endian::big) {
            words_[0] = turned(words_[0]);
            words_[1] = turned(words_[1]);
        }
    }
    /// Every byte 0.
    portable_block() noexcept : words_{0, 0} {}
    friend portable_block operator|(const portable_block& a, const portable_block& b) noexcept {
        return {a.words_[0] | b.words_[0], a.words_[1] | b.words_[1]};
    }
    friend portable_block operator&(const portable_block& a, const portable_block& b) noexcept {
        return {a.words_[0] & b.words_[0], a.words_[1] & b.words_[1]};
    }
    friend portable_block operator^(const portable_block& a, const portable_block& b) noexcept {
        return {a.words_[0] ^ b.words_[0], a.words_[1] ^ b.words_[1]};
    }
    /// Blocks of FF where a byte has the property that the function of the same name gives as a mask, else 0.
    portable_block where_equal(char c) const noexcept {
        const std::uint64_t same = ones * static_cast<unsigned char>(c);
        return {spread(zero(words_[0] ^ same)), spread(zero(words_[1] ^ same))};
    }
    portable_block where_equal_but(char c, char ignored) const noexcept {
        const std::uint64_t same = ones * static_cast<unsigned char>(c);
        const std::uint64_t mask = ~(ones * static_cast<unsigned char>(ignored));
        return {spread(zero((words_[0] ^ same) & mask)), spread(zero((words_[1] ^ same) & mask))};
    }
    portable_block where_control() const noexcept { return where_equal_but(0, 0x1F); }
    /// Adds one to each byte where the other block has FF.
    void count(const portable_block& where) noexcept {
        words_[0] += where.words_[0] & ones;
        words_[1] += where.words_[1] & ones;
    }
    /// The sum of all bytes.
    std::size_t sum() const noexcept {
        std::size_t total = 0;
        for (unsigned i = 0; i < 64; i += 8) {
            total += ((words_[0] >> i) & 0xFFU) + ((words_[1] >> i) & 0xFFU);
        }
        return total;
    }
    bool any() const noexcept { return (words_[0] | words_[1]) != 0; }
    byte_mask equal(char c) const noexcept {
        const std::uint64_t same = ones * static_cast<unsigned char>(c);
        return join(zero(words_[0] ^ same), zero(words_[1] ^ same));
    }
    /// Bytes that differ from `c` in no other bits than `ignored`.
    byte_mask equal_but(char c, char ignored) const noexcept {
        const std::uint64_t same = ones * static_cast<unsigned char>(c);
        const std::uint64_t mask = ~(ones * static_cast<unsigned char>(ignored));
        return join(zero((words_[0] ^ same) & mask), zero((words_[1] ^ same) & mask));
    }
    /// Bytes under 20.
    byte_mask control() const noexcept { return equal_but(0, 0x1F); }
    /// Bytes over 7F.
    byte_mask high() const noexcept { return join(words_[0] & high_bits, words_[1] & high_bits); }
    /// ASCII digits; letters and digits.
    byte_mask digit() const noexcept {
        const auto found = [](std::uint64_t word) {
            return at_least(word, '0') & ~at_least(word, '9' + 1) & ~word & high_bits;
        };
        return join(found(words_[0]), found(words_[1]));
    }
    byte_mask alphanumeric() const noexcept {
        const auto found = [](std::uint64_t word) {
            const std::uint64_t lower = word | (ones * 0x20);
            return (at_least(word, '0') & ~at_least(word, '9' + 1)) |
                   (at_least(lower, 'a') & ~at_least(lower, 'z' + 1));
        };
        return join(found(words_[0]) & ~words_[0] & high_bits, found(words_[1]) & ~words_[1] & high_bits);
    }

  private:
    portable_block(std::uint64_t first, std::uint64_t second) noexcept : words_{first, second} {}

    static constexpr std::uint64_t ones = 0x0101'0101'0101'0101ULL;
    static constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080ULL;

    static constexpr std::uint64_t turned(std::uint64_t word) noexcept {
        std::uint64_t result = 0;
        for (unsigned i = 0; i < 8; ++i) {
            result = (result << 8U) | ((word >> (8 * i)) & 0xFFU);
        }
        return result;
    }
    /// The high bit of each byte that is zero; exact, since no carry leaves a byte.
    static constexpr std::uint64_t zero(std::uint64_t word) noexcept {
        return ~(((word & ~high_bits) + ~high_bits) | word | ~high_bits);
    }
    /// FF for each byte whose high bit is set in this word of high bits.
    static constexpr std::uint64_t spread(std::uint64_t high) noexcept { return (high >> 7U) * 0xFFU; }
    /// The high bit of each byte whose low seven bits are `c` or more.
    static constexpr std::uint64_t at_least(std::uint64_t word, unsigned char c) noexcept {
        return (word & ~high_bits) + ones * (0x80U - c);
    }
    /// Gathers the high bits.
    static constexpr byte_mask join(std::uint64_t first, std::uint64_t second) noexcept {
        constexpr std::uint64_t gather = 0x0002'0408'1020'4081ULL;
        return static_cast<byte_mask>((first * gather) >> 56U) |
               (static_cast<byte_mask>((second * gather) >> 56U) << 8U);
    }

    std::uint64_t words_[2];
};

#if defined(__SSE2__)
/// With SSE2, which every x86-64 has.
class sse2_block {
  public:
    static constexpr std::size_t bytes = 16;

    explicit sse2_block(const char* at) noexcept : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}
    sse2_block() noexcept : bytes_(_mm_setzero_si128()) {}
    friend sse2_block operator|(sse2_block a, sse2_block b) noexcept { return _mm_or_si128(a.bytes_, b.bytes_); }
    friend sse2_block operator&(sse2_block a, sse2_block b) noexcept { return _mm_and_si128(a.bytes_, b.bytes_); }
    friend sse2_block operator^(sse2_block a, sse2_block b) noexcept { return _mm_xor_si128(a.bytes_, b.bytes_); }
    sse2_block where_equal(char c) const noexcept { return _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c)); }
    sse2_block where_equal_but(char c, char ignored) const noexcept {
        const __m128i set = _mm_set1_epi8(ignored);
        return _mm_cmpeq_epi8(_mm_or_si128(bytes_, set), _mm_or_si128(_mm_set1_epi8(c), set));
    }
    sse2_block where_control() const noexcept {
        const __m128i last = _mm_set1_epi8(0x1F);
        return _mm_cmpeq_epi8(_mm_max_epu8(bytes_, last), last);
    }
    void count(sse2_block where) noexcept { bytes_ = _mm_sub_epi8(bytes_, where.bytes_); }
    std::size_t sum() const noexcept {
        const __m128i halves = _mm_sad_epu8(bytes_, _mm_setzero_si128());
        return static_cast<std::size_t>(_mm_cvtsi128_si32(halves)) +
               static_cast<std::size_t>(_mm_extract_epi16(halves, 4));
    }
    bool any() const noexcept { return mask(_mm_cmpeq_epi8(bytes_, _mm_setzero_si128())) != 0xFFFFU; }
    byte_mask equal(char c) const noexcept { return where_equal(c).high(); }
    byte_mask equal_but(char c, char ignored) const noexcept { return where_equal_but(c, ignored).high(); }
    byte_mask control() const noexcept { return where_control().high(); }
    byte_mask high() const noexcept { return mask(bytes_); }
    byte_mask digit() const noexcept { return mask(within(_mm_sub_epi8(bytes_, _mm_set1_epi8('0')), 9)); }
    byte_mask alphanumeric() const noexcept {
        const __m128i lower = _mm_or_si128(bytes_, _mm_set1_epi8(0x20));
        return mask(_mm_or_si128(within(_mm_sub_epi8(bytes_, _mm_set1_epi8('0')), 9),
                                 within(_mm_sub_epi8(lower, _mm_set1_epi8('a')), 25)));
    }

  private:
    sse2_block(__m128i value) noexcept : bytes_(value) {} // NOLINT(google-explicit-constructor): private

    static __m128i within(__m128i from_first, char last) noexcept {
        const __m128i most = _mm_set1_epi8(last);
        return _mm_cmpeq_epi8(_mm_max_epu8(from_first, most), most);
    }
    static byte_mask mask(__m128i lanes) noexcept { return static_cast<byte_mask>(_mm_movemask_epi8(lanes)); }
    __m128i bytes_;
};
using byte_block = sse2_block;
#else
using byte_block = portable_block;
#endif

/// The lowest set bit; 16 when there is none.
inline std::size_t first_of(byte_mask mask) noexcept {
    return static_cast<std::size_t>(std::countr_zero(mask | (byte_mask{1} << portable_block::bytes)));
}

} // namespace marc
