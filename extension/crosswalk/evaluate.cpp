#include "evaluate.hpp"

#include "marc/ascii.hpp"
#include "marc/charset.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace crosswalk::detail {
namespace {

bool read_number(std::string_view text, long long& number) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

} // namespace

bool is_like(std::string_view text, std::string_view pattern) noexcept {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '*') {
            return true;
        }
        if (i >= text.size()) {
            return false;
        }
        const char c = text[i];
        const bool same = pattern[i] == '9'   ? marc::is_digit(c)
                          : pattern[i] == 'A' ? marc::is_letter(c)
                                              : c == pattern[i];
        if (!same) {
            return false;
        }
    }
    return text.size() == pattern.size();
}

void evaluator::start(const marc::record_view& record) {
    use_counts = false; // an error may have ended the last run
    record_ = &record;
    tree_ = nullptr;
    fields_.read(record);
    globals_.assign(rules_.global_count, {});
    known_.assign(rules_.known_count, {});
    leave();
}

void evaluator::start(const tree& document) {
    use_counts = false; // an error may have ended the last run
    record_ = nullptr;
    tree_ = &document;
    globals_.assign(rules_.global_count, {});
    leave();
}

std::string_view evaluator::node_text() {
    const std::string_view value = value_of(*node, arena_);
    node->used = node->used || (use_counts && !value.empty());
    return value;
}

void evaluator::enter(std::size_t index) {
    const marc::field_view f = record_->field(index);
    field = index;
    field_tag = f.tag();
    is_control = f.is_control();
    content = f.content();
    subfields = f.subfields();
    subfield = nowhere;
    at_hand = {};
}

