#!/usr/bin/env bash
# Delivery versus payment on Talea: three legs settle together or not at all, a hundred trades settle by eight transfers, and a
# table says how much capital the same trades bind the way they settle elsewhere.
# Every figure shown is checked; the script ends with 1 and one sentence at the first that is off.
#
#   examples/settlement.sh           installs and builds what is missing, then runs the story (settings: examples/story.sh)
set -euo pipefail
cd "$(dirname "$0")/.."
story=settlement
# shellcheck source=examples/story.sh
. examples/story.sh

trades=examples/trades.csv
parties=(alice bob carol dave erin)
state() { talea settle show settlement "$1" | fact state; }

step "1. A chain, known holders, cash, and a fund's units of which nobody may hold more than 3,000,000"
make_accounts admin registrar minter attestor agent compliance "${parties[@]}"
start_chain --rpc-port 0 --clock 2026-11-20T14:00:00Z --stepped --admin "$(address admin)"
done_as admin permission add-registrar registrar
register_holders "${parties[@]}"
done_as admin policy create known >/dev/null
done_as admin policy create known holders:10:3000000:0 >/dev/null
deploy_cash 5000000
done_as admin token deploy RestrictedToken --name "Treasury Fund" --symbol TFUND --cap 10000000 --policy 2 \
    --issuer minter --agent agent --compliance compliance --as TFUND >/dev/null
deploy_calendar
done_as minter token issue USDX bob 1012550
done_as minter token issue TFUND alice 2000000
done_as minter token issue TFUND bob 2500000
done_as admin settle deploy --as settlement >/dev/null
done_as compliance settle admit settlement USDX
done_as compliance settle admit settlement TFUND

step "2. Three legs: 1,000,000 units to bob, 1,012,300 for them to alice, 250 to the broker carol"
three_legs=(--leg "TFUND alice bob 1000000" --leg "USDX bob alice 1012300" --leg "USDX bob carol 250")
number=$(done_as carol settle propose settlement "${three_legs[@]}" --deadline 2026-11-20T15:00:00Z)
expect "the instruction's number" "$number" 1
for name in alice bob carol; do done_as "$name" settle affirm settlement 1 --allow; done
done_as carol settle lock settlement 1
expect_table settle show settlement 1 --parties <<'END'
instruction  1
state        locked
affirmed     3 of 3
deadline     2026-11-20T15:00:00Z

party  affirmed  token             gives              gets   allowed
alice  yes       TFUND  1,000,000.000000          0.000000  0.000000
alice  yes       USDX           0.000000  1,012,300.000000  0.000000
bob    yes       TFUND          0.000000  1,000,000.000000  0.000000
bob    yes       USDX   1,012,550.000000          0.000000  0.000000
carol  yes       USDX           0.000000        250.000000  0.000000
END
expect "what alice has free, in millionths" "$(free TFUND alice)" 1000000000000
echo "  Bob would hold 3,500,000 units, above the limit. He is told before he signs:"
refused_as bob 502 "more than the 3000000.000000 that rule 2 allows" settle execute settlement 1
expect "bob's units" "$(balance TFUND bob)" 2,500,000.000000
expect "bob's cash" "$(balance USDX bob)" 1,012,550.000000

step "3. The deadline passes: all is free again, with nobody's consent"
done_as admin clock advance 2026-11-20T15:00:01Z
expect "the instruction" "$(state 1)" expired
expect "what alice has free, in millionths" "$(free TFUND alice)" 2000000000000
expect "what bob has free of cash, in millionths" "$(free USDX bob)" 1012550000000

step "4. The same, and bob gives 1,500,000 units on: limits are judged on the end state, so now all four legs settle"
done_as carol settle propose settlement "${three_legs[@]}" --leg "TFUND bob carol 1500000" \
    --deadline 2026-11-20T16:00:00Z >/dev/null
for name in alice bob carol; do done_as "$name" settle affirm settlement 2 --allow; done
done_as carol settle lock settlement 2
expect "what bob has free, in millionths: only his net outflow is locked" "$(free TFUND bob)" 2000000000000
done_as carol settle execute settlement 2
expect "the instruction" "$(state 2)" settled
expect "alice's units" "$(balance TFUND alice)" 1,000,000.000000
expect "bob's units" "$(balance TFUND bob)" 2,000,000.000000
expect "carol's units" "$(balance TFUND carol)" 1,500,000.000000
expect "alice's cash" "$(balance USDX alice)" 1,012,300.000000
expect "carol's cash" "$(balance USDX carol)" 250.000000
expect "bob's cash" "$(balance USDX bob)" 0.000000

step "5. A hundred trades of five parties in two assets ($trades), netted at the end of the day"
for name in dave erin; do
    done_as minter token issue TFUND "$name" 100000
    done_as minter token issue USDX "$name" 100000
done
done_as minter token issue USDX bob 500000
done_as admin clock advance 2026-11-20T20:00:00Z
balances() { for name in "${parties[@]}"; do echo "$name $(balance TFUND "$name") $(balance USDX "$name")"; done | tr -d ,; }
balances >"$work/before"
# What each has after all hundred, one by one: the record's own sums, in millionths.
awk -F, -v OFMT=%.0f 'NR == FNR { split($0, b, " "); units[b[1]] = b[2] * 1e6; cash[b[1]] = b[3] * 1e6; next }
    /^#/ || /^agreed/ { next }
    { units[$2] -= $5 * 1e6; units[$3] += $5 * 1e6; cash[$3] -= $6 * 1e6; cash[$2] += $6 * 1e6 }
    END { for (name in units) printf "%s %.6f %.6f\n", name, units[name] / 1e6, cash[name] / 1e6 }' \
    "$work/before" "$trades" | sort >"$work/gross"
