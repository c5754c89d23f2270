// Field paths: syntax against the MARCspec suite, and values.
#include "marc/error.hpp"
#include "marc/path.hpp"
#include "marc/poll.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>

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
    EXPECT_EQ(values("65.[1]$a"), "[Four]");
    EXPECT_EQ(values("653[0]$a"), "[\xC3\xA9\xE4\xB8\xAD"
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
    EXPECT_EQ(error("245$a{008/0=\\x"), "the field path cannot be read (position 14)");
    EXPECT_EQ(error("245$a{$b{$c}}"), "the field path cannot be read: \"{$c}}\" (position 8)");
    EXPECT_EQ(error("245$a{$b=\\a b}"), "the field path cannot be read: \" b}\" (position 11)");
    EXPECT_EQ(error("245$a{}"), "the field path cannot be read: \"}\" (position 6)");
    EXPECT_EQ(error("245^1{/0=\\1}"), "the field path cannot be read: \"/0=\\1}\" (position 6)");
    EXPECT_EQ(error("008/0{^1}"), "the field path cannot be read: \"^1}\" (position 6)");
    EXPECT_EQ(error("LDR/6{$a}"), "the field path cannot be read: \"$a}\" (position 6)");
    EXPECT_EQ(error("245{$a}$b"), "the field path cannot be read: \"$b\" (position 7)");
    EXPECT_EQ(error("245$a{$b==\\x}"), "the field path cannot be read: \"=\\x}\" (position 9)");
    EXPECT_EQ(error("008/5-3"), "the field path cannot be read: \"5-3\" (position 4)");
    EXPECT_EQ(error("LDR$a"), "the field path cannot be read: \"$a\" (position 3)");
    EXPECT_NE(error("245^3"), "");
    EXPECT_NE(error("245[1"), "");
    EXPECT_NE(error("245/9999999999"), "");
    EXPECT_NE(error(""), "");
}

/// A file of the MARCspec test suite tests one production; here that stands in a whole path.
std::string whole_path(std::string_view production, const std::string& piece) {
    if (production.ends_with("PositionOrRange")) {
        return ".../" + piece;
    }
    if (production.ends_with("Indicators")) {
        return "...^" + piece;
    }
    if (production.ends_with("SubfieldTag") || production.ends_with("SubfieldRange")) {
        return "...$" + piece;
    }
    if (production.ends_with("ComparisonString")) {
        return "...{$a=\\" + piece + "}";
    }
    if (production.ends_with("SubSpec")) {
        return "..." + piece;
    }
    return piece; // a field tag is a path
}

TEST(marc_path, marcspec_suite) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    std::map<std::string, std::pair<std::size_t, std::size_t>> passed; // of all
    for (const std::string kind : {"valid", "invalid"}) {
        for (const auto& file : std::filesystem::directory_iterator(*data / "marc/marcspec" / kind)) {
            const std::string production = file.path().stem().string();
            const auto suite = nlohmann::json::parse(read_file(file.path()));
            for (const auto& test : suite.at("tests")) {
                const std::string piece = test.at("data");
                const std::string spec =
                    production.starts_with("wildCombination_") ? piece : whole_path(production, piece);
                bool valid = true;
                try {
                    parse_path(spec);
                } catch (const parse_error& e) {
                    EXPECT_EQ(e.code(), errc::bad_path) << spec;
                    valid = false;
                }
                EXPECT_EQ(test.at("valid").get<bool>(), kind == "valid");
                EXPECT_EQ(valid, kind == "valid") << production << ": " << spec;
                ++passed[kind].second;
                passed[kind].first += valid == (kind == "valid") ? 1 : 0;
            }
        }
    }
    std::printf("suite: MARCspec: %zu of %zu valid, %zu of %zu invalid\n", passed["valid"].first,
                passed["valid"].second, passed["invalid"].first, passed["invalid"].second);
    EXPECT_EQ(passed["valid"].second, 2'887U);
    EXPECT_EQ(passed["invalid"].second, 88U);
}

TEST(marc_path, evaluation_suite) {
    const auto suite = nlohmann::json::parse(
        read_file(std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "tests/data/marcspec/evaluation.json"));
    std::map<std::string, stored_record> records;
    for (const auto& [name, lines] : suite.at("records").items()) {
        std::string mrk;
        for (const auto& line : lines) {
            mrk += line.get<std::string>() + '\n';
        }
        records.emplace(name, from_mrk(mrk));
    }
    std::size_t cases = 0;
    for (const auto& group : suite.at("groups")) {
        for (const auto& test : group.at("tests")) {
            SCOPED_TRACE(test.dump());
            const stored_record& r = records.at(test.at("record"));
            const path p = parse_path(test.at("spec").get<std::string>());
            std::pmr::string scratch;
            std::vector<std::string> found;
            evaluate(p, r.view(), scratch, [&](std::string_view v) { found.emplace_back(v); });
            EXPECT_EQ(found, test.at("values").get<std::vector<std::string>>());
            ++cases;
        }
    }
    std::printf("suite: MARCspec evaluation: %zu cases\n", cases);
    EXPECT_GE(cases, 150U);
}

std::string_view piece_at(const record_view& record, const path_place& place) {
    if (place.what == path_place::target::leader) {
        return record.leader().substr(place.offset, place.length);
    }
    const field_view f = record.field(place.field);
    if (place.what != path_place::target::subfield) {
        return f.content().substr(place.offset, place.length);
    }
    subfield_range::iterator s = f.subfields().begin();
    for (std::size_t i = 0; i < place.subfield; ++i) {
        ++s;
    }
    return s->value.substr(place.offset, place.length);
}

