# shellcheck shell=bash
# Would a zstd dictionary be worth it? marc_dictionary.cpp measures sizes and times in the library; here the rows, and what they
# would come to in SQL. The aim is of access: at least half as fast as with what PostgreSQL compresses with.

dictionary_jobs() {
    local program folder=$INPUT/dictionary peer aim
    program=$(dirname "$MARC_JOBS")/marc_dictionary
    if [ "$MARC_JOBS" = "$BUILD/tests/bench/marc_jobs" ]; then
        cmake --build "$BUILD" --target marc_dictionary >"$HARNESS_DIR/log/build-dictionary" 2>&1
    fi
    [ -x "$program" ] || { skipped dictionary 'marc_dictionary is not built: libzstd-dev or liblz4-dev is not installed'; return; }
    mkdir -m 755 "$folder"
    zcat "$EVERARCHIVE_SHARED/data/marc/gpo/gpo-3000-marc8.mrc.gz" >"$folder/marc8.mrc" || return 1
    # Not the repeated records: each is tested once, and none that the dictionary was trained on.
    FIGURES=$("$program" "$folder" "$ROUNDS" "$INPUT/once.mrc" "$folder/marc8.mrc") || return 1
    chmod 644 "$folder"/*
    TESTED=$(figure 'records' 2)
    fact 'records: trained on; tested; of these over 1,996 bytes' "$(figure records 1); $TESTED; $(figure records 3)"

    for peer in plain lz4 pglz zstd dictionary; do
        [ -n "$(figure "size $peer" 1)" ] || { skipped "$peer" 'libpgcommon.a of postgresql-server-dev is not there'; continue; }
        size_row "bytes: stored, $peer; ISO 2709" - "$(figure "size $peer" 1)" "$(figure 'size ISO2709' 1)"
    done
    # TOAST leaves rows up to 2,032 bytes as they are: values over 1,996 bytes beside a bigint are what it compresses. A dictionary
    # saves in short records too, so that it would be used for all: the first row of lz4 and of pglz is the one that decides.
    for peer in lz4 pglz zstd; do
        [ -n "$(figure "size $peer" 1)" ] || continue
        aim=0.5x && [ $peer = zstd ] && aim=-
        compare_figures "245\$a: all by dictionary; over 1,996 bytes by $peer" $aim read all "$peer" toast
        compare_figures "245\$a: all by dictionary; all by $peer" $aim read all "$peer" all
        size_row "bytes: over 1,996 by dictionary, others plain; the same by $peer" - "$(bytes_in_toast dictionary)" "$(bytes_in_toast "$peer")"
        compare_figures "245\$a: over 1,996 bytes by dictionary; the same by $peer" $aim read toast "$peer" toast
        compare_figures "245\$a, only records over 1,996 bytes: dictionary; $peer" $aim read long "$peer" long
        compare_figures "compress each record: dictionary; $peer" - pack all "$peer" all
    done
    dictionary_in_sql "$folder"
}

# figure START COLUMN: the nth word behind this start of a line of marc_dictionary.
figure() { awk -v start="$1 " -v n="$2" 'index($0, start) == 1 { split(substr($0, length(start) + 1), word, " "); print word[n] }' <<<"$FIGURES"; }

# bytes_in_toast METHOD: of all records, when only those that TOAST would compress are compressed.
bytes_in_toast() { echo $(($(figure 'size plain' 1) - $(figure 'size plain' 2) + $(figure "size $1" 2))); }

# compare_figures JOB AIM read|pack SCOPE PEER SCOPE_OF_PEER
compare_figures() {
    row "$1" "$2" "$(figure "seconds $3 dictionary $4" 2)" "$(figure "seconds $3 dictionary $4" 1)" \
        "$(figure "seconds $3 $5 $6" 2)" "$(figure "seconds $3 $5 $6" 1)"
}

# The compressed records lie in a bytea column, so that pages, rows and TOAST are what they would be. Reading them from there is
# measured, and so is ->> on records so small that nothing else counts; decompressing comes from the library.
dictionary_in_sql() {
    local compression copies rows all_bytes tiny_bytes tiny library estimate others
    copies=$(((RECORDS + TESTED - 1) / TESTED))
    rows=$((TESTED * copies))
    # Not compressed in here: PostgreSQL copies a compressed value as it is, also into a column of another compression.
    sql -c 'CREATE TABLE tested (id bigint, m marc)' -c 'ALTER TABLE tested ALTER m SET STORAGE external' \
        -c "INSERT INTO tested SELECT ord, record FROM marc_split(pg_read_binary_file('$1/tested.mrc'))" \
        -c 'CREATE TABLE packed (b bytea)' -c 'ALTER TABLE packed ALTER b SET STORAGE external' \
        -c "COPY packed FROM '$1/dictionary.copy' (FORMAT binary)" \
        -c 'CREATE TABLE in_dictionary (id bigint, b bytea)' -c 'ALTER TABLE in_dictionary ALTER b SET STORAGE external' \
        -c "INSERT INTO in_dictionary SELECT n, b FROM generate_series(1, $copies) AS n, packed" \
        -c "CREATE TABLE tiny (id bigint, m marc)" \
        -c "INSERT INTO tiny SELECT n, marc_add(marc_new(), '245', '0', '0', 'a', coalesce(m ->> '245\$a', '')) FROM generate_series(1, $copies) AS n, tested" \
        -c 'CREATE TABLE tiny_bytes AS SELECT id, marc_send(m) AS b FROM tiny' || return 1
    for compression in lz4 pglz; do
        sql -c "CREATE TABLE in_$compression (id bigint, m marc COMPRESSION $compression)" \
            -c "INSERT INTO in_$compression SELECT n, m FROM generate_series(1, $copies) AS n, tested" || return 1
    done
    sql -c 'VACUUM ANALYZE' || return 1
    others=$(sql -c "SELECT count(*) FROM in_lz4 WHERE pg_column_compression(m) <> 'lz4'" -c "SELECT count(*) FROM in_pglz WHERE pg_column_compression(m) <> 'pglz'")
    [ "$others $(sql -c 'SELECT count(*) FROM in_lz4')" = $'0\n0'" $rows" ] || { echo "not $rows records in SQL, or compressed otherwise"; return 1; }

    all_bytes=$(median_cpu 'SELECT count(get_byte(b, 0)) FROM in_dictionary')
    tiny_bytes=$(median_cpu 'SELECT count(get_byte(b, 0)) FROM tiny_bytes')
    tiny=$(median_cpu "SELECT count(m ->> '245\$a') FROM tiny")
    library=$(figure 'seconds read dictionary all' 1)
    estimate=$(awk -v a="$all_bytes" -v b="$tiny_bytes" -v c="$tiny" -v l="$library" -v n="$copies" 'BEGIN { print c + a - b + n * l }')
    for compression in lz4 pglz; do
        row "m ->> '245\$a' in SQL: dictionary, estimated; $compression" 0.5x "$rows" "$estimate" \
            "$rows" "$(median_cpu "SELECT count(m ->> '245\$a') FROM in_$compression")"
        size_row "on disk: dictionary; $compression" - "$(size_of in_dictionary)" "$(size_of in_$compression)"
    done
}

# median_cpu QUERY: seconds
median_cpu() {
    local round seconds=()
    for ((round = 0; round < ROUNDS; round++)); do seconds+=("$(backend_cpu "$1")"); done
    median "${seconds[@]}"
}
