#!/usr/bin/env bash
# Talea in one go: a private network is started, known holders subscribe to a treasury fund, units move, are refused and are redeemed.
# Every figure shown is checked; the script ends with 1 and one sentence at the first that is off.
#
#   examples/quickstart.sh           installs and builds what is missing, then runs the story (settings: examples/story.sh)
set -euo pipefail
cd "$(dirname "$0")/.."
story=quickstart
# shellcheck source=examples/story.sh
. examples/story.sh

# field NAME: the value of a field of the JSON object on stdin (the last one of that name)
field() { sed -nE "s/.*\"$1\": ?\"?([^\",}]*)\"?.*/\1/p" | tail -n 1; }

step "1. Accounts"
echo "Everyone has a key under a password. Roles are apart: who mints does not attest, who publishes the NAV does not confirm it."
make_accounts admin registrar minter attestor agent compliance navagent approver treasury alice bob mallory stranger

step "2. A private network of four validators, enforced: only accounts with TRANSACT may send"
grants=()
for name in registrar minter attestor agent compliance navagent approver treasury alice bob; do grants+=(--grant "$(address $name)=transact"); done
start_chain --validators 4 --rpc-port 0 --enforced --clock 2026-11-20T20:59:00Z --stepped --admin "$(address admin)" "${grants[@]}"
grep -E '^  node-[0-9]|^a block after' "$work/node.log"
expect "the chain clock" "$(talea clock show)" 2026-11-20T20:59:00Z
echo "It is Friday, one minute before the fund's cut-off at 16:00 New York. The clock of this test chain stands still until an administrator advances it."

step "3. Known holders"
done_as admin permission add-registrar registrar
done_as registrar holder import examples/holders.csv
expect "the number of identities" "$(talea holder list | wc -l)" 3

step "4. Reserve-backed cash"
done_as admin policy create known >/dev/null
done_as admin token deploy CashToken --name "Dollar Cash" --symbol USDX --cap 1000000000 --policy 1 \
    --issuer minter --agent agent --compliance compliance --as USDX >/dev/null
done_as admin token grant USDX ATTESTOR attestor
done_as admin cash allowance USDX minter 5000000
done_as attestor cash attest USDX 5000000 --as-of 2026-11-20T20:00:00Z --document "reserve report of 20 November"
done_as minter token issue USDX alice 2000000
done_as minter token issue USDX bob 500000
expect "alice's cash" "$(balance USDX alice)" 2,000,000.000000
if talea token issue USDX alice 2500000.000001 --account minter --yes 2>"$work/refused"; then die "cash beyond the attested reserve was minted"; fi
echo "  One millionth more than the reserve is refused before anything is signed:"
sed -n 's/^  *refused/    refused/p' "$work/refused"

step "5. A treasury fund: units, business calendar, one price a day"
done_as admin policy create known countries:deny:408,364 categories:1 holders:3:3000000:50 >/dev/null
done_as admin token deploy RestrictedToken --name "Treasury Fund" --symbol TFUND --cap 5000000 --policy 2 \
    --agent agent --compliance compliance --as TFUND >/dev/null
done_as admin calendar deploy contracts/data/us-calendar.calls.json --as calendar >/dev/null
done_as admin token grant calendar OPERATOR admin
done_as admin calendar publish calendar contracts/data/us-calendar.calls.json
done_as admin fund deploy --share TFUND --cash USDX --calendar calendar --treasury treasury \
    --nav-agent navagent --nav-approver approver --agent agent --as fund >/dev/null
done_as admin token grant TFUND ISSUER fund
done_as compliance token admit-escrow TFUND fund
done_as compliance token admit-escrow USDX fund
talea policy show 2

step "6. Alice and bob subscribe before the cut-off; the fund is struck at NAV 1.01210000"
expect "alice's dealing day" "$(done_as alice fund subscribe fund 2000000)" 2026-11-20
expect "bob's dealing day" "$(done_as bob fund subscribe fund 500000)" 2026-11-20
done_as admin clock advance 2026-11-20T21:00:00Z
done_as navagent fund nav fund 1.0121 --day 2026-11-20 --as-of 2026-11-20T21:00:00Z --document "valuation of 20 November"
echo "  The first NAV is held until a second person confirms it."
done_as approver fund approve-nav fund 1.0121 --day 2026-11-20
done_as agent fund strike fund --day 2026-11-20
done_as agent fund collect fund --day 2026-11-20
done_as alice fund claim fund subscription --day 2026-11-20
done_as bob fund claim fund subscription --day 2026-11-20
expect "alice's units" "$(balance TFUND alice)" 1,976,089.319237
expect "bob's units" "$(balance TFUND bob)" 494,022.329809

step "7. Alice sends bob 100 units"
talea transfer TFUND bob 100 --account alice --yes --ref "invoice 7/2026" 2>"$work/transfer" || { cat "$work/transfer" >&2; die "the transfer failed"; }
sed 's/^/  /' "$work/transfer"
transfer_block=$(sed -nE 's/.*block ([0-9]+).*/\1/p' "$work/transfer")
expect "bob's units" "$(balance TFUND bob)" 494,122.329809
echo "  The same reference again pays nothing again:"
talea transfer TFUND bob 100 --account alice --yes --ref "invoice 7/2026" 2>&1 | sed 's/^/    /'
expect "bob's units" "$(balance TFUND bob)" 494,122.329809

