// The grammar is MARCspec 0.16beta2, "Form of MARCspec".
//
// Where the text of the specification leaves room:
// - A range from high to low (2-1) is refused, as the MARCspec test suite has it; "MARCspec interpretation" says that
//   it selects nothing. Numbers may have leading zeros (008/00-05): the ABNF forbids it, the suite's pattern does not.
// - A term without a tag, or with the tag of the path and no index, means the field that the path is at; a subfield
// term
//   with the codes of the subspec's own part and no index means that occurrence of the subfield (issue 22). A term with
//   an index, or with another tag, looks at the whole record.
// - `[1]` behind a subfield is an index of that subfield, `[1]$b` and `[1]^1` one of the field ("SubSpec abbreviation
//   rules").
// - A comparison string may hold characters beyond ASCII. \\ is a backslash, and so is a backslash before any character
//   that needs none. Its first character may be one of those that need a backslash elsewhere: {$c=\$}.
#include "marc/ascii.hpp"
#include "marc/error.hpp"
#include "marc/path.hpp"

#include <algorithm>
#include <utility>

namespace marc {
namespace {

/// subfieldChar of the grammar: visible ASCII but no upper case letter and no bar.
bool is_subfield_code(char c) noexcept {
    return c > 0x20 && c < 0x7F && !is_upper(c) && c != '@' && c != '|';
}

/// Characters that need a backslash in a comparison string.
bool is_special(char c) noexcept {
    return std::string_view("${}!=~?|").find(c) != std::string_view::npos;
}

class parser {
  public:
    parser(std::string_view text, std::pmr::memory_resource* memory) : text_(text), result_(memory) {}

    path parse() {
        if (text_.size() > limits::path_bytes) {
            at_ = limits::path_bytes;
            fail(errc::unsupported_path);
        }
        result_.tag = read_tag();
        if (next_is('[')) {
            result_.index = read_index();
        }
        if (is_leader(result_.tag)) {
            result_.what = path::target::leader;
            refuse_parts_of_leader();
        }
        if (next_is('$')) {
            result_.what = path::target::subfields;
            while (next_is('$')) {
                read_part();
            }
        } else {
            if (next_is('^')) {
                result_.what = path::target::indicator;
                result_.indicator = read_indicator();
            } else if (next_is('/')) {
                result_.characters = read_characters();
            }
            result_.subspecs = read_subspecs(path::part());
        }
        if (at_ < text_.size()) {
            const bool too_early = result_.subspecs.count > 0 && (next_is('$') || next_is('^') || next_is('/'));
            fail(too_early ? errc::misplaced_subspec : errc::bad_path);
        }
        return std::move(result_);
    }

  private:
    [[noreturn]] void fail(errc code = errc::bad_path) const { throw parse_error(code, at_, {}, text_.substr(at_)); }

    bool next_is(char c) const noexcept { return at_ < text_.size() && text_[at_] == c; }

    static bool is_leader(const std::array<char, 3>& tag) noexcept { return std::string_view(tag.data(), 3) == "LDR"; }

    void refuse_parts_of_leader() const {
        if (next_is('$') || next_is('^')) {
            fail();
        }
    }

    std::array<char, 3> read_tag() {
        const std::string_view tag = text_.substr(at_, 3);
        const bool lower = std::any_of(tag.begin(), tag.end(), is_lower);
        const bool upper = std::any_of(tag.begin(), tag.end(), is_upper);
        const bool known = std::all_of(tag.begin(), tag.end(),
                                       [](char c) { return is_digit(c) || is_lower(c) || is_upper(c) || c == '.'; });
        if (tag.size() < 3 || !known || (lower && upper)) {
            fail();
        }
        at_ += 3;
        return {tag[0], tag[1], tag[2]};
    }

    std::uint32_t read_number() {
        const std::size_t start = at_;
        std::uint32_t n = 0;
        while (at_ < text_.size() && is_digit(text_[at_]) && at_ - start < 9) {
            n = n * 10 + static_cast<std::uint32_t>(text_[at_] - '0');
            ++at_;
        }
        if (at_ == start || (at_ < text_.size() && is_digit(text_[at_]))) {
            at_ = start;
            fail();
        }
        return n;
    }

