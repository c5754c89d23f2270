# shellcheck shell=bash
# Proxies (proxy.py) for shell tests. Needs servers.sh.
#
#   proxy_start NAME PORT     a proxy of the server on PORT; ${PROXY_PORT[NAME]} is where it listens
#   proxy NAME COMMAND…       cut, reset, stall, mute, slow MS, drop N, pass, count: prints what it answers
#   proxy_stop NAME

declare -A PROXY_PORT PROXY_PID PROXY_IN PROXY_OUT

proxy_start() {
    local name=$1 in=$HARNESS_DIR/proxy-$1.in out=$HARNESS_DIR/proxy-$1.out fd
    PROXY_PORT[$name]=$(free_port)
    mkfifo "$in" "$out"
    python3 "$(dirname "${BASH_SOURCE[0]}")/proxy.py" "${PROXY_PORT[$name]}" "$2" <"$in" >"$out" &
    PROXY_PID[$name]=$!
    disown
    exec {fd}>"$in" && PROXY_IN[$name]=$fd
    exec {fd}<"$out" && PROXY_OUT[$name]=$fd
    proxy_answer "$name" # it listens
}
proxy_answer() {
    local answer
    read -r -u "${PROXY_OUT[$1]}" answer && [[ $answer == ok* ]] && echo "$answer" >>"$HARNESS_DIR/log/proxy"
}
proxy() {
    local name=$1
    shift
    echo "$*" >&"${PROXY_IN[$name]}" && proxy_answer "$name"
}
proxy_stop() { kill "${PROXY_PID[$1]}" 2>/dev/null; }
