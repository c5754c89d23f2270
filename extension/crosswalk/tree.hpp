// Inside of the library: a document of XML or JSON as a tree, for rules that read one.
#pragma once

#include "syntax.hpp"

#include "crosswalk/convert.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace crosswalk::detail {

struct tree_node;

/// The children of a node by name, for one that has many.
struct named_child {
    std::string_view name;
    tree_node* first; ///< the others are its twins
};

/// An element, a member of an object, or an attribute. Its own memory is the document's.
struct tree_node {
    std::string_view name; ///< without a prefix
    std::string_view text; ///< in front of its first child; the value of an attribute
    std::string_view tail; ///< behind it, in the element around
    tree_node* parent = nullptr;
    tree_node* attributes = nullptr; ///< a list like that of the children
    tree_node* first = nullptr;
    tree_node* next = nullptr;
    tree_node* twin = nullptr;                     ///< the next sibling of the same name, where there is an index
    const named_child* children_by_name = nullptr; ///< sorted; made when first asked for
    std::uint32_t child_count = 0;
    std::uint32_t name_count = 0;
    std::string_view whole;  ///< the string value, once it was asked for and there are children
    std::uint32_t place = 0; ///< in the document, counted from 1
    bool is_attribute = false;
    bool has_whole = false;
    bool used = false;     ///< its whole string value stands in what was made
    bool own_used = false; ///< its own text does, and what of its children says so itself
};

/// A document that was read.
struct tree {
    tree_node* document = nullptr; ///< what / is: the parent of the record in XML, the object itself in JSON
    tree_node* record = nullptr;   ///< where the rules start
};

/// Grows a tree from events.
class tree_builder {
  public:
    explicit tree_builder(arena& memory) : memory_(memory), text_(&memory) { open_ = make({}); }

    /// @throws marc::parse_error too_large
    tree_node* start(std::string_view name);
    void attribute(std::string_view name, std::string_view value);
    void text(std::string_view piece) { text_ += piece; }
    /// Puts the text so far in its place; start() and end() do it themselves.
    void finish_text();
    void end();
    /// What is around everything.
    tree_node* top() const noexcept { return open_; }

  private:
    tree_node* make(std::string_view name);
    std::string_view keep(std::string_view text);

    arena& memory_;
    std::pmr::string text_; ///< since the last tag
    tree_node* open_;
    tree_node* last_ = nullptr;                    ///< the last child of the open element so far
    std::pmr::vector<tree_node*> lasts_{&memory_}; ///< those of the elements around
    std::uint32_t count_ = 0;
    std::size_t depth_ = 0;
};

/// Reads a document into the memory.
/// @param memory for the tree and what reading needs
/// @param names of elements that are a record, null for whatever the document is
/// @throws marc::parse_error bad_xml, bad_document, many_records, xml_doctype, bad_utf8, too_large
tree read_xml_tree(std::string_view text, const record_name* names, arena& memory);

/// The same of JSON: members are elements, those of an array repeat its name, and a member @x is an attribute. Members
/// of an array that has no name (at the top, or in another one) are called item.
tree read_json_tree(std::string_view text, arena& memory);

/// From so many children on an index is used: else paths in a loop over siblings would take quadratic time.
inline constexpr std::uint32_t many_children = 16;

/// The first child of that name; null when there is none.
/// @param parent has many children
tree_node* first_named(tree_node& parent, std::string_view name, arena& memory);

/// True when there is more than white space.
bool has_text(std::string_view text) noexcept;

/// The text of a node with all that is in it; empty when it is white space alone.
std::string_view value_of(tree_node& node, arena& memory);

/// Texts and attribute values that no node in use has in it.
void find_unused(const tree& from, std::pmr::vector<unmapped_text>& into, arena& memory);

} // namespace crosswalk::detail
