// Crosswalk rules: what a librarian reads and a site changes, compiled once and run over many records. rules/README.md
// says how they are written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace crosswalk {

/// One text of rules. Later texts of a set change earlier ones: a rule of the same name takes the place of the older.
struct rule_text {
    std::string_view name; ///< for messages: "mods", "rules of this library"
    std::string_view text; ///< UTF-8
};

/// Rules that cannot be understood. Holds no memory, copies without throwing.
class rule_error : public std::exception {
  public:
    /// @param line counted from 1, 0 for none
    rule_error(std::string_view text_name, std::size_t line, std::string_view what) noexcept;
    /// One sentence with the name of the text and the line, no full stop.
    const char* what() const noexcept override { return message_.data(); }
    std::size_t line() const noexcept { return line_; }

  private:
    std::size_t line_;
    std::array<char, 240> message_{};
};

/// What the rules read: MARC records, or documents.
enum class source_form : std::uint8_t { marc, xml, json };
inline constexpr std::array<std::string_view, 3> source_form_names{"marc", "xml", "json"};

/// How a document is written; jsonld is for rules whose root is rdf:RDF.
enum class output_form : std::uint8_t { xml, json, lines, csv, jsonld, marc };
inline constexpr std::array<std::string_view, 6> output_form_names{"xml", "json", "lines", "csv", "jsonld", "marc"};

/// A row of a table of codes.
struct table_code {
    std::string_view table;
    std::string_view code;
    std::string_view meaning;
};

namespace detail {
struct program;
}

/// Compiled rules. Owns all its memory; may be used by one thread at a time and needs nothing of the texts.
class rule_set {
  public:
    /// @param texts  the shipped rules first, what changes them behind
    /// @param memory where the rules live
    /// @throws rule_error
    explicit rule_set(std::span<const rule_text> texts,
                      std::pmr::memory_resource* memory = std::pmr::get_default_resource());
    ~rule_set();
    rule_set(const rule_set&) = delete;
    rule_set& operator=(const rule_set&) = delete;

    std::string_view format() const noexcept;
    /// The version that the first text names, and behind it, with a plus sign, those of texts that change it.
    std::string_view version() const noexcept;
    source_form source() const noexcept;
    output_form output() const noexcept;
    /// What codes stand for, table by table; lives as long as the rules.
    std::vector<table_code> codes() const;

    const detail::program& compiled() const noexcept { return *program_; }

  private:
    detail::program* program_;
    std::pmr::memory_resource* memory_;
};

/// Rules that come with the library.
struct shipped_rules {
    std::string_view format; ///< "mods"
    std::string_view text;
};
std::span<const shipped_rules> shipped() noexcept;
std::optional<std::string_view> find_shipped(std::string_view format) noexcept;
/// Rules that several formats `include`.
std::optional<std::string_view> find_part(std::string_view name) noexcept;

} // namespace crosswalk
