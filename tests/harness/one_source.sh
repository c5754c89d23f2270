# shellcheck shell=bash
# A preservation database and one library system beside it, for the tests of one adapter. Needs servers.sh, library.sh, compare.sh,
# tap.sh. The test defines:
#
#   SOURCE                      the source's name, which is its mirror schema's as well
#   mark WORD, marked WORD      commits WORD in the source, in a table that touches no entity; whether the mirror has it
#   source_sum TABLE KEY COLUMN…   one line a row of the source, `key md5` (koha_sum and pg_sum of compare.sh)

# preservation_alone [SETTING…]: a PostgreSQL server with the preservation database, and the service that `ea` uses.
preservation_alone() {
    pg_start pg "fsync = off" "max_wal_size = 4GB" "shared_buffers = 256MB" "max_worker_processes = 16" "$@" || return 1
    PRESERVATION="host=$HARNESS_DIR/sockets port=${PG_PORT[pg]} user=postgres dbname=preservation"
    (
        umask 077
        printf '%s\n' '[preservation]' host=127.0.0.1 "port=${PG_PORT[pg]}" dbname=preservation user=everarchive_daemon >"$HARNESS_DIR/pg_service.conf"
        printf '%s\n' "127.0.0.1:*:*:*:$LIBRARY_SECRET" >"$HARNESS_DIR/pgpass"
    )
    export PGSERVICEFILE=$HARNESS_DIR/pg_service.conf PGPASSFILE=$HARNESS_DIR/pgpass
    preservation_start >"$HARNESS_DIR/log/init" 2>&1 || { cat "$HARNESS_DIR/log/init" >&2; return 1; }
}

# mariadb_library SERVER DATABASE README: the user of the README's grants, and an option file; sets ORIGIN.
mariadb_library() {
    local server=$1 database=$2 readme=$3
    sed -n '/^CREATE USER/,/^```/p' "$readme" | sed '$d' |
        sed "s/192.0.2.10/127.0.0.1/; s/IDENTIFIED BY '…'/IDENTIFIED BY '$LIBRARY_SECRET'/" | mariadb_root "$server" || return 1
    (
        umask 077
        printf '%s\n' "[$database]" host=127.0.0.1 "port=${MARIADB_PORT[$server]}" user=everarchive "password=$LIBRARY_SECRET" \
            "database=$database" >"$HARNESS_DIR/my.cnf"
    )
    ORIGIN="mariadb:defaults-group=$database,defaults-file=$HARNESS_DIR/my.cnf"
}

# all_arrived [SECONDS]: what was committed before is in the mirror and mapped.
all_arrived() {
    local word=m$RANDOM$RANDOM
    # While the first copy goes on, the mirror may show the word before all other tables are there.
    mark "$word" >/dev/null && wait_for "${1:-120}" copied && wait_for "${1:-120}" marked "$word" && wait_for "${1:-120}" mapped
}
copied() { [ "$(preservation -c "SELECT s.state || (p.position IS NOT NULL) FROM everarchive.source s JOIN everarchive.source_progress p USING (source_id) WHERE s.name = '$SOURCE'" 2>/dev/null)" = streamingtrue ]; }

of_entity() { preservation -c "SELECT $3 FROM everarchive.entity e JOIN everarchive.source s USING (source_id) JOIN everarchive.version v USING (entity_id, n) WHERE (s.name, e.kind, e.key) = ('$SOURCE', '$1', '$2')"; }
versions() { preservation -c "SELECT count(*) FROM everarchive.version v JOIN everarchive.entity e USING (entity_id) JOIN everarchive.source s USING (source_id) WHERE (s.name, e.kind, e.key) = ('$SOURCE', '$1', '$2')"; }
dead() { of_entity "$1" "$2" e.deleted; }
attribute() { of_entity "$1" "$2" "e.attributes ->> '$3'"; }
captured() { of_entity "$1" "$2" "convert_from(v.captured, 'UTF8')"; }
all_versions() { preservation -c 'SELECT count(*) FROM everarchive.version'; }
alive() { preservation -c "SELECT count(*) FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE (s.name, e.kind) = ('$SOURCE', '$1') AND NOT e.deleted ${2:+AND $2}"; }
open_cases() { preservation -c "SELECT coalesce(string_agg(stage || ' ' || coalesce(table_name, kind) || ' ' || key, ', ' ORDER BY stage, key), '') FROM everarchive.quarantine WHERE resolved_at IS NULL"; }

# compare_rows TABLE MIRROR_TABLE KEY COLUMN…
compare_rows() {
    local table=$1 mirror=$2
    shift 2
    source_sum "$table" "$@" >"$HARNESS_DIR/source.sum"
    pg_sum preservation "$SOURCE.$mirror" "$@" >"$HARNESS_DIR/mirror.sum"
    ok "$table in the mirror equals the source ($(wc -l <"$HARNESS_DIR/source.sum") rows)" same_rows "$HARNESS_DIR/source.sum" "$HARNESS_DIR/mirror.sum"
}

# entities_are_mapped: what the entities are is what the mapping views say of the mirror now, of every kind: the same keys, the same
# bytes. Without jit, as refresh() does: compiling the views takes longer than running them.
entities_are_mapped() {
    local kind keys
    while IFS='|' read -r kind keys; do
        is "what the entities of kind $kind are is what the mapping says" "$(PGOPTIONS='-c jit=off' preservation -c "
            SELECT count(*), min(coalesce(m.key, e.key))
            FROM (SELECT concat_ws(':', $keys) AS key, md5(captured) AS sum, attributes, parent_key, deleted FROM $SOURCE.\"$kind\") m
            FULL JOIN (SELECT e.key, md5(v.captured) AS sum, v.attributes, v.parent_key, v.deleted FROM everarchive.entity e
                       JOIN everarchive.version v USING (entity_id, n) JOIN everarchive.source s USING (source_id)
                       WHERE s.name = '$SOURCE' AND e.kind = '$kind'
                         AND NOT (e.deleted AND everarchive.is_tombstone(e.entity_id, e.n, e.digest))) e ON e.key = m.key
            WHERE (m.key IS NULL OR e.key IS NULL OR m.sum IS DISTINCT FROM e.sum OR m.attributes IS DISTINCT FROM e.attributes
                   OR m.parent_key IS DISTINCT FROM e.parent_key OR m.deleted IS DISTINCT FROM e.deleted)")" "0|"
    done < <(preservation -c "SELECT k.kind, (SELECT string_agg('key' || i, ', ') FROM generate_subscripts(k.key_types, 1) i) FROM everarchive.source_kind k JOIN everarchive.source s USING (source_id) WHERE s.name = '$SOURCE'")
}

# no_canary: the word that stands in every column that must not leave the source is nowhere in a dump of the preservation database.
no_canary() {
    "$PG_BIN/pg_dump" -h "$HARNESS_DIR/sockets" -p "${PG_PORT[pg]}" -U postgres preservation >"$HARNESS_DIR/dump.sql" || return 1
    [ -s "$HARNESS_DIR/dump.sql" ] && ! grep -i canary "$HARNESS_DIR/dump.sql"
}
show_log() { tail -n 30 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; }
