// The mnemonic form, as written here and read by mrk_read.cpp:
//
//   record  = leader *( LF field ) [ LF provenance ]
//   leader  = "=LDR  " text            ; 24 bytes, blank as "\"
//   field   = "=" tag "  " content
//   tag     = 3 letters or digits, not "LDR" / "{hex:" 6 hexadecimal digits "}"
//   content = text                     ; control field: blank as "\"
//           / indicator indicator *( "$" [ code value ] )
//           / "{hex:" *( 2 hexadecimal digits ) "}"   ; whatever has no other form, byte by byte
//   indicator = "\" for blank / one character / escape
//   provenance = "#" form [ " " encoding ] [ " defects" ] [ " lossy" ] [ " " base64 ]
//   form     = "iso2709" / "marcxml" / "mrk" / "json" / "line" / "aleph" / "other"
//   encoding = "utf-8" / "ascii" / "utf-8-mislabelled" / "marc-8" / "latin-1" / "iso-5426"   ; of iso2709, and only
//   there escape   = "{dollar}" / "{lcub}" / "{rcub}" / "{bsol}" / "{U+" 4 to 6 hexadecimal digits "}"
//
// Read, but never written, are the other names of characters that MARCMaker and MarcEdit know (mrk_mnemonics.cpp):
// {eacute}; a combining mark stands before its letter, {acute}e. Of another name that is letters and digits, braces and
// name are kept as text and noted; whatever else stands between braces is an error. As in files of MARCMaker, the first
// line may be "=000" in place of "=LDR"; behind a leader it is a field.
//
// A field is a control field when its tag is 00X, or when its tag is not three digits and its line has no "$". "\"
// means a blank only in the leader, in control fields and as an indicator; in a value it is itself. Control characters
// and 7F are always escapes, so a line break always ends a field.
//
// The provenance line is the last one, and only the type's own text form has it: the form the record was read from, the
// encoding in which its characters came, whether the reader mended something or lost something, and the residue that
// marc_raw() needs (iso2709_raw.hpp; without the kind byte). A record is believed to come from ISO 2709 only when
// reading its raw bytes again gives the very record that the lines before say: take the line away from a text that was
// changed. Any other line that starts with "#" is an error.
#include "base64.hpp"
#include "hexadecimal.hpp"
#include "line_escape.hpp"
#include "marc/charset.hpp"
#include "marc/mrk.hpp"
#include "marc/leader.hpp"
#include "marc/poll.hpp"
#include "provenance.hpp"

namespace marc {
namespace {

class writer {
  public:
    writer(std::pmr::string& out, bool ascii_only) : out_(out), ascii_only_(ascii_only) {}

    void provenance(const record_view& r) {
        const bool iso2709 = r.format() == source_format::iso2709;
        if (!iso2709 && !r.has(record_flag::defects | record_flag::lossy)) {
            return;
        }
        out_ += "\n#";
        out_ += name_of(r.format());
        if (iso2709) {
            out_ += ' ';
            out_ += name_of(r.encoding());
        }
        out_ += r.has(record_flag::defects) ? " defects" : "";
        out_ += r.has(record_flag::lossy) ? " lossy" : "";
        if (!r.residue().empty()) {
            out_ += ' ';
            append_base64(r.residue().substr(1), out_);
        }
    }

    void field(const field_view& f) {
        out_ += '=';
        if (is_plain_tag(f.tag()) && f.tag() != "LDR") {
            out_ += f.tag();
        } else {
            write_hexadecimal(f.tag(), out_);
        }
        out_ += "  ";
        if (f.is_control()) {
            fixed(f.content());
        } else if (f.has_indicators() && f.leading().empty()) {
            fixed(f.content().substr(0, 2));
            for (const subfield_view& s : f.subfields()) {
                out_ += '$';
                value(s.code);
                value(s.value);
            }
        } else {
            write_hexadecimal(f.content(), out_);
        }
    }

    /// Text in which a blank must stay visible.
    void fixed(std::string_view text) {
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = character_bytes(text.substr(at));
            const std::string_view character = text.substr(at, length);
            if (character == " ") {
                out_ += '\\';
            } else if (character == "\\") {
                out_ += "{bsol}";
            } else {
                value(character);
            }
            at += length;
        }
    }

  private:
    bool is_plain(unsigned char c) const noexcept {
        return !is_unwritable(c, ascii_only_) && c != '$' && c != '{' && c != '}';
    }

    void value(std::string_view text) {
        std::size_t at = 0;
        while (at < text.size()) {
            std::size_t end = at;
            while (end < text.size() && is_plain(static_cast<unsigned char>(text[end]))) {
                ++end;
            }
            out_ += text.substr(at, end - at);
            at = end;
            if (at < text.size()) {
                const std::size_t length = character_bytes(text.substr(at));
                if (text[at] == '}') {
                    out_ += "{rcub}";
                } else {
                    write_line_escape(text.substr(at, length), out_);
                }
                at += length;
            }
        }
    }

    std::pmr::string& out_;
    bool ascii_only_;
};

} // namespace

void write_mrk(const record_view& record, std::pmr::string& out, mrk_options options) {
    out.reserve(out.size() + record.data().size() + 8 * record.field_count() + 32);
    writer w(out, options.ascii_only);
    out += "=LDR  ";
    w.fixed(options.provenance ? record.leader() : unicode_leader(record).view());
    poller polling;
    for (const field_view f : record) {
        out += '\n';
        w.field(f);
        polling.step(f.content().size());
    }
    if (options.provenance) {
        w.provenance(record);
    }
}

void write_mrk_field(const field_view& field, std::pmr::string& out, mrk_options options) {
    writer(out, options.ascii_only).field(field);
}

} // namespace marc
