#include "adapter/sql_text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace everarchive::adapter {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/// Identifiers hold any byte above ASCII (scan.l, ident_cont).
bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// The byte at which UTF-8 breaks (RFC 3629) or a NUL stands; npos when the text is sound.
std::size_t broken_byte(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = [&](std::size_t at) {
            return at < text.size() ? static_cast<unsigned char>(text[at]) : static_cast<unsigned char>(0);
        };
        const unsigned char lead = byte(i);
        if (lead == 0) {
            return i;
        }
        std::size_t length = 1;
        if (lead >= 0x80) {
            length = lead >= 0xC2 && lead <= 0xDF   ? 2
                     : (lead & 0xF0) == 0xE0        ? 3
                     : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                    : 0;
            if (length == 0) {
                return i;
            }
            for (std::size_t k = 1; k < length; ++k) {
                if ((byte(i + k) & 0xC0) != 0x80) {
                    return i;
                }
            }
            const unsigned char second = byte(i + 1);
            if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
                (lead == 0xF4 && second > 0x8F)) {
                return i;
            }
        }
        i += length;
    }
    return std::string_view::npos;
}

/// Past the comment that begins at `i` (line or nested block), or `i` itself when none does.
std::size_t past_comment(std::string_view text, std::size_t i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("--")) {
        const std::size_t end = text.find('\n', i);
        return end == std::string_view::npos ? text.size() : end;
    }
    if (!rest.starts_with("/*")) {
        return i;
    }
    std::size_t depth = 0;
    while (i < text.size()) {
        const std::string_view here = text.substr(i);
        if (here.starts_with("/*")) {
            ++depth;
            i += 2;
        } else if (here.starts_with("*/")) {
            i += 2;
            if (--depth == 0) {
                return i;
            }
        } else {
            ++i;
        }
    }
    return text.size();
}

/// Past the quoted text whose opening quote stands at `i`; a doubled quote stands for itself.
std::size_t past_quoted(std::string_view text, std::size_t i, bool backslashes) {
    const char quote = text[i++];
    while (i < text.size()) {
        if (backslashes && text[i] == '\\') {
            i += 2;
        } else if (text[i] != quote) {
            ++i;
        } else if (i + 1 < text.size() && text[i + 1] == quote) {
            i += 2;
        } else {
            return i + 1;
        }
    }
    return text.size();
}

/// Past the dollar-quoted text that begins at `i`, or `i` itself when `$` opens none.
std::size_t past_dollar_quoted(std::string_view text, std::size_t i) {
    std::size_t end = i + 1;
    while (end < text.size() && is_word(text[end]) && text[end] != '$') {
        ++end;
    }
    const bool parameter = i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
    if (parameter || end >= text.size() || text[end] != '$') {
        return i;
    }
    const std::string_view tag = text.substr(i, end + 1 - i);
    const std::size_t close = text.find(tag, end + 1);
    return close == std::string_view::npos ? text.size() : close + tag.size();
}

/// Past the word, quoted text or single character at `i`.
std::size_t past_token(std::string_view text, std::size_t i) {
    const char c = text[i];
    if (c == '\'' || c == '"') {
        return past_quoted(text, i, false);
    }
    if (c == '$') {
        const std::size_t end = past_dollar_quoted(text, i);
        if (end != i) {
            return end;
        }
    }
    if (!is_word(c)) {
        return i + 1;
    }
    std::size_t end = i;
    while (end < text.size() && is_word(text[end])) {
        ++end;
    }
    const bool escapes = end == i + 1 && (c == 'e' || c == 'E') && end < text.size() && text[end] == '\'';
    return escapes ? past_quoted(text, end, true) : end;
}

} // namespace

sql_outline outline(std::string_view text, const sql_limits& limits) {
    sql_outline seen;
    if (text.size() > limits.bytes) {
        seen.fault = sql_fault{limits.bytes, fmt::format("it is longer than {} bytes", limits.bytes)};
        return seen;
    }
    if (const std::size_t at = broken_byte(text); at != std::string_view::npos) {
        seen.fault = sql_fault{at, "it is not UTF-8 text"};
        return seen;
    }
    std::size_t depth = 0;
    std::size_t tokens = 0;
    for (std::size_t i = 0; i < text.size();) {
        if (is_space(text[i])) {
            ++i;
            continue;
        }
        if (const std::size_t end = past_comment(text, i); end != i) {
            seen.first_comment = seen.first_comment.value_or(i);
            i = end;
            continue;
        }
        const char c = text[i];
        if (c == '(' || c == '[') {
            ++depth;
        } else if (c == ')' || c == ']') {
            seen.balanced = seen.balanced && depth > 0;
            depth -= depth > 0 ? 1 : 0;
        } else if (c == ';') {
            depth = 0;
            tokens = 0;
        }
        if (depth > limits.depth) {
            seen.fault = sql_fault{i, fmt::format("it nests deeper than {} parentheses", limits.depth)};
            return seen;
        }
        if (++tokens > limits.tokens) {
            seen.fault = sql_fault{i, fmt::format("a statement is longer than {} words and signs", limits.tokens)};
            return seen;
        }
        i = past_token(text, i);
    }
    return seen;
}

std::optional<std::string> header_value(std::string_view text, std::string_view key) {
    std::vector<std::string> values = header_values(text, key);
    return values.empty() ? std::nullopt : std::optional(std::move(values.front()));
}

std::vector<std::string> header_values(std::string_view text, std::string_view key) {
    std::vector<std::string> values;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (!line.empty() && is_space(line.back())) {
            line.remove_suffix(1);
        }
        if (line.empty()) {
            continue;
        }
        if (!line.starts_with("--")) {
            break;
        }
        line.remove_prefix(2);
        while (!line.empty() && is_space(line.front())) {
            line.remove_prefix(1);
        }
        if (line.starts_with(key) && line.substr(key.size()).starts_with(":")) {
            line.remove_prefix(key.size() + 1);
            while (!line.empty() && is_space(line.front())) {
                line.remove_prefix(1);
            }
            values.emplace_back(line);
        }
    }
    return values;
}

std::size_t line_at(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

std::size_t character_at(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return 1 + static_cast<std::size_t>(std::count_if(before.begin(), before.end(), starts));
}

std::size_t byte_of(std::string_view text, std::size_t character) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        seen += (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 ? 1 : 0;
        if (seen == character) {
            return i;
        }
    }
    return text.size();
}

std::size_t skip_blank(std::string_view text, std::size_t offset) {
    while (offset < text.size()) {
        if (is_space(text[offset])) {
            ++offset;
        } else if (const std::size_t end = past_comment(text, offset); end != offset) {
            offset = end;
        } else {
            break;
        }
    }
    return offset;
}

} // namespace everarchive::adapter
