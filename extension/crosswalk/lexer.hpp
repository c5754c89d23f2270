// Inside of the library: one logical line of rules in words and signs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace crosswalk::detail {

/// Where a line stands, for messages.
struct place {
    std::string_view text_name;
    std::uint32_t line = 0;
};

enum class token_kind : std::uint8_t {
    end,
    word,   ///< letters, digits, _ - : and points inside; name() is the whole
    number, ///< digits only
    string, ///< "…", without the quotes; \" and \\ inside
    codes,  ///< $abc, without the $
    path,   ///< {…}, without the braces
    sign,   ///< one or two characters: = == != < <= > ( ) [ ] , / ~ @ ! . + |
};

struct token {
    token_kind kind = token_kind::end;
    std::string_view text;
    bool space_before = false;
    bool escaped = false; ///< a string with a backslash inside
};

class lexer {
  public:
    /// @param line without its indentation
    lexer(std::string_view line, place where) : rest_(line), where_(where) { read(); }

    const token& peek() const noexcept { return token_; }
    token take() {
        const token taken = token_;
        read();
        return taken;
    }
    bool at_end() const noexcept { return token_.kind == token_kind::end; }
    bool is_sign(std::string_view sign) const noexcept {
        return token_.kind == token_kind::sign && token_.text == sign;
    }
    bool is_word(std::string_view word) const noexcept {
        return token_.kind == token_kind::word && token_.text == word;
    }
    /// Takes the sign when it is there.
    bool accept(std::string_view sign);
    /// @throws rule_error when another token is there
    void expect(std::string_view sign);
    token expect(token_kind kind, const char* what);
    /// @throws rule_error
    [[noreturn]] void fail(std::string_view what) const;
    const place& where() const noexcept { return where_; }

  private:
    void read();

    std::string_view rest_;
    place where_;
    token token_;
};

} // namespace crosswalk::detail
