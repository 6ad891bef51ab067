#!/usr/bin/env bash
# Load over JSON-RPC, measured from outside by talea-load: tests/bench/load/load.sh [SCENARIO...]
#
#   one       restricted transfers into one enforced validator: batches of 100 over four connections; one by one over
#             eight; and a light load, whose latency a person would feel
#   erc3643   the published ERC-3643 contracts on the same node
#   four      restricted transfers into four validators on this machine, over real sockets
#   anvil     the published ERC-3643 contracts on Anvil, which has neither durability nor consensus
#   memory    restricted transfers for MINUTES into one node: what its anonymous memory does
# Without a name: one erc3643 anvil four. The client shares the machine with the servers: what the servers spend is the
# firm figure, not what came through. Fails where a transfer fails or memory grows, never for a time.
#
# Settings: HOLDERS (10000), TRANSFERS (60000), MINUTES (10), RATE (of scenario memory; 0: as fast as it goes)
#           TALEA_BIN   folder of talead and talea-load (default: build/release/bin)
# What Anvil and ERC-3643 need is installed by `npm ci` in this folder; where it is not, that is said and left out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${TALEA_BIN:-$here/../../../build/release/bin}
holders=${HOLDERS:-10000} transfers=${TRANSFERS:-60000} minutes=${MINUTES:-10} rate=${RATE:-0}
packages=$here/node_modules
anvil=$packages/@foundry-rs/anvil-linux-amd64/bin/anvil
work=$(mktemp -d "${TMPDIR:-/tmp}/talea-load.XXXXXX")
pids=() urls=() passed=0 failed=0 skipped=0
factor_talea= factor_erc3643= factor_anvil=

stop_servers() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    pids=() urls=()
}
trap 'stop_servers; rm -rf "$work"' EXIT

# serve NAME COMMAND...: starts a server that says where it listens, and notes its process and URL.
serve() {
    local name=$1 url=
    shift
    "$@" >"$work/$name.out" 2>"$work/$name.err" &
    pids+=($!)
    for _ in $(seq 300); do
        url=$(grep -ohE 'http://127\.0\.0\.1:[1-9][0-9]*|Listening on [0-9.:]+' "$work/$name.out" | head -n 1) || true
        [ -n "$url" ] && break
        kill -0 "${pids[-1]}" 2>/dev/null || { cat "$work/$name.err" >&2; exit 1; }
        sleep 0.1
    done
    urls+=("${url/Listening on /http:\/\/}")
}

