#include "capture/postgresql_copy_text.hpp"

#include <string>

namespace everarchive::capture::postgresql {

namespace {

/// Undoes the backslash sequences that COPY TO writes (copyto.c, CopyAttributeOutText): \b \f \n \r \t \v \\. Returns
/// false at any other: the server does not write it.
bool unescape(std::string_view from, std::string& to) {
    to.clear();
    to.reserve(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (from[i] != '\\') {
            to += from[i];
            continue;
        }
        if (++i == from.size()) {
            return false;
        }
        switch (from[i]) {
        case 'b':
            to += '\b';
            break;
        case 'f':
            to += '\f';
            break;
        case 'n':
            to += '\n';
            break;
        case 'r':
            to += '\r';
            break;
        case 't':
            to += '\t';
            break;
        case 'v':
            to += '\v';
            break;
        case '\\':
            to += '\\';
            break;
        default:
            return false;
        }
    }
    return true;
}

} // namespace

bool read_copy_line(std::string_view line, std::span<cell> row, batch& into) {
    if (line.ends_with('\n')) {
        line.remove_suffix(1);
    }
    thread_local std::string plain;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::size_t tab = line.find('\t');
        const bool last = i + 1 == row.size();
        if ((tab == std::string_view::npos) != last) {
            return false;
        }
        const std::string_view value = line.substr(0, tab);
        if (value == "\\N") {
            row[i] = cell::null();
        } else if (value.find('\\') == std::string_view::npos) {
            row[i] = cell::of(into.keep(value));
        } else if (unescape(value, plain)) {
            row[i] = cell::of(into.keep(plain));
        } else {
            return false;
        }
        line.remove_prefix(last ? line.size() : tab + 1);
    }
    return true;
}

} // namespace everarchive::capture::postgresql
