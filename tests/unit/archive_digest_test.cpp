// Digests, names and times: the small parts that everything archived rests on.
#include <gtest/gtest.h>

#include "archive/digest.hpp"
#include "archive/rfc3339.hpp"
#include "archive/safe_path.hpp"
#include "base/error.hpp"

using namespace everarchive::archive;

TEST(archive_digest, known_answers) {
    // FIPS 180-4 examples, RFC 7693 appendix A; the same as Python's hashlib says.
    EXPECT_EQ(digest_of("sha256", "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(digest_of("sha512/256", "abc"), "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
    EXPECT_EQ(digest_of("md5", ""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(digest_of("blake2b-512", "abc"), "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                                               "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
    EXPECT_EQ(digest_of("blake2b-256", ""), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    EXPECT_THROW(digest("crc32"), everarchive::error);
}

TEST(archive_digest, pieces_and_whole_agree_at_block_borders) {
    for (const char* algorithm : {"sha512", "blake2b-384"}) {
        for (const std::size_t length : {0U, 1U, 127U, 128U, 129U, 255U, 256U, 257U, 1000U}) {
            const std::string data(length, 'x');
            digest pieces(algorithm);
            for (std::size_t i = 0; i < length; i += 13) {
                pieces.update(std::string_view(data).substr(i, 13));
            }
            EXPECT_EQ(pieces.hex(), digest_of(algorithm, data)) << algorithm << ' ' << length;
        }
    }
}

TEST(archive_path, refuses_what_leaves_the_folder) {
    for (const char* bad : {"", "/etc/passwd", "../x", "a/../b", "a/./b", "a//b", "a/", "a\\b", "C:/x", "a\nb", "a\x7f",
                            "..", "\xff", "a/\xc3", "\xed\xa0\x80"}) {
        EXPECT_NE(why_unsafe(bad), "") << bad;
    }
    EXPECT_NE(why_unsafe(std::string("a\0b", 3)), "");
    EXPECT_THROW(require_safe("../x"), everarchive::error);
    for (const char* good : {"a", "a/b.xml", "Größe/日本語.xml", "..a", "~", "a b"}) {
        EXPECT_EQ(why_unsafe(good), "") << good;
    }
}

TEST(archive_path, content_names_are_plain_ascii) {
    EXPECT_EQ(content_name("surface/record.xml"), "surface/record.xml");
    EXPECT_EQ(content_name("Größe x/100%"), "Gr%C3%B6%C3%9Fe%20x/100%25");
    // NFC and NFD stay two names on every file system.
    EXPECT_NE(content_name("\xC3\xA9"), content_name("e\xCC\x81"));
    EXPECT_EQ(content_name(std::string(300, 'a')).size(), 64U);
}

TEST(archive_time, rfc3339) {
    for (const char* good : {"2026-01-31T12:00:00Z", "2024-02-29T23:59:60.5+01:00", "2026-01-31t12:00:00z"}) {
        EXPECT_TRUE(is_rfc3339(good)) << good;
    }
    for (const char* bad :
         {"", "2026-01-31", "2026-01-31T12:00Z", "2026-01-31T12:00:00", "2026-02-29T12:00:00Z", "2026-01-31T24:00:00Z",
          "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00+0100", "2026-01-31 12:00:00Z"}) {
        EXPECT_FALSE(is_rfc3339(bad)) << bad;
    }
}
