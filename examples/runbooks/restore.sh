#!/usr/bin/env bash
# Puts a backup in the place of a node's lost data: restore.sh NODE_JSON UNIT NODE_RPC FOLDER
#
# The key and its vote journal stay as they are: who lost them too rotates the key. What is left of the old data is moved
# aside. The node fetches what came after the backup from the others.
set -euo pipefail
. "$(dirname "$0")/words.sh"
[ $# -eq 4 ] || usage
config=$1 unit=$2 node=$3 folder=$4
dir=$(json_field "$config" dir) key=$(json_field "$config" key)
[ -n "$dir" ] || die "'$config' names no directory"
[ -f "$folder/genesis.json" ] || die "'$folder' is no whole backup"
[ -z "$key" ] || [ -f "$key.journal" ] || die "the vote journal $key.journal is gone: rotate the key first"
[ "$node" != "$TALEA_RPC" ] || die "TALEA_RPC must name another node than the one that is restored"

"$service" stop "$unit" || say "it was not running"
aside=$dir.lost-$(date -u +%Y%m%dT%H%M%SZ)
kept=$(mktemp)
cp "$config" "$kept"
[ ! -e "$dir" ] || mv "$dir" "$aside"
cp -r "$folder" "$dir"
cp "$kept" "$config"
rm "$kept"
"$service" start "$unit"
until_true "the node answers at $node" answers "$node"
until_true "it has caught up" is_at_head "$node"
say "what was left of the old data is in $aside"
