# shellcheck shell=bash
# The library on one core beside yaz-marcdump: whole processes, file reading included, output to /dev/null.

library_jobs() {
    if ! command -v yaz-marcdump >/dev/null; then
        skipped 'library' 'yaz-marcdump (package yaz) is not installed'
        return
    fi
    ours() { cpu_of "$MARC_JOBS" "$JOB" "$INPUT/$FILE"; }
    peer() { cpu_of yaz-marcdump "${OPTIONS[@]}" "$INPUT/$FILE"; }
    library_job 'ISO 2709: parse, check, build the stored record (yaz -n)' 4x check bib.mrc -n
    library_job 'ISO 2709 to MARCXML (yaz -o marcxml)' 10x to-xml bib.mrc -o marcxml
    library_job 'MARCXML to ISO 2709 (yaz -i marcxml -o marc)' 4x to-iso bib.xml -i marcxml -o marc
    if [ "$("$MARC_JOBS" to-utf8 "$INPUT/marc8.mrc" 2>&1 >/dev/null | awk '{ print $3 }')" = 0 ]; then
        library_job 'MARC-8 to UTF-8 (yaz -f marc-8 -t utf-8 -o marc)' 10x to-utf8 marc8.mrc -f marc-8 -t utf-8 -o marc
    else
        skipped 'MARC-8 to UTF-8' 'the library refuses some of these records'
    fi
}

# library_job NAME AIM JOB FILE OPTION_OF_YAZ…
library_job() {
    local name=$1 aim=$2
    JOB=$3 FILE=$4
    OPTIONS=("${@:5}")
    compare "$name" "$aim" "$RECORDS" "$RECORDS" ours peer
}