    position_range read_range() {
        position_range range;
        range.present = true;
        const std::size_t start = at_;
        if (next_is('#')) {
            ++at_;
            range.from_end = true;
        } else {
            range.first = read_number();
        }
        range.second = range.first;
        if (next_is('-')) {
            ++at_;
            if (next_is('#')) {
                ++at_;
                range.second = range.from_end ? 0 : position_range::last;
            } else {
                range.second = read_number();
            }
        }
        if (range.second < range.first) {
            at_ = start;
            fail();
        }
        return range;
    }

    position_range read_index() {
        ++at_;
        const position_range range = read_range();
        if (!next_is(']')) {
            fail();
        }
        ++at_;
        return range;
    }

    position_range read_characters() {
        ++at_;
        return read_range();
    }

    std::uint8_t read_indicator() {
        ++at_;
        if (!next_is('1') && !next_is('2')) {
            fail();
        }
        return static_cast<std::uint8_t>(text_[at_++] - '0');
    }

    /// A subfield code or a range of them, then an index and characters where they are given.
    path::part read_subfields() {
        path::part part;
        ++at_;
        if (at_ == text_.size() || !is_subfield_code(text_[at_])) {
            fail();
        }
        part.first_code = text_[at_];
        part.last_code = part.first_code;
        ++at_;
        if (next_is('-')) {
            ++at_;
            const char last = at_ < text_.size() ? text_[at_] : ' ';
            const bool same_kind =
                (is_digit(part.first_code) && is_digit(last)) || (is_lower(part.first_code) && is_lower(last));
            if (!same_kind || last < part.first_code) {
                fail();
            }
            part.last_code = last;
            ++at_;
        }
        if (next_is('[')) {
            part.index = read_index();
        }
        if (next_is('/')) {
            part.characters = read_characters();
        }
        return part;
    }

    void add_part(const path::part& part) {
        if (result_.part_count == limits::path_parts) {
            fail(errc::unsupported_path);
        }
        result_.parts[result_.part_count++] = part;
    }

    void read_part() {
        path::part part = read_subfields();
        result_.counts_subfields = result_.counts_subfields || part.index.present;
        written_first_ = part.first_code;
        written_last_ = part.last_code;
        const std::size_t subspecs_at = at_;
        const std::size_t comparisons = result_.comparisons.size();
        names_one_of_range_ = false;
        part.subspecs = read_subspecs(part);
        if (!names_one_of_range_) {
            add_part(part);
            return;
        }
        // $a-c{$b=\x} is $a{$b=\x}$b{$b=\x}$c{$b=\x}: only for the second of them $b is the subfield at hand.
        result_.comparisons.resize(comparisons);
        for (char code = written_first_; code <= written_last_; ++code) {
            part.first_code = part.last_code = code;
            at_ = subspecs_at;
            part.subspecs = read_subspecs(part);
            add_part(part);
        }
    }

    path::conditions read_subspecs(const path::part& outer) {
        path::conditions conditions;
        conditions.first = static_cast<std::uint32_t>(result_.comparisons.size());
        while (next_is('{')) {
            read_subspec(outer);
        }
        conditions.count = static_cast<std::uint32_t>(result_.comparisons.size()) - conditions.first;
        return conditions;
    }

    void read_subspec(const path::part& outer) {
        bool more = true;
        while (more) {
            ++at_; // the brace, or the bar
            if (result_.comparisons.size() == limits::path_comparisons) {
                fail(errc::unsupported_path);
            }
            path_comparison comparison = read_comparison(outer);
            more = next_is('|');
            if (!more && !next_is('}')) {
                fail();
            }
            comparison.last_of_subspec = !more;
            result_.comparisons.push_back(comparison);
        }
        ++at_;
    }

    path_comparison read_comparison(const path::part& outer) {
        path_comparison comparison;
        comparison.left.where = result_.what == path::target::subfields ? path_term::scope::occurrence
                                : result_.what == path::target::leader  ? path_term::scope::record
                                                                        : path_term::scope::field;
        if (read_operator(comparison.op)) {
            comparison.right = read_term(outer);
            return comparison;
        }
        const path_term term = read_term(outer);
        if (read_operator(comparison.op)) {
            comparison.left = term;
            comparison.right = read_term(outer);
        } else {
            comparison.right = term;
        }
        return comparison;
    }

