// Inside of the library: paths over trees, {titleInfo[not @type]/title}, compiled. Each node is visited once: `..`
// stands in front only, and // once in a path.
#pragma once

#include "tree.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace crosswalk::detail {

struct tree_path;
struct names;
class lexer;

enum class test_kind : std::uint8_t { position, present, equal, unequal, both, either, opposite };

/// What stands in brackets.
struct tree_test {
    test_kind kind = test_kind::present;
    std::uint16_t depth = 1; ///< of tests in each other: `a or b or c` nests, too
    std::uint32_t position = 0;
    const tree_path* path = nullptr; ///< of present, equal, unequal
    std::string_view value;
    const tree_test* left = nullptr;
    const tree_test* right = nullptr;
    const tree_test* next = nullptr; ///< in the next brackets
};

enum class tree_axis : std::uint8_t { child, descendant, attribute };

struct tree_step {
    static constexpr std::size_t most_tests = 8;
    tree_axis axis = tree_axis::child;
    bool any = false; ///< *
    std::string_view name;
    const tree_test* tests = nullptr;
    const tree_step* next = nullptr;
};

struct tree_path {
    bool from_root = false;
    std::uint32_t up = 0; ///< how many ..
    const tree_step* steps = nullptr;
    std::string_view text; ///< as the rules have it
};

/// Compiles what stands in braces.
/// @throws rule_error
const tree_path* parse_tree_path(std::string_view text, const lexer& where, names& known);

/// Goes along paths in one document.
class tree_walk {
  public:
    tree_walk(const tree& document, arena& memory) : document_(document), memory_(memory) {}

    /// Calls take(node) for each node, in the order of the document; take returns false to stop.
    /// @return false when it was stopped
    template <class Take>
    bool each(const tree_path& path, tree_node& from, Take& take) const {
        tree_node* at = path.from_root ? document_.document : &from;
        for (std::uint32_t i = 0; i < path.up && at != nullptr; ++i) {
            at = at == document_.document ? nullptr : at->parent;
        }
        return at == nullptr || steps(*at, path.steps, take);
    }

  private:
    /// How many nodes came to each of the tests of a step, below one parent.
    using counts = std::array<std::uint32_t, tree_step::most_tests>;

    template <class Take>
    bool steps(tree_node& at, const tree_step* step, Take& take) const {
        if (step == nullptr) {
            return take(at);
        }
        counts seen{};
        bool open = true; // a sibling may still pass
        const bool by_name = step->axis == tree_axis::child && !step->any && at.child_count >= many_children;
        tree_node* child = by_name                              ? first_named(at, step->name, memory_)
                           : step->axis == tree_axis::attribute ? at.attributes
                                                                : at.first;
        for (; child != nullptr && (open || step->axis == tree_axis::descendant);
             child = by_name ? child->twin : child->next) {
            if (open && (step->any || child->name == step->name)) {
                const bool passed = step->tests == nullptr || pass(*child, *step, seen, open);
                if (passed && !steps(*child, step->next, take)) {
                    return false;
                }
            }
            if (step->axis == tree_axis::descendant && !steps(*child, step, take)) {
                return false;
            }
        }
        return true;
    }

    /// @param open becomes false when no later sibling can pass
    bool pass(tree_node& node, const tree_step& step, counts& seen, bool& open) const;
    bool holds(const tree_test& test, tree_node& node) const;

    const tree& document_;
    arena& memory_;
};

} // namespace crosswalk::detail
