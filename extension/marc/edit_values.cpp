// Edits of the values that a path selects.
#include "edit_order.hpp"
#include "edit_start.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/edit.hpp"
#include "marc/path.hpp"
#include "marc/error.hpp"
#include "marc/poll.hpp"
#include "text_search.hpp"

#include <algorithm>
#include <array>

namespace marc {
namespace {

constexpr std::size_t npos = std::string_view::npos;

/// What a path says about editing, beyond the values that it selects.
struct path_shape {
    explicit path_shape(const path& selection) noexcept
        : tag(selection.tag.data(), selection.tag.size()), indicator(selection.what == path::target::indicator),
          subfields(selection.what == path::target::subfields), characters(selection.characters.present),
          indexed(selection.index.present), index(selection.index.first) {
        const path::part& first = selection.parts.front();
        for (std::size_t i = 0; i < selection.part_count; ++i) {
            characters = characters || selection.parts[i].characters.present;
        }
        const bool one_field = !indexed || (!selection.index.from_end && index == selection.index.second);
        const bool plain =
            selection.comparisons.empty() && !characters && std::all_of(tag.begin(), tag.end(), is_alphanumeric);
        if (subfields) {
            code = {&first.first_code, 1};
            exact = plain && one_field && selection.part_count == 1 && first.first_code == first.last_code &&
                    !first.index.present;
        } else {
            exact = plain && !indexed && selection.what == path::target::field && tag.starts_with("00");
        }
    }

    std::string_view tag;
    std::string_view code; ///< of the first subfield
    bool indicator;
    bool subfields;
    bool characters;
    bool indexed; ///< with an index of the field
    std::uint32_t index;
    bool exact = false; ///< the path names without doubt one tag, perhaps one field of it, and one code if it has any
};

/// A piece of the leader (field npos) or of a field's content, and what stands there instead.
struct piece_edit {
    std::size_t field;
    std::size_t begin;
    std::size_t end;
    std::pmr::string text;
    bool whole_field = false; ///< the field is deleted
};

/// The edits of one call, and the record that they give.
class editing {
  public:
    editing(const record_view& record, const path& selection, builder& into)
        : record_(record), into_(into), memory_(into.memory()), shape_(selection), path_(selection), edits_(memory_) {
        into_.clear();
    }

    /// Calls `change(place)` for each value of the path, until it returns another outcome than `changed`.
    template <typename Change>
    edit_outcome each(Change&& change) {
        std::pmr::string scratch(memory_);
        path_cursor cursor(path_, record_, scratch);
        std::string_view value;
        poller polling;
        while (cursor.next(value)) {
            polling.step(1 + value.size());
            if (const edit_outcome outcome = change(cursor.place()); outcome != edit_outcome::changed) {
                return outcome;
            }
        }
        return edit_outcome::changed;
    }

    /// The path selects whole data fields, or would if the record had any.
    bool selects_data_fields() const noexcept {
        const auto is_digit_or_any = [](char c) { return c == '.' || is_digit(c); };
        return path_.what == path::target::field && std::all_of(path_.tag.begin(), path_.tag.end(), is_digit_or_any) &&
               !(path_.tag[0] == '0' && path_.tag[1] == '0');
    }

    /// The tag has X at its end where other functions take a wildcard, and no field has this tag.
    bool misses_wildcard() const {
        const std::array<char, 3>& tag = path_.tag;
        const bool shaped = tag[2] == 'X' && ((tag[1] == 'X' && (tag[0] == 'X' || is_digit(tag[0]))) ||
                                              (is_digit(tag[0]) && is_digit(tag[1])));
        if (!shaped || path_.what == path::target::leader) {
            return false;
        }
        const std::string_view tags = record_.tags();
        for (std::size_t at = 0; at < tags.size(); at += tag.size()) {
            if (std::equal(tag.begin(), tag.end(), tags.begin() + static_cast<std::ptrdiff_t>(at))) {
                return false;
            }
        }
        return true;
    }

    const path_shape& shape() const noexcept { return shape_; }
    bool empty() const noexcept { return edits_.empty(); }

    /// What stands at a place now. For a subfield its value.
    std::string_view container(const path_place& place) {
        switch (place.what) {
        case path_place::target::leader:
            return record_.leader();
        case path_place::target::subfield:
            return subfield(place).value;
        default:
            return record_.field(place.field).content();
        }
    }

    void put(const path_place& place, std::size_t offset, std::size_t length, std::string_view text) {
        std::size_t begin = offset;
        if (place.what == path_place::target::subfield) {
            begin +=
                static_cast<std::size_t>(subfield(place).value.data() - record_.field(place.field).content().data());
        }
        edits_.push_back({place.field, begin, begin + length, std::pmr::string(text, memory_)});
    }

    void delete_field(std::size_t field) {
        edits_.push_back({field, 0, record_.field(field).content().size(), std::pmr::string(memory_), true});
    }

