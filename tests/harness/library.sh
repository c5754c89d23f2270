# shellcheck shell=bash
# A library for the demo, the tests and the benchmarks: a Koha database in MariaDB, an Evergreen database and the preservation
# database in PostgreSQL, the grants as the adapters' READMEs give them, and what staff do in both systems. Needs servers.sh.
#
#   library_start RECORDS [FILE]   servers and both databases, RECORDS bibliographic records each (from FILE, ISO 2709, if given);
#                                  EVERGREEN_SERVER=ils puts Evergreen on a PostgreSQL server of its own
#   library_connect                preservation database, both sources, one target; nothing runs yet
#   ea …                           the program, connected to the preservation database
#   daemon_start, daemon_stop, daemon_kill; settled: everything has arrived and is mapped; delivered: … and is verified

LIBRARY_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
EVERARCHIVE=${EVERARCHIVE:-$LIBRARY_ROOT/build/release/replicator/everarchive}
EVERGREEN_SERVER=${EVERGREEN_SERVER:-pg}
# A word that must never be seen in a process list, a log or a table.
LIBRARY_SECRET=s3cret-$RANDOM$RANDOM

library_start() {
    local records=$1 from=()
    [ -n "${2:-}" ] && from=(--from "$2")
    pg_start pg "fsync = ${LIBRARY_FSYNC:-on}" "max_wal_size = 4GB" "shared_buffers = 512MB" "max_worker_processes = 16" &&
        mariadb_start koha || return 1
    [ "$EVERGREEN_SERVER" = pg ] || pg_start "$EVERGREEN_SERVER" "fsync = ${LIBRARY_FSYNC:-on}" "max_wal_size = 4GB" "shared_buffers = 512MB" || return 1
    PRESERVATION="host=$HARNESS_DIR/sockets port=${PG_PORT[pg]} user=postgres dbname=preservation"
    mkdir "$HARNESS_DIR/records" "$HARNESS_DIR/archive"
    python3 "$LIBRARY_ROOT/tests/harness/make_records.py" --count "$records" --seed "${LIBRARY_SEED:-7}" "${from[@]}" \
        --out "$HARNESS_DIR/records" || return 1
    koha_start && evergreen_start
}

koha_start() {
    mariadb_root koha -e 'CREATE DATABASE koha DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci'
    mariadb_root koha koha <"$LIBRARY_ROOT/tests/harness/koha_schema.sql" &&
        (cd "$HARNESS_DIR/records/koha" && mariadb_root koha koha <load.sql) || return 1
    koha_grants | mariadb_root koha || return 1
    (
        umask 077
        printf '%s\n' '[koha]' host=127.0.0.1 "port=${MARIADB_PORT[koha]}" user=everarchive "password=$LIBRARY_SECRET" database=koha \
            >"$HARNESS_DIR/my.cnf"
    )
    KOHA_ORIGIN="mariadb:defaults-group=koha,defaults-file=$HARNESS_DIR/my.cnf"
}

# The SQL blocks of the adapters' READMEs, so that what is documented is what is tested.
mariadb_grants() { # mariadb_grants ADAPTER
    sed -n '/^CREATE USER/,/^```/p' "$LIBRARY_ROOT/adapters/$1/README.md" | sed '$d' | sed "s/192.0.2.10/127.0.0.1/; s/IDENTIFIED BY '…'/IDENTIFIED BY '$LIBRARY_SECRET'/"
}
adapter_grants() { # adapter_grants ADAPTER, on PostgreSQL
    sed -n '/^```sql grants/,/^```/p' "$LIBRARY_ROOT/adapters/$1/README.md" | grep -v '^```'
}
koha_grants() { mariadb_grants koha; }
evergreen_grants() { adapter_grants evergreen; }

evergreen_start() {
    pg "$EVERGREEN_SERVER" postgres -c 'CREATE DATABASE evergreen'
    evergreen -f "$LIBRARY_ROOT/tests/harness/evergreen_schema.sql" >/dev/null &&
        (cd "$HARNESS_DIR/records/evergreen" && evergreen -f load.sql >/dev/null) || return 1
    evergreen <<SQL
CREATE ROLE everarchive_capture LOGIN REPLICATION PASSWORD '$LIBRARY_SECRET';
$(evergreen_grants)
SQL
    (
        umask 077
        printf '%s\n' '[evergreen]' host=127.0.0.1 "port=${PG_PORT[$EVERGREEN_SERVER]}" dbname=evergreen user=everarchive_capture '' \
            '[preservation]' host=127.0.0.1 "port=${PG_PORT[pg]}" dbname=preservation user=everarchive_daemon >"$HARNESS_DIR/pg_service.conf"
        printf '%s\n' "127.0.0.1:*:*:*:$LIBRARY_SECRET" >"$HARNESS_DIR/pgpass"
    )
    export PGSERVICEFILE=$HARNESS_DIR/pg_service.conf PGPASSFILE=$HARNESS_DIR/pgpass
    EVERGREEN_ORIGIN=postgresql:service=evergreen
}

ea() { "$EVERARCHIVE" --database service=preservation "$@"; }