TEST(marc_path, places_are_where_the_values_lie) {
    const stored_record stored = from_mrk(text);
    const record_view r = stored.view();
    for (const char* const spec : {"LDR", "LDR/5-7", "LDR/#", "001", "008/6", "245^1", "650^2", "650$x", "650$x[1]/1-2",
                                   "653$a/1", "...$a$b$c$x$0", "650$a{$0}", "245$a/0$a/2"}) {
        const path p = parse_path(spec);
        std::pmr::string scratch;
        path_cursor cursor(p, r, scratch);
        std::string_view value;
        std::size_t found = 0;
        for (; cursor.next(value); ++found) {
            EXPECT_TRUE(cursor.place().exact) << spec;
            EXPECT_EQ(piece_at(r, cursor.place()), value) << spec;
        }
        EXPECT_GT(found, 0U) << spec;
    }
    const path p = parse_path("245");
    std::pmr::string scratch;
    path_cursor cursor(p, r, scratch);
    std::string_view value;
    ASSERT_TRUE(cursor.next(value));
    EXPECT_FALSE(cursor.place().exact);
    EXPECT_EQ(cursor.place().field, 2U);
    EXPECT_EQ(cursor.place().subfield, path_place::npos);
}

TEST(marc_path, plain_paths_allocate_nothing) {
    const stored_record r = from_mrk(text);
    for (const char* const spec : {"LDR/6", "001", "245$a", "650[#-1]$x[#]/0-1", "650^2", "6..$a-z$0-9"}) {
        std::pmr::string scratch(std::pmr::null_memory_resource());
        const path p = parse_path(spec, std::pmr::null_memory_resource());
        std::size_t found = 0;
        evaluate(p, r.view(), scratch, [&](std::string_view) { ++found; });
        EXPECT_GT(found, 0U) << spec;
    }
}

std::string many(std::size_t times, std::string_view piece) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += piece;
    }
    return all;
}

TEST(marc_path, limits) {
    const auto code = [](const std::string& spec) {
        try {
            parse_path(spec);
        } catch (const parse_error& e) {
            return e.code();
        }
        return errc::not_marc; // none
    };
    EXPECT_EQ(code("245" + many(limits::path_parts, "$a")), errc::not_marc);
    EXPECT_EQ(code("245" + many(limits::path_parts + 1, "$a")), errc::unsupported_path);
    EXPECT_EQ(code("245" + many(limits::path_comparisons, "{$a}")), errc::not_marc);
    EXPECT_EQ(code("245" + many(limits::path_comparisons + 1, "{$a}")), errc::unsupported_path);
    EXPECT_EQ(code("245{$a=\\" + many(limits::path_bytes, "x") + "}"), errc::unsupported_path);
    EXPECT_EQ(code("245$a{$b{$c}}"), errc::bad_path);
}

/// Counts calls of the poll hook, which the library makes in proportion to its work.
std::size_t polls = 0;

TEST(marc_path, work_grows_with_the_record) {
    builder b;
    std::string field = "  ";
    for (std::size_t i = 0; i < 50'000; ++i) {
        field += "\x1F"
                 "a" +
                 std::to_string(i) +
                 "\x1F"
                 "b" +
                 std::to_string(i);
    }
    b.add_field("500", field);
    for (std::size_t i = 0; i < 50'000; ++i) {
        b.add_field("650", "  \x1F"
                           "a" +
                               std::to_string(i));
        b.add_field("651", "  \x1F"
                           "ax" +
                               std::to_string(i));
    }
    const stored_record r = b.finish();
    polls = 0;
    set_poll_hook([] { ++polls; });
    const auto count = [&](const char* spec) {
        std::pmr::string scratch;
        std::size_t found = 0;
        evaluate(parse_path(spec), r.view(), scratch, [&](std::string_view) { ++found; });
        return found;
    };
    // Quadratic work would be billions of comparisons: minutes.
    EXPECT_EQ(count("500$a{=$b}"), 50'000U);
    EXPECT_EQ(count("500$a{!=$b}"), 0U);
    EXPECT_EQ(count("500$a{$z}"), 0U);
    EXPECT_EQ(count("650$a{=500$b}"), 50'000U);
    EXPECT_EQ(count("500$a{650$z|=650$a}"), 50'000U);
    EXPECT_EQ(count("650$a{650[0-#]$a=500$a}"), 50'000U);
    EXPECT_EQ(count("...[1]{...[0-#]=...[0-#]}"), 2U);
    EXPECT_EQ(count("500$a{$a?$b}"), 50'000U);
    EXPECT_EQ(count("500$a{$b?$a}"), 50'000U);
    EXPECT_EQ(count("500$a{$a!$z}"), 50'000U);
    EXPECT_EQ(count("500$a{$a!$a[5]}"), 0U);
    EXPECT_EQ(count("500$a{$a?$a[60000]|$b!$b[#]}"), 0U);
    EXPECT_LT(polls, 1'000U);
    EXPECT_GT(polls, 100U); // a record of 2.6 million bytes was walked over more than ten times
    // Each with each: can be cancelled.
    set_poll_hook([] {
        if (++polls > 1'000) {
            throw std::bad_alloc();
        }
    });
    EXPECT_THROW(count("500$a{~651$a}"), std::bad_alloc);
    set_poll_hook(nullptr);
}

} // namespace
