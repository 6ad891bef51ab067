#!/usr/bin/env bash
# Builds Talea and runs all its tests, from nothing: tests/run.sh [SUITE...]
#
# Every suite prints its counts; the last line is "N passed, N failed, N skipped". Logs are in build/test-logs.
# Settings: TALEA_SHARED    folder with the public packs (default: ../shared beside this repository); what needs it is
#                           named as skipped where it is absent
#           TALEA_SEED      seed of the random tests
#           TALEA_INVARIANT_RUNS  runs of 500 random calls for each template's invariants (default 40; 2000: a million)
#           TALEA_MODEL_CALLS calls of each entry point of the registries, compared with their Solidity models (default
#                           5,000; 100,000 is the full run)
#           TALEA_CRASHES   moments at which the crash test kills the node (default 10)
#           TALEA_CHAOS     rounds in which a network of four loses nodes, wires and a disk (default 10; 100 is the full run)
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
export TALEA_SHARED=${TALEA_SHARED:-$root/../shared}
export TALEA_CRASHES=${TALEA_CRASHES:-10}
export TALEA_CONFORMANCE_DIR=$root/build/conformance
release=$root/build/release/bin
debug=$root/build/debug/bin
gcc=$root/build/gcc/bin
logs=$root/build/test-logs
mkdir -p "$logs"
wanted=" $* "
passed=0 failed=0 skipped=0
summary=()

say() { printf '%s\n' "$*"; }

# Adds a suite's counts: count NAME PASSED FAILED SKIPPED SECONDS [NOTE]
count() {
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
    summary+=("$(printf '%-28s %8d passed %6d failed %6d skipped %6d s  %s' "$1" "$2" "$3" "$4" "$5" "${6:-}")")
    say "${summary[-1]}"
}

# suite NAME COMMAND...: runs it with its output in a log, reads its counts from doctest's line or from a last line
# "N passed, N failed[, N skipped]"; a command that fails without counting a failure counts as one.
suite() {
    local name=$1 start=$SECONDS status=0 line p=0 f=0 s=0 note=
    shift
    if [ "$wanted" != "  " ] && [[ $wanted != *" $name "* ]]; then return; fi
    say "--- $name"
    timeout 1800 "$@" >"$logs/$name.log" 2>&1 </dev/null || status=$?
    if line=$(grep -aE '^\[doctest\] test cases:' "$logs/$name.log" | tail -n 1) && [ -n "$line" ]; then
        read -r p f s < <(printf '%s' "$line" | sed -E 's/.*\| *([0-9]+) passed *\| *([0-9]+) failed *\| *([0-9]+) skipped.*/\1 \2 \3/')
    elif line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed' "$logs/$name.log" | tail -n 1) && [ -n "$line" ]; then
        read -r p f s _ < <(printf '%s' "$line" | sed -E 's/^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?.*/\1 \2 \4 0/')
    elif [ "$status" -eq 0 ]; then
        p=1
    fi
    if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1 note="ended with exit code $status"; fi
    grep -aE '^skipped[:,] ' "$logs/$name.log" | sed 's/^/    /'
    if [ "$f" -gt 0 ]; then
        note="$note see build/test-logs/$name.log"
        tail -n 40 "$logs/$name.log" | sed 's/^/    | /'
    fi
    count "$name" "$p" "$f" "$s" $((SECONDS - start)) "$note"
}

# skip NAME REASON
skip() {
    if [ "$wanted" != "  " ] && [[ $wanted != *" $1 "* ]]; then return; fi
    say "    skipped: $1: $2"
    count "$1" 0 0 1 0 "$2"
}

