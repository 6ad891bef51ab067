#!/usr/bin/env bash
# Restarts all nodes, one after the other, while the network goes on: rolling-restart.sh UNIT=NODE_RPC UNIT=NODE_RPC...
#
# For a new configuration or release. The next node is touched only when the last one votes again and no validator is away.
set -euo pipefail
. "$(dirname "$0")/words.sh"
[ $# -ge 2 ] || usage

for each in "$@"; do
    unit=${each%=*} node=${each##*=}
    # Whoever is asked must go on while this one is away.
    for other in "$@"; do [ "${other##*=}" = "$node" ] || TALEA_RPC=${other##*=}; done
    until_true "no validator is away" whole_network
    signed=$(status "$node" signs)
    "$service" restart "$unit"
    until_true "$unit answers at $node" answers "$node"
    until_true "it has caught up" is_at_head "$node"
    [ "$signed" != true ] || until_true "it votes" signs "$node"
done
until_true "no validator is away" whole_network
