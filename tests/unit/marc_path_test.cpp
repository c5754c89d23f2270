// Field paths: syntax against the MARCspec suite, and values.
#include "marc/error.hpp"
#include "marc/path.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>
#include <regex>

using namespace marc;
using namespace marc_test;

namespace {

const char* const text = "=LDR  00000nam\\a2200000\\a\\4500\n"
                         "=001  ocm1\n"
                         "=008  020221s1988\\\\\\\\xxu\n"
                         "=245  10$aTitle :$bpart /$cauthor.\n"
                         "=650  \\0$aOne$xtwo$xthree\n"
                         "=650  \\2$aFour$0(x)5\n"
                         "=653  \\\\$a\xC3\xA9\xE4\xB8\xAD"
                         "z";

std::string values(std::string_view selection, const char* record = text) {
    const stored_record r = from_mrk(record);
    const path p = parse_path(selection);
    std::pmr::string scratch;
    std::string all;
    evaluate(p, r.view(), scratch, [&](std::string_view v) { all += "[" + std::string(v) + "]"; });
    return all;
}

TEST(marc_path, fields) {
    EXPECT_EQ(values("001"), "[ocm1]");
    EXPECT_EQ(values("245"), "[Title : part / author.]");
    EXPECT_EQ(values("999"), "");
    EXPECT_EQ(values("65."), "[One two three][Four (x)5][\xC3\xA9\xE4\xB8\xAD"
                             "z]");
    EXPECT_EQ(values("..."), "[ocm1][020221s1988    xxu][Title : part / author.][One two three][Four (x)5]"
                             "[\xC3\xA9\xE4\xB8\xAD"
                             "z]");
    EXPECT_EQ(values("LDR"), "[00000nam a2200000 a 4500]");
}

TEST(marc_path, subfields_in_the_order_of_the_record) {
    EXPECT_EQ(values("245$a"), "[Title :]");
    EXPECT_EQ(values("245$c$a"), "[Title :][author.]");
    EXPECT_EQ(values("245$a-b"), "[Title :][part /]");
    EXPECT_EQ(values("650$0-9"), "[(x)5]");
    EXPECT_EQ(values("650$x"), "[two][three]");
    EXPECT_EQ(values("001$a"), "");
}

TEST(marc_path, occurrences) {
    EXPECT_EQ(values("650[0]$a"), "[One]");
    EXPECT_EQ(values("650[1]$a"), "[Four]");
    EXPECT_EQ(values("650[#]$a"), "[Four]");
    EXPECT_EQ(values("650[#-1]$a"), "[One][Four]");
    EXPECT_EQ(values("650[1-#]$a"), "[Four]");
    EXPECT_EQ(values("650[0-9]$a"), "[One][Four]");
    EXPECT_EQ(values("650$x[0]"), "[two]");
    EXPECT_EQ(values("650$x[#]"), "[three]");
    EXPECT_EQ(values("65.[2]$a"), "[\xC3\xA9\xE4\xB8\xAD"
                                  "z]");
}

TEST(marc_path, characters) {
    EXPECT_EQ(values("008/0-5"), "[020221]");
    EXPECT_EQ(values("008/6"), "[s]");
    EXPECT_EQ(values("008/#"), "[u]");
    EXPECT_EQ(values("008/#-2"), "[xxu]");
    EXPECT_EQ(values("008/15-#"), "[xxu]");
    EXPECT_EQ(values("008/99"), "");
    EXPECT_EQ(values("LDR/6"), "[a]");
    EXPECT_EQ(values("LDR/6-7"), "[am]");
    EXPECT_EQ(values("653$a/0-1"), "[\xC3\xA9\xE4\xB8\xAD]");
    EXPECT_EQ(values("653$a/#"), "[z]");
    EXPECT_EQ(values("653$a/1"), "[\xE4\xB8\xAD]");
}

TEST(marc_path, indicators) {
    EXPECT_EQ(values("245^1"), "[1]");
    EXPECT_EQ(values("650^2"), "[0][2]");
    EXPECT_EQ(values("650[1]^2"), "[2]");
    EXPECT_EQ(values("001^1"), "");
}

TEST(marc_path, damaged_fields) {
    EXPECT_EQ(values("245", "=LDR  x\n=245  10lead$ax"), "[lead x]");
    EXPECT_EQ(values("245^1", "=LDR  x\n=245  $ax"), "");
    EXPECT_EQ(values("245$a", "=LDR  x\n=245  $ax"), "[x]");
}

TEST(marc_path, errors_name_place_and_piece) {
    const auto error = [](std::string_view selection) -> std::string {
        try {
            parse_path(selection);
        } catch (const parse_error& e) {
            return e.what();
        }
        return "";
    };
    EXPECT_EQ(error("245$ab"), "the field path cannot be read: \"b\" (position 5)");
    EXPECT_EQ(error("24"), "the field path cannot be read: \"24\" (position 0)");
    EXPECT_EQ(error("245$a{008/0=\\x}"),
              "the field path uses a part of MARCspec that is not supported: \"{008/0=\\x}\" (position 5)");
    EXPECT_EQ(error("008/5-3"), "the field path cannot be read: \"5-3\" (position 4)");
    EXPECT_EQ(error("LDR$a"), "the field path cannot be read: \"$a\" (position 3)");
    EXPECT_NE(error("245^3"), "");
    EXPECT_NE(error("245[1"), "");
    EXPECT_NE(error("245/9999999999"), "");
    EXPECT_NE(error(""), "");
    std::string many = "245";
    for (std::size_t i = 0; i <= limits::path_parts; ++i) {
        many += "$a";
    }
    EXPECT_NE(error(many), "");
}

TEST(marc_path, marcspec_suite) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    const std::regex value("\"data\": \"((?:[^\"\\\\]|\\\\.)*)\"");
    std::size_t read = 0;
    std::size_t unsupported = 0;
    std::size_t invalid = 0;
    for (const char* const kind : {"valid", "invalid"}) {
        for (const auto& file : std::filesystem::directory_iterator(*data / "marc/marcspec" / kind)) {
            const std::string name = file.path().filename().string();
            // The others test pieces of a spec alone.
            if (!name.starts_with("wildCombination_") && name != "validFieldTag.json" &&
                name != "invalidFieldTag.json") {
                continue;
            }
            const std::string json = read_file(file.path());
            for (std::sregex_iterator it(json.begin(), json.end(), value); it != std::sregex_iterator(); ++it) {
                const std::string spec = std::regex_replace((*it)[1].str(), std::regex("\\\\(.)"), "$1");
                try {
                    parse_path(spec);
                    EXPECT_STREQ(kind, "valid") << spec;
                    ++read;
                } catch (const parse_error& e) {
                    if (std::string_view(kind) == "invalid") {
                        EXPECT_EQ(e.code(), errc::bad_path) << spec;
                        ++invalid;
                    } else {
                        EXPECT_EQ(e.code(), errc::unsupported_path) << spec << ": " << e.what();
                        EXPECT_NE(spec.find('{'), std::string::npos) << spec;
                        ++unsupported;
                    }
                }
            }
        }
    }
    EXPECT_GT(read, 1'300U);
    EXPECT_GT(unsupported, 1'000U);
    EXPECT_GT(invalid, 50U);
}

} // namespace
