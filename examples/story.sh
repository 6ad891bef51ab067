# What the examples share: sourced by each, from the repository's root, with `story` set to its name. It builds what is
# missing, makes the folder of the run anew and gives the words that the story is told in.
#
# Settings: TALEA_BIN    folder of talead and talea (default: build/release/bin)
#           WORK         folder of the chain and the wallet, made anew (default: build/NAME of the story)
# shellcheck shell=bash
bin=${TALEA_BIN:-build/release/bin}
work=${WORK:-build/$story}

if [ ! -x "$bin/talead" ] || [ ! -x "$bin/talea" ]; then
    echo "First run: installing what Talea needs and building it; this takes some minutes."
    ./setup.sh
    cmake --preset release >/dev/null
    cmake --build --preset release --target talead talea
fi

bold() { if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then printf '\033[1m%s\033[0m\n' "$*"; else printf '%s\n' "$*"; fi; }
step() { printf '\n'; bold "$*"; }
die() { printf '%s: %s\n' "$story" "$*" >&2; exit 1; }
# expect WHAT ACTUAL EXPECTED
expect() {
    [ "$2" = "$3" ] || die "$1 is $2, expected $3"
    printf '  checked: %s is %s\n' "$1" "$3"
}

rm -rf "$work"
mkdir -p "$work"
export TALEA_HOME=$work/wallet TALEA_PASSWORD_FILE=$work/password
printf 'a password for this demonstration only\n' >"$TALEA_PASSWORD_FILE"
node=
again= # a node that was started again by hand
cleanup() {
    local process
    for process in $node $again; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    node='' again=''
}
trap cleanup EXIT
trap 'exit 130' INT TERM

talea() { "$bin/talea" "$@"; }
# done_as ACCOUNT COMMAND...: a command signed by that account; its talk goes to the log
done_as() {
    local who=$1
    shift
    talea "$@" --account "$who" --yes 2>>"$work/talk.log" || { tail -n 5 "$work/talk.log" >&2; die "talea $* failed"; }
}
# refused_as ACCOUNT CODE WORDS COMMAND...: a command that is refused before it is signed, with that code and those words
refused_as() {
    local who=$1 code=$2 words=$3
    shift 3
    if talea "$@" --account "$who" --yes >"$work/refused" 2>&1; then die "talea $* was not refused"; fi
    sed -nE 's/^ +(refused|remedy)/    \1/p' "$work/refused"
    grep -F "($code)" "$work/refused" | grep -qF -- "$words" || { cat "$work/refused" >&2; die "the refusal is not $code: $words"; }
}
# expect_table COMMAND...: what the command prints is shown, and is what stands on stdin, to the last figure
expect_table() {
    talea "$@" >"$work/table"
    sed 's/^\(.\)/  \1/' "$work/table"
    diff "$work/table" - >&2 || die "talea $* prints other figures than expected"
    printf '  checked: every figure of it\n'
}
make_accounts() {
    local name
    for name in "$@"; do
        talea account new "$name" --light >/dev/null 2>&1 || die "cannot make the account $name"
    done
}
address() { talea account list | sed -n "s/^$1  *//p"; }
balance() { talea token info "$1" "$2" | sed -n 's/^balance *//p'; }
free() { talea call "$1" "freeOf(address)(uint256)" "$2" | sed -nE 's/^([0-9]+).*/\1/p'; } # free TOKEN HOLDER, in base units
# fact NAME: the value of a fact of the table on stdin ("deficit  763,855.500000")
fact() { sed -nE "s/^$1  +//p"; }

# start_chain ARGUMENTS...: a chain in the background, of one validator unless they say otherwise; its address in TALEA_RPC
start_chain() {
    local url
    "$bin/talead" devnet --dir "$work/chain" "$@" >>"$work/node.log" 2>&1 &
    node=$!
    for _ in $(seq 100); do
        url=$(grep -soE 'http://127\.0\.0\.1:[1-9][0-9]*' "$work/node.log" | tail -n 1 || true)
        if [ -n "$url" ] && TALEA_RPC=$url "$bin/talea" clock show >/dev/null 2>&1; then
            export TALEA_RPC=$url
            return
        fi
        kill -0 "$node" 2>/dev/null || { tail -n 3 "$work/node.log" >&2; die "the node did not start"; }
        sleep 0.1
    done
    die "the node did not answer within 10 s; see $work/node.log"
}

# register_holders NAME...: each is an identity of its own, from the United States, of category 1
register_holders() {
    local name
    for name in "$@"; do
        done_as registrar holder add "LEI-$name" "$name" --country US --categories 1 --expiry 2027-12-31
    done
}

# deploy_cash SUPPLY: the token USDX under policy 1, with a reserve of that attested; minter, agent, compliance and attestor
# have their roles
deploy_cash() {
    done_as admin token deploy CashToken --name "Dollar Cash" --symbol USDX --cap 1000000000 --policy 1 \
        --issuer minter --agent agent --compliance compliance --as USDX >/dev/null
    done_as admin token grant USDX ATTESTOR attestor
    done_as admin cash allowance USDX minter "$1"
    done_as attestor cash attest USDX "$1" --as-of 2026-11-20T13:00:00Z --document "reserve report of 20 November"
}
deploy_calendar() {
    done_as admin calendar deploy contracts/data/us-calendar.calls.json --as calendar >/dev/null
    done_as admin token grant calendar OPERATOR admin
    done_as admin calendar publish calendar contracts/data/us-calendar.calls.json
}

end_story() {
    printf '\n'
    bold "Done in ${SECONDS} s. The chain and the wallet of this run are in $work."
}
