# shellcheck shell=bash
# The records of marc.sh: those of the shared data, repeated until there are RECORDS of them.

# make_input: $INPUT/bib.mrc, bib.xml (as yaz-marcdump writes it), marc8.mrc; RECORDS records each.
make_input() {
    local data=$EVERARCHIVE_SHARED/data/marc
    INPUT=$HARNESS_DIR/input
    [ -d "$data" ] || { echo "no records: $data is not there; set EVERARCHIVE_SHARED" >&2; return 1; }
    mkdir -m 755 "$INPUT"
    zcat "$data/gpo/gpo-20000-utf8.mrc.gz" >"$INPUT/once.mrc" || return 1
    repeat "$INPUT/once.mrc" bib
    repeat "$data/marc8-pairs/marc8_pairs.marc8.mrc" marc8
    if command -v yaz-marcdump >/dev/null; then
        yaz-marcdump -o marcxml "$INPUT/bib.mrc" >"$INPUT/bib.xml" 2>/dev/null
    fi
    chmod 644 "$INPUT"/*
}

# repeat FILE NAME: RECORDS records, going round the file as often as needed.
repeat() {
    python3 - "$1" "$INPUT/$2.mrc" "$RECORDS" <<'PYTHON' || return 1
import sys
records = [record + b'\x1d' for record in open(sys.argv[1], 'rb').read().split(b'\x1d')[:-1]]
wanted = int(sys.argv[3])
with open(sys.argv[2], 'wb') as out:
    for start in range(0, wanted, len(records)):
        out.write(b''.join(records[:wanted - start]))
PYTHON
}
