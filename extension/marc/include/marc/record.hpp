// The stored record and how to read it. README.md holds the table of the layout.
#pragma once

#include "marc/bytes.hpp"
#include "marc/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

namespace marc {

inline constexpr char subfield_delimiter = 0x1F;
inline constexpr char field_terminator = 0x1E;
inline constexpr char record_terminator = 0x1D;

enum class field_kind : std::uint8_t { control = 1, data = 2 };

/// Which MARC it seems to be: UNIMARC has 200 and no 008.
enum class flavour : std::uint8_t { undetermined = 0, marc21 = 1, unimarc = 2 };

/// The form that the record was read from.
enum class source_format : std::uint8_t { other = 0, iso2709 = 1, marcxml = 2, mrk = 3, json = 4, line = 5, aleph = 6 };

/// How the characters came. The stored form is always UTF-8.
enum class source_encoding : std::uint8_t {
    unicode = 0,          ///< from a text form: no encoding of its own
    utf8 = 1,             ///< ISO 2709 with leader/09 'a'
    ascii = 2,            ///< ISO 2709 without leader/09 'a' and only ASCII
    utf8_mislabelled = 3, ///< ISO 2709 without leader/09 'a' and yet UTF-8
    marc8 = 4,            ///< ISO 2709 in MARC-8
    latin1 = 5,           ///< ISO 2709 in ISO 8859-1
    iso5426 = 6,          ///< ISO 2709 in ISO 646 and ISO 5426 (UNIMARC)
};

/// A short name: "utf-8", "marc-8", "utf-8-mislabelled" and so on.
std::string_view name_of(source_encoding encoding) noexcept;

/// Bits of the flags byte of a stored record.
namespace record_flag {
inline constexpr std::uint8_t residue = 0x01;          ///< original bytes follow the data
inline constexpr std::uint8_t defects = 0x02;          ///< the reader mended something
inline constexpr std::uint8_t lossy = 0x04;            ///< the reader left something out or replaced characters
inline constexpr std::uint8_t non_ascii = 0x08;        ///< fields hold bytes over 7F
inline constexpr std::uint8_t nul = 0x10;              ///< leader or fields hold a NUL
inline constexpr std::uint8_t inner_terminator = 0x20; ///< a field holds 1E, so that the offset of each field is stored
inline constexpr std::uint8_t known = 0x3F;
} // namespace record_flag

/// One subfield; borrows from the record's bytes.
struct subfield_view {
    std::string_view code;  ///< one UTF-8 character; empty when 1F has nothing behind it
    std::string_view value; ///< UTF-8, may be empty, may hold control characters and NUL
};

/// The subfields of a field in their order. Allocates nothing.
class subfield_range {
  public:
    class iterator {
      public:
        using value_type = subfield_view;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;
        using reference = const subfield_view&;
        using pointer = const subfield_view*;

        iterator() = default;
        /// @param rest the content from a 1F on, or empty for the end
        explicit iterator(std::string_view rest) : rest_(rest) { read(); }
        reference operator*() const noexcept { return current_; }
        pointer operator->() const noexcept { return &current_; }
        iterator& operator++() {
            read();
            return *this;
        }
        iterator operator++(int) {
            iterator old = *this;
            read();
            return old;
        }
        friend bool operator==(const iterator& a, const iterator& b) noexcept {
            return a.done_ == b.done_ && (a.done_ || a.rest_.data() == b.rest_.data());
        }

      private:
        void read() noexcept;
        std::string_view rest_;
        subfield_view current_;
        bool done_ = true;
    };

    subfield_range() = default;
    explicit subfield_range(std::string_view from_first_delimiter) : text_(from_first_delimiter) {}
    iterator begin() const { return iterator(text_); }
    iterator end() const { return {}; }
    bool empty() const noexcept { return text_.empty(); }

  private:
    std::string_view text_;
};

/// One field; borrows from the record's bytes, which must outlive it.
class field_view {
  public:
    /// Three bytes as they came: normally digits or letters, but any bytes are possible. For text use printable_tag.
    std::string_view tag() const noexcept { return {tag_, 3}; }
    field_kind kind() const noexcept;
    bool is_control() const noexcept { return kind() == field_kind::control; }
    /// Everything in the field without the terminator: for data fields with indicators and delimiters. Valid UTF-8.
    std::string_view content() const noexcept { return content_; }
    /// A data field that starts with two ASCII indicators.
    bool has_indicators() const noexcept;
    /// ASCII; blank in control fields and where indicators are missing.
    char indicator1() const noexcept { return has_indicators() ? content_[0] : ' '; }
    char indicator2() const noexcept { return has_indicators() ? content_[1] : ' '; }
    /// Bytes of a data field between the indicators and the first subfield; empty in a sound field.
    std::string_view leading() const noexcept;
    /// Number of subfields; 0 for control fields.
    std::size_t subfield_count() const noexcept;
    subfield_range subfields() const noexcept;
    /// True when the content holds a NUL, which must be replaced in SQL text.
    bool has_nul() const noexcept { return content_.find('\0') != std::string_view::npos; }
    /// Where the field starts in the record's data area.
    std::size_t offset() const noexcept { return offset_; }

