// Merging of records by rules.
#include "marc/error.hpp"
#include "marc/merge.hpp"
#include "marc/poll.hpp"
#include "marc_support.hpp"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <random>

using namespace marc;
using namespace marc_test;

namespace {

const std::string leader = "=LDR  00000nam\\a2200000\\a\\4500\n";

merge_rules rules_of(std::string_view json) {
    return parse_merge_rules(json, std::pmr::get_default_resource());
}

/// The merged record; base itself when nothing changes.
stored_record merged(const record_view& base, const record_view& incoming, const merge_rules& rules) {
    builder b;
    if (!merge(base, incoming, rules, b)) {
        EXPECT_EQ(b.field_count(), 0U);
        b.set_leader(base.leader());
        for (const field_view f : base) {
            b.add_field(f.tag(), f.content());
        }
    }
    return b.finish();
}

/// The fields of the merged record as mnemonic lines.
std::string merge_text(const std::string& base, const std::string& incoming, std::string_view rules = "{}") {
    const stored_record a = from_mrk(leader + base);
    const stored_record b = from_mrk(leader + incoming);
    const stored_record once = merged(a.view(), b.view(), rules_of(rules));
    const stored_record twice = merged(once.view(), b.view(), rules_of(rules));
    EXPECT_EQ(content(once.view()), content(twice.view()));
    const std::string text = to_mrk(once.view());
    return text.size() < leader.size() ? "" : text.substr(leader.size());
}

std::string problem_of(std::string_view rules) {
    try {
        rules_of(rules);
    } catch (const parse_error& e) {
        EXPECT_EQ(e.code(), errc::bad_rules);
        EXPECT_STRNE(e.hint(), "");
        return std::string(e.what()).substr(std::string("the merge rules cannot be read: ").size());
    }
    return "";
}

TEST(marc_merge, local_fields_survive_by_default) {
    EXPECT_EQ(
        merge_text("=001  local1\n=003  OURS\n=245  10$aOld\n=500  \\\\$aOur copy.$5NcD\n=590  \\\\$aSigned.\n"
                   "=650  \\0$aDogs$9LOCAL\n=952  \\\\$p123",
                   "=001  ocm1\n=003  OCoLC\n=245  10$aNew\n=500  \\\\$aNote.\n=590  \\\\$aTheirs.\n=650  \\0$aCats\n"
                   "=952  \\\\$ptheirs"),
        "=001  local1\n=003  OURS\n=245  10$aNew\n=500  \\\\$aNote.\n=500  \\\\$aOur copy.$5NcD\n=590  \\\\$aSigned.\n"
        "=650  \\0$aCats\n=650  \\0$aDogs$9LOCAL\n=952  \\\\$p123");
}

TEST(marc_merge, actions) {
    const std::string base = "=500  \\\\$aA\n=504  \\\\$aB";
    const auto with = [&](const char* action, const std::string& incoming) {
        return merge_text(base, incoming, std::string("{\"default\": \"") + action + "\"}");
    };
    EXPECT_EQ(with("update", "=500  \\\\$aC"), "=500  \\\\$aC\n=504  \\\\$aB");
    EXPECT_EQ(with("replace", "=500  \\\\$aC"), "=500  \\\\$aC");
    EXPECT_EQ(with("append", "=500  \\\\$aC\n=500  \\\\$aA."), "=500  \\\\$aC\n=500  \\\\$aA\n=504  \\\\$aB");
    EXPECT_EQ(with("fill", "=500  \\\\$aC\n=505  \\\\$aD"), "=500  \\\\$aA\n=504  \\\\$aB\n=505  \\\\$aD");
    EXPECT_EQ(with("keep", "=500  \\\\$aC\n=505  \\\\$aD"), "=500  \\\\$aA\n=504  \\\\$aB");
    EXPECT_EQ(with("remove", "=500  \\\\$aC\n=505  \\\\$aD"), "");
}

TEST(marc_merge, the_pattern_with_more_fixed_characters_counts) {
    EXPECT_EQ(merge_text("=500  \\\\$aA\n=505  \\\\$aA\n=600  \\\\$aA", "=500  \\\\$aB\n=505  \\\\$aB\n=600  \\\\$aB",
                         R"({"tags": {"XXX": "keep", "5..": "update", "505": "append", ".0.": "remove"}})"),
              "=500  \\\\$aB\n=505  \\\\$aB\n=505  \\\\$aA");
}

TEST(marc_merge, selectors) {
    const std::string base = "=035  \\\\$a(OCoLC)1\n=035  \\\\$a(SIRSI)2\n=650  \\7$aDogs$2fast\n=650  \\0$aDogs\n"
                             "=700  1\\$aDoe$5NN.\n=700  1\\$aRoe$5DLC";
    EXPECT_EQ(merge_text(base, "", R"({"defaults": false, "default": "replace", "protect": [
                         {"tag": "035", "subfields": {"a": ["*sirsi*", "x"]}},
                         {"tag": "6XX", "ind2": "7", "subfields": {"2": "FAST"}},
                         {"tag": "7..", "subfields": {"5": "nn"}}]})"),
              "=035  \\\\$a(SIRSI)2\n=650  \\7$aDogs$2fast\n=700  1\\$aDoe$5NN.");
    EXPECT_EQ(merge_text("", base, R"({"ignore": ["035", {"tag": "650", "subfields": {"2": false}}, "7.."]})"),
              "=650  \\7$aDogs$2fast");
}

