// The grammar stands in query.hpp.
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/fold.hpp"
#include "marc/query.hpp"

#include <algorithm>
#include <limits>

namespace marc {
namespace {

bool is_blank(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
/// What ends a bare text.
bool ends_text(char c) noexcept {
    return is_blank(c) || std::string_view("&|!(){}\"*$^").find(c) != std::string_view::npos;
}

using type = query_node::type;

class parser {
  public:
    parser(std::string_view text, std::pmr::vector<query_node>& nodes, std::pmr::string& texts,
           std::pmr::memory_resource* memory)
        : text_(text), nodes_(nodes), texts_(texts), raw_(memory) {}

    void parse() {
        if (text_.size() > limits::query_bytes) {
            throw parse_error(errc::bad_query, limits::query_bytes);
        }
        read_or(0);
        if (at_ < text_.size()) {
            fail();
        }
    }

  private:
    [[noreturn]] void fail() const { fail(at_); }
    [[noreturn]] void fail(std::size_t at) const { throw parse_error(errc::bad_query, at, {}, text_.substr(at)); }

    char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) noexcept {
        if (at_ < text_.size() && text_[at_] == c) {
            ++at_;
            return true;
        }
        return false;
    }
    void skip_blanks() noexcept {
        while (at_ < text_.size() && is_blank(text_[at_])) {
            ++at_;
        }
    }

    std::size_t add(type what) {
        if (nodes_.size() >= limits::query_nodes) {
            fail(); // too much
        }
        query_node node;
        node.what = what;
        node.tag = tag_;
        nodes_.push_back(node);
        nodes_.back().end = static_cast<std::uint32_t>(nodes_.size());
        return nodes_.size() - 1;
    }
    /// Puts a node in front of those from `at` on, as their parent.
    void put_above(std::size_t at, type what) {
        add(what);
        std::rotate(nodes_.begin() + static_cast<std::ptrdiff_t>(at), nodes_.end() - 1, nodes_.end());
        for (std::size_t i = at + 1; i < nodes_.size(); ++i) {
            ++nodes_[i].end;
        }
        close(at);
    }
    void close(std::size_t at) noexcept { nodes_[at].end = static_cast<std::uint32_t>(nodes_.size()); }

    void read_or(std::size_t depth) { read_list(depth, '|', type::any_of); }
    /// A list of one has no node of its own.
    void read_list(std::size_t depth, char sign, type what) {
        if (depth > limits::query_depth) {
            fail(); // too much
        }
        const std::size_t start = nodes_.size();
        std::size_t count = 0;
        do {
            if (sign == '|') {
                read_list(depth, '&', type::all_of);
            } else {
                read_not(depth);
            }
            ++count;
            skip_blanks();
        } while (take(sign) || take_operator(sign == '|' ? "OR" : "AND"));
        if (count > 1) {
            put_above(start, what);
        }
    }

    void read_not(std::size_t depth) {
        skip_blanks();
        const std::size_t start = nodes_.size();
        bool negated = false;
        while (take('!') || take_operator("NOT")) {
            negated = !negated;
            skip_blanks();
        }
        if (take('(')) {
            read_or(depth + 1);
            if (!take(')')) {
                fail();
            }
        } else if (in_field_) {
            read_selector();
        } else {
            read_term(depth);
        }
        if (negated) {
            put_above(start, type::none_of);
        }
    }

    /// Three characters that are a tag here: digits and points, or letters too when a sign follows. People write X for
    /// any digit: 6XX is 6.. here.
    bool read_tag() noexcept {
        const std::string_view tag = text_.substr(at_, 3);
        const char behind = at_ + 3 < text_.size() ? text_[at_ + 3] : ' ';
        const bool sign = std::string_view(":=$^/{").find(behind) != std::string_view::npos;
        const auto is_place = [](char c) { return is_digit(c) || c == '.'; };
        const auto is_open = [](char c) { return c == 'X' || c == 'x'; };
        if (tag.size() < 3) {
            return false;
        }
        const bool numeric = is_place(tag[0]) &&
                             std::all_of(tag.begin() + 1, tag.end(), [&](char c) { return is_place(c) || is_open(c); });
        const bool is_word = is_open(tag[1]) && !is_open(tag[2]); // 2x4
        const bool any = std::all_of(tag.begin(), tag.end(), [&](char c) { return is_place(c) || is_letter(c); });
        const bool alone = ends_text(behind) && behind != '*' && behind != '"';
        if (!(sign ? any : numeric && !is_word && alone)) {
            return false;
        }
        std::transform(tag.begin(), tag.end(), tag_.begin(), [&](char c) { return numeric && is_open(c) ? '.' : c; });
        at_ += 3;
        return true;
    }

    /// AND, OR and NOT in capitals are the signs.
    bool take_operator(std::string_view word) noexcept {
        const std::size_t end = at_ + word.size();
        if (text_.substr(at_, word.size()) != word || (end < text_.size() && !ends_text(text_[end]))) {
            return false;
        }
        at_ = end;
        return true;
    }

    void read_term(std::size_t depth) {
        tag_ = {'.', '.', '.'};
        if (!read_tag()) {
            read_word(add(type::words), true);
            return;
        }
        if (tag_text() == "LDR" && peek() != '/') {
            fail(); // the leader has positions only
        }
        if (take('{')) {
            const std::size_t group = add(type::same_field);
            in_field_ = true;
            read_or(depth + 1);
            in_field_ = false;
            if (!take('}')) {
                fail();
            }
            close(group);
        } else if (peek() == ':' || peek() == '=' || peek() == '/') {
            read_selector();
        } else if (peek() == '$' || peek() == '^') {
            read_selectors();
        } else {
            add(type::presence);
        }
    }

    std::string_view tag_text() const noexcept { return {tag_.data(), 3}; }

    void read_selectors() {
        const std::size_t start = nodes_.size();
        std::size_t count = 0;
        while (peek() == '$' || peek() == '^') {
            // 245$a$b could mean either or both: $ab is either, {$a & $b} is both.
            if (count > 0 && nodes_.back().what == type::presence) {
                fail();
            }
            read_selector();
            ++count;
        }
        if (count > 1) {
            put_above(start, type::all_of);
            put_above(start, type::same_field);
        }
    }

    void read_selector() {
        query_node::text codes;
        if (take('$')) {
            codes.start = static_cast<std::uint32_t>(texts_.size());
            while (is_letter(peek()) || is_digit(peek())) {
                texts_.push_back(text_[at_]);
                ++at_;
            }
            codes.size = static_cast<std::uint32_t>(texts_.size()) - codes.start;
            if (codes.size == 0 || codes.size > 36) {
                fail();
            }
        } else if (take('^')) {
            read_indicator();
            return;
        } else if (take('/')) {
            read_positions();
            return;
        }
        std::size_t leaf = 0;
        if (take(':')) {
            leaf = add(type::words);
            read_word(leaf, false);
        } else if (take('=')) {
            leaf = add(type::value);
            read_value(leaf);
        } else if (codes.size > 0) {
            leaf = add(type::presence);
        } else {
            fail();
        }
        nodes_[leaf].codes = codes;
    }

    void read_indicator() {
        const std::size_t leaf = add(type::indicator);
        if (peek() != '1' && peek() != '2') {
            fail();
        }
        nodes_[leaf].indicator_number = static_cast<std::uint8_t>(peek() - '0');
        ++at_;
        const std::size_t start = at_;
        if (!take('=')) {
            fail();
        }
        read_text();
        if (raw_.size() != 1 || take('*')) {
            fail(start);
        }
        nodes_[leaf].indicator = raw_[0] == '#' ? ' ' : raw_[0];
    }

    std::uint32_t read_number() {
        const std::size_t start = at_;
        std::uint32_t n = 0;
        while (is_digit(peek()) && at_ - start < 5) {
            n = n * 10 + static_cast<std::uint32_t>(peek() - '0');
            ++at_;
        }
        if (at_ == start) {
            fail();
        }
        return n;
    }

    void read_positions() {
        const std::size_t leaf = add(type::characters);
        const std::size_t start = at_;
        if (nodes_[leaf].has_pattern()) {
            fail(start);
        }
        query_node& node = nodes_[leaf];
        node.first = read_number();
        node.last = take('-') ? read_number() : node.first;
        if (node.last < node.first || !take('=')) {
            fail();
        }
        const std::size_t value = at_;
        read_text();
        std::replace(raw_.begin(), raw_.end(), '#', ' ');
        if (take('*') || count_characters(raw_) != std::size_t{node.last} - node.first + 1) {
            fail(value); // could never be equal
        }
        node.content = keep(raw_);
    }

    /// The text that stands here, without quotes, goes to raw_.
    void read_text() {
        raw_.clear();
        if (take('"')) {
            const std::size_t start = at_ - 1;
            while (!take('"')) {
                if (at_ >= text_.size()) {
                    fail(start);
                }
                if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                    ++at_;
                }
                raw_.push_back(text_[at_]);
                ++at_;
            }
            return;
        }
        const std::size_t start = at_;
        while (at_ < text_.size() && !ends_text(text_[at_])) {
            ++at_;
        }
        if (at_ == start) {
            fail();
        }
        raw_ = text_.substr(start, at_ - start);
    }

