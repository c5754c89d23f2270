#include "provenance.hpp"

#include <iterator>

namespace marc {
namespace {

// In the order of source_format.
constexpr std::string_view formats[] = {"other", "iso2709", "marcxml", "mrk", "json", "line", "aleph"};

// In the order of source_encoding.
constexpr std::string_view encodings[] = {"unicode", "utf-8",   "ascii",   "utf-8-mislabelled",
                                          "marc-8",  "latin-1", "iso-5426"};

template <typename Value, std::size_t n>
std::optional<Value> find(const std::string_view (&names)[n], std::string_view name) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        if (names[i] == name) {
            return static_cast<Value>(i);
        }
    }
    return std::nullopt;
}

} // namespace

std::string_view name_of(source_format format) noexcept {
    const auto number = static_cast<std::size_t>(format);
    return formats[number < std::size(formats) ? number : 0];
}

std::optional<source_format> find_source_format(std::string_view name) noexcept {
    return find<source_format>(formats, name);
}

std::string_view name_of(source_encoding encoding) noexcept {
    return encodings[static_cast<std::size_t>(encoding)];
}

std::optional<source_encoding> find_source_encoding(std::string_view name) noexcept {
    return find<source_encoding>(encodings, name);
}

} // namespace marc
