// Makes stored records.
#pragma once

#include "marc/record.hpp"
#include "marc/report.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marc {

/// One block of memory that holds a stored record behind `prefix` free bytes (room for PostgreSQL's length word).
class stored_record {
  public:
    stored_record(std::pmr::memory_resource* memory, std::size_t prefix, std::size_t bytes);
    stored_record(stored_record&& other) noexcept;
    stored_record& operator=(stored_record&& other) noexcept;
    stored_record(const stored_record&) = delete;
    stored_record& operator=(const stored_record&) = delete;
    ~stored_record();

    /// The record without the prefix.
    std::span<const std::byte> bytes() const noexcept { return {block_ + prefix_, size_ - prefix_}; }
    std::span<std::byte> writable() noexcept { return {block_ + prefix_, size_ - prefix_}; }
    record_view view() const { return record_view::trusted(bytes()); }
    /// Gives the whole block (prefix included) to the caller, who must return it to the memory resource (size as
    /// given, alignment 8) or let the resource drop it.
    std::span<std::byte> release() noexcept;

    static constexpr std::size_t alignment = 8;

  private:
    std::pmr::memory_resource* memory_;
    std::byte* block_;
    std::size_t size_;
    std::size_t prefix_;
};

/// What the bytes that follow the data are: they make the input out of what can be rebuilt from the record. A reader
/// that changes its mind about damaged input gets a new kind, since check() reads the input again and compares.
enum class residue_kind : std::uint8_t { iso2709_difference = 1 };

/// Collects one record. Use it again after finish() or clear(): it keeps its buffers.
class builder {
  public:
    explicit builder(std::pmr::memory_resource* memory = std::pmr::get_default_resource());

    /// Drops what was collected.
    void clear() noexcept;

    /// Sets the leader: 24 ASCII bytes. A character over 7F becomes '?'; a shorter leader is padded with blanks, a
    /// longer one cut. All are noted.
    /// @param leader UTF-8; of other text each byte over 7F becomes '?'
    void set_leader(std::string_view leader, report* notes = nullptr, std::size_t offset = 0);
    void set_source(source_format format, source_encoding encoding) noexcept;
    void mark(std::uint8_t flag) noexcept { flags_ |= flag; }
    /// Marks the record as mended, or as lossy where the defect is, and adds it to the report if there is one.
    void note(report* notes, defect_code code, std::size_t offset, std::string_view tag = {},
              std::uint32_t occurrence = 0);
    void set_residue(residue_kind kind, std::string_view bytes);

    /// A whole field: content as ISO 2709 has it without the terminator (data: two indicators, 1F code value …). The
    /// kind follows from tag and content. Content is taken as it is: UTF-8 is checked by finish().
    /// @throws parse_error bad_tag when tag is not three bytes or holds 1E, with which no directory could be read;
    ///         too_large
    void add_field(std::string_view tag, std::string_view content);

    /// Many whole fields.
    /// @param tags three bytes for each, without 1E
    /// @param starts where each starts in the data, ascending from 0
    /// @param data their contents, each with 1E behind it
    void add_fields(std::string_view tags, std::span<const std::uint32_t> starts, std::string_view data);

    /// The same in pieces: begin, then append and begin_subfield, then end.
    void begin_field(std::string_view tag);
    void append(std::string_view content) { data_.append(content); }
    void append(char c) { data_.push_back(c); }
    void begin_subfield(std::string_view code) {
        data_.push_back(subfield_delimiter);
        data_.append(code);
    }
    void begin_subfield(char code) {
        const char start[] = {subfield_delimiter, code};
        data_.append(start, sizeof start);
    }
    void end_field();
    /// The data of the field that is being built, so far.
    std::size_t open_field_bytes() const noexcept { return data_.size() - starts_.back(); }

    /// Puts another content into each field: `convert` appends it, or says false where the content stays. After an
    /// exception the builder must be cleared.
    void convert_fields(
        const std::function<bool(std::size_t index, std::string_view content, std::pmr::string& out)>& convert);
    /// A field so far.
    std::string_view tag(std::size_t index) const noexcept { return {tags_.data() + 3 * index, 3}; }
    std::string_view content(std::size_t index) const noexcept {
        const std::size_t end = index + 1 < count_ ? starts_[index + 1] : data_.size();
        return {data_.data() + starts_[index], end - starts_[index] - 1};
    }
    /// True when convert_fields() was called.
    bool is_converted() const noexcept { return converts_; }
    /// How many fields before this one have its tag.
    std::uint32_t occurrence(std::size_t index) const noexcept;
    std::string_view leader() const noexcept { return {leader_, limits::leader_bytes}; }
    std::string_view residue() const noexcept { return residue_; }
    std::uint8_t flags() const noexcept { return flags_; }
    bool holds_fields_of(const builder& other) const noexcept;
    source_format format() const noexcept { return format_; }
    source_encoding encoding() const noexcept { return encoding_; }

    std::pmr::memory_resource* memory() const noexcept { return memory_; }
    /// Fields that were ended.
    std::size_t field_count() const noexcept { return count_; }
    bool has_leader() const noexcept { return has_leader_; }

    /// Notes what is odd inside the collected fields: missing indicators, control characters, tags and so on.
    /// @param offset added to each field's position in the data
    void note_defects(report* notes, std::size_t offset = 0);

    /// The content of the fields so far, each with 1E behind it; valid until the next change.
    std::string_view data() const noexcept { return data_; }
    /// What is true of data(); looked at once, until the next change.
    /// True when a byte is over 7F.
    bool has_non_ascii();
    /// True when there are control characters besides 1E and 1F.
    bool has_controls();
    /// The first byte that is no UTF-8, or npos.
    std::size_t invalid_utf8();
    /// The tag of the field that holds this byte of data(); empty when there are no fields.
    std::string_view tag_at(std::size_t data_offset) const noexcept;

    /// The record in one block with `prefix` free bytes in front; then the builder is empty again.
    /// @throws parse_error bad_utf8 (offset in the data area, with the tag), too_large
    stored_record finish(std::size_t prefix = 0);

  private:
    void scan();
    bool is_sound();

    std::pmr::memory_resource* memory_;
    std::pmr::string tags_;
    std::pmr::vector<std::uint32_t> starts_;
    std::pmr::string data_;
    std::pmr::string residue_;
    std::pmr::string converted_; ///< the data to be, for convert_fields()
    char leader_[limits::leader_bytes];
    std::size_t count_ = 0;
    source_format format_ = source_format::other;
    source_encoding encoding_ = source_encoding::unicode;
    std::uint8_t flags_ = 0;
    bool has_leader_ = false;
    bool converts_ = false;
    // What scan() found in the first scanned_ bytes of the data.
    std::size_t scanned_ = 0;
    std::size_t terminators_ = 0;
    std::size_t invalid_utf8_ = std::string_view::npos;
    bool non_ascii_ = false;
    bool controls_ = false;
    bool empty_codes_ = false;
};

} // namespace marc
