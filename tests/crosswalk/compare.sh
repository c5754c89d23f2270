#!/usr/bin/env bash
# Documents of the crosswalks beside those of the Library of Congress's stylesheets, element by element, over the first N records of the
# shared ones (2000; 20000 take ten minutes). docs/crosswalks.md says what the figures mean.
#   compare.sh [N]
#
# BUILD (build/release): what it measures is built there. STYLESHEETS: a folder with those that Debian does not have. AUTHORITIES: a file of
# authority records in ISO 2709, for MADS. BIBFRAME_RECORDS (2000): the stylesheets of BIBFRAME are slow. OUT: a folder for the whole lists of
# differences; they are thrown away otherwise.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/crosswalk/stylesheets.sh
N=${1:-2000}
BUILD=${BUILD:-build/release}
DATA=${EVERARCHIVE_SHARED:-../shared}/data
PYTHON=${PYTHON:-/usr/bin/python3}
BIBFRAME_RECORDS=${BIBFRAME_RECORDS:-2000}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
OUT=${OUT:-$WORK/lists}
mkdir -p "$OUT"

"$PYTHON" -c 'import lxml' 2>/dev/null || { echo "missing: python3-lxml" >&2; exit 1; }
[ -r "$DATA/marc/gpo/gpo-20000-utf8.mrc.gz" ] || { echo "no records: set EVERARCHIVE_SHARED" >&2; exit 1; }
cmake --build "$BUILD" --target crosswalk_convert marc_jobs >"$WORK/build" 2>&1 || { tail "$WORK/build"; exit 1; }
CONVERT=$BUILD/extension/crosswalk/crosswalk_convert
find_stylesheets "$WORK/xsl"

# take N FILE: its first N records
take() { "$PYTHON" -c '
import sys
records = sys.stdin.buffer.read().split(b"\x1d")[:-1][:int(sys.argv[1])]
sys.stdout.buffer.write(b"".join(record + b"\x1d" for record in records))' "$1" <"$2"; }
zcat "$DATA/marc/gpo/gpo-20000-utf8.mrc.gz" >"$WORK/all.mrc"
take "$N" "$WORK/all.mrc" >"$WORK/bib.mrc"
"$BUILD/tests/bench/marc_jobs" to-xml "$WORK/bib.mrc" >"$WORK/bib.xml" 2>/dev/null

# row NAME PROGRAM STYLESHEET RECORDS FORMAT [RULES…]: RECORDS is a name in $WORK with .mrc and .xml
row() {
    local name=$1 program=$2 stylesheet=$WORK/xsl/$3 records=$4 format=$5
    shift 5
    if [ ! -e "$stylesheet" ]; then
        printf '%-66s left out\n' "$name"
        return
    fi
    "$CONVERT" "$format" "$WORK/$records.mrc" "$@" >"$WORK/ours" || return 1
    "$PYTHON" "tests/crosswalk/$program" "$stylesheet" "$WORK/$records.xml" "$WORK/ours" >"$OUT/$name.txt" 2>&1
    printf '%-66s %s\n' "$name" "$(head -n 1 "$OUT/$name.txt")"
}

RULES=tests/crosswalk
row "dc, MARC21slim2SRWDC.xsl" compare.py MARC21slim2SRWDC.xsl bib dc
row "dc, MARC21slim2SRWDC.xsl, its faults made too" compare.py MARC21slim2SRWDC.xsl bib dc $RULES/dc_as_stylesheet.rules
row "dc, MARC21slim2OAIDC.xsl (2003)" compare.py MARC21slim2OAIDC.xsl bib dc
row "dc, MARC21slim2OAIDC.xsl (2003), its faults made too" compare.py MARC21slim2OAIDC.xsl bib dc $RULES/dc_as_stylesheet.rules $RULES/dc_as_old_stylesheet.rules
row "mods, MARC21slim2MODS3-7.xsl" compare.py MARC21slim2MODS3-7.xsl bib mods
row "mods, MARC21slim2MODS3-7.xsl, its frequent faults made too" compare.py MARC21slim2MODS3-7.xsl bib mods $RULES/mods_as_stylesheet.rules
if [ -n "${AUTHORITIES:-}" ]; then
    cp "$AUTHORITIES" "$WORK/authorities.mrc"
    "$BUILD/tests/bench/marc_jobs" to-xml "$WORK/authorities.mrc" >"$WORK/authorities.xml" 2>/dev/null
    row "mads, MARC21slim2MADS.xsl" compare.py MARC21slim2MADS.xsl authorities mads
else
    printf '%-66s left out: AUTHORITIES is not set\n' "mads, MARC21slim2MADS.xsl"
fi
take "$((N < BIBFRAME_RECORDS ? N : BIBFRAME_RECORDS))" "$WORK/bib.mrc" >"$WORK/few.mrc"
"$BUILD/tests/bench/marc_jobs" to-xml "$WORK/few.mrc" >"$WORK/few.xml" 2>/dev/null
row "bibframe, marc2bibframe2.xsl" compare_rdf.py marc2bibframe2/marc2bibframe2.xsl few bibframe
