// Which fields a merge rule is about, and when two fields say the same.
#include "layout.hpp"
#include "marc/ascii.hpp"
#include "marc/merge.hpp"
#include "marc/poll.hpp"
#include "text_search.hpp"

#include <algorithm>

namespace marc {
namespace {

std::string_view without_end(std::string_view text, std::string_view characters) noexcept {
    const std::size_t last = text.find_last_not_of(characters);
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string_view without_start(std::string_view text, std::string_view characters) noexcept {
    return text.substr(std::min(text.find_first_not_of(characters), text.size()));
}

/// ISBD punctuation that ends a subfield because of what follows it.
constexpr std::string_view ending = " .,:;/=";

/// A value in lower case against a pattern in lower case with '*' at its ends.
bool value_matches(std::string_view value, std::string_view pattern) noexcept {
    const bool open_start = pattern.starts_with('*');
    const bool open_end = pattern.size() > 1 && pattern.ends_with('*');
    pattern.remove_prefix(open_start ? 1 : 0);
    pattern.remove_suffix(open_end ? 1 : 0);
    if (open_start && open_end) {
        return contains(value, pattern);
    }
    if (open_end) {
        return value.starts_with(pattern);
    }
    return open_start ? value.ends_with(pattern) : value == pattern;
}

bool is_code(const subfield_view& s, char code) noexcept {
    return s.code.size() == 1 && s.code.front() == code;
}

bool is_one_of(const subfield_view& s, std::string_view codes) noexcept {
    return s.code.size() == 1 && codes.find(s.code.front()) != std::string_view::npos;
}

/// Of rules with patterns, the one that counts for a tag; null when none matches.
template <typename Rules>
auto heaviest(const Rules& rules, std::string_view tag) noexcept -> const typename Rules::value_type* {
    const typename Rules::value_type* best = nullptr;
    for (const auto& rule : rules) {
        if (rule.tag.matches(tag) && (best == nullptr || rule.tag.weight() >= best->tag.weight())) {
            best = &rule;
        }
    }
    return best;
}

template <typename Selectors>
auto first_match(const Selectors& selectors, const field_text& field) -> const typename Selectors::value_type* {
    for (const auto& selector : selectors) {
        if (selector.matches(field)) {
            return &selector;
        }
    }
    return nullptr;
}

} // namespace

bool field_text::has_indicators() const noexcept {
    return !control && layout::starts_with_indicators(content);
}

subfield_range field_text::subfields() const noexcept {
    const std::size_t first = control ? std::string_view::npos : content.find(subfield_delimiter);
    return first == std::string_view::npos ? subfield_range() : subfield_range(content.substr(first));
}

bool merge_rules::test::holds_for(std::string_view value) const {
    if (what != kind::values) {
        return true;
    }
    const std::string_view trimmed = without_start(without_end(value, ending), " ");
    std::pmr::string lower_case(trimmed, values.get_allocator().resource());
    std::transform(lower_case.begin(), lower_case.end(), lower_case.begin(), to_lower);
    poller polling;
    return std::any_of(values.begin(), values.end(), [&](const std::pmr::string& v) {
        polling.step(1 + lower_case.size());
        return value_matches(lower_case, v);
    });
}

bool merge_rules::selector::matches(const field_text& field) const {
    if (!tag.matches(field.tag)) {
        return false;
    }
    if (indicator1 != 0 || indicator2 != 0) {
        if (!field.has_indicators() || (indicator1 != 0 && field.content[0] != indicator1) ||
            (indicator2 != 0 && field.content[1] != indicator2)) {
            return false;
        }
    }
    poller polling;
    return std::all_of(tests.begin(), tests.end(), [&](const test& t) {
        bool found = false;
        for (const subfield_view& s : field.subfields()) {
            polling.step(1 + s.value.size());
            if (is_code(s, t.code) && t.holds_for(s.value)) {
                found = true;
                break;
            }
        }
        return found == (t.what != test::kind::absent);
    });
}

const merge_rules::action_rule& merge_rules::action_of(std::string_view tag) const noexcept {
    const action_rule* rule = heaviest(actions, tag);
    return rule != nullptr ? *rule : otherwise;
}

const merge_rules::selector* merge_rules::protector_of(const field_text& field) const {
    return first_match(protect, field);
}

const merge_rules::selector* merge_rules::ignorer_of(const field_text& field) const {
    return first_match(ignore, field);
}

std::string_view merge_rules::carried_in(std::string_view tag) const noexcept {
    const carry_rule* rule = heaviest(carry, tag);
    return rule != nullptr ? std::string_view(rule->codes) : std::string_view();
}

bool merge_rules::may_carry(const subfield_view& s) const {
    return std::none_of(protect.begin(), protect.end(), [&](const selector& p) {
        return std::any_of(p.tests.begin(), p.tests.end(), [&](const test& t) {
            return t.what != test::kind::absent && is_code(s, t.code) && t.holds_for(s.value);
        });
    });
}

void merge_rules::append_key(const field_text& field, std::string_view more_ignored, std::pmr::string& key) const {
    const match_rule* rule = heaviest(match, field.tag);
    const bool sound = field.has_indicators() && (field.content.size() == 2 || field.content[2] == subfield_delimiter);
    // In front, so that no field as it stands is taken for one of which something was left out.
    constexpr char as_it_stands = 'r';
    constexpr char compared = 'c';
    const std::size_t start = key.size();
    if (field.control || !sound) {
        key += as_it_stands;
        key += field.content;
        return;
    }
    key += compared;
    if (rule == nullptr || rule->indicators) {
        key += field.content.substr(0, 2);
    }
    bool any = false;
    for (const subfield_view& s : field.subfields()) {
        if ((rule != nullptr && is_one_of(s, rule->ignore)) || is_one_of(s, more_ignored)) {
            continue;
        }
        any = true;
        key += subfield_delimiter;
        key += s.code;
        if (rule != nullptr && rule->punctuation) {
            key += s.value;
            continue;
        }
        bool blank = false;
        for (const char c : without_start(without_end(s.value, ending), " ")) {
            if (c != ' ' || !blank) {
                key += c;
            }
            blank = c == ' ';
        }
    }
    if (!any) {
        key.erase(start);
        key += as_it_stands;
        key += field.content;
    }
}

} // namespace marc
