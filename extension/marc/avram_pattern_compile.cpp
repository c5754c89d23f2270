#include "avram_pattern.hpp"

#include "marc/ascii.hpp"
#include "marc/charset.hpp"

#include <algorithm>

namespace marc::avram {

/// Recursive descent over the grammar of ECMA-262 section 21.2.1, bounded by max_depth.
class pattern_compiler {
  public:
    pattern_compiler(std::string_view text, pattern& into) : text_(text), into_(into) {}

    void compile() {
        if (text_.empty()) {
            return fail(pattern::state::malformed);
        }
        alternatives(0);
        if (good() && at_ < text_.size()) {
            fail(pattern::state::malformed); // a ')' too many
        }
        emit(pattern::op::accept);
    }

  private:
    using op = pattern::op;
    static constexpr int max_depth = 50;
    static constexpr std::uint32_t unbounded = 0xFFFF'FFFF;

    bool good() const noexcept { return into_.state_ == pattern::state::good; }
    void fail(pattern::state why) noexcept {
        if (good()) {
            into_.state_ = why;
            into_.error_offset_ = at_;
        }
    }
    bool more() const noexcept { return good() && at_ < text_.size(); }
    bool take(char c) noexcept {
        if (at_ < text_.size() && text_[at_] == c) {
            ++at_;
            return true;
        }
        return false;
    }
    std::uint32_t here() const noexcept { return static_cast<std::uint32_t>(into_.program_.size()); }
    std::uint32_t emit(op what, std::uint32_t a = 0, std::uint32_t b = 0) {
        if (here() >= pattern::max_instructions) {
            fail(pattern::state::unsupported);
            return 0;
        }
        into_.program_.push_back({what, a, b});
        return here() - 1;
    }
    char32_t character() {
        const std::string_view rest = text_.substr(at_);
        at_ += character_bytes(rest);
        return decode_character(rest);
    }

    void alternatives(int depth) {
        if (depth > max_depth) {
            return fail(pattern::state::unsupported);
        }
        std::pmr::vector<std::uint32_t> jumps(into_.program_.get_allocator());
        std::uint32_t start = here();
        sequence(depth);
        while (more() && text_[at_] == '|') {
            // first | rest: a split in front of the first, a jump over the rest behind it.
            ++at_;
            insert(start);
            jumps.push_back(emit(op::jump));
            if (!good()) {
                return;
            }
            into_.program_[start] = {op::split, start + 1, here()};
            start = here();
            sequence(depth);
        }
        if (good()) {
            for (const std::uint32_t jump : jumps) {
                into_.program_[jump].a = here();
            }
        }
    }

    /// Makes room for one instruction; everything behind moves by one.
    void insert(std::uint32_t at) {
        emit(op::jump);
        if (!good()) {
            return;
        }
        auto& program = into_.program_;
        std::move_backward(program.begin() + at, program.end() - 1, program.end());
        for (std::size_t n = at + 1; n < program.size(); ++n) {
            shift(program[n], at, 1);
        }
    }
    static void shift(pattern::instruction& i, std::uint32_t from, std::uint32_t by) noexcept {
        if (i.what == op::split || i.what == op::jump) {
            i.a += i.a >= from ? by : 0;
        }
        if (i.what == op::split) {
            i.b += i.b >= from ? by : 0;
        }
    }

    void sequence(int depth) {
        while (more() && text_[at_] != '|' && text_[at_] != ')') {
            const std::uint32_t start = here();
            const bool repeatable = term(depth);
            if (good()) {
                quantifier(start, repeatable);
            }
        }
    }

    /// One atom or assertion; returns whether a quantifier may follow.
    bool term(int depth) {
        if (take('^')) {
            emit(op::begin);
            return false;
        }
        if (take('$')) {
            emit(op::end);
            return false;
        }
        if (take('.')) {
            emit(op::any);
            return true;
        }
        if (take('(')) {
            group(depth);
            return true;
        }
        if (take('[')) {
            bracket();
            return true;
        }
        if (text_[at_] == '*' || text_[at_] == '+' || text_[at_] == '?') {
            fail(pattern::state::malformed);
            return false;
        }
        if (take('\\')) {
            return escape();
        }
        emit(op::character, character());
        return true;
    }

