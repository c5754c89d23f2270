// The keys of an index for the queries of query.hpp: which keys a record has, and which ones a query needs.
//
// Indexes hold these keys: their form is for ever (terms_version 1, which contains fold_version 1 and the normal forms
// of identifier.hpp). Another form needs another operator class.
//
// A key is a string of bytes, compared as unsigned bytes. 01 to 07 are single bytes; text has no byte below 20:
//
//   word 01 tag code            a word of up to 32 bytes
//   value 02 tag code           a whole value of up to 20 bytes; it also stands for the word when the value is one word
//   first 32 bytes 03 tag code  a longer word, cut between characters
//   04 hash tag code            a value of 21 to 120 bytes: its FNV-1a hash, 8 bytes, most significant byte first
//   05 tag code                 the subfield is there; without code, the field
//   06 tag position characters  characters at the places listed in index_terms.cpp; the position is one byte, from 20
//   on
//   07 number value tag         an indicator: its number is 1 or 2, its value a letter or digit
//
// The tag is three bytes, the code is missing (control fields, text before the first subfield) or one character. The
// text comes first, so that one range of keys holds a word wherever it occurs, and all words with one beginning.
//
// Fields that holds_words() excludes have no keys of text. Words are not kept for codes that are digits, nor in an
// index with words = off; values are always kept there, elsewhere only when they are one word, empty, or a standard
// number: the others are found by their words. A blank indicator has no key: nearly every record has one under most
// tags.
#pragma once

#include "marc/path.hpp"
#include "marc/query.hpp"
#include "marc/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace marc {

inline constexpr int terms_version = 1;

/// What an index keeps.
struct index_options {
    bool words = true;
    std::string_view tags = {}; ///< tags that are indexed, such as "001,020,6..", points as in queries; empty: all
    bool keeps(std::string_view tag) const noexcept;
};

namespace limits {
inline constexpr std::size_t index_word_bytes = 32;
inline constexpr std::size_t index_value_bytes = 20;
inline constexpr std::size_t index_hashed_value_bytes = 120;
inline constexpr std::size_t index_key_bytes = 48; ///< no key is longer
} // namespace limits

/// Collects the keys of records; keeps its buffers.
class term_collector {
  public:
    explicit term_collector(std::pmr::memory_resource* memory)
        : keys_(memory), bytes_(memory), scratch_(memory), compacted_(memory) {}

    /// The distinct keys of a record in the order of their bytes; valid until the next call.
    /// @throws parse_error corrupt
    std::span<const std::string_view> collect(const record_view& record, const index_options& options);

  private:
    struct place {
        std::uint64_t start; ///< the first bytes of the key, as a number: most comparisons end here
        std::uint32_t at;
        std::uint32_t size;
    };
    void add_field(const field_view& f, const index_options& options);
    void add_text(std::string_view tag, std::string_view code, std::string_view text, bool words);
    void add_positions(std::string_view tag, std::string_view content);
    void add_indicator(std::string_view tag, std::uint8_t number, char value);
    void add_key(std::string_view text, char kind, std::string_view tag, std::string_view code);
    void close_key(std::size_t start);
    void compact();

    std::pmr::vector<place> keys_;
    std::pmr::string bytes_;
    std::pmr::string scratch_;
    std::pmr::string compacted_;
    std::pmr::vector<std::string_view> result_{keys_.get_allocator().resource()};
    std::size_t next_compaction_ = 0;
};

/// Says of three-valued logic what an index knows.
enum class truth : std::uint8_t { no, maybe, yes };

/// A key that a query looks for, or a range of keys.
struct query_term {
    std::uint32_t at = 0; ///< the key, or where the range starts, in query_terms::bytes
    std::uint32_t size = 0;
    bool is_range = false;
    // A range: keys that begin with these bytes and whose rest fits.
    std::uint8_t last_kind = 0; ///< highest kind that may follow the beginning, or 0: the text may go on (a prefix)
    bool control_codes = true;  ///< keys with the codes 0 to 9 count
    std::array<char, 3> tag{'.', '.', '.'};
    query_node::text codes; ///< in the texts of the query; empty: any
};

/// What a query needs from an index. Borrows the query.
class query_terms {
  public:
    query_terms(const query_view& q, const index_options& options, std::pmr::memory_resource* memory);
    /// For a field path (MARCspec) that must select something: the field it names, perhaps the subfield, and what its
    /// subspecs say of indicators. Never exact.
    query_terms(std::string_view text, const index_options& options, std::pmr::memory_resource* memory);

    std::span<const query_term> terms() const noexcept { return terms_; }
    std::string_view key(const query_term& term) const noexcept {
        return std::string_view(bytes_).substr(term.at, term.size);
    }

    /// What the query says of a record, given what is known of each term. `found` has one entry for each of terms().
    truth evaluate(const truth* found) const noexcept {
        return nodes_.empty() ? evaluate_path(found) : evaluate(0, found, false);
    }

    /// Compares a key of the index with a range: negative: goes on behind it, 0: it belongs to it, positive: the range
    /// has ended.
    int compare(const query_term& term, std::string_view key) const noexcept;

  private:
    /// What a leaf needs: every one of its groups, and of a group any term.
    struct group {
        std::uint32_t first_term;
        std::uint32_t last_term;
    };
    struct plan {
        std::uint32_t first_group = 0;
        std::uint32_t last_group = 0;
        bool exact = false;
    };
    void plan_leaf(const query_node& node, const index_options& options);
    bool plan_words(const query_node& node, std::string_view folded, bool prefix);
    bool add_numbers(const query_node& node);
    bool plan_value(const query_node& node, const index_options& options);
    void plan_presence(const query_node& node);
    void plan_characters(const query_node& node, plan& leaf);
    void plan_indicator(const query_node& node, plan& leaf);
    void plan_condition(const path& parsed, std::size_t first, std::size_t end, const index_options& options);
    void add_exact(const query_node& node, std::string_view text, char kind);
    void add_range(const query_node& node, std::string_view start, std::uint8_t last_kind);
    void add_term(query_term term, std::string_view key);
    void begin_group();
    void end_group();
    truth evaluate(std::size_t at, const truth* found, bool in_field) const noexcept;
    truth evaluate_leaf(const plan& leaf, const truth* found) const noexcept;
    truth evaluate_path(const truth* found) const noexcept;

    query_view query_;
    std::span<const query_node> nodes_;
    std::pmr::vector<query_term> terms_;
    std::pmr::vector<group> groups_;
    std::pmr::vector<plan> plans_;
    std::pmr::string bytes_;
};

} // namespace marc
