#include "json_document.hpp"
#include "marc/limits.hpp"
#include "marc/validate.hpp"

#include <utility>

namespace marc {
namespace {

struct rule_entry {
    std::string_view name;
    severity usual; ///< when the rule is on
    bool on;        ///< by default
};

/// In the order of enum rule. The specification recommends that counting, external rules and, by the reference
/// implementation, unknown codelists are off.
constexpr std::array<rule_entry, rule_count> entries{{
    {"invalidRecord", severity::error, true},
    {"undefinedField", severity::error, true},
    {"deprecatedField", severity::warning, true},
    {"nonrepeatableField", severity::error, true},
    {"missingField", severity::error, true},
    {"invalidIndicator", severity::error, true},
    {"invalidFieldValue", severity::error, true},
    {"invalidSubfield", severity::error, true},
    {"undefinedSubfield", severity::error, true},
    {"deprecatedSubfield", severity::warning, true},
    {"nonrepeatableSubfield", severity::error, true},
    {"missingSubfield", severity::error, true},
    {"invalidSubfieldValue", severity::error, true},
    {"patternMismatch", severity::error, true},
    {"invalidPosition", severity::error, true},
    {"recordTypes", severity::error, true},
    {"invalidFlag", severity::error, true},
    {"undefinedCode", severity::error, true},
    {"deprecatedCode", severity::warning, true},
    {"undefinedCodelist", severity::warning, false},
    {"countRecord", severity::error, false},
    {"countField", severity::error, false},
    {"countSubfield", severity::error, false},
    {"externalRule", severity::warning, false},
    {"uncheckedPattern", severity::warning, true},
    {"unknownFormat", severity::info, true},
    {"localField", severity::info, false},
    {"misplacedContent", severity::error, true},
    {"invalidLength", severity::error, true},
    {"invalidISBN", severity::error, true},
    {"invalidISSN", severity::error, true},
    {"invalidLCCN", severity::warning, true},
    {"invalidStandardNumber", severity::warning, true},
    {"nonfilingCharacters", severity::info, true},
    {"invalidLinkage", severity::warning, true},
    {"unlinkedField", severity::warning, true},
}};

constexpr std::array<std::string_view, 4> severity_names{"off", "info", "warning", "error"};

} // namespace

std::string_view name_of(rule what) noexcept {
    return entries[static_cast<std::size_t>(what)].name;
}

std::optional<rule> rule_of(std::string_view name) noexcept {
    for (std::size_t n = 0; n < rule_count; ++n) {
        if (entries[n].name == name) {
            return static_cast<rule>(n);
        }
    }
    return std::nullopt;
}

std::string_view name_of(severity level) noexcept {
    return severity_names[static_cast<std::size_t>(level)];
}

validation_options::validation_options() noexcept : levels{} {
    for (std::size_t n = 0; n < rule_count; ++n) {
        levels[n] = entries[n].on ? entries[n].usual : severity::off;
    }
}

validation_options validation_options::parse(std::string_view json) {
    validation_options options;
    options.read(json);
    return options;
}

void validation_options::read(std::string_view text) {
    const json_value wanted = parse_json(text, limits::schema_bytes, errc::bad_options);
    if (!wanted.is_object()) {
        refuse(errc::bad_options, "the options", "must be an object");
    }
    for (const auto& [name, value] : wanted.items()) {
        const std::optional<rule> what = rule_of(name);
        if (!what) {
            refuse(errc::bad_options, name, "is no rule");
        }
        if (value.is_boolean()) {
            set(*what, value.get<bool>() ? entries[static_cast<std::size_t>(*what)].usual : severity::off);
            continue;
        }
        bool known = false;
        for (std::size_t n = 0; value.is_string() && n < severity_names.size(); ++n) {
            if (string_of(value) == severity_names[n]) {
                set(*what, static_cast<severity>(n));
                known = true;
            }
        }
        if (!known) {
            refuse(errc::bad_options, name, "must be true, false, error, warning, info or off");
        }
    }
}

} // namespace marc
