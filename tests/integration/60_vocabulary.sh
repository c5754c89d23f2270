#!/usr/bin/env bash
# everarchive import-vocabulary: SKOS, N-Triples and CSV become mappings, bad lines are told, a load is replaced as a whole. And
# authorities of real systems: Koha's $9 and Evergreen's $0 find the captured authority record, a changed one finds its bibs.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/tap.sh
source tests/harness/examples.sh

harness_begin vocabulary
LIBRARY_FSYNC=off
library_start 8 && library_connect >/dev/null || exit 1
DATA=tests/data/vocabulary
heading_in() { preservation -c "SELECT string_agg(coalesce(term, '?') || ' ' || relation || ' ' || origin, ', ') FROM everarchive.map_heading('$1', '$2', '$3')"; }
loads() { preservation -c "SELECT string_agg(name || ' ' || terms || ' ' || maps, ', ' ORDER BY name) FROM report.vocabularies"; }

# --- vocabularies -----------------------------------------------------------------------------------------------------

is "RDF/XML: terms and mappings" "$(ea import-vocabulary $DATA/lcsh.rdf --vocabulary-version 2026-11)" "lcsh: 10 terms, 7 mappings; 0 left out"
is "and what it is of" "$(preservation -c "SELECT format, version, file, sha256 = '$(sha256sum <$DATA/lcsh.rdf | cut -d' ' -f1)' FROM report.vocabularies")" "skos-xml|2026-11|lcsh.rdf|t"
gzip -c $DATA/fast.nt >"$HARNESS_DIR/fast.nt.gz"
output=$(ea import-vocabulary "$HARNESS_DIR/fast.nt.gz" 2>"$HARNESS_DIR/problems")
is "N-Triples, packed: good lines are taken, two bad ones left out" "$output" "fast: 9 terms, 4 mappings; 2 left out"
is "each with its number and what is wrong" "$(cat "$HARNESS_DIR/problems")" 'fast.nt.gz line 17: expected " at the end of a literal at byte 90
fast.nt.gz line 18: expected a character that an IRI may hold at byte 31'
is "CSV" "$(ea import-vocabulary $DATA/mesh.csv)" "mesh: 0 terms, 4 mappings; 0 left out"
is "a list of the site's own" "$(ea import-vocabulary $DATA/own.csv --name site)" "site: 0 terms, 3 mappings; 0 left out"
is "all are in the report" "$(loads)" "fast 9 4, lcsh 10 7, mesh 0 4, site 0 3"

is "LCSH to FAST, said by both" "$(heading_in lcsh Water-supply fast)" "Water-supply exact fast"
is "a concept of which only the other load has the label" "$(heading_in lcsh 'Geology, Stratigraphic' fast)" "Geology, Stratigraphic exact fast"
is "FAST to LCSH; http and https are the same" "$(heading_in fast 'COVID-19 (Disease)' lcsh)" "COVID-19 (Disease) exact lcsh"
is "LCSH to MeSH" "$(heading_in lcsh 'Public health.' mesh)" "Public Health exact mesh"
is "a label that is not preferred" "$(heading_in lcsh 'Geognosy' local)" "Earth science close site"
is "what nobody knows the scheme of is kept by its address" "$(heading_in lcsh 'Public health' http://vocabulary.example.org/topics/)" "? broad lcsh"
is "a record" "$(preservation -c "SELECT s.heading, s.part, s.term, s.relation FROM everarchive.map_subjects(E'=LDR  00000nam a2200000 a 4500\n=650  \\\\0\$aWater-supply\$zUnited States\$xHistory\$vPeriodicals.\n=650  \\\\0\$aFire.', 'fast') s")" \
    'Water-supply--United States--History--Periodicals|Water-supply|Water-supply|exact
Water-supply--United States--History--Periodicals|United States|United States|exact
Water-supply--United States--History--Periodicals|History||
Water-supply--United States--History--Periodicals|Periodicals||
Fire|Fire||'

# --- loads are replaced as a whole ----------------------------------------------------------------------------------------

