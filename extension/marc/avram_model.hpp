// The compiled form of a schema: arrays that refer to each other by index, and one pool of text.
#pragma once

#include "avram_pattern.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace marc::avram {

inline constexpr std::uint32_t none = 0xFFFF'FFFF;

/// A piece of the pool.
struct text_ref {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
};

/// Consecutive entries of an array.
struct slice {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

struct code {
    text_ref value;
    text_ref label;
    bool deprecated;
};

/// A list of codes, sorted; single ASCII characters also as bits.
struct codelist {
    std::array<std::uint64_t, 2> ascii{};      ///< one-character codes that may be used
    std::array<std::uint64_t, 2> deprecated{}; ///< one-character codes that are deprecated
    slice codes;
    std::uint32_t code_bytes = 0; ///< length of the first code: flags have codes of one length
    text_ref reference;           ///< of a list that no schema defines: its name
    text_ref title;               ///< of a list with a name, such as MARC Code List for Languages
    bool open = false;            ///< new codes are added to it, so a code that it does not have may be right
    bool resolved = true;
};

/// What a value may be (specification, section "Value validation").
struct value_definition {
    std::uint32_t pattern = none;
    std::uint32_t codes = none;
    std::uint32_t flags = none;
    slice positions;
    bool empty() const noexcept { return pattern == none && codes == none && flags == none && positions.count == 0; }
};

struct position {
    std::uint32_t start;
    std::uint32_t end; ///< inclusive
    text_ref range;    ///< as the schema writes it: 18-21
    text_ref label;
    value_definition value; ///< has no positions of its own
};

/// External rules that this library knows; names in README.md.
enum class known_rule : std::uint8_t {
    isbn,
    issn,
    lccn,
    standard_number,
    nonfiling,
    fixed_length,
    linkage,
    linked_field,
    codes,
    open_codelists
};

struct external_rule {
    text_ref name;      ///< as written: an identifier, or the class of an object
    bool known = false; ///< otherwise it cannot be checked
    known_rule what{};
    std::uint8_t indicator = 0; ///< nonfiling: which indicator counts the characters
    bool articles = false;      ///< nonfiling: whether the title is compared with the articles of its language
    text_ref subfields;         ///< codes: of which subfields
    std::uint32_t list = none;  ///< codes: the codelist
    std::uint32_t width = 0;    ///< codes: characters of a code; 0: the value is one code
    bool has_source = false;    ///< codes: whether they depend on $2
    text_ref source;            ///< codes: what $2 must be; empty: there must be no $2
    bool uri = false;           ///< codes: a URI may stand instead
};

struct typed_definition {
    text_ref type;
    text_ref label;
    value_definition value;
    slice lengths; ///< fixed_length: what the value may have, in characters
};

struct subfield {
    text_ref code;
    text_ref label;
    bool repeatable = false;
    bool required = false;
    bool deprecated = false;
    value_definition value;
    slice rules;
    std::uint64_t total = none;
    std::uint64_t records = none;
};

/// What follows the tag in a field identifier.
enum class qualifier : std::uint8_t { nothing, occurrence, counter };

struct indicator {
    enum class presence : std::uint8_t { absent, blank, defined };
    presence is = presence::absent;
    text_ref label;
    value_definition value;
};

struct field {
    text_ref id;
    text_ref tag;
    text_ref label;
    qualifier by = qualifier::nothing;
    std::uint32_t from = 0; ///< the range of occurrence or counter
    std::uint32_t to = 0;
    std::uint32_t digits = 0;
    bool repeatable = false;
    bool required = false;
    bool deprecated = false;
    bool variable = false;           ///< has subfields
    bool requires_subfields = false; ///< at least one subfield is required
    std::array<indicator, 2> indicators;
    value_definition value;
    slice types;
    slice subfields;
    slice lengths;
    slice rules;
    std::array<std::uint16_t, 128> by_code{}; ///< subfield of an ASCII code, counted from 1; 0: not defined
    std::uint64_t total = none;
    std::uint64_t records = none;
};

struct pattern_entry {
    text_ref text;
    pattern compiled;
};

struct model {
    explicit model(std::pmr::memory_resource* memory)
        : pool(memory), codes(memory), codelists(memory), positions(memory), types(memory), subfields(memory),
          fields(memory), rules(memory), lengths(memory), patterns(memory), required(memory) {}

    std::string_view text(text_ref ref) const noexcept { return std::string_view(pool).substr(ref.at, ref.size); }
    /// The field definitions of a tag; fields are sorted by tag, then identifier.
    slice fields_of(std::string_view tag) const noexcept;

    std::pmr::string pool;
    std::pmr::vector<code> codes;
    std::pmr::vector<codelist> codelists;
    std::pmr::vector<position> positions;
    std::pmr::vector<typed_definition> types;
    std::pmr::vector<subfield> subfields;
    std::pmr::vector<field> fields;
    std::pmr::vector<external_rule> rules;
    std::pmr::vector<std::uint32_t> lengths;
    std::pmr::vector<pattern_entry> patterns;
    std::pmr::vector<std::uint32_t> required; ///< fields that must be there
    std::size_t most_subfields = 0;           ///< of any field
    slice root_rules;
    bool is_marc = false; ///< family marc
    std::uint64_t records = none;
    std::array<std::uint32_t, 1000> by_number{}; ///< first field of a tag of three digits, or none
};

} // namespace marc::avram
