#include "layout.hpp"

namespace marc::layout {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_indicator(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x80 && c != subfield_delimiter;
}

} // namespace

bool starts_with_indicators(std::string_view content) noexcept {
    return content.size() >= 2 && is_indicator(content[0]) && is_indicator(content[1]);
}

field_kind kind_of(std::string_view tag, std::string_view content) noexcept {
    if (tag[0] == '0' && tag[1] == '0') {
        return field_kind::control;
    }
    if (is_digit(tag[0]) && is_digit(tag[1]) && is_digit(tag[2])) {
        return field_kind::data;
    }
    return content.find(subfield_delimiter) == std::string_view::npos ? field_kind::control : field_kind::data;
}

entry describe(std::string_view tag, std::string_view content, std::uint32_t offset) noexcept {
    entry e;
    std::memcpy(e.data(), tag.data(), 3);
    const field_kind kind = kind_of(tag, content);
    e[kind_at] = static_cast<char>(kind);
    e[indicator_at] = ' ';
    e[indicator_at + 1] = ' ';
    std::uint16_t facts = 0;
    if (content.find('\0') != std::string_view::npos) {
        facts |= nul;
    }
    if (kind == field_kind::data) {
        std::size_t start = 0;
        if (starts_with_indicators(content)) {
            e[indicator_at] = content[0];
            e[indicator_at + 1] = content[1];
            start = 2;
        } else {
            facts |= no_indicators;
        }
        std::size_t at = content.find(subfield_delimiter, start);
        if (at != start && start < content.size()) {
            facts |= leading_value;
        }
        std::uint16_t count = 0;
        while (at != std::string_view::npos) {
            count = static_cast<std::uint16_t>(count < subfield_count ? count + 1 : count);
            at = content.find(subfield_delimiter, at + 1);
        }
        facts = static_cast<std::uint16_t>(facts | count);
    }
    store(e.data() + facts_at, facts);
    store(e.data() + offset_at, offset);
    return e;
}

} // namespace marc::layout