is "the same file again changes nothing" "$(ea import-vocabulary $DATA/own.csv --name site)" "site is loaded from this file already"
refused=$(ea import-vocabulary $DATA/own.csv --name site --scheme another 2>&1)
is "nor does it with another scheme: that is another load" $? 3
like "which takes --replace" "$refused" 'hint: Give --replace'
sed 's/Water, drinking/Aqua/; /Geology/d' $DATA/own.csv >"$HARNESS_DIR/own.csv"
output=$(ea import-vocabulary "$HARNESS_DIR/own.csv" --name site 2>&1)
is "another one of the name is refused" $? 3
like "with what to do" "$output" 'there is a vocabulary "site" already, of own\.csv.*'
like "namely" "$output" 'hint: Give --replace'
is "nothing of it stays" "$(heading_in lcsh Water-supply local)" "Water, drinking exact site"
is "replaced" "$(ea import-vocabulary "$HARNESS_DIR/own.csv" --name site --replace)" "site: 0 terms, 2 mappings; 0 left out"
is "old mappings are gone" "$(heading_in lcsh Water-supply local), $(heading_in lcsh Geology local)" "Aqua exact site, "

# --- what cannot be loaded ----------------------------------------------------------------------------------------------

refused() { # refused WHAT STATUS REGEX FILE [OPTION…]
    local what=$1 status=$2 regex=$3 output
    shift 3
    output=$(ea import-vocabulary "$@" 2>&1)
    is "refused: $what" $? "$status"
    like "and says why: $what" "$(tr '\n' ' ' <<<"$output")" "$regex"
}
printf '<http://list.example/1> <http://www.w3.org/2004/02/skos/core#prefLabel> "Dogs" .\n' >"$HARNESS_DIR/list.nt"
refused "a file that is not there" 1 'cannot read .*nowhere\.nt.*hint: ' "$HARNESS_DIR/nowhere.nt"
refused "a name without an ending that is known" 1 'hint:.*|--format' tests/data/vocabulary/README.md
refused "an option that is none" 1 'format' "$HARNESS_DIR/list.nt" --format turtle
refused "a list of which nobody knows the scheme" 1 'such as http://list\.example/1.*hint: .*--scheme' "$HARNESS_DIR/list.nt"
refused "a file that is not XML" 6 'line 1.*hint: ' "$HARNESS_DIR/list.nt" --format skos-xml
refused "more bad lines than allowed" 6 'more than 1 bad lines.*hint: .*--max-bad' $DATA/fast.nt --name other --max-bad 1
refused "a table without the columns" 6 'does not name columns' $DATA/lcsh.rdf --format csv --name other
printf 'from_scheme,from_term,to_scheme,to_term\nlcsh,"A,fast,A\nlcsh,B,fast,B\n' >"$HARNESS_DIR/quote.csv"
refused "a quotation mark that would take the rest of the file with it" 6 'line 2: a field in quotes.*Nothing was loaded' "$HARNESS_DIR/quote.csv"
head -c 300 "$HARNESS_DIR/fast.nt.gz" >"$HARNESS_DIR/half.nt.gz"
refused "half of a packed file" 6 'cannot be unpacked.*Nothing was loaded' "$HARNESS_DIR/half.nt.gz"
printf '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>' >"$HARNESS_DIR/entity.rdf"
refused "a document type, which may declare entities" 6 'document type' "$HARNESS_DIR/entity.rdf"
printf '# nothing\n' >"$HARNESS_DIR/nothing.nt"
refused "a file that says nothing" 1 'no terms and no mappings' "$HARNESS_DIR/nothing.nt"
is "a list with a scheme is taken" "$(ea import-vocabulary "$HARNESS_DIR/list.nt" --scheme local)" "list: 1 terms, 0 mappings; 0 left out"
is "nothing of what was refused is there" "$(loads)" "fast 9 4, lcsh 10 7, list 1 0, mesh 0 4, site 0 2"

# Memory does not grow with the file: 400,000 statements of 40 MB under a limit far below what holding them would take.
python3 -c '
for i in range(200000):
    print(f"<http://id.example/{i}> <http://www.w3.org/2004/02/skos/core#prefLabel> \"Term {i}\"@en .")
    print(f"<http://id.example/{i}> <http://www.w3.org/2004/02/skos/core#exactMatch> <http://id.worldcat.org/fast/{i}> .")' >"$HARNESS_DIR/large.nt"
