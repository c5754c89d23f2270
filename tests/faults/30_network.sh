#!/usr/bin/env bash
# Faults 3 and 5 of README.md: the network between the program and its servers, and a reader that is paused for too long.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/proxy.sh
source tests/harness/tap.sh

harness_begin network
LIBRARY_FSYNC=off
library_start 100 || exit 1
proxy_start vault "${PG_PORT[pg]}" && proxy_start evergreen "${PG_PORT[pg]}" && proxy_start koha "${MARIADB_PORT[koha]}" || exit 1
printf '%s\n' '[evergreen]' host=127.0.0.1 "port=${PROXY_PORT[evergreen]}" dbname=evergreen user=everarchive_capture '' \
    '[preservation]' host=127.0.0.1 "port=${PROXY_PORT[vault]}" dbname=preservation user=everarchive_daemon >"$PGSERVICEFILE"
sed -i 's/^[^:]*:[0-9]*:/127.0.0.1:*:/' "$PGPASSFILE"
sed -i "s/^port=.*/port=${PROXY_PORT[koha]}/" "$HARNESS_DIR/my.cnf"
library_connect >"$HARNESS_DIR/log/connect" || exit 1
proxies_stop() { for name in vault evergreen koha; do proxy_stop "$name"; done; }
eval "$(declare -f before_harness_end | sed '1s/.*/library_end ()/')"
before_harness_end() { library_end; proxies_stop; }

counted() { preservation -c "SELECT transactions FROM everarchive.source_progress JOIN everarchive.source USING (source_id) WHERE name = '$1'"; }
progress_is() { [ "$(preservation -c "SELECT copy_number FROM evergreen.asset_copy WHERE id = 3" 2>/dev/null)" = "$1" ]; }
is_stopped() { grep -q '^State:.*T' "/proc/$DAEMON_PID/status" 2>/dev/null; }
walsender() { evergreen -Atc "SELECT pid FROM pg_stat_replication WHERE application_name LIKE 'everarchive%'"; }
dump_thread() { koha -NBe "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"; }

daemon_start
ok "the first copy arrives" settled 120
daemon_stop

# 3: the answer to COMMIT is lost, and the deed is done.
export EVERARCHIVE_FAULT=apply.before_commit=stop
daemon_start
unset EVERARCHIVE_FAULT
BEFORE=$(counted evergreen)
evergreen -c 'UPDATE asset.copy SET copy_number = 77 WHERE id = 3'
ok "3: the program stands before COMMIT" wait_for 60 is_stopped
proxy vault mute
kill -CONT "$DAEMON_PID"
ok "3: the transaction is committed, and nobody told the program" wait_for 60 progress_is 77
proxy vault reset
evergreen -c 'UPDATE asset.copy SET copy_number = 78 WHERE id = 3'
ok "3: it goes on after the connection was lost between COMMIT and its answer" wait_for 120 progress_is 78
is "3: and has applied each transaction once" "$(counted evergreen)" $((BEFORE + 2))

# 3: half-open connections. Both sources are followed again, each over one connection.
one_each() { [ "$(walsender | wc -w)/$(dump_thread | wc -w)" = 1/1 ]; }
ok "3: everything arrives" settled 120
ok "3: each source has one reader" wait_for 60 one_each
SENDER=$(walsender) DUMP=$(dump_thread)
proxy vault stall
for n in 1 2 3 4 5 6; do
    koha_note $((n + 2)) "stalled $n"
    evergreen_note $((n + 2)) "stalled $n"
    sleep 1
done
is "3: while the preservation database hangs, the connection to PostgreSQL stays" "$(walsender)" "$SENDER"
is "3: and that to MariaDB" "$(dump_thread)" "$DUMP"
proxy vault pass
ok "3: it goes on where it was" settled 120
proxy evergreen stall
proxy koha stall
sleep 3
proxy evergreen reset
proxy koha reset
ok "3: half-open connections to the sources end in a new one" settled 120

# 3: cut, slow.
for name in vault evergreen koha; do
    proxy "$name" cut
    koha_note 9 "cut $name"
    evergreen_note 9 "cut $name"
    sleep 1
    proxy "$name" pass
    ok "3: $name was cut off, and everything arrives" settled 120
done
for name in vault evergreen koha; do proxy "$name" slow 15 4096; done
for n in 1 2 3 4 5 6 7 8; do koha_note $((n + 12)) "slow $n"; evergreen_note $((n + 12)) "slow $n"; done
ok "3: over slow networks everything arrives" settled 180
for name in vault evergreen koha; do proxy "$name" pass; done

# 5: the reader is paused for longer than the servers wait, in the middle of more than their buffers hold.
evergreen -c "ALTER SYSTEM SET wal_sender_timeout = '1s'" -c 'SELECT pg_reload_conf()' >/dev/null
koha -e 'SET GLOBAL net_write_timeout = 1'
for name in evergreen koha; do proxy "$name" reset; done
ok "5: with short limits of the servers everything arrives" settled 120
SENDER=$(walsender)
kill -STOP "$DAEMON_PID"
evergreen -c "INSERT INTO serial.record_entry (record, owning_lib, marc, last_xact_id) SELECT 3, 4, '<record xmlns=\"http://www.loc.gov/MARC21/slim\"><leader>00000ny  a2200000un 4500</leader><datafield tag=\"866\" ind1=\" \" ind2=\"0\"><subfield code=\"a\">' || repeat(md5(g::text), 600) || '</subfield></datafield></record>', 'big' FROM generate_series(1, 1000) g"
koha -e "INSERT INTO auth_header (authtypecode, marcxml) SELECT 'TOPIC_TERM', CONCAT('<record xmlns=\"http://www.loc.gov/MARC21/slim\"><leader>00000nz  a2200000n  4500</leader><datafield tag=\"667\" ind1=\" \" ind2=\" \"><subfield code=\"a\">', REPEAT(MD5(seq), 600), '</subfield></datafield></record>') FROM seq_1_to_1000"
sender_gone() { [ "$(walsender)" != "$SENDER" ]; }
ok "5: PostgreSQL gives the reader up" wait_for 60 sender_gone
sleep 2
kill -CONT "$DAEMON_PID"
ok "5: what was given up in the middle comes again, once" settled 240
is "5: all of it" "$(preservation -c "SELECT (SELECT count(*) FROM evergreen.serial_record_entry WHERE length(marc) > 15000), (SELECT count(*) FROM koha_main.auth_header WHERE length(marcxml) > 15000)")" "1000|1000"

compare_all
daemon_stop
is "the program stops on SIGTERM with exit code 0" $? 0
is "no password in the program's log" "$(grep -c "$LIBRARY_SECRET" "$HARNESS_DIR/log/everarchive.log")" 0
done_testing || { tail -n 40 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
