// Merge rules out of JSON; merge.hpp has the grammar.
#include "json_document.hpp"
#include "marc/ascii.hpp"
#include "marc/error.hpp"
#include "marc/limits.hpp"
#include "marc/merge.hpp"

#include <algorithm>
#include <string>

namespace marc {
namespace {

constexpr std::string_view all_tags = "...";
constexpr std::string_view not_compared = "01689"; // links and numbers that differ from one copy to another

struct named_action {
    std::string_view name;
    merge_action action;
};
constexpr std::array<named_action, 6> actions = {{{"update", merge_action::update},
                                                  {"replace", merge_action::replace},
                                                  {"append", merge_action::append},
                                                  {"fill", merge_action::fill},
                                                  {"keep", merge_action::keep},
                                                  {"remove", merge_action::remove}}};

void demand(bool holds, const std::string& place, std::string_view what) {
    if (!holds) {
        refuse(errc::bad_rules, place, what);
    }
}

const std::string& string_of(const json_value& value, const std::string& place, std::string_view what) {
    demand(value.is_string(), place, what);
    return value.get_ref<const std::string&>();
}

std::string member_place(const std::string& place, std::string_view key) {
    std::string here = place;
    here += '.';
    here += key;
    return here;
}

tag_pattern pattern_of(std::string_view text, const std::string& place) {
    tag_pattern pattern;
    demand(read_tag_pattern(text, pattern), place,
           "must be a tag of three characters, with . or X for any: 650, 6.., 9XX");
    return pattern;
}

tag_pattern field_pattern_of(std::string_view text, const std::string& place) {
    demand(text != "LDR", place, "must be a field, not the leader");
    return pattern_of(text, place);
}

std::pmr::string codes_of(const json_value& value, const std::string& place, std::pmr::memory_resource* memory) {
    constexpr std::string_view what = "must be a string of subfield codes, such as \"09w\"";
    const std::string& codes = string_of(value, place, what);
    demand(std::all_of(codes.begin(), codes.end(), is_visible), place, what);
    return std::pmr::string(codes, memory);
}

class reader {
  public:
    reader(const json_value& rules, merge_rules& into) : json_(rules), into_(into), memory_(into.memory()) {}

    void read() {
        demand(json_.is_object(), "$", "must be an object");
        for (const auto& [key, value] : json_.items()) {
            const std::string place = "$." + key;
            if (key == "protect") {
                read_selectors(value, place, into_.protect);
            } else if (key == "ignore") {
                read_selectors(value, place, into_.ignore);
            } else if (key == "default") {
                into_.otherwise.action = action_of(value, place);
                into_.otherwise.name = place;
            } else if (key == "tags") {
                read_tags(value, place);
            } else if (key == "positions") {
                read_positions(value, place);
            } else if (key == "carry") {
                read_carry(value, place);
            } else if (key == "match") {
                read_match(value, place);
            } else if (key == "order") {
                into_.order = order_of(value, place);
            } else if (key == "incoming_local") {
                into_.append_local = incoming_local_of(value, place);
            } else if (key != "defaults") { // which was read before
                refuse(errc::bad_rules, place,
                       "is unknown; there are carry, default, defaults, ignore, incoming_local, match, order, "
                       "positions, protect, tags");
            }
        }
        std::stable_partition(into_.positions.begin(), into_.positions.end(), [](const auto& p) { return p.fill; });
    }

    /// Whether the built-in rules count, which must be known first.
    static bool with_built_in(const json_value& rules) {
        const auto found = rules.is_object() ? rules.find("defaults") : rules.end();
        if (!rules.is_object() || found == rules.end()) {
            return true;
        }
        demand(found->is_boolean(), "$.defaults", "must be true or false");
        return found->get<bool>();
    }

  private:
    void count(const std::string& place) {
        ++entries_;
        demand(entries_ <= limits::merge_rules, place, "is one rule too many");
    }

    static merge_action action_of(const json_value& value, const std::string& place) {
        constexpr std::string_view what = "must be one of update, replace, append, fill, keep, remove";
        const std::string& name = string_of(value, place, what);
        const auto* found =
            std::find_if(actions.begin(), actions.end(), [&](const named_action& a) { return a.name == name; });
        demand(found != actions.end(), place, what);
        return found->action;
    }

    static merge_order order_of(const json_value& value, const std::string& place) {
        constexpr std::string_view what = "must be one of incoming, base, tag";
        const std::string& name = string_of(value, place, what);
        demand(name == "incoming" || name == "base" || name == "tag", place, what);
        return name == "base" ? merge_order::base : name == "tag" ? merge_order::tag : merge_order::incoming;
    }

