#!/usr/bin/env bash
# What a person at a terminal meets: the real talead and talea, their help, and everything that can go wrong.
# A failure is one clear sentence on stderr and the documented exit code; a payment under a reference is made once,
# whenever the wallet is killed. The last line is what tests/run.sh reads.
#
# Settings: TALEA_BIN     folder of talead and talea (default: build/release/bin)
#           TALEA_SEED    seed of the moments at which the wallet is killed
#           TALEA_KILLS   how many of them (default 20)
set -uo pipefail
cd "$(dirname "$0")/../.."
bin=$(cd "${TALEA_BIN:-build/release/bin}" && pwd) || exit 1
kills=${TALEA_KILLS:-20}
seed=$((${TALEA_SEED:-$RANDOM$RANDOM} % 1000000007))
RANDOM=$seed
work=$(mktemp -d)
export TALEA_HOME=$work/wallet TALEA_PASSWORD_FILE=$work/password NO_COLOR=1
unset TALEA_RPC TALEA_ACCOUNT
passed=0 failed=0 skipped=0
node=
small_disk=

cleanup() {
    if [ -n "$node" ]; then kill -9 "$node" 2>/dev/null && wait "$node" 2>/dev/null; fi
    if [ -n "$small_disk" ]; then umount "$small_disk" 2>/dev/null; fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# --- checks --------------------------------------------------------------------------------------------------------
ok() {
    passed=$((passed + 1))
    printf 'ok %s\n' "$1"
}
not_ok() { # not_ok NAME DETAIL...
    failed=$((failed + 1))
    printf 'FAILED %s\n' "$1"
    shift
    printf '%s\n' "$@" | head -n 12 | sed 's/^/    /'
}
skip() {
    skipped=$((skipped + 1))
    printf 'skipped: %s: %s\n' "$1" "$2"
}
die() { # what the rest stands on did not work
    not_ok "$1" "$(tail -n 5 "$work/err" 2>/dev/null)" "$(tail -n 5 "$work/node.log" 2>/dev/null)"
    finish
}
finish() {
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}
# Runs a command with its output in $work/out and $work/err and its exit code in $status.
# `as ACCOUNT COMMAND...` is a command of talea which that account signs.
run() {
    status=0
    if [ "$1" = as ]; then set -- "$bin/talea" "${@:3}" --account "$2" --yes; fi
    timeout -k 5 120 "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}
# succeeds NAME COMMAND...
succeeds() {
    local name=$1
    shift
    run "$@"
    if [ "$status" -eq 0 ]; then ok "$name"; else not_ok "$name" "exit code $status of: $*" "$(cat "$work/err")"; fi
}
# fails NAME EXIT PATTERN COMMAND...: nothing on stdout, and on stderr one sentence that the pattern finds. A node's log
# lines, which carry a time, and the wallet's two lines about what will be signed stand aside.
fails() {
    local name=$1 code=$2 pattern=$3 talk
    shift 3
    run "$@"
    talk=$(grep -vE '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]|^(transfer|call|register) |^  as .*; the preview allows it$' "$work/err")
    if [ "$status" -ne "$code" ]; then
        not_ok "$name" "exit code $status, expected $code, of: $*" "$talk"
    elif [ -s "$work/out" ]; then
        not_ok "$name" "it printed to stdout:" "$(cat "$work/out")"
    elif [ "$(printf '%s\n' "$talk" | grep -c .)" -ne 1 ]; then
        not_ok "$name" "not one sentence:" "$talk"
    elif ! grep -qE "^(talea|talead): .*($pattern)" <<<"$talk"; then
        not_ok "$name" "the sentence does not say /$pattern/:" "$talk"
    else
        ok "$name"
    fi
}
# refuses NAME PATTERN COMMAND...: as `fails` with exit code 1, but the refusal and its remedy may take lines of their own.
refuses() {
    local name=$1 pattern=$2
    shift 2
    run "$@"
    if [ "$status" -ne 1 ]; then
        not_ok "$name" "exit code $status, expected 1, of: $*" "$(cat "$work/err")"
    elif [ -s "$work/out" ] || ! grep -qE "$pattern" "$work/err"; then
        not_ok "$name" "nothing said /$pattern/, or something on stdout:" "$(cat "$work/out" "$work/err")"
    else
        ok "$name"
    fi
}
# one_object NAME EXIT COMMAND...: stdout is exactly one JSON object, whatever becomes of the command.
one_object() {
    local name=$1 code=$2 why
    shift 2
    run "$@" --json
    if [ "$status" -ne "$code" ]; then
        not_ok "$name" "exit code $status, expected $code, of: $*" "$(cat "$work/err")"
    elif why=$(node -e 'const o = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
                        if (o === null || typeof o !== "object" || Array.isArray(o)) throw new Error("no object");' \
        "$work/out" 2>&1); then
        ok "$name"
    else
        not_ok "$name" "stdout is not exactly one JSON object:" "$(head -c 600 "$work/out")" "$(printf '%s' "$why" | grep Error)"
    fi
}
equal() { # equal NAME ACTUAL EXPECTED
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "is $2, expected $3"; fi
}

# --- help ----------------------------------------------------------------------------------------------------------
# The commands that a program's help lists, one level below.
commands_of() {
    "$@" --help 2>/dev/null | sed -n '/^Subcommands:/,/^$/p' | sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p'
}
# Holds the help of a command, and of all below it, against what help must tell.
check_help() {
    local program=$1 words=${*:2} help below flag
    shift
    run "$bin/$program" "$@" --help
    help=$(cat "$work/out")
    if [ "$status" -ne 0 ] || [ -s "$work/err" ]; then
        not_ok "help of $program $words" "exit code $status" "$(cat "$work/err")"
        return
    fi
    # What is said about an option or argument stands behind it in the help's column, or on the next line.
    local silent
    silent=$(printf '%s\n\n' "$help" | sed -n '/^\(Options\|Positionals\):/,/^$/p' |
        awk '/^  Options:$/ { next } # of a group of options
             /^  [^ ]/ { if (held != "") print held; held = $0
                         if ($0 ~ /[^ ]  +[^ ]/ || substr($0, 34) ~ /^ [^ ]/ || substr($0, 30) ~ /^ [^ ]/) held = ""; next }
             /^          +[^ ]/ { held = ""; next }
             { if (held != "") print held; held = "" }')
    if [ -n "$silent" ]; then
        not_ok "help of $program $words" "nothing is said about:" "$silent"
        return
    fi
    below=$(commands_of "$bin/$program" "$@")
    if [ -z "$below" ]; then
        local example
        example=$(printf '%s\n' "$help" | sed -nE "s/^Example: ($program $words( .*|$))/\1/p" | head -n 1)
        if [ -z "$example" ]; then
            not_ok "help of $program $words" "there is no line \"Example: $program $words …\"" "$help"
            return
        fi
        local told
        told=$(printf '%s\n' "$help"; "$bin/$program" --help)
        for flag in $(printf '%s\n' "$example" | grep -oE ' --[a-z][a-z-]*'); do
            if ! grep -qE "(^|[ ,])$flag\b" <<<"${told//"$example"/}"; then
                not_ok "help of $program $words" "its example uses $flag, which no help tells of"
                return
            fi
        done
    fi
    ok "help of $program $words"
    for flag in $below; do check_help "$program" "$@" "$flag"; done
}
check_help talead
check_help talea

# The commands of the first issue: help that lost one of them is not complete.
missing() { # missing PROGRAM COMMAND...: those of the commands, written a.b, that have no help
    local program=$1 command
    shift
    for command in "$@"; do
        # shellcheck disable=SC2046
        "$bin/$program" $(printf '%s' "$command" | tr . ' ') --help >/dev/null 2>&1 || printf '%s ' "$command"
    done
}
equal "talead has all its commands; missing" "$(missing talead devnet init run inspect.block inspect.account \
    inspect.storage inspect.registries replay keys.new)" ""
equal "talea has all its commands; missing" "$(missing talea account.new account.list account.import account.export \
    book.add book.list book.remove transfer explain token.deploy token.info token.issue token.holders token.history \
    holder.add holder.list holder.import fund.nav fund.subscribe fund.redeem fund.strike fund.fund-redemptions fund.claim \
    clock.show clock.advance call send sign tx test compile policy.show policy.set \
    settle.deploy settle.admit settle.allow settle.propose settle.affirm settle.lock settle.execute settle.cancel settle.show \
    settle.list settle.capital collateral.deploy collateral.admit collateral.agree collateral.accept collateral.exposure \
    collateral.post collateral.value collateral.call collateral.dispute collateral.decide collateral.substitute \
    collateral.release collateral.default collateral.close collateral.buy collateral.redeem collateral.collect \
    collateral.take-cash collateral.end collateral.claim collateral.terminate collateral.eligibility collateral.show \
    collateral.list price.deploy-book price.deploy-fund price.post price.confirm price.show \
    policy.explain \
    fund.orders fund.confirm fund.approve-nav token.reconcile admin.propose admin.approve admin.cancel admin.list \
    custody.deploy custody.pay custody.propose custody.change custody.approve custody.execute custody.cancel custody.show \
    custody.segregation custody.statement distribution.deploy distribution.statement distribution.check \
    distribution.announce distribution.withdraw distribution.fund distribution.claim distribution.push distribution.end \
    distribution.show)" ""
succeeds "talead --version" "$bin/talead" --version
succeeds "talea --version" "$bin/talea" --version

fails "an unknown command of talea: did you mean" 2 'transfr.*did you mean "transfer"' "$bin/talea" transfr TFUND bob 1
fails "an unknown command below a group: did you mean" 2 'isue.*did you mean "issue"' "$bin/talea" token isue TFUND bob 1
fails "an unknown command of a desk: did you mean" 2 'exeucte.*did you mean "execute"' "$bin/talea" settle exeucte settlement 1
fails "an unknown command about collateral: did you mean" 2 'relase.*did you mean "release"' "$bin/talea" collateral relase vault 1 TFUND 1
fails "an unknown command below custody: did you mean" 2 'aprove.*did you mean "approve"' "$bin/talea" custody aprove vault 1
fails "an unknown command below distribution: did you mean" 2 'pusch.*did you mean "push"' "$bin/talea" distribution pusch
fails "an unknown command below admin: did you mean" 2 'prposse.*did you mean "propose"' "$bin/talea" admin prposse grant bob ADMIN
fails "an unknown command of talead names those there are" 2 'devent.*devnet, init' "$bin/talead" devent
fails "an unknown command below a group of talead" 2 'blok.*block, account' "$bin/talead" inspect blok
fails "an unknown option" 2 'frobnicate' "$bin/talea" transfer TFUND bob 1 --frobnicate
fails "a missing argument" 2 'amount' "$bin/talea" transfer TFUND bob
fails "no command at all" 2 'talea --help' "$bin/talea"
fails "an option of talead that is no number" 2 'rpc-port' "$bin/talead" devnet --rpc-port many

# --- a chain -------------------------------------------------------------------------------------------------------
printf 'the password of these tests\n' >"$TALEA_PASSWORD_FILE"
for name in admin alice bob clerk stranger; do
    run "$bin/talea" account new "$name" --light
    [ "$status" -eq 0 ] || die "accounts are made"
done
address() { "$bin/talea" account list 2>/dev/null | sed -nE "s/^$1 +//p"; }

# start_node ARGUMENTS...: talead in the background; its address in TALEA_RPC. Returns 1 when it ends instead.
start_node() {
    : >"$work/node.log"
    "$bin/talead" "$@" >"$work/node.log" 2>&1 </dev/null &
    node=$!
    for _ in $(seq 300); do
        TALEA_RPC=$(grep -oE 'http://127\.0\.0\.1:[1-9][0-9]*' "$work/node.log" | tail -n 1)
        if [ -n "$TALEA_RPC" ]; then
            export TALEA_RPC
            return 0
        fi
        kill -0 "$node" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}
stop_node() {
    kill "$node" 2>/dev/null
    wait "$node" 2>/dev/null
    node=
}
start_node devnet --dir "$work/chain" --rpc-port 0 --chain-id 4242 --enforced --admin "$(address admin)" \
    --grant "$(address alice)=transact" --grant "$(address bob)=transact" || die "an enforced chain starts"
port=${TALEA_RPC##*:}

set_up() { # set_up ACCOUNT COMMAND...: what the rest stands on
    run as "$@"
    [ "$status" -eq 0 ] || die "set-up: $*"
}
set_up admin permission add-registrar admin
for name in alice bob clerk; do set_up admin holder add "LEI-$name" "$name" --country US; done
set_up admin policy create known
set_up admin token deploy RestrictedToken --name "Treasury Fund" --symbol TFUND --cap 1000000 --policy 1 --issuer admin \
    --agent admin --compliance admin --roles-may-overlap --as TFUND
set_up admin token issue TFUND alice 5000
set_up admin token issue TFUND clerk 50
balance() { "$bin/talea" token info TFUND "$1" 2>/dev/null | sed -n 's/^balance *//p'; }

# --- words that are not right ----------------------------------------------------------------------------------------
fails "an unknown token: did you mean" 2 'TFUN.*did you mean "TFUND"' as alice transfer TFUN bob 1
fails "an unknown token that is like none" 2 'USDX' "$bin/talea" token info USDX
fails "an address that is no token" 2 'no token' "$bin/talea" token info "$(address bob)"
fails "an unknown receiver: did you mean" 2 'bobb.*did you mean "bob"' as alice transfer TFUND bobb 1
fails "an unknown account that signs: did you mean" 2 'alcie.*did you mean "alice"' as alcie transfer TFUND bob 1
fails "an address whose checksum does not hold" 2 'checksum' as alice transfer TFUND \
    "$(address bob | tr 'a-fA-F' 'A-Fa-f' | sed 's/^0X/0x/')" 1
fails "more decimals than the token has" 2 '0\.0000001' as alice transfer TFUND bob 0.0000001
fails "an amount that is no number" 2 'lots' as alice transfer TFUND bob lots
fails "an unknown file of holders" 2 "no-such\.csv" as admin holder import "$work/no-such.csv"
fails "an unknown key file" 2 "no-such\.json" "$bin/talea" account import carol "$work/no-such.json"
fails "an unknown transaction" 1 "0x(11){32}" "$bin/talea" tx "0x$(printf '11%.0s' $(seq 32))"
fails "an unknown genesis source" 1 "no-such\.json" "$bin/talead" init "$work/no-such.json"
fails "a data directory that is none" 1 "no-such-chain" "$bin/talead" run --dir "$work/no-such-chain" --rpc-port 0
fails "replay of a data directory that is none" 1 "no-such-chain" "$bin/talead" replay --dir "$work/no-such-chain"
printf 'not json' >"$work/bad.json"
fails "a genesis source that is no JSON" 1 "bad\.json" "$bin/talead" init "$work/bad.json"
fails "a key file that is none" 2 "bad\.json" "$bin/talea" account import carol "$work/bad.json"
fails "an account name that is taken" 2 'alice' "$bin/talea" account new alice --light
fails "a proposal's role that is none" 2 'TRANSAKT' as admin admin propose grant bob TRANSAKT
fails "a proposal's change that is none" 2 'give.*grant, revoke and threshold' as admin admin propose give bob TRANSACT
fails "a proposal's span that is none" 2 'soon' as admin admin propose grant bob TRANSACT --expires soon
fails "a custody account that nobody knows" 2 'valt' "$bin/talea" custody show valt
fails "a custody account that is none" 2 'no CustodyAccount' "$bin/talea" custody show "$(address bob)"
fails "a change of custody that is none" 2 'add-signr.*add-signer, remove-signer' as admin custody change TFUND add-signr bob
fails "a change of custody without what it takes" 2 'replace-signer LOST REPLACEMENT' as admin custody change TFUND replace-signer bob
fails "a distribution's statement that is none" 2 'bad\.json.*no statement' as admin distribution announce TFUND "$work/bad.json" --claimable-from 2026-12-01T00:00:00Z
fails "a record date that is none" 2 'yesterday' "$bin/talea" distribution statement TFUND --cash TFUND --record yesterday --pot 1 --out "$work/coupon.json"
fails "a moment to reconcile at that is none" 2 'yesterday' "$bin/talea" token reconcile TFUND --at yesterday
fails "a block to reconcile at that is not there" 2 'no block 99999' "$bin/talea" token reconcile TFUND --at 99999
fails "a fund's side that is none" 2 'selling' "$bin/talea" fund confirm TFUND selling --day 2026-11-20 --for bob
fails "a file of rules that is not there" 2 'no-such-rules' as admin policy set 1 --file "$work/no-such-rules"
fails "a rule that is not understood" 2 'velocity:1:2:3' as admin policy set 1 velocity:1:2:3
fails "an operation's name that is none" 2 'tranfer' as admin policy set 1 "countries:deny:408 on tranfer"
fails "a roles' name that is none" 2 'TRANSAKT' as admin permission grant bob TRANSAKT

# --- settlement and collateral ---------------------------------------------------------------------------------------
set_up admin settle deploy --as settlement
set_up admin collateral deploy --as vault
later="--deadline 2100-01-01T00:00:00Z"
fails "neither legs nor trades" 2 'either --leg.*--trades' as alice settle propose settlement --deadline 2026-11-23T21:00:00Z
fails "a leg that is none" 2 'TFUND bob.*TOKEN FROM TO AMOUNT' as alice settle propose settlement --leg "TFUND bob" $later
fails "a leg of an unknown party: did you mean" 2 'bobb.*did you mean "bob"' as alice settle propose settlement --leg "TFUND alice bobb 1" $later
fails "a leg with too many decimals" 2 '0\.0000001' as alice settle propose settlement --leg "TFUND alice bob 0.0000001" $later
fails "a deadline that is no moment" 2 'tomorrow.*--deadline' as alice settle propose settlement --leg "TFUND alice bob 1" --deadline tomorrow
refuses "a deadline beyond 30 days is refused before signing" 'field 4' as alice settle propose settlement --leg "TFUND alice bob 1" $later
fails "an unknown file of trades" 2 'no-such\.csv' as alice settle propose settlement --trades "$work/no-such.csv" --cash TFUND $later
printf 'seller,buyer,token,units\nalice,bob,TFUND,1\n' >"$work/trades.csv"
fails "a file of trades without a column that it needs" 2 'trades\.csv.*"cash" is not among them' \
    as alice settle propose settlement --trades "$work/trades.csv" --cash TFUND $later
printf 'seller,buyer,token,units,cash\nalice,bob,TFUND,1,1\nalice,bobb,TFUND,1,1\n' >"$work/trades.csv"
fails "a trade of an unknown party names its line" 2 'trades\.csv line 3.*did you mean "bob"' \
    as alice settle propose settlement --trades "$work/trades.csv" --cash TFUND $later
fails "a rule for netting that is none" 2 'sometimes.*never and party' \
    as alice settle propose settlement --trades "$work/trades.csv" --cash TFUND --rule sometimes $later
fails "a settlement that is none" 1 'does not have this function' "$bin/talea" settle show TFUND 1
fails "an instruction that is not there" 1 'no instruction 7' "$bin/talea" settle show settlement 7
fails "affirming what is not there" 1 'no instruction 7' as alice settle affirm settlement 7
set_up admin settle propose settlement --leg "TFUND alice bob 1" --deadline "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
refuses "who is no party cannot affirm, and is told before signing" '\(61\)' as admin settle affirm settlement 1
refuses "what not all have affirmed is not locked" '\(60\)' as bob settle lock settlement 1
refuses "a draft is not settled" '\(60\)' as admin settle execute settlement 1
one_object "--json of settle show" 0 "$bin/talea" settle show settlement 1
one_object "--json of settle show --parties" 0 "$bin/talea" settle show settlement 1 --parties
one_object "--json of settle list" 0 "$bin/talea" settle list settlement
one_object "--json of settle affirm" 0 as alice settle affirm settlement 1
equal "--csv has the names of --json" "$("$bin/talea" settle show settlement 1 --csv | head -n 1)" token,from,to,amount
fails "a vault that is none" 1 'does not have this function' "$bin/talea" collateral show TFUND 1
fails "an agreement that is not there" 1 'no agreement 7' "$bin/talea" collateral show vault 7
fails "posting to an agreement that is not there" 1 'no agreement 7' as alice collateral post vault 7 TFUND 1
fails "an unknown file of terms" 2 'no-such\.json' as alice collateral agree vault --terms "$work/no-such.json"
printf '{"schedule": []}' >"$work/terms.json"
fails "a file of terms that lacks one" 2 'terms\.json.*"securedParty" is missing' as alice collateral agree vault --terms "$work/terms.json"
printf '{"schedule": [], "hair": 1}' >"$work/terms.json"
fails "a term that is none" 2 'terms\.json.*"hair"' as alice collateral agree vault --terms "$work/terms.json"
one_object "--json of collateral list" 0 "$bin/talea" collateral list vault
fails "a day of a price that is none" 2 'today.*2026-11-20' as alice price post vault TFUND 1 --day today

# --- ports, directories, chains, nodes -------------------------------------------------------------------------------
fails "a port in use" 1 "$port" "$bin/talead" devnet --dir "$work/other" --rpc-port "$port"
fails "a second talead on one directory" 1 "$work/chain" "$bin/talead" devnet --dir "$work/chain" --rpc-port 0
fails "replay of a directory that a node holds" 1 "$work/chain" "$bin/talead" replay --dir "$work/chain"
fails "a foreign chain id, writing" 2 '4242.*7' as alice transfer TFUND bob 1 --chain-id 7
fails "a foreign chain id, reading" 2 '4242.*7' "$bin/talea" token info TFUND --chain-id 7
succeeds "the chain id that the node has" "$bin/talea" token info TFUND --chain-id 4242
fails "no node" 3 '127\.0\.0\.1:1\b' as alice transfer TFUND bob 1 --rpc http://127.0.0.1:1
fails "a node's address that is none" 2 'nonsense' "$bin/talea" token info TFUND --rpc nonsense
printf 'wrong\n' >"$work/wrong"
fails "a wrong password" 2 'alice.*password|password.*alice' as alice transfer TFUND bob 1 --password-file "$work/wrong"
fails "a password file that is not there" 2 'no-such-password' as alice transfer TFUND bob 1 --password-file "$work/no-such-password"
equal "nothing of all that moved a unit: bob has" "$(balance bob)" 0.000000

# --- permission and refusal ------------------------------------------------------------------------------------------
refuses "a known holder without TRANSACT is refused by name" 'clerk.*TRANSACT|TRANSACT.*clerk' as clerk transfer TFUND bob 1
refuses "an unknown account without TRANSACT is refused by name" 'stranger.*TRANSACT|TRANSACT.*stranger' \
    as stranger send TFUND 'approve(address,uint256)' bob 1
refuses "the node refuses it too where the wallet is told to send" 'clerk.*TRANSACT|TRANSACT.*clerk' as clerk transfer TFUND bob 1 --force
refuses "a creation without DEPLOY is refused by name" 'alice.*DEPLOY|DEPLOY.*alice' \
    as alice token deploy RestrictedToken --name Mine --symbol MINE --cap 1
refuses "an unknown wallet is refused before signing, with the code" '\(202\)' as alice transfer TFUND stranger 1
refuses "more than there is is refused" 'refused' as alice transfer TFUND bob 5001
equal "nothing of all that moved a unit: bob has" "$(balance bob)" 0.000000

# --- one JSON object -------------------------------------------------------------------------------------------------
one_object "--json of a transfer" 0 as alice transfer TFUND bob 1
hash=$(sed -nE 's/.*"transactionHash": ?"(0x[0-9a-f]{64})".*/\1/p' "$work/out" | head -n 1)
one_object "--json of a transfer that is refused" 1 as alice transfer TFUND stranger 1
one_object "--json of a dry run" 0 as alice transfer TFUND bob 1 --dry-run
one_object "--json of a dry run that is refused" 1 as alice transfer TFUND stranger 1 --dry-run
one_object "--json of an unknown token" 2 as alice transfer TFUN bob 1
one_object "--json without a node" 3 as alice transfer TFUND bob 1 --rpc http://127.0.0.1:1
one_object "--json of explain, allowed" 0 "$bin/talea" explain TFUND bob 1 --account alice
one_object "--json of explain, refused" 1 "$bin/talea" explain TFUND stranger 1 --account alice
one_object "--json of token info" 0 "$bin/talea" token info TFUND alice
one_object "--json of token holders" 0 "$bin/talea" token holders TFUND
one_object "--json of token history" 0 "$bin/talea" token history TFUND
one_object "--json of holder list" 0 "$bin/talea" holder list
one_object "--json of account list" 0 "$bin/talea" account list
one_object "--json of account new" 0 "$bin/talea" account new dave --light
one_object "--json of book list" 0 "$bin/talea" book list
one_object "--json of policy show" 0 "$bin/talea" policy show 1
one_object "--json of policy explain" 0 "$bin/talea" policy explain TFUND transfer alice stranger 1
one_object "--json of token reconcile" 0 "$bin/talea" token reconcile TFUND
one_object "--json of admin list" 0 "$bin/talea" admin list --all
one_object "--json of custody segregation" 0 "$bin/talea" custody segregation TFUND
one_object "--json of a proposal" 0 as admin admin propose grant bob TRANSACT
one_object "--json of a proposal that is not there" 1 as admin admin approve 99
one_object "--json of permission show" 0 "$bin/talea" permission show alice
one_object "--json of clock show" 0 "$bin/talea" clock show
one_object "--json of call" 0 "$bin/talea" call TFUND 'balanceOf(address)(uint256)' alice
one_object "--json of tx" 0 "$bin/talea" tx "$hash"
one_object "--json of a deployment in two transactions" 0 as admin token deploy RestrictedToken --name Two --symbol TWO \
    --cap 1 --policy 1 --issuer admin --agent admin --compliance admin --roles-may-overlap --as TWO
one_object "--json of an import of holders" 0 as admin holder import <(printf 'identity,wallet,country\nLEI-dave,dave,GB\nLEI-admin,admin,GB\n')
equal "one transfer was made: bob has" "$(balance bob)" 1.000000

# --- references ------------------------------------------------------------------------------------------------------
set_up alice transfer TFUND bob 9 --ref "invoice 1"
succeeds "a reference again is done already" as alice transfer TFUND bob 9 --ref "invoice 1"
equal "and pays nothing again: bob has" "$(balance bob)" 10.000000
fails "a reference that stands for another payment" 2 'invoice 1' as alice transfer TFUND bob 8 --ref "invoice 1"

fails "a reference for what this wallet does not send" 2 'ref' as alice transfer TFUND bob 1 --ref "elsewhere" --unsigned "$work/tx.json"
refuses "the chain refuses a payment under a reference" '202|no known holder' \
    as alice transfer TFUND stranger 1 --ref "first payment" --force --gas 300000
set_up admin holder add LEI-stranger stranger --country US
succeeds "once it is allowed, the same reference pays it" as alice transfer TFUND stranger 1 --ref "first payment"
succeeds "and only once" as alice transfer TFUND stranger 1 --ref "first payment"
equal "stranger has" "$(balance stranger)" 1.000000

# A wallet killed at any moment of a payment. The moments are drawn from the time that an undisturbed one takes.
start=$(date +%s%N)
set_up alice transfer TFUND bob 1 --ref "measure"
span=$((($(date +%s%N) - start) / 1000))
paid_before_repeat=0 cut=0 expected=11
for n in $(seq "$kills"); do
    moment=$(((RANDOM * 32768 + RANDOM) % (span * 11 / 10)))
    # The program itself, not a shell around it, is what is killed.
    "$bin/talea" transfer TFUND bob 1 --account alice --yes --ref "killed $n" >/dev/null 2>&1 </dev/null &
    wallet=$!
    sleep "$(printf '%d.%06d' $((moment / 1000000)) $((moment % 1000000)))"
    kill -9 "$wallet" 2>/dev/null
    wait "$wallet" 2>/dev/null
    [ $? -eq 137 ] && cut=$((cut + 1))
    before=$(balance bob)
    run as alice transfer TFUND bob 1 --ref "killed $n"
    expected=$((expected + 1))
    if [ "$status" -ne 0 ] || [ "$(balance bob)" != "$expected.000000" ]; then
        not_ok "killed after $moment us and repeated, the transfer is paid once (seed $seed, kill $n)" \
            "exit code $status; bob had $before after the kill, has $(balance bob), expected $expected.000000" "$(cat "$work/err")"
        break
    fi
    [ "$before" = "$expected.000000" ] && paid_before_repeat=$((paid_before_repeat + 1))
done
equal "a transfer killed at $kills moments (seed $seed) and repeated is paid once each time: bob has" "$(balance bob)" "$((11 + kills)).000000"
if [ "$cut" -gt 0 ]; then ok "the kill came before the wallet ended"; else not_ok "the kill came before the wallet ended" "never in $kills"; fi
printf '    %d of %d wallets were killed before they ended; %d payments were final at the kill; one takes %d ms\n' \
    "$cut" "$kills" "$paid_before_repeat" $((span / 1000))

# --- a node that seals nothing: what became of it is not known ----------------------------------------------------------
stop_node
start_node run --dir "$work/chain" --rpc-port 0 || die "a node without the validator's key starts"
fails "a transaction whose fate is not known" 4 '0x[0-9a-f]{64}' as alice transfer TFUND bob 1 --ref "late" --timeout 3
late=$(grep -oE '0x[0-9a-f]{64}' "$work/err" | head -n 1)
run "$bin/talea" tx "$late"
equal "while it waits, tx says so" "$(cat "$work/out")" "state   waiting to be put in a block"
stop_node
start_node devnet --dir "$work/chain" --rpc-port "$port" || die "the chain goes on"
succeeds "repeated with its reference, once the chain goes on, it is done" as alice transfer TFUND bob 1 --ref "late"
if grep -q "$late" "$work/err"; then ok "by the very transaction that was sent before"; else not_ok "by the very transaction that was sent before" "$late" "$(cat "$work/err")"; fi
equal "and paid once: bob has" "$(balance bob)" "$((12 + kills)).000000"

# --- a full disk -----------------------------------------------------------------------------------------------------
full_disk() {
    small_disk=$work/small
    mkdir "$small_disk"
    if [ "$(id -u)" -ne 0 ] || ! mount -t tmpfs -o size=6m tmpfs "$small_disk" 2>/dev/null; then
        small_disk=
        skip "a full disk" "only root may mount a small file system for it"
        return
    fi
    # A wallet whose home is full pays nothing under a reference that it cannot keep.
    cp -r "$TALEA_HOME" "$small_disk/wallet"
    cat /dev/zero >"$small_disk/filler" 2>/dev/null
    local before=$expected_units
    fails "a new key on a full disk" 2 'No space|full|space' "$bin/talea" --home "$small_disk/wallet" account new erin --light
    fails "a payment whose reference cannot be kept" 2 'No space|full|space' as alice transfer TFUND bob 1 --ref "full" --home "$small_disk/wallet"
    equal "is not made: bob has" "$(balance bob)" "$before"
    fails "a new chain on a full disk" 1 'No space|full|space' "$bin/talead" devnet --dir "$small_disk/new" --rpc-port 0
    rm -rf "$small_disk/filler" "$small_disk/wallet" "$small_disk/new"
    stop_node

    # A node whose disk fills up stops with a sentence; what it called final is there when there is room again.
    start_node devnet --dir "$small_disk/chain" --rpc-port 0 --admin "$(address admin)" || die "a chain on a small disk starts"
    local sent=0 final=
    dd if=/dev/zero of="$small_disk/filler" bs=1k count=$((4 * 1024)) 2>/dev/null
    while [ "$sent" -lt 400 ] && kill -0 "$node" 2>/dev/null; do
        run as admin send "$(address bob)" "0x$(printf '%08x' "$sent")$(printf 'a7%.0s' $(seq 20000))" --gas 1500000 --json --timeout 5
        [ "$status" -eq 0 ] || break
        final=$(sed -nE 's/.*"transactionHash": ?"(0x[0-9a-f]{64})".*/\1/p' "$work/out" | head -n 1)
        sent=$((sent + 1))
    done
    status=0
    for _ in $(seq 50); do kill -0 "$node" 2>/dev/null || break; sleep 0.1; done
    if kill -0 "$node" 2>/dev/null; then
        not_ok "a disk that fills up stops the node" "it runs on after $sent transactions" "$(tail -n 5 "$work/err")"
        stop_node
    else
        wait "$node" || status=$?
        node=
        if [ "$status" -eq 74 ] && [ "$(grep -c '^talead: ' "$work/node.log")" -eq 1 ]; then
            ok "a disk that fills up stops the node with one sentence and exit code 74"
        else
            not_ok "a disk that fills up stops the node with one sentence and exit code 74" "exit code $status" "$(tail -n 5 "$work/node.log")"
        fi
    fi
    rm "$small_disk/filler"
    mount -o remount,size=64m "$small_disk" || { skip "the chain after a full disk" "the file system cannot be made larger"; return; }
    if ! start_node devnet --dir "$small_disk/chain" --rpc-port 0; then
        not_ok "with room again the node goes on" "$(tail -n 5 "$work/node.log")"
        return
    fi
    run "$bin/talea" tx "$final"
    if [ "$sent" -gt 0 ] && grep -q '^state   done' "$work/out"; then
        ok "with room again the node goes on, and the last of $sent final transactions is there"
    else
        not_ok "with room again the node goes on, and the last of $sent final transactions is there" "$(cat "$work/out" "$work/err")"
    fi
    stop_node
    succeeds "and every root holds" "$bin/talead" replay --dir "$small_disk/chain"
}
expected_units=$(balance bob)
full_disk
if [ -n "$node" ]; then stop_node; fi
succeeds "every root of the chain of these tests holds" "$bin/talead" replay --dir "$work/chain"
finish
