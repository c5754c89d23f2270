#include "adapter/sql_name.hpp"

namespace everarchive::adapter {

std::string sql_quoted(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        out += c;
        if (c == quote) {
            out += c;
        }
    }
    return out + quote;
}

std::string sql_identifier(std::string_view name) {
    return sql_quoted(name, '"');
}

} // namespace everarchive::adapter