    std::string_view at(query_node::text t) const noexcept { return std::string_view(texts_).substr(t.start, t.size); }
    query_node::text keep(std::string_view text) {
        const query_node::text kept{static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size())};
        texts_.append(text);
        return kept;
    }

    void fold_raw(query_node& node) {
        node.content.start = static_cast<std::uint32_t>(texts_.size());
        fold(raw_, texts_);
        node.content.size = static_cast<std::uint32_t>(texts_.size()) - node.content.start;
        node.prefix = take('*');
    }

    /// False for what is meant as something else than the word in raw_: title:dogs has no tag, 24$a neither, 245[0] is
    /// a path, and a sign has nothing to join.
    bool is_bare_word() const noexcept {
        const std::size_t shape = raw_.find_first_not_of("0123456789.Xx");
        const bool indexed = shape != std::string::npos && shape > 0 && raw_[shape] == '[';
        const bool selector = peek() == '$' || peek() == '^' || peek() == '{';
        return raw_.find_first_of(":=") == std::string::npos && !indexed && !selector && raw_ != "AND" && raw_ != "OR";
    }

    void read_word(std::size_t leaf, bool without_tag) {
        const std::size_t start = at_;
        const bool quoted = peek() == '"';
        read_text();
        if (without_tag && !quoted && !is_bare_word()) {
            fail(start);
        }
        fold_raw(nodes_[leaf]);
        word_cursor words(std::string_view(texts_).substr(nodes_[leaf].content.start));
        std::size_t count = 0;
        while (!words.next().empty()) {
            ++count;
        }
        if (count == 0 || count > limits::query_words) {
            fail(start);
        }
        read_number_of_words(nodes_[leaf]);
    }

