// Cutting files of the forms that are lines: mnemonic text, line mode, Aleph sequential.
#include "iso2709_extent.hpp"
#include "line_form.hpp"
#include "marc/limits.hpp"
#include "marc/poll.hpp"
#include "split_cut.hpp"

#include <algorithm>

namespace marc {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

struct line {
    std::size_t start = 0;
    std::size_t next = 0; ///< where the next line starts
    std::string_view text;
};

/// The line at `start`; false when its end is not at hand.
bool find_line(std::string_view text, std::size_t start, bool at_end, line& found) {
    const std::size_t end = text.find('\n', start);
    if (end == std::string_view::npos && !at_end) {
        return false;
    }
    found.start = start;
    found.next = end == std::string_view::npos ? text.size() : end + 1;
    found.text = text.substr(start, std::min(end, text.size()) - start);
    if (found.text.ends_with('\r')) {
        found.text.remove_suffix(1);
    }
    return true;
}

/// Cuts lines into records. `ends_before(first, next)` says whether a record that holds the lines up to here ends
/// before this line; it sees each line once, beginning with the first of the record.
template <typename EndsBefore>
cut_result cut_lines(std::string_view text, bool at_end, cut& result, EndsBefore ends_before) {
    std::size_t at = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    at = std::min(text.find_first_not_of("\r\n", at), text.size());
    result = {at, 0, {}};
    if (at == text.size()) {
        return at_end ? cut_result::end : cut_result::more;
    }
    poller polling;
    line l;
    std::size_t end = at;
    while (at < text.size()) {
        if (!find_line(text, at, at_end, l)) {
            return cut_result::more;
        }
        if (ends_before(l.text) && at > result.start) {
            result.bytes = end - result.start;
            return cut_result::found;
        }
        if (!l.text.empty()) {
            end = l.start + l.text.size();
        }
        at = l.next;
        polling.step(l.text.size() + 1);
    }
    if (!at_end) {
        return cut_result::more;
    }
    result.bytes = end - result.start;
    return cut_result::found;
}

} // namespace

cut_result cut_mrk(std::string_view text, bool at_end, cut& result) {
    bool has_leader = false;
    bool first = true;
    bool is_marcmaker = false; // whose leader is =000
    return cut_lines(text, at_end, result, [&](std::string_view line) {
        is_marcmaker = is_marcmaker || (first && line.starts_with("=000"));
        const bool leader = line.starts_with(is_marcmaker ? "=000" : "=LDR");
        const bool ends = leader || (line.empty() && !has_leader);
        has_leader = has_leader || (first && leader);
        first = false;
        return ends;
    });
}

cut_result cut_line(std::string_view text, bool at_end, cut& result) {
    bool only_notes = true; // so far: they belong to the record behind them
    return cut_lines(text, at_end, result, [&](std::string_view line) {
        const bool ends =
            !only_notes && (line.empty() || (line.size() == limits::leader_bytes && leader_marks(line) >= 3));
        only_notes = only_notes && (line.empty() || is_line_mode_note(line));
        return ends;
    });
}

cut_result cut_aleph(std::string_view text, bool at_end, cut& result) {
    std::string_view number;
    bool has_leader = false;
    bool first = true;
    return cut_lines(text, at_end, result, [&](std::string_view line) {
        if (line.empty()) {
            return false;
        }
        // What is no line of Aleph is a piece of its own, which cannot be read.
        const std::string_view its_number = is_aleph_line(line) ? line.substr(0, 10) : line;
        const bool leader = line.substr(std::min<std::size_t>(line.size(), 10)).starts_with("LDR");
        const bool ends = !first && (its_number != number || (leader && has_leader));
        number = its_number;
        has_leader = has_leader || leader;
        first = false;
        return ends;
    });
}

} // namespace marc
