// Inside of the library: the names of forms and encodings in the text form of the type.
#pragma once

#include "marc/record.hpp"

#include <optional>
#include <string_view>

namespace marc {

std::string_view name_of(source_format format) noexcept;
std::optional<source_format> find_source_format(std::string_view name) noexcept;
std::optional<source_encoding> find_source_encoding(std::string_view name) noexcept;

} // namespace marc
