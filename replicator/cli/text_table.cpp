#include "cli/text_table.hpp"

#include <algorithm>

namespace everarchive::cli {

namespace {

/// Columns of a terminal, near enough: characters, not bytes.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789,.-") == std::string::npos && text != "-";
}

} // namespace

std::string printable(std::string_view text) {
    std::string all(text);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto c = static_cast<unsigned char>(all[i]);
        const bool second = c >= 0x80 && c < 0xA0 && i > 0 && static_cast<unsigned char>(all[i - 1]) == 0xC2; // C1
        if (c < 0x20 || c == 0x7F || second) {
            all[i] = '?';
            all[i - (second ? 1 : 0)] = '?';
        }
    }
    return all;
}

void text_table::add(const pq::result& rows, int row) {
    std::vector<std::string> values;
    for (int column = 0; column < rows.columns(); ++column) {
        values.push_back(printable(rows.text(row, column)));
    }
    add(std::move(values));
}

std::string text_table::text() const {
    const std::size_t columns = rows_.front().size();
    std::vector<std::size_t> widths(columns, 0);
    std::vector<bool> numeric(columns, rows_.size() > 1);
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
            const std::string& value = rows_[row][column];
            widths[column] = std::max(widths[column], width_of(value));
            if (row > 0 && !value.empty() && value != "-" && !is_number(value)) {
                numeric[column] = false;
            }
        }
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t column = 0; column < columns; ++column) {
            const std::string space(widths[column] - width_of(row[column]), ' ');
            line += (column == 0 ? "" : "  ") + (numeric[column] ? space + row[column] : row[column] + space);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    }
    return out;
}

} // namespace everarchive::cli
