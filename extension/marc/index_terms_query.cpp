// The keys that a query needs, and what they say of a record.
#include "marc/index_terms.hpp"

#include "index_terms.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/fold.hpp"
#include "marc/path.hpp"

#include <algorithm>
#include <optional>

namespace marc {
namespace {

using type = query_node::type;

/// More alternatives than this are looked for as one range of keys.
constexpr std::size_t most_codes = 8;

bool is_whole_tag(const query_node& node) noexcept {
    return !node.has_pattern();
}

/// 001 and 003: control fields by their tag, so that their keys are known to have no code.
bool is_word_control_tag(std::string_view tag) noexcept {
    return tag == "001" || tag == "003";
}

struct key_parts {
    char kind = 0;
    std::string_view tag;
    std::string_view code;
};

/// The parts of a key as index_terms.hpp has them; empty when it is none.
key_parts parts_of(std::string_view key) noexcept {
    std::size_t at = 0;
    while (at < key.size() && static_cast<unsigned char>(key[at]) >= index_key::first_text_byte) {
        ++at;
    }
    key_parts parts;
    if (at == key.size()) {
        return parts;
    }
    parts.kind = key[at];
    at += at == 0 && parts.kind == index_key::hashed_value ? 9 : parts.kind == index_key::indicator ? 3 : 1;
    if (at + 3 <= key.size()) {
        parts.tag = key.substr(at, 3);
        parts.code = key.substr(at + 3);
    }
    return parts;
}

/// Nothing for a text that is no path: the operator that evaluates it raises the error.
std::optional<path> parsed_path(std::string_view text, std::pmr::memory_resource* memory) {
    try {
        return parse_path(text, memory);
    } catch (const parse_error&) {
        return {};
    }
}

} // namespace

query_terms::query_terms(const query_view& q, const index_options& options, std::pmr::memory_resource* memory)
    : query_(q), nodes_(q.nodes), terms_(memory), groups_(memory), plans_(memory), bytes_(memory) {
    plans_.resize(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (!nodes_[i].is_leaf()) {
            continue;
        }
        plans_[i].first_group = static_cast<std::uint32_t>(groups_.size());
        const bool kept = is_whole_tag(nodes_[i]) ? options.keeps(nodes_[i].tag_text()) : options.tags.empty();
        if (kept) {
            plan_leaf(nodes_[i], options);
        }
        plans_[i].last_group = static_cast<std::uint32_t>(groups_.size());
    }
}

query_terms::query_terms(std::string_view text, const index_options& options, std::pmr::memory_resource* memory)
    : query_{}, terms_(memory), groups_(memory), plans_(memory), bytes_(memory) {
    const std::optional<path> parsed = parsed_path(text, memory);
    if (!parsed || parsed->what == path::target::leader) {
        return;
    }
    const std::string_view tag(parsed->tag.data(), parsed->tag.size());
    if (tag.find('.') != std::string_view::npos || !options.keeps(tag)) {
        return;
    }
    // Whatever restricts the path further, it selects nothing without this field; and without this subfield, if it is
    // the only one that the path names.
    std::string_view code;
    if (parsed->what == path::target::subfields && parsed->part_count == 1 &&
        parsed->parts[0].first_code == parsed->parts[0].last_code) {
        code = {&parsed->parts[0].first_code, 1};
    }
    begin_group();
    std::pmr::string key(memory);
    key.push_back(index_key::presence);
    key.append(tag);
    key.append(code);
    add_term({}, key);
    end_group();
    // The subspecs of one subfield, or of the field, must hold; those of several subfields only for one of them.
    if (parsed->what == path::target::subfields && parsed->part_count > 1) {
        return;
    }
    const path::conditions& all =
        parsed->what == path::target::subfields ? parsed->parts[0].subspecs : parsed->subspecs;
    for (std::size_t first = all.first, at = first; at < std::size_t{all.first} + all.count; ++at) {
        if (parsed->comparisons[at].last_of_subspec) {
            plan_condition(*parsed, first, at + 1, options);
            first = at + 1;
        }
    }
}

/// A group for a subspec whose alternatives all compare an indicator with a text: a field with that tag has it.
void query_terms::plan_condition(const path& parsed, std::size_t first, std::size_t end, const index_options& options) {
    const auto value_of = [&](const path_comparison& c) {
        return std::string_view(parsed.texts).substr(c.right.text_start, c.right.text_length);
    };
    const auto has_key = [&](const path_comparison& c) {
        const std::string_view tag(c.left.tag.data(), c.left.tag.size());
        return c.op == path_operator::equal && c.left.what == path_term::kind::indicator &&
               !c.left.characters.present && c.right.what == path_term::kind::text && value_of(c).size() == 1 &&
               index_key::keeps_indicator(value_of(c).front()) && tag.find('.') == std::string_view::npos &&
               options.keeps(tag);
    };
    const auto begin = parsed.comparisons.begin();
    if (!std::all_of(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(end), has_key)) {
        return;
    }
    begin_group();
    for (std::size_t i = first; i < end; ++i) {
        const path_comparison& c = parsed.comparisons[i];
        std::pmr::string key(bytes_.get_allocator());
        index_key::append_indicator(c.left.indicator, value_of(c).front(), {c.left.tag.data(), c.left.tag.size()}, key);
        add_term({}, key);
    }
    end_group();
}

void query_terms::plan_leaf(const query_node& node, const index_options& options) {
    plan& leaf = plans_[static_cast<std::size_t>(&node - nodes_.data())];
    const std::string_view tag = node.tag_text();
    const std::string_view content = query_.at(node.content);
    switch (node.what) {
    case type::presence:
        plan_presence(node);
        leaf.exact = true;
        return;
    case type::indicator:
        plan_indicator(node, leaf);
        return;
    case type::characters:
        plan_characters(node, leaf);
        return;
    default:
        break;
    }
    if (is_whole_tag(node) && !holds_words(tag)) {
        plan_presence(node);
        return;
    }
    if (node.what == type::value && !node.prefix) {
        leaf.exact = plan_value(node, options);
    } else if (options.words) {
        leaf.exact = plan_words(node, content, node.prefix) && node.what == type::words;
    }
    if (leaf.first_group == groups_.size() && is_whole_tag(node)) {
        plan_presence(node);
    }
}

/// One group for each word. Returns true when the keys say all there is to know.
bool query_terms::plan_words(const query_node& node, std::string_view folded, bool prefix) {
    const std::string_view codes = query_.at(node.codes);
    if (std::any_of(codes.begin(), codes.end(), [](char c) { return is_control_code({&c, 1}); })) {
        return false;
    }
    bool exact = true;
    std::size_t count = 0;
    word_cursor cursor(folded);
    std::string_view word = cursor.next();
    while (!word.empty()) {
        const std::string_view after = cursor.next();
        const bool is_long = word.size() > limits::index_word_bytes;
        const std::string_view kept = first_bytes(word, limits::index_word_bytes);
        exact = exact && !is_long;
        begin_group();
        if (prefix && after.empty()) {
            add_range(node, kept, 0);
        } else if (is_long) {
            add_exact(node, kept, index_key::long_word);
        } else if (!is_whole_tag(node) || (codes.empty() && !is_word_control_tag(node.tag_text())) ||
                   codes.size() > most_codes) {
            add_range(node, word, index_key::value);
        } else {
            add_exact(node, word, index_key::word);
            add_exact(node, word, index_key::value);
        }
        exact = !add_numbers(node) && exact;
        end_group();
        ++count;
        word = after;
    }
    return exact && count == 1;
}

/// Adds to each word's group the number that does as well as all of the words; false when there is none.
bool query_terms::add_numbers(const query_node& node) {
    if (node.what != type::words) {
        return false;
    }
    bool added = false;
    for (const query_node::text& number : node.numbers) {
        if (number.size > 0) {
            add_exact(node, query_.at(number), index_key::value);
            added = true;
        }
    }
    return added;
}

bool query_terms::plan_value(const query_node& node, const index_options& options) {
    const std::string_view content = query_.at(node.content);
    const std::string_view codes = query_.at(node.codes);
    // What a subfield is compared with: the number if it holds such numbers and the query is one, else the content.
    bool content_asked = codes.empty() || !is_whole_tag(node);
    std::array<bool, 4> number_asked{};
    const auto ask = [&](identifier_kind kind) {
        const std::string_view number = query_.number(node, kind);
        if (number.empty() || number == content) {
            content_asked = true;
        } else {
            number_asked[static_cast<std::size_t>(kind) - 1] = true;
        }
    };
    if (!is_whole_tag(node)) {
        for (const identifier_kind kind :
             {identifier_kind::isbn, identifier_kind::issn, identifier_kind::lccn, identifier_kind::oclc}) {
            ask(kind);
        }
    } else {
        for (const char& code : codes.empty() ? std::string_view("abcdefghijklmnopqrstuvwxyz") : codes) {
            ask(identifier_of(node.tag_text(), {&code, 1}));
        }
    }
    const std::size_t targets =
        static_cast<std::size_t>(std::count(number_asked.begin(), number_asked.end(), true)) + (content_asked ? 1 : 0);

    const auto is_control = [](char c) { return is_control_code({&c, 1}); };
    const bool only_values = !options.words || (!codes.empty() && std::all_of(codes.begin(), codes.end(), is_control));
    const bool is_short = content.size() <= limits::index_value_bytes;
    const bool kept = only_values ? content.size() <= limits::index_hashed_value_bytes
                                  : is_short && (content.empty() || index_key::is_one_word(content));
    if (content_asked && !kept) {
        // The words must be there, unless a number would do as well.
        if (options.words && targets == 1) {
            plan_words(node, content, false);
        }
        return false;
    }
    begin_group();
    if (content_asked) {
        is_short ? add_exact(node, content, index_key::value)
                 : add_exact(node, index_key::hash_bytes(content).view(), index_key::hashed_value);
    }
    for (std::size_t i = 0; i < number_asked.size(); ++i) {
        if (number_asked[i]) {
            add_exact(node, query_.at(node.numbers[i]), index_key::value);
        }
    }
    end_group();
    return targets == 1 && (is_short || !content_asked);
}

void query_terms::plan_characters(const query_node& node, plan& leaf) {
    const std::string_view tag = node.tag_text();
    for (const index_key::place& p : index_key::places) {
        if (p.tag == tag && p.first == node.first && p.last == node.last) {
            std::pmr::string key(1, index_key::characters, bytes_.get_allocator());
            key.append(tag);
            key.push_back(static_cast<char>(index_key::first_text_byte + p.first));
            key.append(query_.at(node.content));
            begin_group();
            add_term({}, key);
            end_group();
            leaf.exact = true;
            return;
        }
    }
    if (tag != "LDR") {
        plan_presence(node);
    }
}

void query_terms::plan_indicator(const query_node& node, plan& leaf) {
    if (!index_key::keeps_indicator(node.indicator)) {
        if (is_whole_tag(node)) {
            plan_presence(node);
        }
        return;
    }
    const std::string_view tag = node.tag_text();
    std::pmr::string key(bytes_.get_allocator());
    index_key::append_indicator(node.indicator_number, node.indicator, tag.substr(0, tag.find('.')), key);
    begin_group();
    if (is_whole_tag(node)) {
        add_term({}, key);
    } else {
        add_range(node, key, index_key::indicator);
    }
    end_group();
    leaf.exact = true;
}

void query_terms::plan_presence(const query_node& node) {
    begin_group();
    if (is_whole_tag(node)) {
        const std::string_view codes = query_.at(node.codes);
        std::pmr::string key(bytes_.get_allocator());
        const auto add = [&](std::string_view code) {
            key.assign(1, index_key::presence);
            key.append(node.tag_text());
            key.append(code);
            add_term({}, key);
        };
        if (codes.empty()) {
            add({});
        }
        for (const char& code : codes) {
            add({&code, 1});
        }
    } else {
        std::pmr::string start(1, index_key::presence, bytes_.get_allocator());
        start.append(node.tag_text().substr(0, node.tag_text().find('.')));
        query_term term;
        term.is_range = true;
        term.last_kind = index_key::presence;
        term.tag = node.tag;
        term.codes = node.codes;
        add_term(term, start);
    }
    end_group();
}

/// Keys with this text under the tag and each of the codes; where those are open, one range.
void query_terms::add_exact(const query_node& node, std::string_view text, char kind) {
    const std::string_view codes = query_.at(node.codes);
    std::pmr::string key(bytes_.get_allocator());
    if (kind == index_key::hashed_value) {
        key.push_back(kind);
        key.append(text);
    } else {
        key.append(text);
        key.push_back(kind);
    }
    const bool no_code = codes.empty() && is_word_control_tag(node.tag_text());
    if (!is_whole_tag(node) || (codes.empty() && !no_code) || codes.size() > most_codes) {
        add_range(node, key, static_cast<std::uint8_t>(kind));
        return;
    }
    key.append(node.tag_text());
    if (no_code) {
        add_term({}, key);
    }
    for (const char code : codes) {
        key.push_back(code);
        add_term({}, key);
        key.pop_back();
    }
}

/// @param last_kind 0: the text goes on; else its kind follows or stands at the end of `start`
void query_terms::add_range(const query_node& node, std::string_view start, std::uint8_t last_kind) {
    query_term term;
    term.is_range = true;
    term.last_kind = last_kind;
    term.control_codes = node.codes.size > 0;
    term.tag = node.tag;
    term.codes = node.codes;
    add_term(term, start);
}

void query_terms::add_term(query_term term, std::string_view key) {
    term.at = static_cast<std::uint32_t>(bytes_.size());
    term.size = static_cast<std::uint32_t>(key.size());
    bytes_.append(key);
    terms_.push_back(term);
}

void query_terms::begin_group() {
    const auto at = static_cast<std::uint32_t>(terms_.size());
    groups_.push_back({at, at});
}

void query_terms::end_group() {
    groups_.back().last_term = static_cast<std::uint32_t>(terms_.size());
}

truth query_terms::evaluate_leaf(const plan& leaf, const truth* found) const noexcept {
    truth all = leaf.exact ? truth::yes : truth::maybe;
    for (std::uint32_t g = leaf.first_group; g < leaf.last_group; ++g) {
        truth any = truth::no;
        for (std::uint32_t t = groups_[g].first_term; t < groups_[g].last_term; ++t) {
            any = std::max(any, found[t]);
        }
        all = std::min(all, any);
    }
    return all;
}

truth query_terms::evaluate_path(const truth* found) const noexcept {
    return evaluate_leaf({0, static_cast<std::uint32_t>(groups_.size()), false}, found);
}

truth query_terms::evaluate(std::size_t at, const truth* found, bool in_field) const noexcept {
    const query_node& node = nodes_[at];
    truth result = node.what == type::any_of ? truth::no : truth::yes;
    switch (node.what) {
    case type::all_of:
        for (std::size_t child = at + 1; child < node.end; child = nodes_[child].end) {
            result = std::min(result, evaluate(child, found, in_field));
        }
        return result;
    case type::any_of:
        for (std::size_t child = at + 1; child < node.end; child = nodes_[child].end) {
            result = std::max(result, evaluate(child, found, in_field));
        }
        return result;
    case type::none_of: {
        // That the record has it somewhere says nothing of the one field.
        const truth inner = evaluate(at + 1, found, in_field);
        return in_field || inner == truth::maybe ? truth::maybe : inner == truth::yes ? truth::no : truth::yes;
    }
    case type::same_field:
        return std::min(truth::maybe, evaluate(at + 1, found, true));
    default:
        return evaluate_leaf(plans_[at], found);
    }
}

int query_terms::compare(const query_term& term, std::string_view key) const noexcept {
    const std::string_view start = this->key(term);
    if (key.substr(0, start.size()) != start) {
        return 1;
    }
    const key_parts parts = parts_of(key);
    const bool text_goes_on = term.last_kind == 0;
    if (text_goes_on ? parts.kind > index_key::long_word : parts.kind > static_cast<char>(term.last_kind)) {
        return text_goes_on ? -1 : 1;
    }
    // A word without kind at its end must be followed by one: otherwise this is a longer word.
    if (!text_goes_on && start.size() < key.size() &&
        static_cast<unsigned char>(start.back()) >= index_key::first_text_byte &&
        static_cast<unsigned char>(key[start.size()]) >= index_key::first_text_byte &&
        parts.kind <= index_key::long_word) {
        return 1;
    }
    if (parts.tag.size() != 3 || !tag_matches({term.tag.data(), 3}, parts.tag)) {
        return -1;
    }
    const std::string_view codes = query_.at(term.codes);
    if (codes.empty()) {
        return term.control_codes || !is_control_code(parts.code) ? 0 : -1;
    }
    return parts.code.size() == 1 && codes.find(parts.code.front()) != std::string_view::npos ? 0 : -1;
}

} // namespace marc