TEST(marc_merge, control_fields_and_the_leader_by_position) {
    const stored_record a = from_mrk("=LDR  00123nam\\a2200045\\a\\4500\n=001  1\n=008  850101s1985\\\\eng");
    const stored_record b = from_mrk("=LDR  00999cam\\a2200055\\i\\4500\n=001  2\n=008  990101s1985xxger");
    const auto with = [&](std::string_view rules) {
        const std::string text = to_mrk(merged(a.view(), b.view(), rules_of(rules)).view());
        return text.substr(6);
    };
    EXPECT_EQ(with("{}"), "00123cam\\a2200045\\i\\4500\n=001  1\n=008  990101s1985xxger");
    EXPECT_EQ(with(R"({"tags": {"LDR": "keep"}})"), "00123nam\\a2200045\\a\\4500\n=001  1\n=008  990101s1985xxger");
    EXPECT_EQ(with(R"({"positions": {"LDR/5": "keep", "008/0-5": "keep", "008/11-12": "fill", "008/13-99": "fill"}})"),
              "00123nam\\a2200045\\i\\4500\n=001  1\n=008  850101s1985xxeng");
}

TEST(marc_merge, subfields_are_carried_into_the_same_heading) {
    EXPECT_EQ(merge_text("=650  \\0$aDogs.$9123\n=650  \\0$aCats$9456\n=651  \\0$aMalta$9789",
                         "=650  \\0$aDogs$0(DLC)sh1\n=650  \\0$aDogs\n=650  \\0$aBirds"),
              "=650  \\0$aDogs$0(DLC)sh1$9123\n=650  \\0$aDogs\n=650  \\0$aBirds\n=651  \\0$aMalta$9789");
    EXPECT_EQ(merge_text("=100  1\\$aDoe$wx$9123", "=100  1\\$aDoe$9999", R"({"carry": {"1..": "9w"}})"),
              "=100  1\\$aDoe$9999$wx");
}

TEST(marc_merge, linked_fields_go_with_the_field_they_are_linked_to) {
    EXPECT_EQ(
        merge_text("=245  10$6880-01$aT\n=880  10$6245-01/(N$aCyrillic\n=880  \\\\$6590-02$aLocal", "=245  10$aNew"),
        "=245  10$aNew\n=880  \\\\$6590-02$aLocal");
    EXPECT_EQ(merge_text("=245  10$6880-01$aT\n=880  10$6245-01/(N$aCyrillic", "=245  10$aNew",
                         R"({"tags": {"880": "keep"}})"),
              "=245  10$aNew\n=880  10$6245-01/(N$aCyrillic");
}

