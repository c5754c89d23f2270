#include "tree.hpp"

#include "marc/error.hpp"
#include "marc/poll.hpp"
#include "marc/xml.hpp"

#include <string>

namespace crosswalk::detail {
namespace {

class receiver final : public marc::xml_receiver {
  public:
    explicit receiver(arena& memory) : growing_(memory) {}

    void start(std::string_view name, std::string_view, std::span<const marc::xml_attribute> attributes,
               std::size_t) override {
        growing_.start(name);
        std::size_t work = 16 + name.size();
        for (const marc::xml_attribute& a : attributes) {
            if (a.prefix == "xsi" && a.name != "type") {
                continue; // where a schema is: of no record
            }
            growing_.attribute(a.name, a.value);
            work += a.value.size();
        }
        polling_.step(work);
    }
    void text(std::string_view text, std::size_t) override {
        growing_.text(text);
        polling_.step(text.size());
    }
    void end() override { growing_.end(); }

    tree_node* top() const noexcept { return growing_.top(); }

  private:
    tree_builder growing_;
    marc::poller polling_;
};

/// The outermost elements with a name, of which there should be one.
void find_record(tree_node& from, std::string_view name, tree_node*& found) {
    for (tree_node* child = from.first; child != nullptr; child = child->next) {
        if (child->name != name) {
            find_record(*child, name, found); // as deep as the reader allows
        } else if (found != nullptr) {
            throw marc::parse_error(marc::errc::many_records, 0);
        } else {
            found = child;
        }
    }
}

} // namespace

tree read_xml_tree(std::string_view text, const record_name* names, arena& memory) {
    receiver into(memory);
    marc::read_xml(text, into, &memory);
    tree_node* record = into.top()->first;
    if (names != nullptr) {
        const std::string_view outermost = record->name;
        record = nullptr;
        for (const record_name* one = names; one != nullptr && record == nullptr; one = one->next) {
            find_record(*into.top(), one->name, record);
        }
        if (record == nullptr) {
            std::string what = "no element " + std::string(names->name);
            for (const record_name* other = names->next; other != nullptr; other = other->next) {
                what += " or " + std::string(other->name);
            }
            what += " in a document " + std::string(outermost.substr(0, 60));
            throw marc::parse_error(marc::errc::bad_document, 0, {}, what);
        }
    }
    return {record->parent, record};
}

} // namespace crosswalk::detail
