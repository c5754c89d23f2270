#include "marc/builder.hpp"

#include "data_scan.hpp"
#include "layout.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace marc {
namespace {

// What a record without a leader gets: no statement about what it is, UTF-8, and the constants of MARC 21.
constexpr std::string_view neutral_leader = "00000    a2200000   4500";
static_assert(neutral_leader.size() == limits::leader_bytes);

bool has_control(const char (&leader)[limits::leader_bytes]) noexcept {
    const byte_block first(leader);
    const byte_block last(leader + limits::leader_bytes - byte_block::bytes);
    return (first.control() | last.control() | first.equal(0x7F) | last.equal(0x7F)) != 0;
}

/// Position of the next byte under 20, or the size; eight bytes at a time.
std::size_t skip_printable(std::string_view text, std::size_t at) noexcept {
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101ULL;
    while (at < text.size() && text.size() - at >= 8) {
        const auto word = layout::load<std::uint64_t>(text.data() + at);
        if (((word - 0x20 * ones) & ~word & 0x80 * ones) != 0) {
            break;
        }
        at += 8;
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20) {
        ++at;
    }
    return at;
}

} // namespace

stored_record::stored_record(std::pmr::memory_resource* memory, std::size_t prefix, std::size_t bytes)
    : memory_(memory), block_(static_cast<std::byte*>(memory->allocate(prefix + bytes, alignment))),
      size_(prefix + bytes), prefix_(prefix) {
    std::memset(block_, 0, prefix);
}

stored_record::stored_record(stored_record&& other) noexcept
    : memory_(other.memory_), block_(std::exchange(other.block_, nullptr)), size_(std::exchange(other.size_, 0)),
      prefix_(std::exchange(other.prefix_, 0)) {}

stored_record& stored_record::operator=(stored_record&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(block_, other.block_);
    std::swap(size_, other.size_);
    std::swap(prefix_, other.prefix_);
    return *this;
}

stored_record::~stored_record() {
    if (block_ != nullptr) {
        memory_->deallocate(block_, size_, alignment);
    }
}

std::span<std::byte> stored_record::release() noexcept {
    prefix_ = 0;
    return {std::exchange(block_, nullptr), std::exchange(size_, 0)};
}

builder::builder(std::pmr::memory_resource* memory)
    : memory_(memory), tags_(memory), starts_(memory), data_(memory), residue_(memory), converted_(memory) {
    clear();
}

void builder::clear() noexcept {
    tags_.clear();
    starts_.clear();
    data_.clear();
    residue_.clear();
    std::copy_n(neutral_leader.data(), neutral_leader.size(), leader_);
    count_ = 0;
    format_ = source_format::other;
    encoding_ = source_encoding::unicode;
    flags_ = 0;
    has_leader_ = false;
    converts_ = false;
    scanned_ = 0;
    terminators_ = 0;
    invalid_utf8_ = std::string_view::npos;
    non_ascii_ = false;
    controls_ = false;
    empty_codes_ = false;
}

void builder::note(report* notes, defect_code code, std::size_t offset, std::string_view tag,
                   std::uint32_t occurrence) {
    mark(is_lossy(code) ? record_flag::defects | record_flag::lossy : record_flag::defects);
    if (notes != nullptr) {
        notes->add(code, offset, tag, occurrence);
    }
}

void builder::set_leader(std::string_view leader, report* notes, std::size_t offset) {
    has_leader_ = true;
    if (leader.size() == limits::leader_bytes && find_non_ascii(leader) == std::string_view::npos) {
        std::copy_n(leader.data(), limits::leader_bytes, leader_);
        return;
    }
    std::size_t length = 0;
    std::size_t at = 0;
    bool replaced = false;
    const bool utf8 = find_invalid_utf8(leader) == std::string_view::npos;
    while (at < leader.size() && length < limits::leader_bytes) {
        const bool ascii = static_cast<unsigned char>(leader[at]) < 0x80;
        replaced = replaced || !ascii;
        leader_[length] = ascii ? leader[at] : '?';
        ++length;
        at += utf8 ? character_bytes(leader.substr(at)) : 1;
    }
    if (replaced) {
        mark(record_flag::lossy);
        note(notes, defect_code::leader_byte, offset, "LDR");
    }
    if (length < limits::leader_bytes || at < leader.size()) {
        // Blanks behind byte 24 are padding, anything else is lost.
        mark(leader.substr(at).find_first_not_of(' ') == std::string_view::npos ? 0 : record_flag::lossy);
        note(notes, defect_code::leader_length, offset, "LDR");
    }
    std::fill(leader_ + length, leader_ + limits::leader_bytes, ' ');
}