TEST(marc_merge, a_pair_of_linked_fields_gets_a_free_number) {
    EXPECT_EQ(merge_text("=245  10$6880-01$aT\n=500  \\\\$6880-02$aN\n=880  10$6245-01$aC\n=880  \\\\$6500-02$aD",
                         "=245  10$6880-01$aT\n=264  \\1$6880-02$aP\n=264  \\4$6880-00$aQ\n=880  10$6245-01$aC\n"
                         "=880  \\1$6264-02/(N/r$aE"),
              "=245  10$6880-01$aT\n=264  \\1$6880-03$aP\n=264  \\4$6880-00$aQ\n=500  \\\\$6880-02$aN\n"
              "=880  10$6245-01$aC\n=880  \\1$6264-03/(N/r$aE\n=880  \\\\$6500-02$aD");
    // What is appended is numbered as what stays; incoming's own numbers are not given away.
    EXPECT_EQ(merge_text("=500  \\\\$6880-01$aN\n=880  \\\\$6500-01$aD",
                         "=264  \\1$6880-01$aP\n=264  \\1$6880-02$aQ\n=500  \\\\$6880-01$aM\n=880  \\1$6264-01$aE\n"
                         "=880  \\1$6264-02$aG\n=880  \\\\$6500-01$aF",
                         R"({"tags": {"500": "append"}, "order": "tag"})"),
              "=264  \\1$6880-04$aP\n=264  \\1$6880-02$aQ\n=500  \\\\$6880-03$aM\n=500  \\\\$6880-01$aN\n"
              "=880  \\1$6264-04$aE\n=880  \\1$6264-02$aG\n=880  \\\\$6500-03$aF\n=880  \\\\$6500-01$aD");
    // Both halves of one pair, one from each record.
    EXPECT_EQ(
        merge_text("=245  10$6880-01$aT\n=880  10$6245-01$aC", "=245  10$6880-01$aNew", R"({"tags": {"880": "keep"}})"),
        "=245  10$6880-01$aNew\n=880  10$6245-01$aC");
    // Where rules compare $6 a new number would make a new field each time.
    EXPECT_EQ(merge_text("=500  \\\\$6880-01$aN\n=880  \\\\$6500-01$aD", "=501  \\\\$6880-01$aM",
                         R"({"match": {"...": {"ignore": ""}}, "default": "append"})"),
              "=500  \\\\$6880-01$aN\n=501  \\\\$6880-01$aM\n=880  \\\\$6500-01$aD");
}

TEST(marc_merge, selectors_stop_at_the_first_and_can_be_cancelled) {
    EXPECT_EQ(problem_of(R"({"protect": [{"tag": "650", "subfields": {"a": ")" + std::string(1'001, 'x') + "\"}}]}"),
              "$.protect[0].subfields.a is a value of more than 1,000 bytes");
    std::string content = "  ";
    for (int i = 0; i < 100'000; ++i) {
        content += "\x1F"
                   "ax";
    }
    builder b;
    b.add_field("650", content);
    const stored_record r = b.finish();
    const auto polls_of = [&](const std::string& test) {
        std::string json = "{\"protect\": [";
        for (int i = 0; i < 300; ++i) {
            json += std::string(i > 0 ? "," : "") + "{\"tag\": \"650\", \"subfields\": {" + test + "}}";
        }
        const merge_rules rules = rules_of(json + "]}");
        static std::size_t polls = 0;
        polls = 0;
        set_poll_hook([] { ++polls; });
        EXPECT_EQ(rules.protector_of(field_text(r.view().field(0))), nullptr);
        set_poll_hook(nullptr);
        return polls;
    };
    EXPECT_GT(polls_of("\"z\": true"), 500U);
    EXPECT_LT(polls_of("\"a\": false"), 10U); // the first $a settles it
}

TEST(marc_merge, what_says_the_same) {
    const auto appended = [](const std::string& base, const std::string& incoming, const std::string& match = "{}") {
        return merge_text(base, incoming, R"({"default": "append", "match": )" + match + "}") != base;
    };
    EXPECT_FALSE(appended("=650  \\0$aDogs.$0x", "=650  \\0$a  Dogs /$01$8y"));
    EXPECT_FALSE(appended("=500  \\\\$aTwo words", "=500  \\\\$aTwo   words :"));
    EXPECT_TRUE(appended("=650  \\0$aDogs", "=650  \\7$aDogs"));
    EXPECT_TRUE(appended("=650  \\0$aDogs", "=650  \\0$adogs"));
    EXPECT_TRUE(appended("=650  \\0$01", "=650  \\0$02"));
    EXPECT_FALSE(appended("=650  \\0$aDogs", "=650  \\7$aDogs", R"({"650": {"indicators": false}})"));
    EXPECT_TRUE(appended("=650  \\0$aDogs", "=650  \\0$aDogs.", R"({"6..": {"punctuation": true}})"));
    EXPECT_TRUE(appended("=650  \\0$aDogs$01", "=650  \\0$aDogs$02", R"({"650": {"ignore": ""}})"));
    EXPECT_FALSE(appended("=650  \\0$aDogs$2x", "=650  \\0$aDogs$2y", R"({"650": {"ignore": "2"}})"));
}

