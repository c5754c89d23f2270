# shellcheck shell=bash
# Compares sources, mirrors and versions by checksum. Needs library.sh and tap.sh.
#
# What is compared is written here by hand, not read from the adapters: a column that an adapter lost would be lost on both
# sides of a comparison that the adapter itself describes.

# NULL and the empty string differ; the separator is in no value. By SHA-256: MySQL 9 has no MD5() any more.
koha_sum() { # koha_sum TABLE KEY COLUMN…: one line a row, `key sum`
    local table=$1 key=$2 column columns=
    shift 2
    for column in "$@"; do columns+=", COALESCE(CAST(\`$column\` AS CHAR CHARACTER SET utf8mb4), '\\\\N')"; done
    koha -N -B -e "SELECT $key, SHA2(CONCAT_WS('|'$columns), 256) FROM $table ORDER BY $key" | tr '\t' ' '
}
pg_sum() { # pg_sum DATABASE TABLE KEY COLUMN…
    local database=$1 table=$2 key=$3 column columns=
    shift 3
    for column in "$@"; do columns+=", coalesce(\"$column\"::text, '\\N')"; done
    pg pg "$database" -At -F ' ' -c "SELECT $key, encode(sha256(convert_to(concat_ws('|'$columns), 'UTF8')), 'hex') FROM $table ORDER BY $key"
}

same_rows() { # same_rows SOURCE_FILE MIRROR_FILE
    [ -s "$1" ] || { echo "the source has no rows"; return 1; }
    diff "$1" "$2" | head -n 20
    cmp -s "$1" "$2"
}

compare_koha_table() { # TABLE KEY COLUMN…
    koha_sum "$@" >"$HARNESS_DIR/source.sum"
    pg_sum preservation "koha_main.$1" "${@:2}" >"$HARNESS_DIR/mirror.sum"
    ok "koha: $1 in the mirror equals the source ($(wc -l <"$HARNESS_DIR/source.sum") rows)" same_rows "$HARNESS_DIR/source.sum" "$HARNESS_DIR/mirror.sum"
}
compare_evergreen_table() { # SCHEMA.TABLE KEY COLUMN…
    pg_sum evergreen "ONLY $1" "${@:2}" >"$HARNESS_DIR/source.sum"
    pg_sum preservation "evergreen.${1/./_}" "${@:2}" >"$HARNESS_DIR/mirror.sum"
    ok "evergreen: $1 in the mirror equals the source ($(wc -l <"$HARNESS_DIR/source.sum") rows)" same_rows "$HARNESS_DIR/source.sum" "$HARNESS_DIR/mirror.sum"
}

# The newest version that is no tombstone, by kind: `key sum-of-captured`.
newest() { # newest SOURCE KIND
    preservation -F ' ' -c "SELECT e.key, encode(sha256(v.captured), 'hex') FROM everarchive.entity e JOIN everarchive.version v USING (entity_id, n)
        JOIN everarchive.source s USING (source_id) WHERE s.name = '$1' AND e.kind = '$2' AND NOT e.deleted ORDER BY e.key::bigint"
}

compare_koha() {
    compare_koha_table biblio biblionumber biblionumber frameworkcode
    compare_koha_table biblio_metadata id id biblionumber format schema metadata
    compare_koha_table items itemnumber itemnumber biblionumber barcode homebranch holdingbranch itemcallnumber itemlost withdrawn damaged
    compare_koha_table auth_header authid authid authtypecode marcxml

    koha -N -B -e "SELECT biblionumber, SHA2(metadata, 256) FROM biblio_metadata JOIN biblio USING (biblionumber) WHERE format = 'marcxml' ORDER BY biblionumber" | tr '\t' ' ' >"$HARNESS_DIR/source.sum"
    newest koha_main bib >"$HARNESS_DIR/mirror.sum"
    ok "koha: the newest version of each bib is its source record" same_rows "$HARNESS_DIR/source.sum" "$HARNESS_DIR/mirror.sum"
    koha -N -B -e "SELECT authid, SHA2(marcxml, 256) FROM auth_header ORDER BY authid" | tr '\t' ' ' >"$HARNESS_DIR/source.sum"
    newest koha_main authority >"$HARNESS_DIR/mirror.sum"
    ok "koha: the newest version of each authority is its source record" same_rows "$HARNESS_DIR/source.sum" "$HARNESS_DIR/mirror.sum"
    is "koha: each item has a living entity, and no other" \
        "$(preservation -c "SELECT string_agg(key, ' ' ORDER BY key::bigint) FROM everarchive.entity WHERE kind = 'item' AND NOT deleted AND source_id = (SELECT source_id FROM everarchive.source WHERE name = 'koha_main')" | md5sum)" \
        "$(koha -N -B -e 'SET group_concat_max_len = 100000000; SELECT GROUP_CONCAT(itemnumber ORDER BY itemnumber SEPARATOR " ") FROM items' | md5sum)"
    is "koha: what an item's version says is what its row says" \
        "$(preservation -c "SELECT encode(sha256(convert_to(string_agg(e.key || (e.attributes ->> 'barcode') || coalesce(e.attributes ->> 'itemcallnumber', '') || (e.attributes ->> 'homebranch'), ' ' ORDER BY e.key::bigint), 'UTF8')), 'hex') FROM everarchive.entity e JOIN everarchive.source s USING (source_id) WHERE s.name = 'koha_main' AND kind = 'item' AND NOT deleted")" \
        "$(koha -N -B -e 'SET group_concat_max_len = 100000000; SELECT SHA2(GROUP_CONCAT(CONCAT(itemnumber, barcode, COALESCE(itemcallnumber, ""), homebranch) ORDER BY itemnumber SEPARATOR " "), 256) FROM items')"
}

compare_evergreen() {
    compare_evergreen_table biblio.record_entry id id marc deleted source
    compare_evergreen_table authority.record_entry id id marc deleted
    compare_evergreen_table asset.call_number id id record owning_lib label deleted
    compare_evergreen_table asset.copy id id call_number circ_lib barcode copy_number deleted

    pg pg evergreen -At -F ' ' -c "SELECT id, encode(sha256(convert_to(marc, 'UTF8')), 'hex') FROM biblio.record_entry WHERE id > 0 AND NOT deleted ORDER BY id" >"$HARNESS_DIR/source.sum"
    newest evergreen bib >"$HARNESS_DIR/mirror.sum"
    ok "evergreen: the newest version of each bib is its source record" same_rows "$HARNESS_DIR/source.sum" "$HARNESS_DIR/mirror.sum"
}

compare_all() {
    compare_koha
    compare_evergreen
    is "nothing is in quarantine" "$(preservation -c "SELECT count(*), min(message) FROM everarchive.quarantine WHERE resolved_at IS NULL")" "0|"
}
