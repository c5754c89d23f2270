// Avram schemas: the test suite of the specification, regular expressions, and the checks of schemas themselves.
#include "avram_pattern.hpp"
#include "marc/charset.hpp"
#include "marc/avram.hpp"
#include "marc/error.hpp"
#include "marc/validate.hpp"
#include "marc_support.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <iostream>
#include <nlohmann/json.hpp>

using namespace marc;
using namespace marc_test;
using nlohmann::json;

namespace {

/// An error as the suite writes it, with the sentence of the reference implementation.
json as_suite(const problem& p) {
    const std::string id(p.id);
    const std::string value(p.value);
    const std::string indicator = p.indicator == 0 ? "" : "indicator" + std::to_string(p.indicator);
    std::string place = "field " + id;
    place += indicator.empty() ? "" : " " + indicator;
    place += p.subfield.empty() ? "" : " subfield " + std::string(p.subfield);
    place += p.position.empty() ? "" : " position " + std::string(p.position);

    json error{{"error", name_of(p.what)}};
    const auto with = [&](const char* key, std::string_view text) {
        if (!text.empty()) {
            error[key] = text;
        }
    };
    const auto whole = [&] {
        with("id", p.id);
        with("tag", p.tag);
        with("occurrence", p.occurrence);
        with("subfield", p.subfield);
        with("indicator", indicator);
        with("position", p.position);
    };
    switch (p.what) {
    case rule::undefined_field:
        with("tag", p.tag);
        with("occurrence", p.occurrence);
        error["message"] = "Unknown field '" + std::string(p.tag) +
                           (p.occurrence.empty() ? "" : "/" + std::string(p.occurrence)) + "'.";
        break;
    case rule::deprecated_field:
        whole();
        error["message"] = "field " + id + " is deprecated";
        break;
    case rule::nonrepeatable_field:
        whole();
        error["message"] = "Field '" + id + "' must not be repeated.";
        break;
    case rule::missing_field:
        with("id", p.id);
        error["message"] = "missing " + place;
        break;
    case rule::undefined_subfield:
        whole();
        error["message"] = "unknown " + place;
        break;
    case rule::deprecated_subfield:
        whole();
        error["message"] = place + " is deprecated";
        break;
    case rule::nonrepeatable_subfield:
        whole();
        error["message"] = place + " must not be repeated";
        break;
    case rule::missing_subfield:
        whole();
        error["message"] = "missing " + place;
        break;
    case rule::pattern_mismatch:
        whole();
        error["pattern"] = p.pattern;
        error["value"] = value;
        error["message"] =
            "value '" + value + "' does not match regex pattern '" + std::string(p.pattern) + "' in " + place;
        break;
    case rule::invalid_position:
        whole();
        error["value"] = value;
        error["message"] = place + " does not exist";
        break;
    case rule::invalid_flag:
        whole();
        error["value"] = value;
        error["message"] = "value '" + value + "' is not defined in flags in " + place;
        break;
    case rule::undefined_code:
        whole();
        error["value"] = value;
        error["message"] = "value '" + value + "' is not defined in codelist in " + place;
        break;
    case rule::undefined_codelist:
        error["value"] = p.detail;
        error["message"] = "Unknown codelist '" + std::string(p.detail) + "' in " + place + ".";
        break;
    case rule::invalid_indicator:
        whole();
        if (p.detail == "missing") {
            error["message"] = "Existence mismatch of " + place;
        } else {
            error["value"] = value;
            error["message"] = "value '" + value + "' in " + place + " is not defined in codelist";
        }
        break;
    case rule::count_record:
        error["message"] = "expected " + std::to_string(p.expected) + " records, got " + std::to_string(p.found);
        break;
    case rule::count_field:
    case rule::count_subfield: {
        const std::string what = p.what == rule::count_field ? "field '" + id + "'"
                                                             : "subfield '" + id + "$" + std::string(p.subfield) + "'";
        error["message"] = p.detail == "total" ? "expected " + what + " total count to be " +
                                                     std::to_string(p.expected) + ", got " + std::to_string(p.found)
                                               : "expected " + what + " in " + std::to_string(p.expected) +
                                                     " records, got " + std::to_string(p.found);
        break;
    }
    default:
        error["message"] = "not in the suite";
    }
    return error;
}

struct suite_sink final : problem_sink {
    const avram_schema& schema;
    json errors = json::array();
    explicit suite_sink(const avram_schema& s) : schema(s) {}
    bool put(const problem& p) override {
        errors.push_back(as_suite(p));
        std::pmr::string message;
        write_message(p, &schema, message);
        EXPECT_FALSE(message.empty());
        return true;
    }
};

std::vector<std::string_view> strings_of(const json& list) {
    std::vector<std::string_view> strings;
    for (const json& text : list) {
        strings.push_back(text.get_ref<const std::string&>());
    }
    return strings;
}

void feed(const json& record, validation& engine) {
    const json& fields = record.is_array() ? record : record.at("fields");
    const std::vector<std::string_view> types =
        record.is_array() || !record.contains("types") ? std::vector<std::string_view>() : strings_of(record["types"]);
    engine.begin_record(types);
    const auto text = [](const json& object, const char* key) {
        const auto found = object.find(key);
        return found == object.end() ? std::optional<std::string_view>()
                                     : std::optional<std::string_view>(found->get_ref<const std::string&>());
    };
    for (const json& field : fields) {
        generic_field f{};
        f.tag = *text(field, "tag");
        f.occurrence = text(field, "occurrence").value_or("");
        f.indicators = {text(field, "indicator1"), text(field, "indicator2")};
        f.value = text(field, "value").value_or("");
        f.variable = field.contains("subfields");
        std::vector<subfield_view> subfields;
        if (f.variable) {
            const std::vector<std::string_view> flat = strings_of(field["subfields"]);
            for (std::size_t n = 0; n + 1 < flat.size(); n += 2) {
                subfields.push_back({flat[n], flat[n + 1]});
            }
        }
        f.subfields = subfields;
        engine.field(f);
    }
    engine.end_record();
}

TEST(marc_avram, the_suite_of_the_specification) {
    const auto data = shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    std::size_t tests = 0;
    std::size_t passed = 0;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(*data / "marc/avram/suite")) {
        if (entry.path().extension() == ".json") {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    for (const std::filesystem::path& file : files) {
        for (const json& group : json::parse(read_file(file))) {
            const avram_schema schema(group["schema"].dump());
            for (const json& test : group["tests"]) {
                ++tests;
                json wanted_options = test.value("options", json::object());
                wanted_options.erase("ignore_codes"); // of an older version; the reference implementation ignores it
                const validation_options options = validation_options::parse(wanted_options.dump());
                suite_sink sink(schema);
                validation engine(schema, options, sink);
                if (test.contains("records")) {
                    for (const json& record : test["records"]) {
                        feed(record, engine);
                    }
                } else {
                    feed(test["record"], engine);
                }
                engine.end();
                const json expected = test.value("errors", json::array());
                EXPECT_EQ(sink.errors, expected) << file << "\n" << test.dump(1);
                passed += sink.errors == expected ? 1U : 0U;
            }
        }
    }
    std::cout << "suite: Avram: " << passed << " of " << tests << std::endl;
    EXPECT_EQ(tests, 39U);
    EXPECT_EQ(passed, 39U);
}

avram::pattern::outcome search(std::string_view pattern, std::string_view value) {
    const avram::pattern compiled(pattern, std::pmr::get_default_resource());
    EXPECT_EQ(compiled.status(), avram::pattern::state::good) << pattern << " at " << compiled.error_offset();
    return compiled.search(value, std::pmr::get_default_resource());
}
bool matches(std::string_view pattern, std::string_view value) {
    return search(pattern, value) == avram::pattern::outcome::match;
}
avram::pattern::state state_of(std::string_view pattern) {
    return avram::pattern(pattern, std::pmr::get_default_resource()).status();
}

TEST(marc_avram, ranges_of_a_set_in_any_order) {
    for (const char* set : {"[c-eaxb-d]", "[a-ce-ed-dx]", "[xedcba]", "[a-cb-bc-exx]"}) {
        for (char c = 'a'; c <= 'z'; ++c) {
            EXPECT_EQ(matches(set, {&c, 1}), (c >= 'a' && c <= 'e') || c == 'x') << set << c;
        }
    }
    EXPECT_FALSE(matches("[^\\w\\W]", "a"));
    EXPECT_TRUE(matches("^[\\d\\u{400}-\\u{4FF}_-]+$", "0\xD0\x80\xD3\xBF-_"));
    // Each of these was compared for each character.
    std::string set = "^[";
    for (char32_t c = 0x4E00; c < 0x9F00; c += 2) {
        char bytes[4];
        set.append(bytes, encode_character(c, bytes));
    }
    EXPECT_FALSE(matches(set + "]{100}$", std::string(1'000'000, 'a')));
    EXPECT_TRUE(matches(set + "]$", "\xE4\xB8\x80"));
}

TEST(marc_avram, patterns_follow_ecmascript) {
    EXPECT_TRUE(matches("[0-9]", "x9"));
    EXPECT_FALSE(matches("^[0-9]$", "x9"));
    EXPECT_TRUE(matches("^([0-9]{4})-([01][0-9])$", "1999-12"));
    EXPECT_FALSE(matches("^([0-9]{4})-([01][0-9])$", "1999-1"));
    EXPECT_TRUE(matches("^(a|bc|d)+$", "abcd"));
    EXPECT_FALSE(matches("^(a|bc|d)+$", "abd"));
    EXPECT_TRUE(matches("^a{2,3}$", "aaa"));
    EXPECT_FALSE(matches("^a{2,3}$", "aaaa"));
    EXPECT_TRUE(matches("^a{2,}$", "aaaa"));
    EXPECT_TRUE(matches("^a{0}b$", "b"));
    EXPECT_TRUE(matches("^(a*)*$", "aaa"));
    EXPECT_TRUE(matches("^(a|b|)*c?$", "abab"));
    EXPECT_TRUE(matches("^.$", "ä"));
    EXPECT_TRUE(matches("^.$", "\n")); // the specification: also newlines
    EXPECT_TRUE(matches("^[ä-ü]$", "ö"));
    EXPECT_TRUE(matches("^[^0-9]$", "ö"));
    EXPECT_TRUE(matches("^\\d\\D\\w\\W\\s\\S$", "1a_- x"));
    EXPECT_FALSE(matches("\\D", "123"));
    EXPECT_TRUE(matches("^[\\d-]+$", "12-3"));
    EXPECT_TRUE(matches("\\bcat\\b", "a cat."));
    EXPECT_FALSE(matches("\\bcat\\b", "concat"));
    EXPECT_TRUE(matches("^\\u00e4\\x41\\u{1F600}$", "äA😀"));
    EXPECT_TRUE(matches("^\\|{3}$", "|||"));
    EXPECT_TRUE(matches("(?<year>[0-9]+?)(?:x)", "1x"));
    EXPECT_TRUE(matches("^[]]?$|a", "a")); // an empty class matches nothing
    EXPECT_TRUE(matches("a||b", ""));
    EXPECT_TRUE(matches("x*", ""));
    EXPECT_FALSE(matches("[]", "a"));
    EXPECT_TRUE(matches("[^]", "a"));
    EXPECT_TRUE(matches("^(ab?|c){2}(x|y(z|w)*)$", "abcyzwz"));
    for (const char* const malformed : {"", "(", "[", "a)", "*", "a**", "a{2", "a{3,2}", "^*", "(?", "\\", "[b-a]"}) {
        EXPECT_EQ(state_of(malformed), avram::pattern::state::malformed) << malformed;
    }
    for (const char* const unsupported : {"(?=a)", "(?!a)", "(?<=a)b", "(a)\\1", "\\p{L}", "(a{1000}){1000}"}) {
        EXPECT_EQ(state_of(unsupported), avram::pattern::state::unsupported) << unsupported;
    }
}

TEST(marc_avram, hostile_patterns_and_values_cost_little) {
    const std::string many_a(100'000, 'a');
    EXPECT_FALSE(matches("^(a+)+b$", many_a)); // exponential for a backtracking matcher
    EXPECT_FALSE(matches("(x+x+)+y", std::string(50'000, 'x')));
    EXPECT_TRUE(matches("^(.|\\n)*$", many_a)); // where std::regex overflows the stack
    EXPECT_EQ(search("(a?){1000}b", std::string(1'000'000, 'a')), avram::pattern::outcome::too_costly);
    EXPECT_EQ(state_of(std::string(100'000, '(')), avram::pattern::state::unsupported);
    EXPECT_EQ(state_of(std::string(15'000, '|') + "a"), avram::pattern::state::unsupported);
    EXPECT_NE(state_of(std::string(9'000, '|') + "a"), avram::pattern::state::malformed);
}

TEST(marc_avram, schemas_that_cannot_be_compiled_say_where) {
    const auto message = [](std::string_view schema) -> std::string {
        try {
            const avram_schema compiled(schema);
        } catch (const parse_error& e) {
            EXPECT_EQ(e.code(), errc::bad_schema);
            return e.what();
        }
        return "compiled";
    };
    EXPECT_NE(message("{").find("position 1"), std::string::npos) << message("{");
    EXPECT_NE(message("[]").find("must be an object"), std::string::npos);
    EXPECT_NE(message("{}").find("fields"), std::string::npos);
    EXPECT_NE(message(R"({"fields":{"245":7}})").find("fields/245 must be an object"), std::string::npos);
    EXPECT_NE(message(R"({"fields":{"245":{"repeatable":"no"}}})").find("fields/245/repeatable"), std::string::npos);
    EXPECT_NE(message(R"s({"fields":{"1":{"subfields":{"a":{"pattern":"("}}}}})s").find("subfields/a/pattern"),
              std::string::npos);
    EXPECT_NE(message(R"({"fields":{"1":{"positions":{"3-1":{}}}}})").find("no range"), std::string::npos);
    EXPECT_NE(message(R"({"family":"pica","fields":{"045Q/1":{}}})").find("occurrence"), std::string::npos);
    EXPECT_EQ(message(R"s({"fields":{"1":{"pattern":"(?=a)"}}})s"), "compiled"); // values are reported as unchecked
    EXPECT_EQ(message(std::string(200'000, '[')).substr(0, 10), "the schema");
    EXPECT_NE(message(R"({"fields":{},"records":1e999})"), "compiled");
}

TEST(marc_avram, pica_identifiers) {
    const avram_schema schema(R"({"family":"pica","fields":{"000X":{},"045Q/01":{},"028B/01-02":{"repeatable":true},
        "247A/$x1":{},"209A/$x00-09":{}}})");
    struct sink_of_ids final : problem_sink {
        std::string undefined;
        bool put(const problem& p) override {
            undefined += std::string(p.tag) + "/" + std::string(p.occurrence) + " ";
            return true;
        }
    } sink;
    const validation_options options;
    validation engine(schema, options, sink);
    engine.begin_record();
    const subfield_view x1[] = {{"x", "1"}};
    const subfield_view x05[] = {{"x", "05"}};
    for (const auto& [tag, occurrence, subfields] :
         std::vector<std::tuple<std::string_view, std::string_view, std::span<const subfield_view>>>{
             {"000X", "", {}},
             {"000X", "00", {}},
             {"000Y", "", {}},
             {"045Q", "01", {}},
             {"045Q", "", {}},
             {"028B", "02", {}},
             {"028B", "03", {}},
             {"247A", "", x1},
             {"247A", "", x05},
             {"209A", "", x05}}) {
        generic_field f{};
        f.tag = tag;
        f.occurrence = occurrence;
        f.variable = true;
        f.subfields = subfields;
        engine.field(f);
    }
    engine.end_record();
    EXPECT_EQ(sink.undefined, "000X/00 000Y/ 045Q/ 028B/03 247A/ "); // the second 000X is repeated
}

} // namespace
