# shellcheck shell=bash
# TAP for the shell tests: ok, is, like, then done_testing. A test's name is a sentence that says what holds.

TAP_RUN=0
TAP_FAILED=0

# ok NAME COMMAND…: passes if the command succeeds.
ok() {
    local name=$1 output
    shift
    TAP_RUN=$((TAP_RUN + 1))
    if output=$("$@" 2>&1); then
        echo "ok $TAP_RUN - $name"
    else
        TAP_FAILED=$((TAP_FAILED + 1))
        echo "not ok $TAP_RUN - $name"
        printf '%s\n' "$output" | head -n 40 | sed 's/^/#   /'
    fi
}

# is NAME GOT WANTED
is() {
    TAP_RUN=$((TAP_RUN + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $TAP_RUN - $1"
    else
        TAP_FAILED=$((TAP_FAILED + 1))
        echo "not ok $TAP_RUN - $1"
        printf 'got:    %s\nwanted: %s\n' "$2" "$3" | head -n 40 | sed 's/^/#   /'
    fi
}

# like NAME GOT REGEX
like() {
    TAP_RUN=$((TAP_RUN + 1))
    if grep -qE -- "$3" <<<"$2"; then
        echo "ok $TAP_RUN - $1"
    else
        TAP_FAILED=$((TAP_FAILED + 1))
        echo "not ok $TAP_RUN - $1"
        printf 'got:    %s\nwanted: %s\n' "$2" "$3" | head -n 40 | sed 's/^/#   /'
    fi
}

skip() {
    TAP_RUN=$((TAP_RUN + 1))
    echo "ok $TAP_RUN # SKIP $1"
}

done_testing() {
    echo "1..$TAP_RUN"
    [ "$TAP_FAILED" = 0 ]
}
