#include "byte_block.hpp"
#include "layout.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/marcxml.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <cstring>

namespace marc {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Stands in an attribute as it is, with one byte: what nearly all tags, indicators and subfield codes are made of.
bool is_plain(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ';
}

/// The end of a string that grows in large steps, written to without a check for each piece.
class xml_output {
  public:
    xml_output(std::pmr::string& out, std::size_t expected) : out_(out), used_(out.size()) {
        out_.resize(used_ + expected);
        at_ = out_.data() + used_;
    }
    /// Makes room for so many bytes; to be called before the writing functions below.
    void need(std::size_t bytes) {
        const std::size_t used = static_cast<std::size_t>(at_ - out_.data());
        if (out_.size() - used < bytes) {
            out_.resize(used + bytes + used / 2);
            at_ = out_.data() + used;
        }
    }
    template <std::size_t N>
    void literal(const char (&text)[N]) noexcept {
        std::memcpy(at_, text, N - 1);
        at_ += N - 1;
    }
    void put(std::string_view text) noexcept { at_ = std::copy(text.begin(), text.end(), at_); }
    char* at() noexcept { return at_; }
    void advance(std::size_t bytes) noexcept { at_ += bytes; }
    void finish() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }

  private:
    std::pmr::string& out_;
    std::size_t used_;
    char* at_;
};

class writer {
  public:
    writer(const record_view& record, xml_output& out, inexpressible_content policy)
        : record_(record), out_(out), policy_(policy), readable_(as_text(record.bytes())) {}

    void write() {
        out_.need(room);
        out_.literal("<record xmlns=\"http://www.loc.gov/MARC21/slim\"><leader>");
        tag_ = "LDR";
        base_ = record_.leader().data();
        text(record_.leader());
        out_.literal("</leader>");
        poller polling;
        base_ = record_.data().data();
        for (const field_view f : record_) {
            tag_ = f.tag();
            field(f);
            polling.step(f.content().size());
        }
        out_.literal("</record>");
    }

  private:
    /// More than all the fixed text between two calls of need(), and the block that copying may write too much.
    static constexpr std::size_t room = 256;

    [[noreturn]] void refuse(const char* at) const {
        throw parse_error(errc::inexpressible, static_cast<std::size_t>(at - base_), tag_);
    }

    void field(const field_view& f) {
        const std::string_view content = f.content();
        // Not by the kind alone, so that every field which one of the two elements can hold comes back as it was: a 00X
        // with indicators and subfields is written as it was read, from a datafield.
        const bool indicators_then_subfield =
            layout::starts_with_indicators(content) &&
            (content.size() == 2 ? !f.is_control() : content[2] == subfield_delimiter);
        if (indicators_then_subfield) {
            data_field(content.substr(0, 2), content.substr(2));
        } else if (f.is_control() || content.find(subfield_delimiter) == std::string_view::npos) {
            out_.need(room);
            out_.literal("<controlfield tag=\"");
            attribute(tag_, content.data());
            out_.literal("\">");
            text(content);
            out_.literal("</controlfield>");
        } else if (policy_ == inexpressible_content::error) {
            refuse(content.data());
        } else if (f.has_indicators()) {
            data_field(content.substr(0, 2), content.substr(2));
        } else {
            data_field("  ", content);
        }
    }

    /// @param rest subfields, and for damaged fields the bytes before them
    void data_field(std::string_view indicators, std::string_view rest) {
        out_.need(room);
        constexpr char head[] = "<datafield tag=\"000\" ind1=\" \" ind2=\" \">";
        if (is_plain(tag_[0]) && is_plain(tag_[1]) && is_plain(tag_[2]) && is_plain(indicators[0]) &&
            is_plain(indicators[1])) {
            std::memcpy(out_.at(), head, sizeof head - 1);
            std::memcpy(out_.at() + 16, tag_.data(), 3);
            out_.at()[27] = indicators[0];
            out_.at()[36] = indicators[1];
            out_.advance(sizeof head - 1);
        } else {
            out_.literal("<datafield tag=\"");
            attribute(tag_, rest.data());
            out_.literal("\" ind1=\"");
            attribute(indicators.substr(0, 1), rest.data());
            out_.literal("\" ind2=\"");
            attribute(indicators.substr(1, 1), rest.data());
            out_.literal("\">");
        }
        if (!rest.empty() && rest.front() != subfield_delimiter) {
            out_.literal("<subfield code=\" \">");
            rest.remove_prefix(until_subfield(rest));
            out_.literal("</subfield>");
        }
        while (!rest.empty()) {
            out_.need(room);
            constexpr char start[] = "<subfield code=\" \">";
            const std::size_t code =
                rest.size() > 1 && rest[1] == subfield_delimiter ? 0 : character_bytes(rest.substr(1));
            if (code == 1 && is_plain(rest[1])) {
                std::memcpy(out_.at(), start, sizeof start - 1);
                out_.at()[16] = rest[1];
                out_.advance(sizeof start - 1);
            } else {
                out_.literal("<subfield code=\"");
                attribute(rest.substr(1, code), rest.data() + 1 + code);
                out_.literal("\">");
            }
            rest.remove_prefix(1 + code);
            rest.remove_prefix(until_subfield(rest));
            out_.literal("</subfield>");
        }
        out_.literal("</datafield>");
    }

