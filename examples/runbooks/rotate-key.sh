#!/usr/bin/env bash
# Gives a validator a new key on the same host: rotate-key.sh NODE_JSON NEW_KEY UNIT NODE_RPC
#
# For a key that may be known to others, or whose vote journal is lost. NODE_JSON is the node's configuration; NEW_KEY the
# file to make. The key is replaced on the chain first, then the node runs with it: for the moments between the network
# goes on without this validator, so it asks that all others are there. TALEA_RPC names another node.
set -euo pipefail
. "$(dirname "$0")/words.sh"
[ $# -eq 4 ] || usage
config=$1 new_key=$2 unit=$3 node=$4
old_key=$(json_field "$config" key)
dir=$(json_field "$config" dir)
[ -n "$old_key" ] && [ -n "$dir" ] || die "'$config' names no key and directory of a validator"
[ "$node" != "$TALEA_RPC" ] || die "TALEA_RPC must name another node than the one whose key is rotated"

require_whole_network
old=$(talead keys show "$old_key")
new=$(talead keys new "$new_key")
expiry=$(date -u -d "$(talea clock show) + 1 day" +%Y-%m-%dT%H:%M:%SZ) # by the chain's clock, which judges it
consent=$(talead keys consent "$new_key" --genesis "$dir/genesis.json" --expiry "$expiry")
talea validator replace "$old" "$new" --consent "$consent" --expiry "$expiry" --dry-run
talea validator replace "$old" "$new" --consent "$consent" --expiry "$expiry" --yes
sed -E "s|^( *\"key\": \").*(\",?)$|\\1$new_key\\2|" "$config" >"$config.new"
mv "$config.new" "$config"
"$service" restart "$unit"
until_true "the node answers at $node" answers "$node"
until_true "it votes with $new" signs "$node"
say "tell the other hosts to name $new in the place of $old among their peers"
