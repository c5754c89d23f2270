# shellcheck shell=bash
# One ISBN among SEARCH_RECORDS records by a GIN index, warm, beside the sequential scan.

search_jobs() {
    local have warm scan isbn=9780306406157
    if [ "$(sql -c "SELECT count(*) FROM pg_opclass WHERE opcname = 'marc_gin_ops'")" = 0 ]; then
        skipped 'search of one ISBN' 'the extension has no operator class marc_gin_ops'
        return
    fi
    # The records repeat; each gets an ISBN of its own, so that the index is as large as a library's.
    sql -c 'CREATE TABLE many (id bigint, m marc COMPRESSION lz4)' \
        -c 'CREATE TABLE few (id bigint, m marc COMPRESSION lz4)' \
        -c "INSERT INTO few SELECT ord, record FROM marc_split(pg_read_binary_file('$INPUT/once.mrc'))" \
        -c "INSERT INTO many SELECT n, marc_add(m, '020', ' ', ' ', 'a', CASE n WHEN $SEARCH_RECORDS / 2 THEN '$isbn' ELSE (9790000000000 + n)::text END)
            FROM generate_series(1, $SEARCH_RECORDS) AS n, few WHERE few.id = 1 + n % (SELECT count(*) FROM few)" \
        -c "SET maintenance_work_mem = '1GB'" -c 'CREATE INDEX many_gin ON many USING gin (m marc_gin_ops)' -c 'VACUUM ANALYZE many' || return 1
    have=$(sql -c "SELECT count(*) FROM many WHERE m @> '020\$a=$isbn'")
    [ "$have" = 1 ] || { skipped 'search of one ISBN' "$have records found where there is one"; MISSED=$((MISSED + 1)); return; }
    warm=$(execution_time 'SET enable_seqscan = off')
    scan=$(execution_time 'SET enable_bitmapscan = off')
    fact "one ISBN in $SEARCH_RECORDS records: GIN, warm (aim: under 1 ms)" "$warm ms; sequential scan $scan ms"
    awk -v t="$warm" 'BEGIN { exit !(t < 1) }' || MISSED=$((MISSED + 1))
    fact 'size of the index; of the table' "$(sql -c "SELECT pg_size_pretty(pg_relation_size('many_gin')) || '; ' || pg_size_pretty(pg_total_relation_size('many'))")"
}

# execution_time SETTING: milliseconds of the search in its fourth run, planning included.
execution_time() {
    local query="SELECT id FROM many WHERE m @> '020\$a=9780306406157'"
    sql -c "$1" -c "$query" -c "$query" -c "$query" -c "EXPLAIN (ANALYZE, TIMING off, COSTS off) $query" | awk '/Planning Time|Execution Time/ { t += $3 } END { print t }'
}
