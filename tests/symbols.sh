#!/bin/sh
# Checks that the modules export our own functions only: symbols.sh MODULE.so…
#
# The server loads modules with RTLD_GLOBAL, so a foreign symbol (of the C++ library, of the pure library) could be bound
# by another extension. Allowed: marc_*, everarchive_*, crosswalks X_to_marc, pg_finfo_*, Pg_magic_func, _PG_init.
set -u
[ $# -gt 0 ] || { echo "usage: symbols.sh MODULE.so…" >&2; exit 2; }
number=0
failed=0
echo "1..$#"
for module in "$@"; do
    number=$((number + 1))
    if ! symbols=$(nm -D --defined-only "$module" 2>&1); then
        echo "not ok $number - nm cannot read $module"
        failed=1
        continue
    fi
    names=$(printf '%s\n' "$symbols" | awk 'NF {print $NF}')
    foreign=$(printf '%s\n' "$names" |
        grep -vxE '(pg_finfo_)?(marc_[a-z0-9_]+|everarchive_[a-z0-9_]+|[a-z0-9_]+_to_marc(21)?)|Pg_magic_func|_PG_init')
    missing=$(nm -D --undefined-only -C "$module" | grep -E ' U (marc|marc_pg)::')
    if [ -n "$missing" ]; then
        echo "not ok $number - $module lacks functions of our own, so that it cannot be loaded:" $missing
        failed=1
    elif ! printf '%s\n' "$names" | grep -qx Pg_magic_func; then
        echo "not ok $number - $module exports no Pg_magic_func: hidden visibility hides too much"
        failed=1
    elif [ -n "$foreign" ]; then
        echo "not ok $number - $module exports foreign symbols:" $foreign
        failed=1
    else
        echo "ok $number - $(basename "$module") exports $(printf '%s\n' "$names" | grep -c '^pg_finfo_') functions, all ours"
    fi
done
exit $failed
