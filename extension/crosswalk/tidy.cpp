#include "tidy.hpp"

#include "marc/ascii.hpp"

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

bool has_initial(std::string_view text) noexcept {
    for (;;) {
        if (ends_with_initial(text)) {
            return true;
        }
        const std::size_t stop = text.rfind('.');
        if (stop == npos) {
            return false;
        }
        text = text.substr(0, stop);
    }
}

bool ends_with_abbreviation(std::string_view text) noexcept {
    constexpr std::string_view known[] = {"arr.", "ed.", "etc.", "ft.", "ill.", "p.", "s.n.", "s.l."};
    return std::any_of(std::begin(known), std::end(known), [&](std::string_view a) {
        return text.ends_with(a) && (text.size() == a.size() || text[text.size() - a.size() - 1] == ' ');
    });
}

/// The text while it changes: a view as long as nothing has to go from the middle.
class changing {
  public:
    changing(std::string_view text, std::pmr::memory_resource& arena) : text_(text), arena_(arena) {}
    std::string_view text() const noexcept { return text_; }
    void set(std::string_view text) noexcept { text_ = text; }
    void erase(std::size_t at) {
        std::pmr::string all(text_, &arena_);
        all.erase(at, 1);
        keep(all);
    }
    void put(std::string_view front, std::string_view back) {
        std::pmr::string all(front, &arena_);
        all += text_;
        all += back;
        keep(all);
    }
    void even_blanks() {
        while (!text_.empty() && is_blank(text_.front())) {
            text_.remove_prefix(1);
        }
        while (!text_.empty() && is_blank(text_.back())) {
            text_.remove_suffix(1);
        }
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
        std::pmr::string all(&arena_);
        for (const char c : text_) {
            if (!is_blank(c)) {
                all += c;
            } else if (all.back() != ' ') {
                all += ' ';
            }
        }
        keep(all);
    }

  private:
    void keep(std::string_view all) {
        auto* const bytes = static_cast<char*>(arena_.allocate(all.size(), 1));
        std::memcpy(bytes, all.data(), all.size());
        text_ = {bytes, all.size()};
    }
    std::string_view text_;
    std::pmr::memory_resource& arena_;
};

/// Takes a mark away that has no other half; true when there was one.
bool take_single(changing& what) {
    const std::string_view text = what.text();
    const std::size_t open = text.find('(');
    if (open != npos && text.find(')', open) == npos) {
        what.erase(open);
        return true;
    }
    const std::size_t quotation = text.find('"');
    if (quotation != npos && text.find('"', quotation + 1) == npos) {
        what.erase(quotation);
        return true;
    }
    const std::size_t close = text.find(')');
    if (close != npos && text.rfind('(', close) == npos) {
        what.erase(close);
        return true;
    }
    return false;
}

bool keeps_full_stop(std::string_view text) noexcept {
    const std::string_view rest = text.substr(0, text.size() - 1);
    if (!rest.empty() && ends_with_initial(rest)) {
        return true;
    }
    return !has_initial(rest) && (ends_with_abbreviation(text) || rest.find_first_of(".?!") != npos);
}

} // namespace

std::string_view tidied(std::string_view text, std::string_view characters, bool bare,
                        std::pmr::memory_resource& arena) {
    changing what(text, arena);
    for (;;) {
        what.even_blanks();
        const std::string_view now = what.text();
        if (now.empty()) {
            return {};
        }
        if (bare && now.front() == '(') {
            const std::size_t close = now.rfind(')');
            what.set(now.substr(1));
            if (close != npos && close > 1) {
                what.erase(close - 1);
            }
            continue;
        }
        if (now.front() == ';' || now.front() == '=') {
            what.set(now.substr(1));
            continue;
        }
        if (take_single(what)) {
            continue;
        }
        const bool ends = characters.find(now.back()) != npos;
        if (ends && (now.back() != '.' || bare || !keeps_full_stop(now))) {
            what.set(now.substr(0, now.size() - 1));
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
