// SHA-256, and the definition of the canonical digest, which is for ever.
#include "marc_support.hpp"
#include "sha256_block.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

std::string hex(const digest_bytes& bytes) {
    std::string out;
    for (const std::byte b : bytes) {
        constexpr char digits[] = "0123456789abcdef";
        out += digits[std::to_integer<unsigned>(b) >> 4U];
        out += digits[std::to_integer<unsigned>(b) & 15U];
    }
    return out;
}

std::string sha(std::string_view text) {
    sha256 h;
    h.update(text);
    return hex(h.finish());
}

TEST(marc_digest, sha256_of_fips_180_4) {
    EXPECT_EQ(sha(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(marc_digest, pieces_do_not_matter) {
    const std::string text(300, 'x');
    for (std::size_t n = 0; n <= text.size(); ++n) {
        sha256 h;
        h.update(std::string_view(text).substr(0, n));
        h.update(std::string_view(text).substr(n));
        ASSERT_EQ(hex(h.finish()), sha(text)) << n;
    }
}

TEST(marc_digest, special_instructions_give_the_same) {
    std::array<std::uint32_t, 8> a = {1, 2, 3, 4, 5, 6, 7, 8};
    std::array<std::uint32_t, 8> b = a;
    std::array<unsigned char, 640> blocks{};
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks[i] = static_cast<unsigned char>(i * 7 + i / 64);
    }
    sha256_blocks(a, blocks.data(), 10);
    sha256_blocks_portable(b, blocks.data(), 10);
    EXPECT_EQ(a, b);
}

TEST(marc_digest, follows_its_definition) {
    const stored_record r = from_mrk("=LDR  12345cam\\a2299999\\i\\45e0\n=001  1\n=245  10$aT\xC3\xA9");
    const std::string wanted = std::string("marc 1\n") + std::string("     cam a") + std::string(7, ' ') + " i " +
                               std::string(4, ' ') + std::string("001\0\0\0\1", 7) + "1" +
                               std::string("245\0\0\0\7", 7) +
                               "10\x1F"
                               "aT\xC3\xA9";
    EXPECT_EQ(hex(digest(r.view())), sha(wanted));
    EXPECT_EQ(hex(digest(from_mrk("=LDR  00000nam\\\\2200000\\\\\\4500").view())),
              sha("marc 1\n     nam" + std::string(16, ' ')));
}

TEST(marc_digest, what_counts) {
    const auto of = [](const char* text) { return hex(digest(from_mrk(text).view())); };
    const std::string one = of("=LDR  00000nam\\a2200000\\a\\4500\n=245  10$aT");
    EXPECT_EQ(of("=LDR  00999nam\\a2299999\\a\\45e0\n=245  10$aT"), one);
    EXPECT_NE(of("=LDR  00000nam\\\\2200000\\a\\4500\n=245  10$aT"), one); // leader/09 of an ASCII record
    EXPECT_NE(of("=LDR  00000cam\\a2200000\\a\\4500\n=245  10$aT"), one);
    EXPECT_NE(of("=LDR  00000nam\\a2200000\\a\\4500\n=245  10$aT "), one);
    EXPECT_NE(of("=LDR  00000nam\\a2200000\\a\\4500\n=246  10$aT"), one);
    EXPECT_NE(of("=LDR  00000nam\\a2200000\\a\\4500\n=245  00$aT"), one);
    const std::string two = of("=LDR  x\n=500  \\\\$aa\n=500  \\\\$ab");
    EXPECT_NE(of("=LDR  x\n=500  \\\\$ab\n=500  \\\\$aa"), two); // order counts
    // With bytes over 7F the label does not count.
    EXPECT_EQ(of("=LDR  00000nam\\\\2200000\\a\\4500\n=245  10$a\xC3\xA9"),
              of("=LDR  00000nam\\a2200000\\a\\4500\n=245  10$a\xC3\xA9"));
}

} // namespace
