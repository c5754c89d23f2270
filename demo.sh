#!/usr/bin/env bash
# The main job on real servers, from nothing: a Koha database in MariaDB and an Evergreen database in PostgreSQL are followed by
# replication into a preservation database, versioned, and written to an OCFL archive that is read back.
#
#   ./demo.sh                 runs and cleans up
#   ./demo.sh --keep          leaves everything running and says how to look around
#   ./demo.sh --records N     N bibliographic records in each system (default 3000)
#   ./demo.sh --from FILE     takes the records of an ISO 2709 file (UTF-8)
#
# Needs Debian 12, root or sudo. Servers listen on loopback only and live in a scratch directory.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
source tests/harness/packages.sh
source tests/harness/servers.sh
source tests/harness/library.sh

RECORDS=3000
FROM=
while [ $# -gt 0 ]; do
    case $1 in
    --keep) KEEP=yes ;;
    --records) RECORDS=$2 && shift ;;
    --from) FROM=$(realpath "$2") && shift ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" && exit 1 ;;
    esac
    shift
done

bold=$([ -t 1 ] && printf '\033[1m')
plain=$([ -t 1 ] && printf '\033[0m')
STEP=0
step() { STEP=$((STEP + 1)) && printf '\n%s%d. %s%s\n' "$bold" "$STEP" "$*" "$plain"; }
tell() { printf '   %s\n' "$*"; }
die() {
    printf '\nThe demo stopped: %s\n' "$*" >&2
    [ -f "${HARNESS_DIR:-}/log/everarchive.log" ] && tail -n 5 "$HARNESS_DIR/log/everarchive.log" >&2
    exit 1
}
show() { pg pg preservation -P border=1 -P footer=off -c "$1" | sed 's/^/   /'; }
# wait_shown SECONDS WHAT CONDITION: waits for an SQL condition and says how long it took.
wait_shown() {
    local from=${EPOCHREALTIME/./} condition=$3
    wait_for "$1" holds "$condition" || die "$2 did not happen within $1 s"
    awk -v t=$((${EPOCHREALTIME/./} - from)) -v what="$2" 'BEGIN { printf "   %s: after %.1f s\n", what, t / 1e6 }'
}
holds() { [ "$(preservation -c "SELECT ($1)")" = t ]; }
state_of() { echo "EXISTS (SELECT 1 FROM report.preservation_status WHERE source = '$1' AND kind = '$2' AND key = '$3' AND n = $4 AND state = 'verified')"; }

printf '%sEverArchive ILS: from a cataloguer'\''s change to a verified archive%s\n' "$bold" "$plain"

step "Packages and build"
need_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_SERVERS[@]}" || die "the packages could not be installed"
mkdir -p build
{ cmake --preset release && cmake --build --preset release --target everarchive extensions; } >build/demo.log 2>&1 ||
    { tail -n 30 build/demo.log; die "the build failed, see build/demo.log"; }
as_root cmake --install build/release --component extensions >build/demo-install.log 2>&1 ||
    { tail -n 5 build/demo-install.log; die "the extensions could not be installed"; }
tell "$("$EVERARCHIVE" version)"

step "A library: Koha in MariaDB, Evergreen in PostgreSQL, $RECORDS records each"
harness_begin demo
library_start "$RECORDS" "$FROM" || die "the library systems could not be made"
tell "Koha:      $(koha -N -B -e 'SELECT CONCAT((SELECT COUNT(*) FROM biblio), " biblios, ", (SELECT COUNT(*) FROM items), " items, ", (SELECT COUNT(*) FROM auth_header), " authorities")')"
tell "Evergreen: $(evergreen -Atc "SELECT (SELECT count(*) FROM biblio.record_entry WHERE id > 0) || ' bibs, ' || (SELECT count(*) FROM asset.copy) || ' copies, ' || (SELECT count(*) FROM authority.record_entry) || ' authorities'")"

step "Connect: nothing is installed in the library systems, they only grant reading"
preservation_start | sed 's/^/   /' || die "init failed"
tell "\$ everarchive source check koha_main --adapter koha --from mariadb:defaults-group=koha"
ea source check koha_main --adapter koha --from "$KOHA_ORIGIN" | sed 's/^/   /'
ea source add koha_main --adapter koha --from "$KOHA_ORIGIN" | sed 's/^/   /' || die "Koha could not be added"
ea source add evergreen --adapter evergreen --from "$EVERGREEN_ORIGIN" | sed 's/^/   /' || die "Evergreen could not be added"
ea target add vault "dir:$HARNESS_DIR/archive" --segment-seconds 1 | sed 's/^/   /' || die "the archive could not be added"

step "everarchive run: the first copy, then the stream"
daemon_start
wait_shown 120 "both sources are copied and streaming" "(SELECT count(*) FROM everarchive.source WHERE state = 'streaming') = 2"
wait_shown 120 "every row is mapped into entities and versions" "NOT EXISTS (SELECT 1 FROM everarchive.touched)"
wait_shown 120 "every version is written, synced and read back" "NOT EXISTS (SELECT 1 FROM everarchive.submission WHERE state <> 'verified')"
show "SELECT source, kind, entities, verified, percent FROM report.coverage ORDER BY source, kind"

