# The words that the runbooks are written in: sourced by each. They run on an operator's machine that has talead and talea
# in its PATH and reaches the nodes' JSON-RPC (a node answers on its own host alone: run them there, or through a tunnel).
#
# Settings: TALEA_RPC      a node of the network that goes on (default: http://127.0.0.1:8545)
#           TALEA_ACCOUNT  who signs what NETWORK decides; TALEA_HOME, TALEA_PASSWORD_FILE as for talea
#           TALEA_SERVICE  what starts and stops nodes: called with stop, start or restart and a unit (default: systemctl)
#           TALEA_WAIT     seconds to wait for a node to do what is expected (default: 120)
# shellcheck shell=bash
export TALEA_RPC=${TALEA_RPC:-http://127.0.0.1:8545}
service=${TALEA_SERVICE:-systemctl}
wait_seconds=${TALEA_WAIT:-120}
runbook=$(basename "$0" .sh)

say() { printf '%s: %s\n' "$runbook" "$*" >&2; }
die() { say "$*"; exit 1; }
usage() { sed -nE '2,/^[^#]/s/^# ?//p' "$0" >&2; exit 2; }

# status URL FIELD: a field of what a node says of itself; empty where it does not answer
status() { talead status --rpc "$1" --json 2>/dev/null | sed -nE "s/.*\"$2\":(\"([^\"]*)\"|([^,}\"]*)).*/\\2\\3/p"; }
# json_field FILE FIELD: a text in a file of one field a line
json_field() { sed -nE "s/^ *\"$2\": \"([^\"]*)\".*/\\1/p" "$1"; }

# until_true WHAT COMMAND...: waits until the command succeeds
until_true() {
    local what=$1 end=$((SECONDS + wait_seconds))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || die "waited $wait_seconds s, and still not: $what"
        sleep 0.2
    done
    say "$what"
}
answers() { [ -n "$(status "$1" block)" ]; }
is_at_head() { [ "$(status "$1" syncing)" = false ] && [ "$(status "$1" block)" -ge "$(status "$TALEA_RPC" block)" ]; }
signs() { [ "$(status "$1" signs)" = true ]; }
moves_on() { [ "$(status "$TALEA_RPC" block)" -gt "$1" ]; }
require_moving() {
    local block
    block=$(status "$TALEA_RPC" block)
    until_true "the network goes on after block $block" moves_on "$block"
}
whole_network() { answers "$TALEA_RPC" && ! talead status --rpc "$TALEA_RPC" | grep -qE "0x[0-9a-fA-F]{40} not linked"; }
# Before one node is stopped: another that is away already would be one too many.
require_whole_network() { whole_network || die "a validator is away already, so no other is touched (talead status)"; }

# address_of PUBLIC_FILE
address_of() {
    local address
    address=$(json_field "$1" address)
    [ -n "$address" ] || die "'$1' is no public file"
    echo "$address"
}
# admit PUBLIC_FILE NODE_RPC: lets a host in, and waits until its node follows and has caught up
admit() {
    talea node admit "$1" --yes
    say "$(address_of "$1") is admitted: its host starts it now"
    until_true "it answers at $2" answers "$2"
    until_true "it has caught up" is_at_head "$2"
}
# change_validators NODE_RPC WORDS...: says what `talea validator WORDS` will do, does it, and waits until the node votes
change_validators() {
    local node=$1
    shift
    talea validator "$@" --dry-run
    talea validator "$@" --yes
    until_true "it votes" signs "$node"
    require_moving
}
