// Merging: the local record takes over what a better or newer copy says, and keeps what is its own.
//
// Rules are a JSON object. Every key may be left out; a key or a value that is not listed here is refused (bad_rules,
// with its place). Written values are added to the built-in rules, unless "defaults" is false.
//
//   rules     = { "defaults": true | false,
//                 "protect": [ selector … ],         base fields that are kept whatever incoming says
//                 "incoming_local": "ignore" | "append",   incoming data fields that match "protect" (ignore)
//                 "ignore": [ selector … ],          incoming fields that are never taken
//                 "default": action,                 for tags that "tags" does not name (default: update)
//                 "tags": { pattern: action … },
//                 "positions": { "008/35-37": "keep" | "fill" … },   of a control field or the leader
//                 "carry": { pattern: codes … },     base subfields that move to the incoming copy of their field
//                 "match": { pattern: match … },     when two fields say the same
//                 "order": "incoming" | "base" | "tag" }   (default: incoming)
//   pattern   = three characters; '.' and 'X' stand for any character. "LDR" is the leader, which no other pattern
//               matches. Of several patterns for a tag the one with more fixed characters counts, of equal ones that
//               whose fixed characters come first.
//   selector  = pattern | { "tag": pattern, "ind1": character, "ind2": character, "subfields": { code: test … } }
//               all of which must hold
//   test      = true (the subfield is there) | false (it is not) | value | [ value … ] (a subfield of this code has one
//               of these values). Compared without case (ASCII), blanks at the ends and punctuation at the end; '*' at
//               the start or end of a value stands for anything: "(OCoLC)*".
//   codes     = a string of subfield codes, such as "09w"
//   match     = { "ignore": codes, "indicators": true | false, "punctuation": true | false }
//
// Actions, for the fields of a tag that are neither protected nor ignored:
//   update    incoming's fields take the place of base's; where incoming has none, base's stay
//   replace   incoming's fields take the place of base's, also where incoming has none
//   append    base's stay; incoming's that say something new (see match) are added
//   fill      base's stay; where base has none, incoming's are taken
//   keep      base's stay, incoming's are not taken
//   remove    neither
// For the leader: keep, or any of update and replace, which mean the same. The packing positions of the leader are
// always those of base.
//
// An 880 field belongs to the field that its $6 names, and goes by that tag's rules, unless "tags" names 880 itself.
// Where a pair of incoming has the occurrence number of another pair that base keeps, both of its fields get the next
// free number, unless match rules compare $6 or the field is a local one. $8 numbers are not changed.
//
// Two fields say the same when tag, indicators and subfields are equal, without the subfields of match.ignore (built
// in: 0, 1, 6, 8, 9) and, unless "punctuation" is true, without blanks and . , : ; / = at the end of each value and
// with runs of blanks as one. A field of which nothing would be left is compared as it stands.
//
// "carry" works in fields that incoming replaces: where base has a field that says the same, its subfields of these
// codes are added at the end, if the incoming field has none of that code (of several such fields, the second goes with
// incoming's second, and so on). So a link to a local authority survives. A
// subfield that satisfies a test of "protect" is not carried.
//
// "positions" applies when base and incoming have one field of the tag each, in ASCII and equally long: the characters
// are base's (keep), or base's unless they are all blanks or '|' (fill).
//
// The order: "incoming" has the fields as incoming has them, and each other field of base behind the last one of its
// tag, or before the first of a higher tag; "base" the other way round; "tag" sorts by tag, keeping the order inside.
// Tags that are not numbers come last.
//
// Built in: protect 001, 003 (003 says whose number 001 is), the local tags 09X, 19X, 29X, 39X, 59X, 69X, 79X, 89X and
// 9XX, every field with $5, every field with $9 "local"; append 020, 022, 024, 035 and 856; carry $9 of every field.
//
// Promises: protected fields of base are in the result byte for byte, as often as in base; merging the result with the
// same incoming again changes nothing.
#pragma once

#include "marc/builder.hpp"
#include "marc/record.hpp"
#include "marc/tag_pattern.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace marc {

/// A field without a record: what the rules look at.
struct field_text {
    std::string_view tag;
    std::string_view content; ///< as in field_view
    bool control = false;
    explicit field_text(const field_view& f) : tag(f.tag()), content(f.content()), control(f.is_control()) {}
    bool has_indicators() const noexcept;
    subfield_range subfields() const noexcept;
};

