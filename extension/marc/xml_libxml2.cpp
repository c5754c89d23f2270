#include "xml_libxml2.hpp"

#include "marc/error.hpp"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace marc {
namespace {

// libxml2 2.12 made the argument const.
#if LIBXML_VERSION >= 21200
using error_pointer = const xmlError*;
#else
using error_pointer = xmlErrorPtr;
#endif

std::string_view view(const xmlChar* text) noexcept {
    return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

/// A declaration of an entity makes a document of its own (xmlParseEntityDecl), also where nobody builds one.
struct free_context {
    void operator()(xmlParserCtxtPtr context) const noexcept {
        const xmlDocPtr made = context->myDoc;
        xmlFreeParserCtxt(context);
        xmlFreeDoc(made); // null for none
    }
};

/// One parse. C++ exceptions must not pass through libxml2's frames: they are kept and thrown again afterwards.
class document_parser {
  public:
    document_parser(std::size_t origin, xml_receiver& into, xml_doctype_policy doctype,
                    std::pmr::memory_resource* memory)
        : origin_(origin), into_(into), doctype_(doctype), attributes_(memory), values_(memory) {}

    void parse(std::string_view document) {
        const std::unique_ptr<xmlParserCtxt, free_context> context(
            xmlCreateMemoryParserCtxt(document.data(), static_cast<int>(document.size())));
        if (context == nullptr || context->sax == nullptr) {
            throw std::bad_alloc();
        }
        context_ = context.get();
        std::memset(context->sax, 0, sizeof *context->sax);
        xmlSAXHandler& sax = *context->sax;
        sax.initialized = XML_SAX2_MAGIC;
        sax.startElementNs = on_start;
        sax.endElementNs = on_end;
        sax.characters = on_text;
        sax.ignorableWhitespace = on_text;
        sax.cdataBlock = on_text;
        if (doctype_ == xml_doctype_policy::refused) {
            sax.internalSubset = on_doctype;
        } else {
            sax.entityDecl = on_entity;
            sax.attributeDecl = on_attribute_list;
            sax.elementDecl = on_element;
            sax.notationDecl = on_doctype;
            sax.unparsedEntityDecl = on_unparsed;
            sax.reference = on_reference;
        }
        sax.serror = on_error;
        context->userData = this;
        // No network. No entity is replaced, no DTD loaded, and the size limits stay: NOENT, DTDLOAD and HUGE are not
        // set.
        xmlCtxtUseOptions(context_, XML_PARSE_NONET);
        xmlParseDocument(context_);
        if (failure_) {
            std::rethrow_exception(failure_);
        }
        if (context->wellFormed == 0) {
            throw parse_error(errc::bad_xml, error_offset_, {}, {message_.data(), message_bytes_});
        }
    }

  private:
    static document_parser& self(void* data) noexcept { return *static_cast<document_parser*>(data); }

    std::size_t offset() const noexcept {
#if LIBXML_VERSION >= 21500 // deprecates xmlByteConsumed(); input 0 is the document
        unsigned long consumed = 0;
        xmlCtxtGetInputPosition(context_, 0, nullptr, nullptr, nullptr, &consumed);
        return origin_ + consumed;
#else
        const long consumed = xmlByteConsumed(context_);
        return origin_ + (consumed < 0 ? 0 : static_cast<std::size_t>(consumed));
#endif
    }

    template <typename Action>
    void guarded(Action action) noexcept {
        if (failure_) {
            return;
        }
        try {
            action();
        } catch (...) {
            failure_ = std::current_exception();
            xmlStopParser(context_);
        }
    }

    static void on_start(void* data, const xmlChar* name, const xmlChar*, const xmlChar* uri, int, const xmlChar**,
                         int attribute_count, int, const xmlChar** attributes) {
        self(data).guarded([&] { self(data).start(view(name), view(uri), attribute_count, attributes); });
    }

    void start(std::string_view name, std::string_view uri, int count, const xmlChar** attributes) {
        attributes_.clear();
        values_.clear();
        std::size_t bytes = 0;
        for (int i = 0; i < count; ++i) {
            bytes += static_cast<std::size_t>(attributes[5 * i + 4] - attributes[5 * i + 3]);
        }
        values_.reserve(bytes); // so that no view into it moves
        for (int i = 0; i < count; ++i, attributes += 5) {
            const std::string_view raw(reinterpret_cast<const char*>(attributes[3]),
                                       static_cast<std::size_t>(attributes[4] - attributes[3]));
            // Without NOENT libxml2 hands out an ampersand as its character reference (xmlParseAttValueComplex).
            constexpr std::string_view ampersand = "&#38;";
            const std::size_t first = values_.size();
            for (std::size_t at = 0; at < raw.size();) {
                const std::size_t next = std::min(raw.find('&', at), raw.size());
                values_.append(raw.substr(at, next - at));
                if (next < raw.size()) {
                    values_ += '&';
                }
                at = next + (raw.substr(next).starts_with(ampersand) ? ampersand.size() : 1);
            }
            attributes_.push_back({view(attributes[1]), view(attributes[0]), std::string_view(values_).substr(first)});
        }
        into_.start(name, uri, attributes_, offset());
    }

    static void on_end(void* data, const xmlChar*, const xmlChar*, const xmlChar*) {
        self(data).guarded([&] { self(data).into_.end(); });
    }

    static void on_text(void* data, const xmlChar* text, int length) {
        self(data).guarded([&] {
            self(data).into_.text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)},
                                  self(data).offset());
        });
    }

    static void on_doctype(void* data, const xmlChar*, const xmlChar*, const xmlChar*) {
        self(data).guarded([&] { throw parse_error(errc::xml_doctype, self(data).offset()); });
    }

    static void on_entity(void* data, const xmlChar*, int, const xmlChar*, const xmlChar*, xmlChar*) {
        on_doctype(data, nullptr, nullptr, nullptr);
    }
    static void on_attribute_list(void* data, const xmlChar*, const xmlChar*, int, int, const xmlChar*,
                                  xmlEnumerationPtr values) {
        xmlFreeEnumeration(values); // the handler's, says libxml2
        on_doctype(data, nullptr, nullptr, nullptr);
    }
    static void on_element(void* data, const xmlChar*, int, xmlElementContentPtr) {
        on_doctype(data, nullptr, nullptr, nullptr);
    }
    static void on_unparsed(void* data, const xmlChar*, const xmlChar*, const xmlChar*, const xmlChar*) {
        on_doctype(data, nullptr, nullptr, nullptr);
    }
    /// An entity that only a document type somewhere else may know.
    static void on_reference(void* data, const xmlChar* name) {
        self(data).guarded([&] {
            throw parse_error(errc::bad_xml, self(data).offset(), {}, "unknown entity " + std::string(view(name)));
        });
    }

    static void on_error(void* data, error_pointer error) {
        document_parser& parser = self(data);
        if (error == nullptr || parser.message_bytes_ > 0) {
            return;
        }
        const bool unknown_entity = error->code == XML_WAR_UNDECLARED_ENTITY; // it would be left out of an attribute
        if (error->level < XML_ERR_FATAL && !unknown_entity) {
            return;
        }
        const std::string_view message = error->message == nullptr ? "" : error->message;
        parser.message_bytes_ = std::min(message.find('\n'), std::min(message.size(), parser.message_.size()));
        std::copy_n(message.data(), parser.message_bytes_, parser.message_.data());
        parser.error_offset_ = parser.offset();
        if (unknown_entity) {
            parser.guarded([&] {
                throw parse_error(errc::bad_xml, parser.error_offset_, {},
                                  {parser.message_.data(), parser.message_bytes_});
            });
        }
    }

    std::size_t origin_;
    xml_receiver& into_;
    xml_doctype_policy doctype_;
    std::pmr::vector<xml_attribute> attributes_; ///< of one start tag
    std::pmr::string values_;                    ///< of these
    xmlParserCtxtPtr context_ = nullptr;
    std::exception_ptr failure_;
    std::array<char, 80> message_{};
    std::size_t message_bytes_ = 0;
    std::size_t error_offset_ = 0;
};

} // namespace

void parse_with_libxml2(std::string_view document, std::size_t origin, xml_receiver& into, xml_doctype_policy doctype,
                        std::pmr::memory_resource* memory) {
    document_parser(origin, into, doctype, memory).parse(document);
}

} // namespace marc
