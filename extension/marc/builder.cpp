#include "marc/builder.hpp"

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

bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
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
    : memory_(memory), directory_(memory), data_(memory), residue_(memory), converted_(memory) {
    clear();
}

void builder::clear() noexcept {
    directory_.clear();
    data_.clear();
    residue_.clear();
    std::copy_n(neutral_leader.data(), neutral_leader.size(), leader_);
    count_ = 0;
    field_start_ = 0;
    format_ = source_format::other;
    encoding_ = source_encoding::unicode;
    flags_ = 0;
    has_leader_ = false;
    has_008_ = false;
    has_200_ = false;
}

void builder::set_leader(std::string_view leader, report* notes, std::size_t offset) {
    const auto note = [&](defect_code code, bool lossy) {
        mark(lossy ? record_flag::defects | record_flag::lossy : record_flag::defects);
        if (notes != nullptr) {
            notes->add(code, offset, "LDR");
        }
    };
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
        note(defect_code::leader_byte, true);
    }
    if (length < limits::leader_bytes || at < leader.size()) {
        // Blanks behind byte 24 are padding, anything else is lost.
        note(defect_code::leader_length, leader.substr(at).find_first_not_of(' ') != std::string_view::npos);
    }
    std::fill(leader_ + length, leader_ + limits::leader_bytes, ' ');
    has_leader_ = true;
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
    if (tag.size() != 3 || tag.find(field_terminator) != std::string_view::npos) {
        throw parse_error(errc::bad_tag, data_.size(), tag, tag);
    }
    field_start_ = data_.size();
    directory_.append(tag);
}

void builder::end_field() {
    if (data_.size() >= limits::record_bytes || count_ == limits::fields) {
        throw parse_error(errc::too_large, data_.size());
    }
    const std::string_view tag = std::string_view(directory_).substr(directory_.size() - 3);
    const std::string_view content = std::string_view(data_).substr(field_start_);
    const layout::entry e = layout::describe(tag, content, static_cast<std::uint32_t>(field_start_));
    has_008_ = has_008_ || tag == "008";
    has_200_ = has_200_ || tag == "200";
    directory_.append(e.data() + 3, e.size() - 3);
    data_.push_back(field_terminator);
    ++count_;
}

void builder::note_defects(report* notes, std::size_t offset) {
    const auto note = [&](defect_code code, const char* entry, std::size_t at) {
        mark(record_flag::defects);
        if (notes == nullptr) {
            return;
        }
        std::uint32_t occurrence = 0;
        // Only for fields that are listed: the count below would be quadratic for a record full of defects.
        if (notes->count() < limits::listed_defects) {
            for (const char* e = directory_.data(); e != entry; e += record_view::entry_bytes) {
                occurrence += std::memcmp(e, entry, 3) == 0 ? 1 : 0;
            }
        }
        notes->add(code, offset + at, {entry, 3}, occurrence);
    };
    for (const char c : leader_) {
        if (c < 0x20 || c == 0x7F) { // char may be signed, but the leader is ASCII
            mark(record_flag::defects);
            if (notes != nullptr) {
                notes->add(defect_code::leader_byte, 0, "LDR");
            }
            break;
        }
    }
    poller polling;
    for (std::size_t i = 0; i < count_; ++i) {
        const char* entry = directory_.data() + i * record_view::entry_bytes;
        const std::size_t start = layout::load<std::uint32_t>(entry + layout::offset_at);
        const std::size_t next = i + 1 < count_
                                     ? layout::load<std::uint32_t>(entry + record_view::entry_bytes + layout::offset_at)
                                     : data_.size();
        const std::string_view content = std::string_view(data_).substr(start, next - start - 1);
        const auto facts = layout::load<std::uint16_t>(entry + layout::facts_at);
        const bool control = entry[layout::kind_at] == static_cast<char>(field_kind::control);
        polling.step(content.size());
        if (!is_alphanumeric(entry[0]) || !is_alphanumeric(entry[1]) || !is_alphanumeric(entry[2])) {
            note(defect_code::tag_character, entry, start);
        }
        if ((facts & layout::nul) != 0) {
            note(defect_code::nul_character, entry, start);
        }
        if ((facts & layout::no_indicators) != 0) {
            note(defect_code::indicators_missing, entry, start);
        }
        if ((facts & layout::leading_value) != 0) {
            note(defect_code::leading_value, entry, start);
        }
        bool control_character = false;
        for (std::size_t at = skip_printable(content, 0); at < content.size(); at = skip_printable(content, at + 1)) {
            const auto c = static_cast<unsigned char>(content[at]);
            if (c == subfield_delimiter) {
                if (control) {
                    note(defect_code::subfield_in_control_field, entry, start + at);
                    break;
                }
                if (at + 1 == content.size() || content[at + 1] == subfield_delimiter) {
                    note(defect_code::empty_subfield_code, entry, start + at);
                }
            } else if (c == field_terminator) {
                note(defect_code::field_terminator_in_data, entry, start + at);
            } else if (c != 0 && !control_character) {
                control_character = true;
                note(defect_code::control_character, entry, start + at);
            }
        }
    }
}

std::string_view builder::tag_at(std::size_t data_offset) const noexcept {
    std::string_view tag;
    for (std::size_t at = 0; at < directory_.size(); at += record_view::entry_bytes) {
        if (layout::load<std::uint32_t>(directory_.data() + at + layout::offset_at) > data_offset) {
            break;
        }
        tag = std::string_view(directory_).substr(at, 3);
    }
    return tag;
}

stored_record builder::finish(std::size_t prefix) {
    const std::size_t invalid = find_invalid_utf8(data_);
    if (invalid != std::string_view::npos) {
        throw parse_error(errc::bad_utf8, invalid, tag_at(invalid));
    }
    const std::string_view leader(leader_, limits::leader_bytes);
    if (find_non_ascii(data_) != std::string_view::npos) {
        mark(record_flag::non_ascii);
    }
    if (data_.find('\0') != std::string_view::npos || leader.find('\0') != std::string_view::npos) {
        mark(record_flag::nul);
    }
    const std::size_t size = record_view::header_bytes + directory_.size() + data_.size() + residue_.size();
    if (size > limits::record_bytes) {
        throw parse_error(errc::too_large, size);
    }
    const flavour kind = has_008_ ? flavour::marc21 : has_200_ ? flavour::unimarc : flavour::undetermined;

    stored_record result(memory_, prefix, size);
    char* out = reinterpret_cast<char*>(result.writable().data());
    out[0] = layout::version;
    out[1] = static_cast<char>(flags_);
    out[2] = static_cast<char>(static_cast<unsigned>(kind) | (static_cast<unsigned>(format_) << 4U));
    out[3] = static_cast<char>(encoding_);
    std::copy_n(leader_, limits::leader_bytes, out + layout::leader_at);
    layout::store(out + layout::field_count_at, static_cast<std::uint32_t>(count_));
    layout::store(out + layout::data_bytes_at, static_cast<std::uint32_t>(data_.size()));
    layout::store(out + layout::residue_bytes_at, static_cast<std::uint32_t>(residue_.size()));
    out += record_view::header_bytes;
    for (const std::pmr::string* part : {&directory_, &data_, &residue_}) {
        out = std::copy(part->begin(), part->end(), out);
    }
    clear();
    return result;
}

} // namespace marc