enum class merge_action : std::uint8_t { update, replace, append, fill, keep, remove };
enum class merge_order : std::uint8_t { incoming, base, tag };

/// Compiled rules. All memory comes from the resource given to the constructor.
struct merge_rules {
    struct test {
        enum class kind : std::uint8_t { present, absent, values };
        char code = 0;
        kind what = kind::present;
        std::pmr::vector<std::pmr::string> values; ///< in lower case
        bool holds_for(std::string_view value) const;
    };
    struct selector {
        tag_pattern tag;
        char indicator1 = 0; ///< 0: any
        char indicator2 = 0;
        std::pmr::vector<test> tests;
        std::pmr::string name; ///< where the rule stands, for people
        bool matches(const field_text& field) const;
    };
    struct action_rule {
        tag_pattern tag;
        merge_action action{};
        std::pmr::string name;
    };
    struct position_rule {
        std::array<char, 3> tag{};
        std::uint32_t first = 0;
        std::uint32_t last = 0;
        bool fill = false;
    };
    struct carry_rule {
        tag_pattern tag;
        std::pmr::string codes;
    };
    struct match_rule {
        tag_pattern tag;
        std::pmr::string ignore;
        bool indicators = true;
        bool punctuation = false;
    };

    /// The built-in rules, or none at all.
    explicit merge_rules(std::pmr::memory_resource* memory, bool built_in = true);

    std::pmr::vector<selector> protect;
    std::pmr::vector<selector> ignore;
    std::pmr::vector<action_rule> actions;
    std::pmr::vector<position_rule> positions; ///< those that fill first
    std::pmr::vector<carry_rule> carry;
    std::pmr::vector<match_rule> match;
    action_rule otherwise; ///< for tags without a rule
    action_rule leader;
    merge_order order = merge_order::incoming;
    bool append_local = false;

    std::pmr::memory_resource* memory() const noexcept { return protect.get_allocator().resource(); }
    /// The rule for the tag; when two weigh the same, the later one.
    const action_rule& action_of(std::string_view tag) const noexcept;
    const selector* protector_of(const field_text& field) const;
    const selector* ignorer_of(const field_text& field) const;
    /// The codes that are carried in fields of this tag; empty when none.
    std::string_view carried_in(std::string_view tag) const noexcept;
    /// False for a subfield by which a protected field is recognised.
    bool may_carry(const subfield_view& s) const;
    /// Appends what must be equal for two fields of one tag to say the same.
    void append_key(const field_text& field, std::string_view more_ignored, std::pmr::string& key) const;
};

/// @param json a JSON object, UTF-8
/// @throws parse_error bad_rules: what() names the place ("$.tags.650") and what may stand there; too_large
merge_rules parse_merge_rules(std::string_view json, std::pmr::memory_resource* memory);

/// What became of a field, and why.
struct merge_decision {
    enum class cause : std::uint8_t {
        protect,      ///< base: protected by `rule`
        local,        ///< incoming: matches `rule` of "protect"
        ignore,       ///< incoming: matches `rule` of "ignore"
        action,       ///< `rule` says so
        no_incoming,  ///< base: update or fill, and nothing of incoming takes its place
        has_base,     ///< incoming: fill, and base has fields of the tag
        same_in_base, ///< incoming: `other` of base says the same
        same_before,  ///< incoming: an earlier field of incoming says the same
        carried,      ///< incoming: `rule` says so; subfields of `other` of base were added
        positions,    ///< incoming: `rule` says so, with characters of `other` of base
    };
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    bool incoming = false; ///< whose field it is
    bool in_result = false;
    cause why{};
    std::uint32_t field = none;             ///< which field, from 0; none for the leader
    std::uint32_t other = none;             ///< the field of base that `why` speaks of
    const std::pmr::string* rule = nullptr; ///< its name; borrowed from the rules
    merge_action action{};                  ///< what the rule says, when it is one of "tags"
};

/// One sentence for people, no full stop.
void describe_decision(const merge_decision& decision, std::pmr::string& out);

/// Merges into the builder, which then holds the result, without a residue.
/// @param decisions gets one entry for the leader, each field of base and each field of incoming, when not null
/// @return false when the result has the content of base; the builder is then empty
/// @throws parse_error too_large, corrupt
bool merge(const record_view& base, const record_view& incoming, const merge_rules& rules, builder& into,
           std::pmr::vector<merge_decision>* decisions = nullptr);

} // namespace marc
