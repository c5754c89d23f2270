// What a crosswalk makes before it is written: a tree of elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace crosswalk {

struct attribute {
    std::string_view name;
    std::string_view value;
    attribute* next = nullptr;
};

/// An element, or text when it has no name. Its own memory is the document's.
struct node {
    enum class value_kind : std::uint8_t { text, literal }; ///< a literal is a number, true or false in JSON

    std::string_view name;
    std::string_view text;
    attribute* attributes = nullptr;
    node* first = nullptr;
    node* last = nullptr;
    node* next = nullptr;
    value_kind value = value_kind::text;
    bool list = false; ///< JSON: always in an array
};

/// Null when the element has no attribute of this name.
inline const attribute* find_attribute(const node& element, std::string_view name) noexcept {
    const attribute* a = element.attributes;
    while (a != nullptr && a->name != name) {
        a = a->next;
    }
    return a;
}

inline std::string_view attribute_of(const node& element, std::string_view name,
                                     std::string_view otherwise = {}) noexcept {
    const attribute* const found = find_attribute(element, name);
    return found == nullptr ? otherwise : found->value;
}

struct xml_name_space {
    std::string_view prefix; ///< empty: the default
    std::string_view uri;
};

/// Writes a tree as XML without a declaration. Characters that XML 1.0 forbids become U+FFFD.
/// @param spaces  declared at the root
void write_xml(const node& root, const xml_name_space* spaces, std::size_t space_count, std::pmr::string& out);

/// Writes a tree as JSON: elements are members, attributes members with @ in front; members of the same name are an
/// array, in the place of the first.
void write_json(const node& root, std::pmr::string& out, std::pmr::memory_resource* memory);

/// Writes a tree that is RDF/XML as JSON-LD of the same statements: @context from the namespaces, of which that of RDF
/// has the prefix rdf, and the things below the root as @graph. What has text and things has the last thing alone.
void write_jsonld(const node& root, const xml_name_space* spaces, std::size_t space_count, std::pmr::string& out,
                  std::pmr::memory_resource* memory);

/// Writes what is below the root one on a line, as RIS and BibTeX have it: of an element what the root has as attribute
/// "before", the name, "between", the text and "after"; of text that is in no element, itself. Several texts in an
/// element have its attribute "joined" between them, else that of the root. Control characters become blanks.
void write_lines(const node& root, std::pmr::string& out);

/// Writes a row of RFC 4180 without its line end: each element below the root is a field, whose texts "joined" is
/// between as for lines.
void write_csv(const node& root, std::pmr::string& out);

} // namespace crosswalk