step "8. Alice tries a wallet that nobody knows, and is told before she signs"
if talea explain TFUND mallory 100 --account alice >"$work/refused" 2>&1; then die "a transfer to an unknown wallet would be allowed"; fi
sed 's/^/  /' "$work/refused"
grep -q "(202)" "$work/refused" || die "the refusal does not carry code 202"
echo "  Around the wallet the chain itself refuses, with the same reason:"
raw_call() { curl -s -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_sendRawTransaction\",\"params\":[\"$1\"]}" "$TALEA_RPC"; }
talea transfer TFUND mallory 100 --account alice --force --gas 300000 --unsigned "$work/raw.json" 2>/dev/null
hash=$(raw_call "$(talea sign "$work/raw.json" 2>/dev/null)" | field result)
for _ in $(seq 100); do talea tx "$hash" | grep -q '^state   waiting' || break; sleep 0.05; done
talea tx "$hash" | sed -n 's/^\(state\|why\) /    \1 /p'
talea tx "$hash" | grep -q "refused by the chain" || die "the chain did not refuse it"
expect "bob's units" "$(balance TFUND bob)" 494,122.329809

step "9. An account without TRANSACT is refused at the door"
talea send TFUND "transfer(address,uint256)" bob 1 --account stranger --force --gas 300000 --unsigned "$work/raw.json" 2>/dev/null
answer=$(raw_call "$(talea sign "$work/raw.json" 2>/dev/null)")
expect "the node's error code" "$(printf '%s' "$answer" | field code)" -32010
expect "its reason" "$(printf '%s' "$answer" | field reason)" sender_not_permitted

step "10. Redemption: alice before the cut-off, bob one second after it"
done_as admin clock advance 2026-11-23T20:59:59Z
expect "alice's dealing day" "$(done_as alice fund redeem fund 1000000)" 2026-11-23
done_as admin clock advance 1s
expect "bob's dealing day" "$(done_as bob fund redeem fund 1000)" 2026-11-24
done_as navagent fund nav fund 1.0123 --day 2026-11-23 --as-of 2026-11-23T21:00:00Z --document "valuation of 23 November"
done_as agent fund strike fund --day 2026-11-23
done_as treasury fund fund-redemptions fund --day 2026-11-23
done_as admin clock advance 2026-11-24T05:00:00Z
echo "  It is Tuesday, midnight in New York: the payment day."
done_as alice fund claim fund redemption --day 2026-11-23
expect "alice's cash" "$(balance USDX alice)" 1,012,300.000000

step "11. One of the four validators is killed in mid-traffic"
# of_node FIELD: of the third node, from what devnet said: 4 its JSON-RPC, 6 its process
of_node() { awk -v field="$1" '$1 == "node-3" && $3 == "at" { gsub(",", "", $field); print $field }' "$work/node.log"; }
: >"$work/receipts"
(for n in $(seq 1000); do talea transfer TFUND bob 1 --account alice --yes --ref "traffic $n" --json --timeout 10 2>/dev/null | field transactionHash >>"$work/receipts"; done) &
traffic=$!
# receipts_reach COUNT
receipts_reach() {
    for _ in $(seq 600); do [ "$(wc -l <"$work/receipts")" -ge "$1" ] && return; sleep 0.1; done
    die "only $(wc -l <"$work/receipts") transfers were final within a minute, not $1"
}
receipts_reach 4
kill -9 "$(of_node 6)"
before=$(wc -l <"$work/receipts")
receipts_reach $((before + 8))
echo "  node-3 was killed after transfer $before, and $(($(wc -l <"$work/receipts") - before)) more were final without it. What the network says:"
grep -A 1 '^talead: node-3 ended' "$work/node.log" | sed 's/^/    /'
read -ra command < <(grep -A 1 '^talead: node-3 ended' "$work/node.log" | tail -n 1)
"${command[@]}" >>"$work/node-3.log" 2>&1 &
again=$!
kill "$traffic" 2>/dev/null || true
wait "$traffic" 2>/dev/null || true
receipts=$(grep -c . "$work/receipts")
while read -r hash; do
    for _ in $(seq 100); do
        TALEA_RPC=$(of_node 4) talea tx "$hash" 2>/dev/null | grep -q '^state   done' && continue 2
        sleep 0.1
    done
    die "transaction $hash was final and is not on node-3"
done <"$work/receipts"
echo "  Started again by that command, node-3 caught up by itself: it has all $receipts transfers that had a receipt."

step "12. The cap table at a past block"
talea token holders TFUND --at "$transfer_block" | sed 's/^/  /'
expect "alice's units in block $transfer_block" "$(talea token holders TFUND --at "$transfer_block" | grep alice | awk '{print $1}')" 1,975,989.319237
expect "bob's units in block $transfer_block" "$(talea token holders TFUND --at "$transfer_block" | grep bob | awk '{print $1}')" 494,122.329809

step "13. The whole chain of the node that was killed, executed again from genesis"
cleanup
"$bin/talead" replay --dir "$work/chain/node-3" 2>&1 | tail -n 2 | sed 's/^/  /'
printf '\n'
bold "Done in ${SECONDS} s. The network and the wallet of this run are in $work; talea --help shows what else there is."
