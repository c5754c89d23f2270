#include "marc/detect.hpp"

#include "iso2709_extent.hpp"
#include "line_form.hpp"
#include "marc/aleph.hpp"
#include "marc/ascii.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"
#include "marc/json.hpp"
#include "marc/line.hpp"
#include "marc/marcxml.hpp"
#include "marc/mrk.hpp"
#include "marcxml_encoding.hpp"

#include <algorithm>

namespace marc {
form detect(std::string_view input) noexcept {
    // White space and byte order mark come before texts, filler before ISO 2709.
    const std::string_view text = input.substr(std::min(skip_filler(input, 0), input.size()));
    const std::string_view visible = text.substr(std::min(text.find_first_not_of('\t'), text.size()));
    if (text.empty()) {
        return form::unknown;
    }
    // Before ISO 2709: a ZIP named .mrc is not rare (local file header, PKWARE APPNOTE 4.3.7).
    if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) {
        return form::zip;
    }
    if (text.starts_with("\x1F\x8B")) {
        return form::gzip;
    }
    if (visible.starts_with('<')) {
        return starts_with_ignoring_case(visible, "<!doctype html") || starts_with_ignoring_case(visible, "<html")
                   ? form::html
                   : form::marcxml;
    }
    if (visible.starts_with('=')) {
        return form::mrk;
    }
    if (visible.starts_with('{') || visible.starts_with('[')) {
        return form::json;
    }
    // Both start with digits, as ISO 2709 does.
    if (is_aleph_start(text)) {
        return form::aleph;
    }
    if (is_line_mode_start(text)) {
        return form::line;
    }
    const std::string_view leader = text.substr(0, limits::leader_bytes);
    const bool length_digits = leader.size() >= 5 && decimal(leader.substr(0, 5)).has_value();
    return length_digits || leader_marks(text) >= 2 ? form::iso2709 : form::unknown;
}

form read_text(std::string_view text, builder& into, report* notes) {
    const form found = detect(text);
    switch (found) {
    case form::iso2709:
        read_iso2709(as_bytes(text), into, notes);
        break;
    case form::marcxml:
        read_marcxml(text, into, notes);
        break;
    case form::mrk:
        read_mrk(text, into, notes);
        break;
    case form::json:
        read_json(text, into, notes);
        break;
    case form::line:
        read_line(text, into, notes);
        break;
    case form::aleph:
        read_aleph(text, into, notes);
        break;
    default:
        throw parse_error(errc::not_marc, 0, {}, text.substr(0, 40));
    }
    return found;
}

form read_bytes(std::span<const std::byte> bytes, builder& into, report* notes) {
    const std::string_view text = as_text(bytes);
    if (text.size() > limits::text_bytes) {
        throw parse_error(errc::too_large, text.size());
    }
    const xml_encoding declared = declared_encoding(text);
    if (declared == xml_encoding::utf16_little || declared == xml_encoding::utf16_big) {
        std::pmr::string utf8(into.memory());
        decode_xml(text, declared, true, utf8);
        return read_text(utf8, into, notes);
    }
    if (detect(text) != form::marcxml) {
        return read_text(text, into, notes);
    }
    read_encoded_marcxml({}, text, {}, declared, into, notes);
    return form::marcxml;
}

} // namespace marc
