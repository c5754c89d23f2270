#include "marc/error.hpp"
#include "marc/index_terms.hpp"
#include "marc/path.hpp"
#include "marc/query.hpp"
#include "marc_support.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

using namespace marc;
using namespace marc_test;

namespace {

constexpr std::string_view sample =
    "=LDR  00000nam a2200000 a 4500\n=001  ocm12345\n=003  OCoLC\n=005  19900101000000.0\n"
    "=007  cr||||||||||\n=008  891101s1990    maua   j      001 0 eng d\n"
    "=010  \\\\$a   85-2 \n=020  \\\\$a0-306-40615-2 (pbk.) :$c{dollar}20.00$qred\n=022  0\\$a0317-8471\n"
    "=035  \\\\$a(OCoLC)ocm00012345\n=035  \\\\$a777\n"
    "=100  1\\$aCort\xC3\xA1zar, Julio$d1914-\n"
    "=245  14$aThe hot dogs of N.Y. :$ban annual report /$cby J. Cort\xC3\xA1zar.\n"
    "=500  \\\\$aA note of some length, long enough to have no key of its own.\n"
    "=650  \\0$aDogs$xHistory\n=650  \\7$aCats$2fast$0(OCoLC)fst00848973\n"
    "=856  4\\$uhttps://purl.fdlp.gov/GPO/LPS1234$z\n=CAT  \\\\$aop 1\n=FMT  BK";

bool matches(std::string_view text, const record_view& record) {
    const query q(text);
    query_evaluator evaluator(std::pmr::get_default_resource());
    return evaluator.matches(q.view(), record);
}

/// What an index with these options knows of a record.
truth judged(const query_terms& terms, std::span<const std::string_view> keys) {
    std::vector<truth> found;
    for (const query_term& term : terms.terms()) {
        const std::string_view start = terms.key(term);
        auto at = std::lower_bound(keys.begin(), keys.end(), start);
        bool is_there = at != keys.end() && *at == start;
        if (term.is_range) {
            is_there = false;
            for (; at != keys.end() && terms.compare(term, *at) <= 0; ++at) {
                is_there = is_there || terms.compare(term, *at) == 0;
            }
        }
        found.push_back(is_there ? truth::yes : truth::no);
    }
    return terms.evaluate(found.data());
}

/// The index must say nothing that the evaluation contradicts.
void expect_agreement(const query& q, std::string_view text, const record_view& record, bool really) {
    static constexpr index_options all_options[] = {{}, {false, {}}, {true, "020,245,6.."}, {false, "001,020,035,650"}};
    term_collector collector(std::pmr::get_default_resource());
    for (const index_options& options : all_options) {
        const query_terms terms(q.view(), options, std::pmr::get_default_resource());
        const truth known = judged(terms, collector.collect(record, options));
        EXPECT_TRUE(known != truth::yes || really) << text << " tags=" << options.tags << " words=" << options.words;
        EXPECT_TRUE(known != truth::no || !really) << text << " tags=" << options.tags << " words=" << options.words;
    }
}

truth index_says(std::string_view text, const record_view& record, index_options options = {}) {
    const query q(text);
    const query_terms terms(q.view(), options, std::pmr::get_default_resource());
    term_collector collector(std::pmr::get_default_resource());
    return judged(terms, collector.collect(record, options));
}

TEST(marc_query, terms_that_match) {
    const stored_record r = from_mrk(sample);
    for (const char* text : {"dogs",
                             "DOGS",
                             "\"hot dogs\"",
                             "\"annual report\"",
                             "hot",
                             "do*",
                             "\"hot do\"*",
                             "cortazar",
                             "Cort\xC3\xA1zar",
                             "Corta\xCC\x81zar",
                             "245$a:dogs",
                             "245:annual",
                             "245$ab:annual",
                             "245$a:\"dogs of\"",
                             "245$b=\"annual report\"|245$b=\"AN ANNUAL REPORT!\"",
                             "245$a=\"the hot\"*",
                             "650$2=fast",
                             "650$2:fast",
                             "650$a=dogs",
                             "6..$a=cats",
                             "6..$2=fast",
                             "...$a:cats",
                             "650=history",
                             "020$a=9780306406157",
                             "020$a=0306406152",
                             "020$a=\"0-306-40615-2 (hbk.)\"",
                             "020=9780306406157",
                             "020$a:9780306406157",
                             "020:0306406152",
                             "020:0-306-40615-2",
                             "02X$a:\"978 0 306 40615 7\"",
                             "0306406152",
                             "978-0-306-40615-7",
                             "03178471",
                             "022:03178471",
                             "0317-8471",
                             "9780306406157",
                             "020$a:pbk",
                             "02.$a=9780306406157",
                             "022$a=0317-8471",
                             "022$a=03178471",
                             "022$a:0317",
                             "010$a=85000002",
                             "010$a=\"85-2\"",
                             "85000002",
                             "035$a=12345",
                             "035$a=ocm12345",
                             "035$a=\"(OCoLC)12345\"",
                             "035$a=777",
                             "035$a:777",
                             "001=ocm12345",
                             "001:ocm12345",
                             "00.=ocm12345",
                             "ocm12345",
                             "003",
                             "856$u",
                             "856",
                             "8..",
                             "85.$u",
                             "856$z=\"\"",
                             "245^1=1",
                             "245^2=4",
                             "650^1=#",
                             "650^1=\" \"",
                             "LDR/6=a",
                             "LDR/06=a",
                             "LDR/5-7=nam",
                             "008/35-37=eng",
                             "008/7-10=1990",
                             "008/22=j",
                             "007/0-1=cr",
                             "008:eng",
                             "005",
                             "650{$a:dogs & $x:history}",
                             "650{$a=cats & $2=fast & ^2=7}",
                             "650$a=cats$2=fast",
                             "650^2=7$a:cats",
                             "650{:cats & !$x}",
                             "650{=dogs}",
                             "008{/35-37=eng}",
                             "CAT$a:op",
                             "FMT=bk",
                             "BK",
                             "650$0=\"(OCoLC)fst00848973\"",
                             "dogs & cats",
                             "dogs AND cats",
                             "zebra OR dogs AND cats",
                             "NOT zebra",
                             "NOT(zebra) AND NOT NOT dogs",
                             "650{$a:dogs AND NOT $2=fast}",
                             "650$a:cats OR \"AND\"",
                             "6XX$a:cats",
                             "6xx$2=fast",
                             "65X",
                             "8XX",
                             "8xx$u",
                             "24X$a:dogs",
                             "dogs|zebra",
                             "!zebra",
                             "!!dogs",
                             "!(zebra|!dogs)",
                             "zebra | dogs & cats",
                             "100$ad:julio",
                             "856$u:\"purl.fdlp.gov\"",
                             "856$u:LPS1234",
                             "500$a=\"a note of some length, long enough to have no key of its own\"",
                             "\"N.Y.\"",
                             "245$a:\"\\\"hot\\\" dogs\"",
                             "020$c:\"$20\""}) {
        EXPECT_TRUE(matches(text, r.view())) << text;
        expect_agreement(query(text), text, r.view(), true);
    }
}

TEST(marc_query, terms_that_do_not_match) {
    const stored_record r = from_mrk(sample);
    for (const char* text : {"dog",
                             "\"dogs hot\"",
                             "\"hot of\"",
                             "245$a:annual",
                             "245$b:do*",
                             "245$a=hot",
                             "245$a=\"hot dogs\"*",
                             "650$2=lcsh",
                             "6..$2=lcsh",
                             "650:fast",
                             "fast",
                             "650$a=history",
                             "020$a=9780306406158",
                             "020:0-306-40616-0",
                             "020:0306406152*",
                             "245:0-306-40615-2",
                             "\"0306406152 pbk\"",
                             "03178472",
                             "020:03178471",
                             "245^1=#",
                             "650^2=9",
                             "6XX^1=7",
                             "001^1=o",
                             "FMT^1=B",
                             "650{$a:dogs & ^2=7}",
                             "020$z=9780306406157",
                             "022$a=0306406152",
                             "035$a=1234",
                             "900",
                             "9..",
                             "9XX",
                             "2x4",
                             "24",
                             "24/7",
                             "and",
                             "ANDdogs",
                             "650$a:AND",
                             "856$y",
                             "245^1=0",
                             "245^2=#",
                             "LDR/6=b",
                             "008/35-37=fre",
                             "008/38-39=zz",
                             "00.:eng",
                             "eng",
                             "650{$a:dogs & $2=fast}",
                             "650$a=dogs$2=fast",
                             "650{$a:dogs & $x:history & ^2=7}",
                             "cat$a:op",
                             "!dogs",
                             "dogs & zebra",
                             "dogs & !cats",
                             "1990*",
                             "650{!$a}",
                             "245$c=\"by j\"",
                             "001=12345",
                             "LDR",
                             "5..:\"own a\""}) {
        EXPECT_FALSE(matches(text, r.view())) << text;
        expect_agreement(query(text), text, r.view(), false);
    }
}

TEST(marc_query, errors_say_where) {
    const std::pair<const char*, std::size_t> cases[] = {{"", 0},
                                                         {"  ", 2},
                                                         {"dogs cats", 5},
                                                         {"245$", 4},
                                                         {"245$a:", 6},
                                                         {"245$a=", 6},
                                                         {"(dogs", 5},
                                                         {"dogs)", 4},
                                                         {"dogs &", 6},
                                                         {"& dogs", 0},
                                                         {"!", 1},
                                                         {"title:dogs", 0},
                                                         {"245$a$b:x", 5},
                                                         {"245^3=1", 4},
                                                         {"245^1", 5},
                                                         {"245^1=12", 5},
                                                         {"245^1=1*", 5},
                                                         {"LDR$a", 3},
                                                         {"LDR{/6=a}", 3},
                                                         {"008/35-37=en", 10},
                                                         {"008/37-35=x", 9},
                                                         {"6../1=a", 4},
                                                         {"008/=x", 4},
                                                         {"650{$a:x", 8},
                                                         {"650{}", 4},
                                                         {"650{dogs}", 4},
                                                         {"650{650$a}", 4},
                                                         {"\"dogs", 0},
                                                         {"245$a:\"...\"", 6},
                                                         {"*", 0},
                                                         {"245*", 3},
                                                         {"245$a=\"...\"*", 6},
                                                         {"24", 0},
                                                         {"245[0]", 0},
                                                         {"245[", 0},
                                                         {"dogs & 6XX[#]$a", 7},
                                                         {"24[0]", 0},
                                                         {"dogs & 24$a", 7},
                                                         {"dogs$a:x", 0},
                                                         {"245/0", 5},
                                                         {"AND dogs", 0},
                                                         {"dogs AND", 8},
                                                         {"dogs AND OR cats", 9},
                                                         {"NOT", 3},
                                                         {"dogs NOT cats", 5},
                                                         {"650{$a{$b}}", 6},
                                                         {"dogs\"x\"", 4}};
    for (const auto& [text, offset] : cases) {
        try {
            const query q(text);
            if (std::string_view(text) != "245*" && std::string_view(text) != "24") {
                ADD_FAILURE() << text;
            }
        } catch (const parse_error& e) {
            EXPECT_EQ(e.code(), errc::bad_query) << text;
            EXPECT_EQ(e.offset(), offset) << text;
            EXPECT_GT(std::string_view(e.hint()).size(), 20U);
        }
    }
}

TEST(marc_query, bounds) {
    EXPECT_THROW(query(std::string(limits::query_bytes + 1, 'x')), parse_error);
    EXPECT_THROW(query(std::string(limits::query_depth + 1, '(') + "x" + std::string(limits::query_depth + 1, ')')),
                 parse_error);
    EXPECT_NO_THROW(query(std::string(limits::query_depth, '(') + "x" + std::string(limits::query_depth, ')')));
    EXPECT_NO_THROW(query(std::string(60'000, '!') + "x"));
    std::string many = "x";
    for (std::size_t i = 1; i < limits::query_nodes; ++i) {
        many += "|x";
    }
    EXPECT_THROW(query(std::string_view(many)), parse_error); // the list itself is a node too
    EXPECT_NO_THROW(query(std::string_view(many).substr(2)));
    std::string phrase = "\"";
    for (std::size_t i = 0; i <= limits::query_words; ++i) {
        phrase += "x ";
    }
    EXPECT_THROW(query(phrase + "\""), parse_error);
}

TEST(marc_query, containment) {
    for (const char* text : {"020$a=1", "856$u & 245^1=1", "650$a=dogs$2=fast", "650{$a=x & $b=y}", "LDR/6=a"}) {
        EXPECT_TRUE(is_containment(query(text).view())) << text;
    }
    for (const char* text : {"dogs", "245$a:x", "245$a=x*", "!856", "856|857", "650{$a=x | $b=y}"}) {
        EXPECT_FALSE(is_containment(query(text).view())) << text;
    }
}

TEST(marc_index_terms, say_exactly_what_they_know) {
    const stored_record r = from_mrk(sample);
    for (const char* text : {"245^1=1",
                             "245^2=4",
                             "6XX^2=7",
                             "...^1=4",
                             "!245^1=0",
                             "!24.^2=9",
                             "650^2=0 & 650^2=7",
                             "dogs",
                             "245$a:dogs",
                             "650:history",
                             "6..$a:dogs",
                             "do*",
                             "020$a=9780306406157",
                             "001=ocm12345",
                             "856$u",
                             "856",
                             "!900",
                             "008/35-37=eng",
                             "650$2=fast",
                             "6..$2=fast",
                             "245$a:hot & !zebra"}) {
        EXPECT_EQ(index_says(text, r.view()), truth::yes) << text;
    }
    for (const char* text : {"\"hot dogs\"", "650^1=#", "!650^1=#", "650{^2=7}", "!650{^2=7}", "650{!^2=7}", "008/22=j",
                             "650{$a:cats & $2=fast}", "245$b=\"an annual report\""}) {
        EXPECT_EQ(index_says(text, r.view()), truth::maybe) << text;
    }
    for (const char* text : {"245^2=0", "6XX^1=7", "!245^1=1", "650{^2=4}", "856^1=u", "zebra", "245$a:annual",
                             "020$a=0306406155", "!dogs", "650{$a:zebra & $2=fast}", "ze*", "900$a"}) {
        EXPECT_EQ(index_says(text, r.view()), truth::no) << text;
    }
    // an index that keeps less knows less, and errs on no side
    EXPECT_EQ(index_says("245$a:dogs", r.view(), {false, {}}), truth::maybe);
    EXPECT_EQ(index_says("245$a:zebra", r.view(), {true, "020"}), truth::maybe);
    EXPECT_EQ(index_says("020$a=9780306406157", r.view(), {false, "020"}), truth::yes);
    EXPECT_EQ(index_says("245^1=1", r.view(), {false, "245"}), truth::yes);
    EXPECT_EQ(index_says("245^1=0", r.view(), {false, "245"}), truth::no);
    EXPECT_EQ(index_says("245^1=0", r.view(), {true, "020"}), truth::maybe);
    EXPECT_EQ(index_says("6XX^2=9", r.view(), {true, "650"}), truth::maybe);
}

TEST(marc_index_terms, are_sorted_distinct_and_short) {
    const stored_record r = from_mrk(sample);
    term_collector collector(std::pmr::get_default_resource());
    const auto keys = collector.collect(r.view(), {});
    ASSERT_GT(keys.size(), 60U);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_LE(keys[i].size(), limits::index_key_bytes);
        EXPECT_TRUE(i == 0 || keys[i - 1] < keys[i]);
    }
}

TEST(marc_index_terms, of_paths) {
    const stored_record r = from_mrk(sample);
    term_collector collector(std::pmr::get_default_resource());
    const auto known = [&](std::string_view path) {
        return judged(query_terms(path, {}, std::pmr::get_default_resource()), collector.collect(r.view(), {}));
    };
    EXPECT_EQ(known("856$u"), truth::maybe);
    EXPECT_EQ(known("856$y"), truth::no);
    EXPECT_EQ(known("856$y$u"), truth::maybe);
    EXPECT_EQ(known("856$u-y"), truth::maybe);
    EXPECT_EQ(known("856$v-y"), truth::maybe);
    EXPECT_EQ(known("900[0]"), truth::no);
    EXPECT_EQ(known("245$a{$z}"), truth::maybe);
    EXPECT_EQ(known("245{$z}"), truth::maybe);
    EXPECT_EQ(known("245$z{$a}$a"), truth::maybe); // the second subfield would do
    EXPECT_EQ(known("856$y{$u}"), truth::no);
    EXPECT_EQ(known("856$y{$u=\\$a}"), truth::no);
    EXPECT_EQ(known("856$y[0]/1-2"), truth::no);
    EXPECT_EQ(known("856^1"), truth::maybe);
    EXPECT_EQ(known("900^1"), truth::no);
    EXPECT_EQ(known("9.."), truth::maybe);
    EXPECT_EQ(known("245{^1=\\1}"), truth::maybe);
    EXPECT_EQ(known("245{^1=\\0}"), truth::no);
    EXPECT_EQ(known("245{^1=\\0|^1=\\1}"), truth::maybe);
    EXPECT_EQ(known("245{^1=\\0|^1=\\2}"), truth::no);
    EXPECT_EQ(known("245{^1=\\0|$z}"), truth::maybe);
    EXPECT_EQ(known("245{^1!=\\1}"), truth::maybe);
    EXPECT_EQ(known("650$a{^2=\\7}{^1=\\\\s}"), truth::maybe);
    EXPECT_EQ(known("650$a{^2=\\4}{$x}"), truth::no);
    EXPECT_EQ(known("650$a{$x}{^2=\\4}"), truth::no);
    EXPECT_EQ(known("650$a{^2=\\4}$x"), truth::maybe);
    EXPECT_EQ(known("650{245^1=\\0}"), truth::no);
    EXPECT_EQ(known("650{24.^1=\\0}"), truth::maybe);
    EXPECT_EQ(known("245^1{^2=\\3}"), truth::no);
    EXPECT_EQ(known("LDR/6"), truth::maybe);
    EXPECT_EQ(known("$"), truth::maybe); // the operator raises the error
}

/// What evaluation says of a path, and that the index does not contradict it.
bool selects(std::string_view text, const record_view& record) {
    std::pmr::memory_resource* const memory = std::pmr::get_default_resource();
    const path selection = parse_path(text, memory);
    std::pmr::string scratch;
    std::string_view value;
    const bool really = path_cursor(selection, record, scratch).next(value);
    term_collector collector(memory);
    for (const index_options& options :
         {index_options{}, index_options{false, {}}, index_options{true, "020,245,6.."}}) {
        const truth known = judged(query_terms(text, options, memory), collector.collect(record, options));
        EXPECT_NE(known, truth::yes) << text;
        EXPECT_TRUE(known != truth::no || !really) << text << " tags=" << options.tags;
    }
    return really;
}

TEST(marc_index_terms, of_a_path_that_goes_on_behind_a_subspec) {
    const stored_record r = from_mrk("=LDR  00000nam a2200000 a 4500\n=245  10$bonly b");
    EXPECT_TRUE(selects("245$a{$c}$b", r.view()));
    EXPECT_TRUE(selects("245$a{$b}$b{!$a}", r.view()));
    EXPECT_FALSE(selects("245$a{$c}$d", r.view()));
    EXPECT_FALSE(selects("245$a{$b}", r.view()));
}

TEST(marc_index_terms, a_field_with_the_tag_of_the_leader) {
    builder b;
    b.set_leader("00000nam a2200000 a 4500");
    b.add_field("LDR", "xxxxxzzz");
    const stored_record r = b.finish();
    for (const char* text : {"LDR/6=z", "LDR/5=z", "LDR/6=a", "LDR/5-7=nam", "LDR/5-7=zzz", "!LDR/6=z"}) {
        expect_agreement(query(text), text, r.view(), matches(text, r.view()));
    }
    EXPECT_FALSE(matches("LDR/6=z", r.view()));
    EXPECT_TRUE(selects("LDR/6", r.view()));
}

TEST(marc_index_terms, repeated_words_do_not_add_up) {
    builder b;
    for (int i = 0; i < 3'000; ++i) {
        std::string field = "  ";
        for (int j = 0; j < 200; ++j) {
            field += "\x1F"
                     "aword " +
                     std::to_string(j);
        }
        b.add_field("500", field);
    }
    const stored_record r = b.finish();
    term_collector collector(std::pmr::get_default_resource());
    EXPECT_LT(collector.collect(r.view(), {}).size(), 500U);
}

/// Queries out of the words and values of a record, and of others.
class query_maker {
  public:
    explicit query_maker(unsigned seed) : random_(seed) {}
    std::string make(const record_view& r, int depth = 0) {
        const int kind = number(depth < 3 ? 10 : 6);
        if (kind == 6) {
            return "!" + make(r, depth + 1);
        }
        if (kind > 6) {
            return "(" + make(r, depth + 1) + (number(2) == 0 ? "&" : "|") + make(r, depth + 1) + ")";
        }
        return term(r);
    }

    /// A path of up to three subfields with subspecs, most of its codes from a field of the record.
    std::string make_path(const record_view& r) {
        const field_view f = r.field(static_cast<std::size_t>(number(static_cast<int>(r.field_count()))));
        const auto code = [&] {
            auto s = f.subfields().begin();
            for (int i = number(static_cast<int>(f.subfield_count())); i > 0; --i) {
                ++s;
            }
            return "$" + (number(3) == 0 ? std::string(1, "abcxyz29"[number(8)]) : std::string(s->code));
        };
        std::string text(f.tag());
        if (f.subfield_count() == 0) {
            return text + (number(2) == 0 ? "/0-3" : "");
        }
        const auto indicator = [&] {
            const bool other = number(4) == 0;
            const char value = number(2) == 0 ? f.indicator1() : f.indicator2();
            return (other ? "245" : "") + std::string("^") + "12"[number(2)] + (number(4) == 0 ? "!=" : "=") +
                   (value == ' ' ? "\\\\s" : std::string("\\") + value);
        };
        const auto subspec = [&]() -> std::string {
            if (number(3) == 0) {
                return "{" + indicator() + (number(3) == 0 ? "|" + (number(2) == 0 ? code() : indicator()) : "") + "}";
            }
            const std::string condition = (number(3) == 0 ? "!" : "") + code() + (number(4) == 0 ? "|" + code() : "");
            return number(2) == 0 ? "" : "{" + condition + "}";
        };
        if (number(6) == 0) {
            return text + (number(2) == 0 ? "^1" : "") + subspec();
        }
        text += number(6) == 0 ? "[0]" : "";
        for (int i = 1 + number(3); i > 0; --i) {
            text += code() + (number(6) == 0 ? "[0]" : "") + (number(6) == 0 ? "/0-2" : "") + subspec() + subspec();
        }
        return text;
    }

  private:
    int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    static std::string quoted(std::string_view text) {
        std::string all = "\"";
        for (const char c : text) {
            all += c == '"' || c == '\\' ? std::string(1, '\\') + c : std::string(1, c);
        }
        return all + '"';
    }
    std::string term(const record_view& r) {
        const field_view f = r.field(static_cast<std::size_t>(number(static_cast<int>(r.field_count()))));
        std::string tag(f.tag());
        if (number(5) == 0) {
            tag[static_cast<std::size_t>(number(3))] = '.';
        }
        if (f.subfield_count() == 0) {
            return number(2) == 0 ? tag : tag + "=" + quoted(f.content());
        }
        auto s = f.subfields().begin();
        for (int i = number(static_cast<int>(f.subfield_count())); i > 0; --i) {
            ++s;
        }
        const std::string code = number(4) == 0 ? "" : "$" + std::string(s->code);
        const std::size_t from =
            s->value.empty() ? 0 : static_cast<std::size_t>(number(static_cast<int>(s->value.size())));
        const std::size_t start =
            s->value.rfind(' ', from) == std::string_view::npos ? 0 : s->value.rfind(' ', from) + 1;
        const std::string_view piece = s->value.substr(start, static_cast<std::size_t>(1 + number(30)));
        const std::string star = number(3) == 0 ? "*" : "";
        const auto indicator = [&] { // a value of this indicator, or one of the other
            const char value = number(2) == 0 ? f.indicator1() : f.indicator2();
            return "^" + std::to_string(1 + number(2)) + "=" + quoted(std::string(1, value));
        };
        switch (number(10)) {
        case 0:
            return tag + code;
        case 1:
        case 2:
            return tag + code + "=" + quoted(s->value) + star;
        case 3:
            return tag + code + ":" + quoted(piece.substr(0, piece.find(' '))) + star;
        case 4:
            return quoted(piece) + star;
        case 5:
        case 7:
            return tag + indicator() + (number(4) == 0 ? indicator() : "");
        case 8:
            return tag + "{" + (number(3) == 0 ? "!" : "") + indicator() + (number(2) == 0 ? " & $" : " | !$") +
                   std::string(s->code) + "}";
        case 6:
            return tag + "{$" + std::string(s->code) + ":" + quoted(piece) + " & !$" + "abc"[number(3)] + "}";
        default:
            return tag + code + ":" + quoted(piece) + star;
        }
    }
    std::mt19937 random_;
};

// The index decides for each pair of query and record what evaluation decides, or says that it does not know.
TEST(marc_index_terms, agree_with_evaluation_on_real_records) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data";
    }
    const std::string file = read_gzip(*data / "marc/gpo/gpo-20000-utf8.mrc.gz");
    std::vector<stored_record> records;
    iso2709_splitter splitter(as_bytes(file));
    iso2709_piece piece;
    for (int n = 0; splitter.next(piece); ++n) {
        if (n % 50 == 0) {
            builder b;
            read_iso2709(piece.bytes, b);
            records.push_back(b.finish());
        }
    }
    constexpr unsigned seed = 20260101;
    query_maker maker(seed);
    query_evaluator evaluator(std::pmr::get_default_resource());
    std::size_t asked = 0;
    std::size_t matched = 0;
    std::size_t refused = 0;
    const std::size_t one_of = std::min<std::size_t>(one_in(), 10);
    for (std::size_t i = 0; i < 3'000 / one_of; ++i) {
        const record_view one = records[i % records.size()].view();
        const std::string text = maker.make(one);
        std::optional<query> q;
        try {
            q.emplace(text);
        } catch (const parse_error&) {
            ++refused; // a text of signs only, odd codes
            continue;
        }
        for (const std::size_t other : {i, i + 1, i * 7 + 3}) {
            const record_view r = records[other % records.size()].view();
            const bool really = evaluator.matches(q->view(), r);
            expect_agreement(*q, text, r, really);
            ++asked;
            matched += really ? 1 : 0;
        }
        if (HasFailure()) {
            FAIL() << "seed " << seed << ", query " << i;
        }
    }
    std::printf("%zu pairs of query and record, %zu match; %zu queries refused (seed %u)\n", asked, matched, refused,
                seed);
    EXPECT_GT(matched, asked / 5);
    EXPECT_LT(refused, 300U / one_of);
    std::size_t selected = 0;
    std::size_t paths = 0;
    for (std::size_t i = 0; i < 1'000 && !HasFailure(); ++i) {
        const std::string text = maker.make_path(records[i % records.size()].view());
        for (const std::size_t other : {i, i + 1, i * 7 + 3}) {
            try {
                selected += selects(text, records[other % records.size()].view()) ? 1 : 0;
                ++paths;
            } catch (const parse_error&) {
                break; // odd tags and codes
            }
        }
    }
    std::printf("%zu pairs of path and record, %zu selected\n", paths, selected);
    EXPECT_GT(paths, 2'500U);
    EXPECT_GT(selected, 500U);
    EXPECT_LT(selected, paths - 500);
}

} // namespace