std::string_view evaluator::keep(std::string_view text) {
    if (text.empty()) {
        return {};
    }
    auto* const bytes = static_cast<char*>(arena_.allocate(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
}

bool evaluator::holds(const expression& e) {
    const bool before = use_counts;
    use_counts = false;
    const bool result = truth(e);
    use_counts = before;
    return result;
}

std::string_view evaluator::text(const expression& e) {
    polling_.step(16); // what a value is made of may double with each level
    switch (e.kind) {
    case expression_kind::text:
    case expression_kind::number:
        return e.text;
    case expression_kind::subfields:
    case expression_kind::path:
    case expression_kind::nodes: {
        std::string_view first;
        each(e, [&](std::string_view value) {
            first = value;
            return false;
        });
        return first;
    }
    case expression_kind::current:
        if (node != nullptr) {
            return node_text();
        }
        if (subfield != nowhere) {
            if (use_counts) {
                used.mark(at_hand.value);
            }
            return at_hand.value;
        }
        if (use_counts && field != nowhere) {
            used.mark_all(field);
        }
        return content;
    case expression_kind::code:
        return at_hand.code;
    case expression_kind::tag:
        if (node != nullptr) {
            return node->name;
        }
        return marc::is_ascii(field_tag) ? field_tag : keep({marc::printable_tag(field_tag).text, 3}); // else no UTF-8
    case expression_kind::indicator:
        return !is_control && content.size() >= 2 && marc::is_ascii(content.substr(0, 2))
                   ? content.substr(e.number - 1, 1)
                   : std::string_view{};
    case expression_kind::leader:
        return record_->leader();
    case expression_kind::variable:
        return frame[e.number];
    case expression_kind::global:
        return global_value(e.number);
    case expression_kind::slice:
        return slice(text(*e.arguments[0]), e.number, e.last);
    case expression_kind::join: {
        std::pmr::string all(&arena_);
        for (std::size_t i = 0; i < e.argument_count; ++i) {
            all += text(*e.arguments[i]);
        }
        return keep(all);
    }
    case expression_kind::both: // x and y: y where x holds; x or y: the first that is not empty
        return holds(*e.arguments[0]) ? text(*e.arguments[1]) : std::string_view{};
    case expression_kind::either:
        return holds(*e.arguments[0]) ? text(*e.arguments[0]) : text(*e.arguments[1]);
    case expression_kind::call:
        return call(e);
    default:
        return truth(e) ? std::string_view{"true"} : std::string_view{};
    }
}

bool evaluator::truth(const expression& e) {
    const auto argument = [&](std::size_t i) -> const expression& { return *e.arguments[i]; };
    switch (e.kind) {
    case expression_kind::number:
        return e.number != 0;
    case expression_kind::subfields:
    case expression_kind::path:
    case expression_kind::nodes: {
        bool any = false;
        each(e, [&](std::string_view) {
            any = true;
            return false;
        });
        return any;
    }
    case expression_kind::equal:
        return any_equal(argument(0), argument(1));
    case expression_kind::unequal:
        return !any_equal(argument(0), argument(1));
    case expression_kind::less:
    case expression_kind::at_most: {
        long long a = 0;
        long long b = 0;
        if (!read_number(text(argument(0)), a) || !read_number(text(argument(1)), b)) {
            return false;
        }
        return e.kind == expression_kind::less ? a < b : a <= b;
    }
    case expression_kind::is_one_of:
        for (std::size_t i = 1; i < e.argument_count; ++i) {
            if (any_equal(argument(0), argument(i))) {
                return true;
            }
        }
        return false;
    case expression_kind::is_in: {
        const std::string_view one = text(argument(0));
        return !one.empty() && marc::character_bytes(one) == one.size() &&
               text(argument(1)).find(one) != std::string_view::npos;
    }
    case expression_kind::starts:
        return text(argument(0)).starts_with(text(argument(1)));
    case expression_kind::ends:
        return text(argument(0)).ends_with(text(argument(1)));
    case expression_kind::contains:
        return text(argument(0)).find(text(argument(1))) != std::string_view::npos;
    case expression_kind::like:
        return is_like(text(argument(0)), text(argument(1)));
    case expression_kind::both:
        return truth(argument(0)) && truth(argument(1));
    case expression_kind::either:
        return truth(argument(0)) || truth(argument(1));
    case expression_kind::opposite:
        return !truth(argument(0));
    case expression_kind::before:
    case expression_kind::after:
        return neighbours(e);
    case expression_kind::exists:
        return exists(e);
    case expression_kind::paired:
        return is_paired();
    case expression_kind::call:
        if (e.called == function::count || e.called == function::length || e.called == function::number) {
            return call(e) != "0" && !call(e).empty();
        }
        return !call(e).empty();
    default:
        return !text(e).empty();
    }
}

std::string_view evaluator::slice(std::string_view text, std::uint32_t first, std::uint32_t last) const noexcept {
    if (marc::is_ascii(text)) {
        return first < text.size() ? text.substr(first, last - first + 1) : std::string_view{};
    }
    const std::size_t start = marc::byte_of_character(text, first);
    return text.substr(start, marc::byte_of_character(text.substr(start), last - first + 1));
}

std::string_view evaluator::joined(const expression& e, std::string_view separator) {
    std::string_view only;
    std::pmr::string all(&arena_);
    std::size_t count = 0;
    each(e, [&](std::string_view value) {
        if (count == 0) {
            only = value;
        } else {
            if (count == 1) {
                all = only;
            }
            all += separator;
            all += value;
        }
        ++count;
        return true;
    });
    return count < 2 ? only : keep(all);
}

bool evaluator::any_equal(const expression& a, const expression& b) {
    const std::string_view wanted = text(b);
    if (a.kind == expression_kind::nodes) {
        bool found = false;
        each_node(*a.nodes, nullptr, [&] {
            found = value_of(*node, arena_) == wanted;
            node->used = node->used || found; // what it says has decided something
            return !found;
        });
        return found || (wanted.empty() && text(a).empty());
    }
    if (a.kind != expression_kind::subfields && a.kind != expression_kind::path) {
        return text(a) == wanted;
    }
    bool any = false;
    each(a, [&](std::string_view value) {
        any = value == wanted;
        return !any;
    });
    return any;
}

bool evaluator::neighbours(const expression& e) {
    if (field == nowhere || is_control || subfield == nowhere) {
        return false;
    }
    std::size_t number = 0;
    for (const marc::subfield_view& s : subfields) {
        polling_.step(16);
        const bool side = e.kind == expression_kind::before ? number > subfield : number < subfield;
        if (side && e.codes.has(s.code)) {
            return true;
        }
        ++number;
    }
    return false;
}

bool evaluator::exists(const expression& e) {
    const std::size_t here = field; // "nowhere" is greater than any
    bool any = false;
    if (e.nodes != nullptr) {
        each_node(*e.nodes, e.condition, [&] {
            any = true;
            return false;
        });
        return any;
    }
    if (e.known_slot != 0) {
        return exists_known(e, here);
    }
    each_field(*e.fields, e.condition, [&] {
        any = e.number == 0 || (e.number == 1 ? field < here : field > here);
        return e.number == 2 && !any;
    });
    return any;
}

/// A rule asks this at each field of a kind: looking at all the others each time would take quadratic time.
bool evaluator::exists_known(const expression& e, std::size_t here) {
    const std::size_t slot = e.known_slot - 1;
    const bool wants_last = e.number == 2;
    if (!known_[slot].known || (wants_last && !known_[slot].has_last)) {
        known_fields found{true, nowhere, 0, wants_last};
        each_field(*e.fields, e.condition, [&] {
            found.first = std::min(found.first, field);
            found.last = field;
            return wants_last;
        });
        known_[slot] = found;
    }
    const known_fields& found = known_[slot];
    if (e.number == 0) {
        return found.first != nowhere;
    }
    return e.number == 1 ? found.first < here : found.first != nowhere && here != nowhere && found.last > here;
}

bool evaluator::is_paired() {
    bool any = false;
    if (field != nowhere && field_tag == "880") {
        fields_.each_partner(field, [&](std::size_t) {
            any = true;
            return false;
        });
    }
    return any;
}

std::string_view evaluator::global_value(std::uint32_t slot) {
    known_value& value = globals_[slot];
    const bool uncounted = use_counts && !value.counted && (tree_ != nullptr || used.on());
    if (!value.known || uncounted) {
        // It is of the record, whatever is at hand.
        const place_at_hand here = *this;
        leave();
        value.text = text(*rules_.globals[slot].value);
        value.known = true;
        value.counted = use_counts;
        back_to(here);
    }
    return value.text;
}

void evaluator::mark(const marc::path_place& where) {
    const marc::field_view f = record_->field(where.field);
    if (where.subfield == marc::path_place::npos) {
        used.mark_all(where.field);
        return;
    }
    std::size_t number = 0;
    for (const marc::subfield_view& s : f.subfields()) {
        if (number++ == where.subfield) {
            used.mark(s.value);
            return;
        }
    }
}

} // namespace crosswalk::detail
