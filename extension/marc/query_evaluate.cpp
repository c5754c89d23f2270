#include "marc/charset.hpp"
#include "marc/fold.hpp"
#include "marc/poll.hpp"
#include "marc/query.hpp"

#include <algorithm>

namespace marc {

using type = query_node::type;

bool query_evaluator::matches(const query_view& q, const record_view& record) {
    query_ = &q;
    record_ = &record;
    return matches_record(0);
}

bool query_evaluator::matches_record(std::size_t at) {
    const query_node& node = query_->nodes[at];
    switch (node.what) {
    case type::all_of:
        for (std::size_t child = at + 1; child < node.end; child = query_->nodes[child].end) {
            if (!matches_record(child)) {
                return false;
            }
        }
        return true;
    case type::any_of:
        for (std::size_t child = at + 1; child < node.end; child = query_->nodes[child].end) {
            if (matches_record(child)) {
                return true;
            }
        }
        return false;
    case type::none_of:
        return !matches_record(at + 1);
    default:
        break;
    }
    if (node.what == type::characters && node.tag_text() == "LDR") {
        return characters_of(record_->leader(), node.first, node.last) == query_->at(node.content);
    }
    const std::size_t what = node.what == type::same_field ? at + 1 : at;
    poller stop;
    for (const field_view f : *record_) {
        if (tag_matches(node.tag_text(), f.tag())) {
            stop.step(f.content().size());
            if (matches_field(what, f)) {
                return true;
            }
        }
    }
    return false;
}

bool query_evaluator::matches_field(std::size_t at, const field_view& f) {
    const query_node& node = query_->nodes[at];
    switch (node.what) {
    case type::all_of:
        for (std::size_t child = at + 1; child < node.end; child = query_->nodes[child].end) {
            if (!matches_field(child, f)) {
                return false;
            }
        }
        return true;
    case type::any_of:
        for (std::size_t child = at + 1; child < node.end; child = query_->nodes[child].end) {
            if (matches_field(child, f)) {
                return true;
            }
        }
        return false;
    case type::none_of:
        return !matches_field(at + 1, f);
    default:
        return leaf_in_field(node, f);
    }
}

bool query_evaluator::leaf_in_field(const query_node& node, const field_view& f) {
    const std::string_view codes = query_->at(node.codes);
    switch (node.what) {
    case type::indicator:
        return f.has_indicators() && (node.indicator_number == 1 ? f.indicator1() : f.indicator2()) == node.indicator;
    case type::characters:
        return f.is_control() && characters_of(f.content(), node.first, node.last) == query_->at(node.content);
    case type::presence:
        if (codes.empty()) {
            return true;
        }
        break;
    default:
        if (node.has_pattern() && !holds_words(f.tag())) {
            return false;
        }
        if (codes.empty()) {
            const std::string_view text = f.is_control() ? f.content() : f.leading();
            if ((f.is_control() || !text.empty()) && leaf_in_text(node, f.tag(), {}, text)) {
                return true;
            }
        }
    }
    for (const subfield_view& s : f.subfields()) {
        const bool selected =
            codes.empty() ? !is_control_code(s.code) : s.code.size() == 1 && codes.find(s.code.front()) != codes.npos;
        if (selected && (node.what == type::presence || leaf_in_text(node, f.tag(), s.code, s.value))) {
            return true;
        }
    }
    return false;
}

/// Words or value in one subfield.
bool query_evaluator::leaf_in_text(const query_node& node, std::string_view tag, std::string_view code,
                                   std::string_view text) {
    const std::string_view wanted = query_->at(node.content);
    const identifier_kind kind = identifier_of(tag, code);
    folded_.clear();
    fold(text, folded_);
    const std::string_view folded = folded_;
    const identifier number = normalize(kind, text, folded);
    if (node.what == type::value) {
        if (node.prefix) {
            return folded.substr(0, wanted.size()) == wanted;
        }
        const std::string_view wanted_number = query_->number(node, kind);
        return (number ? number.text() : folded) == (wanted_number.empty() ? wanted : wanted_number);
    }
    if (number && number.text() == query_->number(node, kind)) {
        return true;
    }
    return has_phrase(node, word_of(kind, number));
}

/// True when the words of the node stand one behind the other in the folded text, behind which `more` is one more word.
bool query_evaluator::has_phrase(const query_node& node, std::string_view more) {
    const std::string_view wanted = query_->at(node.content);
    std::array<std::string_view, limits::query_words> phrase;
    std::size_t count = 0;
    for (word_cursor words(wanted); count < phrase.size(); ++count) {
        phrase[count] = words.next();
        if (phrase[count].empty()) {
            break;
        }
    }
    const auto same = [&](std::size_t i, std::string_view word) {
        return node.prefix && i + 1 == count ? word.substr(0, phrase[i].size()) == phrase[i] : word == phrase[i];
    };
    // At most query_words words are looked at again for each word of the text.
    word_cursor words(folded_);
    for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
        if (!same(0, word)) {
            continue;
        }
        word_cursor ahead = words;
        std::size_t i = 1;
        while (i < count && same(i, ahead.next())) {
            ++i;
        }
        if (i == count) {
            return true;
        }
    }
    return count == 1 && !more.empty() && same(0, more);
}

} // namespace marc
