#include "marc/xml.hpp"

#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/limits.hpp"
#include "marc/poll.hpp"
#include "xml_libxml2.hpp"

#include <algorithm>
#include <string>

namespace marc {
namespace {

constexpr std::string_view white_space = " \t\r\n";

/// Start of an XML declaration (not of another processing instruction whose name begins with xml).
bool at_declaration(std::string_view text) noexcept {
    return text.starts_with("<?xml") && text.size() > 5 && white_space.find(text[5]) != std::string_view::npos;
}

/// Where the document starts behind byte order mark, white space and XML declaration. The declaration is not believed:
/// the text is UTF-8 by now, whatever encoding it was in when somebody declared it.
std::size_t find_document(std::string_view text, errc absent) {
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
        throw parse_error(absent, at, {}, text.substr(at, 40));
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

/// The same error with the line in front of what libxml2 says.
parse_error with_line(std::string_view text, const parse_error& error) {
    const std::string_view before = text.substr(0, std::min(error.offset(), text.size()));
    std::string message = "line " + std::to_string(1 + std::count(before.begin(), before.end(), '\n'));
    const std::string_view what = error.what();
    const std::size_t quoted = what.find('"');
    if (quoted != std::string_view::npos && what.rfind('"') > quoted) {
        message += ": ";
        message += what.substr(quoted + 1, what.rfind('"') - quoted - 1);
    }
    return {errc::bad_xml, error.offset(), {}, message};
}

} // namespace

std::size_t start_of_xml(std::string_view text, std::size_t most, errc absent) {
    if (text.size() > most) {
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
    return find_document(text, absent);
}

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

void read_xml(std::string_view text, xml_receiver& into, std::pmr::memory_resource* memory) {
    const std::size_t start = start_of_xml(text, limits::document_bytes, errc::bad_document);
    const std::string_view document = text.substr(start);
    check_start_tags(document, start);
    try {
        parse_with_libxml2(document, start, into, xml_doctype_policy::without_declarations, memory);
    } catch (const parse_error& error) {
        if (error.code() != errc::bad_xml) {
            throw;
        }
        throw with_line(text, error);
    }
}

} // namespace marc
