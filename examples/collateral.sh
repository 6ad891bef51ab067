#!/usr/bin/env bash
# Fund units as collateral on Talea: a clearing member posts them without giving them away, their price falls, a call goes out, cash
# replaces units, the rest of the call is never met, and the position is closed out: sold, and redeemed at the fund's next strike.
# Every figure shown is checked; the script ends with 1 and one sentence at the first that is off.
#
#   examples/collateral.sh           installs and builds what is missing, then runs the story (settings: examples/story.sh)
set -euo pipefail
cd "$(dirname "$0")/.."
story=collateral
# shellcheck source=examples/story.sh
. examples/story.sh

shown() { talea collateral show vault 1; }
expect_fact() { expect "the $1" "$(shown | fact "$1")" "$2"; } # expect_fact NAME EXPECTED

step "1. A chain, cash, and a treasury fund of which the clearing member holds 3,000,000 units"
holders=(clearing member carol treasury)
make_accounts admin registrar minter attestor agent compliance navagent approver arbiter "${holders[@]}"
start_chain --rpc-port 0 --clock 2026-11-20T20:59:00Z --stepped --admin "$(address admin)"
done_as admin permission add-registrar registrar
register_holders "${holders[@]}"
done_as admin policy create known >/dev/null
deploy_cash 5000000
done_as admin token deploy RestrictedToken --name "Treasury Fund" --symbol TFUND --cap 5000000 --policy 1 \
    --agent agent --compliance compliance --as TFUND >/dev/null
deploy_calendar
done_as admin fund deploy --share TFUND --cash USDX --calendar calendar --treasury treasury --nav-agent navagent \
    --nav-approver approver --agent agent --day-bound 300 --total-bound 800 --as fund >/dev/null
done_as admin token grant TFUND ISSUER fund
done_as compliance token admit-escrow TFUND fund
done_as compliance token admit-escrow USDX fund
done_as minter token issue USDX member 3250000
done_as minter token issue USDX carol 500000
done_as member fund subscribe fund 3000000 >/dev/null
nav() { done_as navagent fund nav fund "$2" --day "$1" --as-of "$1T21:00:00Z" --document "valuation of $1"; } # nav DAY VALUE
done_as admin clock advance 2026-11-20T21:00:00Z
nav 2026-11-20 1
done_as approver fund approve-nav fund 1 --day 2026-11-20
done_as agent fund strike fund --day 2026-11-20
done_as agent fund collect fund --day 2026-11-20
done_as member fund claim fund subscription --day 2026-11-20
expect "the member's units" "$(balance TFUND member)" 3,000,000.000000
done_as admin clock advance 2026-11-23T21:00:00Z
nav 2026-11-23 1.0123

step "2. An agreement between the clearing house and its member (examples/collateral-terms.json)"
done_as admin clock advance 2026-11-24T17:00:00Z
done_as admin price deploy-fund fund --as fund-price >/dev/null
expect "the price of a unit" "$(talea price show fund-price TFUND | fact price)" 1.01230000
done_as admin collateral deploy --as vault >/dev/null
register_holders vault
done_as compliance collateral admit vault TFUND
done_as compliance collateral admit vault USDX
expect "the agreement's number" "$(done_as clearing collateral agree vault --terms examples/collateral-terms.json)" 1
done_as member collateral accept vault 1
done_as clearing collateral exposure vault 1 500000 --evidence "margin run of 24 November"
expect_table collateral eligibility vault 1 TFUND 1000000 <<'END'
token     TFUND
amount    1,000,000.000000
eligible  yes

test         answer  who  detail
liquidity    passed
price        passed
custody      passed
integration  passed
END

step "3. The member posts 1,000,000 units; they stay in its account and are no longer free"
done_as member collateral post vault 1 TFUND 1000000
expect_table collateral value vault 1 <<'END'
exposure     500,000.000000 stated 2026-11-24T17:00:00Z
requirement  1,000,000.000000
value        1,007,238.500000
surplus      7,238.500000
callable     0.000000

token            posted           counted       price  price day   fresh  haircut bps             value
TFUND  1,000,000.000000  1,000,000.000000  1.01230000  2026-11-23  yes             50  1,007,238.500000
USDX           0.000000          0.000000  1.00000000              yes              0          0.000000
END
expect "the member's units" "$(balance TFUND member)" 3,000,000.000000
expect "what the member has free, in millionths" "$(free TFUND member)" 2000000000000
echo "  The surplus is below the minimum transfer, so nothing of it can be taken back:"
refused_as member 46 "7238.500000 is below the agreement's minimum transfer of 500000.000000" collateral release vault 1 TFUND 7000