  private:
    friend class record_view;
    field_view(const char* tag, std::size_t offset, std::string_view content)
        : tag_(tag), offset_(offset), content_(content) {}
    const char* tag_;
    std::size_t offset_;
    std::string_view content_;
};

/// A record in its stored form; owns nothing, the bytes must outlive it. Every access stays inside the bytes, also
/// when they are corrupt: then it throws parse_error (errc::corrupt). Not for two threads at once.
class record_view {
  public:
    /// What leader_of() needs: a slice of this many bytes from the start of a stored record.
    static constexpr std::size_t leader_slice_bytes = 28;

    /// For bytes that this library wrote: checks in constant time that the sizes add up.
    /// @throws parse_error corrupt
    static record_view trusted(std::span<const std::byte> stored);
    /// For bytes from anywhere: trusted() and check().
    /// @throws parse_error corrupt, too_large
    static record_view checked(std::span<const std::byte> stored,
                               std::pmr::memory_resource* memory = std::pmr::get_default_resource());
    /// The front of a record whose rest is elsewhere, for who needs few of its fields. It has the leader, all tags, and
    /// the fields that holds_field() names; the others count as corrupt, and it has no residue.
    /// @param slice        the first bytes
    /// @param stored_bytes of the whole record
    /// @return nothing when the slice does not reach to the fields, or when some field holds a terminator
    /// @throws parse_error corrupt
    static std::optional<record_view> front(std::span<const std::byte> slice, std::size_t stored_bytes);
    /// Whether field() gives this one: false in a front that ends before.
    bool holds_field(std::size_t index) const noexcept;
    /// The leader out of the first bytes of a stored record.
    /// @throws parse_error corrupt
    static std::string_view leader_of(std::span<const std::byte> slice);
    /// The flags (see record_flag) out of the same slice.
    /// @throws parse_error corrupt
    static std::uint8_t flags_of(std::span<const std::byte> slice);

    /// Validates everything: exactly what builder would have written, byte for byte. A record with a residue is read
    /// again from its raw input.
    /// @param memory for that
    /// @throws parse_error corrupt
    void check(std::pmr::memory_resource* memory = std::pmr::get_default_resource()) const;

    /// 24 ASCII bytes; as received, so 00-04 and 12-16 may be anything.
    std::string_view leader() const noexcept { return text_.substr(4, limits::leader_bytes); }
    std::size_t field_count() const noexcept { return field_count_; }
    /// Three bytes for each field, in their order.
    std::string_view tags() const noexcept { return text_.substr(tags_start_, 3 * field_count_); }
    /// Takes constant time, less for the field that was asked for last and the one behind it.
    /// @throws parse_error corrupt when index is past the end or the offsets are corrupt
    field_view field(std::size_t index) const;

    std::uint8_t flags() const noexcept { return static_cast<std::uint8_t>(text_[1]); }
    bool has(std::uint8_t flag) const noexcept { return (flags() & flag) != 0; }
    flavour get_flavour() const noexcept;
    bool is_unimarc() const noexcept { return get_flavour() == flavour::unimarc; }
    source_format format() const noexcept;
    source_encoding encoding() const noexcept { return static_cast<source_encoding>(text_[3]); }

    /// The field bytes as ISO 2709 has them: each field's content and 1E.
    std::string_view data() const noexcept { return text_.substr(data_start_, data_bytes_); }
    /// What marc_raw() needs besides, with its kind byte in front, or empty: see iso2709_raw.hpp.
    std::string_view residue() const noexcept { return text_.substr(data_start_ + data_bytes_); }
    std::span<const std::byte> bytes() const noexcept { return as_bytes(text_); }

    class iterator {
      public:
        using value_type = field_view;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;
        using reference = field_view;
        using pointer = void;

        iterator(const record_view* record, std::size_t index) : record_(record), index_(index) {}
        field_view operator*() const { return record_->field(index_); }
        iterator& operator++() noexcept {
            ++index_;
            return *this;
        }
        friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.index_ == b.index_; }

      private:
        const record_view* record_;
        std::size_t index_;
    };
    iterator begin() const noexcept { return {this, 0}; }
    iterator end() const noexcept { return {this, field_count_}; }

  private:
    record_view(std::string_view text, std::size_t stored_bytes);
    bool locate(std::size_t index) const noexcept;
    std::size_t stored_offset(std::size_t number) const noexcept;
    void check_fields() const;

    std::string_view text_;
    std::size_t field_count_ = 0;
    std::size_t tags_start_ = 0;
    std::size_t data_start_ = 0;
    std::size_t data_bytes_ = 0;
    std::size_t offset_step_ = 1;
    mutable std::size_t last_ = 0; ///< the field that was asked for last, and where it starts
    mutable std::size_t last_start_ = 0;
    mutable std::size_t last_end_ = 0; ///< its terminator; last_end_ < last_start_ when no field was asked for
};

/// A tag for people and for SQL text: three printable ASCII characters, every other byte shown as '?'.
struct printable_tag {
    char text[3];
    explicit printable_tag(std::string_view tag) noexcept;
    std::string_view view() const noexcept { return {text, 3}; }
};

/// The control number: content of the first 001 that is not empty, or empty.
std::string_view control_number(const record_view& record);

} // namespace marc
