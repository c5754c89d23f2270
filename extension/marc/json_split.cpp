// Cutting files of JSON: newline-delimited, one object behind the other, or an array.
#include "marc/limits.hpp"
#include "marc/poll.hpp"
#include "split_cut.hpp"

#include <algorithm>
#include <bitset>

namespace marc {
namespace {

// What may stand between objects: white space, an array around them, and the record separator of RFC 7464.
constexpr std::string_view filler = " \t\r\n,[]\x1E";
constexpr std::string_view white_space = " \t\r\n";

/// How the object starts: its brace and first key, as they stand. Short, so that it is at hand.
std::string_view opening_of(std::string_view object) noexcept {
    constexpr std::size_t longest = 64;
    const std::string_view start = object.substr(0, longest);
    const std::size_t key = start.find_first_not_of(white_space, 1);
    if (key == std::string_view::npos || start[key] != '"') {
        return {};
    }
    const std::size_t end = start.find('"', key + 1);
    return end == std::string_view::npos ? std::string_view() : start.substr(0, end + 1);
}

std::size_t end_of_text(std::string_view text, std::size_t end) noexcept {
    const std::size_t last = text.substr(0, end).find_last_not_of(white_space);
    return last == std::string_view::npos ? 0 : last + 1;
}

char last_visible(std::string_view text, std::size_t end) noexcept {
    const std::size_t length = end_of_text(text, end);
    return length == 0 ? '\0' : text[length - 1];
}

/// The objects and arrays that are open. Records nest far less deep than this; that the depth is bounded bounds how
/// often the same bytes are looked at, too: a line that may be the next object is given back when the rest does not
/// fit.
class containers {
  public:
    /// False when it is too deep: then only objects are counted.
    bool push(char opening) noexcept {
        if (depth_ == deepest) {
            uncounted_ += opening == '{' ? 1 : 0;
            return false;
        }
        is_array_[depth_++] = opening == '[';
        return true;
    }
    /// False when the innermost is no array; that is passed over.
    bool close_array() noexcept {
        if (uncounted_ > 0 || depth_ == 0 || !is_array_[depth_ - 1]) {
            return false;
        }
        --depth_;
        return true;
    }
    /// Closes the innermost object, and arrays in it.
    void close_object() noexcept {
        if (uncounted_ > 0) {
            --uncounted_;
            return;
        }
        while (depth_ > 0 && is_array_[depth_ - 1]) {
            --depth_;
        }
        depth_ -= depth_ > 0 ? 1 : 0;
    }
    bool empty() const noexcept { return depth_ == 0; }
    /// Whether an object or array may stand behind this character.
    bool takes_value(char last) const noexcept {
        return last == ':' || ((last == '[' || last == ',') && depth_ > 0 && is_array_[depth_ - 1]);
    }

  private:
    static constexpr std::size_t deepest = 64;
    std::bitset<deepest> is_array_;
    std::size_t depth_ = 0;
    std::size_t uncounted_ = 0;
};

} // namespace

cut_result cut_json(std::string_view text, bool at_end, cut& result) {
    const std::size_t mark = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    const std::size_t start = std::min(text.find_first_not_of(filler, mark), text.size());
    result = {start, 0, {}};
    if (start == text.size()) {
        return at_end ? cut_result::end : cut_result::more;
    }
    const auto found = [&](std::size_t end, std::optional<errc> problem) {
        result.bytes = end_of_text(text, end) - start;
        result.problem = problem;
        return cut_result::found;
    };
    if (text[start] != '{') {
        const std::size_t end = text.find_first_of("{\n", start);
        return end == std::string_view::npos && !at_end ? cut_result::more
                                                        : found(std::min(end, text.size()), errc::bad_json);
    }
    // At 64 MiB there is as much at hand as there will be.
    const bool decide = at_end || text.size() >= limits::piece_bytes;
    const std::string_view opening = opening_of(text.substr(start));
    containers open;
    bool in_string = false;
    bool broken = false;
    std::size_t resync = std::string_view::npos; // the first line that may be the next object, or part of this one
    poller polling;
    std::size_t at = start;
    while (at < text.size()) {
        const std::size_t before = at;
        at = text.find_first_of(in_string ? "\"\\\n" : "{}[]\"\n", at);
        if (at == std::string_view::npos) {
            break;
        }
        polling.step(at - before + 1);
        const char c = text[at];
        ++at;
        switch (c) {
        case '\\':
            ++at;
            break;
        case '"':
            in_string = !in_string;
            break;
        case '{':
        case '[':
            broken = !open.push(c) || broken;
            break;
        case ']':
            broken = !open.close_array() || broken;
            break;
        case '}':
            open.close_object();
            if (open.empty()) {
                return found(at, {});
            }
            break;
        default: {
            // No string of JSON has a line end in it.
            broken = broken || in_string;
            in_string = false;
            const std::string_view next = text.substr(at);
            if (next.size() < std::max<std::size_t>(opening.size(), 1) && !decide) {
                return cut_result::more;
            }
            const bool starts = next.starts_with('{') || next.starts_with('[');
            const bool is_next = (!opening.empty() && next.starts_with(opening)) ||
                                 (starts && (broken || !open.takes_value(last_visible(text, at))));
            if (is_next) {
                return found(std::min(at, resync), errc::bad_json);
            }
            if (starts && resync == std::string_view::npos) {
                resync = at;
            }
            break;
        }
        }
        if (broken && resync != std::string_view::npos) {
            return found(resync, errc::bad_json);
        }
    }
    if (!decide) {
        return cut_result::more;
    }
    if (resync != std::string_view::npos) {
        return found(resync, errc::bad_json);
    }
    return at_end ? found(text.size(), errc::truncated) : cut_result::more;
}

} // namespace marc
