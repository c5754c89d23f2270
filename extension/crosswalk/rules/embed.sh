#!/bin/sh
# Makes C++ of rules, on standard output: embed.sh NAME.rules… Each becomes one entry of crosswalk::shipped().
set -eu
cat <<'HEAD'
// Made by rules/embed.sh.
#include "crosswalk/rules.hpp"

// Compilers must support 65,536 characters only; those that we use support any number.
#pragma GCC diagnostic ignored "-Woverlength-strings"

namespace crosswalk {
namespace {

HEAD
for file in "$@"; do
    printf 'constexpr char %s[] = R"rules(' "$(basename "$file" .rules)"
    cat "$file"
    printf ')rules";\n'
done
printf 'constexpr shipped_rules all[] = {\n'
for file in "$@"; do
    name=$(basename "$file" .rules)
    printf '    {"%s", {%s, sizeof %s - 1}},\n' "$name" "$name" "$name"
done
cat <<'TAIL'
};

} // namespace

std::span<const shipped_rules> shipped() noexcept {
    return all;
}

std::optional<std::string_view> find_shipped(std::string_view format) noexcept {
    for (const shipped_rules& rules : all) {
        if (rules.format == format) {
            return rules.text;
        }
    }
    return std::nullopt;
}

} // namespace crosswalk
TAIL
