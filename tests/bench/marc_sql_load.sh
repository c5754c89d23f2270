# shellcheck shell=bash
# COPY into a marc column beside COPY of the same bytes into bytea and text, and what the tables take on disk.

load_jobs() {
    local compression file=$INPUT/load
    mkdir -m 777 "$file"
    sql -c 'CREATE TABLE source (m marc)' \
        -c "INSERT INTO source SELECT record FROM marc_split(pg_read_binary_file('$INPUT/bib.mrc'))" \
        -c "COPY source TO '$file/marc.binary' (FORMAT binary)" \
        -c "COPY (SELECT marc_to_xml(m, 'replace') FROM source) TO '$file/xml.text'" \
        -c "COPY (SELECT m FROM source) TO '$file/mrk.text'" || return 1
    ours() { backend_cpu 'TRUNCATE into_marc' "COPY into_marc FROM $FROM"; }
    peer() { backend_cpu "TRUNCATE into_$PEER" "COPY into_$PEER FROM $FROM"; }
    for compression in lz4 pglz; do
        sql -c "CREATE TABLE into_marc (m marc COMPRESSION $compression)" -c "CREATE TABLE into_bytea (b bytea COMPRESSION $compression)" \
            -c "CREATE TABLE into_text (x text COMPRESSION $compression)" || return 1
        # The binary form of a marc value is sent as it is, so that the same file is one of bytea.
        FROM="'$file/marc.binary' (FORMAT binary)" PEER=bytea
        compare "COPY binary into marc; the same bytes into bytea ($compression)" 1.3t "$RECORDS" "$RECORDS" ours peer
        FROM="'$file/xml.text'" PEER=text
        compare "COPY of MARCXML text into marc; into text ($compression)" 1.3t "$RECORDS" "$RECORDS" ours peer
        size_row "on disk: marc; MARCXML as text ($compression)" 1.0t "$(size_of into_marc)" "$(size_of into_text)"
        FROM="'$file/mrk.text'"
        compare "COPY of mnemonic text into marc; into text ($compression)" - "$RECORDS" "$RECORDS" ours peer
        sql -c 'DROP TABLE into_marc, into_bytea, into_text' || return 1
    done
}

size_of() { sql -c "SELECT pg_total_relation_size('$1')"; }
