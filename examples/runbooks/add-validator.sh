#!/usr/bin/env bash
# Adds a validator to a running network: add-validator.sh PUBLIC_FILE CONSENT EXPIRY NODE_RPC
#
# Its host has made a key (talead keys new), sent its PUBLIC_FILE (talead keys export), and signed until EXPIRY that it
# agrees (talead keys consent). It is admitted first and catches up while it only follows, so that the network never waits
# for it: the host starts it (talead join, talead run) when this script says so. NODE_RPC is where its JSON-RPC answers.
set -euo pipefail
. "$(dirname "$0")/words.sh"
[ $# -eq 4 ] || usage
file=$1 consent=$2 expiry=$3 node=$4
address=$(address_of "$file")

admit "$file" "$node"
change_validators "$node" add "$address" --consent "$consent" --expiry "$expiry"
