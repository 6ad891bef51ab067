#!/usr/bin/env bash
# Puts another host in the place of a validator, in one step: replace-validator.sh ADDRESS PUBLIC_FILE CONSENT EXPIRY NODE_RPC
#
# ADDRESS goes; the rest is of the host that comes, as for add-validator.sh. The old node may be dead or running: once it is
# replaced it is cut off, and is stopped when this is done.
set -euo pipefail
. "$(dirname "$0")/words.sh"
[ $# -eq 5 ] || usage
old=$1 file=$2 consent=$3 expiry=$4 node=$5
address=$(json_field "$file" address)
[ -n "$address" ] || die "'$file' is no public file"

talea node admit "$file" --yes
say "$address is admitted: its host starts it now"
until_true "it answers at $node" answers "$node"
until_true "it has caught up" is_at_head "$node"
talea validator replace "$old" "$address" --consent "$consent" --expiry "$expiry" --dry-run
talea validator replace "$old" "$address" --consent "$consent" --expiry "$expiry" --yes
until_true "it votes" signs "$node"
block=$(status "$TALEA_RPC" block)
until_true "the network goes on after block $block" moves_on "$block"
say "$old is no validator any more; stop its node, and keep its key for nothing else"