    static bool incoming_local_of(const json_value& value, const std::string& place) {
        constexpr std::string_view what = "must be one of ignore, append";
        const std::string& name = string_of(value, place, what);
        demand(name == "ignore" || name == "append", place, what);
        return name == "append";
    }

    void read_selectors(const json_value& value, const std::string& place,
                        std::pmr::vector<merge_rules::selector>& list) {
        demand(value.is_array(), place, "must be an array of tags and selectors");
        std::size_t index = 0;
        for (const json_value& element : value) {
            const std::string here = place + "[" + std::to_string(index++) + "]";
            count(here);
            merge_rules::selector selector{
                {}, 0, 0, std::pmr::vector<merge_rules::test>(memory_), std::pmr::string(here, memory_)};
            if (element.is_string()) {
                selector.tag = field_pattern_of(element.get_ref<const std::string&>(), here);
            } else {
                read_selector(element, here, selector);
            }
            list.push_back(std::move(selector));
        }
    }

    void read_selector(const json_value& value, const std::string& place, merge_rules::selector& selector) {
        demand(value.is_object(), place, "must be a tag or an object with tag, ind1, ind2, subfields");
        demand(value.contains("tag"), place, "has no tag; \"...\" stands for every tag");
        for (const auto& [key, member] : value.items()) {
            const std::string here = member_place(place, key);
            if (key == "tag") {
                selector.tag = field_pattern_of(string_of(member, here, "must be a tag"), here);
            } else if (key == "ind1" || key == "ind2") {
                const std::string& text = string_of(member, here, "must be one character");
                demand(text.size() == 1 && (is_visible(text[0]) || text[0] == ' '), here,
                       "must be one ASCII character");
                (key == "ind1" ? selector.indicator1 : selector.indicator2) = text[0];
            } else if (key == "subfields") {
                demand(member.is_object(), here, "must be an object with a test for each subfield code");
                for (const auto& [code, test] : member.items()) {
                    selector.tests.push_back(test_of(code, test, member_place(here, code)));
                }
            } else {
                refuse(errc::bad_rules, here, "is unknown; there are tag, ind1, ind2, subfields");
            }
        }
    }

    merge_rules::test test_of(const std::string& code, const json_value& value, const std::string& place) {
        constexpr std::string_view what = "must be true, false, a value or an array of values";
        demand(code.size() == 1 && is_visible(code[0]), place, "is no subfield code");
        count(place);
        merge_rules::test test{code[0], merge_rules::test::kind::present, std::pmr::vector<std::pmr::string>(memory_)};
        if (value.is_boolean()) {
            test.what = value.get<bool>() ? merge_rules::test::kind::present : merge_rules::test::kind::absent;
            return test;
        }
        test.what = merge_rules::test::kind::values;
        demand(value.is_string() || (value.is_array() && !value.empty()), place, what);
        const auto add = [&](const json_value& element) {
            count(place);
            const auto& text = string_of(element, place, what);
            demand(text.size() <= limits::merge_value_bytes, place, "is a value of more than 1,000 bytes");
            std::pmr::string& v = test.values.emplace_back(text);
            std::transform(v.begin(), v.end(), v.begin(), to_lower);
        };
        if (value.is_string()) {
            add(value);
        } else {
            std::for_each(value.begin(), value.end(), add);
        }
        return test;
    }

    void read_tags(const json_value& value, const std::string& place) {
        demand(value.is_object(), place, "must be an object with an action for each tag");
        for (const auto& [key, member] : value.items()) {
            const std::string here = member_place(place, key);
            count(here);
            const merge_action action = action_of(member, here);
            if (key == "LDR") {
                const bool can =
                    action == merge_action::keep || action == merge_action::update || action == merge_action::replace;
                demand(can, here, "must be one of keep, update, replace");
                into_.leader.action = action;
                into_.leader.name = here;
            } else {
                into_.actions.push_back({pattern_of(key, here), action, std::pmr::string(here, memory_)});
            }
        }
    }

    void read_positions(const json_value& value, const std::string& place) {
        demand(value.is_object(), place, "must be an object such as {\"008/35-37\": \"keep\"}");
        for (const auto& [key, member] : value.items()) {
            const std::string here = member_place(place, key);
            count(here);
            merge_rules::position_rule rule;
            const std::string_view text = key;
            const bool tag =
                text.size() > 4 && text[3] == '/' && std::all_of(text.begin(), text.begin() + 3, is_alphanumeric);
            constexpr std::string_view what = "must be a control field or LDR with positions: 008/35-37, LDR/5";
            demand(tag && (text.starts_with("00") || text.starts_with("LDR")), here, what);
            std::copy_n(text.data(), 3, rule.tag.data());
            const std::size_t dash = text.find('-', 4);
            rule.first = number_of(text.substr(4, dash == std::string_view::npos ? dash : dash - 4), here, what);
            rule.last = dash == std::string_view::npos ? rule.first : number_of(text.substr(dash + 1), here, what);
            demand(rule.first <= rule.last, here, what);
            constexpr std::string_view how = "must be one of keep, fill";
            const std::string& name = string_of(member, here, how);
            demand(name == "keep" || name == "fill", here, how);
            rule.fill = name == "fill";
            into_.positions.push_back(rule);
        }
    }

