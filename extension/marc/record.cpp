#include "marc/record.hpp"

#include "data_scan.hpp"
#include "iso2709_raw.hpp"
#include "layout.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/poll.hpp"

#include <algorithm>

namespace marc {
namespace {

[[noreturn]] void corrupt(std::size_t offset, std::string_view tag = {}) {
    throw parse_error(errc::corrupt, offset, tag);
}

} // namespace

void subfield_range::iterator::read() noexcept {
    done_ = rest_.empty();
    if (done_) {
        current_ = {};
        return;
    }
    // rest_ starts with a delimiter.
    std::string_view piece = rest_.substr(1);
    const std::size_t end = piece.find(subfield_delimiter);
    if (end == std::string_view::npos) {
        rest_ = rest_.substr(rest_.size());
    } else {
        piece = piece.substr(0, end);
        rest_ = rest_.substr(1 + end);
    }
    const std::size_t code_bytes = character_bytes(piece);
    current_ = {piece.substr(0, code_bytes), piece.substr(code_bytes)};
}

field_kind field_view::kind() const noexcept {
    return layout::kind_of(tag(), content_);
}

bool field_view::has_indicators() const noexcept {
    return !is_control() && layout::starts_with_indicators(content_);
}

std::string_view field_view::leading() const noexcept {
    if (is_control()) {
        return {};
    }
    const std::string_view rest = content_.substr(layout::starts_with_indicators(content_) ? 2 : 0);
    return rest.substr(0, rest.find(subfield_delimiter));
}

subfield_range field_view::subfields() const noexcept {
    if (is_control()) {
        return {};
    }
    const std::size_t at = content_.find(subfield_delimiter);
    return at == std::string_view::npos ? subfield_range() : subfield_range(content_.substr(at));
}

std::size_t field_view::subfield_count() const noexcept {
    return is_control() ? 0
                        : static_cast<std::size_t>(std::count(content_.begin(), content_.end(), subfield_delimiter));
}

/// @param stored_bytes of the whole record, of which the text may be the front
record_view::record_view(std::string_view text, std::size_t stored_bytes) : text_(text) {
    if (text_.size() < layout::header_bytes(0) || text_[0] != layout::version) {
        corrupt(0);
    }
    tags_start_ = layout::header_bytes(flags());
    offset_step_ = layout::offset_step(flags());
    field_count_ = layout::load<std::uint32_t>(text_.data() + layout::field_count_at);
    std::uint64_t other = tags_start_;
    if (has(record_flag::residue)) {
        if (text_.size() < tags_start_) {
            corrupt(layout::residue_bytes_at);
        }
        other += layout::load<std::uint32_t>(text_.data() + layout::residue_bytes_at);
    }
    const std::uint64_t directory =
        std::uint64_t{layout::tag_bytes} * field_count_ +
        std::uint64_t{layout::offset_bytes} * layout::offset_count(field_count_, offset_step_);
    other += directory;
    // Each field has a terminator at least.
    if (other + field_count_ > stored_bytes) {
        corrupt(layout::field_count_at);
    }
    data_bytes_ = stored_bytes - static_cast<std::size_t>(other);
    data_start_ = tags_start_ + static_cast<std::size_t>(directory);
    last_start_ = 1; // no field yet
}

record_view record_view::trusted(std::span<const std::byte> stored) {
    return {as_text(stored), stored.size()};
}

std::optional<record_view> record_view::front(std::span<const std::byte> slice, std::size_t stored_bytes) {
    record_view r(as_text(slice), std::max(slice.size(), stored_bytes));
    // Where fields hold terminators, the end of the data ends the last one.
    if (r.data_start_ > slice.size() || r.has(record_flag::inner_terminator)) {
        return std::nullopt;
    }
    r.data_bytes_ = std::min(r.data_bytes_, slice.size() - r.data_start_);
    return r;
}

record_view record_view::checked(std::span<const std::byte> stored, std::pmr::memory_resource* memory) {
    if (stored.size() > limits::record_bytes) {
        throw parse_error(errc::too_large, stored.size());
    }
    record_view r = trusted(stored);
    r.check(memory);
    return r;
}

std::string_view record_view::leader_of(std::span<const std::byte> slice) {
    if (slice.size() < leader_slice_bytes || as_text(slice)[0] != layout::version) {
        corrupt(0);
    }
    return as_text(slice).substr(layout::leader_at, limits::leader_bytes);
}

std::uint8_t record_view::flags_of(std::span<const std::byte> slice) {
    leader_of(slice); // the same checks
    return static_cast<std::uint8_t>(slice[1]);
}

flavour record_view::get_flavour() const noexcept {
    return static_cast<flavour>(static_cast<unsigned char>(text_[2]) & 0x0FU);
}

source_format record_view::format() const noexcept {
    return static_cast<source_format>(static_cast<unsigned char>(text_[2]) >> 4U);
}

std::size_t record_view::stored_offset(std::size_t number) const noexcept {
    const std::size_t offsets = tags_start_ + layout::tag_bytes * field_count_;
    return number == 0 ? 0 : layout::load<std::uint32_t>(text_.data() + offsets + layout::offset_bytes * (number - 1));
}

/// Finds where the field lies, for field(); false when it is not in the data.
inline bool record_view::locate(std::size_t index) const noexcept {
    if (index != last_ || last_end_ < last_start_) {
        const std::string_view all = data();
        std::size_t start = 0;
        std::size_t end = 0;
        if (offset_step_ == 1) {
            start = stored_offset(index);
            end = index + 1 == field_count_ ? data_bytes_ : stored_offset(index + 1);
            --end; // start is not over the end of the data, or corrupt
        } else {
            // From the field before, or from the last one whose offset is stored.
            std::size_t at = index / offset_step_ * offset_step_;
            if (index == last_ + 1 && last_end_ >= last_start_) {
                at = index;
                start = last_end_ + 1;
            } else {
                start = stored_offset(at / offset_step_);
            }
            start = pass_terminators(all, start, index - at);
            end = start < data_bytes_ ? all.find(field_terminator, start) : std::string_view::npos;
        }
        if (end >= data_bytes_ || start > end) {
            return false;
        }
        last_ = index;
        last_start_ = start;
        last_end_ = end;
    }
    return true;
}

bool record_view::holds_field(std::size_t index) const noexcept {
    return index < field_count_ && locate(index);
}

field_view record_view::field(std::size_t index) const {
    if (index >= field_count_) {
        corrupt(layout::field_count_at);
    }
    const std::size_t tag = tags_start_ + layout::tag_bytes * index;
    if (!locate(index)) {
        corrupt(tag);
    }
    return {text_.data() + tag, last_start_, data().substr(last_start_, last_end_ - last_start_)};
}

/// Tags, offsets and data: exactly what builder writes for them.
void record_view::check_fields() const {
    if (tags().find(field_terminator) != std::string_view::npos) {
        corrupt(tags_start_);
    }
    const std::string_view all = data();
    if (field_count_ == 0 ? !all.empty() : all.back() != field_terminator) {
        corrupt(data_start_);
    }
    data_facts facts;
    poller polling;
    std::size_t start = 0;
    for (std::size_t i = 1; i <= layout::offset_count(field_count_, offset_step_); ++i) {
        const std::size_t next = stored_offset(i);
        if (next <= start || next >= data_bytes_ || all[next - 1] != field_terminator) {
            corrupt(data_start_ - layout::offset_bytes);
        }
        const data_facts part = scan_data(all.substr(start, next - start));
        if (offset_step_ != 1 && part.terminators != offset_step_) {
            corrupt(data_start_ - layout::offset_bytes);
        }
        facts.add(part);
        polling.step(next - start);
        start = next;
    }
    facts.add(scan_data(all.substr(start)));
    if (facts.terminators < field_count_ || (facts.terminators > field_count_) != has(record_flag::inner_terminator)) {
        corrupt(data_start_);
    }
    const std::size_t invalid = facts.non_ascii ? find_invalid_utf8(all) : std::string_view::npos;
    if (invalid != std::string_view::npos) {
        corrupt(data_start_ + invalid);
    }
    const bool nul =
        leader().find('\0') != std::string_view::npos || (facts.controls && all.find('\0') != std::string_view::npos);
    if (facts.non_ascii != has(record_flag::non_ascii) || nul != has(record_flag::nul)) {
        corrupt(1);
    }
}

void record_view::check(std::pmr::memory_resource* memory) const {
    const auto header_byte = [&](std::size_t i) { return static_cast<unsigned char>(text_[i]); };
    if ((flags() & ~record_flag::known) != 0) {
        corrupt(1);
    }
    if ((header_byte(2) & 0x0FU) > static_cast<unsigned>(flavour::unimarc) ||
        (header_byte(2) >> 4U) > static_cast<unsigned>(source_format::aleph)) {
        corrupt(2);
    }
    if (header_byte(3) > static_cast<unsigned>(source_encoding::iso5426)) {
        corrupt(3);
    }
    // Only ISO 2709 has encodings, and it always has one.
    const bool is_iso2709 = format() == source_format::iso2709;
    if (is_iso2709 != (encoding() != source_encoding::unicode)) {
        corrupt(3);
    }
    if (find_non_ascii(leader()) != std::string_view::npos) {
        corrupt(layout::leader_at);
    }
    if (field_count_ > limits::fields) {
        corrupt(layout::field_count_at);
    }
    if (get_flavour() != layout::flavour_of(tags())) {
        corrupt(2);
    }
    const std::string_view rest = residue();
    if (has(record_flag::residue) != !rest.empty()) {
        corrupt(layout::residue_bytes_at);
    }
    if (!rest.empty() && (rest[0] != static_cast<char>(residue_kind::iso2709_difference) || !is_iso2709)) {
        corrupt(data_start_ + data_bytes_);
    }
    // Reading the input again says the same of the fields, and where it is made by converting them, they must be sound.
    if (!is_iso2709 || !came_as_stored(encoding())) {
        check_fields();
    }
    if (is_iso2709) {
        check_raw(*this, memory);
    }
}

printable_tag::printable_tag(std::string_view tag) noexcept {
    for (std::size_t i = 0; i < 3; ++i) {
        text[i] = i < tag.size() && tag[i] > 0x20 && tag[i] < 0x7F ? tag[i] : '?';
    }
}

std::string_view control_number(const record_view& record) {
    for (const field_view f : record) {
        if (f.tag() == "001" && !f.content().empty()) {
            return f.content();
        }
    }
    return {};
}

} // namespace marc