number=$(done_as admin settle propose settlement --trades "$trades" --cash USDX --deadline 2026-11-20T21:00:00Z)
expect "the netting set's number" "$number" 3
for name in "${parties[@]}"; do done_as "$name" settle affirm settlement 3 --allow; done
expect_table settle show settlement 3 --parties <<'END'
netting set  3
state        affirmed
affirmed     5 of 5
on failure   settle nothing
deadline     2026-11-20T21:00:00Z

party  affirmed  token           gives            gets         allowed
alice  yes       TFUND  153,500.000000        0.000000  153,500.000000
alice  yes       USDX         0.000000  155,346.950000        0.000000
bob    yes       TFUND        0.000000  282,500.000000        0.000000
bob    yes       USDX   285,926.500000        0.000000  285,926.500000
carol  yes       TFUND  134,000.000000        0.000000  134,000.000000
carol  yes       USDX         0.000000  135,601.750000        0.000000
dave   yes       TFUND        0.000000   13,000.000000        0.000000
dave   yes       USDX    13,149.400000        0.000000   13,149.400000
erin   yes       TFUND    8,000.000000        0.000000    8,000.000000
erin   yes       USDX         0.000000    8,127.200000        0.000000
END
expect "the settlement" "$(done_as dave settle execute settlement 3)" "100 trades settled by 8 transfers, 0 dropped"
balances | sort >"$work/after"
cmp -s "$work/after" "$work/gross" || { diff "$work/after" "$work/gross" >&2 || true; die "netting ends differently from the trades one by one"; }
echo "  checked: everybody has what the hundred trades one by one would have left"
expect "bob's units" "$(balance TFUND bob)" 2,282,500.000000
expect "bob's cash" "$(balance USDX bob)" 214,073.500000
expect "what alice has locked, in millionths" "$(talea call TFUND "lockedOf(address)(uint256)" alice | sed 's/ .*//')" 0

step "6. A set whose parties agreed that who fails is dropped: erin never affirms, the rest is netted again"
cat >"$work/three.csv" <<'END'
seller,buyer,token,units,cash
alice,bob,TFUND,1000,1012.10
bob,carol,TFUND,500,506.05
erin,alice,TFUND,200,202.42
END
done_as admin settle propose settlement --trades "$work/three.csv" --cash USDX --rule party \
    --not-before 2026-11-20T20:30:00Z --deadline 2026-11-20T21:00:00Z >/dev/null
for name in alice bob carol; do done_as "$name" settle affirm settlement 4 --allow; done
refused_as dave 64 "from 2026-11-20T20:30:00Z on" settle execute settlement 4
done_as admin clock advance 2026-11-20T20:30:00Z
expect "the settlement" "$(done_as dave settle execute settlement 4)" "2 trades settled by 4 transfers, 1 dropped"
expect_table settle show settlement 4 <<'END'
netting set  4
state        settled
affirmed     3 of 4
on failure   drop the party
not before   2026-11-20T20:30:00Z
deadline     2026-11-20T21:00:00Z
settled at   2026-11-20T20:30:00Z

trade  seller  buyer  token         units          cash  dropped
    1  alice   bob    TFUND  1,000.000000  1,012.100000  no
    2  bob     carol  TFUND    500.000000    506.050000  no
    3  erin    alice  TFUND    200.000000    202.420000  yes
END
expect "alice's units" "$(balance TFUND alice)" 845,500.000000
expect "erin's units" "$(balance TFUND erin)" 92,000.000000

step "7. The capital that the hundred trades bind"
cat <<'END'
  Over all accounts and over time: what is owed under trades agreed and unsettled, times a margin of 2 %, plus cash and
  units set aside for settlement (an hour before a run; for an atomic trade the second from agreement to settlement). Units
  are marked at 1.0121. Friday's T+1 is Monday, T+2 Tuesday, 16:00 in New York. Atomic net settles what was agreed every
  ten minutes. Value-days are one unit of cash bound for one day.
END
expect_table settle capital "$trades" --cash USDX --calendar calendar --mark TFUND=1.0121 --margin-bps 200 \
    --set-aside 1h --atomic 1s --batch 10m <<'END'
trades      100
margin bps  200
currency    USDX

settlement                  peak      value days       of margin       of locked
T+2             2,451,789.096000  300,212.020763  200,057.237430  100,154.783334
T+1             2,451,789.096000  252,137.724763  151,982.941430  100,154.783334
end-of-day net    610,114.479000   27,263.361317    2,340.384233   24,922.977084
atomic gross       82,591.440000       28.377189        0.556416       27.820774
atomic net          3,238.720000      161.456691      161.456691        0.000000
END
# What the table says is locked before the netted run is what the chain asked the parties of the netting set for: their net
# outflows, an hour long, a twenty-fourth of a day.
locked=$(talea settle show settlement 3 --parties |
    awk '$2 == "yes" { gsub(",", "", $4); sum += ($3 == "TFUND" ? 1.0121 : 1) * $4 } END { printf "%.6f", sum / 24 }')
expect "the net outflows of the settled set, marked, over an hour, in value-days" "$locked" 24922.977083
end_story
