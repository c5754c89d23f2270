// The values of a path, in the order of the record.
#include "marc/path.hpp"
#include "path_select.hpp"

namespace marc {

/// The leader occurs once, so only position 0 of an index finds it.
std::string_view leader_value(const path& selection, std::string_view leader) noexcept {
    return in_range(selection.index, 0, 1) ? select_characters(leader, selection.characters, true) : std::string_view();
}

path_cursor::path_cursor(const path& selection, const record_view& record, std::pmr::string& scratch)
    : path_(selection), record_(record), scratch_(scratch),
      fields_(selection.tag, selection.index, record, scratch.get_allocator().resource()),
      conditions_(selection, record, scratch.get_allocator().resource()) {}

bool path_cursor::next(std::string_view& value) {
    if (path_.what == path::target::leader) {
        return next_leader(value);
    }
    for (;;) {
        if (in_field_ && next_subfield(value)) {
            return true;
        }
        in_field_ = false;
        if (!fields_.next(field_)) {
            return false;
        }
        polling_.step(1 + path_.comparisons.size());
        conditions_.enter_field();
        switch (path_.what) {
        case path::target::subfields:
            enter_subfields();
            break;
        case path::target::indicator:
            if (indicator_value(value)) {
                return true;
            }
            break;
        default:
            if (field_value(value)) {
                return true;
            }
        }
    }
}

bool path_cursor::next_leader(std::string_view& value) {
    if (leader_done_) {
        return false;
    }
    leader_done_ = true;
    value = leader_value(path_, record_.leader());
    place_ = {};
    place_.offset = value.empty() ? 0 : static_cast<std::size_t>(value.data() - record_.leader().data());
    place_.length = value.size();
    return !value.empty() && conditions_.hold(path_.subspecs, {0, nullptr, value});
}

bool path_cursor::indicator_value(std::string_view& value) {
    value = indicator_text(record_.field(field_), path_.indicator);
    if (value.empty() || !conditions_.hold(path_.subspecs, {field_, nullptr, value})) {
        return false;
    }
    place_ = {};
    place_.what = path_.indicator == 1 ? path_place::target::indicator1 : path_place::target::indicator2;
    place_.field = field_;
    place_.offset = path_.indicator - 1U;
    place_.length = 1;
    return true;
}

bool path_cursor::field_value(std::string_view& value) {
    const field_view f = record_.field(field_);
    value = select_characters(field_text(f, scratch_), path_.characters, !record_.has(record_flag::non_ascii));
    if ((path_.characters.present && value.empty()) || !conditions_.hold(path_.subspecs, {field_, nullptr, value})) {
        return false;
    }
    place_ = {};
    place_.what = path_place::target::field;
    place_.exact = f.is_control();
    place_.field = field_;
    place_.length = f.content().size();
    if (place_.exact && path_.characters.present) {
        place_.offset = static_cast<std::size_t>(value.data() - f.content().data());
        place_.length = value.size();
    }
    return true;
}

void path_cursor::enter_subfields() {
    const subfield_range subfields = record_.field(field_).subfields();
    if (path_.counts_subfields) {
        seen_.fill(0);
        count_codes(subfields, totals_);
    }
    subfield_ = subfields.begin();
    ordinal_ = 0;
    part_ = 0;
    emitted_ = 0;
    in_field_ = true;
}

bool path_cursor::next_subfield(std::string_view& value) {
    for (const subfield_range::iterator end; subfield_ != end; ++subfield_, ++ordinal_) {
        polling_.step(1 + subfield_->value.size());
        for (; part_ < path_.part_count; ++part_) {
            const path::part& part = path_.parts[part_];
            if (selects_code(part.first_code, part.last_code, subfield_->code) && part_value(part_, value)) {
                ++part_;
                return true;
            }
        }
        if (path_.counts_subfields) {
            const std::size_t number = code_number(subfield_->code);
            if (number < seen_.size()) {
                ++seen_[number];
            }
        }
        part_ = 0;
        emitted_ = 0;
    }
    return false;
}

/// The value that one part of the path selects of the subfield at hand.
bool path_cursor::part_value(std::size_t number, std::string_view& value) {
    const path::part& part = path_.parts[number];
    const subfield_view& s = *subfield_;
    if (part.index.present) {
        const std::size_t code = code_number(s.code);
        if (!in_range(part.index, seen_[code], totals_[code])) {
            return false;
        }
    }
    // What two parts select is one value: 245$a-z$a names $a once.
    static_assert(limits::path_parts <= 64);
    for (std::size_t other = 0; emitted_ != 0 && other < number; ++other) {
        if ((emitted_ >> other & 1U) != 0 && path_.parts[other].characters == part.characters) {
            return false;
        }
    }
    value = select_characters(s.value, part.characters, !record_.has(record_flag::non_ascii));
    if ((part.characters.present && value.empty()) || !conditions_.hold(part.subspecs, {field_, &s, value})) {
        return false;
    }
    emitted_ |= std::uint64_t{1} << number;
    place_.what = path_place::target::subfield;
    place_.exact = true;
    place_.field = field_;
    place_.subfield = ordinal_;
    place_.offset = value.empty() ? 0 : static_cast<std::size_t>(value.data() - s.value.data());
    place_.length = value.size();
    return true;
}

} // namespace marc
