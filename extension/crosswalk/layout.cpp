#include "layout.hpp"

#include "marc/poll.hpp"

#include <array>
#include <cstring>
#include <string>

namespace crosswalk::detail {
namespace {

/// How a line ends: with open brackets, those of the lines above too, or with a sign or word that wants more.
bool goes_on(std::string_view line, place where, int& open) {
    lexer tokens(line, where);
    token last;
    while (!tokens.at_end()) {
        last = tokens.take();
        if (last.kind == token_kind::sign) {
            open += last.text == "(" || last.text == "[" ? 1 : 0;
            open -= last.text == ")" || last.text == "]" ? 1 : 0;
        }
    }
    constexpr std::array<std::string_view, 7> signs{",", "~", "|", "==", "!=", "or", "and"};
    bool wants_more = false;
    for (const std::string_view sign : signs) {
        wants_more = wants_more || (last.kind != token_kind::string && last.text == sign);
    }
    return open > 0 || wants_more;
}

std::string_view copy(std::string_view text, std::pmr::memory_resource* memory) {
    auto* const bytes = static_cast<char*>(memory->allocate(text.size() + 1, 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
}

} // namespace

std::pmr::vector<source_block> read_blocks(const rule_text& text, std::pmr::memory_resource* memory) {
    std::pmr::vector<source_block> blocks(memory);
    std::string_view rest = text.text;
    std::uint32_t number = 0;
    std::string comment;
    std::string joined;
    source_line line;
    int open = 0;
    const auto finish = [&] {
        line.text = copy(joined, memory);
        if (line.indentation == 0) {
            blocks.push_back({std::pmr::vector<source_line>(memory), copy(comment, memory)});
            comment.clear();
        } else if (blocks.empty()) {
            throw rule_error(text.name, line.where.line, "an indented line with nothing above that it belongs to");
        }
        blocks.back().lines.push_back(line);
        joined.clear();
        open = 0;
    };
    marc::poller polling;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view one = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        ++number;
        if (one.ends_with('\r')) {
            one.remove_suffix(1);
        }
        const std::size_t start = one.find_first_not_of(' ');
        if (start == std::string_view::npos) {
            comment.clear();
            continue;
        }
        if (one[start] == '\t') {
            throw rule_error(text.name, number, "a tab: indent with blanks");
        }
        if (one[start] == '#') {
            if (start == 0 && joined.empty()) {
                one.remove_prefix(std::min(one.find_first_not_of("# "), one.size()));
                comment += comment.empty() ? "" : " ";
                comment += one;
            }
            continue;
        }
        if (joined.empty()) {
            line.where = {text.name, number};
            line.indentation = static_cast<std::uint32_t>(start);
            joined = one.substr(start);
        } else {
            joined += ' ';
            joined += one.substr(start);
        }
        polling.step(one.size() + 16);
        if (!goes_on(one.substr(start), {text.name, number}, open)) {
            finish();
        }
    }
    if (!joined.empty()) {
        throw rule_error(text.name, line.where.line, "a line that wants more, at the end of the text");
    }
    return blocks;
}

} // namespace crosswalk::detail
