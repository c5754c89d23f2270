// The grammar is in aleph_write.cpp.
#include "hexadecimal.hpp"
#include "iso2709_extent.hpp"
#include "line_escape.hpp"
#include "line_form.hpp"
#include "marc/aleph.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "text_lines.hpp"

#include <algorithm>
#include <array>

namespace marc {
namespace {

constexpr std::size_t number_digits = 9;
constexpr std::string_view no_number = "000000000";

class line_reader {
  public:
    line_reader(std::string_view line, std::size_t origin, builder& into, report* notes)
        : line_(line), origin_(origin), into_(into), notes_(notes) {}

    void read() {
        std::size_t at = number_digits + 1;
        const bool in_hexadecimal = line_.substr(std::min(at, line_.size())).starts_with(hexadecimal_start);
        if (in_hexadecimal) {
            const std::size_t end = std::min(line_.find('}', at), line_.size() - 1) + 1;
            if (!read_hexadecimal_tag(line_.substr(at, end - at), tag_)) {
                fail(at, errc::bad_tag);
            }
            at = end;
        } else {
            if (line_.size() < at + 3) {
                fail(at, errc::bad_line);
            }
            std::copy_n(line_.begin() + static_cast<std::ptrdiff_t>(at), 3, tag_.begin());
            at += 3;
        }
        // Blanks at the end may have been cut, but only those.
        std::array<char, 5> columns{' ', ' ', ' ', 'L', ' '};
        const std::string_view given = line_.substr(at, columns.size());
        std::copy(given.begin(), given.end(), columns.begin());
        if (columns[2] != ' ' || columns[4] != ' ' || !is_ascii({columns.data(), columns.size()})) {
            fail(at, errc::bad_line);
        }
        const std::string_view content = line_.substr(std::min(at + columns.size(), line_.size()));
        content_at_ = line_.size() - content.size();
        const std::string_view tag(tag_.data(), tag_.size());
        if (tag == "LDR" && !in_hexadecimal) {
            leader(content);
            return;
        }
        into_.begin_field(tag);
        field(content, {columns.data(), 2});
        into_.end_field();
    }

  private:
    [[noreturn]] void fail(std::size_t at, errc code) const {
        throw parse_error(code, origin_ + std::min(at, line_.size()), {}, line_.substr(0, 40));
    }

    void leader(std::string_view content) {
        if (into_.has_leader()) {
            into_.note(notes_, defect_code::duplicate_leader, origin_, "LDR");
            return;
        }
        std::pmr::string text(into_.memory());
        read_escapes(content, true, [&](std::string_view piece) { text += piece; });
        into_.set_leader(text, notes_, origin_);
    }

    void field(std::string_view content, std::string_view indicators) {
        const bool zeros = tag_[0] == '0' && tag_[1] == '0';
        const bool three_digits = is_number({tag_.data(), tag_.size()});
        if (is_hexadecimal(content)) {
            read_hexadecimal(content, [&](char c) { into_.append(c); });
            return;
        }
        const bool has_subfields = content.find("$$") != std::string_view::npos;
        if (zeros || (!three_digits && !has_subfields && indicators == "  ")) {
            read_escapes(content, zeros, [&](std::string_view piece) { into_.append(piece); });
            return;
        }
        into_.append(indicators);
        std::size_t at = std::min(content.find("$$"), content.size());
        value(content.substr(0, at));
        while (at < content.size()) {
            const std::size_t start = at + 2;
            const std::size_t code = character_bytes(content.substr(start));
            const bool no_code = code == 0 || content.substr(start).starts_with("$$");
            into_.begin_subfield(no_code ? std::string_view() : content.substr(start, code));
            const std::size_t from = start + (no_code ? 0 : code);
            at = std::min(content.find("$$", from), content.size());
            value(content.substr(from, at - from));
        }
    }

    void value(std::string_view text) {
        read_escapes(text, false, [&](std::string_view piece) {
            if (piece.front() == subfield_delimiter) {
                fail(content_at_, errc::bad_line); // an escape that would make a subfield out of a value
            }
            into_.append(piece);
        });
    }

    std::string_view line_;
    std::size_t origin_;
    builder& into_;
    report* notes_;
    std::size_t content_at_ = 0;
    std::array<char, 3> tag_{};
};

} // namespace

bool is_aleph_line(std::string_view line) noexcept {
    return line.size() > number_digits && line[number_digits] == ' ' && is_number(line.substr(0, number_digits));
}

bool is_aleph_start(std::string_view text) noexcept {
    return is_aleph_line(text) && text.size() >= 18 && text[15] == ' ' && text[17] == ' ' && leader_marks(text) < 2;
}

void read_aleph(std::string_view text, builder& into, report* notes) {
    into.clear();
    std::string_view number;
    bool has_001 = false;
    for (text_lines lines(text); lines.next();) {
        if (lines.line().empty()) {
            continue;
        }
        if (!is_aleph_line(lines.line())) {
            throw parse_error(errc::bad_line, lines.offset(), {}, lines.line().substr(0, 40));
        }
        const std::string_view its_number = lines.line().substr(0, number_digits);
        if (!number.empty() && its_number != number) {
            throw parse_error(errc::many_records, lines.offset());
        }
        number = its_number;
        has_001 = has_001 || lines.line().substr(number_digits + 1).starts_with("001");
    }
    if (number.empty()) {
        throw parse_error(errc::not_marc, 0);
    }
    if (!has_001 && number != no_number) {
        into.add_field("001", number);
    }
    for (text_lines lines(text); lines.next();) {
        if (!lines.line().empty()) {
            line_reader(lines.line(), lines.offset(), into, notes).read();
        }
    }
    if (!into.has_leader()) {
        into.note(notes, defect_code::leader_missing, 0, "LDR");
    }
    into.set_source(source_format::aleph, source_encoding::unicode);
    into.note_defects(notes);
}

} // namespace marc
