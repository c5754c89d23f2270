// The search language of `record @@ 'query'`: terms joined by & (and), | (or), ! (not) and parentheses; ! binds before
// &, & before |. AND, OR and NOT in capitals are the same as these signs.
//
//   query     = and { "|" and }
//   and       = not { "&" not }
//   not       = "!" not | "(" query ")" | term
//   term      = word                                a word anywhere: dogs   "hot dogs"   dog*
//             | tag                                 the field is there: 856   6..
//             | tag ":" word | tag "=" value        in any subfield of the field: 650:dogs   001=ocm123
//             | tag "/" positions "=" value         LDR/06=a   008/35-37=eng; the tag without points
//             | tag selector { selector }           several selectors: one and the same field has them all
//             | tag "{" query "}"                   one and the same field fulfils all: 650{$a:dogs & !$2=fast}; in it,
//                                                   terms are selectors, ":" word, "=" value or "/" positions "=" value
//   selector  = "$" codes                           the subfield is there: 856$u; several codes are alternatives:
//   100$ac
//             | "$" codes ":" word                  245$a:dogs   245$a:"hot dogs"   245$a:dog*
//             | "$" codes "=" value                 650$2=fast   020$a=9780306406157   245$a="hot dogs"
//             | "^" ("1" | "2") "=" value           an indicator: 245^1=0; # or " " is a blank
//   tag       = three digits or points; or, before one of : = $ ^ / {, three letters or digits. A point is any
//               character, and so is X or x behind a digit: 6XX is 6..
//   positions = number [ "-" number ]               characters, counted from 0
//   word      = text [ "*" ]
//   several words in one text stand one behind the other (a phrase); with
//                                                   *, the last one is the beginning of a word
//   value     = text [ "*" ]                        the whole value; with *, its beginning as it is written
//   text      = bare | quoted                       bare: up to a blank or one of & | ! ( ) { } " * $ ^; a word without
//                                                   a tag holds neither : nor =, and does not look like a path, such as
//                                                   245[0]; quoted: in "", with a backslash before " and backslash
//   codes     = letters and digits
//
// Words and values are compared in their folded form (fold.hpp): case, diacritics and punctuation do not count. Where a
// subfield holds a standard number (identifier_of()), "=" compares the number: an ISBN-10 equals its ISBN-13; and the
// number counts as one more word of the subfield; an ISBN or ISSN in another form, with or without its hyphens, is
// looked for as words and as the number. Positions and indicators are compared as they are, with # for a blank.
//
// Without codes, ":" and "=" look into every subfield whose code is not a digit (those control the field: $0 to $9),
// into text before the first subfield, and into control fields. A pattern with points, and a word without a tag, look
// into no fixed-length or date field (002, 004 to 009).
#pragma once

#include "marc/ascii.hpp"
#include "marc/identifier.hpp"
#include "marc/record.hpp"
#include "marc/tag_pattern.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace marc {

namespace limits {
inline constexpr std::size_t query_bytes = 65'536;
inline constexpr std::size_t query_nodes = 1'000;
inline constexpr std::size_t query_depth = 64;
inline constexpr std::size_t query_words = 64; ///< in one phrase
} // namespace limits

/// One node of a compiled query. The children of a node follow it; `end` is the index behind its last descendant.
struct query_node {
    enum class type : std::uint8_t {
        all_of,
        any_of,
        none_of,    ///< one child
        same_field, ///< one child, whose leaves look at one field with this tag
        presence,
        words,
        value,
        indicator,
        characters,
    };
    struct text {
        std::uint32_t start = 0;
        std::uint32_t size = 0;
    };
    type what = type::presence;
    bool prefix = false;
    std::uint8_t indicator_number = 0;
    char indicator = ' ';
    std::array<char, 3> tag{'.', '.', '.'};
    std::uint32_t end = 0;
    std::uint32_t first = 0; ///< characters: the positions
    std::uint32_t last = 0;
    text codes;                  ///< alternatives, one byte each; empty: see above
    text content;                ///< folded; for characters as it is
    std::array<text, 4> numbers; ///< the value as ISBN, ISSN, LCCN, OCLC number, where it is one; words: ISBN, ISSN

    std::string_view tag_text() const noexcept { return {tag.data(), 3}; }
    bool has_pattern() const noexcept { return tag_text().find('.') != std::string_view::npos; }
    bool is_leaf() const noexcept { return what >= type::presence; }
};
static_assert(std::is_trivially_copyable_v<query_node>);

/// A compiled query; borrows.
struct query_view {
    std::span<const query_node> nodes; ///< never empty; the first is the root
    std::string_view texts;

    std::string_view at(query_node::text t) const noexcept { return texts.substr(t.start, t.size); }
    std::string_view number(const query_node& node, identifier_kind kind) const noexcept {
        return kind == identifier_kind::none ? std::string_view()
                                             : at(node.numbers[static_cast<std::size_t>(kind) - 1]);
    }
};

/// A compiled query; owns its nodes.
class query {
  public:
    /// @param text UTF-8
    /// @throws parse_error bad_query: offset is the position in the text, what() shows the piece
    query(std::string_view text, std::pmr::memory_resource* memory = std::pmr::get_default_resource());
    query_view view() const noexcept { return {nodes_, texts_}; }

  private:
    std::pmr::vector<query_node> nodes_;
    std::pmr::string texts_;
};

/// True when the query only names fields that a record has to contain: presence, "=" and indicators, joined by &.
bool is_containment(const query_view& q) noexcept;

/// Evaluates queries on records; keeps its buffers.
class query_evaluator {
  public:
    explicit query_evaluator(std::pmr::memory_resource* memory) : folded_(memory) {}
    /// @throws parse_error corrupt
    bool matches(const query_view& q, const record_view& record);

  private:
    bool matches_record(std::size_t at);
    bool matches_field(std::size_t at, const field_view& f);
    bool leaf_in_field(const query_node& node, const field_view& f);
    bool leaf_in_text(const query_node& node, std::string_view tag, std::string_view code, std::string_view text);
    bool has_phrase(const query_node& node, std::string_view more);

    const query_view* query_ = nullptr;
    const record_view* record_ = nullptr;
    std::pmr::string folded_;
};

// What evaluation and index agree on (index_terms.hpp).

/// False for fields that hold codes at fixed positions, or a date: 002 and 004 to 009.
inline bool holds_words(std::string_view tag) noexcept {
    return !(tag[0] == '0' && tag[1] == '0' && (tag[2] == '2' || (tag[2] >= '4' && tag[2] <= '9')));
}

/// True for $0 to $9, which control the field.
inline bool is_control_code(std::string_view code) noexcept {
    return code.size() == 1 && is_digit(code.front());
}

/// The word that the number adds to those of its subfield; empty for ISSNs, whose halves are words as they stand.
inline std::string_view word_of(identifier_kind kind, const identifier& number) noexcept {
    return kind == identifier_kind::issn ? std::string_view() : number.text();
}

} // namespace marc