    void group(int depth) {
        if (take('?')) {
            if (take('<')) { // (?<name> … ) is a group; (?<= and (?<! look behind
                const std::size_t close = text_.find('>', at_);
                if (at_ >= text_.size() || text_[at_] == '=' || text_[at_] == '!' || close == std::string_view::npos) {
                    return fail(pattern::state::unsupported);
                }
                at_ = close + 1;
            } else if (!take(':')) {
                return fail(at_ < text_.size() && (text_[at_] == '=' || text_[at_] == '!') ? pattern::state::unsupported
                                                                                           : pattern::state::malformed);
            }
        }
        alternatives(depth + 1);
        if (good() && !take(')')) {
            fail(pattern::state::malformed);
        }
    }

    /// A set of the ranges from `first` on, in order and without overlap: it is searched by halves.
    void emit_set(op what, std::size_t first) {
        auto& ranges = into_.ranges_;
        const auto start = ranges.begin() + static_cast<std::ptrdiff_t>(first);
        std::sort(start, ranges.end(),
                  [](const pattern::range& x, const pattern::range& y) { return x.first < y.first; });
        auto kept = start;
        for (auto next = start; next != ranges.end(); ++next) {
            if (kept != start && next->first <= (kept - 1)->last + 1) {
                (kept - 1)->last = std::max((kept - 1)->last, next->last);
            } else {
                *kept = *next;
                ++kept;
            }
        }
        ranges.erase(kept, ranges.end());
        emit(what, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(ranges.size() - first));
    }

    void add_range(char32_t first, char32_t last) { into_.ranges_.push_back({first, last}); }
    /// \d \w \s and their opposites as ranges; false for another letter.
    bool class_ranges(char letter) {
        const bool opposite = letter >= 'A' && letter <= 'Z';
        const std::size_t start = into_.ranges_.size();
        switch (letter | 0x20) {
        case 'd':
            add_range('0', '9');
            break;
        case 'w':
            add_range('0', '9');
            add_range('A', 'Z');
            add_range('_', '_');
            add_range('a', 'z');
            break;
        case 's':
            add_range('\t', '\r');
            add_range(' ', ' ');
            add_range(0xA0, 0xA0);
            add_range(0x1680, 0x1680);
            add_range(0x2000, 0x200A);
            add_range(0x2028, 0x2029);
            add_range(0x202F, 0x202F);
            add_range(0x205F, 0x205F);
            add_range(0x3000, 0x3000);
            add_range(0xFEFF, 0xFEFF);
            break;
        default:
            return false;
        }
        if (opposite) { // the ranges are sorted: the gaps between them
            char32_t first = 0;
            std::size_t end = into_.ranges_.size();
            for (std::size_t n = start; n < end; ++n) {
                const pattern::range r = into_.ranges_[n];
                into_.ranges_[n] = {first, r.first - 1};
                first = r.last + 1;
            }
            add_range(first, 0x10FFFF);
        }
        return true;
    }

    /// After a backslash outside of brackets.
    bool escape() {
        if (at_ >= text_.size()) {
            fail(pattern::state::malformed);
            return false;
        }
        const char c = text_[at_];
        if (c == 'b' || c == 'B') {
            ++at_;
            emit(c == 'b' ? op::word : op::not_word);
            return false;
        }
        const std::size_t first = into_.ranges_.size();
        if (class_ranges(c)) {
            ++at_;
            emit_set(op::set, first);
            return true;
        }
        if (c == 'p' || c == 'P' || c == 'k' || (c >= '1' && c <= '9')) {
            fail(pattern::state::unsupported);
            return false;
        }
        emit(op::character, escaped_character());
        return true;
    }

    char32_t hexadecimal(std::size_t digits) {
        char32_t value = 0;
        for (std::size_t n = 0; n < digits; ++n, ++at_) {
            const char c = at_ < text_.size() ? text_[at_] : ' ';
            const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            if (!letter && (c < '0' || c > '9')) {
                fail(pattern::state::malformed);
                return 0;
            }
            value = value * 16 + static_cast<char32_t>(letter ? (c | 0x20) - 'a' + 10 : c - '0');
        }
        return value;
    }

    char32_t escaped_character() {
        if (at_ >= text_.size()) {
            fail(pattern::state::malformed);
            return 0;
        }
        const char32_t c = character();
        switch (c) {
        case 't':
            return '\t';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 'f':
            return '\f';
        case 'v':
            return '\v';
        case '0':
            return 0;
        case 'x':
            return hexadecimal(2);
        case 'u': {
            if (take('{')) {
                const std::size_t close = text_.find('}', at_);
                if (close == std::string_view::npos || close == at_ || close - at_ > 6) {
                    fail(pattern::state::malformed);
                    return 0;
                }
                const char32_t value = hexadecimal(close - at_);
                take('}');
                return value;
            }
            return hexadecimal(4);
        }
        default:
            return c;
        }
    }

