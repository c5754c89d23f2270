#include "json_members.hpp"

#include "hexadecimal.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace marc {
namespace {

constexpr std::string_view leader_tag = "LDR";

/// The positions of the tags in the order of the tags, equal ones in their own order.
template <typename Tag>
std::pmr::vector<std::uint32_t> sorted_by(std::size_t count, Tag tag, std::pmr::memory_resource* memory) {
    std::pmr::vector<std::uint32_t> sorted(count, memory);
    std::iota(sorted.begin(), sorted.end(), 0U);
    std::sort(sorted.begin(), sorted.end(), [&](std::uint32_t a, std::uint32_t b) {
        const int tags = std::string_view(tag(a)).compare(tag(b));
        return tags != 0 ? tags < 0 : a < b;
    });
    return sorted;
}

} // namespace

json_members::json_members(builder& into, report* notes)
    : into_(into), notes_(notes), content_(into.memory()), code_(into.memory()), data_(into.memory()),
      order_(into.memory()), whole_string_(into.memory()) {
    stack_[0] = place::document;
}

void json_members::fail(errc code, std::size_t offset, std::string_view piece) const {
    const bool in_field =
        depth_ > 1 && std::any_of(stack_.begin(), stack_.begin() + static_cast<std::ptrdiff_t>(depth_),
                                  [](place p) { return p == place::field || p == place::parts; });
    throw parse_error(code, offset, in_field ? std::string_view(tag_.data(), tag_.size()) : std::string_view(), piece);
}

void json_members::note(defect_code code, std::size_t offset, std::string_view tag) {
    into_.note(notes_, code, offset, tag);
}

void json_members::push(place p, std::size_t offset) {
    if (depth_ == stack_.size()) {
        fail(errc::bad_json, offset);
    }
    stack_[depth_] = p;
    ++depth_;
}

void json_members::value_done() noexcept {
    switch (now()) {
    case place::leader:
    case place::fields:
    case place::field:
    case place::indicator:
    case place::subfields:
    case place::value:
    case place::order:
    case place::flat_fields:
    case place::tag:
    case place::data:
    case place::flat_subfields:
    case place::flat_code:
    case place::flat_data:
        pop();
        break;
    default:
        break;
    }
}

void json_members::skip(std::size_t offset) {
    const bool in_field = now() == place::parts || now() == place::flat_subfield;
    note(defect_code::unknown_element, offset, in_field ? std::string_view(tag_.data(), 3) : std::string_view());
    push(place::foreign, offset);
    foreign_depth_ = 0;
}

void json_members::start_record(std::size_t offset) {
    if (++records_ > 1) {
        throw parse_error(errc::many_records, offset);
    }
    push(place::record, offset);
}

void json_members::start_object(std::size_t offset) {
    polling_.step(64);
    switch (now()) {
    case place::document:
    case place::records:
        start_record(offset);
        break;
    case place::fields:
    case place::field_list:
        push(place::tagged, offset);
        break;
    case place::field:
    case place::repeated_field:
        begin_parts(false, offset);
        break;
    case place::subfields:
    case place::subfield_list:
        push(place::coded, offset);
        break;
    case place::flat_fields:
    case place::flat_field_list:
        begin_parts(true, offset);
        break;
    case place::flat_subfields:
    case place::flat_subfield_list:
        push(place::flat_subfield, offset);
        code_.clear();
        data_.clear();
        break;
    case place::order: // some other system's word
        pop();
        skip(offset);
        foreign_depth_ = 1;
        break;
    case place::foreign:
        if (++foreign_depth_ > limits::json_depth) {
            throw parse_error(errc::too_large, offset);
        }
        break;
    default:
        fail(errc::bad_json, offset, "{");
    }
}

void json_members::start_array(std::size_t offset) {
    polling_.step(64);
    switch (now()) {
    case place::document:
        push(place::records, offset);
        break;
    case place::fields:
        push(place::field_list, offset);
        break;
    case place::field:
        push(place::repeated_field, offset);
        break;
    case place::subfields:
        push(place::subfield_list, offset);
        break;
    case place::value:
        push(place::repeated_value, offset);
        break;
    case place::order:
        has_order_ = true;
        push(place::order_list, offset);
        break;
    case place::flat_fields:
        push(place::flat_field_list, offset);
        break;
    case place::flat_subfields:
        push(place::flat_subfield_list, offset);
        break;
    case place::foreign:
        if (++foreign_depth_ > limits::json_depth) {
            throw parse_error(errc::too_large, offset);
        }
        break;
    default:
        fail(errc::bad_json, offset, "[");
    }
}

