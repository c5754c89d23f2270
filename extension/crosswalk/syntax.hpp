// Inside of the library: compiled rules. Everything lies in the arena of the program, points into it and needs no
// destructor.
#pragma once

#include "arena.hpp"

#include "crosswalk/rules.hpp"
#include "marc/path.hpp"
#include "marc/tag_pattern.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>

namespace crosswalk::detail {

enum class expression_kind : std::uint8_t {
    text,      ///< "…"
    number,    ///< 12
    subfields, ///< $abc, $a-z, $*: those of the field at hand, in its order; [condition] chooses among them
    current,   ///< .  the value of the subfield at hand, or of the control field
    code,      ///< of the subfield at hand
    tag,       ///< of the field at hand
    indicator, ///< ind1, ind2
    leader,    ///< leader
    path,      ///< {MARCspec}, of the whole record
    nodes,     ///< {titleInfo/title}, from the element at hand
    variable,  ///< let in a rule, and the parameters of a template
    global,    ///< let outside of rules
    slice,     ///< x/6, x/6-7: characters by position
    join,      ///< x ~ y
    equal,
    unequal,
    less,
    at_most,
    is_one_of, ///< x in ("a", "b")
    is_in,     ///< x in "abc": one character, one of these
    starts,
    ends,
    contains,
    like, ///< x like "9999": 9 a digit, A a letter, * the rest
    both,
    either,
    opposite,
    before, ///< before $np: one of these stands behind the subfield at hand
    after,  ///< after $6
    exists, ///< exists(856 where …), exists_before(…)
    paired, ///< the field at hand is an 880 that goes with a field of the record
    call,
};

enum class function : std::uint8_t {
    join,
    chop,
    chop_front,
    trim,
    normalize,
    lower,
    upper,
    left,
    from,
    replace,
    remove,
    translate,
    text_before,
    text_after,
    length,
    count,
    nth,
    last,
    first_of,
    lookup,
    number,
    boolean,
    digits,
    shown,
    nonfiling,
    fold,
    last_part,
    latex,
    slug,
    shorten,
    tidy_name,
    url,
    isbn,
    issn,
    linked,
    address,
    tidy,
    bare,
    whole,
    place,
    prose,
    previous,
    next,
    fixed,
    year,
    codes,
};

/// Which subfield codes: ASCII ones by bit; `all` has every code, others too.
struct code_set {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool all = false;

    void add(unsigned char c) noexcept { (c < 64 ? low : high) |= std::uint64_t{1} << (c & 63U); }
    bool has(std::string_view code) const noexcept {
        if (all) {
            return true;
        }
        if (code.size() != 1 || static_cast<unsigned char>(code[0]) > 0x7F) {
            return false;
        }
        const auto c = static_cast<unsigned char>(code[0]);
        return (((c < 64 ? low : high) >> (c & 63U)) & 1U) != 0;
    }
};

struct table_row {
    std::string_view key;
    std::string_view value;
};

/// A table of terms, sorted by key.
struct table {
    std::string_view name;
    const table_row* rows = nullptr;
    std::size_t count = 0;
};

struct field_selection;
struct tree_path;

struct expression {
    expression_kind kind = expression_kind::text;
    function called = function::join;
    std::uint8_t argument_count = 0;
    std::uint16_t depth = 1;               ///< of expressions in each other, through lets outside of rules too
    std::string_view text;                 ///< of text; of a variable, its name
    std::uint32_t number = 0;              ///< number; indicator; slot of a variable; first position of a slice
    std::uint32_t last = 0;                ///< last position of a slice
    code_set codes;                        ///< of subfields, before, after
    const expression* condition = nullptr; ///< of subfields
    const expression* const* arguments = nullptr;
    const marc::path* path = nullptr;
    const tree_path* nodes = nullptr;        ///< of nodes; of exists in rules that read a tree
    const table* rows = nullptr;             ///< of lookup
    const field_selection* fields = nullptr; ///< of exists; number is 1 for exists_before, 2 for exists_after
    /// Of exists that says the same wherever in the record the rules are, but for what stands in front of it and
    /// behind: 1 + the place among those. Else 0.
    std::uint32_t known_slot = 0;
    bool varies = false; ///< reads variables of a rule or template, itself or what is in it
};

/// One place that `for` looks at.
struct field_selector {
    marc::tag_pattern from; ///< 245, 6..
    marc::tag_pattern to;   ///< the same, or the end of a range of tags
    bool linked = false;    ///< 880[245]: an 880 that goes with such a field
};

/// Tags by number, for those that are three digits.
class tag_numbers {
  public:
    void add(int number) noexcept { bits_[static_cast<unsigned>(number) / 64] |= bit(number); }
    bool has(int number) const noexcept { return (bits_[static_cast<unsigned>(number) / 64] & bit(number)) != 0; }
    bool meets(const tag_numbers& other) const noexcept {
        std::uint64_t common = 0;
        for (std::size_t i = 0; i < bits_.size(); ++i) {
            common |= bits_[i] & other.bits_[i];
        }
        return common != 0;
    }
    void clear() noexcept { bits_.fill(0); }

