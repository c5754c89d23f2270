// Which fields a tag and an index select, and which characters of a value.
#include "path_select.hpp"

#include "layout.hpp"
#include "marc/charset.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <cstring>

namespace marc {
namespace {

/// Byte position of the character with this number, or the size.
std::size_t byte_of_character(std::string_view text, std::size_t number, bool ascii) noexcept {
    return ascii ? std::min(number, text.size()) : marc::byte_of_character(text, number);
}

} // namespace

std::string_view select_characters(std::string_view text, const position_range& range, bool ascii) noexcept {
    if (!range.present) {
        return text;
    }
    std::size_t first = range.first;
    std::size_t end = std::size_t{range.second} + 1;
    if (range.from_end) {
        const std::size_t count = ascii ? text.size() : count_characters(text);
        if (first >= count) {
            return {};
        }
        const std::size_t farthest = std::min(count, end);
        end = count - first;
        first = count - farthest;
    }
    const std::size_t start = byte_of_character(text, first, ascii);
    if (range.second == position_range::last && !range.from_end) {
        return text.substr(start);
    }
    return text.substr(start, byte_of_character(text.substr(start), end - first, ascii));
}

std::string_view field_text(const field_view& field, std::pmr::string& scratch) {
    if (field.is_control()) {
        return field.content();
    }
    scratch = field.leading();
    for (const subfield_view& s : field.subfields()) {
        if (!scratch.empty() && !s.value.empty()) {
            scratch += ' ';
        }
        scratch += s.value;
    }
    return scratch;
}

std::string_view indicator_text(const field_view& field, std::uint8_t indicator) noexcept {
    return field.has_indicators() ? field.content().substr(indicator - 1U, 1) : std::string_view();
}

void count_codes(const subfield_range& subfields, std::array<std::uint32_t, 128>& totals) noexcept {
    totals.fill(0);
    for (const subfield_view& s : subfields) {
        const std::size_t number = code_number(s.code);
        if (number < totals.size()) {
            ++totals[number];
        }
    }
}

field_selector::field_selector(const std::array<char, 3>& tag, const position_range& index, const record_view& record,
                               std::pmr::memory_resource* memory)
    : record_(&record), index_(&index), list_(memory) {
    std::array<char, 4> bits{};
    std::array<char, 4> mask{}; // the fourth byte, the first of the next tag, never counts
    for (std::size_t i = 0; i < tag.size(); ++i) {
        if (tag[i] != '.') {
            bits[i] = tag[i];
            mask[i] = '\xFF';
        }
    }
    bits_ = layout::load<std::uint32_t>(bits.data());
    mask_ = layout::load<std::uint32_t>(mask.data());
    if (!index.present) {
        return;
    }
    if (std::find(tag.begin(), tag.end(), '.') != tag.end()) {
        select_by_tag();
    } else if (index.from_end) {
        std::size_t field = 0;
        while (next_match(field)) {
            ++total_;
        }
        at_ = 0;
    }
}

bool field_selector::next_match(std::size_t& field) noexcept {
    const std::size_t count = record_->field_count();
    const char* tag = record_->tags().data() + 3 * at_;
    for (; at_ + 1 < count; ++at_, tag += 3) {
        if (((layout::load<std::uint32_t>(tag) ^ bits_) & mask_) == 0) {
            field = at_++;
            return true;
        }
    }
    // Behind the last tag no fourth byte is sure to be there.
    if (at_ < count) {
        const std::array<char, 4> last{tag[0], tag[1], tag[2], 0};
        field = at_++;
        return ((layout::load<std::uint32_t>(last.data()) ^ bits_) & mask_) == 0;
    }
    return false;
}

/// An index counts the repetitions of one field (MARCspec, Reference to occurrence): behind a wildcard, of each tag.
void field_selector::select_by_tag() {
    constexpr unsigned tag_bits = 24;
    constexpr std::uint64_t field_mask = 0xFFFF'FFFF;
    std::size_t field = 0;
    while (next_match(field)) {
        std::uint64_t key = 0;
        for (const char c : record_->tags().substr(3 * field, 3)) { // not field(): a front lacks most of them
            key = key << 8U | static_cast<unsigned char>(c);
        }
        static_assert(limits::fields < (std::uint64_t{1} << (64 - tag_bits)));
        list_.push_back(key << 32U | field);
    }
    std::sort(list_.begin(), list_.end());
    auto kept = list_.begin();
    for (auto group = list_.begin(); group != list_.end();) {
        const auto end = std::find_if(group, list_.end(), [&](std::uint64_t v) { return v >> 32U != *group >> 32U; });
        const auto total = static_cast<std::size_t>(end - group);
        for (std::size_t position = 0; position < total; ++position, ++group) {
            if (in_range(*index_, position, total)) {
                *kept = *group & field_mask;
                ++kept;
            }
        }
    }
    list_.erase(kept, list_.end());
    std::sort(list_.begin(), list_.end());
    listed_ = true;
    at_ = 0;
}

bool field_selector::next(std::size_t& field) {
    if (listed_) {
        if (at_ == list_.size()) {
            return false;
        }
        field = static_cast<std::size_t>(list_[at_++]);
        return true;
    }
    while (next_match(field)) {
        const std::size_t position = matched_++;
        if (in_range(*index_, position, total_)) {
            return true;
        }
    }
    return false;
}

} // namespace marc
