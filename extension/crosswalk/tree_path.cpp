#include "tree_path.hpp"
#include "lexer.hpp"
#include "parser.hpp"

#include "marc/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace crosswalk::detail {
namespace {

constexpr int deepest = 20;
constexpr std::uint16_t deepest_test = 250;

class path_parser {
  public:
    path_parser(std::string_view text, const lexer& where, names& known) : rest_(text), where_(where), known_(known) {}

    tree_path* whole() {
        tree_path* const made = path();
        if (!rest_.empty()) {
            fail("what does not belong in a path: " + std::string(rest_.substr(0, 40)));
        }
        return made;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const { where_.fail(what); }

    void skip_blanks() {
        while (rest_.starts_with(' ')) {
            rest_.remove_prefix(1);
        }
    }
    bool accept(std::string_view sign) {
        if (!rest_.starts_with(sign)) {
            return false;
        }
        rest_.remove_prefix(sign.size());
        return true;
    }

    bool is_name_character(char c) const noexcept {
        return marc::is_alphanumeric(c) || c == '_' || c == '-' || c == '.' || static_cast<unsigned char>(c) > 0x7F ||
               c == ':';
    }

    tree_path* path() {
        if (++depth_ > deepest) {
            fail("a path nested too deeply");
        }
        skip_blanks();
        auto* const made = known_.make<tree_path>();
        const tree_step** end = &made->steps;
        bool deep = false;
        bool any = false; // a step so far
        if (rest_.starts_with('/')) {
            made->from_root = true;
            deep = rest_.starts_with("//");
            rest_.remove_prefix(deep ? 2 : 1);
            any = true;
            if (!deep && (rest_.empty() || rest_[0] == ']' || rest_[0] == ' ')) {
                --depth_;
                return made; // the root itself
            }
        }
        bool more = true;
        while (more) {
            if (!deep && accept("..")) {
                if (any) {
                    fail("\"..\" stands at the front of a path only");
                }
                ++made->up;
            } else if (!deep && rest_.starts_with('.') && (rest_.size() == 1 || !is_name_character(rest_[1]))) {
                rest_.remove_prefix(1);
                any = true;
            } else {
                any = true;
                tree_step* const one = step(deep);
                *end = one;
                end = &one->next;
                if (one->axis == tree_axis::attribute && rest_.starts_with('/')) {
                    fail("nothing is below an attribute");
                }
            }
            more = rest_.starts_with('/');
            deep = rest_.starts_with("//");
            rest_.remove_prefix(deep ? 2 : more ? 1 : 0);
        }
        std::size_t descents = 0;
        for (const tree_step* s = made->steps; s != nullptr; s = s->next) {
            descents += s->axis == tree_axis::descendant ? 1 : 0;
        }
        if (descents > 1) {
            fail("\"//\" may stand once in a path");
        }
        --depth_;
        return made;
    }

    tree_step* step(bool deep) {
        auto* const made = known_.make<tree_step>();
        made->axis = deep ? tree_axis::descendant : tree_axis::child;
        if (!deep && accept("@")) {
            made->axis = tree_axis::attribute;
        }
        if (accept("*")) {
            made->any = true;
        } else {
            made->name = name();
        }
        const tree_test** end = &made->tests;
        for (std::size_t i = 0; accept("["); ++i) {
            if (i == tree_step::most_tests) {
                fail("too many brackets behind one name");
            }
            tree_test* const one = either();
            skip_blanks();
            if (!accept("]")) {
                fail("a bracket that does not end with ]: " + std::string(rest_.substr(0, 40)));
            }
            *end = one;
            end = &one->next;
        }
        return made;
    }

    std::string_view name() {
        if (accept("\"")) {
            return quoted('"');
        }
        std::size_t length = 0;
        while (length < rest_.size() && is_name_character(rest_[length])) {
            ++length;
        }
        const std::string_view found = rest_.substr(0, length);
        if (found.empty()) {
            fail(rest_.empty() ? "a path that ends too early"
                               : "expected a name in a path here: " + std::string(rest_.substr(0, 40)));
        }
        if (known_.into.source == source_form::xml && found.find(':') != std::string_view::npos) {
            fail("names in paths have no prefix: " + std::string(found));
        }
        rest_.remove_prefix(length);
        return known_.keep(found);
    }

    std::string_view quoted(char mark) {
        const std::size_t end = rest_.find(mark);
        if (end == std::string_view::npos) {
            fail("a text in a path that does not end");
        }
        const std::string_view text = known_.keep(rest_.substr(0, end));
        rest_.remove_prefix(end + 1);
        return text;
    }

    bool accept_word(std::string_view word) {
        skip_blanks();
        if (!rest_.starts_with(word) || (rest_.size() > word.size() && is_name_character(rest_[word.size()]))) {
            return false;
        }
        rest_.remove_prefix(word.size());
        return true;
    }

    tree_test* pair(test_kind kind, const tree_test* left, const tree_test* right) {
        auto* const made = known_.make<tree_test>();
        made->kind = kind;
        made->left = left;
        made->right = right;
        for (const tree_test* part : {left, right}) {
            if (part == nullptr) {
                continue;
            }
            if (part->kind == test_kind::position) {
                fail("a position stands in brackets of its own");
            }
            if (part->depth >= deepest_test) {
                fail("a path nested too deeply");
            }
            made->depth = std::max(made->depth, static_cast<std::uint16_t>(part->depth + 1));
        }
        return made;
    }
    tree_test* either() {
        tree_test* left = both();
        while (accept_word("or")) {
            left = pair(test_kind::either, left, both());
        }
        return left;
    }
    tree_test* both() {
        tree_test* left = one();
        while (accept_word("and")) {
            left = pair(test_kind::both, left, one());
        }
        return left;
    }

    tree_test* one() {
        if (++depth_ > deepest) {
            fail("a path nested too deeply");
        }
        tree_test* made = nullptr;
        if (accept_word("not")) {
            made = pair(test_kind::opposite, one(), nullptr);
        } else if (accept("(")) {
            made = either();
            skip_blanks();
            if (!accept(")")) {
                fail("a parenthesis in a path that does not end");
            }
        } else {
            made = comparison();
        }
        --depth_;
        return made;
    }

    tree_test* comparison() {
        auto* const made = known_.make<tree_test>();
        std::size_t digits = 0;
        while (digits < rest_.size() && marc::is_digit(rest_[digits])) {
            ++digits;
        }
        if (digits > 0 && digits < rest_.size() && rest_[digits] == ']') {
            const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + digits, made->position);
            if (error != std::errc{} || made->position == 0) {
                fail("positions count from 1: " + std::string(rest_.substr(0, digits)));
            }
            made->kind = test_kind::position;
            rest_.remove_prefix(digits);
            return made;
        }
        made->path = path();
        skip_blanks();
        const bool unequal = accept("!=");
        if (unequal || accept("=")) {
            accept("="); // == as in conditions
            made->kind = unequal ? test_kind::unequal : test_kind::equal;
            skip_blanks();
            if (!rest_.starts_with('"') && !rest_.starts_with('\'')) {
                fail("expected a text in quotes behind =");
            }
            const char mark = rest_[0];
            rest_.remove_prefix(1);
            made->value = quoted(mark);
        }
        return made;
    }

