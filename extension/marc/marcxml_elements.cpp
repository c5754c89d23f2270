#include "marcxml_elements.hpp"

#include "marc/charset.hpp"
#include "marc/error.hpp"

#include <algorithm>
#include <optional>

namespace marc {
namespace {

// MARCXML, and MarcXchange (ISO 25577), which is the same vocabulary under another name; UNIMARC libraries send it.
constexpr std::string_view namespaces[] = {"", "http://www.loc.gov/MARC21/slim", "info:lc/xmlns/marcxchange-v1",
                                           "info:lc/xmlns/marcxchange-v2"};

bool is_blank(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
}

std::optional<std::string_view> find(std::span<const xml_attribute> attributes, std::string_view name) noexcept {
    for (const xml_attribute& a : attributes) {
        if (a.prefix.empty() && a.name == name) {
            return a.value;
        }
    }
    return std::nullopt;
}

} // namespace

marcxml_elements::marcxml_elements(builder& into) : into_(into), notes_(into.memory()), leader_(into.memory()) {}

void marcxml_elements::note(defect_code code, std::size_t offset, std::string_view tag) {
    into_.mark(record_flag::defects);
    if (is_lossy(code)) {
        into_.mark(record_flag::lossy);
    }
    notes_.add(code, offset, tag);
}

bool marcxml_elements::is_ours(std::string_view uri) {
    if (uri.data() != uri_.data() || uri.size() != uri_.size()) {
        // Nearly always the same string as for the element before.
        uri_ = uri;
        ours_ = std::find(std::begin(namespaces), std::end(namespaces), uri) != std::end(namespaces);
    }
    return ours_;
}

bool marcxml_elements::start_plain_field(std::string_view tag, char indicator1, char indicator2, std::string_view uri) {
    if (place_ != place::record || !is_ours(uri)) {
        return false;
    }
    polling_.step(64);
    std::copy_n(tag.data(), 3, tag_);
    into_.begin_field(tag);
    into_.append(indicator1);
    into_.append(indicator2);
    place_ = place::data_field;
    return true;
}

bool marcxml_elements::add_plain_control_field(std::string_view tag, std::string_view value, std::string_view uri) {
    if (place_ != place::record || !is_ours(uri)) {
        return false;
    }
    polling_.step(64 + value.size());
    into_.add_field(tag, value);
    return true;
}

bool marcxml_elements::add_plain_subfield(char code, std::string_view value, std::string_view uri) {
    if (place_ != place::data_field || !is_ours(uri)) {
        return false;
    }
    polling_.step(64 + value.size());
    into_.begin_subfield(code);
    into_.append(value);
    return true;
}

void marcxml_elements::start(std::string_view name, std::string_view uri, std::span<const xml_attribute> attributes,
                             std::size_t offset) {
    polling_.step(64);
    const bool ours = is_ours(uri);
    switch (place_) {
    case place::outside:
        start_root(name, ours, offset);
        break;
    case place::collection:
        if (ours && name == "record") {
            start_record(offset);
        } else {
            skip(offset);
        }
        break;
    case place::record:
        if (ours) {
            start_in_record(name, attributes, offset);
        } else {
            skip(offset);
        }
        break;
    case place::data_field:
        if (ours && name == "subfield") {
            start_subfield(attributes, offset);
        } else {
            skip(offset);
        }
        break;
    case place::foreign:
        if (++foreign_depth_ > limits::xml_depth) {
            throw parse_error(errc::too_large, offset);
        }
        break;
    default:
        skip(offset);
        break;
    }
}

void marcxml_elements::start_root(std::string_view name, bool ours, std::size_t offset) {
    has_root_ = true;
    if (ours && name == "collection") {
        place_ = place::collection;
        in_collection_ = true;
    } else if (ours && name == "record") {
        start_record(offset);
    } else {
        throw parse_error(errc::not_marc, offset, {}, name);
    }
}

void marcxml_elements::start_record(std::size_t offset) {
    if (++records_ > 1) {
        throw parse_error(errc::many_records, offset);
    }
    place_ = place::record;
}

void marcxml_elements::start_in_record(std::string_view name, std::span<const xml_attribute> attributes,
                                       std::size_t offset) {
    if (name == "datafield") {
        start_field(attributes, true, offset);
    } else if (name == "controlfield") {
        start_field(attributes, false, offset);
    } else if (name == "leader" && !has_leader_) {
        has_leader_ = true;
        leader_offset_ = offset;
        place_ = place::leader;
    } else if (name == "leader") {
        note(defect_code::duplicate_leader, offset, "LDR");
        skipped_from_ = place_;
        place_ = place::foreign;
        foreign_depth_ = 1;
    } else {
        skip(offset);
    }
}

void marcxml_elements::start_field(std::span<const xml_attribute> attributes, bool data, std::size_t offset) {
    const std::string_view tag = find(attributes, "tag").value_or(std::string_view());
    const bool numeric = !tag.empty() && tag.find_first_not_of("0123456789") == std::string_view::npos;
    if (tag.size() != 3 && !(numeric && tag.size() < 3)) {
        throw parse_error(errc::bad_tag, offset, {}, tag);
    }
    std::fill_n(tag_, 3 - tag.size(), '0');
    std::copy(tag.begin(), tag.end(), tag_ + (3 - tag.size()));
    if (tag.size() < 3) {
        note(defect_code::tag_length, offset, {tag_, 3});
    }
    into_.begin_field({tag_, 3});
    place_ = data ? place::data_field : place::control_field;
    if (data) {
        append_indicator(attributes, "ind1", offset);
        append_indicator(attributes, "ind2", offset);
    }
}

void marcxml_elements::append_indicator(std::span<const xml_attribute> attributes, std::string_view name,
                                        std::size_t offset) {
    const std::string_view value = find(attributes, name).value_or(std::string_view());
    if (value.empty()) {
        note(defect_code::attribute_missing, offset, {tag_, 3});
        into_.append(' ');
        return;
    }
    if (value.size() > 1 || static_cast<unsigned char>(value.front()) >= 0x80) {
        throw parse_error(errc::bad_indicator, offset, {tag_, 3}, value);
    }
    into_.append(value);
}

void marcxml_elements::start_subfield(std::span<const xml_attribute> attributes, std::size_t offset) {
    const std::string_view code = find(attributes, "code").value_or(std::string_view());
    if (code.size() > character_bytes(code)) {
        throw parse_error(errc::bad_subfield_code, offset, {tag_, 3}, code);
    }
    code_missing_ = code.empty();
    into_.begin_subfield(code);
    place_ = place::subfield;
}

void marcxml_elements::skip(std::size_t offset) {
    const bool in_field = place_ == place::control_field || place_ == place::data_field || place_ == place::subfield;
    note(defect_code::unknown_element, offset, in_field ? std::string_view(tag_, 3) : std::string_view());
    skipped_from_ = place_;
    place_ = place::foreign;
    foreign_depth_ = 1;
}

void marcxml_elements::text(std::string_view text, std::size_t offset) {
    polling_.step(text.size());
    switch (place_) {
    case place::subfield:
        if (code_missing_ && !text.empty()) {
            // 1F must have a code, or the value's first character would become one.
            note(defect_code::attribute_missing, offset, {tag_, 3});
            into_.append(' ');
            code_missing_ = false;
        }
        into_.append(text);
        break;
    case place::control_field:
        into_.append(text);
        break;
    case place::leader:
        leader_ += text;
        break;
    case place::foreign:
        break;
    default:
        if (!is_blank(text)) {
            note(defect_code::stray_text, offset,
                 place_ == place::data_field ? std::string_view(tag_, 3) : std::string_view());
        }
        break;
    }
}

void marcxml_elements::end() {
    switch (place_) {
    case place::subfield:
        place_ = place::data_field;
        break;
    case place::control_field:
    case place::data_field:
        into_.end_field();
        place_ = place::record;
        break;
    case place::leader:
        into_.set_leader(leader_, &notes_, leader_offset_);
        place_ = place::record;
        break;
    case place::record:
        place_ = in_collection_ ? place::collection : place::outside;
        break;
    case place::foreign:
        if (--foreign_depth_ == 0) {
            place_ = skipped_from_;
        }
        break;
    default:
        place_ = place::outside;
        break;
    }
}

void marcxml_elements::finish(report* notes) {
    if (records_ == 0) {
        throw parse_error(errc::not_marc, 0);
    }
    if (!has_leader_) {
        note(defect_code::leader_missing, 0, "LDR");
    }
    into_.set_source(source_format::marcxml, source_encoding::unicode);
    into_.note_defects(&notes_);
    if (notes != nullptr) {
        for (const defect& d : notes_.list()) {
            notes->add(d.code, d.offset, d.tag[0] == '\0' ? std::string_view() : std::string_view(d.tag.data(), 3),
                       d.occurrence);
        }
    }
}

} // namespace marc