    /// -1 for a tag that is not three digits.
    static int of(std::string_view tag) noexcept {
        int number = 0;
        for (const char c : tag) {
            if (c < '0' || c > '9') {
                return -1;
            }
            number = 10 * number + (c - '0');
        }
        return tag.size() == 3 ? number : -1;
    }

  private:
    static std::uint64_t bit(int number) noexcept { return std::uint64_t{1} << (static_cast<unsigned>(number) % 64); }
    std::array<std::uint64_t, 16> bits_{};
};

/// The places that one `for` looks at.
struct field_selection {
    const field_selector* selectors = nullptr;
    std::uint32_t count = 0;
    bool its_880 = false;   ///< for its 880: those that go with the field at hand; no selectors then
    bool its_field = false; ///< the other way: those that the 880 at hand goes with
    bool other = false;     ///< may match tags that are not three digits
    tag_numbers plain;
    tag_numbers linked;
};

enum class statement_kind : std::uint8_t {
    element,
    attribute,
    text,
    choose,    ///< children are branches; the first one whose value holds runs
    branch,    ///< without a value: else
    fields,    ///< for 245, 880[245] where …
    subfields, ///< for $abc
    parts,     ///< for part $a: value has the codes that begin one
    elements,  ///< for {name} where …
    use,
    let,
    note,
};

struct template_body;

struct statement {
    statement_kind kind = statement_kind::element;
    bool keep_empty = false; ///< name!
    bool list = false;       ///< name[]
    std::uint32_t line = 0;
    std::string_view name;
    const expression* value = nullptr;
    const statement* attributes = nullptr; ///< of an element
    const statement* children = nullptr;
    const statement* next = nullptr;
    const field_selection* selected = nullptr; ///< of fields
    const tree_path* nodes = nullptr;          ///< of elements
    std::uint32_t slot = 0;                    ///< of let
    const template_body* called = nullptr;
    const expression* const* arguments = nullptr; ///< of use
    std::uint32_t argument_count = 0;
};

/// Statements with parameters: variables from slot 0 on are its own.
struct template_body {
    std::string_view name;
    std::string_view about;                       ///< the comment above a template: for the documents
    const std::string_view* parameters = nullptr; ///< their names
    std::uint32_t parameter_count = 0;
    std::uint32_t slot_count = 0; ///< parameters and variables
    const statement* body = nullptr;
    std::uint32_t line = 0;
};

struct rule {
    std::string_view name;
    std::string_view about; ///< the comment above it: for the documents
    template_body body;
    bool only_notes = false; ///< writes nothing into the document
    const rule* next = nullptr;
};

struct xml_namespace {
    std::string_view prefix;
    std::string_view uri;
    const xml_namespace* next = nullptr;
};

/// An element that is a record: what the heading `source` names.
struct record_name {
    std::string_view name;
    const record_name* next = nullptr;
};

struct global {
    std::string_view name;
    const expression* value = nullptr;
};

struct program {
    explicit program(std::pmr::memory_resource* upstream) : arena(upstream) {}
    detail::arena arena;
    std::string_view format;
    std::string_view version;
    source_form source = source_form::marc;
    const record_name* records = nullptr;
    output_form output = output_form::xml;
    const xml_namespace* namespaces = nullptr;
    const statement* root = nullptr; ///< an element without children
    bool distinct = false;           ///< what an element has twice stands once
    const rule* rules = nullptr;
    std::uint32_t known_count = 0;   ///< of expressions with a known_slot
    const global* globals = nullptr; ///< let outside of rules: computed when first asked for
    std::uint32_t global_count = 0;
    const table* const* tables = nullptr;
    std::size_t table_count = 0;
};

} // namespace crosswalk::detail
