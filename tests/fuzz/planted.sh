#!/usr/bin/env bash
# Shows that the fuzz targets find bugs: tests/fuzz/planted.sh [BUG...]
#
# For each patch in tests/fuzz/planted (all, unless named) builds vm/ and node/ with that bug in it, in build/planted, and runs the
# target of that name (what stands before the first dot) from its corpus, until it finds the bug, at most a minute. Prints
# the seconds of each; ends with 1 if one was not found. TALEA_SEED: libFuzzer's seed (default 1).
set -euo pipefail
cd "$(dirname "$0")/../.."

bugs=("$@")
if [ $# -eq 0 ]; then
    for patch in tests/fuzz/planted/*.patch; do bugs+=("$(basename "$patch" .patch)"); done
fi
logs=build/test-logs
mkdir -p "$logs" build/planted-findings

status=0
for bug in "${bugs[@]}"; do
    target=${bug%%.*} log=$logs/planted-$bug.log
    if ! { cmake --preset fuzz -B build/planted -DTALEA_PLANTED_BUG="$bug" && cmake --build build/planted --target "fuzz_$target"; } >"$log" 2>&1; then
        printf '%-24s NOT BUILT, see %s\n' "$bug" "$log"
        status=1
        continue
    fi
    grown=$(mktemp -d) # what libFuzzer adds
    start=$(date +%s%N)
    if build/planted/bin/fuzz_"$target" -max_total_time=60 -use_value_profile=1 -len_control=0 -seed="${TALEA_SEED:-1}" \
        -artifact_prefix="build/planted-findings/$bug-" "$grown" tests/fuzz/corpus/"$target" >>"$log" 2>&1; then
        printf '%-24s NOT FOUND in a minute, see %s\n' "$bug" "$log"
        status=1
    else
        milliseconds=$((($(date +%s%N) - start) / 1000000))
        printf '%-24s found in %3d.%d s: %s\n' "$bug" $((milliseconds / 1000)) $((milliseconds % 1000 / 100)) \
            "$(grep -m 1 -aE 'broken invariant|ERROR:|runtime error' "$log" | sed 's/^talea: //')"
    fi
    rm -rf "$grown"
done
exit "$status"
