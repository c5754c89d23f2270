// RDF/XML (https://www.w3.org/TR/rdf-syntax-grammar/) as rules make it, striped: below rdf:RDF things and their
// properties take turns. As JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/) of the same statements.
#include "crosswalk/document.hpp"
#include "json_text.hpp"

#include <algorithm>
#include <vector>

namespace crosswalk {
namespace {

bool is_type(const node& property) noexcept {
    return property.name == "rdf:type" && find_attribute(property, "rdf:resource") != nullptr;
}

class jsonld_writer {
  public:
    jsonld_writer(std::pmr::string& out, std::pmr::memory_resource* memory) : out_(out), memory_(memory) {}

    void document(const node& root, const xml_name_space* spaces, std::size_t space_count) {
        out_ += "{\"@context\":{";
        bool any = false;
        for (std::size_t i = 0; i < space_count; ++i) {
            comma(any);
            string(spaces[i].prefix.empty() ? "@vocab" : spaces[i].prefix);
            out_ += ':';
            string(spaces[i].uri);
        }
        out_ += "},\"@graph\":";
        things(root);
        out_ += '}';
    }

  private:
    struct group {
        std::string_view name;
        std::pmr::vector<const node*> members;
    };

    void comma(bool& any) {
        out_ += any ? "," : "";
        any = true;
    }
    void string(std::string_view text) {
        out_ += '"';
        detail::append_json_characters(text, out_, detail::json_characters::of_xml);
        out_ += '"';
    }
    void member(std::string_view name, std::string_view text, bool& any) {
        comma(any);
        string(name);
        out_ += ':';
        string(text);
    }

    void things(const node& around) {
        out_ += '[';
        bool any = false;
        for (const node* n = around.first; n != nullptr; n = n->next) {
            if (!n->name.empty()) {
                comma(any);
                thing(*n);
            }
        }
        out_ += ']';
    }

    /// A node element: what it is, which one, and its properties, those of one name together.
    void thing(const node& n) { // as deep as the rules nest elements
        out_ += '{';
        bool any = false;
        if (const std::string_view about = attribute_of(n, "rdf:about"); !about.empty()) {
            member("@id", about, any);
        } else if (const std::string_view name = attribute_of(n, "rdf:nodeID"); !name.empty()) {
            comma(any);
            blank(name);
        }
        types(n, any);
        std::pmr::vector<group> groups(memory_);
        for (const node* p = n.first; p != nullptr; p = p->next) {
            if (p->name.empty() || is_type(*p)) {
                continue;
            }
            auto found = std::find_if(groups.begin(), groups.end(), [&](const group& g) { return g.name == p->name; });
            if (found == groups.end()) { // as many as the rules have names
                groups.push_back({p->name, std::pmr::vector<const node*>(memory_)});
                found = groups.end() - 1;
            }
            found->members.push_back(p);
        }
        for (const group& g : groups) {
            comma(any);
            string(g.name);
            out_ += ':';
            out_ += g.members.size() > 1 ? "[" : "";
            bool more = false;
            for (const node* p : g.members) {
                comma(more);
                property(*p);
            }
            out_ += g.members.size() > 1 ? "]" : "";
        }
        out_ += '}';
    }

    void blank(std::string_view name) {
        out_ += "\"@id\":\"_:";
        detail::append_json_characters(name, out_, detail::json_characters::of_xml);
        out_ += '"';
    }

    void types(const node& n, bool& any) {
        const bool described = n.name == "rdf:Description"; // of no class
        std::size_t count = described ? 0 : 1;
        for (const node* p = n.first; p != nullptr; p = p->next) {
            count += is_type(*p) ? 1U : 0U;
        }
        if (count == 0) {
            return;
        }
        comma(any);
        out_ += count > 1 ? "\"@type\":[" : "\"@type\":";
        bool more = false;
        if (!described) {
            comma(more);
            string(n.name);
        }
        for (const node* p = n.first; p != nullptr; p = p->next) {
            if (is_type(*p)) {
                comma(more);
                string(attribute_of(*p, "rdf:resource"));
            }
        }
        out_ += count > 1 ? "]" : "";
    }

    /// What a property element has: an address, things, or a literal.
    void property(const node& p) {
        if (find_attribute(p, "rdf:resource") != nullptr) {
            out_ += "{\"@id\":";
            string(attribute_of(p, "rdf:resource"));
            out_ += '}';
            return;
        }
        if (attribute_of(p, "rdf:parseType") == "Collection") {
            out_ += "{\"@list\":";
            things(p);
            out_ += '}';
            return;
        }
        const node* only = nullptr;
        for (const node* n = p.first; n != nullptr; n = n->next) {
            only = n->name.empty() ? only : n;
        }
        if (only != nullptr) {
            return thing(*only);
        }
        std::pmr::string text(p.text, memory_);
        for (const node* n = p.first; n != nullptr; n = n->next) {
            text += n->text;
        }
        const std::string_view type = attribute_of(p, "rdf:datatype");
        const std::string_view language = attribute_of(p, "xml:lang");
        if (type.empty() && language.empty()) {
            return string(text);
        }
        out_ += '{';
        bool any = false;
        member("@value", text, any);
        member(type.empty() ? "@language" : "@type", type.empty() ? language : type, any);
        out_ += '}';
    }

    std::pmr::string& out_;
    std::pmr::memory_resource* memory_;
};

} // namespace

void write_jsonld(const node& root, const xml_name_space* spaces, std::size_t space_count, std::pmr::string& out,
                  std::pmr::memory_resource* memory) {
    jsonld_writer(out, memory).document(root, spaces, space_count);
}

} // namespace crosswalk
