// Inside of the library: libxml2 behind one function, so that one file sees its headers.
#pragma once

#include "marcxml_elements.hpp"

#include <string_view>

namespace marc {

/// Parses a document (valid UTF-8, without XML declaration and NUL) with libxml2.
/// @param origin added to offsets in errors
/// @throws parse_error bad_xml, xml_doctype, and what the elements throw
void parse_with_libxml2(std::string_view document, std::size_t origin, marcxml_elements& elements);

} // namespace marc
