// Inside of the library: libxml2 behind one function, so that one file sees its headers; and what goes in front of it.
#pragma once

#include "marc/error.hpp"
#include "marc/xml.hpp"

#include <cstdint>
#include <memory_resource>
#include <string_view>

namespace marc {

enum class xml_doctype_policy : std::uint8_t {
    refused,
    without_declarations, ///< it may name a document type
};

/// Where the document starts behind byte order mark, white space and XML declaration.
/// @param most   how many bytes the text may have
/// @param absent the error when there is no element at all
/// @throws parse_error too_large, bad_utf8, bad_xml
std::size_t start_of_xml(std::string_view text, std::size_t most, errc absent);

/// Refuses what libxml2 reads in quadratic time: a start tag with very many attributes. Takes linear time, and errs on
/// the side of refusing where the text is not well-formed and nothing can be said about its structure.
/// @throws parse_error too_large
void check_start_tags(std::string_view text, std::size_t origin);

/// Parses a document (valid UTF-8, without XML declaration and NUL) with libxml2.
/// @param origin added to offsets in errors
/// @param memory for attributes
/// @throws parse_error bad_xml, xml_doctype, and what the receiver throws
void parse_with_libxml2(std::string_view document, std::size_t origin, xml_receiver& into, xml_doctype_policy doctype,
                        std::pmr::memory_resource* memory);

} // namespace marc
