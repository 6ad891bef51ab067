#!/usr/bin/env bash
# A desk's day at the real talead and talea: orders and contract notes, custody by several keys, a distribution by record date, policies in
# words, administrators who decide together, and books that agree. Every figure is checked; the last line is what tests/run.sh reads.
#
# Settings: examples/story.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
story=desk
# shellcheck source=examples/story.sh
. examples/story.sh
checks=0
checked() {
    checks=$((checks + 1))
    printf '  checked: %s\n' "$1"
}
# equal WHAT ACTUAL EXPECTED
equal() {
    [ "$2" = "$3" ] || die "$1 is $2, expected $3"
    checked "$1 is $3"
}
# refused NAME PATTERN ACCOUNT COMMAND...: refused before it is signed, for that reason
refused() {
    local name=$1 pattern=$2 who=$3
    shift 3
    if talea "$@" --account "$who" --yes >"$work/out" 2>"$work/refused"; then die "$name: talea $* was not refused"; fi
    grep -qE "$pattern" "$work/refused" || { cat "$work/refused" >&2; die "$name: nothing says /$pattern/"; }
    checked "$name"
}
# fails NAME EXIT PATTERN COMMAND...: of talea, with that exit code and sentence
fails() {
    local name=$1 code=$2 pattern=$3 status=0
    shift 3
    talea "$@" >"$work/out" 2>"$work/refused" || status=$?
    [ "$status" -eq "$code" ] || { cat "$work/refused" >&2; die "$name: exit code $status, expected $code"; }
    grep -qE "$pattern" "$work/refused" || { cat "$work/refused" >&2; die "$name: nothing says /$pattern/"; }
    checked "$name"
}
# of NAME COMMAND...: a fact of what the command of talea shows
of() {
    local name=$1
    shift
    talea "$@" | sed -nE "s/^$name  +//p" | head -n 1
}
# same_cells NAME COMMAND...: the table is the same as CSV and in the one object of --json, which it is named as
same_cells() {
    local name=$1
    shift
    talea "$@" --csv >"$work/csv"
    talea "$@" --json >"$work/json"
    node -e '
        const fs = require("fs");
        const rows = JSON.parse(fs.readFileSync(process.argv[1], "utf8"))[process.argv[3]];
        const lines = fs.readFileSync(process.argv[2], "utf8").trimEnd().split("\n");
        const keys = lines.shift().split(",");
        const quote = (cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll("\"", "\"\"")}"` : cell);
        const again = rows.map((row) => keys.map((key) => quote(row[key])).join(","));
        if (rows.length === 0 || again.join("\n") !== lines.join("\n")) throw new Error(`${again} is not ${lines}`);
    ' "$work/json" "$work/csv" "$name" || die "talea $*: CSV and JSON differ"
    checked "talea $* has the same cells as CSV and as JSON"
}

step "A chain with cash and a fund"
make_accounts admin second third registrar minter attestor agent compliance navagent approver treasury alice bob mallory ann ben cho \
    dan paying
start_chain --rpc-port 0 --clock 2026-11-20T14:00:00Z --stepped --admin "$(address admin)"
done_as admin permission add-registrar registrar
for name in alice bob treasury paying; do
    done_as registrar holder add "LEI-$name" "$name" --country US --categories 1 --expiry 2027-12-31
done
done_as admin policy create known >/dev/null
deploy_cash 5000000
deploy_calendar
printf 'known\ncountries:deny:408,364   # sanctions\ncategories:1\nholders:3:3000000:50\n' >"$work/rules"
equal "the fund's policy" "$(done_as admin policy create --file "$work/rules")" 2
done_as admin token deploy RestrictedToken --name "Treasury Fund" --symbol TFUND --cap 5000000 --policy 2 \
    --agent agent --compliance compliance --as TFUND >/dev/null
done_as admin fund deploy --share TFUND --cash USDX --calendar calendar --treasury treasury \
    --nav-agent navagent --nav-approver approver --agent agent --as fund >/dev/null