void builder::set_source(source_format format, source_encoding encoding) noexcept {
    format_ = format;
    encoding_ = encoding;
}

void builder::set_residue(residue_kind kind, std::string_view bytes) {
    residue_.clear();
    residue_.push_back(static_cast<char>(kind));
    residue_.append(bytes);
    mark(record_flag::residue);
}

void builder::add_field(std::string_view tag, std::string_view content) {
    begin_field(tag);
    data_.append(content);
    end_field();
}

void builder::begin_field(std::string_view tag) {
    if (tag.size() != 3 || tag[0] == field_terminator || tag[1] == field_terminator || tag[2] == field_terminator) {
        throw parse_error(errc::bad_tag, data_.size(), tag, tag);
    }
    starts_.push_back(static_cast<std::uint32_t>(data_.size()));
    tags_.append(tag);
}

void builder::end_field() {
    if (data_.size() >= limits::record_bytes || count_ == limits::fields) {
        throw parse_error(errc::too_large, data_.size());
    }
    data_.push_back(field_terminator);
    ++count_;
}

void builder::add_fields(std::string_view tags, std::span<const std::uint32_t> starts, std::string_view data) {
    const std::size_t before = data_.size();
    if (data.size() >= limits::record_bytes - before || starts.size() > limits::fields - count_) {
        throw parse_error(errc::too_large, before);
    }
    tags_.append(tags);
    starts_.insert(starts_.end(), starts.begin(), starts.end());
    if (before > 0) {
        std::for_each(starts_.begin() + static_cast<std::ptrdiff_t>(count_), starts_.end(),
                      [before](std::uint32_t& start) { start += static_cast<std::uint32_t>(before); });
    }
    data_.append(data);
    count_ += starts.size();
}

void builder::scan() {
    if (scanned_ == data_.size()) {
        return;
    }
    const data_facts facts = scan_data(data_);
    scanned_ = data_.size();
    terminators_ = facts.terminators;
    non_ascii_ = facts.non_ascii;
    controls_ = facts.controls;
    empty_codes_ = facts.empty_codes;
    invalid_utf8_ = non_ascii_ ? find_invalid_utf8(data_) : std::string_view::npos;
}

bool builder::has_non_ascii() {
    scan();
    return non_ascii_;
}

bool builder::has_controls() {
    scan();
    return controls_;
}

std::size_t builder::invalid_utf8() {
    scan();
    return invalid_utf8_;
}

/// True when note_defects() would find nothing.
bool builder::is_sound() {
    scan();
    const tag_characters characters = scan_tags(tags_);
    if (controls_ || empty_codes_ || terminators_ != count_ || has_control(leader_) ||
        characters == tag_characters::others) {
        return false;
    }
    // The control fields in front, as nearly all records have them, at once.
    std::size_t i = 0;
    while (i < count_ && tag(i).starts_with("00")) {
        ++i;
    }
    const std::size_t control_bytes = i < count_ ? starts_[i] : data_.size();
    if (std::string_view(data_).substr(0, control_bytes).find(subfield_delimiter) != std::string_view::npos) {
        return false;
    }
    for (; i < count_; ++i) {
        const std::string_view field = content(i);
        const bool control = characters == tag_characters::digits
                                 ? tag(i).starts_with("00")
                                 : layout::kind_of(tag(i), field) == field_kind::control;
        if (control ? field.find(subfield_delimiter) != std::string_view::npos
                    : !layout::starts_with_indicators(field) || (field.size() > 2 && field[2] != subfield_delimiter)) {
            return false;
        }
    }
    return true;
}