TEST(marc_merge, order) {
    const std::string base = "=245  10$aT\n=650  \\0$aB\n=600  \\0$aA\n=590  \\\\$aL";
    const std::string incoming = "=245  10$aU\n=651  \\0$aC\n=650  \\0$aD\n=500  \\\\$aN";
    EXPECT_EQ(merge_text(base, incoming),
              "=245  10$aU\n=600  \\0$aA\n=590  \\\\$aL\n=651  \\0$aC\n=650  \\0$aD\n=500  \\\\$aN");
    EXPECT_EQ(merge_text(base, incoming, R"({"order": "base"})"),
              "=245  10$aU\n=500  \\\\$aN\n=600  \\0$aA\n=590  \\\\$aL\n=650  \\0$aD\n=651  \\0$aC");
    EXPECT_EQ(merge_text(base, incoming, R"({"order": "tag"})"),
              "=245  10$aU\n=500  \\\\$aN\n=590  \\\\$aL\n=600  \\0$aA\n=650  \\0$aD\n=651  \\0$aC");
    EXPECT_EQ(merge_text("=FMT  BK\n=590  \\\\$aL\n=CAT  \\\\$ax", "=LKR  \\\\$ay\n=245  10$aU\n=FMT  BK"),
              "=LKR  \\\\$ay\n=245  10$aU\n=590  \\\\$aL\n=CAT  \\\\$ax\n=FMT  BK");
}

TEST(marc_merge, incoming_local_fields_can_be_appended_once) {
    EXPECT_EQ(
        merge_text("=590  \\\\$aL", "=590  \\\\$aM\n=590  \\\\$aL\n=590  \\\\$aM", R"({"incoming_local": "append"})"),
        "=590  \\\\$aM\n=590  \\\\$aL");
}

TEST(marc_merge, the_result_says_when_nothing_changed_and_what_was_lost_before) {
    builder b;
    const stored_record same = from_mrk(leader + "=001  1\n=245  10$aT");
    EXPECT_FALSE(merge(same.view(), same.view(), rules_of("{}"), b));
    b.mark(record_flag::lossy);
    b.add_field("245", "10\x1F"
                       "aU");
    const stored_record lossy = b.finish();
    ASSERT_TRUE(merge(same.view(), lossy.view(), rules_of("{}"), b));
    const stored_record result = b.finish();
    EXPECT_TRUE(result.view().has(record_flag::lossy));
    EXPECT_EQ(result.view().format(), source_format::other);
}

