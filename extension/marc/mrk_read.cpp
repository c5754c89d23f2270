// The grammar is in mrk_write.cpp.
#include "base64.hpp"
#include "hexadecimal.hpp"
#include "iso2709_raw.hpp"
#include "line_escape.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/mrk.hpp"
#include "mrk_mnemonics.hpp"
#include "provenance.hpp"
#include "text_lines.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace marc {
namespace {

/// Reads the line of one field.
class line_reader {
  public:
    line_reader(std::string_view line, std::size_t origin, builder& into, report* notes)
        : line_(line), origin_(origin), into_(into), notes_(notes) {}

    /// @return true when it was the leader
    bool read(std::pmr::string& leader) {
        if (line_.front() != '=') {
            fail(0);
        }
        at_ = 1;
        const bool in_hexadecimal = read_tag();
        const std::string_view tag(tag_bytes_.data(), tag_bytes_.size());
        tag_ = tag;
        read_gap();
        // MARCMaker calls the leader 000.
        const bool is_first = !into_.has_leader() && into_.field_count() == 0;
        if ((tag == "LDR" || (tag == "000" && is_first)) && !in_hexadecimal) {
            read_leader(leader);
            return true;
        }
        into_.begin_field(tag);
        const bool control =
            tag.starts_with("00") || (!is_number(tag) && line_.find('$', at_) == std::string_view::npos);
        if (line_.substr(at_).starts_with(hexadecimal_start)) {
            if (!is_hexadecimal(line_.substr(at_))) {
                fail(at_);
            }
            read_hexadecimal(line_.substr(at_), [&](char c) { into_.append(c); });
        } else if (control) {
            while (at_ < line_.size()) {
                into_.append(next(true));
            }
        } else {
            read_data();
        }
        into_.end_field();
        return false;
    }

  private:
    [[noreturn]] void fail(std::size_t at, errc code = errc::bad_mnemonic) const {
        throw parse_error(code, origin_ + at, tag_, line_.substr(std::min(at, line_.size()), 40));
    }

    /// @return true when it is written in hexadecimal digits
    bool read_tag() {
        if (line_.substr(at_).starts_with(hexadecimal_start)) {
            const std::size_t end = std::min(line_.find('}', at_), line_.size() - 1) + 1;
            if (!read_hexadecimal_tag(line_.substr(at_, end - at_), tag_bytes_)) {
                fail(at_);
            }
            at_ = end;
            return true;
        }
        const std::string_view plain = line_.substr(at_, 3);
        if (plain.size() < 3 || plain.find_first_of(" ${}") != std::string_view::npos) {
            fail(at_, errc::bad_tag);
        }
        std::copy_n(plain.data(), 3, tag_bytes_.data());
        at_ += 3;
        return false;
    }

    /// Two blanks; fewer only when nothing follows, since editors cut blanks at the end of a line.
    void read_gap() {
        const std::string_view gap = line_.substr(at_, 2);
        if (gap != "  " && !(at_ + gap.size() == line_.size() && (gap.empty() || gap == " "))) {
            fail(at_);
        }
        at_ += gap.size();
    }

    void read_leader(std::pmr::string& leader) {
        const std::size_t start = at_;
        while (at_ < line_.size()) {
            leader += next(true);
        }
        into_.set_leader(leader, notes_, origin_ + start);
    }

    void read_data() {
        for (int i = 0; i < 2 && at_ < line_.size() && line_[at_] != '$'; ++i) {
            into_.append(data_character(true));
        }
        while (at_ < line_.size()) {
            if (line_[at_] != '$') {
                into_.append(data_character(false));
                continue;
            }
            ++at_;
            const bool no_code = at_ == line_.size() || line_[at_] == '$';
            into_.begin_subfield(no_code ? std::string_view() : data_character(false));
        }
    }

    std::string_view data_character(bool blank_as_backslash) {
        const std::size_t start = at_;
        const std::string_view c = next(blank_as_backslash);
        if (!c.empty() && c.front() == subfield_delimiter) {
            fail(start); // an escape that would make a subfield out of a value
        }
        return c;
    }

    /// The next character of the line or of an escape; valid until the next call.
    std::string_view next(bool blank_as_backslash) {
        const char c = line_[at_];
        if (c == '{') {
            return escape();
        }
        if (c == '}' || (static_cast<unsigned char>(c) < 0x20 && c != '\t')) {
            fail(at_);
        }
        if (c == '\\' && blank_as_backslash) {
            ++at_;
            return " ";
        }
        const std::size_t length = character_bytes(line_.substr(at_));
        at_ += length;
        return line_.substr(at_ - length, length);
    }