    /// @param value one character or a tag
    /// @param at    what an error is said to be about
    void attribute(std::string_view value, const char* at) {
        if (find_invalid_utf8(value) != std::string_view::npos) { // a tag may be any three bytes
            if (policy_ == inexpressible_content::error) {
                refuse(at);
            }
            for (const char c : value) {
                const char shown = static_cast<unsigned char>(c) < 0x80 ? c : '?';
                attribute({&shown, 1}, at);
            }
            return;
        }
        while (!value.empty()) {
            const std::size_t length = character_bytes(value);
            const char c = value.front();
            if (c == '\t') {
                out_.literal("&#9;");
            } else if (c == '\n') {
                out_.literal("&#10;");
            } else if (is_plain(c)) {
                out_.put(value.substr(0, 1));
            } else if (c >= 0 && c < 0x20 && c != '\r') {
                if (policy_ == inexpressible_content::error) {
                    refuse(at);
                }
                out_.literal("?"); // U+FFFD is not ASCII, as an indicator must be, and no tag of three bytes holds one
            } else {
                special(value, at);
            }
            value.remove_prefix(length);
        }
    }

    /// Leaves room for fixed text behind, as until_subfield() does.
    void text(std::string_view value) {
        while (!value.empty()) {
            value.remove_prefix(until_subfield(value));
            if (!value.empty()) {
                value.remove_prefix(special(value, value.data()));
            }
        }
        out_.need(room);
    }

    /// Writes text up to its end or the next 1F; returns how many bytes that were.
    std::size_t until_subfield(std::string_view value) {
        std::size_t done = 0;
        for (;;) {
            out_.need(value.size() - done + room);
            done += copy_plain(value.substr(done));
            if (done == value.size() || value[done] == subfield_delimiter) {
                return done;
            }
            done += special(value.substr(done), value.data() + done);
        }
    }

    /// Copies up to the first byte that may not be itself in XML; returns how many bytes that were.
    std::size_t copy_plain(std::string_view value) noexcept {
        const char* const from = value.data();
        const char* const end = readable_.data() + readable_.size();
        std::size_t done = 0;
        while (done < value.size()) {
            char last[byte_block::bytes] = {};
            const char* block_at = from + done;
            if (static_cast<std::size_t>(end - block_at) < byte_block::bytes) { // the last bytes of the record
                std::memcpy(last, block_at, static_cast<std::size_t>(end - block_at));
                block_at = last;
            }
            std::memcpy(out_.at(), block_at, byte_block::bytes);
            const byte_block block(block_at);
            // EF starts U+FFFE and U+FFFF, among many others.
            const byte_mask stops = block.control() | block.equal_but('"', '"' ^ '&') |
                                    block.equal_but('<', '<' ^ '>') | block.equal('\xEF');
            const std::size_t plain = std::min(first_of(stops), value.size() - done);
            out_.advance(plain);
            done += plain;
            if (plain < byte_block::bytes) {
                break;
            }
        }
        return done;
    }

    /// Writes the character at the front, which is none that copy_plain() takes; returns its length.
    std::size_t special(std::string_view rest, const char* at) {
        switch (rest.front()) {
        case '<':
            out_.literal("&lt;");
            return 1;
        case '>':
            out_.literal("&gt;");
            return 1;
        case '&':
            out_.literal("&amp;");
            return 1;
        case '"':
            out_.literal("&quot;");
            return 1;
        case '\r':
            out_.literal("&#13;"); // a parser would make LF of a bare CR (XML 1.0, 2.11)
            return 1;
        default:
            break;
        }
        const std::size_t length = character_bytes(rest);
        const std::string_view character = rest.substr(0, length);
        const bool allowed = static_cast<unsigned char>(character[0]) >= 0x20
                                 ? character != "\xEF\xBF\xBE" && character != "\xEF\xBF\xBF"
                                 : character == "\t" || character == "\n";
        if (!allowed && policy_ == inexpressible_content::error) {
            refuse(at);
        }
        out_.put(allowed ? character : replacement);
        return length;
    }

    const record_view& record_;
    xml_output& out_;
    inexpressible_content policy_;
    std::string_view readable_; ///< all bytes that may be read, also behind a value
    std::string_view tag_;
    const char* base_ = nullptr; ///< where offsets in errors count from
};

} // namespace

void write_marcxml(const record_view& record, std::pmr::string& out, inexpressible_content policy) {
    // A record of 2 kB with 35 fields needs about 5 kB.
    xml_output output(out, 2 * record.data().size() + 80 * record.field_count() + 512);
    writer(record, output, policy).write();
    output.finish();
}

} // namespace marc
