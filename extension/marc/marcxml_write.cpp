#include "byte_block.hpp"
#include "layout.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/marcxml.hpp"
#include "marc/leader.hpp"
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
    xml_output(std::pmr::string& out, std::size_t expected) : out_(out), at_(out.data() + out.size()) {
        grow(expected);
    }
    /// Makes room for so many bytes, to be called before the writing functions below.
    void need(std::size_t bytes) {
        if (static_cast<std::size_t>(end_ - at_) < bytes) {
            grow(bytes + static_cast<std::size_t>(at_ - out_.data()) / 2); // steps that grow, so that all is linear
        }
    }
    template <std::size_t N>
    void literal(const char (&text)[N]) noexcept {
        std::memcpy(at_, text, N - 1);
        at_ += N - 1;
    }
    void put(std::string_view text) noexcept { at_ = std::copy(text.begin(), text.end(), at_); }
    char* at() noexcept { return at_; }
    char* end() noexcept { return end_; }
    void move_to(char* at) noexcept { at_ = at; }
    void finish() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }

  private:
    void grow(std::size_t bytes) {
        const auto used = static_cast<std::size_t>(at_ - out_.data());
        out_.resize(used + bytes);
        at_ = out_.data() + used;
        end_ = out_.data() + out_.size();
    }

    std::pmr::string& out_;
    char* at_;
    char* end_ = nullptr;
};

class writer {
  public:
    writer(const record_view& record, xml_output& out, inexpressible_content policy)
        : record_(record), out_(out), policy_(policy), readable_(as_text(record.bytes())) {}

    void write() {
        out_.need(room);
        out_.literal("<record xmlns=\"http://www.loc.gov/MARC21/slim\"><leader>");
        tag_ = "LDR";
        const unicode_leader leader(record_);
        base_ = leader.view().data();
        readable_ = leader.view();
        text(leader.view());
        readable_ = as_text(record_.bytes());
        out_.literal("</leader>");
        fields();
        out_.literal("</record>");
    }

  private:
    /// More than all the fixed text between two calls of need(), and the block that copying may write too much.
    static constexpr std::size_t room = 256;

    [[noreturn]] void refuse(const char* at) const {
        throw parse_error(errc::inexpressible, static_cast<std::size_t>(at - base_), tag_);
    }

    void fields() {
        poller polling;
        const std::string_view data = record_.data();
        const std::string_view tags = record_.tags();
        base_ = data.data();
        const char* at = data.data();
        const char* const end = at + data.size();
        const bool terminators_end_fields = !record_.has(record_flag::inner_terminator);
        for (std::size_t i = 0; i < record_.field_count(); ++i) {
            const char* const start = at;
            tag_ = tags.substr(3 * i, 3);
            out_.need(room);
            if (terminators_end_fields && end - at > 3 && at[2] == subfield_delimiter &&
                layout::starts_with_indicators({at, 3})) {
                // The usual field: it is written while its end is looked for.
                start_data_field({at, 2});
                at = subfields<true>(at + 2, end);
                out_.literal("</datafield>");
                if (at == end || *at != field_terminator) {
                    record_.field(i); // throws: the record is corrupt
                }
            } else {
                const field_view f = record_.field(i);
                odd_field(f);
                at = f.content().data() + f.content().size();
            }
            ++at;
            polling.step(static_cast<std::size_t>(at - start));
        }
    }

    /// Any field, with its end known.
    void odd_field(const field_view& f) {
        const std::string_view content = f.content();
        // Not by the kind alone, so that every field which one of the two elements can hold comes back as it was: a 00X
        // with indicators and subfields is written as it was read, from a datafield.
        const bool indicators_then_subfield =
            layout::starts_with_indicators(content) &&
            (content.size() == 2 ? !f.is_control() : content[2] == subfield_delimiter);
        if (indicators_then_subfield) {
            odd_data_field(content.substr(0, 2), content.substr(2));
        } else if (f.is_control() || content.find(subfield_delimiter) == std::string_view::npos) {
            out_.literal("<controlfield tag=\"");
            attribute(tag_, content.data());
            out_.literal("\">");
            text(content);
            out_.literal("</controlfield>");
        } else if (policy_ == inexpressible_content::error) {
            refuse(content.data());
        } else if (f.has_indicators()) {
            odd_data_field(content.substr(0, 2), content.substr(2));
        } else {
            odd_data_field("  ", content);
        }
    }

