// Records out of JSON, event by event: no tree is made of them. What is read as a tree goes through json_document.hpp.
#include "hexadecimal.hpp"
#include "json_members.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/json.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>

namespace marc {
namespace {

/// Goes over the text and says how far: the parser's events bear no position. The parser copies it, so the position is
/// elsewhere.
class counting_iterator {
  public:
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using reference = const char&;
    using pointer = const char*;

    counting_iterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
    reference operator*() const noexcept { return *at_; }
    counting_iterator& operator++() {
        ++at_;
        *reached_ = at_;
        if ((reinterpret_cast<std::uintptr_t>(at_) & 0xFFFFU) == 0) {
            poll(); // a string may be long, and is one event
        }
        return *this;
    }
    counting_iterator operator++(int) {
        counting_iterator old = *this;
        ++*this;
        return old;
    }
    friend bool operator==(const counting_iterator& a, const counting_iterator& b) noexcept { return a.at_ == b.at_; }

  private:
    const char* at_;
    const char** reached_;
};

/// Passes the events on. The parser keeps its state in a bit for each level, so depth costs no stack.
class event_handler {
  public:
    event_handler(json_members& members, const char* start, const char* const& reached)
        : members_(members), start_(start), reached_(reached) {}

    bool null() { return other(true); }
    bool boolean(bool) { return other(false); }
    bool number_integer(std::int64_t) { return other(false); }
    bool number_unsigned(std::uint64_t) { return other(false); }
    bool number_float(double, const std::string&) { return other(false); }
    bool binary(nlohmann::json::binary_t&) { return false; } // not in JSON text
    bool string(const std::string& text) {
        members_.string(text, offset());
        return true;
    }
    bool start_object(std::size_t) {
        members_.start_object(offset());
        return true;
    }
    bool key(const std::string& name) {
        members_.key(name, offset());
        return true;
    }
    bool end_object() {
        members_.end_object(offset());
        return true;
    }
    bool start_array(std::size_t) {
        members_.start_array(offset());
        return true;
    }
    bool end_array() {
        members_.end_array();
        return true;
    }
    template <typename Exception>
    bool parse_error(std::size_t, const std::string& last_token, const Exception&) {
        throw marc::parse_error(errc::bad_json, offset(), {}, last_token);
    }

  private:
    bool other(bool is_null) {
        members_.other(is_null, offset());
        return true;
    }
    std::size_t offset() const noexcept { return static_cast<std::size_t>(reached_ - start_); }

    json_members& members_;
    const char* start_;
    const char* const& reached_;
};

constexpr std::string_view white_space = " \t\r\n";

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20;
}

/// The text with escapes for the control characters in its strings, where JSON forbids them but pymarc and others read
/// them; empty when there are none.
std::pmr::string with_escaped_controls(std::string_view text, std::pmr::memory_resource* memory) {
    std::pmr::string mended(memory);
    if (std::none_of(text.begin(), text.end(), is_control)) {
        return mended;
    }
    bool in_string = false;
    std::size_t copied = 0;
    poller polling;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"') {
            in_string = !in_string;
        } else if (c == '\\') {
            ++at;
        } else if (in_string && is_control(c)) {
            mended += text.substr(copied, at - copied);
            mended += "\\u";
            write_hexadecimal(static_cast<unsigned char>(c), mended);
            copied = at + 1;
        }
        polling.step();
    }
    if (copied > 0) {
        mended += text.substr(copied);
    }
    return mended;
}

void read_document(std::string_view text, builder& into, report* notes, bool in_string) {
    const std::size_t invalid = find_invalid_utf8(text);
    if (invalid != std::string_view::npos) {
        throw parse_error(errc::bad_utf8, invalid);
    }
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    const std::size_t first = text.find_first_not_of(white_space, text.starts_with(byte_order_mark) ? 3 : 0);
    if (first == std::string_view::npos) {
        throw parse_error(errc::not_marc, text.size());
    }
    const char* const end = text.data() + text.size();
    const char* reached = text.data() + first;
    json_members members(into, notes);
    event_handler handler(members, text.data(), reached);
    nlohmann::json::sax_parse(counting_iterator(reached, &reached), counting_iterator(end, &reached), &handler,
                              nlohmann::json::input_format_t::json, false);
    const std::size_t rest = text.find_first_not_of(white_space, static_cast<std::size_t>(reached - text.data()));
    if (rest != std::string_view::npos) {
        throw parse_error(text[rest] == '{' ? errc::many_records : errc::bad_json, rest, {}, text.substr(rest, 20));
    }
    if (members.is_string() && !in_string) {
        read_document(members.whole_string(), into, notes, true);
        return;
    }
    members.finish();
}

} // namespace

void read_json(std::string_view text, builder& into, report* notes) {
    into.clear();
    if (text.size() > limits::text_bytes) {
        throw parse_error(errc::too_large, text.size());
    }
    const std::pmr::string mended = with_escaped_controls(text, into.memory());
    read_document(mended.empty() ? text : std::string_view(mended), into, notes, false);
}

} // namespace marc
