#include "lexer.hpp"

#include "crosswalk/rules.hpp"
#include "marc/ascii.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace crosswalk::detail {
namespace {

bool is_word_character(char c) noexcept {
    return marc::is_alphanumeric(c) || c == '_' || c == ':' || static_cast<unsigned char>(c) > 0x7F;
}

constexpr std::array<std::string_view, 4> double_signs{"==", "!=", "<=", ">="};
constexpr std::string_view single_signs = "=<>()[],/~@!.+|";

} // namespace

bool lexer::accept(std::string_view sign) {
    if (!is_sign(sign)) {
        return false;
    }
    read();
    return true;
}

void lexer::expect(std::string_view sign) {
    if (!accept(sign)) {
        fail(std::string("expected \"") + std::string(sign) + "\" here: " + std::string(token_.text.substr(0, 40)));
    }
}

token lexer::expect(token_kind kind, const char* what) {
    if (token_.kind != kind) {
        fail(std::string("expected ") + what +
             (at_end() ? " at the end of the line" : " here: " + std::string(token_.text.substr(0, 40))));
    }
    return take();
}

void lexer::fail(std::string_view what) const {
    throw rule_error(where_.text_name, where_.line, what);
}

void lexer::read() {
    const std::size_t start = std::min(rest_.find_first_not_of(" \n\r"), rest_.size());
    token_ = {token_kind::end, {}, start > 0, false};
    rest_.remove_prefix(start);
    if (rest_.empty() || rest_[0] == '#') {
        rest_ = {};
        return;
    }
    const auto give = [&](token_kind kind, std::size_t skip, std::size_t length, std::size_t used) {
        token_.kind = kind;
        token_.text = rest_.substr(skip, length);
        rest_.remove_prefix(used);
    };
    const char c = rest_[0];
    if (c == '"') {
        std::size_t end = 1;
        while (end < rest_.size() && rest_[end] != '"') {
            token_.escaped = token_.escaped || rest_[end] == '\\';
            end += rest_[end] == '\\' ? 2U : 1U;
        }
        if (end >= rest_.size()) {
            fail("a string that does not end");
        }
        return give(token_kind::string, 1, end - 1, end + 1);
    }
    if (c == '{') {
        // Braces nest: subspecs have them too.
        std::size_t depth = 0;
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            if (rest_[i] == '\\') {
                ++i;
            } else if (rest_[i] == '{') {
                ++depth;
            } else if (rest_[i] == '}' && --depth == 0) {
                return give(token_kind::path, 1, i - 1, i + 1);
            }
        }
        fail("a field path that does not end with }");
    }
    if (c == '$') {
        if (rest_.size() > 1 && rest_[1] == '*') {
            return give(token_kind::codes, 1, 1, 2);
        }
        std::size_t end = 1;
        while (end < rest_.size() &&
               (marc::is_alphanumeric(rest_[end]) ||
                (rest_[end] == '-' && end + 1 < rest_.size() && end > 1 && marc::is_alphanumeric(rest_[end + 1])))) {
            ++end;
        }
        if (end == 1) {
            fail("$ without a subfield code behind it");
        }
        return give(token_kind::codes, 1, end - 1, end);
    }
    if (is_word_character(c)) {
        std::size_t end = 1;
        while (end < rest_.size() && (is_word_character(rest_[end]) ||
                                      ((rest_[end] == '-' || rest_[end] == '.') && (end + 1 < rest_.size()) &&
                                       (is_word_character(rest_[end + 1]) || rest_[end + 1] == '.')) ||
                                      (rest_[end] == '.' && rest_[end - 1] == '.'))) {
            ++end;
        }
        const std::string_view word = rest_.substr(0, end);
        return give(marc::is_number(word) ? token_kind::number : token_kind::word, 0, end, end);
    }
    for (const std::string_view sign : double_signs) {
        if (rest_.starts_with(sign)) {
            return give(token_kind::sign, 0, 2, 2);
        }
    }
    if (single_signs.find(c) != std::string_view::npos) {
        return give(token_kind::sign, 0, 1, 1);
    }
    fail(std::string("a character that has no meaning here: ") + c);
}

} // namespace crosswalk::detail