done_as admin token grant TFUND ISSUER fund
done_as compliance token admit-escrow TFUND fund
done_as compliance token admit-escrow USDX fund
done_as minter token issue USDX alice 2000000
done_as minter token issue USDX bob 500000

step "Orders, contract notes and books"
done_as alice fund subscribe fund 2000000 >/dev/null
done_as bob fund subscribe fund 500000 >/dev/null
equal "alice's order" "$(talea fund orders fund --for alice --csv | tail -n +2 | sed -E 's/alice \(0x[0-9a-fA-F]+\)/alice/')" \
    '2026-11-20,subscription,alice,open,"2,000,000.000000",0.000000,0.000000'
same_cells orders fund orders fund --day 2026-11-20
equal "cash in the fund's escrow" "$(of escrowed token reconcile USDX)" 2,500,000.000000
equal "it is reconciled" "$(of reconciled token reconcile USDX)" yes
equal "alice's part of it" "$(talea token reconcile USDX --csv | grep '^open order,alice' | cut -d'"' -f2)" 2,000,000.000000
fails "no contract note before the strike" 1 'not struck yet: its stage is open' fund confirm fund subscription --day 2026-11-20 --for alice
done_as admin clock advance 2026-11-20T21:00:00Z
done_as navagent fund nav fund 1.0121 --day 2026-11-20 --as-of 2026-11-20T21:00:00Z --document "valuation of 20 November"
done_as approver fund approve-nav fund 1.0121 --day 2026-11-20
done_as agent fund strike fund --day 2026-11-20
note() { of "$1" fund confirm fund "$2" --day "$3" --for "$4"; } # note FACT SIDE DAY WHOSE
equal "the note's NAV" "$(note nav subscription 2026-11-20 alice)" 1.01210000
equal "its units" "$(note units subscription 2026-11-20 alice)" 1,976,089.319237
equal "its cash" "$(note cash subscription 2026-11-20 alice)" 2,000,000.000000
struck=$(note block subscription 2026-11-20 alice)
equal "bob's units" "$(note units subscription 2026-11-20 bob)" 494,022.329809
equal "its block's transaction" "$(talea tx "$(note 'transaction hash' subscription 2026-11-20 alice)" | sed -nE 's/^state.*block //p')" "$struck"
equal "units before the claims, in escrow" "$(of escrowed token reconcile TFUND)" 2,470,111.649046
equal "they are reconciled" "$(of reconciled token reconcile TFUND)" yes
done_as agent fund collect fund --day 2026-11-20
done_as alice fund claim fund subscription --day 2026-11-20
done_as bob fund claim fund subscription --day 2026-11-20
equal "alice's note says what she claimed" "$(talea fund confirm fund subscription --day 2026-11-20 --for alice --csv | tail -n 1 | cut -d'"' -f4)" \
    1,976,089.319237
equal "orders that are not drained" "$(talea fund orders fund --csv | wc -l)" 1
equal "drained ones" "$(talea fund orders fund --all --csv | grep -c drained)" 2
equal "holders after the claims" "$(of holders token reconcile TFUND)" 2
equal "identities' units" "$(of identities token reconcile TFUND)" 2,470,111.649046
equal "the books of cash" "$(of reconciled token reconcile USDX)" yes
done_as treasury cash redeem USDX 1000 --bank-account "DE89 …"
equal "what waits for the bank" "$(of 'redemptions open' token reconcile USDX)" 1,000.000000
same_cells positions token reconcile USDX
equal "the books with it" "$(of reconciled token reconcile USDX)" yes
equal "the books before the strike still" "$(of escrowed token reconcile USDX --at "$((struck - 1))")" 2,500,000.000000
fails "no record date before it is final" 1 'is final once a block is later' token reconcile USDX --at 2027-01-01T00:00:00Z
done_as attestor cash attest USDX 2000000 --as-of 2026-11-20T20:00:00Z --document "report after an outflow"
fails "a reserve below the supply is not reconciled" 1 'beyond the attested reserve 2,000,000' token reconcile USDX
done_as attestor cash attest USDX 5000000 --as-of 2026-11-20T20:30:00Z --document "corrected report"