step "4. The price falls to 0.99110000 and the exposure rises: a call"
done_as admin clock advance 2026-11-24T21:00:00Z
nav 2026-11-24 0.9911
done_as admin clock advance 2026-11-25T17:00:00Z
done_as clearing collateral exposure vault 1 1250000 --evidence "margin run of 25 November"
expect_fact value 986,144.500000
expect_fact deficit 763,855.500000
expect "what is called, rounded up to 10,000" "$(done_as clearing collateral call vault 1)" 770,000.000000
expect_fact state called
expect_fact due 2026-11-25T22:00:00Z
expect_fact cure\ until 2026-11-27T19:00:00Z
echo "  It is Wednesday; Thursday is Thanksgiving and Friday closes early, so the cure ends on Friday at 14:00 in New York."

step "5. The member delivers part of it, and puts cash in the place of units"
done_as member collateral post vault 1 TFUND 500000
expect_fact delivered 493,072.250000
expect_fact standing 270,783.250000
echo "  Cash for units of more value is refused:"
refused_as member 49 "240000.000000, less than the 246536.125000 it replaces" \
    collateral substitute vault 1 --in "USDX 240000" --out "TFUND 250000"
done_as member collateral substitute vault 1 --in "USDX 250000" --out "TFUND 250000"
expect_table collateral show vault 1 <<'END'
agreement      1
state          called
secured party  clearing
pledgor        member
arbiter        arbiter
exposure       1,250,000.000000 stated 2026-11-25T17:00:00Z
requirement    1,750,000.000000
value          1,482,680.625000
deficit        267,319.375000
called         770,000.000000
delivered      496,536.125000
standing       267,319.375000
due            2026-11-25T22:00:00Z
cure until     2026-11-27T19:00:00Z

token            posted           counted       price  price day   fresh  haircut bps             value
TFUND  1,250,000.000000  1,250,000.000000  0.99110000  2026-11-24  yes             50  1,232,680.625000
USDX     250,000.000000    250,000.000000  1.00000000              yes              0    250,000.000000
END

step "6. Nothing more comes: default, but not before the cure has passed"
done_as admin clock advance 2026-11-25T21:00:00Z
nav 2026-11-25 0.9905
refused_as clearing 51 "the call can be met until 2026-11-27T19:00:00Z" collateral default vault 1 --evidence "notice"
done_as admin clock advance 2026-11-27T19:00:00Z
expect_fact standing 268,065.625000
done_as clearing collateral default vault 1 --evidence "notice of 27 November"
expect_fact state defaulted

step "7. Close-out: exposure and prices are frozen; the cash is taken, a listed buyer takes units, the fund redeems the rest"
done_as clearing collateral close vault 1 --costs 2500 --evidence "close-out notice"
expect_fact needed 1,252,500.000000
done_as clearing collateral take-cash vault 1 250000
done_as carol collateral buy vault 1 TFUND 400000
expect "carol's units" "$(balance TFUND carol)" 400,000.000000
expect "carol's cash: 0.9905 less 0.5 % each" "$(balance USDX carol)" 105,781.000000
expect_fact needed 608,281.000000
expect "the dealing day" "$(done_as clearing collateral redeem vault 1 TFUND needed)" 2026-11-30
expect_table collateral show vault 1 <<'END'
agreement            1
state                closing
secured party        clearing
pledgor              member
arbiter              arbiter
frozen exposure      1,250,000.000000
costs                2,500.000000
proceeds             644,219.000000
expected from funds  608,281.000000
needed               0.000000
paid secured party   0.000000
paid pledgor         0.000000

token          posted  frozen price         in fund
TFUND  235,884.906612    0.99050000  614,115.093388
USDX         0.000000    1.00000000        0.000000
END

step "8. The next strike, at 0.99250000, and its payment a day later"
done_as admin clock advance 2026-11-30T21:00:00Z
nav 2026-11-30 0.9925
done_as agent fund strike fund --day 2026-11-30
done_as treasury fund fund-redemptions fund --day 2026-11-30
done_as admin clock advance 2026-12-01T05:00:00Z
done_as clearing collateral collect vault 1 TFUND --day 2026-11-30
expect_fact proceeds 1,253,728.230187
done_as clearing collateral end vault 1
done_as clearing collateral claim vault 1
done_as member collateral claim vault 1
expect_fact state closed
expect "the clearing house's cash: costs and exposure" "$(balance USDX clearing)" 1,252,500.000000
expect "the member's cash: what was above them" "$(balance USDX member)" 1,228.230187

step "9. Units that were not needed are the member's again"
done_as member collateral release vault 1 TFUND 235884.906612
expect "the member's units" "$(balance TFUND member)" 1,985,884.906612
expect "what the member has free, in millionths" "$(free TFUND member)" 1985884906612
expect "the vault's cash" "$(balance USDX vault)" 0.000000
end_story
