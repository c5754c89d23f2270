// The grammar is MARCspec 0.16beta2, "MARCspec as string", without sub-specs.
#include "marc/error.hpp"
#include "marc/path.hpp"

#include <algorithm>

namespace marc {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}

/// subfieldChar of the grammar: visible ASCII but no upper case letter and no bar.
bool is_subfield_code(char c) noexcept {
    return c > 0x20 && c < 0x7F && !is_upper(c) && c != '@' && c != '|';
}

class parser {
  public:
    explicit parser(std::string_view text) : text_(text) {}

    path parse() {
        read_tag();
        if (next_is('[')) {
            result_.index = read_index();
        }
        if (next_is('^')) {
            read_indicator();
        } else if (next_is('/')) {
            result_.characters = read_characters();
        } else if (next_is('$')) {
            result_.what = path::target::subfields;
            while (next_is('$')) {
                read_part();
            }
        }
        if (at_ < text_.size()) {
            fail(text_[at_] == '{' ? errc::unsupported_path : errc::bad_path);
        }
        const bool leader = std::string_view(result_.tag.data(), 3) == "LDR";
        if (leader && result_.what != path::target::field) {
            at_ = 3;
            fail(errc::bad_path);
        }
        if (leader) {
            result_.what = path::target::leader;
        }
        return result_;
    }

  private:
    [[noreturn]] void fail(errc code = errc::bad_path) const { throw parse_error(code, at_, {}, text_.substr(at_)); }

    bool next_is(char c) const noexcept { return at_ < text_.size() && text_[at_] == c; }

    void read_tag() {
        const std::string_view tag = text_.substr(0, 3);
        const bool lower = std::any_of(tag.begin(), tag.end(), is_lower);
        const bool upper = std::any_of(tag.begin(), tag.end(), is_upper);
        const bool known = std::all_of(tag.begin(), tag.end(),
                                       [](char c) { return is_digit(c) || is_lower(c) || is_upper(c) || c == '.'; });
        if (tag.size() < 3 || !known || (lower && upper)) {
            fail();
        }
        std::copy(tag.begin(), tag.end(), result_.tag.begin());
        at_ = 3;
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

    void read_indicator() {
        ++at_;
        if (!next_is('1') && !next_is('2')) {
            fail();
        }
        result_.what = path::target::indicator;
        result_.indicator = static_cast<std::uint8_t>(text_[at_] - '0');
        ++at_;
    }

    void read_part() {
        if (result_.part_count == limits::path_parts) {
            fail(errc::unsupported_path);
        }
        path::part& part = result_.parts[result_.part_count];
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
        ++result_.part_count;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    path result_;
};

} // namespace

path parse_path(std::string_view text, std::pmr::memory_resource*) {
    return parser(text).parse();
}

} // namespace marc
