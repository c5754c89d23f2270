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
    /// Each byte of both, joined by or.
    friend portable_block operator|(portable_block a, const portable_block& b) noexcept {
        a.words_[0] |= b.words_[0];
        a.words_[1] |= b.words_[1];
        return a;
    }
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
    /// ASCII letters and digits.
    byte_mask alphanumeric() const noexcept {
        const auto found = [](std::uint64_t word) {
            const std::uint64_t lower = word | (ones * 0x20);
            return (at_least(word, '0') & ~at_least(word, '9' + 1)) |
                   (at_least(lower, 'a') & ~at_least(lower, 'z' + 1));
        };
        return join(found(words_[0]) & ~words_[0] & high_bits, found(words_[1]) & ~words_[1] & high_bits);
    }

  private:
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
    friend sse2_block operator|(sse2_block a, const sse2_block& b) noexcept {
        a.bytes_ = _mm_or_si128(a.bytes_, b.bytes_);
        return a;
    }
    byte_mask equal(char c) const noexcept { return mask(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c))); }
    byte_mask equal_but(char c, char ignored) const noexcept {
        const __m128i set = _mm_set1_epi8(ignored);
        return mask(_mm_cmpeq_epi8(_mm_or_si128(bytes_, set), _mm_or_si128(_mm_set1_epi8(c), set)));
    }
    byte_mask control() const noexcept {
        const __m128i last = _mm_set1_epi8(0x1F);
        return mask(_mm_cmpeq_epi8(_mm_max_epu8(bytes_, last), last));
    }
    byte_mask high() const noexcept { return mask(bytes_); }
    byte_mask alphanumeric() const noexcept {
        const auto within = [](__m128i from_first, char last) {
            const __m128i most = _mm_set1_epi8(last);
            return _mm_cmpeq_epi8(_mm_max_epu8(from_first, most), most);
        };
        const __m128i lower = _mm_or_si128(bytes_, _mm_set1_epi8(0x20));
        return mask(_mm_or_si128(within(_mm_sub_epi8(bytes_, _mm_set1_epi8('0')), 9),
                                 within(_mm_sub_epi8(lower, _mm_set1_epi8('a')), 25)));
    }

  private:
    static byte_mask mask(__m128i bytes) noexcept { return static_cast<byte_mask>(_mm_movemask_epi8(bytes)); }
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
