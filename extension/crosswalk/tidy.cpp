#include "tidy.hpp"

#include "marc/ascii.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace crosswalk::detail {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// An initial at the end: a capital with a blank, a full stop or nothing in front.
bool ends_with_initial(std::string_view text) noexcept {
    return text.empty() ||
           (is_upper(text.back()) && (text.size() < 2 || text[text.size() - 2] == ' ' || text[text.size() - 2] == '.'));
}

bool ends_with_abbreviation(std::string_view text) noexcept {
    constexpr std::string_view known[] = {"arr.", "ed.", "etc.", "ft.", "ill.", "p.", "s.n.", "s.l."};
    return std::any_of(std::begin(known), std::end(known), [&](std::string_view a) {
        return text.ends_with(a) && (text.size() == a.size() || text[text.size() - a.size() - 1] == ' ');
    });
}

/// The text while it changes: a view as long as nothing has to go from the middle, then a copy that shrinks. What was
/// found out is kept: a text may be one million marks, and looking at all of it for each would take quadratic time.
class changing {
  public:
    changing(std::string_view text, std::pmr::memory_resource& arena) : text_(text), arena_(arena) {}
    std::string_view text() const noexcept { return text_; }

    void take_front(std::size_t count) noexcept {
        text_.remove_prefix(count);
        has_stop_ = false;
    }
    void take_back() noexcept {
        constexpr std::string_view paired = "()\"";
        is_paired_ = is_paired_ && paired.find(text_.back()) == npos;
        text_.remove_suffix(1);
    }
    void put(std::string_view front, std::string_view back) {
        std::pmr::string all(front, &arena_);
        all += text_;
        all += back;
        text_ = copy(all);
    }
    void even_blanks() {
        std::size_t first = 0;
        while (first < text_.size() && is_blank(text_[first])) {
            ++first;
        }
        if (first > 0) {
            take_front(first);
        }
        while (!text_.empty() && is_blank(text_.back())) {
            text_.remove_suffix(1);
        }
        if (is_even_) {
            return;
        }
        is_even_ = true;
        const auto odd = [&](std::size_t i) {
            return is_blank(text_[i]) && (text_[i] != ' ' || is_blank(text_[i + 1]));
        };
        std::size_t i = 0;
        while (i + 1 < text_.size() && !odd(i)) {
            ++i;
        }
        if (i + 1 >= text_.size()) {
            return;
        }
        char before = ' ';
        filter([&](std::size_t, char& c) {
            c = is_blank(c) ? ' ' : c;
            const bool keep = c != ' ' || before != ' ';
            before = c;
            return keep;
        });
        is_even_ = true;
    }

    /// Takes what tidy texts do not begin with, and for each parenthesis in front the last one that closes; true when
    /// there was something.
    bool take_fronts(bool bare) {
        std::size_t close = bare && text_.starts_with('(') ? text_.rfind(')') : npos;
        std::size_t at = 0;
        bool closes = false;
        for (; at < text_.size(); ++at) {
            const char c = text_[at];
            if (bare && c == '(') {
                if (close != npos && close > at + 1) {
                    closes = true;
                    close = text_.rfind(')', close - 1);
                }
            } else if (c != ';' && c != '=' && !is_blank(c)) {
                break;
            } else if (bare && close == npos && !closes && c != ' ') { // a parenthesis may stand behind it
                ++at;
                break;
            }
        }
        if (at == 0) {
            return false;
        }
        if (closes) {
            filter([&](std::size_t i, char& c) { return c != ')' || (close != npos && i <= close); });
        }
        take_front(at);
        is_paired_ = false;
        return true;
    }

    /// Takes marks away that have no other half; true when there were some.
    bool take_singles() {
        if (is_paired_) {
            return false;
        }
        const std::size_t open = text_.find('(');
        if (open != npos && text_.find(')', open) == npos) {
            filter([](std::size_t, char& c) { return c != '('; });
            return true;
        }
        const std::size_t quotation = text_.find('"');
        if (quotation != npos && text_.find('"', quotation + 1) == npos) {
            filter([&](std::size_t i, char&) { return i != quotation; });
            return true;
        }
        const std::size_t close = text_.find(')');
        if (close != npos && text_.rfind('(', close) == npos) {
            filter([&](std::size_t i, char& c) { return c != ')' || i > open; });
            return true;
        }
        is_paired_ = true;
        return false;
    }

    /// Of the full stop at the end.
    bool keeps_full_stop() {
        const std::string_view rest = text_.substr(0, text_.size() - 1);
        if (!rest.empty() && ends_with_initial(rest)) {
            return true;
        }
        return !has_initial(rest) && (ends_with_abbreviation(text_) || rest.find_first_of(".?!") != npos);
    }

  private:
    /// An initial at the end or in front of a full stop.
    bool has_initial(std::string_view rest) {
        if (!has_stop_) {
            stop_ = text_.find('.');
            while (stop_ != npos && !ends_with_initial(text_.substr(0, stop_))) {
                stop_ = text_.find('.', stop_ + 1);
            }
            has_stop_ = true;
        }
        return ends_with_initial(rest) || stop_ < rest.size();
    }

    std::string_view copy(std::string_view all) {
        bytes_ = static_cast<char*>(arena_.allocate(all.size() + 1, 1));
        std::memcpy(bytes_, all.data(), all.size());
        return {bytes_, all.size()};
    }

    /// Leaves the characters for which keep(place, character) is true.
    template <class Keep>
    void filter(Keep keep) {
        if (bytes_ == nullptr) {
            text_ = copy(text_);
        }
        char* const start = bytes_ + (text_.data() - bytes_);
        std::size_t end = 0;
        for (std::size_t i = 0; i < text_.size(); ++i) {
            char c = start[i];
            if (keep(i, c)) {
                start[end++] = c;
            }
        }
        text_ = {start, end};
        is_even_ = false;
        is_paired_ = false;
        has_stop_ = false;
    }

    std::string_view text_;
    std::pmr::memory_resource& arena_;
    char* bytes_ = nullptr;   ///< the copy that text_ is in
    bool is_even_ = false;    ///< blanks inside stand alone
    bool is_paired_ = false;  ///< there are no single marks
    bool has_stop_ = false;   ///< stop_ is known
    std::size_t stop_ = npos; ///< the first full stop with an initial in front of it
};

} // namespace

std::string_view tidied(std::string_view text, std::string_view characters, bool bare,
                        std::pmr::memory_resource& arena) {
    changing what(text, arena);
    marc::poller polling;
    for (;;) {
        polling.step();
        what.even_blanks();
        if (what.text().empty()) {
            return {};
        }
        if (what.take_fronts(bare) || what.take_singles()) {
            polling.step(what.text().size());
            continue;
        }
        const std::string_view now = what.text();
        const bool ends = characters.find(now.back()) != npos;
        if (ends && (now.back() != '.' || bare || !what.keeps_full_stop())) {
            what.take_back();
            continue;
        }
        const std::size_t open = now.find('[');
        const std::size_t close = now.find(']');
        if (open != npos && now.find(']', open) == npos) {
            what.put({}, "]");
        } else if (close != npos && now.rfind('[', close) == npos) {
            what.put("[", {});
        }
        return what.text();
    }
}

} // namespace crosswalk::detail
