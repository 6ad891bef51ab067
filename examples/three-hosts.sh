#!/usr/bin/env bash
# Monday's setup on three hosts, as README's "Operate a network" tells it: keys and public files, one genesis that all
# verify, configurations, start; then a transfer, one host off, transfers meanwhile, and the host back. The hosts are network
# namespaces on this machine, each with an address, a name and a loopback of its own, joined by a bridge: it needs root and
# the package iproute2. Where it may not make them it says so and does nothing.
#
# Settings: as in examples/story.sh
set -euo pipefail
cd "$(dirname "$0")/.."
hosts=(talea-host-1 talea-host-2 talea-host-3)
bridge=talea-bridge

skip() {
    printf 'skipped: three-hosts: %s\n0 passed, 0 failed, 1 skipped\n' "$1"
    exit 0
}
[ "$(id -u)" -eq 0 ] || skip "needs root, to make network namespaces"
command -v ip >/dev/null || skip "needs ip (package iproute2)"
for name in "${hosts[@]}"; do
    [ ! -e "/run/netns/$name" ] || skip "the network namespace $name is there already (ip netns delete $name)"
done
ip netns add "${hosts[0]}" 2>/dev/null || skip "network namespaces cannot be made here"
ip netns delete "${hosts[0]}"
ip link add "$bridge" type bridge 2>/dev/null || skip "a bridge between network namespaces cannot be made here"
ip link delete "$bridge"

story=three-hosts
. examples/story.sh
bin=$(cd "$bin" && pwd)
work=$(cd "$work" && pwd)
export TALEA_HOME=$work/wallet TALEA_PASSWORD_FILE=$work/password
unset TALEA_RPC TALEA_ACCOUNT
declare -A process=()

on() { # on HOST COMMAND...
    local host=$1
    shift
    ip netns exec "talea-host-$host" env PATH="$bin:$PATH" "$@"
}
cleanup() {
    local host
    for host in "${!process[@]}"; do kill "${process[$host]}" 2>/dev/null || true; done
    wait
    for name in "${hosts[@]}"; do
        ip netns delete "$name" 2>/dev/null || true
        rm -rf "/etc/netns/$name"
    done
    ip link delete "$bridge" 2>/dev/null || true
}

step "Three hosts on one network"
ip link add "$bridge" type bridge
ip link set "$bridge" up
for host in 1 2 3; do
    name=talea-host-$host
    ip netns add "$name"
    ip link add "talea-veth-$host" type veth peer name eth0 netns "$name"
    ip link set "talea-veth-$host" master "$bridge" up
    ip -n "$name" link set lo up
    ip -n "$name" address add "10.87.30.$host/24" dev eth0
    ip -n "$name" link set eth0 up
    mkdir -p "/etc/netns/$name" "$work/host-$host"
    printf '127.0.0.1 localhost\n10.87.30.1 validator-1.example\n10.87.30.2 validator-2.example\n10.87.30.3 validator-3.example\n' \
        >"/etc/netns/$name/hosts"
done

step "Each host makes its key and exports a public file"
for host in 1 2 3; do
    on $host talead keys new "$work/host-$host/validator.key" >/dev/null
    on $host talead keys export "$work/host-$host/validator.key" --place "validator-$host.example:30303" >"$work/validator-$host.json"
    printf '  validator-%s.example is %s\n' $host "$(on $host talead keys show "$work/host-$host/validator.key")"
done

step "Host 1 assembles the genesis, and all verify it"
make_accounts admin bob
cat >"$work/settings.json" <<JSON
{"config": {"chainId": 7001, "talea": {"permissions": "enforced", "administrators": ["$(address admin)"], "idleInterval": 1}},
 "alloc": {"$(address admin)": {"balance": "1000"}}}
JSON
on 1 talead init "$work/settings.json" --ceremony "$work"/validator-*.json >"$work/genesis.json" 2>>"$work/talk.log"
hash=$(on 1 talead join "$work/genesis.json" "$work"/validator-*.json 2>>"$work/talk.log")
for host in 2 3; do
    expect "the genesis hash that host $host finds" \
        "$(on $host talead join "$work/genesis.json" "$work"/validator-*.json 2>>"$work/talk.log")" "$hash"
done
for host in 1 2 3; do
    on $host talead join "$work/genesis.json" "$work"/validator-*.json --hash "$hash" --key "$work/host-$host/validator.key" \
        --dir "$work/host-$host/data" >/dev/null 2>>"$work/talk.log"
done

# start HOST: its node in the background; JSON-RPC answers on the host's own loopback
start() {
    # ip replaces itself, so the process is talead's.
    ip netns exec "talea-host-$1" "$bin/talead" run --config "$work/host-$1/data/node.json" >>"$work/host-$1/node.log" 2>&1 &
    process[$1]=$!
}
stop() {
    kill "${process[$1]}"
    wait "${process[$1]}" || die "host $1 did not stop cleanly"
    unset "process[$1]"
}
status() { on "$1" talead status --json 2>/dev/null | sed -nE "s/.*\"$2\":(\"([^\"]*)\"|([^,}\"]*)).*/\\2\\3/p"; }
until_true() { # until_true WHAT COMMAND...
    local what=$1 end=$((SECONDS + 60))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || { tail -n 3 "$work"/host-*/node.log >&2; die "waited 60 s, and still not: $what"; }
        sleep 0.2
    done
    printf '  %s\n' "$what"
}
block_above() { [ "$(status "$1" block || true)" -gt "$2" ] 2>/dev/null; }
linked() { [ "$(status "$1" peers || true)" = "$2" ]; }
pay() { # pay HOST AMOUNT: admin pays bob through that host's node
    on "$1" talea send "$(address bob)" --value "$2" --account admin --yes 2>>"$work/talk.log" || { tail -n 5 "$work/talk.log" >&2; die "the payment failed"; }
}
received() { # received HOST: what bob has, as that host's node says
    local body='{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["'$(address bob)'","latest"]}'
    printf '%d' "$(on "$1" curl -s -H 'content-type: application/json' -d "$body" http://127.0.0.1:8545 | sed -E 's/.*"result":"([^"]*)".*/\1/')"
}
has_received() { [ "$(received "$1")" = "$2" ]; }

step "The hosts start, and are a network"
for host in 1 2 3; do start $host; done
for host in 1 2 3; do
    until_true "host $host is linked with the two others" linked $host 2
    until_true "host $host makes blocks" block_above $host 1
done
on 2 talead status | sed 's/^/    /'

step "A payment through host 1 is final on all"
pay 1 100
for host in 1 2 3; do until_true "host $host shows it" has_received $host 100; done

step "Host 3 is off, and the network goes on"
stop 3
until_true "host 1 sees it gone" linked 1 1
pay 2 20
expect "what host 1 shows meanwhile" "$(received 1)" 120
before=$(status 1 block)
until_true "there are blocks after $before" block_above 1 "$before"

step "Host 3 is back, and catches up by itself"
start 3
until_true "it is linked again" linked 3 2
until_true "it shows what was paid meanwhile" has_received 3 120
pay 3 3
expect "what host 1 shows in the end" "$(received 1)" 123
number=$(status 3 block)
until_true "all are at block $number or above" block_above 1 "$((number - 1))"

step "All stop when asked"
for host in 1 2 3; do stop $host; done
end_story