    void delete_subfield(const path_place& place) {
        const subfield_view s = subfield(place);
        const std::string_view content = record_.field(place.field).content();
        const auto value = static_cast<std::size_t>(s.value.data() - content.data());
        edits_.push_back({place.field, value - s.code.size() - 1, value + s.value.size(), std::pmr::string(memory_)});
    }

    void append_subfield(std::size_t field, std::string_view code, std::string_view value) {
        const std::size_t end = record_.field(field).content().size();
        edits_.push_back({field, end, end, std::pmr::string(memory_)});
        std::pmr::string& text = edits_.back().text;
        text += subfield_delimiter;
        text += code;
        text += value;
    }

    /// Puts a new field in its place; a data field when the path names a subfield.
    edit_outcome insert(std::string_view value) {
        builder one(memory_);
        one.begin_field(shape_.tag);
        if (shape_.subfields) {
            one.append("  ");
            one.begin_subfield(shape_.code);
        }
        one.append(value);
        one.end_field();
        const stored_record more = one.finish();
        return add_fields(record_, more.view(), field_place::by_tag, into_);
    }

    edit_outcome build() {
        // A path may select a piece twice, and in any order.
        std::sort(edits_.begin(), edits_.end(), [](const piece_edit& x, const piece_edit& y) {
            const std::size_t field_x = x.field + 1; // the leader first
            const std::size_t field_y = y.field + 1;
            return field_x != field_y ? field_x < field_y : x.begin != y.begin ? x.begin < y.begin : x.end > y.end;
        });
        start_edit(record_, into_);
        auto next = edits_.begin();
        bool changed = false;
        if (next != edits_.end() && next->field == npos) {
            std::pmr::string leader(memory_);
            changed = rewrite(record_.leader(), next, leader);
            into_.set_leader(leader);
        }
        std::pmr::string content(memory_);
        poller polling;
        for (std::size_t i = 0; i < record_.field_count(); ++i) {
            const field_view f = record_.field(i);
            polling.step(1 + f.content().size());
            if (next == edits_.end() || next->field != i) {
                into_.add_field(f.tag(), f.content());
                continue;
            }
            const bool whole = next->whole_field;
            changed = rewrite(f.content(), next, content) || changed;
            const bool empty =
                !f.subfields().empty() && f.leading().empty() && content.find(subfield_delimiter) == npos;
            if (whole || empty) {
                changed = true;
            } else {
                into_.add_field(f.tag(), content);
            }
        }
        if (!changed) {
            into_.clear();
        }
        return changed ? edit_outcome::changed : edit_outcome::unchanged;
    }

  private:
    /// Walks on from the subfield of the last call where it can: places mostly ascend.
    subfield_view subfield(const path_place& place) {
        const field_view f = record_.field(place.field);
        if (place.field != walked_field_ || place.subfield < walked_) {
            walk_ = f.subfields().begin();
            walked_field_ = place.field;
            walked_ = 0;
        }
        for (; walked_ < place.subfield; ++walked_) {
            ++walk_;
        }
        return *walk_;
    }

    /// Applies the edits of one field, and goes behind them.
    bool rewrite(std::string_view old, std::pmr::vector<piece_edit>::iterator& next, std::pmr::string& out) {
        out.clear();
        std::size_t at = 0;
        const auto first = next;
        for (; next != edits_.end() && next->field == first->field; ++next) {
            const bool again = next != first && next->begin == (next - 1)->begin && next->end == (next - 1)->end;
            if (next->begin >= at && !again) {
                out += old.substr(at, next->begin - at);
                out += next->text;
                at = next->end;
            }
        }
        out += old.substr(at);
        return out != old;
    }

    const record_view& record_;
    builder& into_;
    std::pmr::memory_resource* memory_;
    path_shape shape_;
    const path& path_;
    std::pmr::vector<piece_edit> edits_;
    subfield_range::iterator walk_;
    std::size_t walked_field_ = npos;
    std::size_t walked_ = 0;
};

/// What stands at a place after an edit that would change its length, or why it must not.
edit_outcome check_length(const path_place& place, std::string_view old, std::string_view text, bool characters) {
    const bool leader = place.what == path_place::target::leader;
    if (leader && !is_ascii(text)) {
        return edit_outcome::wrong_length;
    }
    const bool fixed = leader || (characters && place.what == path_place::target::field);
    return fixed && count_characters(old) != count_characters(text) ? edit_outcome::wrong_length
                                                                    : edit_outcome::changed;
}

/// Makes what the path names and the record lacks.
edit_outcome make_missing(const record_view& record, const path_shape& shape, std::string_view value, editing& edit) {
    if (!shape.exact) {
        return edit_outcome::unchanged;
    }
    std::size_t found = npos;
    std::uint32_t fields = 0;
    poller polling;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        polling.step();
        if (record.field(i).tag() == shape.tag) {
            found = !shape.indexed || fields == shape.index ? i : found;
            ++fields;
        }
    }
    if (!shape.subfields) {
        return fields == 0 ? edit.insert(value) : edit_outcome::unchanged;
    }
    if (fields == 0 && !shape.indexed && !shape.tag.starts_with("00")) {
        return edit.insert(value);
    }
    if (found == npos || (fields > 1 && !shape.indexed) || record.field(found).is_control()) {
        return edit_outcome::unchanged;
    }
    edit.append_subfield(found, shape.code, value);
    return edit.build();
}

} // namespace

