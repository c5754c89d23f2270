#include "tree.hpp"

#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/limits.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <unordered_map>

namespace crosswalk::detail {
namespace {

constexpr std::string_view white_space = " \t\r\n";

void append_value(const tree_node& node, std::pmr::string& all) { // as deep as the readers allow
    all += node.text;
    for (const tree_node* child = node.first; child != nullptr; child = child->next) {
        append_value(*child, all);
        all += child->tail;
    }
}

std::string_view copy(std::string_view text, std::pmr::memory_resource& memory) {
    if (text.empty()) {
        return {};
    }
    auto* const bytes = static_cast<char*>(memory.allocate(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
}

/// Walks a tree with the path to where it is.
class unused_finder {
  public:
    unused_finder(std::pmr::vector<unmapped_text>& into, arena& memory)
        : into_(into), memory_(memory), path_(&memory) {}

    void element(const tree_node& node, std::size_t number, bool used) {
        const std::size_t before = path_.size();
        if (!node.name.empty()) {
            step("/", node.name, number);
        }
        used = used || node.used;
        polling_.step(node.text.size() + 16);
        for (const tree_node* a = node.attributes; a != nullptr; a = a->next) {
            if (!a->used && has_text(a->text)) {
                const std::size_t here = path_.size();
                step("/@", a->name, 0);
                into_.push_back({copy(path_, memory_), a->text});
                path_.resize(here);
            }
        }
        if (!used && !node.own_used) {
            own_text(node);
        }
        children(node, used);
        path_.resize(before);
    }

  private:
    /// How many children of a name there are, and how many came so far.
    struct of_name {
        std::size_t all = 0;
        std::size_t so_far = 0;
    };

    void own_text(const tree_node& node) {
        std::string_view only = has_text(node.text) ? node.text : std::string_view{};
        std::pmr::string all(only, &memory_);
        for (const tree_node* child = node.first; child != nullptr; child = child->next) {
            if (has_text(child->tail)) {
                all += child->tail;
                only = {};
            }
        }
        if (!all.empty()) {
            into_.push_back({copy(path_, memory_), only.empty() ? copy(all, memory_) : only});
        }
    }

    void children(const tree_node& node, bool used) {
        if (node.first == nullptr) {
            return;
        }
        if (node.first->next == nullptr) {
            return element(*node.first, 0, used);
        }
        std::pmr::unordered_map<std::string_view, of_name> names(&memory_);
        for (const tree_node* child = node.first; child != nullptr; child = child->next) {
            ++names[child->name].all;
        }
        for (const tree_node* child = node.first; child != nullptr; child = child->next) {
            of_name& same = names[child->name];
            ++same.so_far;
            element(*child, same.all > 1 ? same.so_far : 0, used);
        }
    }

    /// Names and paths are shown to a bound: nothing else would keep a hostile document from making many long ones.
    void step(std::string_view mark, std::string_view name, std::size_t number) {
        constexpr std::size_t longest_name = 60;
        constexpr std::size_t longest_path = 1'000;
        if (path_.size() > longest_path) {
            return;
        }
        path_ += mark;
        path_ += name.substr(0, marc::byte_of_character(name, longest_name));
        if (number > 0) {
            char digits[24];
            path_ += '[';
            path_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
            path_ += ']';
        }
    }

    std::pmr::vector<unmapped_text>& into_;
    arena& memory_;
    std::pmr::string path_;
    marc::poller polling_;
};

} // namespace

tree_node* tree_builder::make(std::string_view name) {
    if (count_ == marc::limits::document_nodes) {
        throw marc::parse_error(marc::errc::too_large, marc::limits::document_nodes);
    }
    auto* const made = new (memory_.allocate(sizeof(tree_node), alignof(tree_node))) tree_node;
    made->name = keep(name);
    made->place = count_++;
    return made;
}

std::string_view tree_builder::keep(std::string_view text) {
    return copy(text, memory_);
}

void tree_builder::finish_text() {
    if (!text_.empty()) {
        (last_ == nullptr ? open_->text : last_->tail) = keep(text_);
        text_.clear();
    }
}

tree_node* tree_builder::start(std::string_view name) {
    if (++depth_ > marc::limits::document_depth) {
        throw marc::parse_error(marc::errc::too_large, marc::limits::document_depth);
    }
    finish_text();
    tree_node* const made = make(name);
    made->parent = open_;
    ++open_->child_count;
    (last_ == nullptr ? open_->first : last_->next) = made;
    lasts_.push_back(made);
    open_ = made;
    last_ = nullptr;
    return made;
}

void tree_builder::attribute(std::string_view name, std::string_view value) {
    tree_node* const made = make(name);
    made->text = keep(value);
    made->parent = open_;
    made->is_attribute = true;
    tree_node** end = &open_->attributes;
    for (std::size_t i = 0; *end != nullptr; end = &(*end)->next) {
        if (++i == marc::limits::xml_attributes) {
            throw marc::parse_error(marc::errc::too_large, marc::limits::xml_attributes);
        }
    }
    *end = made;
}

void tree_builder::end() {
    finish_text();
    last_ = open_;
    open_ = open_->parent;
    lasts_.pop_back();
    --depth_;
}

bool has_text(std::string_view text) noexcept {
    return text.find_first_not_of(white_space) != std::string_view::npos;
}

std::string_view value_of(tree_node& node, arena& memory) {
    if (node.first == nullptr) {
        return has_text(node.text) ? node.text : std::string_view{};
    }
    if (!node.has_whole) {
        std::pmr::string all(&memory);
        append_value(node, all);
        node.whole = has_text(all) ? copy(all, memory) : std::string_view{};
        node.has_whole = true;
    }
    return node.whole;
}

tree_node* first_named(tree_node& parent, std::string_view name, arena& memory) {
    const auto is_before = [](const named_child& a, std::string_view b) { return a.name < b; };
    if (parent.children_by_name == nullptr) {
        const std::size_t count = parent.child_count;
        auto* const all = static_cast<named_child*>(memory.allocate(count * sizeof(named_child), alignof(named_child)));
        std::size_t n = 0;
        for (tree_node* child = parent.first; child != nullptr; child = child->next) {
            new (all + n++) named_child{child->name, child};
        }
        std::sort(all, all + n, [](const named_child& a, const named_child& b) {
            const int order = a.name.compare(b.name);
            return order != 0 ? order < 0 : a.first->place < b.first->place;
        });
        for (std::size_t i = 1; i < n; ++i) {
            if (all[i].name == all[i - 1].name) {
                all[i - 1].first->twin = all[i].first;
            }
        }
        const auto* const end =
            std::unique(all, all + n, [](const named_child& a, const named_child& b) { return a.name == b.name; });
        parent.children_by_name = all;
        parent.name_count = static_cast<std::uint32_t>(end - all);
    }
    const named_child* const end = parent.children_by_name + parent.name_count;
    const named_child* const found = std::lower_bound(parent.children_by_name, end, name, is_before);
    return found != end && found->name == name ? found->first : nullptr;
}

void find_unused(const tree& from, std::pmr::vector<unmapped_text>& into, arena& memory) {
    unused_finder(into, memory).element(*from.record, 0, false);
}

} // namespace crosswalk::detail
