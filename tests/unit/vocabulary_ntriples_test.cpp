// N-Triples, line by line: the grammar of the W3C Recommendation, and what does not keep to it.
#include "vocabulary/ntriples.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "vocabulary_ntriples_target.hpp"

using namespace everarchive::vocabulary;

namespace {

/// subject predicate object [language], or what is wrong.
std::string read(std::string_view line) {
    triple found;
    std::string problem;
    switch (read_ntriples_line(line, found, problem)) {
    case line_kind::nothing:
        return "";
    case line_kind::bad:
        return "bad: " + problem;
    case line_kind::statement:
        break;
    }
    return found.subject + " " + found.predicate + " " + (found.is_literal ? "\"" : "") + found.object +
           (found.is_literal ? "\"" : "") + (found.language.empty() ? "" : "@" + found.language);
}

/// Through the reader, `step` bytes at a time.
std::vector<std::string> read_all(const std::string& text, std::size_t step) {
    std::vector<std::string> all;
    std::size_t at = 0;
    read_ntriples(
        [&](char* buffer, std::size_t size) {
            const std::size_t n = std::min({step, size, text.size() - at});
            text.copy(buffer, n, at);
            at += n;
            return n;
        },
        [&](const triple& t) { all.push_back(t.object); },
        [&](std::int64_t line, const std::string&) { all.push_back("!" + std::to_string(line)); });
    return all;
}

TEST(vocabulary_ntriples, statements) {
    EXPECT_EQ(read("<http://a/s> <http://a/p> <http://a/o> ."), "http://a/s http://a/p http://a/o");
    EXPECT_EQ(read("\t<http://a/s>\t<http://a/p>\"x\"."), "http://a/s http://a/p \"x\"");
    EXPECT_EQ(read("<http://a/s><http://a/p><http://a/o>.# end"), "http://a/s http://a/p http://a/o");
    EXPECT_EQ(read("_:a <http://a/p> _:b.c."), "_:a http://a/p _:b.c");
    EXPECT_EQ(read("_:1-x <urn:p> _:é."), "_:1-x urn:p _:é");
    EXPECT_EQ(read("<http://a/s> <http://a/p> \"Chien\"@fr-CA ."), "http://a/s http://a/p \"Chien\"@fr-CA");
    EXPECT_EQ(read("<http://a/s> <http://a/p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> ."),
              "http://a/s http://a/p \"1\"");
    EXPECT_EQ(read("<http://a/s> <http://a/p> \"\" ."), "http://a/s http://a/p \"\"");
    EXPECT_EQ(read(""), "");
    EXPECT_EQ(read("  # comment"), "");
}

TEST(vocabulary_ntriples, escapes) {
    EXPECT_EQ(read(R"(<http://a/s> <http://a/p> "\t\b\n\r\f\"\'\\" .)"), "http://a/s http://a/p \"\t\b\n\r\f\"'\\\"");
    EXPECT_EQ(read(R"(<http://a/\u00E9> <http://a/p> "caf\u00e9 \U0001F415" .)"), "http://a/é http://a/p \"café 🐕\"");
    EXPECT_EQ(read(R"(<http://a/s> <http://a/p> "\u20AC\uFFFD" .)"), "http://a/s http://a/p \"€\xEF\xBF\xBD\"");
}

TEST(vocabulary_ntriples, what_is_bad_says_where) {
    EXPECT_EQ(read("<http://a/s> <http://a/p> <http://a/o>"), "bad: expected . at the end of a statement at byte 39");
    EXPECT_EQ(read("<http://a/s> <http://a/p> \"x"), "bad: expected \" at the end of a literal at byte 29");
    EXPECT_EQ(read("<http://a/s> \"p\" \"x\" ."), "bad: expected an IRI in < > at byte 14");
    EXPECT_EQ(read("<a> <http://a/p> \"x\" ."), "bad: expected an absolute IRI at byte 2");
    EXPECT_EQ(read("<http://a/s> <http://a/p> \"x\"@ ."), "bad: expected a language tag at byte 31");
    EXPECT_EQ(read("<http://a/s> <http://a/p> \"x\" . y"),
              "bad: expected nothing but a comment behind a statement at byte 33");
    EXPECT_EQ(read(R"(<http://a/s> <http://a/p> "\q" .)"),
              "bad: expected one of t b n r f \" ' \\ u U behind \\ at byte 29");
    for (const char* bad : {R"(<http://a/s> <http://a/p> "\uD800" .)",
                            R"(<http://a/s> <http://a/p> "\U00110000" .)",
                            R"(<http://a/s> <http://a/p> "\u0000" .)",
                            R"(<http://a/s> <http://a/p> "\u12" .)",
                            "<http://a/s> <http://a/ p> \"x\" .",
                            "<http://a/s> <http://a/p> \"x\"^^x .",
                            "_: <http://a/p> \"x\" .",
                            "_:.a <http://a/p> \"x\" .",
                            "_:-a <http://a/p> \"x\" .",
                            "x",
                            "<",
                            "_",
                            "<http://a/s>",
                            "<http://a/s> <http://a/p>",
                            "<http://a/s> <http://a/p> 'x' .",
                            "<http://a/s> <http://a/p> x .",
                            R"(<http://a/s\> <http://a/p> "x" .)",
                            "<http://a/s> <http://a/p> \"\xFF\" .",
                            "<http://a/s> <http://a/p> \"\xED\xA0\x80\" .",
                            "\xEF\xBB\xBF<http://a/s> <http://a/p> \"x\" ."}) {
        EXPECT_EQ(read(bad).substr(0, 4), "bad:") << bad;
    }
}

TEST(vocabulary_ntriples, lines_end_in_every_way_and_at_any_byte) {
    const std::string text = "<urn:s> <urn:p> \"1\" .\n<urn:s> <urn:p> \"2\" .\r\nbad\r# c\n\n<urn:s> <urn:p> \"3\" "
                             ".\rbad\n<urn:s> <urn:p> \"4\" .";
    const std::vector<std::string> wanted{"1", "2", "!3", "3", "!7", "4"};
    for (const std::size_t step : {1UL, 2UL, 7UL, 23UL, 1000UL}) {
        EXPECT_EQ(read_all(text, step), wanted) << step;
    }
    EXPECT_TRUE(read_all("", 1).empty());
}

TEST(vocabulary_ntriples, a_line_that_never_ends_is_bad_and_the_next_is_read) {
    const std::string text = "<urn:s> <urn:p> \"" + std::string(3'000'000, 'x') + "\" .\n<urn:s> <urn:p> \"2\" .\n";
    EXPECT_EQ(read_all(text, 65'536), (std::vector<std::string>{"!1", "2"}));
    EXPECT_EQ(read_all(std::string(3'000'000, 'x'), 65'536), (std::vector<std::string>{"!1"}));
}

TEST(vocabulary_ntriples, text) {
    EXPECT_TRUE(is_text("aé€🐕"));
    for (const std::string_view bad :
         {std::string_view("\0", 1), std::string_view("\xC0\xAF"), std::string_view("\xE0\x80\x80"),
          std::string_view("\xF4\x90\x80\x80"), std::string_view("\xC3"), std::string_view("\x80")}) {
        EXPECT_FALSE(is_text(bad));
    }
}

TEST(vocabulary_ntriples, fuzz_replay) {
    std::size_t inputs = 0;
    for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(EVERARCHIVE_SOURCEDIR) /
                                                                "tests/fuzz/corpus/vocabulary_ntriples")) {
        SCOPED_TRACE(file.path().string());
        std::stringstream all;
        all << std::ifstream(file.path(), std::ios::binary).rdbuf();
        vocabulary_fuzz::ntriples(all.str());
        ++inputs;
    }
    EXPECT_GT(inputs, 0U);
}

} // namespace
