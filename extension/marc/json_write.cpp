// MARC-in-JSON (Ross Singer's proposal, as pymarc, marc4j, yaz and FOLIO write it), with what it leaves open:
//
//   record    = { "leader": string, [ "order": [ tag, … ], ] "fields": list / keyed }
//   list      = [ { tag: field }, … ]
//   keyed     = { tag: field / [ field, … ], … }         ; each tag once, sorted
//   field     = string                                   ; the whole content
//             / { "ind1": string, "ind2": string, "subfields": [ { code: string }, … ] }
//   tag       = 3 bytes of UTF-8 / "{hex:" 6 hexadecimal digits "}"
//
// A control field is a string. So is a data field that has no indicators or other bytes before its first subfield: its
// content is then written as ISO 2709 has it, with U+001F before each code. A tag that is not UTF-8 (or has a NUL, for
// jsonb) is written as hexadecimal digits, as in the mnemonic form. The empty code is the empty key. `order` lists the
// tags in the order of the record; it is written in the keyed form when the tags are not sorted. These are the
// extensions; sound records need none of them but `order`.
#include "hexadecimal.hpp"
#include "layout.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/json.hpp"
#include "marc/leader.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace marc {
namespace {

class writer {
  public:
    writer(std::pmr::string& out, const json_options& options) : out_(out), options_(options) {}

    void list(const record_view& record) {
        head(record);
        out_ += "\"fields\":[";
        bool first = true;
        for (const field_view f : record) {
            out_ += first ? "{" : ",{";
            first = false;
            tag(f.tag());
            out_ += ':';
            field(f);
            out_ += '}';
        }
        out_ += "]}";
    }

    void keyed(const record_view& record) {
        head(record);
        std::pmr::vector<std::uint32_t> sorted(record.field_count(), out_.get_allocator().resource());
        std::iota(sorted.begin(), sorted.end(), 0U);
        bool in_order = true;
        for (std::size_t i = 0; i < sorted.size() && in_order; ++i) {
            const std::string_view t = record.field(i).tag();
            in_order = is_plain(t) && (i == 0 || record.field(i - 1).tag() <= t);
        }
        if (!in_order) {
            order(record);
            // With the position as last word, std::sort is stable, and it needs no memory.
            std::sort(sorted.begin(), sorted.end(), [&](std::uint32_t a, std::uint32_t b) {
                const int tags = record.field(a).tag().compare(record.field(b).tag());
                return tags != 0 ? tags < 0 : a < b;
            });
        }
        out_ += "\"fields\":{";
        for (std::size_t i = 0; i < sorted.size();) {
            const std::string_view same = record.field(sorted[i]).tag();
            std::size_t end = i + 1;
            while (end < sorted.size() && record.field(sorted[end]).tag() == same) {
                ++end;
            }
            const bool several = end - i > 1;
            out_ += i == 0 ? "" : ",";
            tag(same);
            out_ += several ? ":[" : ":";
            for (const std::size_t first = i; i < end; ++i) {
                out_ += i == first ? "" : ",";
                field(record.field(sorted[i]));
            }
            out_ += several ? "]" : "";
        }
        out_ += "}}";
    }

  private:
    void head(const record_view& record) {
        out_ += "{\"leader\":";
        tag_ = "LDR";
        string(unicode_leader(record).view());
        out_ += ',';
    }

    void order(const record_view& record) {
        out_ += "\"order\":[";
        bool first = true;
        for (const field_view f : record) {
            out_ += first ? "" : ",";
            first = false;
            tag(f.tag());
        }
        out_ += "],";
    }

    bool is_plain(std::string_view t) const noexcept {
        return find_invalid_utf8(t) == std::string_view::npos &&
               !(options_.without_nul && t.find('\0') != std::string_view::npos);
    }

    void tag(std::string_view t) {
        tag_ = t;
        if (is_plain(t)) {
            string(t);
            return;
        }
        out_ += '"';
        write_hexadecimal(t, out_);
        out_ += '"';
    }

    void field(const field_view& f) {
        offset_ = f.offset();
        polling_.step(f.content().size() + 16);
        const std::string_view content = f.content();
        // As in MARCXML: not by the kind alone, so that a 00X with indicators and subfields looks as it was read.
        const bool has_parts = layout::starts_with_indicators(content) &&
                               (content.size() == 2 ? !f.is_control() : content[2] == subfield_delimiter);
        if (!has_parts) {
            string(content);
            return;
        }
        out_ += "{\"ind1\":";
        indicator(content[0]);
        out_ += ",\"ind2\":";
        indicator(content[1]);
        out_ += ",\"subfields\":[";
        bool first = true;
        for (const subfield_view& s : subfield_range(content.substr(2))) {
            out_ += first ? "{" : ",{";
            first = false;
            string(s.code);
            out_ += ':';
            string(s.value);
            out_ += '}';
        }
        out_ += "]}";
    }

    void indicator(char c) {
        if (c == '\0' && options_.without_nul && options_.policy == inexpressible_content::replace) {
            c = '?'; // an indicator is ASCII
        }
        string({&c, 1});
    }

    bool needs_escape(unsigned char c) const noexcept {
        return c < 0x20 || c == '"' || c == '\\' || (c >= 0x80 && options_.ascii_only);
    }

    /// @param text valid UTF-8
    void string(std::string_view text) {
        out_ += '"';
        std::size_t at = 0;
        while (at < text.size()) {
            std::size_t end = at;
            while (end < text.size() && !needs_escape(static_cast<unsigned char>(text[end]))) {
                ++end;
            }
            out_ += text.substr(at, end - at);
            at = end;
            if (at < text.size()) {
                const std::size_t length = character_bytes(text.substr(at));
                escape(text.substr(at, length));
                at += length;
            }
        }
        out_ += '"';
    }

    void escape(std::string_view character) {
        switch (character.front()) {
        case '"':
            out_ += "\\\"";
            return;
        case '\\':
            out_ += "\\\\";
            return;
        case '\n':
            out_ += "\\n";
            return;
        case '\r':
            out_ += "\\r";
            return;
        case '\t':
            out_ += "\\t";
            return;
        case '\0':
            if (options_.without_nul) {
                nul();
                return;
            }
            break;
        default:
            break;
        }
        const char32_t code = decode_character(character);
        if (code < 0x10000) {
            unit(code);
            return;
        }
        // RFC 8259, section 7: two UTF-16 units.
        unit(0xD800 + ((code - 0x10000) >> 10U));
        unit(0xDC00 + ((code - 0x10000) & 0x3FFU));
    }

    void nul() {
        if (options_.policy == inexpressible_content::error) {
            throw parse_error(errc::inexpressible, offset_, tag_);
        }
        out_ += options_.ascii_only ? "\\uFFFD" : "\xEF\xBF\xBD";
    }

    void unit(char32_t code) {
        out_ += "\\u";
        write_hexadecimal(code, out_);
    }

    std::pmr::string& out_;
    const json_options options_;
    poller polling_;
    std::string_view tag_;
    std::size_t offset_ = 0;
};

} // namespace

void write_json(const record_view& record, std::pmr::string& out, json_options options) {
    // A record of 2 kB with 35 fields needs about 5 kB.
    out.reserve(out.size() + record.data().size() + record.data().size() / 2 + 64 * record.field_count() + 64);
    writer w(out, options);
    if (options.form == json_form::keyed) {
        w.keyed(record);
    } else {
        w.list(record);
    }
}

} // namespace marc
