// Line mode, as yaz-marcdump writes it, with what it leaves open:
//
//   record   = leader *( LF field ) [ LF ]         ; an empty line between records
//   leader   = 24 characters
//   field    = tag SP text                         ; control field
//            / tag SP indicator indicator *( SP "$" code SP value )
//            / tag SP "{hex:" digits "}"           ; whatever has no other form, byte by byte
//   tag      = 3 letters or digits / "{hex:" 6 hexadecimal digits "}"
//   escape   = see line_escape.hpp
//
// A subfield starts at a blank, "$", one character, and a blank or the end of the line; the blanks are not part of any
// value. So "$15.95" is itself. Where a value would show the same pattern, its "$" is written as {dollar}; control
// characters, 7F, and braces that would be read as an escape are escapes. A field is a control field when its tag is
// 00X, or when its tag is not three digits and no subfield starts behind its indicators. A line that starts with a tag
// and a blank is no leader: a leader of that look has {U+0020} in place of the blank. A line that starts with "(" or
// "<!--" is a message of yaz about a damaged record, which is skipped and noted: a leader of that look starts with
// {U+0028} or {U+003C}.
#include "hexadecimal.hpp"
#include "line_escape.hpp"
#include "line_form.hpp"
#include "marc/charset.hpp"
#include "marc/line.hpp"
#include "marc/leader.hpp"
#include "marc/poll.hpp"

namespace marc {
namespace {

class writer {
  public:
    writer(std::pmr::string& out, bool ascii_only) : out_(out), ascii_only_(ascii_only) {}

    void leader(std::string_view text) {
        const bool looks_like_field = is_plain_tag(text.substr(0, 3)) && text[3] == ' ';
        if (looks_like_field) {
            out_ += text.substr(0, 3);
            write_line_escape(" ", out_);
            text.remove_prefix(4);
        }
        if (is_line_mode_note(text)) {
            write_line_escape(text.substr(0, 1), out_);
            text.remove_prefix(1);
        }
        value(text);
    }

    void field(const field_view& f) {
        out_ += '\n';
        if (is_plain_tag(f.tag())) {
            out_ += f.tag();
        } else {
            write_hexadecimal(f.tag(), out_);
        }
        out_ += ' ';
        if (f.is_control()) {
            value(f.content());
        } else if (is_written_in_parts(f.content(), ascii_only_)) {
            out_ += f.content().substr(0, 2);
            for (const subfield_view& s : subfield_range(f.content().substr(2))) {
                out_ += " $";
                out_ += s.code;
                out_ += ' ';
                value(s.value);
            }
        } else {
            write_hexadecimal(f.content(), out_);
        }
    }

  private:
    /// A "$" that a reader would take for the start of a subfield.
    static bool starts_subfield(std::string_view text, std::size_t at) noexcept {
        if (at == 0 || text[at - 1] != ' ' || at + 1 == text.size()) {
            return false;
        }
        const std::size_t behind = at + 1 + character_bytes(text.substr(at + 1));
        return behind >= text.size() || text[behind] == ' ';
    }

    void value(std::string_view text) {
        std::size_t at = 0;
        while (at < text.size()) {
            std::size_t end = at;
            while (end < text.size() && text[end] != '$' && text[end] != '{' &&
                   !is_unwritable(static_cast<unsigned char>(text[end]), ascii_only_)) {
                ++end;
            }
            out_ += text.substr(at, end - at);
            at = end;
            if (at == text.size()) {
                break;
            }
            const std::string_view rest = text.substr(at);
            const std::size_t length = character_bytes(rest);
            const bool itself = (rest.front() == '$' && !starts_subfield(text, at)) ||
                                (rest.front() == '{' && !brace_needs_escape(rest));
            if (itself) {
                out_ += rest.front();
            } else {
                write_line_escape(rest.substr(0, length), out_);
            }
            at += length;
        }
    }

    std::pmr::string& out_;
    bool ascii_only_;
};

} // namespace

void write_line(const record_view& record, std::pmr::string& out, line_options options) {
    out.reserve(out.size() + record.data().size() + 8 * record.field_count() + 32);
    writer w(out, options.ascii_only);
    w.leader(unicode_leader(record).view());
    poller polling;
    for (const field_view f : record) {
        w.field(f);
        polling.step(f.content().size());
    }
}

} // namespace marc
