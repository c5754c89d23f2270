#!/bin/sh
# Makes C++ of rules, on standard output: embed.sh NAME.rules… Each that names its format becomes one entry of
# crosswalk::shipped(); the others are for `include`.
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
list() { # list NAME FILE…: an array of these
    printf 'constexpr shipped_rules %s[] = {\n' "$1"
    shift
    for file in "$@"; do
        name=$(basename "$file" .rules)
        printf '    {"%s", {%s, sizeof %s - 1}},\n' "$name" "$name" "$name"
    done
    printf '};\n'
}
# shellcheck disable=SC2046 # the names of our files have no blanks
list formats $(grep -l '^format ' "$@")
# shellcheck disable=SC2046
list parts $(grep -L '^format ' "$@")
cat <<'TAIL'

std::optional<std::string_view> find(std::span<const shipped_rules> all, std::string_view name) noexcept {
    for (const shipped_rules& rules : all) {
        if (rules.format == name) {
            return rules.text;
        }
    }
    return std::nullopt;
}

} // namespace

std::span<const shipped_rules> shipped() noexcept {
    return formats;
}

std::optional<std::string_view> find_shipped(std::string_view format) noexcept {
    return find(formats, format);
}

std::optional<std::string_view> find_part(std::string_view name) noexcept {
    return find(parts, name);
}

} // namespace crosswalk
TAIL
