#include "marc/error.hpp"
#include "marc/marcxml.hpp"
#include "marc/limits.hpp"
#include "marcxml_elements.hpp"
#include "marcxml_scanner.hpp"
#include "xml_libxml2.hpp"

namespace marc {
namespace {

class marcxml_receiver final : public xml_receiver {
  public:
    explicit marcxml_receiver(marcxml_elements& elements) : elements_(elements) {}
    void start(std::string_view name, std::string_view uri, std::span<const xml_attribute> attributes,
               std::size_t offset) override {
        elements_.start(name, uri, attributes, offset);
    }
    void text(std::string_view text, std::size_t offset) override { elements_.text(text, offset); }
    void end() override { elements_.end(); }

  private:
    marcxml_elements& elements_;
};

} // namespace

void read_marcxml(std::string_view text, builder& into, report* notes, xml_parser parser) {
    into.clear();
    const std::size_t start = start_of_xml(text, limits::text_bytes, errc::not_marc);
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
    marcxml_receiver receiver(elements);
    parse_with_libxml2(document, start, receiver, xml_doctype_policy::refused, into.memory());
    elements.finish(notes);
}

} // namespace marc
