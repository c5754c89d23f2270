#include "marc/record.hpp"

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

std::uint16_t facts_of(const char* entry) noexcept {
    return layout::load<std::uint16_t>(entry + layout::facts_at);
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

bool field_view::has_indicators() const noexcept {
    return !is_control() && (facts_of(entry_) & layout::no_indicators) == 0;
}

bool field_view::has_nul() const noexcept {
    return (facts_of(entry_) & layout::nul) != 0;
}

std::string_view field_view::leading() const noexcept {
    if (is_control() || (facts_of(entry_) & layout::leading_value) == 0) {
        return {};
    }
    const std::string_view rest = content_.substr(has_indicators() ? std::min<std::size_t>(2, content_.size()) : 0);
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
    const std::size_t count = facts_of(entry_) & layout::subfield_count;
    if (count < layout::subfield_count || is_control()) {
        return count;
    }
    return static_cast<std::size_t>(std::count(content_.begin(), content_.end(), subfield_delimiter));
}

record_view record_view::trusted(std::span<const std::byte> stored) {
    record_view r;
    r.text_ = as_text(stored);
    if (r.text_.size() < header_bytes || r.text_[0] != layout::version) {
        corrupt(0);
    }
    r.field_count_ = layout::load<std::uint32_t>(r.text_.data() + layout::field_count_at);
    r.data_bytes_ = layout::load<std::uint32_t>(r.text_.data() + layout::data_bytes_at);
    const std::uint64_t residue = layout::load<std::uint32_t>(r.text_.data() + layout::residue_bytes_at);
    const std::uint64_t data_start = header_bytes + std::uint64_t{entry_bytes} * r.field_count_;
    if (data_start + r.data_bytes_ + residue != r.text_.size()) {
        corrupt(layout::field_count_at);
    }
    r.data_start_ = static_cast<std::size_t>(data_start);
    return r;
}

record_view record_view::checked(std::span<const std::byte> stored) {
    if (stored.size() > limits::record_bytes) {
        throw parse_error(errc::too_large, stored.size());
    }
    record_view r = trusted(stored);
    r.check();
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

field_view record_view::field(std::size_t index) const {
    if (index >= field_count_) {
        corrupt(layout::field_count_at);
    }
    const std::size_t entry_at = header_bytes + index * entry_bytes;
    const char* entry = text_.data() + entry_at;
    const std::size_t start = layout::load<std::uint32_t>(entry + layout::offset_at);
    const std::size_t end =
        index + 1 == field_count_ ? data_bytes_ : layout::load<std::uint32_t>(entry + entry_bytes + layout::offset_at);
    if (start >= end || end > data_bytes_) {
        corrupt(entry_at);
    }
    return {entry, start, text_.substr(data_start_ + start, end - start - 1)};
}

void record_view::check() const {
    const auto header_byte = [&](std::size_t i) { return static_cast<unsigned char>(text_[i]); };
    if ((flags() & ~record_flag::known) != 0) {
        corrupt(1);
    }
    if ((header_byte(2) & 0x0FU) > static_cast<unsigned>(flavour::unimarc) ||
        (header_byte(2) >> 4U) > static_cast<unsigned>(source_format::aleph)) {
        corrupt(2);
    }
    if (header_byte(3) > static_cast<unsigned>(source_encoding::marc8)) {
        corrupt(3);
    }
    if (find_non_ascii(leader()) != std::string_view::npos) {
        corrupt(layout::leader_at);
    }
    if (field_count_ > limits::fields || (field_count_ == 0 && data_bytes_ != 0)) {
        corrupt(layout::field_count_at);
    }
    const std::string_view rest = residue();
    if (has(record_flag::residue) != !rest.empty()) {
        corrupt(layout::residue_bytes_at);
    }
    if (!rest.empty() && rest[0] != 1) { // residue_kind::original
        corrupt(data_start_ + data_bytes_);
    }
    poller polling;
    std::size_t expected = 0;
    for (std::size_t i = 0; i < field_count_; ++i) {
        const field_view f = field(i);
        polling.step(f.content().size());
        const std::size_t entry_at = header_bytes + i * entry_bytes;
        if (f.offset() != expected || f.tag().find(field_terminator) != std::string_view::npos ||
            f.content().data()[f.content().size()] != field_terminator) {
            corrupt(entry_at, f.tag());
        }
        const layout::entry e = layout::describe(f.tag(), f.content(), static_cast<std::uint32_t>(expected));
        if (std::memcmp(e.data(), text_.data() + entry_at, entry_bytes) != 0) {
            corrupt(entry_at, f.tag());
        }
        const std::size_t invalid = find_invalid_utf8(f.content());
        if (invalid != std::string_view::npos) {
            corrupt(data_start_ + expected + invalid, f.tag());
        }
        expected += f.content().size() + 1;
    }
    const bool non_ascii =
        find_non_ascii(leader()) != std::string_view::npos || find_non_ascii(data()) != std::string_view::npos;
    const bool nul = leader().find('\0') != std::string_view::npos || data().find('\0') != std::string_view::npos;
    if (non_ascii != has(record_flag::non_ascii) || nul != has(record_flag::nul)) {
        corrupt(1);
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
