// Validation of records against a compiled Avram schema. validate() takes a MARC record and adds what only MARC knows;
// class validation takes fields one by one, of any format.
#pragma once

#include "marc/avram.hpp"
#include "marc/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marc {

namespace avram {
struct external_rule;
struct field;
struct subfield;
struct value_definition;
} // namespace avram

/// The rules. First those of the Avram specification, under its names; then those of this library.
enum class rule : std::uint8_t {
    invalid_record, ///< switches all of validation
    undefined_field,
    deprecated_field,
    nonrepeatable_field,
    missing_field,
    invalid_indicator,
    invalid_field_value, ///< switches the values of flat fields
    invalid_subfield,    ///< switches subfields
    undefined_subfield,
    deprecated_subfield,
    nonrepeatable_subfield,
    missing_subfield,
    invalid_subfield_value, ///< switches the values of subfields
    pattern_mismatch,
    invalid_position,
    record_types, ///< switches typed definitions
    invalid_flag,
    undefined_code,
    deprecated_code,
    undefined_codelist,
    count_record,
    count_field,
    count_subfield,
    external_rule, ///< a rule of the schema that this library does not know

    unchecked_pattern, ///< a pattern with look-around or the like, or a value too long for it
    unknown_format,    ///< no built-in schema for this kind of record
    local_field,       ///< a tag, indicator or subfield that MARC 21 leaves to libraries
    misplaced_content, ///< text before the first subfield, or a subfield without a code
    invalid_length,    ///< a fixed field with another number of characters
    invalid_isbn,
    invalid_issn,
    invalid_lccn,
    invalid_standard_number, ///< 024
    nonfiling_characters,    ///< the count of characters to skip does not fit the title
    invalid_linkage,         ///< $6 is malformed or missing in an 880
    unlinked_field,          ///< the partner that $6 names is not there
};
inline constexpr std::size_t rule_count = static_cast<std::size_t>(rule::unlinked_field) + 1;

/// The name as options and results have it: undefinedField.
std::string_view name_of(rule what) noexcept;
std::optional<rule> rule_of(std::string_view name) noexcept;

enum class severity : std::uint8_t { off, info, warning, error };
std::string_view name_of(severity level) noexcept;

/// Which rules are on, and how serious each is.
struct validation_options {
    std::array<severity, rule_count> levels;

    /// Everything on but counting, unknown external rules, unknown codelists and local fields.
    validation_options() noexcept;
    severity level(rule what) const noexcept { return levels[static_cast<std::size_t>(what)]; }
    bool on(rule what) const noexcept { return level(what) != severity::off; }
    void set(rule what, severity level) noexcept { levels[static_cast<std::size_t>(what)] = level; }

    /// Reads {"undefinedField": false, "localField": true, "invalidISBN": "warning"}: false is off, true is on with the
    /// usual severity.
    /// @throws parse_error bad_options with the piece that is wrong; too_large
    static validation_options parse(std::string_view json);
    /// The same over these options.
    void read(std::string_view json);
};

/// One problem. Views borrow from the record and from the schema.
struct problem {
    rule what;
    severity level;
    std::string_view tag;        ///< of the field; LDR for the leader; empty for the record as a whole
    std::string_view id;         ///< the field identifier in the schema, when the field has a definition
    std::uint32_t ordinal = 0;   ///< which field of that tag, counted from 1; 0 when the field is missing
    std::string_view occurrence; ///< of a PICA field
    std::string_view position;   ///< character positions: 06, 18-21
    std::uint8_t indicator = 0;  ///< 1 or 2
    std::string_view subfield;
    std::string_view value; ///< what was found
    std::string_view label; ///< of the element concerned
    std::string_view pattern;
    std::string_view detail;                ///< what else the message needs, by rule
    std::uint32_t codelist = 0xFFFF'FFFF;   ///< what is allowed: a codelist of the schema
    std::uint64_t expected = 0;             ///< by rule: a number that was expected
    std::uint64_t found = 0;                ///< and the one that was found
    std::span<const std::uint32_t> lengths; ///< invalid_length: what is allowed
};

/// Appends what is wrong in one sentence that says what is allowed: lower case, no full stop.
void write_message(const problem& problem, const avram_schema* schema, std::pmr::string& out);

/// Receives problems one by one; the views live until it returns.
class problem_sink {
  public:
    /// @return false to stop the validation
    virtual bool put(const problem& problem) = 0;

  protected:
    ~problem_sink() = default;
};

/// A field of any format.
struct generic_field {
    std::string_view tag;
    std::string_view occurrence;                               ///< two digits, or empty
    std::array<std::optional<std::string_view>, 2> indicators; ///< nothing: the field has no such indicator
    bool variable = false;                                     ///< has subfields; otherwise value counts
    std::span<const subfield_view> subfields;
    std::string_view value;
};