step "Custody by several keys"
done_as admin custody deploy --signer ann --signer ben --signer cho --threshold 2 --as vault >/dev/null
done_as registrar holder add LEI-client vault --country US --categories 1 --expiry 2027-12-31
done_as minter token issue USDX vault 2000000
# op COMMAND...: the number of what ann proposes
op() { done_as ann custody "$@"; }
refused "a stranger proposes nothing" '\(90\)' mallory custody pay vault USDX bob 1
equal "the limit's proposal" "$(op change vault limit USDX 1000000 1)" 1
refused "one key does not execute it" '\(94\)' ann custody execute vault 1
refused "nor approves twice" '\(93\)' ann custody approve vault 1
equal "it waits" "$(talea custody show vault --csv | tail -n 1 | cut -d, -f1,2)" "1,open"
done_as ben custody approve vault 1
equal "one key pays a day's limit" "$(op pay vault USDX bob 1000000)" 2
equal "bob's cash" "$(balance USDX bob)" 1,000,000.000000
equal "the limit is used up" "$(of limits custody show vault)" "USDX 1,000,000.000000 a day by 1 keys, 1,000,000.000000 spent today"
equal "a millionth more" "$(op pay vault USDX bob 0.000001)" 3
equal "waits for a second" "$(balance USDX bob)" 1,000,000.000000
done_as ben custody approve vault 3
equal "who approves it" "$(balance USDX bob)" 1,000,000.000001
equal "cho's key is lost" "$(op change vault replace-signer cho dan)" 4
done_as ben custody approve vault 4
refused "cho signs no more" '\(90\)' cho custody pay vault USDX bob 1
equal "any call is proposed" "$(op propose vault USDX 'approve(address,uint256)' ann 5)" 5
refused "only its proposer takes it back" '\(90\)' ben custody cancel vault 5
done_as ann custody cancel vault 5
same_cells operations custody show vault --all
equal "the states" "$(talea custody show vault --all --csv | tail -n +2 | cut -d, -f2 | tr '\n' ' ')" "executed executed executed executed cancelled "
fails "an operation that is not there" 1 'no operation 9' custody show vault 9
equal "the client's units" "$(of 'in custody' custody segregation USDX)" 999,999.999999
same_cells accounts custody segregation USDX
equal "the statement's closing" "$(of closing custody statement vault USDX)" 999,999.999999
equal "its ins" "$(of in custody statement vault USDX)" 2,000,000.000000
equal "its outs" "$(of out custody statement vault USDX)" 1,000,000.000001
same_cells movements custody statement vault USDX

step "A distribution by record date"
record=2026-11-20T21:00:00Z
make() { talea distribution statement TFUND --cash USDX --record "$record" --out "$work/coupon.json" "$@"; }
fails "the record date is not final" 1 'is final once a block is later' distribution statement TFUND --cash USDX --record "$record" \
    --out "$work/coupon.json" --pot 1000
done_as admin clock advance 1h
fails "pot or rate" 2 'either --pot' distribution statement TFUND --cash USDX --record "$record" --out "$work/coupon.json"
make --pot 1000 >"$work/statement"
equal "alice's part" "$(grep '^alice' "$work/statement" | awk '{print $4}')" 800.000000
equal "bob's" "$(grep '^bob' "$work/statement" | awk '{print $4}')" 199.999999
equal "the rest" "$(sed -nE 's/^rest  +//p' "$work/statement")" 0.000001
equal "anyone computes the same again" "$(of statement distribution check "$work/coupon.json")" "is what the cap table gives"
sed 's/199999999/299999999/' "$work/coupon.json" >"$work/forged.json"
fails "a statement with another amount" 2 'is damaged' distribution check "$work/forged.json"
make --rate 0.0005 >/dev/null
mv "$work/coupon.json" "$work/other.json"
make --pot 1000 >/dev/null
done_as admin distribution deploy --distributor paying --as distribution >/dev/null
done_as compliance token admit-escrow USDX distribution
done_as minter token issue USDX paying 1500
announce() { done_as paying distribution announce distribution "$work/coupon.json" --claimable-from 2026-11-21T21:00:00Z; }
refused "only the distributor announces" 'DISTRIBUTOR' alice distribution announce distribution "$work/coupon.json" \
    --claimable-from 2026-11-21T21:00:00Z
