// Inside of the library: from lines to a program.
#pragma once

#include "layout.hpp"
#include "lexer.hpp"
#include "syntax.hpp"

#include <memory_resource>
#include <string_view>
#include <vector>

namespace crosswalk::detail {

/// What names mean at one place of the rules.
struct scope {
    std::vector<std::string_view> slots; ///< the parameters and variables so far of a rule or template
};

/// Names that hold for all rules, and the arena.
struct names {
    program& into;
    std::vector<const table*> tables;
    std::vector<global> globals;
    std::vector<template_body*> templates;

    explicit names(program& p) : into(p) {}
    const table* find_table(std::string_view name) const noexcept;
    template_body* find_template(std::string_view name) const noexcept;

    template <class T>
    T* make(std::size_t count = 1) {
        T* const first = static_cast<T*>(into.arena.allocate(count * sizeof(T), alignof(T)));
        for (std::size_t i = 0; i < count; ++i) {
            new (first + i) T{};
        }
        return first;
    }
    std::string_view keep(std::string_view text);
    /// The text of a string token, without escapes.
    std::string_view text_of(const token& string);
};

/// Reads one expression and stops behind it.
/// @throws rule_error
const expression* parse_expression(lexer& tokens, names& known, const scope& local);

/// Reads `245+, 501-586, 880[700]` and stops behind it.
/// @throws rule_error
const field_selection* parse_fields(lexer& tokens, names& known);

/// Reads the lines from `at` on that are indented deeper than `above`, to the first that is not.
/// @throws rule_error
const statement* parse_statements(const std::pmr::vector<source_line>& lines, std::size_t& at, std::uint32_t above,
                                  names& known, scope& local);

/// Reads `name(attribute=value, …)`.
statement* parse_element(lexer& tokens, names& known, const scope& local);

/// Rules that make a record: tags, indicators and subfield codes must be some, where the rules name them.
/// @throws rule_error
void check_record(const program& rules);

/// Rules that make XML: elements and attributes must have names that XML has, with prefixes that are declared.
/// @throws rule_error
void check_names(const program& rules, const std::vector<template_body*>& templates);

/// Reads the name of a variable or parameter, which must not mean something else.
std::string_view parse_variable_name(lexer& tokens, names& known);

/// Reads a name: a word, a number or a string.
std::string_view parse_name(lexer& tokens, names& known, const char* what);

} // namespace crosswalk::detail
