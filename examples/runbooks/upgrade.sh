#!/usr/bin/env bash
# Takes the network over to a version of the native registries: upgrade.sh VERSION BLOCK NODE_RPC NODE_RPC...
#
# After every host runs a release that knows VERSION (rolling-restart.sh): a node that does not would stop before BLOCK.
# NODE_RPC are the nodes of all validators; nothing is scheduled before each of them says that it knows VERSION. BLOCK is as
# far ahead as genesis asks (config.talea.upgradeNotice); until then another schedule may take this one's place. Waits
# until BLOCK is there: TALEA_WAIT says how long. Started again, it goes on waiting.
set -euo pipefail
. "$(dirname "$0")/words.sh"
[ $# -ge 3 ] || usage
version=$1 block=$2
shift 2
permissions=0x0000000000000000000000000000000000007a01

for node in "$@"; do
    until_true "$node has caught up" is_at_head "$node"
    known=$(status "$node" nativeVersionKnown)
    [ "${known:-0}" -ge "$version" ] ||
        die "$node knows versions up to ${known:-0}, and would stop before block $block: start it with a newer release"
done
scheduled() { [ "$(talea call "$permissions" 'upgrade()(uint32,uint64)' | tr '\n' ' ')" = "$version $block " ]; }
scheduled || talea send "$permissions" 'scheduleUpgrade(uint32,uint64)' "$version" "$block" --yes
until_true "version $version is scheduled for block $block" scheduled
is_reached() { [ "$(status "$TALEA_RPC" block)" -ge "$block" ]; }
until_true "block $block is there" is_reached
in_force() { [ "$(talea call "$permissions" 'nativeVersion()(uint32)')" = "$version" ]; }
until_true "version $version is in force" in_force
for node in "$@"; do until_true "$node is with the others" is_at_head "$node"; done
require_moving
