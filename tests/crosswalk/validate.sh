#!/usr/bin/env bash
# Documents of all crosswalks made from the shared records, against what there is to check them with; TAP.
#   validate.sh BUILD_FOLDER [RECORDS…]
#
#   XML         xmllint with the XSDs of tests/data/xsd and the shared data; those that cannot be copied here are taken from the folder
#               SCHEMAS when it is set (mads-2-0.xsd, qualifieddc.xsd), else their test is skipped and says so
#   JSON        python3: that it is JSON, and what each format must have
#   RDF         python3-rdflib: that RDF/XML and JSON-LD of BIBFRAME are the same statements
#
# EVERARCHIVE_ONE_IN (40): each how many-th record. RECORDS: files of ISO 2709 instead of the shared ones.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/tap.sh
CONVERT=${1:?the build folder}/extension/crosswalk/crosswalk_convert
shift
DATA=${EVERARCHIVE_SHARED:-../shared}/data
PYTHON=${PYTHON:-/usr/bin/python3}
ONE_IN=${EVERARCHIVE_ONE_IN:-40}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

if [ $# = 0 ]; then
    if [ ! -d "$DATA/marc" ]; then
        skip "no shared data: set EVERARCHIVE_SHARED"
        done_testing
        exit
    fi
    mapfile -t files < <(find "$DATA/marc" -type f \( -name '*.mrc' -o -name '*.mrc.gz' -o -name '*.marc' -o -name '*.dat' \) | LC_ALL=C sort)
    set -- "${files[@]}"
fi
for file in "$@"; do
    if [[ $file == *.gz ]]; then zcat "$file"; else cat "$file"; fi
done | "$PYTHON" -c '
import sys
records = sys.stdin.buffer.read().split(b"\x1d")[:-1]
for record in records[::int(sys.argv[1])]:
    sys.stdout.buffer.write(record + b"\x1d")' "$ONE_IN" >"$WORK/records.mrc"

# The schemas beside each other, under the names that they call each other by. Nothing is fetched from the web.
mkdir "$WORK/xsd"
cp tests/data/xsd/*.x* "$WORK/xsd/"
cp tests/data/xsd/simple-dc.xsd "$WORK/xsd/simpledc20021212.xsd"
cp tests/data/xsd/xml-attributes.xsd "$WORK/xsd/xml.xsd"
cp "$DATA/preservation/xsd/mets1/xlink.xsd" "$DATA/protocols/oai/xsd/oai_dc.xsd" "$WORK/xsd/" 2>/dev/null
[ -n "${SCHEMAS:-}" ] && cp -n "$SCHEMAS"/*.xsd "$WORK/xsd/"
export XML_CATALOG_FILES=$WORK/xsd/catalog.xml

# valid SCHEMA FORMAT: each document in a file of its own; an address is what the record says, so that one with a character that
# an address may not have is no fault of the rules.
valid() {
    local schema=$WORK/xsd/$1 format=$2
    mkdir -p "$WORK/$format"
    split -l 1 -a 5 -d "$WORK/$format.out" "$WORK/$format/" || return 1
    find "$WORK/$format" -type f -print0 | sort -z | xargs -0 xmllint --nonet --noout --schema "$schema" 2>"$WORK/$format.errors"
    grep -vE ' validates$|fails to validate$' "$WORK/$format.errors" | grep -v "is not a valid value of the atomic type 'xs:anyURI'" | head -n 20 >"$WORK/$format.faults"
    cat "$WORK/$format.faults"
    [ ! -s "$WORK/$format.faults" ] && [ "$(grep -cE ' (validates|fails to validate)$' "$WORK/$format.errors")" = "$(wc -l <"$WORK/$format.out")" ]
}

well_formed() {
    { echo '<all>'; cat "$1"; echo '</all>'; } | xmllint --nonet --noout --huge -
}

"$CONVERT" mods "$WORK/records.mrc" >"$WORK/mods.out" 2>"$WORK/unreadable"
COUNT=$(wc -l <"$WORK/mods.out")
is "there are records to convert" "$((COUNT > 100))" 1
while read -r format schema; do
    ok "$format makes a document of each record" "$CONVERT" "$format" "$WORK/records.mrc" 2>/dev/null
    "$CONVERT" "$format" "$WORK/records.mrc" >"$WORK/$format.out" 2>/dev/null
    is "$format: one document a record" "$(wc -l <"$WORK/$format.out")" "$COUNT"
    ok "$format is well-formed" well_formed "$WORK/$format.out"
    if [ "$schema" = - ]; then
        continue
    elif [ -e "$WORK/xsd/$schema" ]; then
        ok "$format is valid against $schema: $COUNT documents" valid "$schema" "$format"
    else
        skip "$format: no $schema (SCHEMAS)"
    fi
done <<'FORMATS'
mods mods-3-7.xsd
dc oai_dc.xsd
mads mads-2-0.xsd
dcterms qualifieddc.xsd
bibframe -
FORMATS

for format in schema_org folio bibliographic; do
    "$CONVERT" "$format" "$WORK/records.mrc" >"$WORK/$format.out" 2>/dev/null
    ok "$format is JSON with what it must have: $COUNT documents" "$PYTHON" tests/crosswalk/check_json.py "$format" "$COUNT" "$WORK/$format.out"
done
"$CONVERT" --as jsonld bibframe "$WORK/records.mrc" >"$WORK/jsonld.out" 2>/dev/null
ok "BIBFRAME in JSON-LD is JSON with what it must have: $COUNT documents" "$PYTHON" tests/crosswalk/check_json.py jsonld "$COUNT" "$WORK/jsonld.out"
if "$PYTHON" -c 'import rdflib' 2>/dev/null; then
    ok "BIBFRAME has the same statements in RDF/XML and JSON-LD" "$PYTHON" tests/crosswalk/same_statements.py "$WORK/bibframe.out" "$WORK/jsonld.out" 60
else
    skip "no python3-rdflib: statements of RDF/XML and JSON-LD are not compared"
fi
done_testing
