# shellcheck shell=bash
# The SQL examples of a page of docs/, as tests. Needs servers.sh and tap.sh, and a function `run BLOCK [OPTION…]` that runs a
# file with psql and these options, and prints what psql prints, messages included.
#
#   run_examples PAGE FOLDER VERSION    a test for each block of SQL; FOLDER is for the blocks, VERSION is the server's
#
# A block passes when it raises no error and, if a block of output follows it, prints that: with a line under the headings
# what psql prints, without one what psql -At prints. What … stands for at the end of a line does not count, nor blanks
# there. PostgreSQL's own output differs between versions, so output is compared on 15 only, which the pages name.
# A comment before a block says what else there is:
#   <!-- expect error -->       the block raises the error that is printed below it
#   <!-- not run: REASON -->    it needs what the test has not

# Each block as NNNN.sql, with its line in NNNN.line, its comment in NNNN.mark and its output, if any, in NNNN.out.
example_blocks() {
    awk -v folder="$2" '
        function name(suffix) { return sprintf("%s/%04d.%s", folder, n, suffix) }
        file != "" { if (/^```$/) { close(file); after_sql = file ~ /sql$/; file = "" } else print >file; next }
        /^```sql$/ { n++; file = name("sql"); print NR >name("line"); print mark >name("mark"); mark = ""; next }
        /^```$/ && after_sql { file = name("out"); printf "" >file; after_sql = 0; next }
        /^```/ { file = "/dev/null" }
        { after_sql = 0 }
        /^<!-- / { mark = $0; next }
        NF { mark = "" }
    ' "$1"
}

# same WANTED GOT
same() {
    awk '
        { sub(/ +$/, "") }
        FNR == 1 { files++ }
        files == 1 { wanted[FNR] = $0; if ($0 != "") last = FNR; next }
        $0 != "" { got_last = FNR }
        { line = wanted[FNR]
          if (sub(/ *…$/, "", line) ? index($0, line) != 1 : $0 != line) { print "wanted: " wanted[FNR]; print "got:    " $0; bad = 1 } }
        END { if (got_last != last) print "wanted " last + 0 " lines, got " got_last + 0
              exit bad || got_last != last }
    ' "$1" "$2"
}

run_examples() {
    local page=$1 folder=$2 version=$3 before=$TAP_RUN sql block mark name status format
    mkdir -p "$folder"
    example_blocks "$page" "$folder"
    for sql in "$folder"/*.sql; do
        block=${sql%.sql}
        mark=$(cat "$block.mark")
        name="$page line $(cat "$block.line"): $(head -n 1 "$sql")"
        if [[ $mark == *'not run'* ]]; then
            skip "$name ${mark//[<>!]/}"
            continue
        fi
        format=()
        if [ -f "$block.out" ] && ! grep -qE '^-[-+]+( …)?$' "$block.out"; then format=(-At); fi
        run "$sql" "${format[@]}" >"$block.got"
        status=$?
        if [[ $mark == *'expect error'* ]]; then status=$((status == 0)); fi
        if [ "$status" != 0 ]; then
            ok "$name" eval "cat '$block.got'; false"
        elif [ "$version" = 15 ] && [ -f "$block.out" ]; then
            ok "$name" same "$block.out" "$block.got"
        else
            ok "$name" true
        fi
    done
    is "each block of $page was run" "$((TAP_RUN - before))" "$(grep -c '^```sql$' "$page")"
}
