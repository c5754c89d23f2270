#!/usr/bin/env bash
# Fault 21 of README.md: the sources and the preservation database refuse the program. It says why, does not end, goes on by itself
# when the cause is mended, or waits for `source resume` where a person must decide; the other source is not disturbed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/harness/servers.sh
source tests/harness/library.sh
source tests/harness/compare.sh
source tests/harness/tap.sh

harness_begin refused
LIBRARY_FSYNC=off
library_start 60 && library_connect >"$HARNESS_DIR/log/connect" || exit 1

koha_has() { [ "$(preservation -c "SELECT count(*) FROM koha_main.items WHERE itemcallnumber = '$1'")" != 0 ]; }
evergreen_has() { [ "$(preservation -c "SELECT count(*) FROM evergreen.asset_copy WHERE copy_number = $1")" != 0 ]; }
said() { preservation -c "SELECT coalesce(message, '') || ' ' || coalesce(hint, '') FROM everarchive.source WHERE name = '$1'"; }
says() { grep -qiE -- "$2" <<<"$(said "$1")"; }
koha_change() { koha -e "UPDATE items SET itemcallnumber = '$1' WHERE itemnumber = 5"; }
evergreen_change() { evergreen -c "UPDATE asset.copy SET copy_number = $1 WHERE id = 5"; }
resume() { # if it stopped: both ways of going on are right, and each says what it waits for
    ea source resume "$1" >/dev/null
}
end_koha() { for id in $(koha -NBe "SELECT id FROM information_schema.processlist WHERE user = 'everarchive'"); do koha -e "KILL $id" 2>/dev/null; done; }
end_evergreen() { evergreen -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'everarchive_capture'" >/dev/null; }

daemon_start
ok "the first copy arrives" settled 120

# The password is changed.
koha -e "ALTER USER everarchive@'127.0.0.1' IDENTIFIED BY 'other'"
end_koha
ok "MariaDB: another password: the source says so" wait_for 90 says koha_main 'access denied'
evergreen_change 101
ok "and the other source goes on" wait_for 60 evergreen_has 101
koha -e "ALTER USER everarchive@'127.0.0.1' IDENTIFIED BY '$LIBRARY_SECRET'"
resume koha_main
koha_change 'password again'
ok "with the right one it goes on" wait_for 120 koha_has 'password again'

evergreen -c "ALTER ROLE everarchive_capture PASSWORD 'other'"
end_evergreen
ok "PostgreSQL: another password: the source says so" wait_for 90 says evergreen 'password authentication failed'
koha_change 'beside a refusal'
ok "and the other source goes on" wait_for 60 koha_has 'beside a refusal'
evergreen -c "ALTER ROLE everarchive_capture PASSWORD '$LIBRARY_SECRET'"
resume evergreen
evergreen_change 102
ok "with the right one it goes on" wait_for 120 evergreen_has 102

# A right is taken away.
koha -e "REVOKE REPLICATION SLAVE ON *.* FROM everarchive@'127.0.0.1'"
end_koha
ok "MariaDB: no right to read the log: the source says so" wait_for 90 says koha_main 'REPLICATION SLAVE'
koha -e "GRANT REPLICATION SLAVE ON *.* TO everarchive@'127.0.0.1'"
resume koha_main
koha_change 'right again'
ok "with the right it goes on" wait_for 120 koha_has 'right again'
evergreen -c 'ALTER ROLE everarchive_capture NOREPLICATION'
end_evergreen
ok "PostgreSQL: no right to read the log: the source says so" wait_for 90 says evergreen 'replication'
evergreen -c 'ALTER ROLE everarchive_capture REPLICATION'
resume evergreen
evergreen_change 103
ok "with the right it goes on" wait_for 120 evergreen_has 103

# Nobody may connect any more (pg_hba.conf), then one may again.
HBA=${PG_DATA[pg]}/pg_hba.conf
cp "$HBA" "$HARNESS_DIR/hba"
{ echo 'host all everarchive_capture 127.0.0.1/32 reject'; echo 'host replication everarchive_capture 127.0.0.1/32 reject'; cat "$HARNESS_DIR/hba"; } >"$HBA"
evergreen -c 'SELECT pg_reload_conf()' >/dev/null
end_evergreen
ok "PostgreSQL: pg_hba.conf refuses: the source says so" wait_for 90 says evergreen 'pg_hba'
cat "$HARNESS_DIR/hba" >"$HBA"
evergreen -c 'SELECT pg_reload_conf()' >/dev/null
resume evergreen
evergreen_change 104
ok "let in again it goes on" wait_for 120 evergreen_has 104

ok "the program never ended" kill -0 "$DAEMON_PID"
ok "everything arrives" settled 120
compare_all
daemon_stop
is "the program stops on SIGTERM with exit code 0" $? 0
is "no password in the program's log" "$(grep -c "$LIBRARY_SECRET" "$HARNESS_DIR/log/everarchive.log")" 0
done_testing || { tail -n 40 "$HARNESS_DIR/log/everarchive.log" | cut -c1-400 | sed 's/^/# /'; exit 1; }
