#!/usr/bin/env bash
# Takes a validator out of the network and cuts its node off: revoke-validator.sh ADDRESS
#
# Refused where too few of the others are linked to go on.
set -euo pipefail
. "$(dirname "$0")/words.sh"
[ $# -eq 1 ] || usage
address=$1

talea validator remove "$address" --dry-run
talea validator remove "$address" --yes
talea node remove "$address" --yes
is_gone() { ! talead status --rpc "$TALEA_RPC" | grep -qi "$address"; }
until_true "$address is no validator" is_gone
require_moving
