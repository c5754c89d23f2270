#!/bin/sh
# Makes C++ of schemas, on standard output: embed.sh NAME.json… Each becomes one entry of marc::builtin_schemas(), in
# the given order, with those codelists of the folder codelists that it names.
set -eu
lists=$(dirname "$0")/codelists
cat <<'HEAD'
// Made by schemas/embed.sh.
#include "marc/avram.hpp"

// Compilers must support 65,536 characters only; those that we use support any number.
#pragma GCC diagnostic ignored "-Woverlength-strings"

namespace marc {
namespace {

HEAD
for file in "$@"; do
    # A schema begins with a line that is its opening brace.
    printf 'constexpr char %s[] = R"avram({\n"codelists":{' "$(basename "$file" .json)"
    comma=
    for list in "$lists"/*.json; do
        name=$(basename "$list" .json)
        if grep -q "\"codes\":\"$name\"" "$file"; then
            printf '%s\n"%s":' "$comma" "$name"
            cat "$list"
            comma=,
        fi
    done
    printf '},\n'
    sed 1d "$file"
    printf ')avram";\n'
done
printf 'constexpr builtin_schema schemas[] = {\n'
for file in "$@"; do
    name=$(basename "$file" .json)
    printf '    {"%s", {%s, sizeof %s - 1}},\n' "$name" "$name" "$name"
done
cat <<'TAIL'
};

} // namespace

std::span<const builtin_schema> builtin_schemas() noexcept {
    return schemas;
}

} // namespace marc
TAIL