# load NAME OPTIONS...: one run of talea-load against all servers, its report as JSON in $work/NAME.json and as text here.
load() {
    local name=$1 options=()
    shift
    for url in "${urls[@]}"; do options+=(--url "$url"); done
    for pid in "${pids[@]}"; do options+=(--pid "$pid"); done
    echo "--- $name"
    if "$bin/talea-load" "${options[@]}" --holders "$holders" --packages "$packages" --report "$work/$name.json" "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}
# field NAME FIELD: of a report; empty where there is none.
field() { sed -nE "s/^ *\"$2\": ([0-9.e+-]+),?\$/\1/p" "$work/$1.json" 2>/dev/null | head -n 1 || true; }

devnet() {
    rm -rf "$work/chain"
    serve devnet "$bin/talead" devnet --dir "$work/chain" --rpc-port 0 --enforced --admin "$("$bin/talea-load" --administrator)"
}

one() {
    devnet
    load one --transfers "$transfers"
    factor_talea=$(field one secondsFor10000)
    stop_servers
    devnet
    load one-by-one --transfers $((transfers / 5)) --batch 1 --connections 8
    stop_servers
    devnet
    load light --transfers 400 --warm-up 1000 --batch 1 --connections 2 --rate 20 --poll-ms 1
    stop_servers
}

erc3643() {
    if [ ! -d "$packages/@tokenysolutions" ]; then skip erc3643; return; fi
    devnet
    load erc3643 --token erc3643 --transfers $((transfers / 3))
    factor_erc3643=$(field erc3643 secondsFor10000)
    stop_servers
}

anvil() {
    if [ ! -x "$anvil" ]; then skip anvil; return; fi
    # By interval: its mining at once stalls under a flood.
    serve anvil "$anvil" --port 0 --block-time 1 --gas-limit 1000000000000 --block-base-fee-per-gas 0 --gas-price 0 \
        --disable-min-priority-fee --no-request-size-limit --order fifo --disable-pool-balance-checks
    load anvil --token erc3643 --transfers $((transfers / 3)) --setup-waiting 20000
    factor_anvil=$(field anvil secondsFor10000)
    stop_servers
}

four() {
    local ports addresses=() validators="" peers="" administrator i
    administrator=$("$bin/talea-load" --administrator)
    mapfile -t ports < <(python3 -c '
import socket
held = [socket.socket() for _ in range(4)]
for each in held: each.bind(("127.0.0.1", 0))
for each in held: print(each.getsockname()[1])')
    for i in 0 1 2 3; do
        addresses[i]=$("$bin/talead" keys new "$work/validator-$i.key")
        validators+="${validators:+, }\"${addresses[i]}\""
        peers+="${peers:+, }\"${addresses[i]}@127.0.0.1:${ports[i]}\""
    done
    echo "{\"config\": {\"chainId\": 7002, \"talea\": {\"permissions\": \"enforced\", \"validators\": [$validators],
        \"administrators\": [\"$administrator\"], \"roles\": {\"$administrator\": [\"all\"]}}}}" >"$work/source.json"
    "$bin/talead" init "$work/source.json" >"$work/genesis.json" 2>/dev/null
    for i in 0 1 2 3; do
        mkdir -p "$work/node-$i"
        cp "$work/genesis.json" "$work/node-$i/genesis.json"
        echo "{\"dir\": \"$work/node-$i\", \"key\": \"$work/validator-$i.key\", \"rpc-port\": 0,
            \"listen\": \"127.0.0.1:${ports[i]}\", \"peers\": [$peers]}" |
            sed "s/\"${addresses[i]}@[^\"]*\"\(, \)\{0,1\}//; s/, \]/]/" >"$work/node-$i/node.json"
        serve "validator-$i" "$bin/talead" run --config "$work/node-$i/node.json"
    done
    load four --transfers $((transfers / 2))
    stop_servers
}

memory() {
    devnet
    load memory --seconds $((minutes * 60)) --rate "$rate"
    local grown
    grown=$(field memory minute10To3)
    if [ -z "$grown" ]; then
        echo "memory: not judged, for it takes ten minutes"
        skipped=$((skipped + 1))
    elif awk "BEGIN { exit !($grown <= 1.05) }"; then
        passed=$((passed + 1))
    else
        echo "memory: minute 10 takes $grown of minute 3, more than 1.05"
        failed=$((failed + 1))
    fi
    stop_servers
}

skip() {
    echo "skipped: $1: what is published is not installed (npm ci in tests/bench/load)"
    skipped=$((skipped + 1))
}

factor() { awk "BEGIN { printf \"%.1f\", $1 / $2 }"; }

for scenario in "${@:-one erc3643 anvil four}"; do
    for name in $scenario; do
        case $name in
            one | erc3643 | anvil | four | memory) "$name" ;;
            *) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
        esac
    done
done
if [ -n "$factor_anvil" ] && [ -n "$factor_talea" ]; then
    echo "processor time a transfer: ERC-3643 on Anvil takes $(factor "$factor_anvil" "$factor_talea") times what a restricted transfer takes on Talea"
fi
if [ -n "$factor_anvil" ] && [ -n "$factor_erc3643" ]; then
    echo "                           ERC-3643 on Anvil takes $(factor "$factor_anvil" "$factor_erc3643") times what it takes on Talea"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
