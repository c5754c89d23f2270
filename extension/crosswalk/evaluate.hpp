// Inside of the library: what values.hpp declares as templates.
#pragma once

#include "values.hpp"

#include "marc/path.hpp"
#include "marc/poll.hpp"

namespace crosswalk::detail {

template <class Take>
void evaluator::each_subfield(const expression& e, Take take) {
    if (field == nowhere || is_control) {
        return;
    }
    const std::size_t outer = subfield;
    const marc::subfield_view outer_at_hand = at_hand;
    std::size_t number = 0;
    for (const marc::subfield_view& s : subfields) {
        if (e.codes.has(s.code)) {
            subfield = number;
            at_hand = s;
            polling_.step(s.value.size() + 16);
            if ((e.condition == nullptr || holds(*e.condition)) && !take(s)) {
                break;
            }
        }
        ++number;
    }
    subfield = outer;
    at_hand = outer_at_hand;
}

template <class Take>
void evaluator::each_part(const code_set& codes, Take take) {
    if (field == nowhere || is_control) {
        return;
    }
    const place_at_hand outer = *this;
    const char* const end = content.data() + content.size();
    const char* start = nullptr;
    std::string_view before;
    bool parallel = false; // ISBD: the same in another language follows
    bool any = false;      // a subfield that begins a part or goes on with it
    const auto part = [&](const char* until) {
        if (start != nullptr && start < until) {
            back_to(outer);
            subfields = marc::subfield_range({start, static_cast<std::size_t>(until - start)});
            subfield = nowhere;
            at_hand = {};
            take();
        }
        start = until;
    };
    for (const marc::subfield_view& s : outer.subfields) {
        if (s.code.empty()) {
            continue;
        }
        const char* const here = s.code.data() - 1;
        start = start == nullptr ? here : start;
        if (codes.has(s.code) && any && (s.code != before || parallel)) {
            part(here);
        }
        any = any || (s.code != "3" && s.code != "6");
        before = s.code;
        parallel = s.value.ends_with('=');
    }
    part(end);
    back_to(outer);
}

template <class Take>
void evaluator::each_field(const field_selection& selected, const expression* condition, Take take) {
    const place_at_hand outer = *this;
    const auto one = [&](std::size_t i) {
        enter(i);
        polling_.step(content.size() + 16);
        return (condition != nullptr && !holds(*condition)) || take();
    };
    if (selected.its_880 || selected.its_field) {
        if (outer.field != nowhere && (outer.field_tag == "880") == selected.its_field) {
            fields_.each_partner(outer.field, one);
        }
    } else if (fields_.may_have(selected)) {
        for (std::size_t i = 0; i < fields_.size() && (!fields_.matches(selected, i) || one(i)); ++i) {}
    }
    back_to(outer);
}

template <class Take>
void evaluator::each_node(const tree_path& path, const expression* condition, Take take) {
    const place_at_hand outer = *this;
    auto one = [&](tree_node& found) {
        node = &found;
        polling_.step(64);
        return condition != nullptr && !holds(*condition) ? true : take();
    };
    tree_walk(*tree_, arena_).each(path, *outer.node, one);
    back_to(outer);
}

template <class Take>
void evaluator::each_of_path(const marc::path& path, Take take) {
    std::pmr::string scratch(&arena_);
    marc::path_cursor cursor(path, *record_, scratch);
    std::string_view value;
    while (cursor.next(value)) {
        const marc::path_place& where = cursor.place();
        if (use_counts && used.on() && where.field != marc::path_place::npos) {
            mark(where);
        }
        if (!take(where.exact ? value : keep(value))) {
            return;
        }
    }
}

template <class Take>
void evaluator::each(const expression& e, Take take) {
    if (e.kind == expression_kind::subfields) {
        each_subfield(e, [&](const marc::subfield_view& s) {
            if (use_counts) {
                used.mark(s.value);
            }
            return take(s.value);
        });
    } else if (e.kind == expression_kind::path) {
        each_of_path(*e.path, take);
    } else if (e.kind == expression_kind::nodes) {
        each_node(*e.nodes, nullptr, [&] {
            const std::string_view value = value_of(*node, arena_);
            node->used = node->used || (use_counts && !value.empty());
            return value.empty() || take(value);
        });
    } else if (const std::string_view value = text(e); !value.empty()) {
        take(value);
    }
}

} // namespace crosswalk::detail
