// Any XML document as events, for those who read other forms than MARCXML.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>
#include <string_view>

namespace marc {

struct xml_attribute {
    std::string_view prefix;
    std::string_view name; ///< without the prefix
    std::string_view value;
};

/// Takes the events of one document in order. What it is given lives until the call returns.
class xml_receiver {
  public:
    virtual ~xml_receiver() = default;
    /// @param name   without its prefix
    /// @param uri    the element's namespace, empty for none
    /// @param offset where the parser is in the text
    virtual void start(std::string_view name, std::string_view uri, std::span<const xml_attribute> attributes,
                       std::size_t offset) = 0;
    /// Text comes in pieces.
    virtual void text(std::string_view text, std::size_t offset) = 0;
    virtual void end() = 0;
};

/// Reads a document. Nothing is fetched, and no entity but those of XML itself is known. A document type may be named,
/// but must not declare anything.
/// @param text   UTF-8; an encoding declaration is ignored, since the text was decoded before it came here
/// @param memory for attributes
/// @throws parse_error bad_xml with the line, xml_doctype, bad_utf8, too_large, bad_document when there is no element,
///         and what the receiver throws
void read_xml(std::string_view text, xml_receiver& into, std::pmr::memory_resource* memory);

} // namespace marc
