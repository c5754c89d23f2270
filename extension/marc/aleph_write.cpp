// Aleph sequential, as Aleph's p_print_03 writes it, with what it leaves open. Columns from 0:
//
//   0-8    system number, nine digits, the same for all lines of a record
//   9      blank
//   10-12  tag, "LDR" for the leader
//   13-14  indicators; blanks in control fields
//   15     blank
//   16     alphabet: "L" for Latin; any character is read
//   17     blank
//   18-    content: text, or "$$" code value … ; {hex:…} for whatever has no other form, byte by byte
//
// In the leader and in fields 00X a blank is written as "^". A tag that is not three letters or digits, or a field that
// is named LDR, is "{hex:" 6 hexadecimal digits "}", which moves the columns behind it. Escapes are those of
// line_escape.hpp: control characters and 7F; a "$" next to another one or at the end of a value; "^" in the leader and
// in 00X; braces that would be read as an escape.
#include "hexadecimal.hpp"
#include "layout.hpp"
#include "line_escape.hpp"
#include "marc/aleph.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/leader.hpp"
#include "marc/poll.hpp"

#include <algorithm>

namespace marc {
namespace {

std::uint32_t system_number_of(const record_view& record) {
    const std::string_view number = control_number(record);
    if (!is_number(number) || number.size() > 9) {
        return 0;
    }
    std::uint32_t n = 0;
    for (const char c : number) {
        n = n * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return n;
}

class writer {
  public:
    writer(std::pmr::string& out, std::uint32_t system_number, bool ascii_only) : out_(out), ascii_only_(ascii_only) {
        for (std::size_t i = number_.size(); i > 0; --i) {
            number_[i - 1] = static_cast<char>('0' + system_number % 10);
            system_number /= 10;
        }
    }

    void leader(std::string_view text) {
        head("LDR", "  ");
        fixed(text);
    }

    void field(const field_view& f) {
        out_ += '\n';
        const std::string_view content = f.content();
        const bool in_parts = !f.is_control() && is_written_in_parts(content, ascii_only_) &&
                              content.find("\x1F$") == std::string_view::npos; // $$$ would be ambiguous
        head(f.tag(), in_parts ? content.substr(0, 2) : "  ", f.tag() == "LDR");
        if (in_parts) {
            for (const subfield_view& s : subfield_range(content.substr(2))) {
                out_ += "$$";
                out_ += s.code;
                text(s.value, false);
            }
        } else if (!f.is_control()) {
            write_hexadecimal(content, out_);
        } else if (f.tag().starts_with("00")) {
            fixed(content);
        } else {
            text(content, false);
        }
    }

  private:
    void head(std::string_view tag, std::string_view indicators, bool in_hexadecimal = false) {
        out_.append(number_.data(), number_.size());
        out_ += ' ';
        if (in_hexadecimal || !is_plain_tag(tag)) {
            write_hexadecimal(tag, out_);
        } else {
            out_ += tag;
        }
        out_ += indicators;
        out_ += " L ";
    }

    void fixed(std::string_view value) { text(value, true); }

    void text(std::string_view value, bool fixed) {
        std::size_t at = 0;
        while (at < value.size()) {
            const std::string_view rest = value.substr(at);
            const char c = rest.front();
            const std::size_t length = character_bytes(rest);
            const bool escape = is_unwritable(static_cast<unsigned char>(c), ascii_only_) || (fixed && c == '^') ||
                                (c == '{' && brace_needs_escape(rest)) ||
                                (c == '$' && (rest.size() == 1 || rest[1] == '$' || out_.back() == '$'));
            if (escape) {
                write_line_escape(rest.substr(0, length), out_);
            } else if (fixed && c == ' ') {
                out_ += '^';
            } else {
                out_ += rest.substr(0, length);
            }
            at += length;
        }
    }

    std::pmr::string& out_;
    bool ascii_only_;
    std::array<char, 9> number_{};
};

} // namespace

void write_aleph(const record_view& record, std::pmr::string& out, aleph_options options) {
    out.reserve(out.size() + record.data().size() + 24 * record.field_count() + 64);
    const std::uint32_t number = options.system_number ? *options.system_number : system_number_of(record);
    writer w(out, number, options.ascii_only);
    w.leader(unicode_leader(record).view());
    poller polling;
    for (const field_view f : record) {
        w.field(f);
        polling.step(f.content().size());
    }
}

} // namespace marc
