// The grammar is in line_write.cpp.
#include "hexadecimal.hpp"
#include "iso2709_extent.hpp"
#include "line_escape.hpp"
#include "line_form.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/line.hpp"
#include "marc/poll.hpp"
#include "text_lines.hpp"

#include <algorithm>
#include <array>

namespace marc {
namespace {

/// Where the next subfield starts: at the blank before its "$"; or the size of the text.
std::size_t find_subfield(std::string_view text, std::size_t from) noexcept {
    for (std::size_t at = text.find(" $", from); at != std::string_view::npos; at = text.find(" $", at + 1)) {
        if (at + 2 < text.size()) {
            const std::size_t behind = at + 2 + character_bytes(text.substr(at + 2));
            if (behind == text.size() || text[behind] == ' ') {
                return at;
            }
        }
    }
    return text.size();
}

class line_reader {
  public:
    line_reader(std::string_view line, std::size_t origin, builder& into) : line_(line), origin_(origin), into_(into) {}

    void field() {
        const bool hexadecimal = line_.starts_with(hexadecimal_start);
        const std::size_t tag_end = hexadecimal ? std::min(line_.find('}'), line_.size() - 1) + 1 : 3;
        if (hexadecimal ? !read_hexadecimal_tag(line_.substr(0, tag_end), tag_) : line_.size() < 3) {
            fail(0, errc::bad_tag);
        }
        if (!hexadecimal) {
            std::copy_n(line_.begin(), 3, tag_.begin());
        }
        if (line_.size() > tag_end && line_[tag_end] != ' ') {
            fail(0, errc::bad_line);
        }
        const std::string_view text = line_.substr(std::min(tag_end + 1, line_.size()));
        text_at_ = line_.size() - text.size();
        into_.begin_field({tag_.data(), tag_.size()});
        const bool zeros = tag_[0] == '0' && tag_[1] == '0';
        const bool three_digits = is_number({tag_.data(), tag_.size()});
        if (is_hexadecimal(text)) {
            read_hexadecimal(text, [&](char c) { into_.append(c); });
        } else if (zeros || (!three_digits && find_subfield(text, 0) != 2)) {
            value(text, true);
        } else {
            data(text);
        }
        into_.end_field();
    }

    void leader(std::pmr::string& text) {
        read_escapes(line_, false, [&](std::string_view piece) { text += piece; });
    }

  private:
    [[noreturn]] void fail(std::size_t at, errc code) const {
        throw parse_error(code, origin_ + at, {}, line_.substr(std::min(at, line_.size()), 40));
    }

    void data(std::string_view text) {
        const std::string_view indicators = text.substr(0, std::min<std::size_t>(2, find_subfield(text, 0)));
        into_.append(indicators);
        std::size_t at = find_subfield(text, indicators.size());
        value(text.substr(indicators.size(), at - indicators.size()), false);
        while (at < text.size()) {
            const std::size_t length = character_bytes(text.substr(at + 2));
            into_.begin_subfield(text.substr(at + 2, length));
            const std::size_t start = std::min(at + 3 + length, text.size());
            at = find_subfield(text, start);
            value(text.substr(start, at - start), false);
        }
    }

    void value(std::string_view text, bool any_character) {
        read_escapes(text, false, [&](std::string_view piece) {
            if (!any_character && piece.front() == subfield_delimiter) {
                fail(text_at_, errc::bad_line); // an escape that would make a subfield out of a value
            }
            into_.append(piece);
        });
    }

    std::string_view line_;
    std::size_t origin_;
    builder& into_;
    std::size_t text_at_ = 0;
    std::array<char, 3> tag_{};
};

} // namespace

bool is_line_mode_note(std::string_view line) noexcept {
    return line.starts_with('(') || line.starts_with("<!--");
}

bool is_line_mode_leader(std::string_view line) noexcept {
    return !(line.size() >= 4 && is_plain_tag(line.substr(0, 3)) && line[3] == ' ') &&
           !line.starts_with(hexadecimal_start);
}

bool is_line_mode_start(std::string_view text) noexcept {
    constexpr std::size_t looked_at = 1'024;
    text = text.substr(0, looked_at); // not all of a large file
    while (is_line_mode_note(text)) {
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    const std::size_t end = text.substr(0, limits::leader_bytes + 2).find('\n');
    if (end == std::string_view::npos || leader_marks(text) < 2) {
        return false;
    }
    const std::string_view line = text.substr(0, end > 0 && text[end - 1] == '\r' ? end - 1 : end);
    const std::string_view field = text.substr(end + 1, 4);
    return line.size() == limits::leader_bytes && field.size() == 4 && is_plain_tag(field.substr(0, 3)) &&
           field[3] == ' ';
}

void read_line(std::string_view text, builder& into, report* notes) {
    into.clear();
    text_lines lines(text);
    std::pmr::string leader(into.memory());
    bool first = true;
    std::size_t ended = 0; // where an empty line stood behind a field
    while (lines.next()) {
        const std::string_view line = lines.line();
        if (line.empty()) {
            ended = first ? 0 : lines.offset();
            continue;
        }
        if (is_line_mode_note(line)) {
            into.mark(record_flag::defects);
            if (notes != nullptr) {
                notes->add(defect_code::surrounding_bytes, lines.offset());
            }
            continue;
        }
        if (ended != 0) {
            throw parse_error(errc::many_records, lines.offset());
        }
        if (first && is_line_mode_leader(line)) {
            line_reader(line, lines.offset(), into).leader(leader);
            into.set_leader(leader, notes, lines.offset());
        } else {
            line_reader(line, lines.offset(), into).field();
        }
        first = false;
    }
    if (first) {
        throw parse_error(errc::not_marc, 0);
    }
    if (!into.has_leader()) {
        into.note(notes, defect_code::leader_missing, 0, "LDR");
    }
    into.set_source(source_format::line, source_encoding::unicode);
    into.note_defects(notes);
}

} // namespace marc
