# shellcheck shell=bash
# Reading in SQL: one subfield out of each record, and all subfields as rows, beside what people use today.

access_jobs() {
    local compression slow=$((RECORDS < 5000 ? RECORDS : 5000))
    # The slow ones read the first records only; the rates are per record.
    # Each table is filled anew: PostgreSQL copies a compressed value as it is, also into a column of another compression.
    for compression in lz4 pglz; do
        sql -c "CREATE TABLE record_$compression (id bigint, m marc COMPRESSION $compression)" \
            -c "INSERT INTO record_$compression SELECT ord, record FROM marc_split(pg_read_binary_file('$INPUT/bib.mrc'))" || return 1
    done
    sql -c "CREATE TABLE as_text (id bigint, x text COMPRESSION lz4)" \
        -c "INSERT INTO as_text SELECT id, marc_to_xml(m, 'replace') FROM record_lz4 WHERE id <= $slow" \
        -c "CREATE TABLE as_xml (id bigint, x xml)" -c "INSERT INTO as_xml SELECT id, x::xml FROM as_text" \
        -c "CREATE TABLE as_iso (id bigint, b bytea)" -c "INSERT INTO as_iso SELECT id, marc_to_iso2709(m) FROM record_lz4 WHERE id <= $slow" || return 1
    # MARC-in-JSON is the layout of FOLIO's source record storage.
    for compression in lz4 pglz; do
        sql -c "CREATE TABLE as_json_$compression (id bigint, j jsonb COMPRESSION $compression)" \
            -c "INSERT INTO as_json_$compression SELECT id, marc_to_json(m, 'list', 'replace') FROM record_lz4 WHERE id <= 4 * $slow" || return 1
    done
    sql -c 'VACUUM ANALYZE' || return 1
    [ "$(sql -c "SELECT count(*) FROM record_pglz WHERE pg_column_compression(m) = 'lz4'")" = 0 ] || { echo 'record_pglz holds lz4'; return 1; }

    local many=$((RECORDS < 4 * slow ? RECORDS : 4 * slow))
    ours() { backend_cpu "SELECT count(m ->> '245\$a') FROM $OURS"; }
    peer() { backend_cpu "SELECT count($EXPRESSION) FROM $PEER"; }
    local path="'//marc:datafield[@tag=\"245\"]/marc:subfield[@code=\"a\"]/text()'" names="ARRAY[ARRAY['marc', 'http://www.loc.gov/MARC21/slim']]"
    for compression in lz4 pglz; do
        OURS=record_$compression
        PEER=as_text EXPRESSION="(xpath($path, x::xml, $names))[1]"
        compare "m ->> '245\$a' ($compression); xpath() over text" 100x "$RECORDS" "$slow" ours peer
        PEER=as_xml EXPRESSION="(xpath($path, x, $names))[1]"
        compare "m ->> '245\$a' ($compression); xpath() over xml" 40x "$RECORDS" "$slow" ours peer
        PEER=as_json_$compression
        EXPRESSION="jsonb_path_query_first(j, '\$.fields[*].\"245\".subfields[*].a')"
        compare "m ->> '245\$a' ($compression); jsonb path, FOLIO layout" 3x "$RECORDS" "$many" ours peer
    done
    row_jobs "$slow"
}

# All subfields as rows.
row_jobs() {
    local few=$(($1 < 1000 ? $1 : 1000))
    if ! has_extension plperlu || ! perl -MMARC::Record -MMARC::File::XML -e 1 2>/dev/null; then
        skipped 'marc_fields; PL/Perl' 'postgresql-plperl-15, libmarc-record-perl or libmarc-xml-perl is not installed'
        return
    fi
    sql -c 'CREATE EXTENSION plperlu' -f tests/bench/marc_record_perl.sql || return 1
    ours() { backend_cpu "SELECT count(value) FROM record_lz4, marc_fields(m)"; }
    in_list() { backend_cpu "SELECT count((f).value) FROM (SELECT marc_fields(m) AS f FROM record_lz4 OFFSET 0) AS rows"; }
    peer() { backend_cpu "SELECT count(value) FROM $PEER, $FUNCTION WHERE id <= $FEW"; }
    FEW=$few PEER=as_text FUNCTION='perl_fields_of_xml(x)'
    compare 'all subfields by marc_fields; PL/Perl, MARC::Record, MARCXML' 100x "$RECORDS" "$few" ours peer
    PEER=as_iso FUNCTION='perl_fields_of_iso2709(b)'
    compare 'all subfields by marc_fields; PL/Perl, MARC::Record, ISO 2709' 100x "$RECORDS" "$few" ours peer
    compare 'the same, marc_fields in the select list' 100x "$RECORDS" "$few" in_list peer
    # What no set-returning function goes below: as many rows of one number.
    local rows seconds
    rows=$(sql -c "SELECT count(*) / $RECORDS FROM record_lz4, marc_fields(m)")
    seconds=$(backend_cpu "SELECT count(n) FROM record_lz4, generate_series(1, $rows + (id * 0)::int) AS n")
    fact "for comparison: $rows rows a record by generate_series()" "$(awk -v n="$RECORDS" -v t="$seconds" 'BEGIN { printf "%.0f records/s", n / t }')"
}
