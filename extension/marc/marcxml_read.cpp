#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/marcxml.hpp"
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
    marcxml_elements elements(into);
    parse_with_libxml2(document, start, elements);
    elements.finish(notes);
}

} // namespace marc
