// Sixteen bytes at a time: the portable way and the processor's find the same, and what a plain loop finds.
#include "byte_block.hpp"
#include "data_scan.hpp"
#include "marc/charset.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

using namespace marc;

namespace {

template <class Block>
class marc_block : public testing::Test {};
#if defined(__SSE2__)
using blocks = testing::Types<portable_block, sse2_block>;
#else
using blocks = testing::Types<portable_block>;
#endif
TYPED_TEST_SUITE(marc_block, blocks);

/// Text that is mostly letters, with whatever else the scanners look for.
std::string random_text(std::mt19937& random, std::size_t size) {
    static constexpr char characters[] = "\x1E\x1F\0\x1D\t\n\r<>&\"]\xC3\xA9\x7F\x20\xEF/09:@AZ[`az{";
    static constexpr std::string_view special(characters, sizeof characters - 1);
    std::string text(size, ' ');
    for (char& c : text) {
        const auto n = random();
        c = n % 4 != 0   ? static_cast<char>('a' + n / 8 % 26)
            : n % 8 == 0 ? static_cast<char>(n / 8)
                         : special[n / 8 % special.size()];
    }
    return text;
}

template <typename Holds>
byte_mask expected(std::string_view block, Holds holds) {
    byte_mask mask = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        mask |= byte_mask{holds(static_cast<unsigned char>(block[i]))} << i;
    }
    return mask;
}

TYPED_TEST(marc_block, masks_are_those_of_a_plain_loop) {
    for (unsigned c = 0; c < 256; ++c) { // each byte in each place, beside bytes that could carry into it
        for (std::size_t at = 0; at < 16; ++at) {
            for (const char beside : {'\0', '\x7F', '\x80', '\xFF', '\x1F'}) {
                std::string text(16, beside);
                text[at] = static_cast<char>(c);
                const TypeParam block(text.data());
                EXPECT_EQ(block.control(), expected(text, [](unsigned char b) { return b < 0x20; })) << c;
                EXPECT_EQ(block.high(), expected(text, [](unsigned char b) { return b >= 0x80; })) << c;
                EXPECT_EQ(block.equal('&'), expected(text, [](unsigned char b) { return b == '&'; })) << c;
                EXPECT_EQ(block.equal('\xEF'), expected(text, [](unsigned char b) { return b == 0xEF; })) << c;
                EXPECT_EQ(block.equal_but('<', '<' ^ '>'),
                          expected(text, [](unsigned char b) { return b == '<' || b == '>'; }))
                    << c;
                EXPECT_EQ(block.alphanumeric(), expected(text,
                                                         [](unsigned char b) {
                                                             return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') ||
                                                                    (b >= 'A' && b <= 'Z');
                                                         }))
                    << c;
            }
        }
    }
    const std::string a = "0123456789abcdef";
    const std::string b("\x80\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\x80", 16);
    EXPECT_EQ((TypeParam(a.data()) | TypeParam(b.data())).high(), 0x8081U);
}

TYPED_TEST(marc_block, facts_are_those_of_a_plain_loop) {
    std::mt19937 random(1);
    for (std::size_t round = 0; round < 4000; ++round) {
        std::string text = round % 2 == 0 ? random_text(random, round % 300) : std::string(round % 300, 'x');
        if (round % 2 != 0 && !text.empty()) { // one or two odd bytes only
            text[random() % text.size()] = random_text(random, 1)[0];
            text[random() % text.size()] = '\x1F';
        }
        data_facts plain;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto c = static_cast<unsigned char>(text[i]);
            const bool last = i + 1 == text.size();
            plain.terminators += c == 0x1E ? 1 : 0;
            plain.non_ascii = plain.non_ascii || c >= 0x80;
            plain.controls = plain.controls || (c < 0x20 && c != 0x1E && c != 0x1F);
            plain.empty_codes =
                plain.empty_codes || (c == 0x1F && (last || text[i + 1] == '\x1E' || text[i + 1] == '\x1F'));
        }
        const data_facts facts = scan_data<TypeParam>(text);
        ASSERT_EQ(facts.terminators, plain.terminators) << round;
        ASSERT_EQ(facts.non_ascii, plain.non_ascii) << round;
        ASSERT_EQ(facts.controls, plain.controls) << round;
        ASSERT_EQ(facts.empty_codes, plain.empty_codes) << round;
        ASSERT_EQ(find_non_ascii(text) != std::string_view::npos, plain.non_ascii) << round;
    }
}

TYPED_TEST(marc_block, terminators_are_passed) {
    std::mt19937 random(2);
    for (std::size_t round = 0; round < 500; ++round) {
        std::string text(random() % 100, 'x');
        for (char& c : text) {
            c = random() % 5 == 0 ? '\x1E' : 'x';
        }
        const std::size_t start = text.empty() ? 0 : random() % text.size();
        std::size_t expected = start;
        for (std::size_t count = 0; count < 30; ++count) {
            ASSERT_EQ(pass_terminators<TypeParam>(text, start, count), expected) << round << ' ' << count;
            const std::size_t next = expected == std::string::npos ? expected : text.find('\x1E', expected);
            expected = next == std::string::npos ? next : next + 1;
        }
    }
}

TYPED_TEST(marc_block, characters_of_tags) {
    EXPECT_EQ(scan_tags<TypeParam>(""), tag_characters::digits);
    for (std::size_t size = 1; size < 40; ++size) {
        std::string tags(size, '0');
        EXPECT_EQ(scan_tags<TypeParam>(tags), tag_characters::digits);
        for (std::size_t at = 0; at < size; ++at) {
            for (const char c : {'-', '/', ':', '@', '[', '`', '{', '\xB0', '\xE1', '\0'}) {
                tags[at] = c;
                EXPECT_EQ(scan_tags<TypeParam>(tags), tag_characters::others) << size << ' ' << at;
            }
            for (const char c : {'a', 'z', 'A', 'Z'}) {
                tags[at] = c;
                EXPECT_EQ(scan_tags<TypeParam>(tags), tag_characters::letters_and_digits) << size << ' ' << at;
            }
            tags[at] = '9';
        }
    }
}

TYPED_TEST(marc_block, blocks_as_results) {
    const std::string a = "a\x1E"
                          "a\x1E"
                          "\x1F\x01xyzw 0123a";
    const TypeParam block(a.data());
    EXPECT_EQ((block.where_equal('a')).high(), block.equal('a'));
    EXPECT_EQ((block.where_equal_but('\x1E', 1)).high(), block.equal_but('\x1E', 1));
    EXPECT_EQ((block.where_control() ^ block.where_equal_but('\x1E', 1)).high(), 1U << 5U);
    EXPECT_EQ((block.where_control() & block.where_equal('\x1F')).high(), 1U << 4U);
    TypeParam counted;
    EXPECT_FALSE(counted.any());
    for (int i = 0; i < 255; ++i) {
        counted.count(block.where_equal('a'));
    }
    EXPECT_EQ(counted.sum(), 3U * 255);
    EXPECT_TRUE(counted.any());
}

} // namespace
