#include "marcxml_libxml2.hpp"

#include "marc/error.hpp"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <memory>
#include <new>

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

/// One parse. C++ exceptions must not pass through libxml2's frames: they are kept and thrown again afterwards.
class document_parser {
  public:
    document_parser(std::size_t origin, marcxml_elements& elements) : origin_(origin), elements_(elements) {}

    void parse(std::string_view document) {
        const std::unique_ptr<xmlParserCtxt, void (*)(xmlParserCtxtPtr)> context(
            xmlCreateMemoryParserCtxt(document.data(), static_cast<int>(document.size())), xmlFreeParserCtxt);
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
        sax.internalSubset = on_doctype;
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
        // Only the attributes of MARCXML, at most one each; values are short, so a fixed buffer does.
        std::array<xml_attribute, 4> known;
        std::array<std::array<char, 16>, 4> values{};
        std::size_t used = 0;
        for (int i = 0; i < count && used < known.size(); ++i, attributes += 5) {
            const std::string_view attribute = view(attributes[0]);
            const bool is_known =
                attribute == "tag" || attribute == "ind1" || attribute == "ind2" || attribute == "code";
            if (attributes[1] != nullptr || !is_known) {
                continue;
            }
            const std::string_view raw(reinterpret_cast<const char*>(attributes[3]),
                                       static_cast<std::size_t>(attributes[4] - attributes[3]));
            // Without NOENT libxml2 hands out an ampersand as its character reference (xmlParseAttValueComplex).
            constexpr std::string_view ampersand = "&#38;";
            std::size_t length = 0;
            for (std::size_t at = 0; at < raw.size() && length < values[used].size(); ++length) {
                const bool reference = raw.substr(at).starts_with(ampersand);
                values[used][length] = raw[at];
                at += reference ? ampersand.size() : 1;
            }
            known[used] = {{}, attribute, {values[used].data(), length}};
            ++used;
        }
        elements_.start(name, uri, {known.data(), used}, offset());
    }

    static void on_end(void* data, const xmlChar*, const xmlChar*, const xmlChar*) {
        self(data).guarded([&] { self(data).elements_.end(); });
    }

    static void on_text(void* data, const xmlChar* text, int length) {
        self(data).guarded([&] {
            self(data).elements_.text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)},
                                      self(data).offset());
        });
    }

    static void on_doctype(void* data, const xmlChar*, const xmlChar*, const xmlChar*) {
        self(data).guarded([&] { throw parse_error(errc::xml_doctype, self(data).offset()); });
    }

    static void on_error(void* data, error_pointer error) {
        document_parser& parser = self(data);
        if (error == nullptr || error->level < XML_ERR_FATAL || parser.message_bytes_ > 0) {
            return;
        }
        const std::string_view message = error->message == nullptr ? "" : error->message;
        parser.message_bytes_ = std::min(message.find('\n'), std::min(message.size(), parser.message_.size()));
        std::copy_n(message.data(), parser.message_bytes_, parser.message_.data());
        parser.error_offset_ = parser.offset();
    }

    std::size_t origin_;
    marcxml_elements& elements_;
    xmlParserCtxtPtr context_ = nullptr;
    std::exception_ptr failure_;
    std::array<char, 80> message_{};
    std::size_t message_bytes_ = 0;
    std::size_t error_offset_ = 0;
};

} // namespace

void parse_with_libxml2(std::string_view document, std::size_t origin, marcxml_elements& elements) {
    document_parser(origin, elements).parse(document);
}

} // namespace marc