    std::string_view rest_;
    const lexer& where_;
    names& known_;
    int depth_ = 0;
};

} // namespace

const tree_path* parse_tree_path(std::string_view text, const lexer& where, names& known) {
    tree_path* const made = path_parser(text, where, known).whole();
    made->text = known.keep(text);
    return made;
}

bool tree_walk::pass(tree_node& node, const tree_step& step, counts& seen, bool& open) const {
    std::size_t number = 0;
    for (const tree_test* test = step.tests; test != nullptr; test = test->next) {
        const std::uint32_t count = ++seen[number++];
        if (test->kind != test_kind::position) {
            if (!holds(*test, node)) {
                return false;
            }
        } else {
            open = count < test->position;
            if (count != test->position) {
                return false;
            }
        }
    }
    return true;
}

bool tree_walk::holds(const tree_test& test, tree_node& node) const {
    bool any = false;
    switch (test.kind) {
    case test_kind::position:
        return false; // in brackets of its own only
    case test_kind::present: {
        auto take = [&](tree_node& found) {
            any = !value_of(found, memory_).empty();
            return !any;
        };
        each(*test.path, node, take);
        return any;
    }
    case test_kind::equal:
    case test_kind::unequal: {
        auto take = [&](tree_node& found) {
            any = value_of(found, memory_) == test.value;
            if (any) {
                found.used = true; // what it says has decided something
            }
            return !any;
        };
        each(*test.path, node, take);
        return any == (test.kind == test_kind::equal);
    }
    case test_kind::both:
        return holds(*test.left, node) && holds(*test.right, node);
    case test_kind::either:
        return holds(*test.left, node) || holds(*test.right, node);
    case test_kind::opposite:
        return !holds(*test.left, node);
    }
    return false;
}

} // namespace crosswalk::detail