step "A cataloguer works"
tell "Koha: a note is added to biblio 7"
koha_note 7 "Bequest of the Reverend Pell"
wait_shown 60 "version 2 of koha_main bib 7 is verified in the archive" "$(state_of koha_main bib 7 2)"
tell "Koha: an item is checked out (noise: no version), then its call number is changed"
koha -e "UPDATE items SET onloan = CURDATE(), issues = COALESCE(issues, 0) + 1 WHERE itemnumber = 9"
koha -e "UPDATE items SET itemcallnumber = 'Q 127 .P4' WHERE itemnumber = 9"
wait_shown 60 "version 2 of koha_main item 9 is verified (one version, not two)" "$(state_of koha_main item 9 2)"
tell "Koha: biblio 11 is deleted by Koha's own sequence; biblio 12 by one DELETE whose cascades are in no binary log"
koha_delete 11
koha_delete_cascade 12
wait_shown 60 "both have a tombstone, and so have their items" \
    "(SELECT count(*) FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE name = 'koha_main' AND kind = 'bib' AND key IN ('11', '12') AND deleted) = 2
     AND NOT EXISTS (SELECT 1 FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE name = 'koha_main' AND kind = 'item' AND parent_key IN ('11', '12') AND NOT deleted)"
tell "Evergreen: a note is added to record 21; record 22 is deleted (a rule makes that an UPDATE); a copy is relabelled"
evergreen_note 21 "Imperfect: wants the last leaf"
evergreen_delete 22
evergreen -c "UPDATE asset.copy SET barcode = 'NEW-0001' WHERE id = 23"
wait_shown 60 "version 2 of evergreen bib 21 is verified" "$(state_of evergreen bib 21 2)"
wait_shown 60 "evergreen bib 22 has a tombstone" "EXISTS (SELECT 1 FROM everarchive.entity JOIN everarchive.source USING (source_id) WHERE name = 'evergreen' AND kind = 'bib' AND key = '22' AND deleted)"
tell "Evergreen: a new record"
NEW=$(evergreen -Atc "INSERT INTO biblio.record_entry (marc, last_xact_id) SELECT replace(marc, '</record>', '<datafield tag=\"590\" ind1=\" \" ind2=\" \"><subfield code=\"a\">local note</subfield></datafield></record>'), 'demo' FROM biblio.record_entry WHERE id = 21 RETURNING id")
wait_shown 60 "version 1 of evergreen bib $NEW is verified" "$(state_of evergreen bib "$NEW" 1)"
wait_for 60 all_verified

step "What a DBA sees"
tell "report.status_by_source"
show "SELECT source, state, position, waiting, entities, versions, quarantined FROM report.status_by_source ORDER BY source"
tell "report.preservation_status, by state"
show "SELECT source, kind, state, count(*) AS entities, sum(n) AS versions FROM report.preservation_status GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
tell "report.version_history of what was edited"
show "SELECT source, kind, key, n, deleted, left(digest, 12) AS digest, bytes FROM report.version_history WHERE (source, kind, key) IN (('koha_main', 'bib', '7'), ('koha_main', 'bib', '12'), ('evergreen', 'bib', '21')) ORDER BY 1, 2, 3, 4"
tell "MARC in SQL: SELECT key, record ->> '245\$a', record -> '500\$a' …"
show "SELECT e.key, left(record ->> '245\$a', 40) AS title, left((record -> '500\$a')[cardinality(record -> '500\$a')], 34) AS newest_note FROM everarchive.entity e JOIN everarchive.source USING (source_id) WHERE (name, kind, key) IN (('koha_main', 'bib', '7'), ('evergreen', 'bib', '21'))"

step "The archive: OCFL 1.1, readable without this software"
ea target check vault | sed 's/^/   /' || die "the archive is not valid"
tell "$(find "$HARNESS_DIR/archive" -name records.zip | wc -l) segments, $(find "$HARNESS_DIR/archive" -type f | wc -l) files, $(du -sh "$HARNESS_DIR/archive" | cut -f 1) in $HARNESS_DIR/archive"
QUARANTINED=$(preservation -c 'SELECT count(*) FROM report.quarantine')
UNVERIFIED=$(preservation -c "SELECT count(*) FROM report.preservation_status WHERE state <> 'verified'")
tell "$QUARANTINED in quarantine, $UNVERIFIED not verified"
[ "$QUARANTINED" = 0 ] && [ "$UNVERIFIED" = 0 ] || die "not everything is verified"

if [ "${KEEP:-no}" = yes ]; then
    HARNESS_KEEP=yes
    step "Left running"
    cat <<TEXT
   psql:        PGSERVICEFILE=$PGSERVICEFILE PGPASSFILE=$PGPASSFILE psql service=preservation
   Evergreen:   psql -h $HARNESS_DIR/sockets -p ${PG_PORT[pg]} -U postgres evergreen
   Koha:        mariadb --no-defaults -u root -S ${MARIADB_SOCKET[koha]} koha
   status:      PGSERVICEFILE=$PGSERVICEFILE PGPASSFILE=$PGPASSFILE $EVERARCHIVE --database service=preservation status
   log:         $HARNESS_DIR/log/everarchive.log
   archive:     $HARNESS_DIR/archive
   stop it all: kill $DAEMON_PID ${MARIADB_PID[koha]} $(as_postgres head -n 1 "${PG_DATA[pg]}/postmaster.pid"); rm -rf $HARNESS_DIR
TEXT
else
    daemon_stop || die "the program did not stop cleanly"
    tell "Stopped and cleaned up. ./demo.sh --keep leaves it running."
fi
