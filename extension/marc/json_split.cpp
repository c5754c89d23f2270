// Cutting files of JSON: newline-delimited, one object behind the other, or an array.
#include "marc/poll.hpp"
#include "split_cut.hpp"

#include <algorithm>

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
    const std::string_view opening = opening_of(text.substr(start));
    bool in_string = false;
    bool broken = false;
    std::size_t depth = 0;
    poller polling;
    std::size_t at = start;
    while (at < text.size()) {
        const std::size_t before = at;
        at = text.find_first_of(in_string ? "\"\\\n" : "{}\"\n", at);
        if (at == std::string_view::npos) {
            break;
        }
        polling.step(at - before + 1);
        const char c = text[at];
        ++at;
        if (c == '\\') {
            ++at;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (c == '{') {
            ++depth;
        } else if (c == '}' && --depth == 0) {
            return found(at, {});
        } else if (c == '\n') {
            // No string of JSON has a line end in it.
            broken = broken || in_string;
            in_string = false;
            const std::string_view next = text.substr(at);
            if (next.size() < std::max<std::size_t>(opening.size(), 1) && !at_end) {
                return cut_result::more;
            }
            if ((!opening.empty() && next.starts_with(opening)) || (broken && next.starts_with('{'))) {
                return found(at, errc::bad_json);
            }
        }
    }
    return at_end ? found(text.size(), errc::truncated) : cut_result::more;
}

} // namespace marc
