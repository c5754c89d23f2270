#include "vocabulary/rdf_xml.hpp"

#include <libxml/xmlreader.h>

#include <exception>
#include <memory>
#include <vector>

#include "base/error.hpp"

namespace everarchive::vocabulary {

namespace {

constexpr std::string_view rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
constexpr std::string_view xml = "http://www.w3.org/XML/1998/namespace";
/// libxml2's own limit for a text, here for all the pieces of one: it keeps them until the element ends.
constexpr std::size_t longest_text = 10'000'000;

std::string_view view_of(const xmlChar* text) {
    return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

/// What libxml2 calls, and what must not leave through its frames.
struct input {
    const byte_source* bytes;
    std::exception_ptr failed;
    std::string problem;
    int line = 0;
};

int read_bytes(void* context, char* buffer, int size) {
    auto* in = static_cast<input*>(context);
    try {
        return static_cast<int>((*in->bytes)(buffer, static_cast<std::size_t>(size)));
    } catch (...) {
        in->failed = std::current_exception();
        return -1;
    }
}

#if LIBXML_VERSION >= 21200
using reported_error = const xmlError*;
#else
using reported_error = xmlErrorPtr;
#endif

void keep_error(void* context, reported_error error) {
    auto* in = static_cast<input*>(context);
    if (in->problem.empty() && error != nullptr && error->level >= XML_ERR_ERROR) {
        try {
            in->problem = error->message == nullptr ? "not well-formed" : error->message;
        } catch (...) {
            in->failed = std::current_exception();
        }
        in->line = error->line;
    }
}

/// An element that is open.
struct level {
    enum class role { wrapper, node, property, ignored } is = role::wrapper;
    std::string subject;   ///< of the node; for a property that of the node around it
    std::string predicate; ///< of a property
    std::string text;
    std::string language;
    bool has_object = false; ///< a property whose object is known already
};

class rdf_reader {
  public:
    rdf_reader(xmlTextReader* in, const std::function<void(const triple&)>& use) : in_(in), use_(use) {}

    void open() {
        const std::string name = std::string(view_of(xmlTextReaderConstNamespaceUri(in_))) +
                                 std::string(view_of(xmlTextReaderConstLocalName(in_)));
        const bool empty = xmlTextReaderIsEmptyElement(in_) == 1;
        const level::role around = path_.empty() ? level::role::wrapper : path_.back().is;
        level next;
        next.language = path_.empty() ? std::string() : path_.back().language;
        if (around == level::role::ignored) {
            next.is = level::role::ignored;
        } else if (around == level::role::node) {
            next.is = level::role::property;
            next.subject = path_.back().subject;
            next.predicate = name;
            read_property(next);
        } else if (name != std::string(rdf) + "RDF") {
            next.is = level::role::node;
            read_node(next);
            if (around == level::role::property) {
                say_object(path_.back(), next.subject);
            }
        }
        path_.push_back(std::move(next));
        if (empty) {
            close();
        }
    }

    void text() {
        if (!path_.empty() && path_.back().is == level::role::property && !path_.back().has_object) {
            std::string& text = path_.back().text;
            text += view_of(xmlTextReaderConstValue(in_));
            if (text.size() > longest_text) {
                throw error(exit_code::refused, cause::needs_person,
                            "a text of over ten megabytes, in " + path_.back().subject,
                            "is it RDF/XML? Nothing was loaded");
            }
        }
    }

    void close() {
        const level& done = path_.back();
        if (done.is == level::role::property && !done.has_object) {
            said_.subject = done.subject;
            said_.predicate = done.predicate;
            said_.object = done.text;
            said_.is_literal = true;
            said_.language = done.language;
            use_(said_);
        }
        path_.pop_back();
    }

  private:
    /// Calls `take` with namespace, local name and value of each attribute; keeps xml:lang itself.
    template <typename Take>
    void attributes(level& of, const Take& take) {
        for (int more = xmlTextReaderMoveToFirstAttribute(in_); more == 1;
             more = xmlTextReaderMoveToNextAttribute(in_)) {
            const std::string_view space = view_of(xmlTextReaderConstNamespaceUri(in_));
            const std::string_view name = view_of(xmlTextReaderConstLocalName(in_));
            const std::string_view value = view_of(xmlTextReaderConstValue(in_));
            if (space == xml) {
                if (name == "lang") {
                    of.language = value;
                }
            } else if (space != "http://www.w3.org/2000/xmlns/") {
                take(space, name, value);
            }
        }
        xmlTextReaderMoveToElement(in_);
    }

    void read_node(level& node) {
        std::vector<std::pair<std::string, std::string>> properties;
        attributes(node, [&](std::string_view space, std::string_view name, std::string_view value) {
            if (space == rdf && name == "about") {
                node.subject = value;
            } else if (space == rdf && name == "nodeID") {
                node.subject = "_:n" + std::string(value);
            } else if (space != rdf && !space.empty()) {
                properties.emplace_back(std::string(space) + std::string(name), value);
            }
        });
        if (node.subject.empty()) {
            node.subject = next_blank();
        }
        for (auto& [predicate, value] : properties) {
            said_ = {node.subject, predicate, value, true, node.language};
            use_(said_);
        }
    }

    void read_property(level& property) {
        std::string object;
        std::string type;
        attributes(property, [&](std::string_view space, std::string_view name, std::string_view value) {
            if (space == rdf && name == "resource") {
                object = value;
            } else if (space == rdf && name == "nodeID") {
                object = "_:n" + std::string(value);
            } else if (space == rdf && name == "parseType") {
                type = value;
            }
        });
        if (!object.empty()) {
            say_object(property, object);
        } else if (type == "Resource") {
            object = next_blank();
            say_object(property, object);
            property.is = level::role::node;
            property.subject = object;
        } else if (!type.empty()) {
            property.is = level::role::ignored;
        }
    }

    void say_object(level& property, const std::string& object) {
        property.has_object = true;
        said_ = {property.subject, property.predicate, object, false, {}};
        use_(said_);
    }

    std::string next_blank() { return "_:b" + std::to_string(++blank_nodes_); }

    xmlTextReader* in_;
    const std::function<void(const triple&)>& use_;
    std::vector<level> path_;
    triple said_;
    std::uint64_t blank_nodes_ = 0;
};

} // namespace

void read_rdf_xml(const byte_source& in, const std::string& name, const std::function<void(const triple&)>& use) {
    input bytes{&in, nullptr, {}, 0};
    const std::unique_ptr<xmlTextReader, decltype(&xmlFreeTextReader)> reader(
        xmlReaderForIO(read_bytes, nullptr, &bytes, nullptr, nullptr, XML_PARSE_NONET), &xmlFreeTextReader);
    if (reader == nullptr) {
        throw std::bad_alloc();
    }
    xmlTextReaderSetStructuredErrorHandler(reader.get(), keep_error, &bytes);
    rdf_reader rdf_of(reader.get(), use);
    int more = 1;
    while (bytes.failed == nullptr && (more = xmlTextReaderRead(reader.get())) == 1) {
        switch (xmlTextReaderNodeType(reader.get())) {
        case XML_READER_TYPE_ELEMENT:
            rdf_of.open();
            break;
        case XML_READER_TYPE_END_ELEMENT:
            rdf_of.close();
            break;
        case XML_READER_TYPE_TEXT:
        case XML_READER_TYPE_CDATA:
        case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
            rdf_of.text();
            break;
        case XML_READER_TYPE_DOCUMENT_TYPE:
        case XML_READER_TYPE_ENTITY_REFERENCE:
            throw error(exit_code::refused, cause::needs_person,
                        name + " has a document type declaration, which is refused",
                        "convert it first, for example: rapper -i rdfxml -o ntriples FILE > FILE.nt");
        default:
            break;
        }
    }
    if (bytes.failed != nullptr) {
        std::rethrow_exception(bytes.failed);
    }
    if (more < 0) {
        throw error(exit_code::refused, cause::needs_person,
                    name + " line " + std::to_string(bytes.line) + ": " +
                        (bytes.problem.empty() ? "not XML" : bytes.problem),
                    "is it RDF/XML, and was it fetched whole? Nothing was loaded");
    }
}

} // namespace everarchive::vocabulary