    void bracket() {
        const bool negated = take('^');
        const std::size_t first = into_.ranges_.size();
        while (more() && text_[at_] != ']') {
            char32_t low = 0;
            if (!bracket_atom(low)) {
                continue; // a class such as \d
            }
            if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
                ++at_;
                char32_t high = 0;
                if (!bracket_atom(high) || high < low) {
                    return fail(pattern::state::malformed);
                }
                add_range(low, high);
            } else {
                add_range(low, low);
            }
        }
        if (!take(']')) {
            return fail(pattern::state::malformed);
        }
        emit_set(negated ? op::negated_set : op::set, first);
    }

    /// One character inside brackets; false when it was a whole class.
    bool bracket_atom(char32_t& c) {
        if (!take('\\')) {
            c = character();
            return true;
        }
        if (at_ < text_.size() && class_ranges(text_[at_])) {
            ++at_;
            return false;
        }
        if (at_ < text_.size() && (text_[at_] == 'p' || text_[at_] == 'P')) {
            fail(pattern::state::unsupported);
            return false;
        }
        if (take('b')) {
            c = '\b';
            return true;
        }
        c = escaped_character();
        return true;
    }

    bool number(std::uint32_t& value) {
        const std::size_t start = at_;
        value = 0;
        while (at_ < text_.size() && is_digit(text_[at_])) {
            value = std::min<std::uint32_t>(value * 10 + static_cast<std::uint32_t>(text_[at_] - '0'), 1'000'000);
            ++at_;
        }
        return at_ > start;
    }

    void quantifier(std::uint32_t start, bool repeatable) {
        std::uint32_t least = 0;
        std::uint32_t most = unbounded;
        if (take('*')) {
        } else if (take('+')) {
            least = 1;
        } else if (take('?')) {
            most = 1;
        } else if (at_ < text_.size() && text_[at_] == '{') {
            const std::size_t before = at_++;
            bool valid = number(least);
            if (valid && take(',')) {
                if (!number(most)) {
                    most = unbounded;
                }
            } else {
                most = least;
            }
            if (!valid || !take('}') || most < least) {
                at_ = before;
                return fail(pattern::state::malformed);
            }
        } else {
            return;
        }
        if (!repeatable) {
            return fail(pattern::state::malformed);
        }
        take('?'); // lazy: the same set of values matches
        repeat(start, least, most);
    }

    /// Copies the instructions from start on; jumps inside of them follow.
    void copy(const std::pmr::vector<pattern::instruction>& piece, std::uint32_t start) {
        const std::uint32_t by = here() - start;
        for (pattern::instruction i : piece) {
            shift(i, start, by);
            emit(i.what, i.a, i.b);
        }
    }

    void repeat(std::uint32_t start, std::uint32_t least, std::uint32_t most) {
        auto& program = into_.program_;
        const std::pmr::vector<pattern::instruction> piece(program.begin() + start, program.end(),
                                                           program.get_allocator());
        // Checked before anything is copied: x{1000}{1000} must cost nothing.
        const std::size_t copies = std::size_t{most == unbounded ? least + 1 : most};
        if (copies * (piece.size() + 2) > pattern::max_instructions) {
            return fail(pattern::state::unsupported);
        }
        program.resize(start);
        for (std::uint32_t n = 0; n < least; ++n) {
            copy(piece, start);
        }
        if (most == unbounded) {
            const std::uint32_t split = emit(op::split);
            copy(piece, start);
            emit(op::jump, split);
            if (good()) {
                program[split] = {op::split, split + 1, here()};
            }
            return;
        }
        for (std::uint32_t n = least; n < most && good(); ++n) {
            const std::uint32_t split = emit(op::split);
            copy(piece, start);
            if (good()) {
                program[split] = {op::split, split + 1, here()};
            }
        }
    }

    std::string_view text_;
    pattern& into_;
    std::size_t at_ = 0;
};

pattern::pattern(std::string_view text, std::pmr::memory_resource* memory) : program_(memory), ranges_(memory) {
    if (find_invalid_utf8(text) != std::string_view::npos) {
        state_ = state::malformed;
        return;
    }
    pattern_compiler(text, *this).compile();
}

} // namespace marc::avram
