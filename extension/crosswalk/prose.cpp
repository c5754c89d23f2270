// The words of elements: prose() of the rules.
#include "evaluate.hpp"
#include "tree.hpp"

namespace crosswalk::detail {
namespace {

constexpr std::string_view white_space = " \t\r\n";

struct prose_rules {
    std::string_view left_out; ///< names with blanks between, of elements right below
    std::string_view between;  ///< what is put where two elements meet, behind a letter or the like
    bool uses = false;         ///< marks what is appended
};

void append_words(std::string_view text, std::pmr::string& all) {
    for (const char c : text) {
        if (white_space.find(c) == std::string_view::npos) {
            all += c;
        } else if (!all.empty() && all.back() != ' ') {
            all += ' ';
        }
    }
}

bool has_own_text(const tree_node& node) noexcept {
    bool any = has_text(node.text);
    for (const tree_node* child = node.first; child != nullptr && !any; child = child->next) {
        any = has_text(child->tail);
    }
    return any;
}

/// One of the words in a list.
bool is_listed(std::string_view list, std::string_view name) noexcept {
    for (std::size_t at = list.find(name); at != std::string_view::npos && !name.empty();
         at = list.find(name, at + 1)) {
        const std::size_t end = at + name.size();
        if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) {
            return true;
        }
    }
    return false;
}

/// Where two elements meet.
void set_apart(std::string_view between, std::pmr::string& all) {
    constexpr std::string_view punctuation = ".:;,!?-";
    if (all.empty()) {
        return;
    }
    if (all.back() == ' ') {
        all.pop_back();
    }
    all += all.empty() || punctuation.find(all.back()) != std::string_view::npos ? std::string_view{" "} : between;
}

/// Of what is inside of what was asked for; as deep as the readers allow.
void append_inner(const tree_node& node, std::string_view between, std::pmr::string& all);

/// A child with the text behind it.
void append_child(const tree_node& child, bool parent_has_text, std::string_view between, std::pmr::string& all) {
    const bool is_block = child.first != nullptr && !has_own_text(child);
    if (!parent_has_text || is_block) {
        set_apart(between, all);
    } else if (child.first == nullptr && child.text.empty()) { // a line break
        append_words(" ", all);
    }
    append_inner(child, between, all);
    if (is_block && has_text(child.tail)) {
        append_words(" ", all);
    }
    append_words(child.tail, all);
}

void append_inner(const tree_node& node, std::string_view between, std::pmr::string& all) {
    append_words(node.text, all);
    const bool has_own = has_own_text(node);
    for (const tree_node* child = node.first; child != nullptr; child = child->next) {
        append_child(*child, has_own, between, all);
    }
}

/// Appends the words of a node, one blank for each run of white space and one where two elements meet that are not
/// words in a text: those whose parent has no text of its own, and those that have none.
void append_prose(tree_node& node, const prose_rules& how, std::pmr::string& all) {
    set_apart(how.between, all);
    append_words(node.text, all);
    const bool has_own = has_own_text(node);
    for (tree_node* child = node.first; child != nullptr; child = child->next) {
        if (is_listed(how.left_out, child->name)) {
            append_words(" ", all);
            append_words(child->tail, all);
        } else {
            append_child(*child, has_own, how.between, all);
            child->used = child->used || how.uses;
        }
    }
    node.own_used = node.own_used || how.uses;
}

} // namespace

std::string_view evaluator::prose(const expression& e) {
    const auto argument = [&](std::size_t i) {
        return i < e.argument_count ? text(*e.arguments[i]) : std::string_view{};
    };
    std::pmr::string all(&arena_);
    const std::string_view left_out = argument(1);
    const prose_rules how{left_out, e.argument_count > 2 ? argument(2) : std::string_view{" "}, use_counts};
    each_node(*e.arguments[0]->nodes, nullptr, [&] {
        append_prose(*node, how, all);
        return true;
    });
    return keep(std::string_view(all).substr(0, all.find_last_not_of(' ') + 1));
}

} // namespace crosswalk::detail