finish() {
    say ""
    say "Suites:"
    printf '  %s\n' "${summary[@]}"
    say ""
    say "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

build() { # build PRESET TARGET...
    local preset=$1 start=$SECONDS
    shift
    say "--- build $preset"
    if ! { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } >"$logs/build-$preset.log" 2>&1; then
        tail -n 60 "$logs/build-$preset.log"
        count "build-$preset" 0 1 0 $((SECONDS - start)) "see build/test-logs/build-$preset.log"
        finish
    fi
    say "    built in $((SECONDS - start)) s"
}

./setup.sh >"$logs/setup.log" 2>&1 || { cat "$logs/setup.log"; count setup 0 1 0 "$SECONDS"; finish; }
units="unit_vm unit_node unit_keystore unit_http unit_wallet unit_contracts unit_conformance"

if [ -d "$TALEA_SHARED/conformance" ]; then
    "$TALEA_SHARED/conformance/unpack" "$TALEA_CONFORMANCE_DIR" >"$logs/unpack.log" 2>&1 ||
        { cat "$logs/unpack.log"; count unpack 0 1 0 0; finish; }
else
    unset TALEA_CONFORMANCE_DIR
fi

build release
for unit in $units; do suite "$unit" "$release/$unit"; done
suite contracts-data tests/contracts_data.sh
suite solidity "$release/talea" test contracts --invariant-runs "${TALEA_INVARIANT_RUNS:-40}"
suite solidity-faults node contracts/test/faults/run.mjs
suite registry-model "$release/registry_model"
suite pitfalls tests/pitfalls.sh
suite gas tests/gas.sh "$release/talea"
suite talea-test node tests/e2e/talea_test/check.mjs
if [ -n "${TALEA_CONFORMANCE_DIR:-}" ]; then
    suite conformance "$release/talea-conformance" --counts "$TALEA_SHARED/conformance/COUNTS.json" "$TALEA_CONFORMANCE_DIR"
    suite conformance-traced "$release/talea-conformance" --traced "$TALEA_CONFORMANCE_DIR/eest-state/cancun"
else
    skip conformance "no public pack at $TALEA_SHARED/conformance (set TALEA_SHARED)"
fi
suite viem node tests/e2e/viem_test.mjs
suite websocket node tests/e2e/websocket_test.mjs
suite rpc-access node tests/e2e/rpc_access_test.mjs
suite viem-templates node tests/e2e/viem_templates_test.mjs
suite explain node tests/e2e/explain_test.mjs
suite upgrade node tests/e2e/upgrade_test.mjs
suite golden node tests/golden/run.mjs
suite cli tests/e2e/cli_test.sh
suite desk tests/e2e/desk_test.sh
suite crash node tests/e2e/crash_test.mjs
suite recovery tests/e2e/recovery_test.py "$logs/recovered-chain.jsonl"
suite network tests/e2e/network_test.py
suite operations tests/e2e/operations_test.py
suite history tests/e2e/history_test.py
suite runbooks tests/e2e/runbooks_test.py
suite devnet node tests/e2e/devnet_test.mjs
suite membership node tests/e2e/membership_test.mjs
suite chaos node tests/e2e/chaos_test.mjs
suite chain-checker tests/chain_checker/run.sh "$release" "$logs"
suite forged tests/e2e/forged_test.sh
suite quickstart examples/quickstart.sh
suite three-hosts examples/three-hosts.sh
suite settlement examples/settlement.sh
suite collateral examples/collateral.sh
suite sim-stories "$release/talea-sim" --stories
suite sim-performance "$release/talea-sim" --performance
suite sim "$release/talea-sim" --seeds 300 --first 1 --seconds 600 --all-marks
suite sim-twice "$release/talea-sim" --seeds 20 --first 1 --twice
suite bench-evm "$release/bench_evm"
suite bench-precompiles "$release/bench_precompiles"
suite bench-trie "$release/bench_trie"
suite bench-execution "$release/bench_execution"
suite bench-sync tests/bench/sync/sync_bench.py --blocks 600
suite bench-load env HOLDERS=300 TRANSFERS=6000 tests/bench/load/load.sh one four

build debug $units fuzz_replay talea-sim
export ASAN_OPTIONS=detect_leaks=1
for unit in $units; do suite "$unit-sanitized" "$debug/$unit"; done
suite fuzz-replay-sanitized "$debug/fuzz_replay"
suite sim-sanitized tests/sim/traces.sh "$release/talea-sim" "$debug/talea-sim" 4
# The second compiler gives its opinion on what must come out the same everywhere.
build gcc unit_vm unit_node fuzz_replay talea-sim
for unit in unit_vm unit_node; do suite "$unit-gcc" "$gcc/$unit"; done
suite fuzz-replay-gcc "$gcc/fuzz_replay"
suite sim-gcc tests/sim/traces.sh "$release/talea-sim" "$gcc/talea-sim" 20
finish