void builder::note_defects(report* notes, std::size_t offset) {
    if (is_sound()) {
        return;
    }
    const auto note_field = [&](defect_code code, std::size_t index, std::size_t at) {
        // Only for fields that are listed: counting would be quadratic for a record full of defects.
        const bool listed = notes != nullptr && notes->count() < limits::listed_defects;
        note(notes, code, offset + at, tag(index), listed ? occurrence(index) : 0);
    };
    if (has_control(leader_)) {
        note(notes, defect_code::leader_byte, 0, "LDR");
    }
    poller polling;
    for (std::size_t i = 0; i < count_; ++i) {
        const std::size_t start = starts_[i];
        const std::string_view field = content(i);
        const bool control = layout::kind_of(tag(i), field) == field_kind::control;
        polling.step(field.size());
        if (scan_tags(tag(i)) == tag_characters::others) {
            note_field(defect_code::tag_character, i, start);
        }
        if (field.find('\0') != std::string_view::npos) {
            note_field(defect_code::nul_character, i, start);
        }
        if (!control) {
            const bool indicators = layout::starts_with_indicators(field);
            if (!indicators) {
                note_field(defect_code::indicators_missing, i, start);
            }
            const std::string_view rest = field.substr(indicators ? 2 : 0);
            if (!rest.empty() && rest.front() != subfield_delimiter) {
                note_field(defect_code::leading_value, i, start);
            }
        }
        bool control_character = false;
        for (std::size_t at = skip_printable(field, 0); at < field.size(); at = skip_printable(field, at + 1)) {
            const auto c = static_cast<unsigned char>(field[at]);
            if (c == subfield_delimiter) {
                if (control) {
                    note_field(defect_code::subfield_in_control_field, i, start + at);
                    break;
                }
                if (at + 1 == field.size() || field[at + 1] == subfield_delimiter) {
                    note_field(defect_code::empty_subfield_code, i, start + at);
                }
            } else if (c == field_terminator) {
                note_field(defect_code::field_terminator_in_data, i, start + at);
            } else if (c != 0 && !control_character) {
                control_character = true;
                note_field(defect_code::control_character, i, start + at);
            }
        }
    }
}

std::string_view builder::tag_at(std::size_t data_offset) const noexcept {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), data_offset);
    const auto index = static_cast<std::size_t>(after - starts_.begin());
    return index == 0 ? std::string_view()
                      : std::string_view(tags_).substr((index - 1) * layout::tag_bytes, layout::tag_bytes);
}

stored_record builder::finish(std::size_t prefix) {
    scan();
    if (invalid_utf8_ != std::string_view::npos) {
        throw parse_error(errc::bad_utf8, invalid_utf8_, tag_at(invalid_utf8_));
    }
    if (non_ascii_) {
        mark(record_flag::non_ascii);
    }
    if (terminators_ != count_) {
        mark(record_flag::inner_terminator);
    }
    if ((controls_ && data_.find('\0') != std::string_view::npos) ||
        std::find(std::begin(leader_), std::end(leader_), '\0') != std::end(leader_)) {
        mark(record_flag::nul);
    }
    const std::size_t step = layout::offset_step(flags_);
    const std::size_t size = layout::header_bytes(flags_) + tags_.size() +
                             layout::offset_bytes * layout::offset_count(count_, step) + data_.size() + residue_.size();
    if (size > limits::record_bytes) {
        throw parse_error(errc::too_large, size);
    }
    stored_record result(memory_, prefix, size);
    char* out = reinterpret_cast<char*>(result.writable().data());
    out[0] = layout::version;
    out[1] = static_cast<char>(flags_);
    out[2] =
        static_cast<char>(static_cast<unsigned>(layout::flavour_of(tags_)) | (static_cast<unsigned>(format_) << 4U));
    out[3] = static_cast<char>(encoding_);
    std::copy_n(leader_, limits::leader_bytes, out + layout::leader_at);
    layout::store(out + layout::field_count_at, static_cast<std::uint32_t>(count_));
    if ((flags_ & record_flag::residue) != 0) {
        layout::store(out + layout::residue_bytes_at, static_cast<std::uint32_t>(residue_.size()));
    }
    out = std::copy(tags_.begin(), tags_.end(), out + layout::header_bytes(flags_));
    for (std::size_t i = step; i < count_; i += step) {
        layout::store(out, starts_[i]);
        out += layout::offset_bytes;
    }
    out = std::copy(data_.begin(), data_.end(), out);
    std::copy(residue_.begin(), residue_.end(), out);
    clear();
    return result;
}

} // namespace marc
