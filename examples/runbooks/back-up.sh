#!/usr/bin/env bash
# Copies a node's chain while the network goes on without it: back-up.sh NODE_JSON UNIT NODE_RPC FOLDER
#
# Asks that all others are there, stops the node, copies, starts it, and waits until it has caught up. Keys and vote
# journals are no part of a backup: a key that is lost is replaced (replace-validator.sh), never restored.
set -euo pipefail
. "$(dirname "$0")/words.sh"
[ $# -eq 4 ] || usage
config=$1 unit=$2 node=$3 folder=$4
dir=$(json_field "$config" dir)
[ -n "$dir" ] || die "'$config' names no directory"
[ "$node" != "$TALEA_RPC" ] || die "TALEA_RPC must name another node than the one that is stopped"

require_whole_network
"$service" stop "$unit"
status=0
talead backup --dir "$dir" --to "$folder" || status=$?
"$service" start "$unit"
[ "$status" -eq 0 ] || die "there is no backup; the node runs again"
until_true "the node answers at $node" answers "$node"
until_true "it has caught up" is_at_head "$node"
say "verify the copy where nothing waits for it (of a node whose history is all): talead replay --dir $folder"