equal "the first announcement" "$(announce)" 1
done_as paying distribution withdraw distribution 1
equal "the second" "$(announce)" 2
equal "it is what was computed" "$(of statement distribution check "$work/coupon.json" distribution 2)" \
    "is what the cap table gives and what was announced"
fails "another statement is not" 1 'another statement' distribution check "$work/other.json" distribution 2
fails "nor is it shown with it" 2 'of another distribution' distribution show distribution 2 "$work/other.json"
refused "no claim before it is funded" '\(80\)' alice distribution claim distribution 2 "$work/coupon.json"
done_as paying distribution fund distribution 2
refused "nor before its time" '\(81\)' alice distribution claim distribution 2 "$work/coupon.json"
done_as admin clock advance 2026-11-21T21:00:00Z
done_as alice distribution claim distribution 2 "$work/coupon.json"
equal "alice's cash" "$(balance USDX alice)" 800.000000
refused "a leaf pays once" '\(83\)' alice distribution claim distribution 2 "$work/coupon.json"
refused "who held nothing is in no statement" 'not in the statement' mallory distribution claim distribution 2 "$work/coupon.json"
equal "the others are paid" "$(done_as paying distribution push distribution 2 "$work/coupon.json")" "1 paid now, 1 before, 0 refused"
equal "bob's cash" "$(balance USDX bob)" 1,000,200.000000
equal "what is paid" "$(of paid distribution show distribution 2)" 999.999999
equal "and open" "$(of open distribution show distribution 2)" 0.000000
same_cells leaves distribution show distribution 2 "$work/coupon.json"
refused "the rest of none goes back" '\(86\)' paying distribution end distribution 2

step "Policies in words"
equal "the rules as they were written" "$(talea policy show 2 --csv | tail -n +2 | sed -E 's/^[0-9]+,("[^"]*"|[^,]*),.*/\1/' | tr -d '"' | tr '\n' ' ')" \
    "known countries:deny:364,408 categories:1 holders:3:3000000:50 "
same_cells rules policy show 2
talea policy explain TFUND transfer alice mallory 100 >"$work/explained"
equal "what the first rule says of mallory" "$(grep -c 'refused (202)' "$work/explained")" 1
done_as registrar holder add LEI-mallory mallory --country 408 --expiry 2027-12-31
talea policy explain TFUND transfer alice mallory 10 --csv >"$work/explained"
equal "each rule that refuses is told" "$(grep -oE 'refused \([0-9]+\)' "$work/explained" | tr -dc '0-9\n' | tr '\n' ' ')" "302 402 503 "
fails "an operation that is none" 2 'no operation "give"' policy explain TFUND give alice bob 1
fails "a rule that is none" 2 'no rule "colour"' policy set 2 colour:red --account admin
fails "rules here and in a file" 2 'not both' policy set 2 known --file "$work/rules" --account admin
{
    cat "$work/rules"
    echo "velocity:1000:24"
    echo "countries:allow:840,826 on transfer,settle of receiver"
    echo "window:2026-11-01/2027-12-31/06:00-23:30/nolocks"
    echo "counterparties:LEI-alice,LEI-bob on transfer"
    echo "contract:vault:5000"
} >"$work/more"
done_as admin policy create --file "$work/more" >/dev/null
talea policy show 3 --json >"$work/json"
node -e 'for (const { words } of JSON.parse(require("fs").readFileSync(process.argv[1])).rules) console.log(words.replace(/vault \((0x\w+)\)/, "$1"))' \
    "$work/json" >"$work/again"
