// Recognising forms, and reading whichever it is.
#include "marc/detect.hpp"
#include "marc/error.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

TEST(marc_detect, forms) {
    EXPECT_EQ(detect(make_iso({{"001", "1"}})), form::iso2709);
    EXPECT_EQ(detect("\n" + make_iso({})), form::iso2709);
    EXPECT_EQ(detect("     nam a22000001a 4500"), form::iso2709);
    EXPECT_EQ(detect("<record/>"), form::marcxml);
    EXPECT_EQ(detect("\xEF\xBB\xBF <?xml version='1.0'?>"), form::marcxml);
    EXPECT_EQ(detect("=LDR  x"), form::mrk);
    EXPECT_EQ(detect("{\"leader\": \"x\"}"), form::json);
    EXPECT_EQ(detect("<!DOCTYPE HTML>"), form::html);
    EXPECT_EQ(detect("<HTML>"), form::html);
    EXPECT_EQ(detect("PK\x03\x04"), form::zip);
    EXPECT_EQ(detect("\x1F\x8B\x08"), form::gzip);
    EXPECT_EQ(detect(""), form::unknown);
    EXPECT_EQ(detect("Hello"), form::unknown);
}

TEST(marc_detect, reads_each_form) {
    builder b;
    const stored_record r = from_mrk("=LDR  00000nam\\a2200000\\a\\4500\n=001  1\n=245  10$aT");
    for (const std::string& text : {to_iso(r.view()), to_xml(r.view()), to_mrk(r.view())}) {
        read_text(text, b);
        EXPECT_EQ(digest(b.finish().view()), digest(r.view()));
    }
    EXPECT_THROW(read_text("<html>", b), parse_error);
    EXPECT_THROW(read_text("hello", b), parse_error);
}

} // namespace
