#include "iso2709_directory.hpp"
#include "iso2709_charset.hpp"
#include "iso2709_extent.hpp"
#include "iso2709_raw.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/detect.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"

#include <algorithm>
#include <utility>

namespace marc {
namespace {

class record_reader {
  public:
    record_reader(std::string_view record, std::size_t origin, builder& into, report* notes)
        : record_(record), origin_(origin), into_(into), notes_(notes) {}

    /// @param input everything, also what stands around the record
    void read(bool terminated, std::string_view input, iso2709_encoding encoding);

  private:
    void note(defect_code code, std::size_t offset, std::string_view tag = {}, std::uint32_t occurrence = 0) {
        into_.note(notes_, code, origin_ + offset, tag, occurrence);
    }
    void read_leader(std::size_t directory_start);
    /// @return true when the directory was canonical
    bool read_fields(const directory_place& place, std::size_t end);
    void read_characters(std::size_t area_start, iso2709_encoding encoding);

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

bool record_reader::read_fields(const directory_place& place, std::size_t end) {
    const std::string_view directory = record_.substr(place.start, place.end - place.start);
    const std::string_view area = record_.substr(place.data, end - place.data);
    if (read_exact_directory(directory, area, into_)) {
        return true;
    }
    read_damaged_directory(directory, area, into_, [&](defect_code code, std::size_t offset, std::string_view tag) {
        const bool about_directory = code == defect_code::directory_length || code == defect_code::directory_surplus ||
                                     code == defect_code::directory_overlap;
        note(code, (about_directory ? place.start : place.data) + offset, tag);
    });
    return false;
}

void record_reader::read_characters(std::size_t area_start, iso2709_encoding encoding) {
    const charset_note to_report = [&](defect_code code, std::size_t field, std::size_t offset) {
        if (field == no_field) {
            note(code, code == defect_code::encoding_mislabelled ? 9 : 0, "LDR");
            return;
        }
        // Only for what is listed: counting fields for each note would be quadratic.
        const bool listed = notes_ != nullptr && notes_->count() < limits::listed_defects;
        note(code, area_start + offset, into_.tag(field), listed ? into_.occurrence(field) : 0);
    };
    into_.set_source(source_format::iso2709, convert_characters(into_, encoding, to_report));
}

void record_reader::read(bool terminated, std::string_view input, iso2709_encoding encoding) {
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
    const bool directory_ends = record_[place->end] == field_terminator;
    if (!directory_ends) {
        note(defect_code::field_terminator_missing, place->end);
    }
    std::size_t end = record_.size();
    if (terminated) {
        --end;
    } else {
        note(defect_code::record_terminator_missing, end);
    }
    end = std::max(end, place->data);
    const bool sound = read_fields(*place, end);
    const std::string_view area = record_.substr(place->data, end - place->data);
    // Data that no field has is not in the builder.
    const std::size_t inner = into_.has_controls() || into_.data().size() != area.size() ? area.find(record_terminator)
                                                                                         : std::string_view::npos;
    if (inner != std::string_view::npos) {
        note(defect_code::record_terminator_in_data, place->data + inner);
    }
    read_characters(place->data, encoding);
    into_.note_defects(notes_, origin_ + place->data);
    // The stored leader is the one that came when it had 24 bytes, all of them ASCII.
    if (sound && directory_ends && place->start == limits::leader_bytes && place->data == place->end + 1 &&
        terminated && input.size() == record_.size() && record_.substr(0, limits::leader_bytes) == into_.leader()) {
        keep_raw_of_sound(into_, input, area);
    } else {
        keep_raw(into_, input);
    }
}

} // namespace

std::optional<iso2709_encoding> find_encoding(std::string_view name) noexcept {
    constexpr std::pair<std::string_view, iso2709_encoding> names[] = {
        {"utf8", iso2709_encoding::utf8},           {"unicode", iso2709_encoding::utf8},
        {"ascii", iso2709_encoding::utf8},          {"marc8", iso2709_encoding::marc8},
        {"ansel", iso2709_encoding::marc8},         {"latin1", iso2709_encoding::latin1},
        {"iso88591", iso2709_encoding::latin1},     {"iso5426", iso2709_encoding::iso5426},
        {"automatic", iso2709_encoding::automatic},
    };
    char plain[16];
    std::size_t length = 0;
    for (const char c : name) {
        if (c == '-' || c == '_' || c == ' ') {
            continue;
        }
        if (length == sizeof plain) {
            return std::nullopt;
        }
        plain[length++] = to_lower(c);
    }
    for (const auto& [known, encoding] : names) {
        if (std::string_view(plain, length) == known) {
            return encoding;
        }
    }
    return std::nullopt;
}

void read_iso2709(std::span<const std::byte> bytes, builder& into, report* notes, iso2709_encoding encoding) {
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
        into.note(notes, defect_code::surrounding_bytes, start > 0 ? 0 : after);
    }
    record_reader(text.substr(start, extent.bytes), start, into, notes).read(extent.terminated, text, encoding);
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
    const std::size_t bytes = is_record ? find_extent(rest).bytes : find_next_leader(rest);
    piece.offset = start;
    piece.bytes = file_.subspan(start, bytes);
    piece.problem.reset();
    if (!is_record) {
        piece.problem = errc::not_marc;
    }
    position_ = start + bytes;
    return true;
}

} // namespace marc