void json_members::end_object(std::size_t offset) {
    switch (now()) {
    case place::foreign:
        if (--foreign_depth_ == 0) {
            pop();
        }
        return;
    case place::parts:
        end_parts(offset);
        break;
    case place::flat_subfield:
        add_subfield(data_, offset);
        break;
    default:
        break;
    }
    pop();
    value_done();
}

void json_members::end_array() {
    if (now() == place::foreign) {
        if (--foreign_depth_ == 0) {
            pop();
        }
        return;
    }
    pop();
    value_done();
}

void json_members::key(std::string_view name, std::size_t offset) {
    polling_.step(name.size());
    switch (now()) {
    case place::record:
        record_key(name, offset);
        break;
    case place::tagged:
        read_tag(name, offset);
        push(place::field, offset);
        break;
    case place::parts:
        part_key(name, offset);
        break;
    case place::coded:
        set_code(name, offset);
        push(place::value, offset);
        break;
    case place::flat_subfield:
        if (name == "code" || name == "data") {
            push(name == "code" ? place::flat_code : place::flat_data, offset);
        } else {
            skip(offset);
        }
        break;
    default:
        break; // inside of something foreign
    }
}

void json_members::record_key(std::string_view name, std::size_t offset) {
    if (name == "leader") {
        push(place::leader, offset);
    } else if (name == "fields") {
        has_fields_ = true;
        push(place::fields, offset);
    } else if (name == "order") {
        push(place::order, offset);
    } else if (name == "controlfield" || name == "datafield") {
        has_fields_ = true;
        push(place::flat_fields, offset);
    } else {
        skip(offset);
    }
}

void json_members::part_key(std::string_view name, std::size_t offset) {
    if (name == "ind1" || name == "ind2" || (is_flat_ && name == "ind")) {
        indicator_ = name == "ind1" ? 0 : name == "ind2" ? 1 : 2;
        has_parts_ = true;
        push(place::indicator, offset);
    } else if (!is_flat_ && name == "subfields") {
        push(place::subfields, offset);
    } else if (is_flat_ && name == "subfield") {
        has_parts_ = true;
        push(place::flat_subfields, offset);
    } else if (is_flat_ && name == "tag") {
        push(place::tag, offset);
    } else if (is_flat_ && name == "data") {
        push(place::data, offset);
    } else {
        skip(offset);
    }
}

void json_members::string(std::string_view text, std::size_t offset) {
    polling_.step(text.size());
    switch (now()) {
    case place::document:
        is_string_ = true;
        whole_string_ = text;
        break;
    case place::leader:
        if (has_leader_) {
            note(defect_code::duplicate_leader, offset, leader_tag);
        } else {
            into_.set_leader(text, notes_, offset);
            has_leader_ = true;
        }
        break;
    case place::field:
    case place::repeated_field:
        add_content(text);
        break;
    case place::indicator:
        set_indicator(text, offset);
        break;
    case place::value:
    case place::repeated_value:
        add_subfield(text, offset);
        break;
    case place::order:
        note(defect_code::unknown_element, offset);
        break;
    case place::order_list:
        read_tag(text, offset);
        order_.append(tag_.data(), tag_.size());
        break;
    case place::tag:
        read_tag(text, offset);
        has_tag_ = true;
        break;
    case place::data:
        has_data_ = true;
        data_ = text;
        break;
    case place::flat_code:
        set_code(text, offset);
        break;
    case place::flat_data:
        data_ = text;
        break;
    case place::foreign:
        if (foreign_depth_ == 0) {
            pop();
        }
        return;
    default:
        fail(errc::bad_json, offset, text);
    }
    value_done();
}

void json_members::other(bool is_null, std::size_t offset) {
    switch (now()) {
    case place::foreign:
        if (foreign_depth_ == 0) {
            pop();
        }
        return;
    case place::order:
        note(defect_code::unknown_element, offset);
        break;
    case place::leader:
    case place::indicator:
        if (!is_null) {
            fail(errc::bad_json, offset, "a number or boolean where a string must stand");
        }
        break;
    default:
        fail(errc::bad_json, offset, is_null ? "null" : "a number or boolean where a string must stand");
    }
    value_done();
}

void json_members::read_tag(std::string_view name, std::size_t offset) {
    if (name.size() == tag_.size()) {
        std::copy(name.begin(), name.end(), tag_.begin());
        return;
    }
    if (read_hexadecimal_tag(name, tag_)) {
        return;
    }
    if (!is_number(name) || name.size() > tag_.size()) {
        throw parse_error(errc::bad_tag, offset, {}, name);
    }
    std::fill_n(tag_.begin(), tag_.size() - name.size(), '0');
    std::copy(name.rbegin(), name.rend(), tag_.rbegin());
    note(defect_code::tag_length, offset, {tag_.data(), tag_.size()});
}

