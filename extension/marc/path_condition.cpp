// Subspecs: MARCspec, "SubSpec validation".
//
// The values of a term stay the same for the whole record, for one field, or for one occurrence of a subfield only. So
// does the truth of a comparison, which is kept that long. Where one side changes more often than the other, the other
// is listed once and looked up: the work grows with the size of the record times its logarithm. Only `~` and `!~`
// between two lists compare each with each. Whether a side has a value at all is kept for as long as its values stay
// the same, too.
#include "path_select.hpp"
#include "text_search.hpp"

#include <algorithm>
#include <functional>

namespace marc {
namespace {

using scope = path_term::scope;
using kind = path_term::kind;

bool needs_left(const path_comparison& comparison) noexcept {
    return comparison.left.what != kind::itself; // which is there, else nobody would ask
}

} // namespace

path_conditions::path_conditions(const path& selection, const record_view& record, std::pmr::memory_resource* memory)
    : path_(selection), record_(record), memory_(memory), memos_(memory), scratch_(memory) {}

void path_conditions::enter_field() noexcept {
    for (std::size_t i = 0; i < memos_.size(); ++i) {
        memo& kept = memos_[i];
        if (kept.result_scope != scope::record) {
            kept.known = answer::unknown;
        }
        if (path_.comparisons[i].left.where != scope::record) {
            kept.left_exists = answer::unknown;
        }
        if (path_.comparisons[i].right.where != scope::record) {
            kept.right_exists = answer::unknown;
        }
        if (kept.list_scope != scope::record) {
            kept.listed = false;
        }
    }
}

bool path_conditions::hold(const path::conditions& subspecs, const occurrence& at) {
    bool any = false;
    for (std::size_t i = 0; i < subspecs.count; ++i) {
        const std::size_t number = subspecs.first + i;
        any = any || compare(number, at);
        if (path_.comparisons[number].last_of_subspec) {
            if (!any) {
                return false;
            }
            any = false;
        }
    }
    return true;
}

bool path_conditions::compare(std::size_t number, const occurrence& at) {
    const path_comparison& comparison = path_.comparisons[number];
    if (memos_.empty()) {
        memos_.reserve(path_.comparisons.size());
        for (const path_comparison& c : path_.comparisons) {
            memo& kept = memos_.emplace_back(memory_);
            const bool unary = c.op == path_operator::exists || c.op == path_operator::missing;
            kept.result_scope = unary && !needs_left(c) ? c.right.where : std::min(c.left.where, c.right.where);
        }
    }
    memo& kept = memos_[number];
    if (kept.known != answer::unknown && kept.result_scope != scope::occurrence) {
        return kept.known == answer::yes;
    }
    const bool result = decide(comparison, kept, at);
    kept.known = result ? answer::yes : answer::no;
    return result;
}

bool path_conditions::decide(const path_comparison& comparison, memo& kept, const occurrence& at) {
    bool left_exists = false;
    switch (comparison.op) {
    case path_operator::exists:
    case path_operator::missing: {
        const bool found = exists(comparison.right, kept.right_exists, at);
        return found == (comparison.op == path_operator::exists) &&
               (!needs_left(comparison) || exists(comparison.left, kept.left_exists, at));
    }
    case path_operator::equal:
        return equal(comparison, kept, at, left_exists);
    case path_operator::unequal:
        // "A subSpec is false, if the left hand subTerm does not reference any data": also with != and !~.
        return !equal(comparison, kept, at, left_exists) && left_exists;
    case path_operator::includes:
        return includes(comparison, kept, at, left_exists);
    case path_operator::excludes:
        return !includes(comparison, kept, at, left_exists) && left_exists;
    }
    return false;
}

/// Whether a value of one side equals one of the other. Sets left_exists, at least when the answer is no.
bool path_conditions::equal(const path_comparison& comparison, memo& kept, const occurrence& at, bool& left_exists) {
    const path_term& left = comparison.left;
    const path_term& right = comparison.right;
    if (right.what == kind::text) {
        return visit(left, at, true, [&](std::string_view value) {
            left_exists = true;
            return value == text_of(right);
        });
    }
    if (left.what == kind::text) {
        left_exists = true;
        return visit(right, at, true, [&](std::string_view value) { return value == text_of(left); });
    }
    const bool list_left = left.where > right.where;
    const path_term& narrow = list_left ? right : left;
    list(list_left ? left : right, kept, at, true);
    left_exists = list_left && !kept.values.empty();
    return visit(narrow, at, true, [&](std::string_view value) {
        left_exists = left_exists || !list_left;
        return std::binary_search(kept.values.begin(), kept.values.end(), value);
    });
}

/// Whether a value on the left includes one on the right. Sets left_exists, at least when the answer is no.
bool path_conditions::includes(const path_comparison& comparison, memo& kept, const occurrence& at, bool& left_exists) {
    const path_term& right = comparison.right;
    if (right.what == kind::text) {
        return visit(comparison.left, at, true, [&](std::string_view value) {
            left_exists = true;
            return contains(value, text_of(right));
        });
    }
    list(right, kept, at, false);
    return visit(comparison.left, at, true, [&](std::string_view value) {
        left_exists = true;
        return std::any_of(kept.values.begin(), kept.values.end(), [&](std::string_view piece) {
            polling_.step(1 + value.size());
            return contains(value, piece);
        });
    });
}

bool path_conditions::exists(const path_term& term, answer& kept, const occurrence& at) {
    if (kept == answer::unknown || term.where == scope::occurrence) {
        kept = visit(term, at, false, [](std::string_view) { return true; }) ? answer::yes : answer::no;
    }
    return kept == answer::yes;
}

/// All values of the term, unless they are listed already.
void path_conditions::list(const path_term& term, memo& kept, const occurrence& at, bool sorted) {
    if (kept.listed && term.where != scope::occurrence) {
        return;
    }
    kept.values.clear();
    kept.joined.clear();
    kept.list_scope = term.where;
    visit(term, at, true, [&](std::string_view value) {
        // The value of a whole data field is made in scratch_, where the next one goes.
        const std::less<> before;
        const char* const made = scratch_.data();
        const bool borrowed = !before(value.data(), made) && before(value.data(), made + scratch_.size());
        kept.values.push_back(borrowed ? std::string_view(kept.joined.emplace_front(value)) : value);
        return false;
    });
    if (sorted) {
        std::sort(kept.values.begin(), kept.values.end());
    }
    kept.listed = true;
}

std::string_view path_conditions::text_of(const path_term& term) const noexcept {
    return std::string_view(path_.texts).substr(term.text_start, term.text_length);
}

/// Calls `stop` with each value of the term until it returns true; then that is the result.
/// @param needs_value false: it is enough to know that there is a value, which `stop` may get empty
template <typename Visit>
bool path_conditions::visit(const path_term& term, const occurrence& at, bool needs_value, Visit&& stop) {
    switch (term.what) {
    case kind::itself:
        return stop(at.value);
    case kind::text:
        return stop(text_of(term));
    case kind::leader: {
        const std::string_view value = select_characters(record_.leader(), term.characters, true);
        return in_range(term.index, 0, 1) && !value.empty() && stop(value);
    }
    default:
        break;
    }
    if (term.where == scope::occurrence && at.subfield != nullptr) {
        const std::string_view value =
            select_characters(at.subfield->value, term.characters, !record_.has(record_flag::non_ascii));
        return !(term.characters.present && value.empty()) && stop(value);
    }
    if (term.where != scope::record) {
        return visit_field(term, at.field, needs_value, stop);
    }
    field_selector fields(term.tag, term.index, record_, memory_);
    std::size_t field = 0;
    while (fields.next(field)) {
        polling_.step();
        if (visit_field(term, field, needs_value, stop)) {
            return true;
        }
    }
    return false;
}

/// The same for the values of one field.
template <typename Visit>
bool path_conditions::visit_field(const path_term& term, std::size_t number, bool needs_value, Visit&& stop) {
    const field_view f = record_.field(number);
    const bool ascii = !record_.has(record_flag::non_ascii);
    const auto characters_of = [&](std::string_view text) {
        const std::string_view value = select_characters(text, term.characters, ascii);
        return !(term.characters.present && value.empty()) && stop(value);
    };
    if (term.what == kind::indicator) {
        const std::string_view value = indicator_text(f, term.indicator);
        return !value.empty() && stop(value);
    }
    if (term.what == kind::field) {
        const bool exists_anyway = !needs_value && !term.characters.present;
        polling_.step(exists_anyway ? 1 : f.content().size());
        return exists_anyway ? stop({}) : characters_of(field_text(f, scratch_));
    }
    const subfield_range subfields = f.subfields();
    std::array<std::uint32_t, 128> seen;
    std::array<std::uint32_t, 128> totals;
    if (term.subfield_index.present) {
        seen.fill(0);
        count_codes(subfields, totals);
        polling_.step(f.content().size());
    }
    for (const subfield_view& s : subfields) {
        polling_.step(1 + s.value.size());
        if (!selects_code(term.first_code, term.last_code, s.code)) {
            continue;
        }
        if (term.subfield_index.present) {
            const std::size_t code = code_number(s.code);
            if (!in_range(term.subfield_index, seen[code]++, totals[code])) {
                continue;
            }
        }
        if (characters_of(s.value)) {
            return true;
        }
    }
    return false;
}

} // namespace marc
