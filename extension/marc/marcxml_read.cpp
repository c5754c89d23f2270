#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/marcxml.hpp"
#include "marc/poll.hpp"
#include "marcxml_elements.hpp"
#include "marcxml_libxml2.hpp"
#include "marcxml_scanner.hpp"

#include <algorithm>

namespace marc {
namespace {

constexpr std::string_view white_space = " \t\r\n";

/// Start of an XML declaration (not of another processing instruction whose name begins with xml).
bool at_declaration(std::string_view text) noexcept {
    return text.starts_with("<?xml") && text.size() > 5 && white_space.find(text[5]) != std::string_view::npos;
}

/// Where the document starts behind byte order mark, white space and XML declaration. The declaration is not believed:
/// the text is UTF-8 by now, whatever encoding it was in when somebody declared it.
std::size_t find_document(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    std::size_t at = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    at = std::min(text.find_first_not_of(white_space, at), text.size());
    if (at_declaration(text.substr(at))) {
        const std::size_t end = text.find("?>", at);
        if (end == std::string_view::npos) {
            throw parse_error(errc::bad_xml, at, {}, text.substr(at, 40));
        }
        at = std::min(text.find_first_not_of(white_space, end + 2), text.size());
        if (at_declaration(text.substr(at))) {
            throw parse_error(errc::bad_xml, at, {}, text.substr(at, 40));
        }
    }
    if (at == text.size() || text[at] != '<') {
        throw parse_error(errc::not_marc, at, {}, text.substr(at, 40));
    }
    return at;
}

/// Whether libxml2 reads the whole of a comment or CDATA section with this content: it goes on in the middle of one
/// that holds a character outside of XML, or is longer than XML_MAX_TEXT_LENGTH.
bool is_sound_section(std::string_view body) noexcept {
    constexpr std::size_t libxml2_longest = 10'000'000;
    const bool has_control = std::any_of(body.begin(), body.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    });
    return body.size() < libxml2_longest && !has_control && body.find("\xEF\xBF\xBE") == std::string_view::npos &&
           body.find("\xEF\xBF\xBF") == std::string_view::npos; // U+FFFE, U+FFFF
}

/// One past the end of the start tag at `at`: its '>' outside of quotes, or the next '<', which ends it in any case.
/// @throws parse_error too_large
std::size_t pass_start_tag(std::string_view text, std::size_t at, std::size_t origin) {
    char quote = 0;
    std::size_t attributes = 0;
    std::size_t i = at + 1;
    for (; i < text.size() && text[i] != '<'; ++i) {
        const char c = text[i];
        if (quote != 0) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '>') {
            break;
        } else if (c == '"' || c == '\'') {
            quote = c;
            ++attributes;
        }
        if (i - at >= limits::xml_start_tag_bytes || attributes > limits::xml_attributes) {
            throw parse_error(errc::too_large, origin + at, {}, text.substr(at, 40));
        }
    }
    return i;
}

/// Refuses what libxml2 reads in quadratic time: a start tag with very many attributes. Takes linear time, and errs on
/// the side of refusing where the text is not well-formed and nothing can be said about its structure.
/// @throws parse_error too_large
void check_start_tags(std::string_view text, std::size_t origin) {
    constexpr std::string_view comment = "<!--";
    constexpr std::string_view cdata = "<![CDATA[";
    poller polling;
    bool sound = true;
    std::size_t at = text.find('<');
    while (at != std::string_view::npos) {
        const std::size_t start = at;
        const std::string_view rest = text.substr(at);
        const char next = rest.size() > 1 ? rest[1] : '\0';
        if (sound && (rest.starts_with(comment) || rest.starts_with(cdata))) {
            const bool is_comment = rest.starts_with(comment);
            const std::size_t opening = is_comment ? comment.size() : cdata.size();
            const std::size_t end = rest.find(is_comment ? "-->" : "]]>", opening);
            sound = end != std::string_view::npos && is_sound_section(rest.substr(opening, end - opening));
            at += sound ? end + 3 : opening;
        } else if (next == '?') {
            // Where a processing instruction is broken, libxml2 may go on anywhere in it.
            sound = sound && rest.substr(0, rest.find("?>")).find('<', 1) == std::string_view::npos;
            at += 2;
        } else if (next == '!' || next == '/') {
            at += 2;
        } else {
            at = pass_start_tag(text, at, origin);
            sound = sound && at < text.size() && text[at] == '>';
        }
        polling.step(at - start);
        at = text.find('<', at);
    }
}

} // namespace

void read_marcxml(std::string_view text, builder& into, report* notes, xml_parser parser) {
    into.clear();
    if (text.size() > limits::text_bytes) {
        throw parse_error(errc::too_large, text.size());
    }
    const std::size_t invalid = find_invalid_utf8(text);
    if (invalid != std::string_view::npos) {
        throw parse_error(errc::bad_utf8, invalid);
    }
    const std::size_t nul = text.find('\0');
    if (nul != std::string_view::npos) {
        throw parse_error(errc::bad_xml, nul);
    }
    const std::size_t start = find_document(text);
    const std::string_view document = text.substr(start);
    if (parser == xml_parser::automatic) {
        marcxml_elements elements(into);
        if (marcxml_scanner(document, start, elements, into.memory()).scan()) {
            elements.finish(notes);
            return;
        }
        into.clear();
    }
    check_start_tags(document, start);
    marcxml_elements elements(into);
    parse_with_libxml2(document, start, elements);
    elements.finish(notes);
}

} // namespace marc