void json_members::add_content(std::string_view content) {
    into_.add_field({tag_.data(), tag_.size()}, content);
}

void json_members::begin_parts(bool flat, std::size_t offset) {
    push(place::parts, offset);
    content_.clear();
    data_.clear();
    has_indicator_ = {};
    is_flat_ = flat;
    has_tag_ = !flat;
    has_data_ = false;
    has_parts_ = !flat;
}

void json_members::set_indicator(std::string_view text, std::size_t offset) {
    if (text.empty()) {
        return; // noted when the field ends
    }
    const std::size_t wanted = indicator_ == 2 ? 2 : 1;
    const bool sound = text.size() == wanted && std::all_of(text.begin(), text.end(), [](char c) {
                           return static_cast<unsigned char>(c) < 0x80 && c != subfield_delimiter;
                       });
    if (!sound) {
        fail(errc::bad_indicator, offset, text);
    }
    for (std::size_t i = 0; i < wanted; ++i) {
        const std::size_t number = indicator_ == 2 ? i : indicator_;
        indicators_[number] = text[i];
        has_indicator_[number] = true;
    }
}

void json_members::set_code(std::string_view code, std::size_t offset) {
    if (code.size() > character_bytes(code) || code.find(subfield_delimiter) != std::string_view::npos) {
        fail(errc::bad_subfield_code, offset, code);
    }
    code_ = code;
}

void json_members::add_subfield(std::string_view value, std::size_t offset) {
    if (value.find(subfield_delimiter) != std::string_view::npos) {
        fail(errc::bad_json, offset, "U+001F in a value"); // it would make a subfield out of the rest
    }
    content_ += subfield_delimiter;
    content_ += code_;
    if (code_.empty() && !value.empty()) {
        // 1F must have a code, or the value's first character would become one.
        note(defect_code::attribute_missing, offset, {tag_.data(), tag_.size()});
        content_ += ' ';
    }
    content_ += value;
}

void json_members::end_parts(std::size_t offset) {
    if (!has_tag_) {
        throw parse_error(errc::bad_tag, offset);
    }
    if (has_data_ || !has_parts_) {
        if (!content_.empty()) {
            fail(errc::bad_json, offset, "both data and subfield");
        }
        add_content(data_);
        return;
    }
    into_.begin_field({tag_.data(), tag_.size()});
    for (std::size_t i = 0; i < indicators_.size(); ++i) {
        if (!has_indicator_[i]) {
            note(defect_code::attribute_missing, offset, {tag_.data(), tag_.size()});
        }
        into_.append(has_indicator_[i] ? indicators_[i] : ' ');
    }
    into_.append(content_);
    into_.end_field();
}

/// Brings the fields into the order that the record names.
void json_members::arrange() {
    const stored_record read = into_.finish();
    const record_view record = read.view();
    const std::string_view order = order_;
    const std::size_t count = record.field_count();
    if (order.size() != 3 * count) {
        throw parse_error(errc::bad_json, 0, {}, "order does not name the fields that there are");
    }
    const std::string_view tags = record.tags(); // finding a field at random is slow where fields hold 1E
    const auto tag_of_field = [&](std::uint32_t i) { return tags.substr(3 * std::size_t{i}, 3); };
    const auto tag_in_order = [&](std::uint32_t i) { return order.substr(3 * std::size_t{i}, 3); };
    const auto fields = sorted_by(count, tag_of_field, into_.memory());
    const auto places = sorted_by(count, tag_in_order, into_.memory());
    std::pmr::vector<std::uint32_t> field_at(count, into_.memory());
    for (std::size_t i = 0; i < count; ++i) {
        if (tag_of_field(fields[i]) != tag_in_order(places[i])) {
            throw parse_error(errc::bad_json, 0, tag_in_order(places[i]),
                              "order does not name the fields that there are");
        }
        field_at[places[i]] = fields[i];
    }
    into_.set_leader(record.leader());
    into_.mark(record.flags() & (record_flag::defects | record_flag::lossy));
    for (const std::uint32_t i : field_at) {
        polling_.step(64);
        into_.add_field(tag_of_field(i), record.field(i).content());
    }
}

void json_members::finish() {
    if (records_ == 0 || (!has_leader_ && !has_fields_)) {
        throw parse_error(errc::not_marc, 0);
    }
    if (has_order_) {
        arrange();
    }
    if (!has_leader_) {
        note(defect_code::leader_missing, 0, leader_tag);
    }
    into_.set_source(source_format::json, source_encoding::unicode);
    into_.note_defects(notes_);
}

} // namespace marc