TEST(marc_merge, mistakes_in_rules_are_named) {
    EXPECT_EQ(problem_of("{}"), "");
    EXPECT_EQ(problem_of("[]"), "$ must be an object");
    EXPECT_EQ(problem_of("{"), "this is not JSON (position 1)");
    EXPECT_EQ(
        problem_of(R"({"protects": []})"),
        "$.protects is unknown; there are carry, default, defaults, ignore, incoming_local, match, order, positions, "
        "protect, tags");
    EXPECT_EQ(problem_of(R"({"tags": {"65O": "overwrite"}})"),
              "$.tags.65O must be one of update, replace, append, fill, keep, remove");
    EXPECT_EQ(problem_of(R"({"tags": {"65": "keep"}})"),
              "$.tags.65 must be a tag of three characters, with . or X for any: 650, 6.., 9XX");
    EXPECT_EQ(problem_of(R"({"tags": {"LDR": "append"}})"), "$.tags.LDR must be one of keep, update, replace");
    EXPECT_EQ(problem_of(R"({"protect": ["590", {"subfields": {}}]})"),
              "$.protect[1] has no tag; \"...\" stands for every tag");
    EXPECT_EQ(problem_of(R"({"protect": [{"tag": "590", "subfield": {}}]})"),
              "$.protect[0].subfield is unknown; there are tag, ind1, ind2, subfields");
    EXPECT_EQ(problem_of(R"({"ignore": [{"tag": "590", "subfields": {"5": 1}}]})"),
              "$.ignore[0].subfields.5 must be true, false, a value or an array of values");
    EXPECT_EQ(problem_of(R"({"ignore": ["LDR"]})"), "$.ignore[0] must be a field, not the leader");
    EXPECT_EQ(problem_of(R"({"positions": {"245/1": "keep"}})"),
              "$.positions.245/1 must be a control field or LDR with positions: 008/35-37, LDR/5");
    EXPECT_EQ(problem_of(R"({"positions": {"008/5-1": "keep"}})"),
              "$.positions.008/5-1 must be a control field or LDR with positions: 008/35-37, LDR/5");
    EXPECT_EQ(problem_of(R"({"positions": {"008/1": "drop"}})"), "$.positions.008/1 must be one of keep, fill");
    EXPECT_EQ(problem_of(R"({"order": "random"})"), "$.order must be one of incoming, base, tag");
    EXPECT_EQ(problem_of(R"({"match": {"650": {"indicators": 1}}})"), "$.match.650.indicators must be true or false");
    EXPECT_EQ(problem_of(R"({"carry": {"650": ["9"]}})"),
              "$.carry.650 must be a string of subfield codes, such as \"09w\"");
    EXPECT_EQ(problem_of(R"({"defaults": "no"})"), "$.defaults must be true or false");
    EXPECT_EQ(problem_of("{\"" + std::string(300, 'x') + "\": 1}"),
              "$." + std::string(58, 'x') +
                  "... is unknown; there are carry, default, defaults, ignore, incoming_local, "
                  "match, order, positions, protect, tags");
    EXPECT_THROW(rules_of(std::string(300'000, ' ')), parse_error);
    std::string many = "{\"protect\": [\"000\"";
    for (int i = 0; i < 1'000; ++i) {
        many += ",\"000\"";
    }
    EXPECT_EQ(problem_of(many + "]}"), "$.protect[1000] is one rule too many");
}

std::string explain(const record_view& a, const record_view& b, std::string_view rules) {
    const merge_rules compiled = rules_of(rules);
    builder into;
    std::pmr::vector<merge_decision> decisions;
    merge(a, b, compiled, into, &decisions);
    EXPECT_EQ(decisions.size(), 1 + a.field_count() + b.field_count());
    std::string all;
    for (const merge_decision& d : decisions) {
        std::pmr::string why;
        describe_decision(d, why);
        all += d.field == merge_decision::none ? "LDR" : std::string((d.incoming ? b : a).field(d.field).tag());
        all += std::string(d.incoming ? "<" : " ") + (d.in_result ? "+ " : "- ") + std::string(why) + "\n";
    }
    return all;
}

TEST(marc_merge, decisions_are_explained) {
    const stored_record a = from_mrk(
        leader + "=008  ab\n=035  \\\\$a1\n=500  \\\\$aO$5NN\n=504  \\\\$aB\n=650  \\0$aDogs$91\n=651  \\0$aM");
    const stored_record b = from_mrk(leader + "=008  cd\n=035  \\\\$a1.\n=035  \\\\$a2\n=035  \\\\$a2/\n=590  "
                                              "\\\\$aT\n=650  \\0$aDogs\n=651  \\0$aN\n=938  \\\\$ax");
    EXPECT_EQ(
        explain(a.view(), b.view(), R"({"ignore": ["938"], "tags": {"651": "fill"}, "positions": {"008/1": "keep"}})"),
        "LDR<+ update by the rule for the leader\n"
        "008 - update by the rule for all tags\n"
        "035 + append by the built-in rule 035\n"
        "500 + protected by the built-in rule $5\n"
        "504 + update by the rule for all tags: incoming does not replace it\n"
        "650 - update by the rule for all tags\n"
        "651 + fill by $.tags.651: incoming does not replace it\n"
        "008<+ update by the rule for all tags, with characters of base\n"
        "035<- field 2 of base says the same; the built-in rule 035\n"
        "035<+ append by the built-in rule 035\n"
        "035<- field 3 of incoming says the same; the built-in rule 035\n"
        "590<- a local field by the built-in rule 59X: incoming_local ignore\n"
        "650<+ update by the rule for all tags, with subfields of field 5 of base\n"
        "651<- fill by $.tags.651: base has a field of this tag\n"
        "938<- ignored by $.ignore[0]\n");
}

// Random records and rules over few tags, codes and values, so that everything meets everything.

class generator {
  public:
    explicit generator(unsigned seed) : random_(seed) {}
    unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
    template <typename T, std::size_t N>
    T any(const T (&list)[N]) {
        return list[pick(N)];
    }

    stored_record record() {
        builder b;
        b.set_leader(any({"00000nam a2200000 a 4500", "00001cam  2200000 i 4500", "00001cam  3300000   4500"}));
        for (unsigned n = pick(9); n > 0; --n) {
            const std::string tag =
                any({"001", "008", "035", "245", "500", "590", "650", "650", "880", "880", "FMT", "952"});
            if (tag.starts_with("00") || tag == "FMT") {
                b.add_field(tag, any({"ab", "a ", " |", "abc", "\xC3\xA9"}));
                continue;
            }
            std::string content = any({"  ", " 0", "10", ""});
            if (tag == "880" && pick(4) > 0) {
                content += std::string("\x1F"
                                       "6") +
                           any({"245-01", "650-02", "590-03", "245-02", "650-01", "500-01/(N", "650-00", "", "952"});
            } else if (pick(3) == 0) {
                content += std::string("\x1F"
                                       "6") +
                           any({"880-01", "880-02", "880-03", "880-2", "880-00"});
            }
            for (unsigned s = pick(4); s > 0; --s) {
                content += std::string("\x1F") + any({"a", "a", "b", "0", "5", "9", ""}) +
                           any({"x", "x.", "y", "local", "NN ", " x"});
            }
            b.add_field(tag, content);
        }
        return b.finish();
    }

    std::string rules() {
        std::string json = std::string("{\"defaults\": ") + any({"true", "true", "false"});
        json += ", \"default\": \"" + action() + "\", \"tags\": {\"LDR\": \"" + any({"keep", "update"}) + "\"";
        for (unsigned n = pick(4); n > 0; --n) {
            json += ", \"" + std::string(pick(6) > 0 ? pattern() : "880") + "\": \"" + action() + "\"";
        }
        json += "}, \"order\": \"" + std::string(any({"incoming", "base", "tag"})) + "\"";
        json += ", \"incoming_local\": \"" + std::string(any({"ignore", "append"})) + "\"";
        json += ", \"protect\": " + selectors() + ", \"ignore\": " + (pick(3) == 0 ? selectors() : "[]");
        json += ", \"carry\": {\"" + pattern() + "\": \"" + any({"", "9", "b9", "a5", "0"}) + "\"}";
        json += ", \"positions\": {\"008/" + std::string(any({"0", "1", "0-1", "1-7"})) + "\": \"" +
                any({"keep", "fill"}) + "\", \"LDR/5\": \"" + any({"keep", "fill"}) + "\"}";
        json += ", \"match\": {\"" + pattern() + "\": {\"ignore\": \"" + any({"", "0", "a9", "b", "6", "6", "69"}) +
                "\", \"indicators\": " + any({"true", "false"}) + ", \"punctuation\": " + any({"true", "false"}) +
                "}}}";
        return json;
    }

  private:
    std::string action() { return any({"update", "replace", "append", "fill", "keep", "remove", "append"}); }
    std::string pattern() { return any({"...", "XXX", "6..", "65X", "650", "035", "0..", "245", "590", "FMT", "..0"}); }
    std::string selectors() {
        std::string json = "[";
        for (unsigned n = pick(3); n > 0; --n) {
            json += json.size() > 1 ? "," : "";
            if (pick(2) == 0) {
                json += "\"" + pattern() + "\"";
                continue;
            }
            json += "{\"tag\": \"" + pattern() + "\"";
            if (pick(3) == 0) {
                json += std::string(", \"ind2\": \"") + any({" ", "0"}) + "\"";
            }
            json += std::string(", \"subfields\": {\"") + any({"a", "b", "5", "6", "9"}) +
                    "\": " + any({"true", "false", "\"x\"", "\"880-03\"", "[\"y\", \"lo*\"]"}) + "}}";
        }
        return json + "]";
    }

    std::mt19937 random_;
};

using field_counts = std::map<std::string, int>;

field_counts count_fields(const record_view& r, const std::function<bool(const field_view&)>& wanted) {
    field_counts counts;
    for (const field_view f : r) {
        if (wanted(f)) {
            ++counts[std::string(f.tag()) + std::string(f.content())];
        }
    }
    return counts;
}

TEST(marc_merge, whatever_the_rules_protected_fields_survive_and_merging_again_changes_nothing) {
    const unsigned seed = std::random_device{}();
    generator make(seed);
    std::size_t protected_fields = 0;
    const std::size_t rounds = 20'000 / one_in();
    for (std::size_t round = 0; round < rounds; ++round) {
        const stored_record base = make.record();
        const stored_record incoming = make.record();
        const std::string json = make.rules();
        SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round) + ", rules " + json +
                     "\nbase\n" + to_mrk(base.view()) + "\nincoming\n" + to_mrk(incoming.view()));
        const merge_rules rules = rules_of(json);
        builder b;
        std::pmr::vector<merge_decision> decisions;
        const bool changed = merge(base.view(), incoming.view(), rules, b, &decisions);
        ASSERT_EQ(decisions.size(), 1 + base.view().field_count() + incoming.view().field_count());
        b.clear();
        const stored_record once = merged(base.view(), incoming.view(), rules);
        ASSERT_EQ(changed, digest(base.view()) != digest(once.view()));
        once.view().check();

        // Protected by the library's own word, and each as often as before.
        field_counts wanted;
        for (const merge_decision& d : decisions) {
            if (!d.incoming && d.why == merge_decision::cause::protect) {
                const field_view f = base.view().field(d.field);
                ++wanted[std::string(f.tag()) + std::string(f.content())];
                ++protected_fields;
            }
        }
        const field_counts found = count_fields(once.view(), [&](const field_view& f) {
            return wanted.count(std::string(f.tag()) + std::string(f.content())) > 0;
        });
        ASSERT_EQ(found, wanted) << to_mrk(once.view());
        // Not only by its word.
        for (const field_view f : base.view()) {
            if (rules.protector_of(field_text(f)) != nullptr) {
                ASSERT_GT(wanted[std::string(f.tag()) + std::string(f.content())], 0);
            }
        }
        std::size_t in_result = 0;
        for (const merge_decision& d : decisions) {
            in_result += d.field != merge_decision::none && d.in_result ? 1 : 0;
        }
        ASSERT_EQ(in_result, once.view().field_count());

        const stored_record twice = merged(once.view(), incoming.view(), rules);
        ASSERT_EQ(to_mrk(twice.view()), to_mrk(once.view()));
        ASSERT_FALSE(merge(once.view(), incoming.view(), rules, b));
    }
    EXPECT_GT(protected_fields, rounds / 20);
}

std::size_t polls = 0;

TEST(marc_merge, ten_thousand_fields_of_a_tag_are_no_trouble) {
    const auto make = [](int first) {
        builder b;
        for (int i = 0; i < 10'000; ++i) {
            b.add_field("650", " 0\x1F"
                               "a" +
                                   std::to_string(first + i / 2) +
                                   "\x1F"
                                   "9" +
                                   std::to_string(i));
        }
        return b.finish();
    };
    const stored_record a = make(0);
    const stored_record b = make(2'500);
    builder into;
    for (const char* action : {"update", "append", "fill", "keep"}) {
        for (const char* order : {"incoming", "base", "tag"}) {
            const merge_rules rules = rules_of(
                std::string("{\"incoming_local\": \"append\", \"protect\": [{\"tag\": \"650\", \"subfields\": {\"a\": "
                            "\"*1\"}}], \"default\": \"") +
                action + "\", \"order\": \"" + order + "\"}");
            polls = 0;
            set_poll_hook([] { ++polls; });
            merge(a.view(), b.view(), rules, into);
            set_poll_hook(nullptr);
            EXPECT_LT(polls, 100U) << action
                                   << order; // each poll stands for 65,536 steps; quadratic would be 1,500 and more
        }
    }
}

} // namespace
