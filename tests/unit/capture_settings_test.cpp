// Settings of a source as the program reads them.
#include <gtest/gtest.h>

#include "capture/source_settings.hpp"

namespace everarchive::capture {
namespace {

TEST(source_settings, tells_texts_and_numbers) {
    const source_settings settings({{"versions", "every commit"}, {"spool_limit_bytes", "17179869184"}});
    EXPECT_EQ(settings.text("versions"), "every commit");
    EXPECT_EQ(settings.number("spool_limit_bytes"), 17179869184);
}

TEST(source_settings, an_unknown_one_says_that_the_extension_is_too_old) {
    try {
        static_cast<void>(source_settings().text("colour"));
        FAIL() << "no error";
    } catch (const error& failed) {
        EXPECT_EQ(failed.why(), cause::needs_person);
        EXPECT_NE(std::string(failed.what()).find("colour"), std::string::npos);
        EXPECT_NE(failed.hint().find("ALTER EXTENSION"), std::string::npos);
    }
}

} // namespace
} // namespace everarchive::capture