    static std::uint32_t number_of(std::string_view digits, const std::string& place, std::string_view what) {
        demand(!digits.empty() && digits.size() <= 4, place, what);
        std::uint32_t n = 0;
        for (const char c : digits) {
            demand(is_digit(c), place, what);
            n = n * 10 + static_cast<std::uint32_t>(c - '0');
        }
        return n;
    }

    void read_carry(const json_value& value, const std::string& place) {
        demand(value.is_object(), place, "must be an object with subfield codes for each tag");
        for (const auto& [key, member] : value.items()) {
            const std::string here = member_place(place, key);
            count(here);
            into_.carry.push_back({field_pattern_of(key, here), codes_of(member, here, memory_)});
        }
    }

    void read_match(const json_value& value, const std::string& place) {
        demand(value.is_object(), place, "must be an object with an object for each tag");
        for (const auto& [key, member] : value.items()) {
            const std::string here = member_place(place, key);
            count(here);
            demand(member.is_object(), here, "must be an object with ignore, indicators, punctuation");
            merge_rules::match_rule rule{field_pattern_of(key, here), std::pmr::string(not_compared, memory_), true,
                                         false};
            for (const auto& [name, setting] : member.items()) {
                const std::string there = member_place(here, name);
                if (name == "ignore") {
                    rule.ignore = codes_of(setting, there, memory_);
                } else if (name == "indicators" || name == "punctuation") {
                    demand(setting.is_boolean(), there, "must be true or false");
                    (name == "indicators" ? rule.indicators : rule.punctuation) = setting.get<bool>();
                } else {
                    refuse(errc::bad_rules, there, "is unknown; there are ignore, indicators, punctuation");
                }
            }
            into_.match.push_back(std::move(rule));
        }
    }

    const json_value& json_;
    merge_rules& into_;
    std::pmr::memory_resource* memory_;
    std::size_t entries_ = 0;
};

} // namespace

merge_rules::merge_rules(std::pmr::memory_resource* memory, bool built_in)
    : protect(memory), ignore(memory), actions(memory), positions(memory), carry(memory),
      match(memory), otherwise{{}, merge_action::update, std::pmr::string("the rule for all tags", memory)},
      leader{{}, merge_action::update, std::pmr::string("the rule for the leader", memory)} {
    match.push_back({pattern_of(all_tags, {}), std::pmr::string(not_compared, memory), true, false});
    if (!built_in) {
        return;
    }
    const auto name = [&](std::string_view what) {
        std::pmr::string text("the built-in rule ", memory);
        text += what;
        return text;
    };
    const auto add = [&](std::string_view tag, std::string_view what) -> selector& {
        protect.push_back({pattern_of(tag, {}), 0, 0, std::pmr::vector<test>(memory), name(what)});
        return protect.back();
    };
    // MARC 21 leaves tags with a 9 to local use, save a few: of the X9X 490 is not local, so 49X is not here.
    for (const std::string_view tag : {"001", "003", "09X", "19X", "29X", "39X", "59X", "69X", "79X", "89X", "9XX"}) {
        add(tag, tag);
    }
    // MARC 21, appendix A: $5 names the institution to whose copy the field applies.
    add(all_tags, "$5").tests.push_back({'5', test::kind::present, std::pmr::vector<std::pmr::string>(memory)});
    // The mark of a local field in Alma's network zone and many union catalogues.
    test& local = add(all_tags, "$9 local")
                      .tests.emplace_back(test{'9', test::kind::values, std::pmr::vector<std::pmr::string>(memory)});
    local.values.emplace_back("local");
    // Numbers and links add up: none of them is wrong because another copy lacks it.
    for (const std::string_view tag : {"020", "022", "024", "035", "856"}) {
        actions.push_back({pattern_of(tag, {}), merge_action::append, name(tag)});
    }
    carry.push_back({pattern_of(all_tags, {}), std::pmr::string("9", memory)});
}

merge_rules parse_merge_rules(std::string_view text, std::pmr::memory_resource* memory) {
    const json_value parsed = parse_json(text, limits::merge_rules_bytes, errc::bad_rules);
    merge_rules rules(memory, reader::with_built_in(parsed));
    reader(parsed, rules).read();
    return rules;
}

} // namespace marc
