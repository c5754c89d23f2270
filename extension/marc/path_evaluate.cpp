#include "marc/charset.hpp"
#include "marc/path.hpp"

#include <algorithm>

namespace marc {
namespace {

bool tag_matches(const std::array<char, 3>& pattern, std::string_view tag) noexcept {
    for (std::size_t i = 0; i < 3; ++i) {
        if (pattern[i] != '.' && pattern[i] != tag[i]) {
            return false;
        }
    }
    return true;
}

/// @param total needed only for ranges from the end
bool in_range(const position_range& range, std::size_t position, std::size_t total) noexcept {
    if (!range.present) {
        return true;
    }
    const std::size_t counted = range.from_end ? total - 1 - position : position;
    return counted >= range.first && counted <= range.second;
}

/// Byte position of the character with this number, or the size.
std::size_t byte_of_character(std::string_view text, std::size_t number) noexcept {
    std::size_t at = 0;
    for (; number > 0 && at < text.size(); --number) {
        at += character_bytes(text.substr(at));
    }
    return at;
}

std::string_view select_characters(std::string_view text, const position_range& range) noexcept {
    if (!range.present) {
        return text;
    }
    const auto count = static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
    std::size_t first = range.first;
    std::size_t end = std::min(count, std::size_t{range.second} + 1);
    if (range.from_end) {
        first = count - end;
        end = count;
    }
    if (first >= end) {
        return {};
    }
    const std::size_t start = byte_of_character(text, first);
    return text.substr(start, byte_of_character(text.substr(start), end - first));
}

/// The first part of the path that selects this code, or part_count.
std::size_t find_part(const path& selection, std::string_view code) noexcept {
    std::size_t p = 0;
    while (p < selection.part_count) {
        const path::part& part = selection.parts[p];
        if (code.size() == 1 && code.front() >= part.first_code && code.front() <= part.last_code) {
            break;
        }
        ++p;
    }
    return p;
}

} // namespace

path_cursor::path_cursor(const path& selection, const record_view& record, std::pmr::string& scratch)
    : path_(selection), record_(record), scratch_(scratch) {
    if (path_.index.from_end) {
        for (const field_view f : record) {
            match_total_ += tag_matches(path_.tag, f.tag()) ? 1 : 0;
        }
    }
}

/// Goes to the next field that tag and index select; field_index_ is behind it then.
bool path_cursor::next_field() {
    while (field_index_ < record_.field_count()) {
        const field_view f = record_.field(field_index_);
        ++field_index_;
        if (tag_matches(path_.tag, f.tag())) {
            const std::size_t position = matched_;
            ++matched_;
            if (in_range(path_.index, position, match_total_)) {
                return true;
            }
        }
    }
    return false;
}

bool path_cursor::whole_field(std::string_view& value) {
    const field_view f = record_.field(field_index_ - 1);
    if (path_.what == path::target::indicator) {
        const std::size_t at = path_.indicator == 1 ? 0 : 1;
        value = f.has_indicators() ? f.content().substr(at, 1) : std::string_view();
        place_.what = at == 0 ? path_place::target::indicator1 : path_place::target::indicator2;
        place_.exact = true;
        place_.field = field_index_ - 1;
        place_.subfield = path_place::npos;
        place_.offset = at;
        place_.length = 1;
        return !value.empty();
    }
    if (f.is_control()) {
        value = f.content();
    } else {
        scratch_ = f.leading();
        for (const subfield_view& s : f.subfields()) {
            if (!scratch_.empty() && !s.value.empty()) {
                scratch_ += ' ';
            }
            scratch_ += s.value;
        }
        value = scratch_;
    }
    place_.what = path_place::target::field;
    place_.field = field_index_ - 1;
    place_.subfield = path_place::npos;
    place_.offset = 0;
    place_.length = f.content().size();
    value = select_characters(value, path_.characters);
    place_.exact = f.is_control();
    if (place_.exact) {
        place_.offset = value.empty() ? 0 : static_cast<std::size_t>(value.data() - f.content().data());
        place_.length = value.size();
    }
    return !(value.empty() && path_.characters.present);
}

bool path_cursor::next_subfield(std::string_view& value) {
    const subfield_range::iterator end;
    while (subfield_ != end) {
        const subfield_view s = *subfield_;
        const std::size_t ordinal = subfield_index_;
        ++subfield_;
        ++subfield_index_;
        const std::size_t p = find_part(path_, s.code);
        if (p == path_.part_count) {
            continue;
        }
        const std::size_t position = seen_[p];
        ++seen_[p];
        if (!in_range(path_.parts[p].index, position, totals_[p])) {
            continue;
        }
        value = select_characters(s.value, path_.parts[p].characters);
        if (!value.empty() || !path_.parts[p].characters.present) {
            place_.what = path_place::target::subfield;
            place_.exact = true;
            place_.field = field_index_ - 1;
            place_.subfield = ordinal;
            place_.offset = value.empty() ? 0 : static_cast<std::size_t>(value.data() - s.value.data());
            place_.length = value.size();
            return true;
        }
    }
    return false;
}

bool path_cursor::next(std::string_view& value) {
    if (path_.what == path::target::leader) {
        // The leader occurs once, so only position 0 of an index finds it.
        const bool selected = !leader_done_ && in_range(path_.index, 0, 1);
        leader_done_ = true;
        value = select_characters(record_.leader(), path_.characters);
        place_ = {};
        place_.offset = value.empty() ? 0 : static_cast<std::size_t>(value.data() - record_.leader().data());
        place_.length = value.size();
        return selected && !value.empty();
    }
    if (in_field_ && next_subfield(value)) {
        return true;
    }
    in_field_ = false;
    while (next_field()) {
        if (path_.what != path::target::subfields) {
            if (whole_field(value)) {
                return true;
            }
            continue;
        }
        const subfield_range subfields = record_.field(field_index_ - 1).subfields();
        seen_.fill(0);
        totals_.fill(0);
        const bool from_end = std::any_of(path_.parts.begin(), path_.parts.begin() + path_.part_count,
                                          [](const path::part& part) { return part.index.from_end; });
        if (from_end) {
            for (const subfield_view& s : subfields) {
                const std::size_t p = find_part(path_, s.code);
                if (p < path_.part_count) {
                    ++totals_[p];
                }
            }
        }
        subfield_ = subfields.begin();
        subfield_index_ = 0;
        in_field_ = true;
        if (next_subfield(value)) {
            return true;
        }
        in_field_ = false;
    }
    return false;
}

} // namespace marc
