// Inside of the library: a small XML parser for what MARCXML files are made of.
#pragma once

#include "marcxml_elements.hpp"

#include <array>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

/// Knows elements, attributes, namespaces, text, CDATA, comments, character references and the five predefined
/// entities, with names in ASCII. It never decides that a document is wrong: whatever it does not know, it leaves to
/// libxml2. So both give the same events for every document that this one finishes.
class marcxml_scanner {
  public:
    /// @param document valid UTF-8 without XML declaration and NUL
    /// @param origin   added to offsets
    marcxml_scanner(std::string_view document, std::size_t origin, marcxml_elements& elements,
                    std::pmr::memory_resource* memory);

    /// @return false when the full parser must read the document, from the start and into empty elements
    /// @throws parse_error what the elements throw
    bool scan();

  private:
    struct binding {
        std::string_view prefix;
        std::string_view uri;
        std::size_t depth;
    };
    struct open_attribute {
        std::string_view prefix;
        std::string_view name;
        std::string_view raw;  ///< the value as it stands, when it needs no change
        std::size_t start = 0; ///< else where it lies in values_
        std::size_t bytes = 0;
        bool in_values = false;
    };

    bool at_end() const noexcept { return at_ == text_.size(); }
    bool skip(std::string_view literal) noexcept;
    void skip_space() noexcept;
    bool scan_misc();
    bool scan_comment();
    bool scan_name(std::string_view& prefix, std::string_view& name);
    bool scan_start_tag();
    bool scan_plain_element();
    bool scan_plain_subfield(std::string_view uri);
    bool scan_plain_control_field(std::string_view uri);
    bool scan_plain_field(std::string_view uri);
    std::size_t find_text_end(std::size_t at) const noexcept;
    bool scan_attribute();
    bool scan_attribute_value(open_attribute& attribute);
    bool scan_end_tag();
    bool scan_text();
    bool scan_cdata();
    bool scan_reference(char (&bytes)[4], std::size_t& length);
    bool bind(const open_attribute& attribute);
    bool check_attributes() const noexcept;
    bool find_namespace(std::string_view prefix, std::string_view& uri) const noexcept;
    bool push_text(std::string_view run);

    static constexpr std::size_t depth_limit = 32;
    static constexpr std::size_t attribute_limit = 8;
    static constexpr std::size_t binding_limit = 16;

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t origin_;
    marcxml_elements& elements_;
    std::pmr::string values_;
    std::array<std::string_view, depth_limit> open_; ///< qualified names
    std::size_t depth_ = 0;
    std::array<open_attribute, attribute_limit> attributes_;
    std::size_t attribute_count_ = 0;
    std::array<binding, binding_limit> bindings_;
    std::size_t binding_count_ = 0;
};

} // namespace marc