size=$(($(stat -c %s "$HARNESS_DIR/large.nt") / 1024))
output=$(/usr/bin/env python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$EVERARCHIVE" --database service=preservation import-vocabulary "$HARNESS_DIR/large.nt" --scheme large)
is "a large file" "$(head -n 1 <<<"$output")" "large: 200,000 terms, 200,000 mappings; 0 left out"
ok "the program had less memory than the file is long ($(tail -n 1 <<<"$output") KB of $size KB, its libraries included)" [ "$(tail -n 1 <<<"$output")" -lt $((size + 25000)) ]
is "is mapped" "$(heading_in large 'Term 4711' fast)" "? exact large"

# --- authorities ---------------------------------------------------------------------------------------------------------

links() { # links SOURCE BIB
    preservation -c "SELECT heading, authority_source, authority_key, authority_n, matched, problem FROM everarchive.authority_link WHERE source = '$1' AND bib_key = '$2' AND heading LIKE 'Linked%' ORDER BY ord"
}
field() { printf '<datafield tag=\\"650\\" ind1=\\" \\" ind2=\\"0\\"><subfield code=\\"a\\">%s</subfield><subfield code=\\"%s\\">%s</subfield></datafield>' "$1" "$2" "$3"; }
daemon_start
settled # so that the first versions of authority records are older than those of bibs
koha -e "UPDATE biblio_metadata SET metadata = REPLACE(metadata, '</record>', '$(field 'Linked one' 9 1)$(field 'Linked two' 9 4711)</record>') WHERE biblionumber = 3"
evergreen -c "UPDATE biblio.record_entry SET marc = replace(marc, '</record>', '$(field 'Linked one' 0 '(CONS)1' | tr -d '\\')$(field 'Linked two' 0 '(DLC)n000000002' | tr -d '\\')</record>'), edit_date = now() WHERE id = 3"
settled
is "Koha: the \$9 of a heading is the authority's number" "$(links koha_main 3)" "Linked one|koha_main|1|1|record id|
Linked two|||||no captured authority record has this number"
is "Evergreen: (ORGANISATION)id, and a control number" "$(links evergreen 3)" "Linked one|evergreen|1|1|record id|
Linked two|evergreen|2|1|number|"
koha -e "UPDATE auth_header SET marcxml = REPLACE(marcxml, '<subfield code=\"a\">', '<subfield code=\"a\">New ') WHERE authid = 1"
evergreen -c "UPDATE authority.record_entry SET marc = replace(marc, '<subfield code=\"a\">', '<subfield code=\"a\">New ') WHERE id = 2"
settled
is "a changed authority record finds the bibs that it touches" \
    "$(preservation -c "SELECT source, key, n, heading LIKE 'New %', renamed, bibs FROM report.authority_impact ORDER BY source")" \
    "evergreen|2|2|t|t|1
koha_main|1|2|t|t|1"
is "by name" "$(preservation -c "SELECT b.source, b.bib_key, b.tag, b.heading FROM report.authority_impact i, everarchive.bibs_of_authority(i.authority_id) b ORDER BY 1")" \
    "evergreen|3|650|Linked two
koha_main|3|650|Linked one"
is "the link says that there is a newer version than the bib was captured with" \
    "$(preservation -c "SELECT authority_n, authority_n_then FROM everarchive.authority_link WHERE source = 'koha_main' AND bib_key = '3' AND heading = 'Linked one'")" "2|1"
koha -e "UPDATE biblio_metadata SET metadata = REPLACE(metadata, '<subfield code=\"9\">1</subfield>', '') WHERE biblionumber = 3"
settled
is "a bib that no longer names it is touched no more" "$(preservation -c "SELECT bibs FROM report.authority_impact WHERE source = 'koha_main'")" 0
daemon_stop

# --- docs/subjects.md -------------------------------------------------------------------------------------------------------

# Its loads are those above, but for the names.
preservation -c "SELECT everarchive.vocabulary_remove(name) FROM (SELECT name FROM report.vocabularies WHERE name <> ALL ('{lcsh,fast,mesh}')) v" >/dev/null
ea import-vocabulary $DATA/own.csv --name ours >/dev/null
run() {
    local block=$1
    shift
    psql -X -v ON_ERROR_STOP=1 -h "$HARNESS_DIR/sockets" -p "${PG_PORT[pg]}" -U postgres -d preservation "$@" <"$block" 2>&1
}
run_examples docs/subjects.md "$HARNESS_DIR/blocks" "$(preservation -c "SELECT current_setting('server_version_num')::integer / 10000")"
done_testing