preservation_start() {
    pg pg postgres -c 'CREATE DATABASE preservation'
    "$EVERARCHIVE" --database "$PRESERVATION" init || return 1
    pg pg preservation <<SQL
CREATE ROLE everarchive_daemon LOGIN PASSWORD '$LIBRARY_SECRET';
GRANT everarchive_replicator, everarchive_operator TO everarchive_daemon;
GRANT CREATE ON DATABASE preservation TO everarchive_operator;
SQL
}

library_connect() {
    preservation_start &&
        ea source add koha_main --adapter koha --from "$KOHA_ORIGIN" &&
        ea source add evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN" &&
        ea target add vault "dir:$HARNESS_DIR/archive" --segment-seconds "${LIBRARY_SEGMENT_SECONDS:-1}"
}

daemon_start() {
    # Not through ea: a function in the background is a shell of its own, and its pid is not the program's.
    "$EVERARCHIVE" --database service=preservation run "$@" >>"$HARNESS_DIR/log/everarchive.out" 2>>"$HARNESS_DIR/log/everarchive.log" &
    DAEMON_PID=$!
}
daemon_stop() { kill -TERM "$DAEMON_PID" 2>/dev/null && wait "$DAEMON_PID"; }
daemon_kill() {
    kill -9 "$DAEMON_PID" 2>/dev/null
    wait "$DAEMON_PID" 2>/dev/null
    return 0
}
before_harness_end() {
    [ -n "${DAEMON_PID:-}" ] && [ "$HARNESS_KEEP" != yes ] && daemon_kill
    return 0
}

preservation() { pg pg preservation -At "$@"; }
koha() { mariadb_root koha koha "$@"; }
evergreen() { pg "$EVERGREEN_SERVER" evergreen "$@"; }

# The position of a marker that was committed in each source after the work: once it has arrived, everything before it has.
settled() {
    local marker=$RANDOM$RANDOM
    koha -e "UPDATE biblio SET notes = 'marker $marker' WHERE biblionumber = (SELECT * FROM (SELECT min(biblionumber) FROM biblio) x)"
    evergreen -c "UPDATE biblio.record_entry SET tcn_source = 'm$marker' WHERE id = (SELECT min(id) FROM biblio.record_entry WHERE id > 0)"
    wait_for "${1:-120}" arrived "$marker" && wait_for "${1:-120}" mapped
}
arrived() { # not from a first copy that is under way: its keys are touched when it is complete
    [ "$(preservation -c "SELECT count(*) FROM everarchive.source WHERE name IN ('koha_main', 'evergreen') AND state IN ('new', 'snapshot')" 2>/dev/null)" = 0 ] &&
    [ "$(preservation -c "SELECT (SELECT count(*) FROM koha_main.biblio WHERE notes = 'marker $1') + (SELECT count(*) FROM evergreen.biblio_record_entry WHERE tcn_source = 'm$1')" 2>/dev/null)" = 2 ]
}
mapped() { [ "$(preservation -c 'SELECT NOT EXISTS (SELECT FROM everarchive.touched)' 2>/dev/null)" = t ]; }
delivered() {
    settled "${1:-120}" && wait_for "${1:-120}" all_verified
}
all_verified() {
    [ "$(preservation -c "SELECT count(*) FROM everarchive.submission WHERE state NOT IN ('verified', 'anchored')" 2>/dev/null)" = 0 ]
}

# ---- what staff do -------------------------------------------------------------------------------------------------

# Koha saves a record: biblio, biblioitems and biblio_metadata, each a transaction of its own.
koha_note() { # koha_note BIBLIONUMBER TEXT
    koha -e "UPDATE biblio SET copyrightdate = copyrightdate WHERE biblionumber = $1;
        UPDATE biblio_metadata SET metadata = REPLACE(metadata, '</record>', '  <datafield tag=\"500\" ind1=\" \" ind2=\" \">\n    <subfield code=\"a\">$2</subfield>\n  </datafield>\n</record>') WHERE biblionumber = $1"
}
# DelBiblio of C4::Biblio: many transactions, the metadata before the biblio, the items refused beforehand.
koha_delete() {
    koha -e "INSERT INTO deleteditems SELECT * FROM items WHERE biblionumber = $1;
        DELETE FROM items WHERE biblionumber = $1;
        INSERT INTO deletedbiblioitems SELECT * FROM biblioitems WHERE biblionumber = $1;
        DELETE FROM biblioitems WHERE biblionumber = $1;
        INSERT INTO deletedbiblio SELECT * FROM biblio WHERE biblionumber = $1;
        START TRANSACTION;
        INSERT INTO deletedbiblio_metadata SELECT * FROM biblio_metadata WHERE biblionumber = $1;
        DELETE FROM biblio_metadata WHERE biblionumber = $1;
        COMMIT;
        DELETE FROM biblio WHERE biblionumber = $1"
}
# One DELETE; the engine removes metadata and items by their foreign keys, and the binary log says nothing of it.
koha_delete_cascade() { koha -e "DELETE FROM biblio WHERE biblionumber = $1"; }

evergreen_note() { # evergreen_note ID TEXT
    evergreen -c "UPDATE biblio.record_entry SET marc = replace(marc, '</record>', '<datafield tag=\"500\" ind1=\" \" ind2=\" \"><subfield code=\"a\">$2</subfield></datafield></record>'), edit_date = now() WHERE id = $1"
}
# The rule turns it into an UPDATE that sets deleted.
evergreen_delete() { evergreen -c "DELETE FROM biblio.record_entry WHERE id = $1"; }
