#include "iso2709_directory.hpp"
#include "iso2709_extent.hpp"
#include "marc/charset.hpp"
#include "marc/detect.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"

#include <algorithm>
#include <cstring>

namespace marc {
namespace {

/// Where an escape sequence of MARC-8 starts (MARC 21 Specifications, "Character Sets and Encoding Options": MARC-8,
/// techniques 1 and 2), or npos. Such a record is not UTF-8 even when all its bytes are ASCII.
std::size_t find_marc8_escape(std::string_view text) noexcept {
    constexpr std::string_view designators = "(,)-$!bgps";
    std::size_t at = text.find('\x1B');
    while (at != std::string_view::npos &&
           (at + 1 == text.size() || designators.find(text[at + 1]) == std::string_view::npos)) {
        at = text.find('\x1B', at + 1);
    }
    return at;
}

class record_reader {
  public:
    record_reader(std::string_view record, std::size_t origin, builder& into, report* notes)
        : record_(record), origin_(origin), into_(into), notes_(notes) {}

    void read(bool terminated);

  private:
    void note(defect_code code, std::size_t offset, std::string_view tag = {}) {
        into_.mark(record_flag::defects);
        if (is_lossy(code)) {
            into_.mark(record_flag::lossy);
        }
        if (notes_ != nullptr) {
            notes_->add(code, origin_ + offset, tag);
        }
    }
    void read_leader(std::size_t directory_start);
    void read_fields(const directory_place& place, std::size_t end);
    source_encoding find_encoding(std::string_view area, std::size_t area_start);

    std::string_view record_;
    std::size_t origin_;
    builder& into_;
    report* notes_;
};

void record_reader::read_leader(std::size_t directory_start) {
    std::string_view leader = record_.substr(0, directory_start);
    if (leader.size() == limits::leader_bytes + 5 && decimal(leader.substr(0, 10))) {
        leader.remove_prefix(5); // the length stands there twice
        note(defect_code::leader_length, 0, "LDR");
    }
    // Positions in this leader are bytes, also where bytes over 7F happen to be UTF-8.
    std::pmr::string ascii(into_.memory());
    if (find_non_ascii(leader) != std::string_view::npos) {
        ascii = leader;
        std::replace_if(
            ascii.begin(), ascii.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
        note(defect_code::leader_byte, 0, "LDR");
        into_.mark(record_flag::lossy);
    }
    into_.set_leader(ascii.empty() ? leader : ascii, notes_, origin_);
    if (leader.size() != limits::leader_bytes) {
        return;
    }
    if (leader.substr(10, 2) != "22" || leader.substr(20, 4) != "4500") {
        note(defect_code::leader_constants, 10, "LDR");
    }
    if (decimal(leader.substr(0, 5)) != record_.size()) {
        note(defect_code::record_length, 0, "LDR");
    }
}

void record_reader::read_fields(const directory_place& place, std::size_t end) {
    const std::string_view directory = record_.substr(place.start, place.end - place.start);
    const std::string_view area = record_.substr(place.data, end - place.data);
    if (read_exact_directory(directory, area, into_)) {
        return;
    }
    read_damaged_directory(directory, area, into_, [&](defect_code code, std::size_t offset, std::string_view tag) {
        const bool about_directory = code == defect_code::directory_length || code == defect_code::directory_surplus ||
                                     code == defect_code::directory_overlap;
        note(code, (about_directory ? place.start : place.data) + offset, tag);
    });
}

source_encoding record_reader::find_encoding(std::string_view area, std::size_t area_start) {
    const bool labelled = record_.size() > 9 && record_[9] == 'a';
    // What matters is in the builder; the area, which may also hold data that no field has, gives the place in the
    // input.
    const std::size_t invalid = into_.invalid_utf8();
    if (invalid != std::string_view::npos) {
        throw parse_error(labelled ? errc::bad_utf8 : errc::unsupported_charset,
                          origin_ + area_start + std::min(find_invalid_utf8(area), area.size()), into_.tag_at(invalid));
    }
    if (labelled) {
        return source_encoding::utf8;
    }
    const std::size_t escape = into_.has_controls() ? find_marc8_escape(into_.data()) : std::string_view::npos;
    if (escape != std::string_view::npos) {
        throw parse_error(errc::unsupported_charset, origin_ + area_start + find_marc8_escape(area),
                          into_.tag_at(escape));
    }
    if (!into_.has_non_ascii()) {
        return source_encoding::ascii;
    }
    note(defect_code::encoding_mislabelled, 9, "LDR");
    return source_encoding::utf8_mislabelled;
}

void record_reader::read(bool terminated) {
    const std::optional<directory_place> place = find_directory(record_);
    if (!place) {
        throw parse_error(record_.size() < limits::leader_bytes || leader_marks(record_) >= 2 ? errc::truncated
                                                                                              : errc::not_marc,
                          origin_ + record_.size());
    }
    read_leader(place->start);
    if (place->start == limits::leader_bytes && decimal(record_.substr(12, 5)) != place->data) {
        note(defect_code::base_address, 12, "LDR");
    }
    std::size_t end = record_.size();
    if (terminated) {
        --end;
    } else {
        note(defect_code::record_terminator_missing, end);
    }
    end = std::max(end, place->data);
    read_fields(*place, end);
    const std::string_view area = record_.substr(place->data, end - place->data);
    // Data that no field has is not in the builder.
    const std::size_t inner = into_.has_controls() || into_.data().size() != area.size() ? area.find(record_terminator)
                                                                                         : std::string_view::npos;
    if (inner != std::string_view::npos) {
        note(defect_code::record_terminator_in_data, place->data + inner);
    }
    into_.set_source(source_format::iso2709, find_encoding(area, place->data));
    into_.note_defects(notes_, origin_ + place->data);
}

} // namespace

void read_iso2709(std::span<const std::byte> bytes, builder& into, report* notes) {
    into.clear();
    const std::string_view text = as_text(bytes);
    if (text.size() > limits::text_bytes) {
        throw parse_error(errc::too_large, text.size());
    }
    const std::size_t start = skip_filler(text, 0);
    if (start == text.size() || (detect(text.substr(start)) != form::iso2709)) {
        throw parse_error(errc::not_marc, start, {}, text.substr(start, 12));
    }
    const iso2709_extent extent = find_extent(text.substr(start));
    const std::size_t after = start + extent.bytes;
    const std::size_t next = skip_filler(text, after);
    if (next < text.size() && leader_marks(text.substr(next)) >= 2) {
        throw parse_error(errc::many_records, next);
    }
    if (start > 0 || after < text.size()) {
        into.mark(record_flag::defects);
        if (notes != nullptr) {
            notes->add(defect_code::surrounding_bytes, start > 0 ? 0 : after);
        }
    }
    record_reader(text.substr(start, extent.bytes), start, into, notes).read(extent.terminated);
}

bool iso2709_splitter::next(iso2709_piece& piece) {
    const std::string_view text = as_text(file_);
    const std::size_t start = skip_filler(text, position_);
    filler_ += start - position_;
    position_ = start;
    if (start == text.size()) {
        return false;
    }
    const std::string_view rest = text.substr(start);
    const bool is_record = detect(rest) == form::iso2709;
    const iso2709_extent extent = find_extent(rest);
    piece.offset = start;
    piece.bytes = file_.subspan(start, extent.bytes);
    piece.problem.reset();
    if (!is_record) {
        piece.problem = errc::not_marc;
    } else if (!extent.terminated) {
        piece.problem = errc::truncated;
    }
    position_ = start + extent.bytes;
    return true;
}

} // namespace marc