    /// Keeps the ISBN or ISSN that the words are as a whole, in another form than the number's own: that is a word.
    void read_number_of_words(query_node& node) {
        const std::string_view folded = at(node.content);
        const auto digits = folded.size() - static_cast<std::size_t>(std::count(folded.begin(), folded.end(), ' '));
        const bool whole = folded.find_first_not_of("0123456789x ") == std::string_view::npos;
        if (node.prefix || !whole || (digits != 8 && digits != 10 && digits != 13)) {
            return;
        }
        const identifier_kind kind = digits == 8 ? identifier_kind::issn : identifier_kind::isbn;
        const identifier number = normalize(kind, raw_, folded);
        if (number && number.text() != folded) {
            node.numbers[static_cast<std::size_t>(kind) - 1] = keep(number.text());
        }
    }

    void read_value(std::size_t leaf) {
        const std::size_t start = at_;
        read_text();
        fold_raw(nodes_[leaf]);
        if (nodes_[leaf].prefix) {
            if (nodes_[leaf].content.size == 0) {
                fail(start);
            }
            return;
        }
        for (const identifier_kind kind :
             {identifier_kind::isbn, identifier_kind::issn, identifier_kind::lccn, identifier_kind::oclc}) {
            identifier number = normalize(kind, raw_, at(nodes_[leaf].content));
            if (kind == identifier_kind::oclc && !number) {
                // Whoever asks for an OCLC number may leave out the mark that the record has.
                number = oclc_number(at(nodes_[leaf].content));
            }
            nodes_[leaf].numbers[static_cast<std::size_t>(kind) - 1] = keep(number.text());
        }
    }

    std::string_view text_;
    std::pmr::vector<query_node>& nodes_;
    std::pmr::string& texts_;
    std::pmr::string raw_;
    std::size_t at_ = 0;
    std::array<char, 3> tag_{'.', '.', '.'};
    bool in_field_ = false;
};

} // namespace

query::query(std::string_view text, std::pmr::memory_resource* memory) : nodes_(memory), texts_(memory) {
    parser(text, nodes_, texts_, memory).parse();
}

bool is_containment(const query_view& q) noexcept {
    return std::none_of(q.nodes.begin(), q.nodes.end(), [](const query_node& node) {
        return node.what == type::any_of || node.what == type::none_of || node.what == type::words || node.prefix;
    });
}

} // namespace marc
