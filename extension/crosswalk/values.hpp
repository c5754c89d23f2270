// Inside of the library: expressions over the field at hand.
#pragma once

#include "select.hpp"
#include "syntax.hpp"
#include "tree_path.hpp"

#include "marc/path.hpp"
#include "marc/poll.hpp"
#include "marc/record.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crosswalk::detail {

/// What of a record went into a document: whole fields by number, subfields by where their values lie, so that of
/// several with one code each counts for itself. Off unless somebody asks.
class usage {
  public:
    explicit usage(std::pmr::memory_resource* memory) : fields_(memory), values_(memory) {}
    void start(std::size_t fields) {
        on_ = true;
        fields_.assign(fields, false);
        values_.clear();
    }
    void stop() noexcept { on_ = false; }
    bool on() const noexcept { return on_; }
    void mark(std::string_view value) {
        if (on_) {
            values_.push_back(value.data());
        }
    }
    void mark_all(std::size_t field) {
        if (on_) {
            fields_[field] = true;
        }
    }
    /// Before has() is asked.
    void finish() {
        std::sort(values_.begin(), values_.end(), std::less<>());
        values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
    }
    bool has_all(std::size_t field) const { return fields_[field]; }
    bool has(std::string_view value) const {
        return std::binary_search(values_.begin(), values_.end(), value.data(), std::less<>());
    }

  private:
    bool on_ = false;
    std::pmr::vector<bool> fields_;
    std::pmr::vector<const char*> values_;
};

/// Where in a record the rules are.
struct place_at_hand {
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    std::size_t field = nowhere;
    std::string_view field_tag;
    std::string_view content; ///< of the field at hand
    bool is_control = false;
    marc::subfield_range subfields;
    std::size_t subfield = nowhere; ///< number in the field
    marc::subfield_view at_hand;
    tree_node* node = nullptr; ///< in rules that read a tree
};

/// The record and where in it the rules are.
class evaluator : public place_at_hand {
  public:
    /// @param arena  for texts of one record
    /// @param memory for what goes on to the next
    evaluator(const program& rules, detail::arena& arena, std::pmr::memory_resource* memory)
        : used(memory), rules_(rules), arena_(arena), fields_(memory), globals_(memory), known_(memory) {}

    void start(const marc::record_view& record);
    /// @param document outlives the rules' run
    void start(const tree& document);

    /// The value as one text: the first one of several.
    std::string_view text(const expression& e);
    /// The text of the node at hand.
    std::string_view node_text();
    bool truth(const expression& e);
    /// The same for a condition: what it reads does not count as used.
    bool holds(const expression& e);
    /// Calls take(value) for each value; take returns false to stop.
    template <class Take>
    void each(const expression& e, Take take);
    /// Calls take() with each of these subfields of the field at hand being the one at hand.
    template <class Take>
    void each_subfield(const expression& e, Take take);
    /// Calls take() with the subfields of each part of the field at hand: one begins where a subfield with one of these
    /// codes does not follow another with it, or one that ends with =. What stands in front of the first one ($3, $6)
    /// belongs to it.
    template <class Take>
    void each_part(const code_set& codes, Take take);
    /// Calls take() with each of these fields being the one at hand; take returns false to stop.
    /// @param condition null for all; what it reads does not count as used
    template <class Take>
    void each_field(const field_selection& selected, const expression* condition, Take take);
    /// The same with nodes of the tree.
    template <class Take>
    void each_node(const tree_path& path, const expression* condition, Take take);

    /// Lets the host stop.
    void poll() { polling_.step(32); }

    /// Counts what is read from now on as used, or not.
    bool use_counts = false;

    const marc::record_view* record() const noexcept { return record_; }
    std::string_view* frame = nullptr; ///< variables of the rule or template
    usage used;

    void enter(std::size_t index);
    /// No field is at hand, or the record of a tree.
    void leave() noexcept {
        back_to({});
        node = tree_ == nullptr ? nullptr : tree_->record;
    }
    void back_to(const place_at_hand& place) noexcept { static_cast<place_at_hand&>(*this) = place; }

    std::string_view keep(std::string_view text);

  private:
    std::string_view slice(std::string_view text, std::uint32_t first, std::uint32_t last) const noexcept;
    std::string_view call(const expression& e);
    std::string_view chosen(const expression& list, std::size_t number);
    std::string_view fixed(const expression& e);
    std::string_view prose(const expression& e);
    std::string_view joined(const expression& e, std::string_view separator);
    void mark(const marc::path_place& where);
    bool any_equal(const expression& a, const expression& b);
    bool neighbours(const expression& e);
    bool exists(const expression& e);
    bool is_paired();
    std::string_view global_value(std::uint32_t slot);
    template <class Take>
    void each_of_path(const marc::path& path, Take take);

    /// A global that was asked for.
    struct known_value {
        bool known = false;
        bool counted = false; ///< what it reads has counted as used
        std::string_view text;
    };

    /// Which fields are those that an exists asks for.
    struct known_fields {
        bool known = false;
        std::size_t first = nowhere; ///< greater than any field when there is none
        std::size_t last = 0;        ///< known only where the last one was asked for
        bool has_last = false;
    };
    bool exists_known(const expression& e, std::size_t here);

    const program& rules_;
    detail::arena& arena_;
    const marc::record_view* record_ = nullptr;
    const tree* tree_ = nullptr;
    field_table fields_;
    marc::poller polling_; ///< one for all loops: rules may nest many short ones
    std::pmr::vector<known_value> globals_;
    std::pmr::vector<known_fields> known_;
};

/// True when text matches: 9 stands for a digit, A for a letter, * for the rest; all else for itself.
bool is_like(std::string_view text, std::string_view pattern) noexcept;

} // namespace crosswalk::detail