equal "what is shown is what is taken" "$(done_as admin policy create --file "$work/again")" 4
[ "$(talea policy show 4 --csv)" = "$(talea policy show 3 --csv)" ] || die "policy 4 is not shown as policy 3 is"
checked "word by word"
done_as admin policy set 2 known countries:deny:408,364 categories:1 holders:3:3000000:50 velocity:1000:24
grep -q '^  + velocity:1000:24$' "$work/talk.log" || die "the change is not shown before it is signed"
refused "beyond the day's velocity" '\(701\)' alice transfer TFUND bob 1000.000001

step "Administrators who decide together"
done_as admin permission grant second ADMIN
done_as admin permission grant third ADMIN
equal "two of three, by one proposal" "$(done_as admin admin propose threshold 2 ADMIN TRANSACT)" 1
equal "the thresholds" "$(of thresholds admin list)" "ADMIN 2, NETWORK 1, REGISTRAR_ADMIN 1, TRANSACT 2, DEPLOY 1"
refused "one alone removes nobody" '2 ADMINs' admin permission revoke third ADMIN
equal "so it is proposed" "$(done_as admin admin propose revoke third ADMIN --expires 3d)" 2
equal "and waits" "$(talea admin list --csv | tail -n 1 | cut -d, -f1,2,4)" "2,open,1 of 2"
refused "its proposer cannot approve it twice" 'already' admin admin approve 2
refused "nor another take it back" 'second .*may not do this' second admin cancel 2
done_as second admin approve 2
equal "who left holds nothing" "$(talea permission show third --json | sed -nE 's/.*"roles":"([^"]*)".*/\1/p')" none
equal "a third proposal" "$(done_as admin admin propose grant dan TRANSACT DEPLOY)" 3
done_as admin admin cancel 3
same_cells proposals admin list --all
equal "the states" "$(talea admin list --all --csv | tail -n +2 | cut -d, -f2 | tr '\n' ' ')" "executed executed cancelled "
fails "a change that is none" 2 'no change' admin propose remove dan ADMIN --account admin

kill "$node"
wait "$node" 2>/dev/null || true
node=
equal "talead shows the thresholds" "$("$bin/talead" inspect registries --dir "$work/chain" | sed -nE 's/^threshold +//p' | tr '\n' ';')" \
    "admin: 2 of 2 administrators;transact: 2 of 2 administrators;"

step "Thresholds in a genesis"
printf '{"config": {"chainId": 7, "talea": {"administrators": ["%s", "%s", "%s"], "validators": ["%s"], "thresholds": {"admin": 2, "network": 3}}}}' \
    "$(address admin)" "$(address second)" "$(address third)" "$(address admin)" >"$work/source.json"
"$bin/talead" init "$work/source.json" --dir "$work/genesis" >/dev/null 2>&1 || die "talead init failed"
"$bin/talead" run --dir "$work/genesis" --rpc-port 0 >"$work/run.log" 2>&1 &
node=$!
for _ in $(seq 100); do grep -q 'http://127' "$work/run.log" && break; sleep 0.1; done
TALEA_RPC=$(grep -oE 'http://127\.0\.0\.1:[1-9][0-9]*' "$work/run.log" | tail -n 1)
export TALEA_RPC
equal "a chain that begins with them" "$(of thresholds admin list)" "ADMIN 2, NETWORK 3, REGISTRAR_ADMIN 1, TRANSACT 1, DEPLOY 1"
kill "$node"
wait "$node" 2>/dev/null || true
node=
equal "talead shows them" "$("$bin/talead" inspect registries --dir "$work/genesis" | sed -nE 's/^threshold +//p' | tr '\n' ';')" \
    "admin: 2 of 3 administrators;network: 3 of 3 administrators;"

printf '%d passed, 0 failed, 0 skipped\n' "$checks"