    /// A brace is always an escape.
    std::string_view escape() {
        const std::size_t end = line_.find('}', at_);
        if (end == std::string_view::npos) {
            fail(at_);
        }
        const std::string_view name = line_.substr(at_ + 1, end - at_ - 1);
        const std::size_t start = at_;
        at_ = end + 1;
        if (const std::optional<mrk_mnemonic> known = find_mrk_mnemonic(name)) {
            return known->is_mark ? marked(known->text) : known->text;
        }
        if (!name.starts_with("U+")) {
            return unknown(start, name);
        }
        const line_escape found = find_line_escape(line_.substr(start));
        if (found.bytes == 0) {
            fail(start);
        }
        return {encoded_, encode_character(found.character, encoded_)};
    }

    /// Combining marks and the character that they stand before, in the order of Unicode.
    std::string_view marked(std::string_view mark) {
        marks_ = mark;
        while (at_ < line_.size() && line_[at_] == '{') {
            const std::size_t end = line_.find('}', at_);
            const auto more =
                end == std::string_view::npos ? std::nullopt : find_mrk_mnemonic(line_.substr(at_ + 1, end - at_ - 1));
            if (!more || !more->is_mark) {
                break;
            }
            marks_ += more->text;
            at_ = end + 1;
        }
        if (at_ < line_.size() && line_[at_] != '$') {
            marks_.insert(0, next(false));
        }
        return marks_;
    }

    /// A name that means nothing stays as it is.
    std::string_view unknown(std::size_t start, std::string_view name) {
        const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), is_alphanumeric);
        if (!is_name) {
            fail(start);
        }
        into_.mark(record_flag::defects);
        if (notes_ != nullptr) {
            notes_->add(defect_code::bad_escape, origin_ + start, tag_);
        }
        return line_.substr(start, name.size() + 2);
    }

    std::string_view line_;
    std::size_t origin_;
    builder& into_;
    report* notes_;
    std::string_view tag_; ///< once it is known
    std::array<char, 3> tag_bytes_{};
    std::size_t at_ = 0;
    std::pmr::string marks_{into_.memory()};
    char encoded_[4] = {};
};

/// The line that says where the record came from.
class provenance_line {
  public:
    provenance_line(std::string_view line, std::size_t origin) : rest_(line.substr(1)), line_(line), origin_(origin) {
        const std::optional<source_format> form = find_source_format(next());
        if (!form) {
            fail();
        }
        form_ = *form;
        if (form_ == source_format::iso2709) {
            const std::optional<source_encoding> encoding = find_source_encoding(next());
            if (!encoding || *encoding == source_encoding::unicode) {
                fail();
            }
            encoding_ = *encoding;
        }
        std::string_view word = next();
        if (word == "defects") {
            flags_ |= record_flag::defects;
            word = next();
        }
        if (word == "lossy") {
            flags_ |= record_flag::lossy;
            word = next();
        }
        residue_ = word;
        if (!rest_.empty() || (!residue_.empty() && form_ != source_format::iso2709)) {
            fail();
        }
    }

    void apply(builder& into) const {
        into.set_source(form_, encoding_);
        into.mark(flags_);
        if (form_ != source_format::iso2709) {
            return;
        }
        std::pmr::string steps(into.memory());
        if (!append_decoded_base64(residue_, steps) || steps.empty() != residue_.empty() || !restore_raw(into, steps)) {
            throw parse_error(errc::false_provenance, origin_, {}, line_.substr(0, 40));
        }
    }

    std::size_t origin() const noexcept { return origin_; }

  private:
    [[noreturn]] void fail() const { throw parse_error(errc::bad_mnemonic, origin_, {}, line_.substr(0, 40)); }

    std::string_view next() noexcept {
        const std::string_view word = rest_.substr(0, rest_.find(' '));
        rest_.remove_prefix(std::min(word.size() + 1, rest_.size()));
        return word;
    }

    std::string_view rest_;
    std::string_view line_;
    std::size_t origin_;
    source_format form_ = source_format::other;
    source_encoding encoding_ = source_encoding::unicode;
    std::uint8_t flags_ = 0;
    std::string_view residue_;
};

} // namespace

void read_mrk(std::string_view text, builder& into, report* notes) {
    into.clear();
    std::pmr::string leader(into.memory());
    std::optional<provenance_line> provenance;
    for (text_lines lines(text); lines.next();) {
        const std::string_view line = lines.line();
        if (line.empty()) {
            continue;
        }
        if (provenance) {
            throw parse_error(errc::bad_mnemonic, lines.offset(), {}, line.substr(0, 40)); // nothing comes behind it
        }
        if (line.starts_with('#')) {
            provenance.emplace(line, lines.offset());
            continue;
        }
        leader.clear();
        const bool second = into.has_leader();
        if (line_reader(line, lines.offset(), into, notes).read(leader) && (second || into.field_count() > 0)) {
            throw parse_error(errc::many_records, lines.offset());
        }
    }
    if (!into.has_leader()) {
        if (into.field_count() == 0) {
            throw parse_error(errc::not_marc, 0);
        }
        into.note(notes, defect_code::leader_missing, 0, "LDR");
    }
    into.set_source(source_format::mrk, source_encoding::unicode);
    into.note_defects(notes);
    if (provenance) {
        provenance->apply(into);
    }
}

} // namespace marc
