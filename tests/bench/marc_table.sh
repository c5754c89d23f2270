# shellcheck shell=bash
# Measuring and the table of marc.sh: processor time of both sides, turn by turn, the median of each.

MISSED=0

table_begin() {
    printf '%s records, %s rounds, load average %s\n\n' "$RECORDS" "$ROUNDS" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
    printf '%-62s %12s %12s %8s %8s  %s\n' job ours/s peer/s ratio aim ''
}
table_end() {
    printf '\nload average %s; aims missed: %s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)" "$MISSED"
    [ "$MISSED" = 0 ]
}
skipped() { printf '%-62s left out: %s\n' "$1" "$2"; }
fact() { printf '%-62s %s\n' "$1" "$2"; }

# cpu_of COMMAND…: its user and system seconds; its output is dropped. Errors other than warnings of yaz show in the log.
cpu_of() {
    local TIMEFORMAT='%U %S'
    { time "$@" >/dev/null 2>>"$HARNESS_DIR/log/jobs"; } 2>&1 | awk '{ print $1 + $2 }'
}
median() { printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# compare JOB AIM OURS_RECORDS PEER_RECORDS OURS PEER: runs the functions OURS and PEER, each of which prints the seconds that it
# took for so many records, and prints the row. An aim such as 4x: ours must be so many times as fast; 1.3t: take at most so many
# times as long; - : no aim.
compare() {
    local job=$1 aim=$2 ours_n=$3 peer_n=$4 ours=() peer=() round
    for ((round = 0; round < ROUNDS; round++)); do
        ours+=("$($5)")
        peer+=("$($6)")
    done
    row "$job" "$aim" "$ours_n" "$(median "${ours[@]}")" "$peer_n" "$(median "${peer[@]}")"
}

# row JOB AIM OURS_RECORDS OURS_SECONDS PEER_RECORDS PEER_SECONDS
row() {
    local line
    line=$(awk -v job="$1" -v aim="$2" -v n="$3" -v t="$4" -v pn="$5" -v pt="$6" 'BEGIN {
        if (t + 0 <= 0 || pt + 0 <= 0) { printf "%-62s failed", job; exit }
        ours = n / t; peer = pn / pt; ratio = ours / peer
        verdict = ""
        if (aim ~ /x$/) verdict = (ratio >= aim + 0) ? "met" : "MISSED"
        if (aim ~ /t$/) { ratio = 1 / ratio; verdict = (ratio <= aim + 0) ? "met" : "MISSED" }
        printf "%-62s %12.0f %12.0f %8.2f %8s  %s", job, ours, peer, ratio, aim, verdict }')
    printf '%s\n' "$line"
    case $line in *MISSED | *failed) MISSED=$((MISSED + 1)) ;; esac
}

# rate_row JOB AIM RECORDS SECONDS: without a peer; the aim is in records a second; - : no aim.
rate_row() {
    local line
    line=$(awk -v job="$1" -v aim="$2" -v n="$3" -v t="$4" 'BEGIN {
        if (t + 0 <= 0) { printf "%-62s failed", job; exit }
        verdict = (aim == "-") ? "" : (n / t >= aim + 0) ? "met" : "MISSED"
        printf "%-62s %12.0f %12s %8s %8s  %s", job, n / t, "", "", aim, verdict }')
    printf '%s\n' "$line"
    case $line in *MISSED | *failed) MISSED=$((MISSED + 1)) ;; esac
}

# size_row JOB AIM OURS_BYTES PEER_BYTES: an aim such as 1.0t is the greatest ratio that is allowed; - : no aim.
size_row() {
    local line
    line=$(awk -v job="$1" -v aim="$2" -v n="$3" -v pn="$4" 'BEGIN {
        ratio = n / pn
        verdict = (aim == "-") ? "" : (ratio <= aim + 0) ? "met" : "MISSED"
        printf "%-62s %9.1f MB %9.1f MB %8.2f %8s  %s", job, n / 1e6, pn / 1e6, ratio, aim, verdict }')
    printf '%s\n' "$line"
    case $line in *MISSED) MISSED=$((MISSED + 1)) ;; esac
}
