// The grammar is in mrk_write.cpp.
#include "base64.hpp"
#include "iso2709_raw.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/mrk.hpp"
#include "marc/poll.hpp"
#include "provenance.hpp"

#include <algorithm>
#include <optional>

namespace marc {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

int hex_digit(char c) noexcept {
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

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
        char bytes[3];
        const bool written_as_hex = read_tag(bytes);
        const std::string_view tag(bytes, 3);
        tag_ = tag;
        read_gap();
        if (tag == "LDR" && !written_as_hex) {
            read_leader(leader);
            return true;
        }
        into_.begin_field(tag);
        const bool three_digits = is_digit(tag[0]) && is_digit(tag[1]) && is_digit(tag[2]);
        const bool control = tag.starts_with("00") || (!three_digits && line_.find('$', at_) == std::string_view::npos);
        if (line_.substr(at_).starts_with(hex_start)) {
            read_hex();
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
    static constexpr std::string_view hex_start = "{hex:";

    [[noreturn]] void fail(std::size_t at, errc code = errc::bad_mnemonic) const {
        throw parse_error(code, origin_ + at, tag_, line_.substr(std::min(at, line_.size()), 40));
    }

    bool read_tag(char (&tag)[3]) {
        if (line_.substr(at_).starts_with(hex_start)) {
            at_ += hex_start.size();
            for (char& c : tag) {
                c = hex_byte();
            }
            if (at_ == line_.size() || line_[at_] != '}') {
                fail(at_);
            }
            ++at_;
            return true;
        }
        const std::string_view plain = line_.substr(at_, 3);
        if (plain.size() < 3 || plain.find_first_of(" ${}") != std::string_view::npos) {
            fail(at_, errc::bad_tag);
        }
        std::copy_n(plain.data(), 3, tag);
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
        if (c.front() == subfield_delimiter) {
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

    std::string_view escape() {
        const std::size_t end = line_.find('}', at_);
        if (end == std::string_view::npos) {
            fail(at_);
        }
        const std::string_view name = line_.substr(at_ + 1, end - at_ - 1);
        const std::size_t start = at_;
        at_ = end + 1;
        if (name == "dollar") {
            return "$";
        }
        if (name == "lcub") {
            return "{";
        }
        if (name == "rcub") {
            return "}";
        }
        if (name == "bsol") {
            return "\\";
        }
        if (!name.starts_with("U+") || name.size() < 6 || name.size() > 8) {
            fail(start);
        }
        char32_t character = 0;
        for (const char c : name.substr(2)) {
            const int digit = hex_digit(c);
            if (digit < 0) {
                fail(start);
            }
            character = character * 16 + static_cast<char32_t>(digit);
        }
        const std::size_t length = encode_character(character, encoded_);
        if (length == 0) {
            fail(start);
        }
        return {encoded_, length};
    }

    char hex_byte() {
        const int high = at_ + 1 < line_.size() ? hex_digit(line_[at_]) : -1;
        const int low = high < 0 ? -1 : hex_digit(line_[at_ + 1]);
        if (low < 0) {
            fail(at_);
        }
        at_ += 2;
        return static_cast<char>(high * 16 + low);
    }

    void read_hex() {
        at_ += hex_start.size();
        while (at_ < line_.size() && line_[at_] != '}') {
            into_.append(hex_byte());
        }
        if (at_ + 1 != line_.size()) {
            fail(at_);
        }
    }

    std::string_view line_;
    std::size_t origin_;
    builder& into_;
    report* notes_;
    std::string_view tag_;
    std::size_t at_ = 0;
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
    if (text.size() > limits::text_bytes) {
        throw parse_error(errc::too_large, text.size());
    }
    const std::size_t invalid = find_invalid_utf8(text);
    if (invalid != std::string_view::npos) {
        throw parse_error(errc::bad_utf8, invalid);
    }
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    std::size_t at = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    std::pmr::string leader(into.memory());
    std::optional<provenance_line> provenance;
    poller polling;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (!line.empty() && provenance) {
            throw parse_error(errc::bad_mnemonic, at, {}, line.substr(0, 40)); // nothing comes behind it
        }
        if (line.starts_with('#')) {
            provenance.emplace(line, at);
        } else if (!line.empty()) {
            leader.clear();
            const bool second = into.has_leader();
            if (line_reader(line, at, into, notes).read(leader) && (second || into.field_count() > 0)) {
                throw parse_error(errc::many_records, at);
            }
        }
        polling.step(line.size() + 1);
        at = end + 1;
    }
    if (!into.has_leader()) {
        if (into.field_count() == 0) {
            throw parse_error(errc::not_marc, 0);
        }
        into.mark(record_flag::defects);
        if (notes != nullptr) {
            notes->add(defect_code::leader_missing, 0, "LDR");
        }
    }
    into.set_source(source_format::mrk, source_encoding::unicode);
    into.note_defects(notes);
    if (provenance) {
        provenance->apply(into);
    }
}

} // namespace marc
