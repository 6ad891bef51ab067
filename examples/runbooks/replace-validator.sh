#!/usr/bin/env bash
# Puts another host in the place of a validator, in one step: replace-validator.sh ADDRESS PUBLIC_FILE CONSENT EXPIRY NODE_RPC
#
# ADDRESS goes; the rest is of the host that comes, as for add-validator.sh. The old node may be dead or running: once it is
# replaced it is cut off, and is stopped when this is done.
set -euo pipefail
. "$(dirname "$0")/words.sh"
[ $# -eq 5 ] || usage
old=$1 file=$2 consent=$3 expiry=$4 node=$5
address=$(address_of "$file")

admit "$file" "$node"
change_validators "$node" replace "$old" "$address" --consent "$consent" --expiry "$expiry"
say "$old is no validator any more; stop its node, and keep its key for nothing else"