    bool read_operator(path_operator& op) noexcept {
        const bool negative = next_is('!');
        at_ += negative ? 1 : 0;
        if (next_is('=')) {
            op = negative ? path_operator::unequal : path_operator::equal;
        } else if (next_is('~')) {
            op = negative ? path_operator::excludes : path_operator::includes;
        } else if (negative) {
            op = path_operator::missing;
            return true;
        } else if (next_is('?')) {
            op = path_operator::exists;
        } else {
            return false;
        }
        ++at_;
        return true;
    }

    path_term read_term(const path::part& outer) {
        if (next_is('\\')) {
            return read_comparison_string();
        }
        path_term term;
        const bool abbreviated = next_is('[') || next_is('/') || next_is('$') || next_is('^');
        term.tag = abbreviated ? result_.tag : read_tag();
        if (next_is('[')) {
            term.index = read_index();
        }
        const bool parts_follow = next_is('$') || next_is('^');
        if (abbreviated && result_.what == path::target::subfields && !parts_follow) {
            // {[1]}, {[1]/0} and {/0}: the subfield that the subspec stands behind
            term.what = path_term::kind::subfields;
            term.first_code = outer.first_code;
            term.last_code = outer.last_code;
            term.subfield_index = std::exchange(term.index, position_range());
            term.characters = next_is('/') ? read_characters() : position_range();
            term.where = term.subfield_index.present ? path_term::scope::field : path_term::scope::occurrence;
            return term;
        }
        // An indicator has no characters, and what has characters by position is a field without indicators.
        const bool bare = abbreviated && !term.index.present;
        if ((next_is('/') && bare && result_.what == path::target::indicator) ||
            (next_is('^') && abbreviated && result_.characters.present)) {
            fail();
        }
        if (is_leader(term.tag)) {
            refuse_parts_of_leader();
            term.what = path_term::kind::leader;
            term.characters = next_is('/') ? read_characters() : position_range();
            return term;
        }
        const bool at_hand = term.tag == result_.tag && !term.index.present;
        term.where = at_hand ? path_term::scope::field : path_term::scope::record;
        if (next_is('^')) {
            term.what = path_term::kind::indicator;
            term.indicator = read_indicator();
        } else if (next_is('$')) {
            read_subfield_term(term, outer);
        } else {
            term.what = path_term::kind::field;
            term.characters = next_is('/') ? read_characters() : position_range();
        }
        return term;
    }

    void read_subfield_term(path_term& term, const path::part& outer) {
        const path::part named = read_subfields();
        term.what = path_term::kind::subfields;
        term.first_code = named.first_code;
        term.last_code = named.last_code;
        term.subfield_index = named.index;
        term.characters = named.characters;
        if (term.where != path_term::scope::field || result_.what != path::target::subfields || named.index.present) {
            return;
        }
        const bool one = named.first_code == named.last_code;
        const bool same_as_written = named.first_code == written_first_ && named.last_code == written_last_;
        if (same_as_written || (one && outer.first_code == named.first_code && outer.last_code == named.first_code)) {
            term.where = path_term::scope::occurrence;
        } else if (one && named.first_code >= outer.first_code && named.first_code <= outer.last_code) {
            names_one_of_range_ = true;
        }
    }

    path_term read_comparison_string() {
        path_term term;
        term.what = path_term::kind::text;
        term.text_start = static_cast<std::uint32_t>(result_.texts.size());
        ++at_;
        for (bool first = true; at_ < text_.size() && (first || !is_special(text_[at_])); first = false) {
            char c = text_[at_];
            if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) {
                fail(); // a blank is written as \s
            }
            const char escaped = c == '\\' && at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
            if (escaped == '\\' || escaped == 's' || (escaped != '\0' && is_special(escaped))) {
                c = escaped == 's' ? ' ' : escaped;
                ++at_;
            }
            ++at_;
            result_.texts += c;
        }
        term.text_length = static_cast<std::uint32_t>(result_.texts.size()) - term.text_start;
        return term;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    path result_;
    // The part that is being read, as it is written: a range that is taken apart is still the same range to its terms.
    char written_first_ = 0;
    char written_last_ = 0;
    bool names_one_of_range_ = false;
};

} // namespace

path parse_path(std::string_view text, std::pmr::memory_resource* memory) {
    return parser(text, memory).parse();
}

} // namespace marc
