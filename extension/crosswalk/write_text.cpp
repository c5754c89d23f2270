// Forms of plain text: lines, and rows of CSV.
#include "crosswalk/document.hpp"

namespace crosswalk {
namespace {

void append_on_one_line(std::string_view text, std::pmr::string& out) {
    for (const char c : text) {
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
}

/// The text of an element and the texts below it, which are as deep as the rules nest them.
void append_texts(const node& n, std::string_view joined, bool& any, std::pmr::string& out) {
    if (!n.text.empty()) {
        if (any) {
            out += joined;
        }
        any = true;
        append_on_one_line(n.text, out);
    }
    for (const node* child = n.first; child != nullptr; child = child->next) {
        append_texts(*child, joined, any, out);
    }
}

void append_texts(const node& n, std::string_view joined, std::pmr::string& out) {
    bool any = false;
    append_texts(n, attribute_of(n, "joined", joined), any, out);
}

} // namespace

void write_lines(const node& root, std::pmr::string& out) {
    const std::string_view before = attribute_of(root, "before", {});
    const std::string_view between = attribute_of(root, "between", {});
    const std::string_view after = attribute_of(root, "after", {});
    const std::string_view joined = attribute_of(root, "joined", " ");
    if (!root.text.empty()) {
        append_on_one_line(root.text, out);
        out += '\n';
    }
    for (const node* line = root.first; line != nullptr; line = line->next) {
        if (line->name.empty()) {
            append_on_one_line(line->text, out);
        } else {
            out += before;
            out += line->name;
            out += between;
            append_texts(*line, joined, out);
            out += after;
        }
        out += '\n';
    }
}

void write_csv(const node& root, std::pmr::string& out) {
    const std::string_view joined = attribute_of(root, "joined", "; ");
    std::pmr::string text(out.get_allocator());
    for (const node* field = root.first; field != nullptr; field = field->next) {
        if (field != root.first) {
            out += ',';
        }
        text.clear();
        append_texts(*field, joined, text);
        if (text.find_first_of(",\"") == std::pmr::string::npos) {
            out += text;
            continue;
        }
        out += '"';
        for (const char c : text) {
            out.append(c == '"' ? 2 : 1, c);
        }
        out += '"';
    }
}

} // namespace crosswalk