/// Validates records given field by field. The schema must outlive it.
class validation {
  public:
    validation(const avram_schema& schema, const validation_options& options, problem_sink& sink,
               std::pmr::memory_resource* memory = std::pmr::get_default_resource());

    /// @param types record types of the specification; the views must live until end_record()
    void begin_record(std::span<const std::string_view> types = {});
    /// @param types instead of the record's, for this field only, when given
    /// @param as     the definition of this tag is used (for 880); empty: the field's own
    void field(const generic_field& field, std::uint32_t ordinal = 0,
               const std::span<const std::string_view>* types = nullptr, std::string_view as = {});
    /// Whether the schema has an own definition for a tag.
    bool defines(std::string_view tag) const noexcept;
    void end_record();
    /// Checks the counts of all records.
    void end();

    /// Fields and elements that MARC 21 leaves to libraries are not undefined.
    void set_local_rules(bool on) noexcept { local_rules_ = on; }
    bool stopped() const noexcept { return stopped_; }
    const validation_options& options() const noexcept { return options_; }
    /// Hands the problem to the sink, if its rule is on.
    void report(const problem& problem);

    /// The language of the record's titles (008/35-37), for the rule nonfiling; must live as long as it is needed.
    void set_language(std::string_view code) noexcept { language_ = code; }

  private:
    std::uint32_t definition_of(const generic_field& field) const;
    void undefined(const generic_field& field, problem& at);
    void content(const generic_field& field, const avram::field& definition, std::span<const std::string_view> types,
                 problem& at);
    void flat(std::string_view value, const avram::field& definition, std::span<const std::string_view> types,
              problem& at);
    bool length(std::string_view value, const avram::field& definition, std::span<const std::string_view> types,
                problem& at);
    void indicators(const generic_field& field, const avram::field& definition, problem& at);
    void subfields(const generic_field& field, const avram::field& definition, problem& at);
    void value(std::string_view value, const avram::value_definition& definition, problem& at, bool skip_absent);
    void positions(std::string_view value, const avram::value_definition& definition, problem& at, bool skip_absent);
    void code(std::string_view value, std::uint32_t list, problem& at) { code(value, value, list, at); }
    void code(std::string_view value, std::string_view written, std::uint32_t list, problem& at);
    void flags(std::string_view value, std::uint32_t list, problem& at);
    bool match(std::string_view value, std::uint32_t pattern, problem& at);
    void field_rules(const generic_field& field, const avram::field& definition, problem& at);
    void coded_subfields(const generic_field& field, const avram::external_rule& asked, const avram::field& definition,
                         problem& at);
    void coded_value(std::string_view value, const avram::external_rule& asked, problem& at);
    void subfield_rules(std::string_view value, const avram::subfield& definition, problem& at);
    void unknown_rule(std::string_view name, problem& at);
    void count(const generic_field& field, std::uint32_t definition);

    const avram_schema& schema_;
    const validation_options& options_;
    problem_sink& sink_;
    std::pmr::memory_resource* memory_;
    std::span<const std::string_view> types_;
    std::pmr::vector<std::uint32_t> seen_fields_;    ///< by definition: how often in this record
    std::pmr::vector<std::uint32_t> seen_subfields_; ///< by definition: how often in this field
    struct counter {
        std::uint64_t total = 0;
        std::uint64_t records = 0;
        std::uint64_t last_record = 0;
    };
    std::pmr::vector<counter> field_counts_;
    std::pmr::vector<counter> subfield_counts_;
    std::uint64_t records_ = 0;
    bool counting_;
    std::string_view language_;
    bool local_rules_ = false;
    bool stopped_ = false;
};

/// Validates one MARC record: the leader is the field LDR; record types are leader/06 and the type of material (BK, CF,
/// CR, MP, MU, MX, VM) and, for 006 and 007, what the field itself says (007a …); an 880 is validated as the field that
/// it stands for.
/// @throws parse_error corrupt
void validate(const record_view& record, const avram_schema& schema, const validation_options& options,
              problem_sink& sink, std::pmr::memory_resource* memory = std::pmr::get_default_resource());

/// Which built-in schema is for this record, by leader/06: its index in builtin_schemas(); nothing for UNIMARC,
/// classification and community information, for which there is none.
std::optional<std::size_t> builtin_schema_for(const record_view& record) noexcept;

/// The row for a record without a built-in schema.
problem unknown_format_of(const record_view& record, const validation_options& options) noexcept;

} // namespace marc
