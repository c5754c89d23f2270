#!/bin/sh
# Checks by reading the sources that nothing goes around the boundary: guard.sh EXTENSION_FOLDER
#
# A C++ exception that leaves an SQL-callable function stops every session of the cluster, and a PostgreSQL error that
# is raised over C++ frames skips their destructors. So: functions are defined by MARC_SQL_FUNCTION only; errors are
# raised in guard.cpp and, before any C++ object lives, in rows.cpp; only pg.hpp includes headers of the server.
set -u
[ $# -eq 1 ] && [ -d "$1/pg" ] || { echo "usage: guard.sh EXTENSION_FOLDER" >&2; exit 2; }
folder=$1
number=0
failed=0

# expect_none TITLE TEXT: the text lists the offending lines, and must be empty.
expect_none() {
    number=$((number + 1))
    if [ -n "$2" ]; then
        echo "not ok $number - $1"
        printf '%s\n' "$2" | sed 's/^/# /'
        failed=1
    else
        echo "ok $number - $1"
    fi
}

echo 1..6
expect_none "no function is declared to the server without the guard macro" \
    "$(grep -nE 'PG_FUNCTION_INFO_V1|PG_FUNCTION_ARGS' "$folder"/pg/*.cpp "$folder"/pg/*.hpp | grep -v '/guard.hpp:')"
expect_none "each guarded function returns what boundary() made" \
    "$(awk 'FNR == 1 { if (open) print open; open = "" }
            /^MARC_SQL_FUNCTION\(/ { open = FILENAME ":" FNR ": " $0 }
            /return boundary\(fcinfo,/ { open = "" }
            /^}/ { if (open) print open; open = "" }' "$folder"/pg/*.cpp)"
expect_none "no error is raised over C++ frames" \
    "$(grep -nE '\b(ereport|elog|ereturn|errsave|PG_TRY|PG_RE_THROW|ReThrowError)\b *\(?' "$folder"/pg/*.cpp "$folder"/pg/*.hpp |
        grep -vE '/(guard|rows|test_boundary)\.cpp:|^[^:]+:[0-9]+: *//')"
expect_none "no error is raised inside a catch block" \
    "$(awk '/catch \(/ { depth = 1; next }
            depth && /^ *}( catch|$)/ { depth = 0 }
            depth && /(ereport|elog|ReThrowError)\(/ { print FILENAME ":" FNR ": " $0 }' "$folder"/pg/*.cpp "$folder"/pg/*.hpp)"
expect_none "only pg.hpp includes headers of the server" \
    "$(grep -nE '#include *[<"](postgres|fmgr|funcapi|miscadmin|c)\.h|#include *[<"](utils|access|catalog|nodes|parser|libpq|mb)/' \
        -r "$folder" --include='*.cpp' --include='*.hpp' | grep -v '/pg/pg.hpp:')"
expect_none "the pure libraries know nothing of the boundary" \
    "$(grep -rnE 'palloc|ereport|marc_pg|pg\.hpp|guard\.hpp' "$folder"/marc "$folder"/crosswalk "$folder"/ledger \
        --include='*.cpp' --include='*.hpp' | grep -vE '^[^:]+:[0-9]+: *//')"
exit $failed
