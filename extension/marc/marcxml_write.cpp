#include "layout.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/marcxml.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace marc {
namespace {

constexpr std::array<std::uint8_t, 256> make_plain() {
    std::array<std::uint8_t, 256> plain{};
    for (std::size_t c = 0; c < 256; ++c) {
        const bool special = c == '<' || c == '>' || c == '&' || c == '"' || (c < 0x20 && c != '\t' && c != '\n');
        // EF starts U+FFFE and U+FFFF, among many others.
        plain[c] = special || c == 0xEF ? 0 : 1;
    }
    return plain;
}

constexpr std::array<std::uint8_t, 256> plain = make_plain();
constexpr std::string_view replacement = "\xEF\xBF\xBD";

class writer {
  public:
    writer(std::pmr::string& out, inexpressible_content policy) : out_(out), policy_(policy) {}

    void record(const record_view& record) {
        out_ += "<record xmlns=\"http://www.loc.gov/MARC21/slim\"><leader>";
        tag_ = "LDR";
        offset_ = 0;
        text(record.leader());
        out_ += "</leader>";
        poller polling;
        for (const field_view f : record) {
            tag_ = f.tag();
            offset_ = f.offset();
            field(f);
            polling.step(f.content().size());
        }
        out_ += "</record>";
    }

  private:
    [[noreturn]] void refuse(std::size_t at) const { throw parse_error(errc::inexpressible, offset_ + at, tag_); }

    void field(const field_view& f) {
        const std::string_view content = f.content();
        const bool has_subfields = content.find(subfield_delimiter) != std::string_view::npos;
        // Not by the kind alone, so that every field which one of the two elements can hold comes back as it was: a 00X
        // with indicators and subfields is written as it was read, from a datafield.
        const bool indicators_then_subfield =
            layout::starts_with_indicators(content) &&
            (content.size() == 2 ? !f.is_control() : content[2] == subfield_delimiter);
        if (indicators_then_subfield) {
            data_field(content.substr(0, 2), content.substr(2), 2);
        } else if (f.is_control() || !has_subfields) {
            out_ += "<controlfield tag=\"";
            attribute(f.tag());
            out_ += "\">";
            text(content);
            out_ += "</controlfield>";
        } else if (policy_ == inexpressible_content::error) {
            refuse(0);
        } else {
            const std::size_t start = f.has_indicators() ? 2 : 0;
            data_field(start == 2 ? content.substr(0, 2) : "  ", content.substr(start), start);
        }
    }

    /// @param rest subfields, and for damaged fields the bytes before them
    void data_field(std::string_view indicators, std::string_view rest, std::size_t rest_at) {
        out_ += "<datafield tag=\"";
        attribute(tag_);
        out_ += "\" ind1=\"";
        attribute(indicators.substr(0, 1));
        out_ += "\" ind2=\"";
        attribute(indicators.substr(1, 1));
        out_ += "\">";
        const std::size_t first = std::min(rest.find(subfield_delimiter), rest.size());
        if (first > 0) {
            subfield(" ", rest.substr(0, first), rest_at);
        }
        const std::size_t field_start = offset_;
        for (const subfield_view& s : subfield_range(rest.substr(first))) {
            offset_ = field_start + rest_at + static_cast<std::size_t>(s.value.data() - rest.data());
            subfield(s.code, s.value, 0);
        }
        offset_ = field_start;
        out_ += "</datafield>";
    }

    void subfield(std::string_view code, std::string_view value, std::size_t at) {
        out_ += "<subfield code=\"";
        attribute(code);
        out_ += "\">";
        text(value, at);
        out_ += "</subfield>";
    }

    void attribute(std::string_view value) {
        if (find_invalid_utf8(value) != std::string_view::npos) { // a tag may be any three bytes
            if (policy_ == inexpressible_content::error) {
                refuse(0);
            }
            for (const char c : value) {
                const char shown = static_cast<unsigned char>(c) < 0x80 ? c : '?';
                attribute({&shown, 1});
            }
            return;
        }
        for (std::size_t at = 0; at < value.size(); ++at) {
            if (value[at] == '\t') {
                out_ += "&#9;";
            } else if (value[at] == '\n') {
                out_ += "&#10;";
            } else if (value[at] >= 0 && value[at] < 0x20 && value[at] != '\r') {
                if (policy_ == inexpressible_content::error) {
                    refuse(0);
                }
                out_ += '?'; // U+FFFD is not ASCII, as an indicator must be, and no tag of three bytes holds one
            } else {
                const std::size_t length = character_bytes(value.substr(at));
                text(value.substr(at, length));
                at += length - 1;
            }
        }
    }

    void text(std::string_view value, std::size_t base = 0) {
        std::size_t at = 0;
        while (at < value.size()) {
            std::size_t end = at;
            while (end < value.size() && plain[static_cast<unsigned char>(value[end])] != 0) {
                ++end;
            }
            out_.append(value.data() + at, end - at);
            at = end;
            if (at < value.size()) {
                at += special(value.substr(at), base + at);
            }
        }
    }

    /// Writes the character at the front; returns its length.
    std::size_t special(std::string_view rest, std::size_t at) {
        switch (rest.front()) {
        case '<':
            out_ += "&lt;";
            return 1;
        case '>':
            out_ += "&gt;";
            return 1;
        case '&':
            out_ += "&amp;";
            return 1;
        case '"':
            out_ += "&quot;";
            return 1;
        case '\r':
            out_ += "&#13;"; // a parser would make LF of a bare CR (XML 1.0, 2.11)
            return 1;
        default:
            break;
        }
        const std::size_t length = character_bytes(rest);
        const std::string_view character = rest.substr(0, length);
        const bool allowed = length == 3 && character != "\xEF\xBF\xBE" && character != "\xEF\xBF\xBF";
        if (!allowed && policy_ == inexpressible_content::error) {
            refuse(at);
        }
        out_ += allowed ? character : replacement;
        return length;
    }

    std::pmr::string& out_;
    inexpressible_content policy_;
    std::string_view tag_;
    std::size_t offset_ = 0;
};

} // namespace

void write_marcxml(const record_view& record, std::pmr::string& out, inexpressible_content policy) {
    // A record of 2 kB with 35 fields needs about 7 kB.
    out.reserve(out.size() + 2 * record.data().size() + 80 * record.field_count() + 128);
    writer(out, policy).record(record);
}

} // namespace marc