    /// @param rest subfields, and for damaged fields the bytes before them
    void odd_data_field(std::string_view indicators, std::string_view rest) {
        start_data_field(indicators);
        if (!rest.empty() && rest.front() != subfield_delimiter) {
            const std::string_view leading = rest.substr(0, rest.find(subfield_delimiter));
            out_.literal("<subfield code=\" \">");
            text(leading);
            out_.literal("</subfield>");
            rest.remove_prefix(leading.size());
        }
        subfields<false>(rest.data(), rest.data() + rest.size());
        out_.literal("</datafield>");
    }

    void start_data_field(std::string_view indicators) {
        constexpr char head[] = "<datafield tag=\"000\" ind1=\" \" ind2=\" \">";
        if (is_plain(tag_[0]) && is_plain(tag_[1]) && is_plain(tag_[2]) && is_plain(indicators[0]) &&
            is_plain(indicators[1])) {
            char* to = out_.at();
            std::memcpy(to, head, sizeof head - 1);
            std::memcpy(to + 16, tag_.data(), 3);
            to[27] = indicators[0];
            to[36] = indicators[1];
            out_.move_to(to + sizeof head - 1);
        } else {
            out_.literal("<datafield tag=\"");
            attribute(tag_, indicators.data());
            out_.literal("\" ind1=\"");
            attribute(indicators.substr(0, 1), indicators.data());
            out_.literal("\" ind2=\"");
            attribute(indicators.substr(1, 1), indicators.data());
            out_.literal("\">");
        }
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
            } else if (static_cast<unsigned char>(c) < 0x20 && c != '\r') {
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

    void text(std::string_view value) {
        const char* at = value.data();
        const char* const end = at + value.size();
        while (at != end) {
            at = copy_plain(at, end);
            if (at != end) {
                at += special({at, static_cast<std::size_t>(end - at)}, at);
            }
        }
        out_.need(room);
    }

    /// Writes subfields, the first of which starts at `from`, up to the end or, with `TerminatorEnds`, the next 1E.
    /// Returns where that is. Leaves room for fixed text.
    template <bool TerminatorEnds>
    const char* subfields(const char* from, const char* const end) {
        const auto at_end = [&] { return from == end || (TerminatorEnds && *from == field_terminator); };
        while (!at_end()) {
            ++from; // the delimiter
            out_.need(room);
            constexpr char start[] = "<subfield code=\" \">";
            if (from != end && is_plain(*from)) {
                char* to = out_.at();
                std::memcpy(to, start, sizeof start - 1);
                to[16] = *from;
                out_.move_to(to + sizeof start - 1);
                ++from;
            } else {
                const bool has_code = !at_end() && *from != subfield_delimiter;
                const std::string_view rest(from, static_cast<std::size_t>(end - from));
                const std::size_t code = has_code ? character_bytes(rest) : 0;
                out_.literal("<subfield code=\"");
                attribute(rest.substr(0, code), from + code);
                out_.literal("\">");
                from += code;
            }
            for (;;) {
                from = copy_plain(from, end);
                if (at_end() || *from == subfield_delimiter) {
                    break;
                }
                from += special({from, static_cast<std::size_t>(end - from)}, from);
            }
            out_.literal("</subfield>");
        }
        return from;
    }

    /// Copies up to the first byte that may not be itself in XML; returns where that is. Leaves room for fixed text.
    const char* copy_plain(const char* from, const char* const end) {
        const char* const readable = readable_.data() + readable_.size();
        char* to = out_.at(); // a local: what is written to memory might be the member, for all the compiler knows
        for (;;) {
            if (out_.end() - to < static_cast<std::ptrdiff_t>(room)) {
                out_.move_to(to);
                out_.need(room);
                to = out_.at();
            }
            char last[byte_block::bytes];
            const char* block_at = from;
            if (readable - from < static_cast<std::ptrdiff_t>(byte_block::bytes)) { // the last bytes of the record
                std::memset(last, 0, sizeof last);
                std::memcpy(last, from, static_cast<std::size_t>(readable - from));
                block_at = last;
            }
            std::memcpy(to, block_at, byte_block::bytes);
            const byte_block block(block_at);
            // EF starts U+FFFE and U+FFFF, among many others.
            const byte_block stops = block.where_control() | block.where_equal_but('"', '"' ^ '&') |
                                     block.where_equal_but('<', '<' ^ '>') | block.where_equal('\xEF');
            const auto left = static_cast<std::size_t>(end - from);
            const std::size_t plain = std::min(first_of(stops.high()), left);
            to += plain;
            from += plain;
            if (plain < byte_block::bytes || from == end) {
                out_.move_to(to);
                return from;
            }
        }
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
