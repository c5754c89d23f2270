#include "apply/copy_text.hpp"

namespace everarchive::apply {

namespace {

char escape_letter(char c) {
    switch (c) {
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

void append_cells(std::string& out, std::span<const capture::cell> row, bool first) {
    for (const capture::cell& cell : row) {
        if (!first) {
            out += '\t';
        }
        first = false;
        if (cell.is == capture::cell::state::value) {
            append_copy_value(out, cell.text);
        } else {
            out += "\\N";
        }
    }
    out += '\n';
}

} // namespace

void append_copy_value(std::string& out, std::string_view text) {
    std::size_t start = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (const char letter = escape_letter(text[at]); letter != 0) {
            out.append(text, start, at - start);
            out += '\\';
            out += letter;
            start = at + 1;
        }
    }
    out.append(text, start, text.size() - start);
}

void append_copy_row(std::string& out, std::span<const capture::cell> row) {
    append_cells(out, row, true);
}

void append_copy_row(std::string& out, std::string_view first, std::span<const capture::cell> row) {
    append_copy_value(out, first);
    append_cells(out, row, false);
}

} // namespace everarchive::apply