edit_outcome set_values(const record_view& record, const path& selection, std::string_view value, builder& into) {
    editing edit(record, selection, into);
    if (has_delimiter(value)) {
        return edit_outcome::delimiter;
    }
    if (edit.misses_wildcard()) {
        return edit_outcome::wildcard;
    }
    const char indicator = indicator_of(value);
    const edit_outcome outcome = edit.each([&](const path_place& place) {
        if (place.what == path_place::target::indicator1 || place.what == path_place::target::indicator2) {
            if (indicator == 0) {
                return edit_outcome::indicator;
            }
            edit.put(place, place.offset, place.length, {&indicator, 1});
            return edit_outcome::changed;
        }
        if (!place.exact || (place.what == path_place::target::field && !record.field(place.field).is_control())) {
            return edit_outcome::no_place;
        }
        const std::string_view old = edit.container(place).substr(place.offset, place.length);
        const edit_outcome length = check_length(place, old, value, edit.shape().characters);
        if (length == edit_outcome::changed) {
            edit.put(place, place.offset, place.length, value);
        }
        return length;
    });
    if (outcome != edit_outcome::changed) {
        into.clear();
        return outcome;
    }
    if (!edit.empty()) {
        return edit.build();
    }
    return edit.selects_data_fields() ? edit_outcome::no_place : make_missing(record, edit.shape(), value, edit);
}

edit_outcome delete_values(const record_view& record, const path& selection, builder& into) {
    editing edit(record, selection, into);
    if (edit.misses_wildcard()) {
        return edit_outcome::wildcard;
    }
    const path_shape& shape = edit.shape();
    const edit_outcome outcome = edit.each([&](const path_place& place) {
        if (shape.characters || shape.indicator || place.what == path_place::target::leader) {
            return edit_outcome::no_place;
        }
        if (place.what == path_place::target::subfield) {
            edit.delete_subfield(place);
        } else {
            edit.delete_field(place.field);
        }
        return edit_outcome::changed;
    });
    return outcome == edit_outcome::changed ? edit.build() : outcome;
}

edit_outcome replace_in_values(const record_view& record, const path& selection, std::string_view pattern,
                               std::string_view replacement, builder& into) {
    editing edit(record, selection, into);
    if (has_delimiter(replacement)) {
        return edit_outcome::delimiter;
    }
    if (edit.misses_wildcard()) {
        return edit_outcome::wildcard;
    }
    if (pattern.empty()) {
        return edit_outcome::unchanged;
    }
    std::pmr::string text(into.memory());
    poller polling;
    /// False when the pattern does not occur.
    const auto replaced = [&](std::string_view old) {
        polling.step(1 + old.size());
        std::size_t at = find_piece(old, pattern);
        if (at == npos) {
            return false;
        }
        text.clear();
        std::size_t from = 0;
        for (; at != npos; at = find_piece(old, pattern, from)) {
            polling.step(1 + pattern.size() + replacement.size());
            if (text.size() > limits::record_bytes) {
                throw parse_error(errc::too_large, text.size());
            }
            text += old.substr(from, at - from);
            text += replacement;
            from = at + pattern.size();
        }
        text += old.substr(from);
        return true;
    };
    const edit_outcome outcome = edit.each([&](const path_place& place) {
        const bool whole_field = place.what == path_place::target::field && !record.field(place.field).is_control();
        if (whole_field && edit.shape().characters) {
            return edit_outcome::no_place;
        }
        if (whole_field) {
            const std::string_view content = record.field(place.field).content();
            for (const subfield_view& s : record.field(place.field).subfields()) {
                if (replaced(s.value)) {
                    edit.put(place, static_cast<std::size_t>(s.value.data() - content.data()), s.value.size(), text);
                }
            }
            return edit_outcome::changed;
        }
        const std::string_view old = edit.container(place).substr(place.offset, place.length);
        if (!replaced(old)) {
            return edit_outcome::changed;
        }
        if (place.what == path_place::target::indicator1 || place.what == path_place::target::indicator2) {
            const char indicator = indicator_of(text);
            edit.put(place, place.offset, place.length, {&indicator, 1});
            return indicator == 0 ? edit_outcome::indicator : edit_outcome::changed;
        }
        const edit_outcome length = check_length(place, old, text, edit.shape().characters);
        if (length == edit_outcome::changed) {
            edit.put(place, place.offset, place.length, text);
        }
        return length;
    });
    return outcome == edit_outcome::changed ? edit.build() : outcome;
}

} // namespace marc
