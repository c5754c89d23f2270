#include "crosswalk/document.hpp"
#include "json_text.hpp"

#include <vector>

namespace crosswalk {
namespace {

class json_writer {
  public:
    json_writer(std::pmr::string& out, std::pmr::memory_resource* memory) : out_(out), memory_(memory) {}

    void value(const node& n) {
        if (n.first == nullptr && n.attributes == nullptr) {
            if (n.value == node::value_kind::literal) {
                out_ += n.text;
            } else {
                string(n.text);
            }
            return;
        }
        object(n);
    }

    void object(const node& n) {
        out_ += '{';
        bool any = false;
        for (const attribute* a = n.attributes; a != nullptr; a = a->next) {
            comma(any);
            out_ += "\"@";
            characters(a->name);
            out_ += "\":";
            string(a->value);
        }
        if (!n.text.empty()) {
            comma(any);
            out_ += "\"@value\":";
            string(n.text);
        }
        members(n, any);
        out_ += '}';
    }

  private:
    void comma(bool& any) {
        if (any) {
            out_ += ',';
        }
        any = true;
    }

    /// Members of one name together, without comparing each with each: a record may have 10,000 subjects.
    void members(const node& n, bool any) {
        struct group {
            std::string_view name;
            const node* first;
            const node* last;
        };
        std::pmr::vector<group> groups(memory_);
        for (const node* child = n.first; child != nullptr; child = child->next) {
            bool known = false;
            for (group& g : groups) { // the names that rules have, not the values
                if (g.name == child->name) {
                    g.last = child;
                    known = true;
                    break;
                }
            }
            if (!known) {
                groups.push_back({child->name, child, child});
            }
        }
        for (const group& g : groups) {
            comma(any);
            string(g.name);
            out_ += ':';
            const bool array = g.first != g.last || g.first->list;
            if (array) {
                out_ += '[';
            }
            bool more = false;
            for (const node* child = g.first; child != nullptr; child = child == g.last ? nullptr : child->next) {
                if (child->name == g.name) {
                    comma(more);
                    value(*child);
                }
            }
            if (array) {
                out_ += ']';
            }
        }
    }

    void string(std::string_view text) {
        out_ += '"';
        characters(text);
        out_ += '"';
    }

    void characters(std::string_view text) { detail::append_json_characters(text, out_); }

    std::pmr::string& out_;
    std::pmr::memory_resource* memory_;
};

} // namespace

void write_json(const node& root, std::pmr::string& out, std::pmr::memory_resource* memory) {
    json_writer(out, memory).object(root);
}

} // namespace crosswalk
