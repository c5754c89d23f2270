// The one file here that sees the JSON library.
#include "tree.hpp"

#include "marc/error.hpp"
#include "marc/limits.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>

namespace crosswalk::detail {
namespace {

constexpr std::string_view without_name = "item";

/// Takes the events of a JSON parser.
class receiver final : public nlohmann::json_sax<nlohmann::json> {
  public:
    receiver(std::string_view text, arena& memory) : text_(text), growing_(memory), open_(&memory), key_(&memory) {}

    bool null() override { return scalar({}); }
    bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return number(value); }
    bool number_unsigned(number_unsigned_t value) override { return number(value); }
    bool number_float(number_float_t, const string_t& written) override { return scalar(written); }
    bool string(string_t& value) override { return scalar(value); }
    bool binary(binary_t&) override { return false; } // JSON has none

    bool start_object(std::size_t) override {
        const bool is_top = open_.empty();
        if (!is_top) {
            growing_.start(name());
        }
        open_.push_back({false, !is_top, {}});
        return true;
    }
    bool end_object() override { return end(); }

    bool key(string_t& name) override {
        key_ = name;
        return true;
    }

    bool start_array(std::size_t) override {
        if (open_.empty()) {
            open_.push_back({true, false, without_name});
        } else if (open_.back().is_array) {
            growing_.start(name());
            open_.push_back({true, true, without_name});
        } else {
            open_.push_back({true, false, keep_key()});
        }
        return true;
    }
    bool end_array() override { return end(); }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        const std::size_t at = std::min(position == 0 ? 0 : position - 1, text_.size());
        const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n');
        throw marc::parse_error(marc::errc::bad_document, at, {}, "line " + std::to_string(line) + " is not JSON");
    }

    tree_node* top() const noexcept { return growing_.top(); }

  private:
    struct frame {
        bool is_array;
        bool has_element;
        std::string_view name; ///< of the members of an array
    };

    std::string_view name() const noexcept { return open_.back().is_array ? open_.back().name : key_; }

    /// The name of an array outlives the names of what is in it.
    std::string_view keep_key() {
        std::pmr::polymorphic_allocator<char> allocator(key_.get_allocator());
        char* const bytes = allocator.allocate(key_.size() + 1);
        std::copy(key_.begin(), key_.end(), bytes);
        return {bytes, key_.size()};
    }

    bool end() {
        const bool has_element = open_.back().has_element;
        open_.pop_back();
        if (has_element) {
            growing_.end();
        }
        return true;
    }

    template <class Number>
    bool number(Number value) {
        char digits[24];
        return scalar(
            {digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value).ptr - digits)});
    }

    bool scalar(std::string_view value) {
        polling_.step(value.size() + 16);
        if (open_.empty()) {
            growing_.text(value);
            growing_.finish_text();
        } else if (const std::string_view n = name(); !open_.back().is_array && n.size() > 1 && n[0] == '@') {
            growing_.attribute(n.substr(1), value);
        } else {
            growing_.start(n);
            growing_.text(value);
            growing_.end();
        }
        return true;
    }

    std::string_view text_;
    tree_builder growing_;
    std::pmr::vector<frame> open_;
    std::pmr::string key_;
    marc::poller polling_;
};

} // namespace

tree read_json_tree(std::string_view text, arena& memory) {
    if (text.size() > marc::limits::document_bytes) {
        throw marc::parse_error(marc::errc::too_large, text.size());
    }
    receiver into(text, memory);
    nlohmann::json::sax_parse(text.begin(), text.end(), &into);
    return {into.top(), into.top()};
}

} // namespace crosswalk::detail
